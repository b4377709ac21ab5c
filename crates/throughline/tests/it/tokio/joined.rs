//! Law 3: what runs in one task shares its boundary, unless it has one of its own.

use super::{ID, id};
use futures::FutureExt as _;
use futures::stream::{FuturesUnordered, StreamExt};
use std::panic::catch_unwind;
use std::time::Duration;
use throughline::host::outside;
use throughline::tokio::spawn;
use throughline::{FutureContextExt, in_boundary, snapshot};
use tokio::task::yield_now;

/// Enters `store`, lets the others do so, and looks.
async fn enter(store: u64) -> Option<u64> {
    ID.enter_with(store);
    yield_now().await;
    id()
}

#[tokio::test]
async fn unwrapped_futures_joined_in_one_task_share_it() {
    let task = async { (tokio::join!(enter(1), enter(2)), id()) };
    let seen = ID.run(0, || spawn(task)).await.unwrap();
    assert_eq!(seen, ((Some(2), Some(2)), Some(2)));
}

#[tokio::test]
async fn wrapped_futures_joined_in_one_task_do_not() {
    let task = async {
        let joined = tokio::join!(enter(1).in_context(), ID.scope(5, enter(2)), async {
            yield_now().await;
            id()
        });
        (joined, id())
    };
    let seen = ID.run(0, || spawn(task)).await.unwrap();
    assert_eq!(seen, ((Some(1), Some(2), Some(0)), Some(0)));
}

#[tokio::test]
async fn so_it_is_with_futures_unordered() {
    let task = async {
        let shared: FuturesUnordered<_> = (1..=3).map(enter).collect();
        let shared: Vec<_> = shared.collect().await;
        // Each saw one that was entered last, by one of them.
        let last = id();
        let apart: FuturesUnordered<_> = (4..=6).map(|store| enter(store).in_context()).collect();
        let mut apart: Vec<_> = apart.collect().await;
        apart.sort();
        (shared.iter().all(|seen| *seen == last), apart, id() == last)
    };
    let seen = ID.run(0, || spawn(task)).await.unwrap();
    assert_eq!(seen, (true, vec![Some(4), Some(5), Some(6)], true));
}

#[tokio::test]
async fn tasks_joined_do_not() {
    let tasks = async { tokio::join!(spawn(enter(1)), spawn(enter(2))) };
    let (one, two) = ID.scope(0, tasks).await;
    assert_eq!((one.unwrap(), two.unwrap()), (Some(1), Some(2)));
}

#[tokio::test]
async fn timeout_interval_and_select_stay_in_the_task() {
    use tokio::time::{interval, timeout};
    let task = async {
        let in_time = timeout(Duration::from_secs(60), enter(1)).await.unwrap();
        let mut ticks = ID.run(9, || interval(Duration::from_millis(1)));
        ticks.tick().await;
        ticks.tick().await;
        let ticked = id();
        let selected = tokio::select! {
            seen = enter(2) => seen,
            () = std::future::pending() => None,
        };
        (in_time, ticked, selected, id())
    };
    let seen = ID.run(0, || spawn(task)).await.unwrap();
    assert_eq!(seen, (Some(1), Some(1), Some(2), Some(2)));
}

/// As a cache's that is filled for all who wait for it: whoever polls it lends it his context, unless it has its own.
#[tokio::test]
async fn future_that_is_shared_is_in_the_context_of_whoever_polls_it_unless_it_was_wrapped() {
    async fn twice() -> (Option<u64>, Option<u64>) {
        let first = id();
        yield_now().await;
        (first, id())
    }
    let plain = twice().boxed();
    let wrapped = ID.run(5, || twice().in_context()).boxed();
    for (future, seen) in [
        (plain.boxed(), (Some(1), Some(2))),
        (wrapped.boxed(), (Some(5), Some(5))),
    ] {
        let shared = future.shared();
        let mut first = Box::pin(ID.scope(1, shared.clone()));
        assert!(futures::poll!(&mut first).is_pending());
        assert_eq!(ID.scope(2, shared).await, seen);
        assert_eq!(first.await, seen);
    }
}

/// So that another's task reads, and changes, what belongs to whoever drives the runtime, unless that one stays outside meanwhile.
#[test]
fn plain_task_is_in_the_context_of_whoever_drives_its_runtime_unless_that_is_done_outside() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let plain = || {
        runtime.spawn(async {
            let seen = (id(), in_boundary());
            (seen, catch_unwind(|| ID.enter_with(9)).is_ok())
        })
    };
    let (inside, out) = (plain(), plain());
    let seen = ID.run(1, || (runtime.block_on(inside).unwrap(), id()));
    assert_eq!(seen, (((Some(1), true), true), Some(9)));
    runtime.block_on(out).unwrap();

    let task = plain();
    let seen = ID.run(1, || {
        let ours = snapshot().scope(async { (task.await.unwrap(), id()) });
        (outside(|| runtime.block_on(ours)), id())
    });
    assert_eq!(seen, ((((None, false), false), Some(1)), Some(1)));
}
