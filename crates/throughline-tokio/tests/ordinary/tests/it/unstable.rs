//! What tokio has with `--cfg tokio_unstable`.

use crate::REQUEST;
use std::sync::{Arc, Mutex};
use tokio::runtime::{Builder, TaskMeta, UnhandledPanic};

#[tokio::test]
async fn task_builder_inherits() {
    use tokio::task::{self, LocalSet};
    let handle = tokio::runtime::Handle::current();
    let local = LocalSet::new();
    let tasks = REQUEST.run(7, || {
        let build = || task::Builder::new().name("named");
        [
            build().spawn(read()).unwrap(),
            build().spawn_on(read(), &handle).unwrap(),
            build().spawn_blocking(|| REQUEST.get_store()).unwrap(),
            build()
                .spawn_blocking_on(|| REQUEST.get_store(), &handle)
                .unwrap(),
            build().spawn_local_on(read(), &local).unwrap(),
            local.block_on_entered(|| build().spawn_local(read()).unwrap()),
        ]
    });
    local.await;
    for task in tasks {
        assert_eq!(task.await.unwrap(), Some(7));
    }
}

#[tokio::test]
async fn join_set_builder_inherits() {
    use tokio::task::{LocalSet, join_set::JoinSet};
    let handle = tokio::runtime::Handle::current();
    let local = LocalSet::new();
    let mut set = JoinSet::new();
    REQUEST.run(7, || {
        set.build_task().name("named").spawn(read()).unwrap();
        set.build_task().spawn_on(read(), &handle).unwrap();
        set.build_task().spawn_blocking(|| REQUEST.get_store()).unwrap();
        set.build_task()
            .spawn_blocking_on(|| REQUEST.get_store(), &handle)
            .unwrap();
        set.build_task().spawn_local_on(read(), &local).unwrap();
        local.block_on_entered(|| set.build_task().spawn_local(read()).unwrap());
    });
    local.await;
    assert_eq!(set.join_all().await, [Some(7); 6]);
}

trait Entered {
    /// Where `spawn_local` finds the set without running it.
    fn block_on_entered<R>(&self, f: impl FnOnce() -> R) -> R;
}

impl Entered for tokio::task::LocalSet {
    fn block_on_entered<R>(&self, f: impl FnOnce() -> R) -> R {
        let _entered = self.enter();
        f()
    }
}

async fn read() -> Option<u64> {
    tokio::task::yield_now().await;
    REQUEST.get_store()
}

/// A task's place is the line that spawns it, not one of ours.
#[test]
fn hooks_are_called_and_see_where_tasks_are_spawned() {
    let places = Arc::new(Mutex::new(Vec::new()));
    let note = |what: &'static str| {
        let places = Arc::clone(&places);
        move |task: &TaskMeta<'_>| places.lock().unwrap().push((what, task.spawned_at().file()))
    };
    let runtime = Builder::new_current_thread()
        .on_task_spawn(note("spawn"))
        .on_before_task_poll(note("before"))
        .on_after_task_poll(note("after"))
        .on_task_terminate(note("terminate"))
        .unhandled_panic(UnhandledPanic::Ignore)
        .build()
        .unwrap();
    runtime.block_on(runtime.spawn(async {})).unwrap();
    runtime.block_on(runtime.handle().spawn(async {})).unwrap();
    runtime.block_on(async { tokio::spawn(async {}).await }).unwrap();
    let places = places.lock().unwrap();
    for what in ["spawn", "before", "after", "terminate"] {
        assert_eq!(
            places.iter().filter(|place| **place == (what, file!())).count(),
            3,
            "{what}: {places:?}"
        );
    }
}

/// Throughline's hooks are for those who spawn by tokio itself; what spawns by its drop-in has its context already, and keeps to it.
#[test]
fn throughlines_hooks_go_together_with_it() {
    let mut builder = Builder::new_current_thread();
    throughline::tokio::hooks::install(builder.as_mut()).unwrap();
    let runtime = builder.build().unwrap();
    let (ours, theirs, set) = REQUEST.run(7, || {
        let _entered = runtime.enter();
        let mut set = tokio::task::JoinSet::new();
        set.spawn(read());
        (tokio::spawn(read()), tokio::real::spawn(read()), set)
    });
    runtime.block_on(async {
        assert_eq!(ours.await.unwrap(), Some(7));
        assert_eq!(theirs.await.unwrap(), Some(7));
        assert_eq!(set.join_all().await, [Some(7)]);
        let detached = REQUEST.run(8, || throughline::tokio::spawn_detached(read()));
        assert_eq!(detached.await.unwrap(), None);
    });
}
