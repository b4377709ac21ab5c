//! [`JoinMap`].

use super::in_place_of;
use crate::tokio::handed::{self, Once};
use ::tokio::runtime::Handle;
use ::tokio::task::LocalSet;
use std::fmt;
use std::hash::{BuildHasher, Hash, RandomState};

/// A [`tokio_util::task::JoinMap`](::tokio_util::task::JoinMap) whose tasks inherit the context of whoever spawns them.
///
/// It spawns itself; all else it has from tokio-util's, which it dereferences to.
///
/// # Examples
/// ```
/// use throughline::{AsyncLocalStorage, tokio::task::JoinMap};
/// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let mut map = JoinMap::new();
/// USER.run("ada", || map.spawn("first", async { USER.get_store() }));
/// let (key, seen) = map.join_next().await.unwrap();
/// assert_eq!((key, seen.unwrap()), ("first", Some("ada")));
/// # }
/// ```
pub struct JoinMap<K, V, S = RandomState>(::tokio_util::task::JoinMap<K, V, S>);

in_place_of!(tokio_util::task::JoinMap, JoinMap<K, V, S>);

impl<K, V> JoinMap<K, V> {
    /// As tokio-util's.
    #[must_use]
    pub fn new() -> Self {
        JoinMap(::tokio_util::task::JoinMap::new())
    }

    /// As tokio-util's.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        JoinMap(::tokio_util::task::JoinMap::with_capacity(capacity))
    }
}

impl<K, V, S: Clone> JoinMap<K, V, S> {
    /// As tokio-util's.
    #[must_use]
    pub fn with_hasher(hash_builder: S) -> Self {
        JoinMap(::tokio_util::task::JoinMap::with_hasher(hash_builder))
    }

    /// As tokio-util's.
    #[must_use]
    pub fn with_capacity_and_hasher(capacity: usize, hash_builder: S) -> Self {
        JoinMap(::tokio_util::task::JoinMap::with_capacity_and_hasher(
            capacity,
            hash_builder,
        ))
    }
}

impl<K, V, S> JoinMap<K, V, S>
where
    K: Hash + Eq,
    V: 'static,
    S: BuildHasher,
{
    /// As tokio-util's; the task inherits.
    #[inline]
    #[track_caller]
    pub fn spawn<F>(&mut self, key: K, task: F)
    where
        F: Future<Output = V> + Send + 'static,
        V: Send,
    {
        let task = handed::task(task);
        let _once = Once::handed_over();
        self.0.spawn(key, task);
    }

    /// As tokio-util's; the task inherits.
    #[inline]
    #[track_caller]
    pub fn spawn_on<F>(&mut self, key: K, task: F, handle: &Handle)
    where
        F: Future<Output = V> + Send + 'static,
        V: Send,
    {
        let task = handed::task(task);
        let _once = Once::handed_over();
        self.0.spawn_on(key, task, handle);
    }

    /// As tokio-util's; the task inherits.
    #[inline]
    #[track_caller]
    pub fn spawn_local<F>(&mut self, key: K, task: F)
    where
        F: Future<Output = V> + 'static,
    {
        let task = handed::task(task);
        let _once = Once::handed_over();
        self.0.spawn_local(key, task);
    }

    /// As tokio-util's; the task inherits.
    #[inline]
    #[track_caller]
    pub fn spawn_local_on<F>(&mut self, key: K, task: F, local_set: &LocalSet)
    where
        F: Future<Output = V> + 'static,
    {
        let task = handed::task(task);
        let _once = Once::handed_over();
        self.0.spawn_local_on(key, task, local_set);
    }

    /// As tokio-util's; `f` gets what crosses to a blocking call.
    #[inline]
    #[track_caller]
    pub fn spawn_blocking<F>(&mut self, key: K, f: F)
    where
        F: FnOnce() -> V + Send + 'static,
        V: Send,
    {
        self.0.spawn_blocking(key, handed::blocking(f));
    }

    /// As tokio-util's; `f` gets what crosses to a blocking call.
    #[inline]
    #[track_caller]
    pub fn spawn_blocking_on<F>(&mut self, key: K, f: F, handle: &Handle)
    where
        F: FnOnce() -> V + Send + 'static,
        V: Send,
    {
        self.0.spawn_blocking_on(key, handed::blocking(f), handle);
    }
}

impl<K, V> Default for JoinMap<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: fmt::Debug, V, S> fmt::Debug for JoinMap<K, V, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
