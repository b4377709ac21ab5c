//! [`JoinQueue`].

use super::in_place_of;
use crate::tokio::handed::{self, Once};
use ::tokio::runtime::Handle;
use ::tokio::task::AbortHandle;
use std::fmt;

/// A [`tokio_util::task::JoinQueue`](::tokio_util::task::JoinQueue) whose tasks inherit the context of whoever spawns them.
///
/// It spawns itself; all else it has from tokio-util's, which it dereferences to.
///
/// # Examples
/// ```
/// use throughline::{AsyncLocalStorage, tokio::task::JoinQueue};
/// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let mut queue = JoinQueue::new();
/// USER.run("ada", || queue.spawn(async { USER.get_store() }));
/// USER.run("bob", || queue.spawn(async { USER.get_store() }));
/// assert_eq!(queue.join_all().await, [Some("ada"), Some("bob")]);
/// # }
/// ```
pub struct JoinQueue<T>(::tokio_util::task::JoinQueue<T>);

in_place_of!(tokio_util::task::JoinQueue, JoinQueue<T>);

impl<T> JoinQueue<T> {
    /// As tokio-util's.
    pub const fn new() -> Self {
        JoinQueue(::tokio_util::task::JoinQueue::new())
    }

    /// As tokio-util's.
    pub fn with_capacity(capacity: usize) -> Self {
        JoinQueue(::tokio_util::task::JoinQueue::with_capacity(capacity))
    }

    /// As tokio-util's; the task inherits.
    #[inline]
    #[track_caller]
    pub fn spawn<F>(&mut self, task: F) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        let task = handed::task(task);
        let _once = Once::handed_over();
        self.0.spawn(task)
    }

    /// As tokio-util's; the task inherits.
    #[inline]
    #[track_caller]
    pub fn spawn_on<F>(&mut self, task: F, handle: &Handle) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        let task = handed::task(task);
        let _once = Once::handed_over();
        self.0.spawn_on(task, handle)
    }

    /// As tokio-util's; the task inherits.
    #[inline]
    #[track_caller]
    pub fn spawn_local<F>(&mut self, task: F) -> AbortHandle
    where
        F: Future<Output = T> + 'static,
        T: 'static,
    {
        let task = handed::task(task);
        let _once = Once::handed_over();
        self.0.spawn_local(task)
    }

    /// As tokio-util's; `f` gets what crosses to a blocking call.
    #[inline]
    #[track_caller]
    pub fn spawn_blocking<F>(&mut self, f: F) -> AbortHandle
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        self.0.spawn_blocking(handed::blocking(f))
    }

    /// As tokio-util's; `f` gets what crosses to a blocking call.
    #[inline]
    #[track_caller]
    pub fn spawn_blocking_on<F>(&mut self, f: F, handle: &Handle) -> AbortHandle
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        self.0.spawn_blocking_on(handed::blocking(f), handle)
    }

    /// As tokio-util's.
    ///
    /// # Panics
    /// If a task did.
    pub async fn join_all(self) -> Vec<T> {
        self.0.join_all().await
    }
}

impl<T> Default for JoinQueue<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for JoinQueue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Of whatever type: tokio-util's own could not, at first.
        f.debug_struct("JoinQueue").field("len", &self.0.len()).finish()
    }
}

/// Spawns each future as it comes out of the iterator, in the context that is current then.
impl<T, F> FromIterator<F> for JoinQueue<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    fn from_iter<I: IntoIterator<Item = F>>(futures: I) -> Self {
        let mut queue = Self::new();
        futures.into_iter().for_each(|future| _ = queue.spawn(future));
        queue
    }
}
