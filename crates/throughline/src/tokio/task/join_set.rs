//! [`JoinSet`], and what builds its tasks.

use super::in_place_of;
use crate::tokio::handed::{self, Once};
use ::tokio::runtime::Handle;
use ::tokio::task::{AbortHandle, LocalSet};
use std::fmt;

#[cfg(all(tokio_unstable, feature = "tokio-tracing"))]
pub use super::builder::JoinSetBuilder as Builder;

/// A [`tokio::task::JoinSet`] whose tasks inherit the context of whoever spawns them.
///
/// It spawns itself; all else it has from tokio's, which it dereferences to.
///
/// # Examples
/// ```
/// use throughline::{AsyncLocalStorage, tokio::task::JoinSet};
/// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let mut set = JoinSet::new();
/// USER.run("ada", || set.spawn(async { USER.get_store() }));
/// USER.run("bob", || set.spawn_blocking(|| USER.get_store()));
/// let mut seen = set.join_all().await;
/// seen.sort();
/// assert_eq!(seen, [Some("ada"), Some("bob")]);
/// # }
/// ```
pub struct JoinSet<T>(::tokio::task::JoinSet<T>);

in_place_of!(tokio::task::JoinSet, JoinSet<T>);

impl<T> JoinSet<T> {
    /// As tokio's.
    pub fn new() -> Self {
        JoinSet(::tokio::task::JoinSet::new())
    }
}

impl<T: 'static> JoinSet<T> {
    /// As tokio's; the task inherits.
    #[inline]
    #[track_caller]
    pub fn spawn<F>(&mut self, task: F) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        let task = handed::task(task);
        let _once = Once::handed_over();
        self.0.spawn(task)
    }

    /// As tokio's; the task inherits.
    #[inline]
    #[track_caller]
    pub fn spawn_on<F>(&mut self, task: F, handle: &Handle) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        let task = handed::task(task);
        let _once = Once::handed_over();
        self.0.spawn_on(task, handle)
    }

    /// As tokio's; the task inherits.
    #[inline]
    #[track_caller]
    pub fn spawn_local<F>(&mut self, task: F) -> AbortHandle
    where
        F: Future<Output = T> + 'static,
    {
        let task = handed::task(task);
        let _once = Once::handed_over();
        self.0.spawn_local(task)
    }

    /// As tokio's; the task inherits.
    #[inline]
    #[track_caller]
    pub fn spawn_local_on<F>(&mut self, task: F, local_set: &LocalSet) -> AbortHandle
    where
        F: Future<Output = T> + 'static,
    {
        let task = handed::task(task);
        let _once = Once::handed_over();
        self.0.spawn_local_on(task, local_set)
    }

    /// As tokio's; `f` gets what crosses to a blocking call.
    #[inline]
    #[track_caller]
    pub fn spawn_blocking<F>(&mut self, f: F) -> AbortHandle
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send,
    {
        self.0.spawn_blocking(handed::blocking(f))
    }

    /// As tokio's; `f` gets what crosses to a blocking call.
    #[inline]
    #[track_caller]
    pub fn spawn_blocking_on<F>(&mut self, f: F, handle: &Handle) -> AbortHandle
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send,
    {
        self.0.spawn_blocking_on(handed::blocking(f), handle)
    }

    /// As tokio's; the task inherits.
    #[cfg(all(tokio_unstable, feature = "tokio-tracing"))]
    pub fn build_task(&mut self) -> Builder<'_, T> {
        Builder::new(self.0.build_task())
    }

    /// As tokio's.
    ///
    /// # Panics
    /// If a task did.
    pub async fn join_all(self) -> Vec<T> {
        self.0.join_all().await
    }
}

impl<T> Default for JoinSet<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for JoinSet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Spawns each future as it comes out of the iterator, in the context that is current then.
impl<T, F> FromIterator<F> for JoinSet<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    fn from_iter<I: IntoIterator<Item = F>>(futures: I) -> Self {
        let mut set = Self::new();
        set.extend(futures);
        set
    }
}

/// Spawns each future as it comes out of the iterator, in the context that is current then.
impl<T, F> Extend<F> for JoinSet<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    fn extend<I: IntoIterator<Item = F>>(&mut self, futures: I) {
        futures.into_iter().for_each(|future| _ = self.spawn(future));
    }
}
