//! `JoinSet`.

use crate::REQUEST;
use tokio::runtime::{Handle, Runtime};
use tokio::task::{JoinSet, LocalSet};

#[tokio::test]
async fn join_set_spawn_inherits() {
    let mut set = JoinSet::new();
    REQUEST.run(7, || set.spawn(async { REQUEST.get_store() }));
    assert_eq!(set.join_next().await.unwrap().unwrap(), Some(7));
    assert!(set.is_empty());
}

#[test]
fn join_set_spawn_on_inherits() {
    let runtime = Runtime::new().unwrap();
    let mut set = JoinSet::new();
    REQUEST.run(7, || {
        let handle: &Handle = runtime.handle();
        set.spawn_on(async { REQUEST.get_store() }, handle);
        set.spawn_blocking_on(|| REQUEST.get_store(), handle);
    });
    assert_eq!(runtime.block_on(set.join_all()), [Some(7); 2]);
}

#[tokio::test]
async fn join_set_spawn_blocking_inherits() {
    let mut set = JoinSet::new();
    REQUEST.run(7, || set.spawn_blocking(|| REQUEST.get_store()));
    assert_eq!(set.join_all().await, [Some(7)]);
}

#[tokio::test]
async fn join_set_spawn_local_inherits() {
    let local = LocalSet::new();
    let mut set = JoinSet::new();
    REQUEST.run(7, || set.spawn_local_on(async { REQUEST.get_store() }, &local));
    let all = local.run_until(async {
        REQUEST.run(8, || set.spawn_local(async { REQUEST.get_store() }));
        set.join_all().await
    });
    let mut all = all.await;
    all.sort();
    assert_eq!(all, [Some(7), Some(8)]);
}

#[tokio::test]
async fn join_set_from_an_iterator_inherits() {
    let futures = || (0..2).map(|_| async { REQUEST.get_store() });
    let mut set = REQUEST.run(7, || futures().collect::<JoinSet<_>>());
    REQUEST.run(7, || set.extend(futures()));
    assert_eq!(set.join_all().await, [Some(7); 4]);
}

#[tokio::test]
async fn join_set_is_tokios_in_all_else() {
    let mut set: JoinSet<u8> = JoinSet::default();
    assert!(set.join_next().await.is_none() && set.try_join_next().is_none());
    let abort = set.spawn(std::future::pending());
    assert_eq!(format!("{set:?}"), "JoinSet { len: 1 }");
    abort.abort();
    assert!(set.join_next_with_id().await.unwrap().unwrap_err().is_cancelled());
    set.spawn(std::future::pending());
    set.abort_all();
    set.shutdown().await;
    set.spawn(std::future::pending());
    set.detach_all();
    assert_eq!(set.len(), 0);
}
