//! [`TaskTracker`].

use super::in_place_of;
use crate::tokio::handed::{self, Once};
use ::tokio::runtime::Handle;
use ::tokio::task::{JoinHandle, LocalSet};

/// A [`tokio_util::task::TaskTracker`](::tokio_util::task::TaskTracker) whose tasks inherit the context of whoever spawns them.
///
/// It spawns itself; all else it has from tokio-util's, which it dereferences to. (`track_future` hands nothing over: the future is its caller's, to be
/// awaited or spawned.)
///
/// # Examples
/// ```
/// use throughline::{AsyncLocalStorage, tokio::task::TaskTracker};
/// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let tracker = TaskTracker::new();
/// let task = USER.run("ada", || tracker.spawn(async { USER.get_store() }));
/// tracker.close();
/// tracker.wait().await;
/// assert_eq!(task.await.unwrap(), Some("ada"));
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct TaskTracker(::tokio_util::task::TaskTracker);

in_place_of!(tokio_util::task::TaskTracker, TaskTracker);

impl TaskTracker {
    /// As tokio-util's.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// As tokio-util's.
    #[must_use]
    pub fn ptr_eq(left: &TaskTracker, right: &TaskTracker) -> bool {
        ::tokio_util::task::TaskTracker::ptr_eq(left, right)
    }

    /// As tokio-util's; the task inherits.
    #[inline]
    #[track_caller]
    pub fn spawn<F>(&self, task: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let task = handed::task(task);
        let _once = Once::handed_over();
        self.0.spawn(task)
    }

    /// As tokio-util's; the task inherits.
    #[inline]
    #[track_caller]
    pub fn spawn_on<F>(&self, task: F, handle: &Handle) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let task = handed::task(task);
        let _once = Once::handed_over();
        self.0.spawn_on(task, handle)
    }

    /// As tokio-util's; the task inherits.
    #[inline]
    #[track_caller]
    pub fn spawn_local<F>(&self, task: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let task = handed::task(task);
        let _once = Once::handed_over();
        self.0.spawn_local(task)
    }

    /// As tokio-util's; the task inherits.
    #[inline]
    #[track_caller]
    pub fn spawn_local_on<F>(&self, task: F, local_set: &LocalSet) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let task = handed::task(task);
        let _once = Once::handed_over();
        self.0.spawn_local_on(task, local_set)
    }

    /// As tokio-util's; `task` gets what crosses to a blocking call.
    #[inline]
    #[track_caller]
    pub fn spawn_blocking<F, T>(&self, task: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        self.0.spawn_blocking(handed::blocking(task))
    }

    /// As tokio-util's; `task` gets what crosses to a blocking call.
    #[inline]
    #[track_caller]
    pub fn spawn_blocking_on<F, T>(&self, task: F, handle: &Handle) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        self.0.spawn_blocking_on(handed::blocking(task), handle)
    }
}
