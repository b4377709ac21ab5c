//! [`LocalPoolHandle`].

use super::in_place_of;
use crate::tokio::handed;
use crate::{FutureContextExt, snapshot};
use ::tokio::task::JoinHandle;

/// A [`tokio_util::task::LocalPoolHandle`](::tokio_util::task::LocalPoolHandle) whose tasks inherit the context of whoever spawns them.
///
/// The closure that makes the future runs in that context too, and what it enters is the future's. All else it has from tokio-util's, which it dereferences to.
///
/// # Examples
/// ```
/// use throughline::{AsyncLocalStorage, tokio::task::LocalPoolHandle};
/// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let pool = LocalPoolHandle::new(1);
/// let task = USER.run("ada", || pool.spawn_pinned(|| async { USER.get_store() }));
/// assert_eq!(task.await.unwrap(), Some("ada"));
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct LocalPoolHandle(::tokio_util::task::LocalPoolHandle);

in_place_of!(tokio_util::task::LocalPoolHandle, LocalPoolHandle);

impl LocalPoolHandle {
    /// As tokio-util's.
    #[track_caller]
    pub fn new(pool_size: usize) -> Self {
        LocalPoolHandle(::tokio_util::task::LocalPoolHandle::new(pool_size))
    }

    /// As tokio-util's; closure and task inherit.
    #[track_caller]
    pub fn spawn_pinned<F, Fut>(&self, create_task: F) -> JoinHandle<Fut::Output>
    where
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future + 'static,
        Fut::Output: Send + 'static,
    {
        self.0
            .spawn_pinned(handed::closure(|| create_task().with_snapshot(snapshot())))
    }

    /// As tokio-util's; closure and task inherit.
    #[track_caller]
    pub fn spawn_pinned_by_idx<F, Fut>(&self, create_task: F, idx: usize) -> JoinHandle<Fut::Output>
    where
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future + 'static,
        Fut::Output: Send + 'static,
    {
        self.0
            .spawn_pinned_by_idx(handed::closure(|| create_task().with_snapshot(snapshot())), idx)
    }
}
