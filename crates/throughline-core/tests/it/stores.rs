//! `run_with` and `scope_with`: several storages set at once.

use crate::support::{Drops, OnDrop, panic_of, pause, poll};
use std::pin::pin;
use std::task::Poll;
use throughline_core::{AsyncLocalStorage, root, run_with, scope_with, snapshot};

static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
static B: AsyncLocalStorage<&str> = AsyncLocalStorage::new();

#[test]
fn all_are_set_inside_and_put_back_after() {
    A.run(9, || {
        let seen = run_with(((&A, 1), (&B, "b")), || (A.get_store(), B.get_store()));
        assert_eq!(seen, (Some(1), Some("b")));
        assert_eq!((A.get_store(), B.get_store()), (Some(9), None));
    });
}

#[test]
fn one_to_eight_storages_can_be_named() {
    let s: [AsyncLocalStorage<usize>; 8] = Default::default();
    let seen = || {
        s.iter()
            .filter_map(AsyncLocalStorage::get_store)
            .collect::<Vec<_>>()
    };
    let [a, b, c, d, e, f, g, h] = &s;
    assert_eq!(run_with(((h, 7),), seen), [7]);
    assert_eq!(run_with(((h, 7), (g, 6), (f, 5), (e, 4)), seen), [4, 5, 6, 7]);
    let all = ((a, 0), (b, 1), (c, 2), (d, 3), (e, 4), (f, 5), (g, 6), (h, 7));
    assert_eq!(run_with(all, seen), [0, 1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(seen(), []);
}

#[test]
fn the_other_storages_keep_theirs() {
    static C: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    C.run(5, || {
        run_with(((&A, 1), (&B, "b")), || {
            assert_eq!(C.get_store(), Some(5));
            C.run(6, || {
                assert_eq!((A.get_store(), C.get_store()), (Some(1), Some(6)))
            });
            A.exit(|| {
                assert_eq!(
                    (A.get_store(), B.get_store(), C.get_store()),
                    (None, Some("b"), Some(5))
                )
            });
            let then = snapshot();
            assert_eq!(then.len(), 3);
        });
    });
}

#[test]
fn a_storage_named_twice_is_refused_before_anything_is_set() {
    let drops = Drops::default();
    static C: AsyncLocalStorage<OnDrop> = AsyncLocalStorage::new();
    let message = panic_of(|| {
        run_with(
            (
                (&C, OnDrop::counting(&drops)),
                (&A, 1),
                (&C, OnDrop::counting(&drops)),
            ),
            || unreachable!(),
        )
    });
    assert!(message.contains("twice"), "{message}");
    assert_eq!(drops.count(), 2);
    let message = panic_of(|| scope_with(((&A, 1), (&A, 2)), async {}));
    assert!(message.contains("twice"), "{message}");
    crate::support::assert_nothing_left();
}

#[test]
fn a_scope_with_several_lasts_over_awaits() {
    let mut future = pin!(scope_with(((&A, 1), (&B, "b")), async {
        A.enter_with(2);
        pause().await;
        (A.get_store(), B.get_store())
    }));
    assert!(poll(future.as_mut()).is_pending());
    assert_eq!(
        A.run(7, || poll(future.as_mut())),
        Poll::Ready((Some(2), Some("b")))
    );
}

/// Law 6 for stores that share a frame: each lives as long as somebody can read it, and is dropped once.
#[test]
fn stores_set_together_are_dropped_one_by_one() {
    static C: AsyncLocalStorage<OnDrop> = AsyncLocalStorage::new();
    static D: AsyncLocalStorage<OnDrop> = AsyncLocalStorage::new();
    let (c, d) = (Drops::default(), Drops::default());
    let counts = || (c.count(), d.count());
    let (kept, both) = run_with(((&C, OnDrop::counting(&c)), (&D, OnDrop::counting(&d))), || {
        (C.exit(snapshot), snapshot())
    });
    assert_eq!(counts(), (0, 0));
    drop(both);
    assert_eq!(counts(), (1, 0));
    assert!(kept.with(&D, |d| d.is_some()));
    drop(kept);
    assert_eq!(counts(), (1, 1));
    // Never captured.
    run_with(((&C, OnDrop::counting(&c)), (&D, OnDrop::counting(&d))), || ());
    assert_eq!(counts(), (2, 2));
    // One of them hidden by what is entered.
    root(|| {
        run_with(((&C, OnDrop::counting(&c)), (&D, OnDrop::counting(&d))), || {
            C.enter_with(OnDrop::counting(&c));
            let then = snapshot();
            assert_eq!(then.len(), 2);
        });
    });
    assert_eq!(counts(), (4, 3));
}
