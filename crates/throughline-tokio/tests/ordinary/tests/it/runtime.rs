//! `Runtime`, `Handle` and what builds them.

use crate::REQUEST;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::runtime::{Builder, Handle, LocalRuntime, Runtime, RuntimeFlavor};

#[test]
fn runtime_spawn_inherits() {
    for runtime in [
        Runtime::new().unwrap(),
        Builder::new_current_thread().enable_all().build().unwrap(),
        Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap(),
    ] {
        let (task, thread) = REQUEST.run(7, || {
            (
                runtime.spawn(async { REQUEST.get_store() }),
                runtime.spawn_blocking(|| REQUEST.get_store()),
            )
        });
        assert_eq!(runtime.block_on(task).unwrap(), Some(7));
        assert_eq!(runtime.block_on(thread).unwrap(), Some(7));
    }
}

#[test]
fn handle_spawn_inherits() {
    let runtime = Runtime::new().unwrap();
    let current = runtime.block_on(async { Handle::current() });
    let tried = runtime.block_on(async { Handle::try_current().unwrap() });
    for handle in [runtime.handle().clone(), current, tried] {
        let (task, thread) = REQUEST.run(7, || {
            (
                handle.spawn(async { REQUEST.get_store() }),
                handle.spawn_blocking(|| REQUEST.get_store()),
            )
        });
        assert_eq!(handle.block_on(task).unwrap(), Some(7));
        assert_eq!(handle.block_on(thread).unwrap(), Some(7));
    }
    assert!(Handle::try_current().unwrap_err().is_missing_context());
}

#[test]
fn an_entered_runtime_is_where_tasks_go() {
    let runtime = Runtime::new().unwrap();
    let task = {
        let _entered = runtime.enter();
        REQUEST.run(7, || tokio::spawn(async { REQUEST.get_store() }))
    };
    assert_eq!(runtime.block_on(task).unwrap(), Some(7));
    let _entered = runtime.handle().enter();
    assert_eq!(Handle::current().id(), runtime.handle().id());
}

#[test]
fn block_on_has_the_callers_context_and_keeps_what_it_enters_to_itself() {
    let runtime = Runtime::new().unwrap();
    let by_handle = Builder::new_current_thread().build().unwrap();
    REQUEST.run(7, || {
        let enters = || async {
            let before = REQUEST.get_store();
            REQUEST.enter_with(8);
            tokio::task::yield_now().await;
            let spawned = tokio::spawn(async { REQUEST.get_store() });
            (before, REQUEST.get_store(), spawned.await.unwrap())
        };
        assert_eq!(runtime.block_on(enters()), (Some(7), Some(8), Some(8)));
        assert_eq!(runtime.handle().block_on(enters()), (Some(7), Some(8), Some(8)));
        assert_eq!(by_handle.block_on(enters()), (Some(7), Some(8), Some(8)));
        assert_eq!(REQUEST.get_store(), Some(7));
    });
    // Not inside of anything, too: the future is the outermost task.
    runtime.block_on(async { REQUEST.enter_with(9) });
    assert_eq!(REQUEST.get_store(), None);
}

/// The pools' threads are started under some request, and serve all.
#[test]
fn threads_and_their_callbacks_belong_to_no_request() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let runtime = REQUEST.run(7, || {
        let see = || {
            let seen = Arc::clone(&seen);
            move || seen.lock().unwrap().push(REQUEST.get_store())
        };
        Builder::new_multi_thread()
            .worker_threads(1)
            .on_thread_start(see())
            .on_thread_stop(see())
            .on_thread_park(see())
            .on_thread_unpark(see())
            .build()
            .unwrap()
    });
    REQUEST.run(7, || {
        runtime.block_on(async { tokio::task::spawn_blocking(|| ()).await.unwrap() })
    });
    drop(runtime);
    let seen = seen.lock().unwrap();
    assert!(seen.len() > 2 && seen.iter().all(Option::is_none), "{seen:?}");
}

