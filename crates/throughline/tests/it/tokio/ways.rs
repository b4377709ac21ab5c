//! All the ways to spawn.

use std::pin::Pin;
#[cfg(feature = "tokio-util")]
use throughline::tokio::task::{JoinMap, JoinQueue, TaskTracker};
use throughline::tokio::task::{JoinSet, LocalSet};
use throughline::tokio::{self as ours, HandleExt};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::{AbortHandle, JoinError, JoinHandle};

/// What a task does.
pub(crate) type Work = Pin<Box<dyn Future<Output = ()> + Send>>;
/// What a blocking call does.
pub(crate) type Job = Box<dyn FnOnce() + Send>;

/// A multi-thread runtime, and a set of local tasks on the test's own thread.
pub(crate) struct Ground {
    pub(crate) local: LocalSet,
    pub(crate) runtime: Runtime,
}

impl Ground {
    pub(crate) fn new(workers: usize) -> Self {
        let runtime = Builder::new_multi_thread()
            .worker_threads(workers)
            .max_blocking_threads(1)
            .enable_all()
            .build()
            .unwrap();
        Ground {
            local: LocalSet::new(),
            runtime,
        }
    }

    pub(crate) fn handle(&self) -> &Handle {
        self.runtime.handle()
    }

    /// Waits for `future` among the local tasks.
    pub(crate) fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(self.local.run_until(future))
    }
}

/// One that was spawned, with the set that it is in, if any.
pub(crate) enum Task {
    Single(JoinHandle<()>),
    InSet(JoinSet<()>, AbortHandle),
    #[cfg(feature = "tokio-util")]
    InMap(JoinMap<u8, ()>),
    #[cfg(feature = "tokio-util")]
    InQueue(JoinQueue<()>, AbortHandle),
}

impl Task {
    pub(crate) fn abort(&mut self) {
        match self {
            Task::Single(task) => task.abort(),
            Task::InSet(_, task) => task.abort(),
            #[cfg(feature = "tokio-util")]
            Task::InMap(map) => assert!(map.abort(&KEY)),
            #[cfg(feature = "tokio-util")]
            Task::InQueue(_, task) => task.abort(),
        }
    }

    pub(crate) async fn join(&mut self) -> Result<(), JoinError> {
        match self {
            Task::Single(task) => task.await,
            Task::InSet(set, _) => set.join_next().await.unwrap(),
            #[cfg(feature = "tokio-util")]
            Task::InMap(map) => map.join_next().await.unwrap().1,
            #[cfg(feature = "tokio-util")]
            Task::InQueue(queue, _) => queue.join_next().await.unwrap(),
        }
    }
}

#[cfg(feature = "tokio-util")]
const KEY: u8 = 0;

/// A way to spawn `W`.
pub(crate) struct Way<W> {
    pub(crate) name: &'static str,
    /// Whether the task stays on the test's thread.
    pub(crate) is_local: bool,
    /// Whether it needs to be called on the runtime.
    pub(crate) needs_runtime: bool,
    pub(crate) spawn: fn(&Ground, W) -> Task,
}

