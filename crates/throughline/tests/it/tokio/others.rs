//! What is particular to one type: sets made of iterators, tokio's own inside ours, runtimes and pools of local tasks.

use super::{ID, Tells, id};
use std::future::pending;
use std::panic::catch_unwind;
use std::rc::Rc;
use throughline::in_boundary;
use throughline::tokio::task::{JoinSet, LocalSet};
use throughline::tokio::{LocalRuntimeExt, spawn_local};
use tokio::runtime::LocalRuntime;
use tokio::sync::oneshot;
use tokio::task::yield_now;

#[tokio::test]
async fn join_set_of_an_iterator_spawns_in_the_context_of_whoever_collects() {
    let read = || async { id() };
    let mut set: JoinSet<_> = ID.run(1, || [read(), read()].into_iter().collect());
    ID.run(2, || set.extend([read()]));
    let mut seen = set.join_all().await;
    seen.sort();
    assert_eq!(seen, [Some(1), Some(1), Some(2)]);
}

#[tokio::test]
async fn join_set_that_is_dropped_drops_its_tasks_in_their_contexts() {
    let (tells, dropped) = Tells::new();
    let (began, wait) = oneshot::channel();
    let mut set = JoinSet::new();
    ID.run(1, || {
        set.spawn(async move {
            let _tells = tells;
            ID.enter_with(2);
            began.send(()).unwrap();
            pending::<()>().await
        })
    });
    wait.await.unwrap();
    ID.run(3, || drop(set));
    tokio::task::yield_now().await;
    assert_eq!(dropped.try_recv().unwrap(), Some(2));
}

#[tokio::test]
async fn tokios_own_set_goes_in_and_out_with_its_tasks() {
    let mut plain = tokio::task::JoinSet::new();
    ID.run(1, || plain.spawn(async { id() }));
    let mut set = JoinSet::from(plain);
    ID.run(2, || set.spawn(async { id() }));
    assert_eq!(set.len(), 2);
    let mut plain = set.into_inner();
    ID.run(3, || plain.spawn(async { id() }));
    let mut seen = plain.join_all().await;
    seen.sort();
    assert_eq!(seen, [None, None, Some(2)]);
}

#[tokio::test]
async fn local_set_is_ready_once_its_tasks_are_and_run_until_is_its_awaiters() {
    let local = LocalSet::new();
    let seen = Rc::new(std::cell::Cell::new(None));
    let inside = Rc::clone(&seen);
    ID.run(1, || local.spawn_local(async move { inside.set(id()) }));
    assert_eq!(ID.scope(2, local.run_until(async { id() })).await, Some(2));
    ID.scope(3, local).await;
    assert_eq!(seen.get(), Some(1));
}

/// Whoever drives the set.
#[tokio::test]
async fn plain_task_of_a_local_set_sees_nothing_of_whoever_drives_it_and_enters_nothing_there() {
    async fn plain() -> (Vec<Option<u64>>, bool) {
        let (mut seen, mut entered) = (Vec::new(), false);
        for _ in 0..4 {
            seen.push(id());
            entered |= in_boundary() || catch_unwind(|| ID.enter_with(9)).is_ok();
            yield_now().await;
        }
        (seen, entered)
    }
    let nothing = (vec![None; 4], false);

    let local = LocalSet::new();
    let spawned = local.run_until(ID.scope(1, async {
        ID.enter_with(2);
        let plain = tokio::task::spawn_local(plain());
        yield_now().await;
        (plain, id())
    }));
    let (plain_task, own) = spawned.await;
    assert_eq!(own, Some(2));
    let seen = ID.scope(3, local.run_until(async { (plain_task.await.unwrap(), id()) }));
    assert_eq!(seen.await, (nothing.clone(), Some(3)));

    let plain_task = tokio::task::LocalSet::spawn_local(&local, plain());
    ID.scope(4, local).await;
    assert_eq!(plain_task.await.unwrap(), nothing);
}

