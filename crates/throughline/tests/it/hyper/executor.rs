//! What an executor's tasks see at each moment of their life.

use super::support::{Log, Queue, REGION, REQUEST, seen};
use futures::FutureExt as _;
use futures::executor::block_on;
use hyper::rt::Executor as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use throughline::hyper::ContextExecutor;

/// What a task sees, and what the executor inside saw when it was given it, where `REQUEST` and `REGION` are set.
fn inherited(executor: fn(Queue) -> ContextExecutor<Queue>) -> (String, String) {
    let queue = Queue::default();
    let in_task = Arc::new(Mutex::new(String::new()));
    let answer = Arc::clone(&in_task);
    let task = async move { *answer.lock().unwrap() = seen() };
    REQUEST.run("one".into(), || {
        REGION.run("eu", || executor(queue.clone()).execute(task));
    });
    let (given, task) = queue.take();
    REQUEST.run("two".into(), || block_on(task));
    let in_task = in_task.lock().unwrap().clone();
    (in_task, given)
}

#[test]
fn detached_tasks_inherit_what_asks_for_it() {
    let both = ("- eu".to_owned(), "- eu".to_owned());
    assert_eq!(inherited(ContextExecutor::detached), both);
}

#[test]
fn tasks_are_detached_by_default() {
    let default = ContextExecutor::<()>::default();
    assert_eq!(
        format!("{default:?}"),
        format!("{:?}", ContextExecutor::detached(()))
    );
    assert_ne!(
        format!("{default:?}"),
        format!("{:?}", ContextExecutor::current(()))
    );
}

#[test]
fn tasks_of_the_root_inherit_nothing() {
    let both = ("- -".to_owned(), "- -".to_owned());
    assert_eq!(inherited(ContextExecutor::root), both);
}

#[test]
fn current_tasks_inherit_as_any_task_does() {
    let both = ("one eu".to_owned(), "one eu".to_owned());
    assert_eq!(inherited(ContextExecutor::current), both);
}

// Law 4.
#[test]
fn a_task_is_dropped_in_its_context_unpolled_pending_ready_or_panicked() {
    struct Witness(Log);
    impl Drop for Witness {
        fn drop(&mut self) {
            self.0.note();
        }
    }
    let log = Log::default();
    let spawn = |task: fn() -> futures::future::BoxFuture<'static, ()>| {
        let queue = Queue::default();
        let witness = Witness(log.clone());
        let task = async move {
            let _witness = witness;
            task().await;
        };
        REQUEST.run("one".into(), || {
            ContextExecutor::current(queue.clone()).execute(task);
        });
        queue.take().1
    };
    let in_one = ["one -"];

    drop(spawn(|| Box::pin(async {})));
    assert_eq!(log.take(), in_one, "never polled");

    let mut pending = spawn(|| Box::pin(std::future::pending()));
    assert!(pending.as_mut().now_or_never().is_none());
    drop(pending);
    assert_eq!(log.take(), in_one, "pending");

    let mut ready = spawn(|| Box::pin(async {}));
    block_on(ready.as_mut());
    assert_eq!(log.take(), in_one, "ready, at once");
    drop(ready);

    let mut panicking = spawn(|| Box::pin(async { panic!("on purpose") }));
    let poll = AssertUnwindSafe(|| block_on(panicking.as_mut()));
    assert!(catch_unwind(poll).is_err());
    drop(panicking);
    assert_eq!(log.take(), in_one, "panicked");
}