/// Each setting reaches tokio: what it does, where that can be seen from outside, or that it is taken.
#[test]
fn builder_is_tokios_in_all_else() {
    let named = Arc::new(AtomicUsize::new(0));
    let names = Arc::clone(&named);
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(3)
        .name("service")
        .thread_name("replaced")
        .thread_name_fn(move || format!("service-{}", names.fetch_add(1, Ordering::Relaxed)))
        .thread_stack_size(1 << 20)
        .thread_keep_alive(Duration::from_secs(1))
        .global_queue_interval(31)
        .event_interval(61)
        .enable_io()
        .enable_time()
        .max_io_events_per_tick(64)
        .max_io_events_per_busy_tick(64)
        .build()
        .unwrap();
    assert_eq!(runtime.metrics().num_workers(), 2);
    assert_eq!(runtime.handle().metrics().num_workers(), 2);
    assert_eq!(runtime.handle().name(), Some("service"));
    assert_eq!(runtime.handle().runtime_flavor(), RuntimeFlavor::MultiThread);
    let thread = runtime.block_on(runtime.spawn(async { std::thread::current().name().map(str::to_owned) }));
    assert!(thread.unwrap().unwrap().starts_with("service-"));
    runtime.shutdown_timeout(Duration::from_secs(1));

    let paused = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    paused.block_on(async {
        let begun = tokio::time::Instant::now();
        tokio::time::sleep(Duration::from_secs(3600)).await;
        assert!(begun.elapsed() >= Duration::from_secs(3600));
    });
    paused.shutdown_background();
}

/// As a pooled connection's reader, of a crate that names tokio itself: it belongs to none of those who drive the runtime.
#[test]
fn plain_task_that_block_on_polls_sees_nothing_of_its_caller_and_enters_nothing_there() {
    async fn plain() -> (Vec<Option<u64>>, bool) {
        let mut seen = Vec::new();
        let mut entered = false;
        for _ in 0..4 {
            seen.push(REQUEST.get_store());
            entered |= catch_unwind(|| REQUEST.enter_with(9)).is_ok();
            tokio::task::yield_now().await;
        }
        (seen, entered)
    }
    let nothing = (vec![None; 4], false);

    let runtime = Builder::new_current_thread().build().unwrap();
    let (first, second) = (
        tokio::real::runtime::Runtime::spawn(&runtime, plain()),
        runtime.handle().clone(),
    );
    let seen = REQUEST.run(1, || {
        runtime.block_on(async {
            REQUEST.enter_with(2);
            tokio::task::yield_now().await;
            REQUEST.get_store()
        })
    });
    assert_eq!(seen, Some(2));
    let second = tokio::real::runtime::Handle::spawn(&second, plain());
    let seen = REQUEST.run(3, || {
        let seen = runtime.block_on(async { (first.await.unwrap(), second.await.unwrap()) });
        (seen, REQUEST.get_store())
    });
    assert_eq!(seen, ((nothing.clone(), nothing.clone()), Some(3)));

    let local = LocalRuntime::new().unwrap();
    let seen = REQUEST.run(4, || {
        local.block_on(async { tokio::real::task::spawn_local(plain()).await.unwrap() })
    });
    assert_eq!(seen, nothing);
}

#[test]
fn block_on_that_is_refused_in_a_task_names_its_callers_line() {
    static LINES: Mutex<Vec<(String, u32)>> = Mutex::new(Vec::new());
    let former = take_hook();
    set_hook(Box::new(move |panic| {
        let at = panic.location().unwrap();
        LINES.lock().unwrap().push((at.file().to_owned(), at.line()));
        former(panic);
    }));
    let (outer, inner) = (
        Runtime::new().unwrap(),
        Builder::new_current_thread().build().unwrap(),
    );
    let line = line!() + 1;
    let refused = || inner.block_on(async {});
    let refused = REQUEST.run(1, || {
        outer.block_on(async { catch_unwind(AssertUnwindSafe(refused)).is_err() })
    });
    assert!(refused);
    assert!(LINES.lock().unwrap().contains(&(file!().to_owned(), line)));
}
