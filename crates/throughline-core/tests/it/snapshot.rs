//! `snapshot` and what a `Snapshot` can do.

use crate::support::{on_thread, panic_of, pause, poll};
use futures::executor::block_on;
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::task::Poll;
use throughline_core::{AsyncLocalStorage, FutureContextExt, Snapshot, root, snapshot};

/// ALS-29 and ALS-30: the whole map, and the result handed back.
#[test]
fn a_snapshot_holds_every_store() {
    static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    static B: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
    let then = A.run(1, || B.run("b", snapshot));
    assert_eq!((A.get_store(), B.get_store()), (None, None));
    let here = then.run(|| (A.get_store(), B.get_store()));
    let there = on_thread(|| then.run(|| (A.get_store(), B.get_store())));
    assert_eq!((here, there), ((Some(1), Some("b")), (Some(1), Some("b"))));
}

/// Law 2.
#[test]
fn a_snapshot_observes_what_was_set_when_it_was_taken() {
    static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    static B: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    A.run(1, || {
        let then = snapshot();
        A.enter_with(2);
        B.enter_with(2);
        let later = snapshot();
        A.disable();
        assert_eq!((then.get(&A), then.get(&B)), (Some(1), None));
        assert_eq!((later.get(&A), later.get(&B)), (Some(2), Some(2)));
        then.run(|| A.enter_with(5));
        assert_eq!(then.get(&A), Some(1));
    });
}

/// ALS-30: in ACF, as here, what one call enters the next does not see.
#[test]
fn what_is_entered_in_a_snapshot_does_not_stick_to_it() {
    static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    let then = A.run(1, snapshot);
    then.run(|| A.enter_with(2));
    panic_of(|| {
        then.run(|| {
            A.enter_with(3);
            panic!("inside")
        })
    });
    assert_eq!(then.run(|| A.get_store()), Some(1));
}

/// A snapshot is the whole map, so nothing of where it is entered shines through.
#[test]
fn running_in_a_snapshot_hides_what_was_set() {
    static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    static B: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    let then = A.run(1, snapshot);
    B.run(2, || {
        assert_eq!(then.run(|| (A.get_store(), B.get_store())), (Some(1), None));
        assert_eq!((A.get_store(), B.get_store()), (None, Some(2)));
    });
}

/// The empty map is a context like any other: "no context", not "whatever there is".
#[test]
fn a_snapshot_of_nothing_stands_for_no_context() {
    static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    let (outside, inside) = (snapshot(), root(snapshot));
    A.run(1, || {
        for nothing in [&outside, &inside, &Snapshot::empty(), &Snapshot::default()] {
            assert_eq!(nothing.run(|| A.get_store()), None);
            assert_eq!(block_on(nothing.scope(async { A.get_store() })), None);
            assert_eq!(
                block_on(async { A.get_store() }.with_snapshot(nothing.clone())),
                None
            );
        }
        assert_eq!(A.get_store(), Some(1));
    });
    let future = async { A.get_store() }.in_context();
    assert_eq!(A.run(1, || block_on(future)), None);
}

#[test]
fn reading_a_snapshot_enters_nothing() {
    static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    static D: AsyncLocalStorage<u32> = AsyncLocalStorage::with_default(|| 9);
    let then = A.run(1, snapshot);
    A.run(2, || {
        then.with(&A, |store| {
            assert_eq!((store, A.get_store()), (Some(&1), Some(2)));
        });
        assert_eq!((then.get(&A), then.get(&D)), (Some(1), Some(9)));
        D.run(3, || assert_eq!(then.get(&D), Some(9)));
    });
    assert_eq!(Snapshot::empty().get(&A), None);
}

#[test]
fn a_snapshot_counts_the_storages_that_are_set() {
    static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    static B: AsyncLocalStorage<u32> = AsyncLocalStorage::with_default(|| 9);
    assert_eq!((snapshot().len(), snapshot().is_empty()), (0, true));
    A.run(1, || {
        A.run(2, || {
            B.run(1, || {
                assert_eq!((snapshot().len(), snapshot().is_empty()), (2, false));
                A.exit(|| assert_eq!(snapshot().len(), 1));
                B.disable();
                A.enter_with(5);
                assert_eq!(snapshot().len(), 1);
                A.disable();
                assert_eq!((snapshot().len(), snapshot().is_empty()), (0, true));
            });
        });
    });
}

#[test]
fn debug_names_the_storages_that_are_set_and_shows_the_stores_of_those_that_say_so() {
    static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new().named("a").shown();
    static B: AsyncLocalStorage<u32> = AsyncLocalStorage::new().named("b");
    static C: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    let declared = line!() - 1;
    assert_eq!(format!("{:?}", snapshot()), "Snapshot");
    A.run(1, || {
        A.run(2, || {
            B.run(3, || {
                assert_eq!(format!("{:?}", snapshot()), "Snapshot { a: 2, b: .. }");
                B.exit(|| {
                    C.run(4, || {
                        let expected = format!(
                            "Snapshot {{ a: 2, AsyncLocalStorage<u32> at {}:{declared}: .. }}",
                            file!()
                        );
                        assert_eq!(format!("{:?}", snapshot()), expected);
                    })
                });
            });
        });
    });
}

#[test]
fn debug_leaves_out_the_store_of_a_storage_that_is_gone() {
    let gone = AsyncLocalStorage::new().named("gone").shown();
    let then = gone.run(5, snapshot);
    assert_eq!(format!("{then:?}"), "Snapshot { gone: 5 }");
    drop(gone);
    assert_eq!(format!("{then:?}"), "Snapshot");
}

