//! [`Builder`], and that of a `JoinSet`.

use crate::tokio::handed::{self, Once};
use ::tokio::runtime::Handle;
use ::tokio::task::{AbortHandle, JoinHandle, LocalSet};
use std::io;

/// A [`tokio::task::Builder`] whose tasks inherit the context of whoever spawns them.
///
/// Feature `tokio-tracing`, with `--cfg tokio_unstable`.
#[derive(Debug, Default)]
pub struct Builder<'a>(::tokio::task::Builder<'a>);

impl<'a> Builder<'a> {
    /// As tokio's.
    pub fn new() -> Self {
        Self::default()
    }

    /// As tokio's.
    pub fn name(&self, name: &'a str) -> Self {
        Builder(self.0.name(name))
    }

    /// As tokio's; the task inherits.
    #[track_caller]
    pub fn spawn<F>(self, future: F) -> io::Result<JoinHandle<F::Output>>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let future = handed::task(future);
        let _once = Once::handed_over();
        self.0.spawn(future)
    }

    /// As tokio's; the task inherits.
    #[track_caller]
    pub fn spawn_on<F>(self, future: F, handle: &Handle) -> io::Result<JoinHandle<F::Output>>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let future = handed::task(future);
        let _once = Once::handed_over();
        self.0.spawn_on(future, handle)
    }

    /// As tokio's; the task inherits.
    #[track_caller]
    pub fn spawn_local<F>(self, future: F) -> io::Result<JoinHandle<F::Output>>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let future = handed::task(future);
        let _once = Once::handed_over();
        self.0.spawn_local(future)
    }

    /// As tokio's; the task inherits.
    #[track_caller]
    pub fn spawn_local_on<F>(self, future: F, local_set: &LocalSet) -> io::Result<JoinHandle<F::Output>>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let future = handed::task(future);
        let _once = Once::handed_over();
        self.0.spawn_local_on(future, local_set)
    }

    /// As tokio's; `f` gets what crosses to a blocking call.
    #[track_caller]
    pub fn spawn_blocking<F, R>(self, f: F) -> io::Result<JoinHandle<R>>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        self.0.spawn_blocking(handed::blocking(f))
    }

    /// As tokio's; `f` gets what crosses to a blocking call.
    #[track_caller]
    pub fn spawn_blocking_on<F, R>(self, f: F, handle: &Handle) -> io::Result<JoinHandle<R>>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        self.0.spawn_blocking_on(handed::blocking(f), handle)
    }
}

/// A [`tokio::task::join_set::Builder`] whose tasks inherit the context of whoever spawns them.
#[derive(Debug)]
#[must_use = "builders do nothing unless used to spawn a task"]
pub struct JoinSetBuilder<'a, T>(::tokio::task::join_set::Builder<'a, T>);

impl<'a, T: 'static> JoinSetBuilder<'a, T> {
    pub(super) fn new(builder: ::tokio::task::join_set::Builder<'a, T>) -> Self {
        JoinSetBuilder(builder)
    }

    /// As tokio's.
    pub fn name(self, name: &'a str) -> Self {
        JoinSetBuilder(self.0.name(name))
    }

    /// As tokio's; the task inherits.
    #[track_caller]
    pub fn spawn<F>(self, future: F) -> io::Result<AbortHandle>
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        let future = handed::task(future);
        let _once = Once::handed_over();
        self.0.spawn(future)
    }

    /// As tokio's; the task inherits.
    #[track_caller]
    pub fn spawn_on<F>(self, future: F, handle: &Handle) -> io::Result<AbortHandle>
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        let future = handed::task(future);
        let _once = Once::handed_over();
        self.0.spawn_on(future, handle)
    }

    /// As tokio's; the task inherits.
    #[track_caller]
    pub fn spawn_local<F>(self, future: F) -> io::Result<AbortHandle>
    where
        F: Future<Output = T> + 'static,
    {
        let future = handed::task(future);
        let _once = Once::handed_over();
        self.0.spawn_local(future)
    }

    /// As tokio's; the task inherits.
    #[track_caller]
    pub fn spawn_local_on<F>(self, future: F, local_set: &LocalSet) -> io::Result<AbortHandle>
    where
        F: Future<Output = T> + 'static,
    {
        let future = handed::task(future);
        let _once = Once::handed_over();
        self.0.spawn_local_on(future, local_set)
    }

    /// As tokio's; `f` gets what crosses to a blocking call.
    #[track_caller]
    pub fn spawn_blocking<F>(self, f: F) -> io::Result<AbortHandle>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send,
    {
        self.0.spawn_blocking(handed::blocking(f))
    }

    /// As tokio's; `f` gets what crosses to a blocking call.
    #[track_caller]
    pub fn spawn_blocking_on<F>(self, f: F, handle: &Handle) -> io::Result<AbortHandle>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send,
    {
        self.0.spawn_blocking_on(handed::blocking(f), handle)
    }
}