#[tokio::test]
async fn what_run_until_is_given_enters_for_itself_and_is_dropped_in_its_context() {
    let (local, (tells, dropped)) = (LocalSet::new(), Tells::new());
    ID.scope(1, async {
        let entered = local.run_until(async {
            ID.enter_with(2);
            yield_now().await;
            id()
        });
        assert_eq!((entered.await, id()), (Some(2), Some(1)));
        let mut given_up = Box::pin(local.run_until(async move {
            let _tells = tells;
            ID.enter_with(3);
            pending::<()>().await
        }));
        assert!(futures::poll!(&mut given_up).is_pending());
        drop(given_up);
        assert_eq!((dropped.try_recv().unwrap(), id()), (Some(3), Some(1)));
    })
    .await;
}

#[test]
fn tasks_of_a_local_runtime_inherit_and_are_dropped_in_their_contexts() {
    let runtime = LocalRuntime::new().unwrap();
    let (tells, dropped) = Tells::new();
    let read = ID.run(1, || runtime.spawn_local_in_context(async { id() }));
    let call = ID.run(2, || runtime.spawn_blocking_in_context(id));
    let spawner = ID.scope(3, async { spawn_local(async { id() }).await.unwrap() });
    assert_eq!(runtime.block_on(read).unwrap(), Some(1));
    assert_eq!(runtime.block_on(call).unwrap(), Some(2));
    assert_eq!(runtime.block_on(spawner), Some(3));
    let pending = ID.run(4, || {
        runtime.spawn_local_in_context(async move {
            let _tells = tells;
            pending::<()>().await
        })
    });
    runtime.block_on(tokio::task::yield_now());
    drop(runtime);
    assert_eq!(dropped.try_recv().unwrap(), Some(4));
    drop(pending);
}

#[cfg(feature = "tokio-util")]
mod util {
    use super::super::{ID, Tells, id};
    use std::future::pending;
    use throughline::tokio::task::{JoinMap, JoinQueue, LocalPoolHandle, TaskTracker};
    use tokio::sync::oneshot;

    #[tokio::test]
    async fn join_map_that_replaces_a_task_drops_it_in_its_context() {
        let (tells, dropped) = Tells::new();
        let mut map = JoinMap::new();
        ID.run(1, || {
            map.spawn("key", async move {
                let _tells = tells;
                pending().await
            })
        });
        tokio::task::yield_now().await;
        ID.run(2, || map.spawn("key", async { id() }));
        let (key, seen) = map.join_next().await.unwrap();
        assert_eq!((key, seen.unwrap()), ("key", Some(2)));
        assert_eq!(dropped.recv().unwrap(), Some(1));
    }

    #[tokio::test]
    async fn join_queue_of_an_iterator_answers_in_order() {
        let read = || async { id() };
        let mut queue: JoinQueue<_> = ID.run(1, || [read()].into_iter().collect());
        ID.run(2, || queue.spawn(read()));
        assert_eq!(queue.join_all().await, [Some(1), Some(2)]);
    }

    #[tokio::test]
    async fn tracked_future_hands_nothing_over() {
        let tracker = TaskTracker::new();
        let tracked = ID.run(1, || tracker.track_future(async { id() }));
        assert_eq!(ID.scope(2, tracked).await, Some(2));
        assert!(TaskTracker::ptr_eq(&tracker, &tracker.clone()));
    }

    #[tokio::test]
    async fn pinned_closure_and_its_task_inherit_and_are_dropped_in_their_context() {
        let pool = LocalPoolHandle::new(1);
        for by_idx in [false, true] {
            let (tells, dropped) = Tells::new();
            let (began, wait) = oneshot::channel();
            let create = move || {
                let made_in = id();
                ID.enter_with(2);
                async move {
                    let _tells = tells;
                    began.send((made_in, id())).unwrap();
                    ID.enter_with(3);
                    pending::<()>().await
                }
            };
            let task = ID.run(1, || match by_idx {
                false => pool.spawn_pinned(create),
                true => pool.spawn_pinned_by_idx(create, 0),
            });
            assert_eq!(wait.await.unwrap(), (Some(1), Some(2)));
            task.abort();
            assert!(task.await.unwrap_err().is_cancelled());
            // The thread of the pool learns of it by itself.
            let told = tokio::task::spawn_blocking(move || dropped.recv().unwrap());
            assert_eq!(told.await.unwrap(), Some(3));
            let plain = pool.clone().into_inner().spawn_pinned(|| async { id() });
            assert_eq!(plain.await.unwrap(), None);
        }
    }
}