/// Law 5.
#[test]
fn debug_of_a_store_runs_while_nothing_is_locked() {
    static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new().named("a").shown_as(|_, f| {
        // Takes a place, for which the registry of storages is locked.
        let another = AsyncLocalStorage::new();
        another.run(1, || write!(f, "{:?}", another.get_store()))
    });
    A.run(1, || {
        assert_eq!(format!("{:?}", snapshot()), "Snapshot { a: Some(1) }")
    });
}

#[test]
fn a_clone_is_the_same_snapshot() {
    static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    let then = A.run(1, snapshot);
    let clone = then.clone();
    drop(then);
    assert_eq!(clone.get(&A), Some(1));
}

/// A snapshot taken inside one is that one.
#[test]
fn a_snapshot_entered_and_taken_again_holds_the_same() {
    static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    static B: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    let again = A
        .run(1, snapshot)
        .run(snapshot)
        .run(|| B.run(2, snapshot))
        .run(snapshot);
    assert_eq!((again.len(), again.get(&A), again.get(&B)), (2, Some(1), Some(2)));
}

/// `snapshot()`, `in_context` and the others capture where they are *called*.
#[test]
fn in_context_captures_at_the_call_and_not_at_the_poll() {
    static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    let mut future = pin!(A.run(1, || {
        async {
            let first = A.get_store();
            pause().await;
            (first, A.get_store())
        }
        .in_context()
    }));
    A.run(2, || assert!(poll(future.as_mut()).is_pending()));
    assert_eq!(
        A.run(3, || poll(future.as_mut())),
        Poll::Ready((Some(1), Some(1)))
    );
}

/// A snapshot may be used, and dropped, on a thread while the boundary it was taken in is still open on its own.
#[test]
fn a_snapshot_can_be_used_elsewhere_while_its_boundary_is_open() {
    static A: AsyncLocalStorage<String> = AsyncLocalStorage::new();
    static B: AsyncLocalStorage<String> = AsyncLocalStorage::new();
    let text = |s: &str| s.to_owned();
    let kept = A.run(text("a"), || {
        B.run(text("b"), || {
            let then = snapshot();
            on_thread(move || {
                then.run(|| {
                    A.run(text("other"), || assert_eq!(B.get_store(), Some(text("b"))));
                    B.exit(|| B.run(text("new"), snapshot))
                })
            })
        })
    });
    assert_eq!((kept.get(&A), kept.get(&B)), (Some(text("a")), Some(text("new"))));
}

/// Kept, so that it is not lost where somebody looks for what is.
fn leak(snapshot: Snapshot) -> &'static Snapshot {
    static KEPT: OnceLock<Snapshot> = OnceLock::new();
    KEPT.get_or_init(|| snapshot.leak())
}

#[test]
fn a_leaked_snapshot_is_a_context_as_any_other_and_stays() {
    static A: AsyncLocalStorage<Arc<u32>> = AsyncLocalStorage::new();
    static B: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    let one = Arc::new(1);
    let program = leak(A.run(one.clone(), || B.run(2, snapshot)));
    let seen = |snapshot: &Snapshot| (snapshot.get(&A).map(|a| *a), snapshot.get(&B));

    // Captured, over and over and on two threads, it is what it was.
    let captured = || (0..1000).fold(snapshot(), |_, _| program.run(snapshot));
    let [here, there] = [captured(), on_thread(captured)];
    assert_eq!(
        (seen(&here), seen(&there)),
        ((Some(1), Some(2)), (Some(1), Some(2)))
    );

    // What is set on top of it goes with its own scope; what hides it, too.
    let on_top = program.run(|| B.run(3, snapshot));
    let without = program.run(|| A.exit(snapshot));
    assert_eq!(
        (seen(&on_top), seen(&without)),
        ((Some(1), Some(3)), (None, Some(2)))
    );
    program.run(|| {
        B.enter_with(4);
        assert_eq!(B.get_store(), Some(4));
        assert_eq!(seen(&snapshot()), (Some(1), Some(4)));
    });
    drop((here, there, on_top, without));
    assert_eq!((seen(program), Arc::strong_count(&one)), ((Some(1), Some(2)), 2));
    assert_eq!(A.get_store(), None);
}

/// MEM-2.
#[test]
fn what_a_leaked_snapshot_holds_of_a_dropped_storage_is_not_copied_on() {
    static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    static KEPT: OnceLock<Snapshot> = OnceLock::new();
    let dynamic = AsyncLocalStorage::<u32>::new();
    let program = KEPT.get_or_init(|| dynamic.run(1, snapshot).leak());
    assert_eq!(program.len(), 1);
    drop(dynamic);
    assert_eq!(program.run(|| A.run(2, snapshot)).len(), 1);
}

/// MEM-2.
#[test]
fn what_a_snapshot_held_of_a_storage_dropped_before_it_was_leaked_is_not_in_the_leaked_one() {
    static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    static KEPT: OnceLock<Snapshot> = OnceLock::new();
    let dynamic = AsyncLocalStorage::<u32>::new();
    let both = A.run(1, || dynamic.run(2, snapshot));
    drop(dynamic);
    let program = KEPT.get_or_init(|| both.leak());
    assert_eq!((program.len(), program.get(&A)), (1, Some(1)));
    assert_eq!(program.run(|| A.run(2, snapshot)).len(), 1);
}

#[test]
fn the_empty_snapshot_leaks_nothing() {
    assert!(Snapshot::empty().leak().is_empty());
    assert!(snapshot().leak().is_empty());
}