macro_rules! ways {
    ($(
        $(#[$cfg:meta])*
        $(@$local:ident)? $name:literal $(on $on:ident)? => $spawn:expr;
    )*) => {
        vec![$($(#[$cfg])* Way {
            name: $name,
            is_local: !stringify!($($local)?).is_empty(),
            needs_runtime: stringify!($($on)?).is_empty(),
            spawn: $spawn,
        }),*]
    };
}

fn in_set(spawn: impl FnOnce(&mut JoinSet<()>) -> AbortHandle) -> Task {
    let mut set = JoinSet::new();
    let task = spawn(&mut set);
    Task::InSet(set, task)
}

#[cfg(feature = "tokio-util")]
fn in_map(spawn: impl FnOnce(&mut JoinMap<u8, ()>)) -> Task {
    let mut map = JoinMap::new();
    spawn(&mut map);
    Task::InMap(map)
}

#[cfg(feature = "tokio-util")]
fn in_queue(spawn: impl FnOnce(&mut JoinQueue<()>) -> AbortHandle) -> Task {
    let mut queue = JoinQueue::new();
    let task = spawn(&mut queue);
    Task::InQueue(queue, task)
}

/// The ways to spawn a task that inherits.
pub(crate) fn tasks() -> Vec<Way<Work>> {
    ways! {
        "spawn" => |_, work| Task::Single(ours::spawn(work));
        @local "spawn_local" => |_, work| Task::Single(ours::spawn_local(work));
        @local "LocalSet::spawn_local" on it => |on, work| Task::Single(on.local.spawn_local(work));
        "Handle" on it => |on, work| Task::Single(on.handle().spawn_in_context(work));
        "Runtime" on it => |on, work| Task::Single(on.runtime.spawn_in_context(work));
        "JoinSet::spawn" => |_, work| in_set(|set| set.spawn(work));
        "JoinSet::spawn_on" on it => |on, work| in_set(|set| set.spawn_on(work, on.handle()));
        @local "JoinSet::spawn_local" => |_, work| in_set(|set| set.spawn_local(work));
        @local "JoinSet::spawn_local_on" on it => |on, work| in_set(|set| set.spawn_local_on(work, &on.local));
        #[cfg(feature = "tokio-util")]
        "JoinMap::spawn" => |_, work| in_map(|map| map.spawn(KEY, work));
        #[cfg(feature = "tokio-util")]
        "JoinMap::spawn_on" on it => |on, work| in_map(|map| map.spawn_on(KEY, work, on.handle()));
        #[cfg(feature = "tokio-util")]
        @local "JoinMap::spawn_local" => |_, work| in_map(|map| map.spawn_local(KEY, work));
        #[cfg(feature = "tokio-util")]
        @local "JoinMap::spawn_local_on" on it => |on, work| in_map(|map| map.spawn_local_on(KEY, work, &on.local));
        #[cfg(feature = "tokio-util")]
        "JoinQueue::spawn" => |_, work| in_queue(|queue| queue.spawn(work));
        #[cfg(feature = "tokio-util")]
        "JoinQueue::spawn_on" on it => |on, work| in_queue(|queue| queue.spawn_on(work, on.handle()));
        #[cfg(feature = "tokio-util")]
        @local "JoinQueue::spawn_local" => |_, work| in_queue(|queue| queue.spawn_local(work));
        #[cfg(feature = "tokio-util")]
        "TaskTracker::spawn" => |_, work| Task::Single(TaskTracker::new().spawn(work));
        #[cfg(feature = "tokio-util")]
        "TaskTracker::spawn_on" on it => |on, work| Task::Single(TaskTracker::new().spawn_on(work, on.handle()));
        #[cfg(feature = "tokio-util")]
        @local "TaskTracker::spawn_local" => |_, work| Task::Single(TaskTracker::new().spawn_local(work));
        #[cfg(feature = "tokio-util")]
        @local "TaskTracker::spawn_local_on" on it => |on, work| {
            Task::Single(TaskTracker::new().spawn_local_on(work, &on.local))
        };
    }
}

/// The ways to spawn a task that outlives its spawner's work.
pub(crate) fn detached() -> Vec<Way<Work>> {
    ways! {
        "spawn_detached" => |_, work| Task::Single(ours::spawn_detached(work));
        "Handle::spawn_detached" on it => |on, work| Task::Single(on.handle().spawn_detached(work));
        "Runtime::spawn_detached" on it => |on, work| Task::Single(on.runtime.spawn_detached(work));
    }
}

/// The ways to call what blocks.
pub(crate) fn blocking() -> Vec<Way<Job>> {
    ways! {
        "spawn_blocking" => |_, job| Task::Single(ours::spawn_blocking(job));
        "Handle" on it => |on, job| Task::Single(on.handle().spawn_blocking_in_context(job));
        "Runtime" on it => |on, job| Task::Single(on.runtime.spawn_blocking_in_context(job));
        "JoinSet::spawn_blocking" => |_, job| in_set(|set| set.spawn_blocking(job));
        "JoinSet::spawn_blocking_on" on it => |on, job| in_set(|set| set.spawn_blocking_on(job, on.handle()));
        #[cfg(feature = "tokio-util")]
        "JoinMap::spawn_blocking" => |_, job| in_map(|map| map.spawn_blocking(KEY, job));
        #[cfg(feature = "tokio-util")]
        "JoinMap::spawn_blocking_on" on it => |on, job| in_map(|map| map.spawn_blocking_on(KEY, job, on.handle()));
        #[cfg(feature = "tokio-util")]
        "JoinQueue::spawn_blocking" => |_, job| in_queue(|queue| queue.spawn_blocking(job));
        #[cfg(feature = "tokio-util")]
        "JoinQueue::spawn_blocking_on" on it => |on, job| {
            in_queue(|queue| queue.spawn_blocking_on(job, on.handle()))
        };
        #[cfg(feature = "tokio-util")]
        "TaskTracker::spawn_blocking" => |_, job| Task::Single(TaskTracker::new().spawn_blocking(job));
        #[cfg(feature = "tokio-util")]
        "TaskTracker::spawn_blocking_on" on it => |on, job| {
            Task::Single(TaskTracker::new().spawn_blocking_on(job, on.handle()))
        };
    }
}
