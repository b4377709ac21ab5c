//! Law 3: what runs in one task shares its boundary, unless it has one of its own.

use super::{ID, id};
use futures::stream::{FuturesUnordered, StreamExt};
use std::time::Duration;
use throughline::FutureContextExt;
use throughline::tokio::spawn;
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
