//! `host`: frames moved by hand.

use crate::support::{assert_nothing_left, pause, poll};
use std::panic::catch_unwind;
use std::pin::pin;
use std::task::Poll;
use throughline_core::{AsyncLocalStorage, Snapshot, host, in_boundary, root, root_scope, snapshot};

static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
static B: AsyncLocalStorage<u32> = AsyncLocalStorage::new();

#[test]
fn a_frame_can_be_made_without_entering_anything() {
    let one = host::frame_with(&Snapshot::empty(), &A, 1);
    let two = host::frame_with(&host::frame_with(&one, &B, 2), &A, 3);
    let without = host::frame_without(&two, &B);
    assert_eq!((one.get(&A), one.get(&B)), (Some(1), None));
    assert_eq!((two.get(&A), two.get(&B)), (Some(3), Some(2)));
    assert_eq!((without.get(&A), without.get(&B)), (Some(3), None));
    assert_eq!(host::frame_without(&without, &B).len(), 1);
    assert_nothing_left();
}

#[test]
fn the_current_frame_is_the_snapshot() {
    A.run(1, || {
        B.enter_with(2);
        assert_eq!(
            (host::current().get(&A), host::current().get(&B)),
            (Some(1), Some(2))
        );
    });
    assert!(host::current().is_empty());
}

#[test]
fn a_frame_put_in_force_lasts_until_the_boundary_ends() {
    let one = host::frame_with(&Snapshot::empty(), &A, 1);
    B.run(5, || {
        root(|| {
            assert!(host::set(one.clone()).unwrap().is_empty());
            assert_eq!((A.get_store(), B.get_store()), (Some(1), None));
            A.enter_with(2);
            let former = host::set(Snapshot::empty()).unwrap();
            assert_eq!((former.get(&A), A.get_store()), (Some(2), None));
            host::set(former).unwrap();
            assert_eq!(A.get_store(), Some(2));
        });
        assert_eq!((A.get_store(), B.get_store()), (None, Some(5)));
    });
    assert_eq!(one.get(&A), Some(1));
}

#[test]
fn outside_nothing_is_set_and_nothing_can_be_entered_and_all_is_back_after_it() {
    A.run(1, || {
        B.enter_with(2);
        let guard = A.with_scope(3);
        let seen = host::outside(|| {
            assert!(!in_boundary() && host::current().is_empty());
            assert!(catch_unwind(|| A.enter_with(7)).is_err());
            assert!(catch_unwind(|| A.with_scope(7)).is_err());
            let one = host::frame_with(&Snapshot::empty(), &A, 7);
            assert!(host::set(one).is_err());
            // A boundary in it is one as anywhere.
            let within = B.run(8, || {
                A.enter_with(9);
                host::outside(|| assert_eq!((A.get_store(), B.get_store()), (None, None)));
                (A.get_store(), B.get_store())
            });
            (within, A.get_store(), B.get_store())
        });
        assert_eq!(seen, ((Some(9), Some(8)), None, None));
        assert_eq!((A.get_store(), B.get_store()), (Some(3), Some(2)));
        drop(guard);
        assert!(catch_unwind(|| host::outside(|| panic!("on purpose"))).is_err());
        assert_eq!((A.get_store(), B.get_store()), (Some(1), Some(2)));
    });
    assert_nothing_left();
}

#[test]
fn a_visit_that_began_outside_and_was_not_left_ends_there() {
    A.run(1, || {
        let (visit, around) = host::outside(|| {
            let visit = host::Resident::new(A.run(2, snapshot)).visit();
            A.enter_with(3);
            (visit, A.get_store())
        });
        assert_eq!((around, A.get_store()), (Some(3), Some(1)));
        assert!(visit.leave().is_err());
        assert_eq!(A.get_store(), Some(1));
        // One that is on around it cannot be left from inside.
        let visit = host::Resident::new(A.run(4, snapshot)).visit();
        let visit = host::outside(|| visit.leave().unwrap_err());
        assert_eq!(A.get_store(), Some(4));
        assert!(visit.leave().is_ok());
        assert_eq!(A.get_store(), Some(1));
    });
    assert_nothing_left();
}

#[test]
fn a_store_that_is_lent_outlives_what_runs_outside_meanwhile() {
    static TEXT: AsyncLocalStorage<String> = AsyncLocalStorage::new();
    root(|| {
        TEXT.enter_with("ada".to_owned());
        TEXT.with(|text| {
            host::outside(|| assert!(catch_unwind(|| TEXT.enter_with("eve".to_owned())).is_err()));
            assert_eq!(text.unwrap(), "ada");
        });
    });
    assert_nothing_left();
}

/// Law 10: never on a bare thread.
#[test]
fn outside_any_boundary_it_is_refused() {
    let one = host::frame_with(&Snapshot::empty(), &A, 1);
    let refused = host::set(one).unwrap_err();
    assert_nothing_left();
    assert_eq!(refused.into_inner().get(&A), Some(1));
}

#[test]
fn guards_that_were_open_bring_nothing_back() {
    root(|| {
        A.enter_with(1);
        let a = A.with_scope(2);
        let b = B.with_scope(2);
        host::set(host::frame_with(&Snapshot::empty(), &A, 5)).unwrap();
        drop(a);
        drop(b);
        assert_eq!((A.get_store(), B.get_store()), (Some(5), None));
    });
}

