//! What stays on its thread: `LocalSet`, `LocalRuntime`.

use crate::REQUEST;
use std::rc::Rc;
use tokio::runtime::{Builder, LocalOptions, LocalRuntime, Runtime};
use tokio::task::{self, LocalSet};

#[tokio::test]
async fn spawn_local_inherits() {
    let here = Rc::new(1);
    let local = LocalSet::new();
    let first = REQUEST.run(7, || {
        let here = Rc::clone(&here);
        local.spawn_local(async move { (REQUEST.get_store(), *here) })
    });
    let both = local.run_until(async move {
        let second = REQUEST.run(8, || {
            task::spawn_local(async move { (REQUEST.get_store(), *here) })
        });
        (first.await.unwrap(), second.await.unwrap())
    });
    assert_eq!(both.await, ((Some(7), 1), (Some(8), 1)));
}

#[test]
fn local_set_runs_where_it_is_awaited_or_blocked_on() {
    let runtime = Runtime::new().unwrap();
    let local = LocalSet::new();
    let task = REQUEST.run(7, || local.spawn_local(async { REQUEST.get_store() }));
    // `&runtime` is a reference to tokio's own here.
    assert_eq!(
        REQUEST.run(8, || local.block_on(&runtime, async { REQUEST.get_store() })),
        Some(8)
    );
    let until = REQUEST.scope(8, local.run_until(async { REQUEST.get_store() }));
    assert_eq!(runtime.block_on(until), Some(8));
    {
        let _entered = local.enter();
        REQUEST.run(9, || {
            task::spawn_local(async { assert_eq!(REQUEST.get_store(), Some(9)) })
        });
    }
    runtime.block_on(local);
    assert_eq!(runtime.block_on(task).unwrap(), Some(7));
}

#[test]
fn local_runtime_inherits() {
    let built = Builder::new_current_thread()
        .build_local(LocalOptions::default())
        .unwrap();
    for runtime in [LocalRuntime::new().unwrap(), built] {
        let here = Rc::new(1);
        let (task, thread, sent) = REQUEST.run(7, || {
            (
                runtime.spawn_local(async move { (REQUEST.get_store(), *here) }),
                runtime.spawn_blocking(|| REQUEST.get_store()),
                runtime.handle().spawn(async { REQUEST.get_store() }),
            )
        });
        runtime.block_on(async {
            assert_eq!(task.await.unwrap(), (Some(7), 1));
            assert_eq!(thread.await.unwrap(), Some(7));
            assert_eq!(sent.await.unwrap(), Some(7));
            let inside = REQUEST.run(8, || task::spawn_local(async { REQUEST.get_store() }));
            assert_eq!(inside.await.unwrap(), Some(8));
        });
    }
}
