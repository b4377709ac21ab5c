//! The handle of a runtime.

use ::tokio::runtime::{EnterGuard, Id, RuntimeFlavor, RuntimeMetrics, TryCurrentError};
use ::tokio::task::JoinHandle;
use std::fmt;
use std::ops::Deref;
use throughline::snapshot;
use throughline::tokio::HandleExt;

/// A [`tokio::runtime::Handle`](::tokio::runtime::Handle) whose tasks inherit the context of whoever spawns them.
///
/// Where a function of another crate wants tokio's own: `&handle` serves as a reference to it; by value it is `handle.into()`, and the way back too.
///
/// # Examples
/// ```
/// # use throughline_tokio as tokio;
/// use throughline::AsyncLocalStorage;
/// use tokio::runtime::Handle;
/// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
///
/// #[tokio::main(flavor = "current_thread")]
/// async fn main() {
///     let handle = Handle::current();
///     let task = USER.run("ada", || handle.spawn(async { USER.get_store() }));
///     assert_eq!(task.await.unwrap(), Some("ada"));
/// }
/// ```
/// Another crate's function, by value: as it stands it does not compile,
/// ```compile_fail,E0308
/// # use throughline_tokio as tokio;
/// # use tokio::real::runtime::Handle as TheirHandle;
/// # fn theirs(_: TheirHandle) {}
/// # fn main() {
/// # let handle = tokio::runtime::Builder::new_current_thread().build().unwrap().handle().clone();
/// theirs(handle);
/// # }
/// ```
/// and so it does:
/// ```
/// # use throughline_tokio as tokio;
/// # use tokio::real::runtime::Handle as TheirHandle;
/// # fn theirs(_: TheirHandle) {}
/// # fn main() {
/// # let handle = tokio::runtime::Builder::new_current_thread().build().unwrap().handle().clone();
/// theirs(handle.into());
/// # }
/// ```
#[derive(Clone)]
pub struct Handle(::tokio::runtime::Handle);

impl Handle {
    /// As tokio's.
    ///
    /// # Panics
    /// Outside of a runtime.
    #[track_caller]
    pub fn current() -> Self {
        Handle(::tokio::runtime::Handle::current())
    }

    /// As tokio's.
    ///
    /// # Errors
    /// Outside of a runtime, and when the thread is ending.
    pub fn try_current() -> Result<Self, TryCurrentError> {
        ::tokio::runtime::Handle::try_current().map(Handle)
    }

    /// As tokio's; the task inherits.
    ///
    /// # Panics
    /// If a storage's propagation map does; then nothing is spawned.
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.0.spawn_in_context(future)
    }

    /// As tokio's; `func` gets what crosses to a blocking call.
    ///
    /// # Panics
    /// As [`spawn`](Self::spawn).
    #[track_caller]
    pub fn spawn_blocking<F, R>(&self, func: F) -> JoinHandle<R>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        self.0.spawn_blocking_in_context(func)
    }

    /// As tokio's; the future has the caller's context, in a boundary of its own: what it enters is its own, and ends with it.
    ///
    /// # Panics
    /// As tokio's.
    #[track_caller]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.0.block_on(snapshot().scope(future))
    }

    /// As tokio's.
    pub fn enter(&self) -> EnterGuard<'_> {
        self.0.enter()
    }

    /// As tokio's.
    pub fn runtime_flavor(&self) -> RuntimeFlavor {
        self.0.runtime_flavor()
    }

    /// As tokio's.
    pub fn id(&self) -> Id {
        self.0.id()
    }

    /// As tokio's.
    pub fn name(&self) -> Option<&str> {
        self.0.name()
    }

    /// As tokio's.
    pub fn metrics(&self) -> RuntimeMetrics {
        self.0.metrics()
    }
}

impl Deref for Handle {
    type Target = ::tokio::runtime::Handle;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl From<::tokio::runtime::Handle> for Handle {
    fn from(tokio: ::tokio::runtime::Handle) -> Self {
        Handle(tokio)
    }
}

/// For a function that takes tokio's own by value. What is spawned with that inherits nothing.
impl From<Handle> for ::tokio::runtime::Handle {
    fn from(handle: Handle) -> Self {
        handle.0
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
