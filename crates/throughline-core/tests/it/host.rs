//! `host`: frames moved by hand.

use crate::support::{assert_nothing_left, pause, poll};
use std::pin::pin;
use std::task::Poll;
use throughline_core::{AsyncLocalStorage, Snapshot, host, root, root_scope, snapshot};

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
