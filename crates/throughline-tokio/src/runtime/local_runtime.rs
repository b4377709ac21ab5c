//! The runtime of one thread, whose tasks need not be `Send`.

use super::Handle;
use ::tokio::runtime::{EnterGuard, RuntimeMetrics};
use ::tokio::task::JoinHandle;
use std::fmt;
use std::future::ready;
use std::io;
use std::ops::Deref;
use std::time::Duration;
use throughline::host::outside;
use throughline::tokio::LocalRuntimeExt;
use throughline::{in_boundary, snapshot};

/// A [`tokio::runtime::LocalRuntime`](::tokio::runtime::LocalRuntime) whose tasks inherit the context of whoever spawns them.
///
/// Where a function of another crate wants tokio's own: `&runtime` serves as a reference to it; by value it is `runtime.into()`, and the way back too.
///
/// # Examples
/// ```
/// # use throughline_tokio as tokio;
/// use throughline::AsyncLocalStorage;
/// use tokio::runtime::LocalRuntime;
/// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
///
/// let runtime = LocalRuntime::new().unwrap();
/// let task = USER.run("ada", || runtime.spawn_local(async { USER.get_store() }));
/// assert_eq!(runtime.block_on(task).unwrap(), Some("ada"));
/// ```
pub struct LocalRuntime {
    tokio: ::tokio::runtime::LocalRuntime,
    /// What [`handle`](Self::handle) lends.
    handle: Handle,
}

impl LocalRuntime {
    /// As tokio's.
    ///
    /// # Errors
    /// As tokio's.
    pub fn new() -> io::Result<Self> {
        ::tokio::runtime::LocalRuntime::new().map(Self::from)
    }

    /// As tokio's.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// As tokio's; the task inherits.
    ///
    /// # Panics
    /// If a storage's propagation map does; then nothing is spawned.
    #[track_caller]
    pub fn spawn_local<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        self.tokio.spawn_local_in_context(future)
    }

    /// As tokio's; `func` gets what crosses to a blocking call.
    ///
    /// # Panics
    /// As [`spawn_local`](Self::spawn_local).
    #[track_caller]
    pub fn spawn_blocking<F, R>(&self, func: F) -> JoinHandle<R>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        self.tokio.spawn_blocking_in_context(func)
    }

    /// As tokio's; the future has the caller's context, in a boundary of its own: what it enters is its own, and ends with it.
    /// A plain task of another crate that it polls meanwhile sees neither, and can enter nothing there.
    ///
    /// # Panics
    /// As tokio's.
    #[track_caller]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        let future = snapshot().scope(future);
        if !in_boundary() {
            return self.tokio.block_on(future);
        }
        // Where tokio refuses it names the caller's line, which a closure would hide.
        self.tokio.block_on(ready(()));
        outside(|| self.tokio.block_on(future))
    }

    /// As tokio's.
    pub fn enter(&self) -> EnterGuard<'_> {
        self.tokio.enter()
    }

    /// As tokio's.
    pub fn shutdown_timeout(self, duration: Duration) {
        self.tokio.shutdown_timeout(duration);
    }

    /// As tokio's.
    pub fn shutdown_background(self) {
        self.tokio.shutdown_background();
    }

    /// As tokio's.
    pub fn metrics(&self) -> RuntimeMetrics {
        self.tokio.metrics()
    }
}

impl Deref for LocalRuntime {
    type Target = ::tokio::runtime::LocalRuntime;

    fn deref(&self) -> &Self::Target {
        &self.tokio
    }
}

impl From<::tokio::runtime::LocalRuntime> for LocalRuntime {
    fn from(tokio: ::tokio::runtime::LocalRuntime) -> Self {
        let handle = tokio.handle().clone().into();
        LocalRuntime { tokio, handle }
    }
}

/// For a function that takes tokio's own by value. What is spawned with that inherits nothing.
impl From<LocalRuntime> for ::tokio::runtime::LocalRuntime {
    fn from(runtime: LocalRuntime) -> Self {
        runtime.tokio
    }
}

impl fmt::Debug for LocalRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tokio.fmt(f)
    }
}
