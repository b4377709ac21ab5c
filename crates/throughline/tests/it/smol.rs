//! Executors that the core knows nothing of: smol stands for them. What it has is enough: `in_context()` at a hand-over, `bind_once()` for a closure.

use std::rc::Rc;
use std::sync::mpsc::{self, Sender};

use smol::{Executor, LocalExecutor, Timer, block_on, channel, future, unblock};
use throughline::prelude::*;
use throughline::{AsyncLocalStorage, in_boundary};

static ID: AsyncLocalStorage<u64> = AsyncLocalStorage::new();

fn id() -> Option<u64> {
    ID.get_store()
}

/// Tells what it was dropped in.
struct Tells(Sender<Option<u64>>);

impl Drop for Tells {
    fn drop(&mut self) {
        self.0.send(id()).unwrap();
    }
}

#[test]
fn task_has_the_context_it_was_spawned_in_across_awaits_and_threads() {
    let executor = Executor::new();
    let (stop, stopped) = channel::unbounded::<()>();
    std::thread::scope(|s| {
        for _ in 0..3 {
            s.spawn(|| block_on(executor.run(stopped.recv())).unwrap_err());
        }
        let tasks: Vec<_> = (0..100)
            .map(|n| {
                let task = async move {
                    for turn in 0..20 {
                        assert_eq!(id(), Some(n + turn * 1000));
                        ID.enter_with(n + (turn + 1) * 1000);
                        future::yield_now().await;
                    }
                    id()
                };
                ID.run(n, || executor.spawn(task.in_context()))
            })
            .collect();
        for (n, task) in tasks.into_iter().enumerate() {
            assert_eq!(block_on(task), Some(n as u64 + 20_000));
        }
        drop(stop);
    });
    assert!(!in_boundary());
}

#[test]
fn bare_task_has_none_and_sees_nothing_of_its_executors_caller() {
    let executor = Executor::new();
    let bare = ID.run(1, || executor.spawn(async { id() }));
    let empty = executor.spawn(async { id() }.in_context());
    assert_eq!(block_on(executor.run(bare)), None);
    // Even where `run` is called in a context.
    let seen = block_on(ID.scope(2, executor.run(empty)));
    assert_eq!(seen, None);
}

#[test]
fn nested_tasks_and_timers_inherit() {
    static EXECUTOR: Executor<'_> = Executor::new();
    let outer = async {
        let inner = ID.run(2, || EXECUTOR.spawn(async { id() }.in_context()));
        Timer::after(std::time::Duration::from_millis(1)).await;
        (id(), inner.await, id())
    };
    let outer = ID.run(1, || EXECUTOR.spawn(outer.in_context()));
    assert_eq!(block_on(EXECUTOR.run(outer)), (Some(1), Some(2), Some(1)));
}

#[test]
fn unblock_runs_a_bound_closure_in_its_context() {
    let seen = block_on(ID.scope(1, async {
        let bare = unblock(id).await;
        let bound = unblock(id.bind_once()).await;
        (bare, bound, id())
    }));
    assert_eq!(seen, (None, Some(1), Some(1)));
}

#[test]
fn panic_in_unblock_leaves_nothing_on_its_thread() {
    let panics = || -> () { panic!("in {:?}", id()) };
    let task = ID.run(1, || unblock(panics.bind_once()));
    let payload = block_on(future::FutureExt::catch_unwind(std::panic::AssertUnwindSafe(
        task,
    )))
    .unwrap_err();
    assert_eq!(payload.downcast_ref::<String>().unwrap(), "in Some(1)");
    assert_eq!(block_on(unblock(|| (id(), in_boundary()))), (None, false));
}

#[test]
fn local_executors_tasks_need_not_be_send() {
    let executor = LocalExecutor::new();
    let local = Rc::new(5);
    let task = ID.run(1, || {
        let local = Rc::clone(&local);
        let task = async move {
            future::yield_now().await;
            (id(), *local)
        };
        executor.spawn(task.in_context())
    });
    assert_eq!(block_on(executor.run(task)), (Some(1), 5));
}

/// Law 4: never polled, pending, and with its executor.
#[test]
fn cancelled_tasks_are_dropped_in_their_context() {
    let (send, receive) = mpsc::channel();
    let owned = || Tells(send.clone());
    let forever = |owned: Tells| async move {
        let _owned = owned;
        future::pending::<()>().await;
    };
    let executor = Executor::new();
    let [pending, never_polled, left] =
        [1, 2, 3].map(|n| ID.run(n, || executor.spawn(forever(owned()).in_context())));
    assert!(
        executor.try_tick(),
        "the first one spawned is the first one polled"
    );
    ID.run(9, || drop(never_polled));
    // A cancelled task is dropped by its executor's next turn.
    while executor.try_tick() {}
    block_on(executor.run(pending.cancel()));
    left.detach();
    drop(executor);
    let mut seen: Vec<_> = receive.try_iter().collect();
    seen.sort_unstable();
    assert_eq!(seen, [Some(1), Some(2), Some(3)]);
}

#[test]
fn panicking_task_leaves_nothing_on_its_executors_thread() {
    let executor = Executor::new();
    let panics = ID.run(1, || {
        executor.spawn(async { panic!("in {:?}", id()) }.in_context())
    });
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        block_on(executor.run(async {
            let () = panics.await;
        }))
    }));
    assert!(caught.is_err());
    assert_eq!((id(), in_boundary()), (None, false));
}
