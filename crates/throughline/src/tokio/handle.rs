//! Spawning on a runtime by its handle.

use super::handed::{self, Once};
use ::tokio::runtime::{Handle, LocalRuntime, Runtime};
use ::tokio::task::JoinHandle;

/// Spawns on a [`Handle`] or a [`Runtime`] in the caller's context.
///
/// Methods of another name, since a type's own method always wins over a trait's. `block_on` and `enter` need no counterpart: they stay on this thread, in its
/// context.
///
/// # Examples
/// ```
/// use throughline::{AsyncLocalStorage, tokio::HandleExt};
/// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
///
/// let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
/// let task = USER.run("ada", || runtime.spawn_in_context(async { USER.get_store() }));
/// assert_eq!(runtime.block_on(task).unwrap(), Some("ada"));
/// ```
pub trait HandleExt: sealed::Sealed {
    /// As tokio's `spawn`; the task inherits ([`HandOver::Task`](crate::HandOver::Task)).
    #[track_caller]
    fn spawn_in_context<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static;

    /// As tokio's `spawn`; the task gets what crosses to a detached one ([`HandOver::Detached`](crate::HandOver::Detached)).
    #[track_caller]
    fn spawn_detached<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static;

    /// As tokio's `spawn_blocking`; `f` gets what crosses to a blocking call ([`HandOver::Blocking`](crate::HandOver::Blocking)).
    #[track_caller]
    fn spawn_blocking_in_context<F, R>(&self, f: F) -> JoinHandle<R>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static;
}

macro_rules! impl_handle_ext {
    ($($Runtime:ty),*) => {$(
        impl HandleExt for $Runtime {
            #[inline]
            #[track_caller]
            fn spawn_in_context<F>(&self, future: F) -> JoinHandle<F::Output>
            where
                F: Future + Send + 'static,
                F::Output: Send + 'static,
            {
                let future = handed::task(future);
                let _once = Once::handed_over();
                self.spawn(future)
            }

            #[inline]
            #[track_caller]
            fn spawn_detached<F>(&self, future: F) -> JoinHandle<F::Output>
            where
                F: Future + Send + 'static,
                F::Output: Send + 'static,
            {
                let future = handed::detached(future);
                let _once = Once::handed_over();
                self.spawn(future)
            }

            #[inline]
            #[track_caller]
            fn spawn_blocking_in_context<F, R>(&self, f: F) -> JoinHandle<R>
            where
                F: FnOnce() -> R + Send + 'static,
                R: Send + 'static,
            {
                self.spawn_blocking(handed::blocking(f))
            }
        }

        impl sealed::Sealed for $Runtime {}
    )*};
}

impl_handle_ext!(Handle, Runtime);

/// Spawns on a [`LocalRuntime`] in the caller's context. Else as [`HandleExt`].
///
/// # Examples
/// ```
/// use throughline::{AsyncLocalStorage, tokio::LocalRuntimeExt};
/// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
///
/// let runtime = tokio::runtime::LocalRuntime::new().unwrap();
/// let task = USER.run("ada", || runtime.spawn_local_in_context(async { USER.get_store() }));
/// assert_eq!(runtime.block_on(task).unwrap(), Some("ada"));
/// ```
pub trait LocalRuntimeExt: sealed::Sealed {
    /// As tokio's `spawn_local`; the task inherits ([`HandOver::Task`](crate::HandOver::Task)).
    #[track_caller]
    fn spawn_local_in_context<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static;

    /// As tokio's `spawn_blocking`; `f` gets what crosses to a blocking call ([`HandOver::Blocking`](crate::HandOver::Blocking)).
    #[track_caller]
    fn spawn_blocking_in_context<F, R>(&self, f: F) -> JoinHandle<R>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static;
}

impl LocalRuntimeExt for LocalRuntime {
    #[inline]
    #[track_caller]
    fn spawn_local_in_context<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let future = handed::task(future);
        let _once = Once::handed_over();
        self.spawn_local(future)
    }

    #[inline]
    #[track_caller]
    fn spawn_blocking_in_context<F, R>(&self, f: F) -> JoinHandle<R>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        self.spawn_blocking(handed::blocking(f))
    }
}

impl sealed::Sealed for LocalRuntime {}

mod sealed {
    pub trait Sealed {}
}
