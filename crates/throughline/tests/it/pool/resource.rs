//! A task is an `AsyncResource`: its ids, and what hooks are told of it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use throughline::pool::{CloseMode, WorkerPool};
use throughline::{
    AsyncHook, AsyncResource, HookBuilder, PanicPolicy, ResourceInfo, ResourceType, create_hook,
    execution_async_id, execution_async_resource, trigger_async_id,
};

use super::support::{Drops, Held, ID, Log, results};

/// A pool of one thread, whose tasks are of a type of their own, since hooks see the whole process.
fn pool_of(task_type: &'static str) -> WorkerPool {
    WorkerPool::builder()
        .threads(1)
        .queue(8)
        .task_type(task_type)
        .build()
        .unwrap()
}

type Seen = (&'static str, ResourceInfo);

fn logging(log: &Log<Seen>) -> HookBuilder {
    let told = |event| {
        let log = log.clone();
        move |resource: &ResourceInfo| log.push((event, *resource))
    };
    create_hook()
        .init(told("init"))
        .before(told("before"))
        .after(told("after"))
        .destroy(told("destroy"))
}

fn enabled(hook: HookBuilder, task_type: &'static str) -> AsyncHook {
    let hook = hook.only([ResourceType::new(task_type)]).build();
    hook.enable();
    hook
}

fn events(log: &Log<Seen>) -> Vec<&'static str> {
    log.take().into_iter().map(|(event, _)| event).collect()
}

/// WP-1.
#[test]
fn wp_1_a_task_is_a_resource_made_at_submission_and_destroyed_after_its_callback() {
    let log = Log::default();
    let hook = enabled(logging(&log), "PoolTestLife");
    let pool = pool_of("PoolTestLife");
    let held = Held::by(&pool);
    assert_eq!(
        events(&log),
        ["init", "before"],
        "of the task that holds the worker"
    );
    let (send, receive) = results();
    let ids = || (execution_async_resource(), trigger_async_id());
    let request = AsyncResource::new("PoolTestRequest");
    request.run_in_async_scope(|| {
        pool.run_task(ids, move |in_task| send((in_task.unwrap(), ids())))
            .unwrap()
    });
    let [(init, task)] = log.take()[..] else {
        panic!("the resource is made at submission");
    };
    assert_eq!((init, task.type_name()), ("init", "PoolTestLife"));
    assert_eq!(task.trigger_async_id(), Some(request.async_id()));
    held.let_go();
    pool.close(CloseMode::Drain);
    hook.disable();
    let here = (Some(task), Some(request.async_id()));
    assert_eq!(receive.recv().unwrap(), (here, here));
    let mut rest = log.take();
    rest.retain(|(_, resource)| *resource == task);
    let names: Vec<_> = rest.into_iter().map(|(event, _)| event).collect();
    assert_eq!(names, ["before", "after", "before", "after", "destroy"]);
}

#[test]
fn awaited_task_is_a_resource_of_the_usual_type_and_runs_in_one_scope() {
    let log = Log::default();
    let hook = enabled(logging(&log), "PoolTestAwaited");
    let pool = pool_of("PoolTestAwaited");
    let (send, receive) = results();
    let mut task = pool.run(move || send(execution_async_id()));
    let [(_, resource)] = log.take()[..] else {
        panic!("the resource is made at the call");
    };
    let _ = std::sync::Arc::<super::support::Wakes>::default().poll(&mut task);
    assert_eq!(receive.recv().unwrap(), Some(resource.async_id()));
    pool.close(CloseMode::Drain);
    hook.disable();
    assert_eq!(events(&log), ["before", "after", "destroy"]);

    let usual = WorkerPool::builder().threads(1).build().unwrap();
    let name = || execution_async_resource().unwrap().type_name();
    assert_eq!(
        futures::executor::block_on(usual.run(name)).unwrap(),
        "WorkerPoolTask"
    );
}

#[test]
fn what_never_runs_is_destroyed_too() {
    let log = Log::default();
    let hook = enabled(logging(&log), "PoolTestCancelled");
    let pool = pool_of("PoolTestCancelled");
    drop(pool.run(|| ()));
    assert_eq!(events(&log), ["init", "destroy"]);
    let held = Held::by(&pool);
    pool.run_task(|| (), |_| ()).unwrap();
    log.take();
    pool.begin_close(CloseMode::Cancel);
    held.let_go();
    pool.close(CloseMode::Cancel);
    hook.disable();
    let of_the_held = ["after", "before", "after", "destroy"];
    let of_the_cancelled = ["before", "after", "destroy"];
    assert_eq!(events(&log), [&of_the_held[..], &of_the_cancelled].concat());
}

#[test]
fn refused_submission_makes_no_resource() {
    let log = Log::default();
    let hook = enabled(logging(&log), "PoolTestRefused");
    let pool = WorkerPool::builder()
        .threads(1)
        .queue(0)
        .task_type("PoolTestRefused")
        .build()
        .unwrap();
    let held = Held::by(&pool);
    log.take();
    assert!(pool.try_run_task(|| (), |_| ()).unwrap_err().is_full());
    pool.begin_close(CloseMode::Drain);
    assert!(pool.run_task(|| (), |_| ()).unwrap_err().is_closed());
    assert_eq!(log.take(), []);
    held.let_go();
    hook.disable();
}

/// Law 5: whatever a hook does, no place is lost.
#[test]
fn hook_that_panics_at_submission_takes_no_place() {
    let hook = create_hook()
        .init(|_| panic!("hook"))
        .on_panic(PanicPolicy::Propagate);
    let hook = enabled(hook, "PoolTestPanics");
    let pool = WorkerPool::builder()
        .threads(1)
        .queue(0)
        .task_type("PoolTestPanics")
        .build()
        .unwrap();
    let drops = Drops::default();
    for _ in 0..3 {
        let owned = drops.counted();
        let submit = || ID.run(1, || pool.run_task(move || drop(owned), |_| ()));
        assert!(catch_unwind(AssertUnwindSafe(submit)).is_err());
    }
    hook.disable();
    assert_eq!(drops.seen(), [Some(1); 3]);
    pool.run_task(|| (), |_| ()).unwrap();
    assert!(pool.close(CloseMode::Drain));
}

/// Law 8.
#[test]
fn each_of_many_tasks_is_destroyed_once_after_its_last_scope() {
    let log = Log::default();
    let hook = enabled(logging(&log), "PoolTestMany");
    let pool = WorkerPool::builder()
        .threads(3)
        .queue(2)
        .task_type("PoolTestMany")
        .build()
        .unwrap();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..50).for_each(|_| pool.run_task(|| (), |_| ()).unwrap()));
        }
    });
    pool.close(CloseMode::Cancel);
    hook.disable();
    let mut lives = std::collections::HashMap::<_, Vec<_>>::new();
    for (event, resource) in log.take() {
        lives.entry(resource).or_default().push(event);
    }
    assert_eq!(lives.len(), 200);
    for life in lives.values() {
        assert_eq!((life.first(), life.last()), (Some(&"init"), Some(&"destroy")));
        assert_eq!(life.iter().filter(|event| **event == "destroy").count(), 1);
    }
}