#[test]
fn a_frame_put_in_force_in_a_future_moves_with_it() {
    let mut future = pin!(root_scope(async {
        host::set(host::frame_with(&snapshot(), &A, 1)).unwrap();
        pause().await;
        A.get_store()
    }));
    assert!(poll(future.as_mut()).is_pending());
    assert_nothing_left();
    assert_eq!(poll(future.as_mut()), Poll::Ready(Some(1)));
}

mod outside {
    use super::{A, B, snapshot_of_a};
    use std::cell::RefCell;
    use std::sync::Arc;
    use throughline_core::{
        AsyncLocalStorage, FutureContextExt, HandOver, Snapshot, boundary, host, in_boundary, root,
        root_scope, snapshot, snapshot_for,
    };

    thread_local!(static KNOWN: RefCell<Option<Snapshot>> = const { RefCell::new(None) });

    /// Runs `f` on a thread of which a host knows that it is `known`'s.
    fn known(known: Snapshot, f: impl FnOnce()) {
        host::ask_outside(|| KNOWN.try_with(|known| known.borrow().clone()).ok().flatten());
        KNOWN.set(Some(known));
        f();
        drop(KNOWN.take());
    }

    #[test]
    fn what_a_host_knows_is_read_and_handed_over_where_there_is_no_boundary() {
        let a = snapshot_of_a();
        known(a, || {
            assert_eq!(
                (A.get_store(), B.get_store(), in_boundary()),
                (Some(1), None, false)
            );
            assert_eq!(A.with(|store| store.copied()), Some(1));
            assert_eq!(snapshot().get(&A), Some(1));
            assert_eq!(snapshot_for(HandOver::Task).get(&A), Some(1));
            assert!(snapshot_for(HandOver::Detached).is_empty());
            assert_eq!(boundary(|| (A.get_store(), in_boundary())), (Some(1), true));
            let task = async { A.get_store() }.in_context();
            assert_eq!(futures::executor::block_on(root_scope(task)), Some(1));
        });
        assert_eq!((A.get_store(), snapshot().len()), (None, 0));
    }

    #[test]
    fn a_boundary_asks_no_host() {
        known(snapshot_of_a(), || {
            root(|| {
                assert_eq!((A.get_store(), snapshot().len()), (None, 0));
                assert_eq!(boundary(|| A.get_store()), None);
            });
            assert_eq!(B.run(2, || (A.get_store(), B.get_store())), (None, Some(2)));
            assert!(A.try_enter_with(3).is_err());
        });
    }

    #[test]
    fn exit_takes_a_storage_out_of_what_a_host_knows() {
        known(snapshot_of_a(), || {
            assert_eq!(A.exit(|| (A.get_store(), in_boundary())), (None, true));
            assert_eq!(B.exit(|| A.get_store()), Some(1));
            let without = A.exit_scope(async { A.get_store() });
            assert_eq!(futures::executor::block_on(without), None);
            assert_eq!(A.get_store(), Some(1));
        });
    }

    #[test]
    fn a_host_that_reads_when_it_is_asked_reads_none() {
        fn reads() -> Option<Snapshot> {
            assert_eq!((A.get_store(), snapshot().len()), (None, 0));
            None
        }
        host::ask_outside(reads);
        assert_eq!(B.get_store(), None);
    }

    #[test]
    fn what_is_lent_is_held_meanwhile_and_let_go_of() {
        static HELD: AsyncLocalStorage<Arc<u32>> = AsyncLocalStorage::new();
        let store = Arc::new(5);
        known(HELD.run(Arc::clone(&store), snapshot), || {
            HELD.with(|lent| {
                let lent = lent.unwrap();
                drop(KNOWN.take());
                assert_eq!(**lent, 5);
            });
            assert_eq!(Arc::strong_count(&store), 1);
        });
    }

    /// Law 4: the store hidden by the scope goes when the future is polled first, and panics.
    #[test]
    fn a_scope_on_what_a_host_gives_away_keeps_its_future_whatever_panics() {
        use crate::support::{Drops, OnDrop, panic_of, poll};
        static D: AsyncLocalStorage<OnDrop> = AsyncLocalStorage::new();
        thread_local!(static GIVEN: RefCell<Option<Snapshot>> = const { RefCell::new(None) });
        host::ask_outside(|| GIVEN.try_with(RefCell::take).ok().flatten());

        let (inner, outer, futures) = (Drops::default(), Drops::default(), Drops::default());
        let given = D.run(OnDrop::panicking(&outer, "of the hidden store"), snapshot);
        let held = futures.counted();
        let future = async move {
            let _held = held;
            std::future::pending::<()>().await;
        };
        let mut future = Box::pin(D.scope(OnDrop::counting(&inner), future));
        GIVEN.set(Some(given));
        assert_eq!(panic_of(|| poll(future.as_mut())), "of the hidden store");
        assert_eq!((outer.count(), futures.count()), (1, 0));
        drop(future);
        assert_eq!((inner.count(), futures.count()), (1, 1));
    }

    #[test]
    fn a_thread_of_which_nobody_knows_has_none() {
        known(snapshot_of_a(), || {
            let other = std::thread::spawn(|| (A.get_store(), snapshot().len()));
            assert_eq!(other.join().unwrap(), (None, 0));
        });
    }
}

fn snapshot_of_a() -> Snapshot {
    A.run(1, snapshot)
}
