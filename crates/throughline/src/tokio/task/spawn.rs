//! The functions that spawn.

use crate::tokio::handed::{self, Once};
use ::tokio::task::JoinHandle;

/// Spawns a task that inherits the context: [`tokio::spawn`] of the future in it.
///
/// What crosses is what each storage says of [`HandOver::Task`](crate::HandOver::Task), by default everything.
///
/// # Panics
/// Outside of a runtime; or if a storage's map panics, and then nothing is spawned.
///
/// # Cancel safety
/// The future is dropped in its context, aborted or at the runtime's shutdown.
///
/// # Examples
/// ```
/// use throughline::{AsyncLocalStorage, tokio::spawn};
/// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let task = USER.run("ada", || spawn(async {
///     USER.enter_with("grace"); // For the rest of this task, and for nobody else.
///     tokio::task::yield_now().await;
///     USER.get_store()
/// }));
/// assert_eq!(task.await.unwrap(), Some("grace"));
/// # }
/// ```
#[inline]
#[track_caller]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let future = handed::task(future);
    let _once = Once::handed_over();
    ::tokio::spawn(future)
}

/// Spawns a task that outlives the work that it is spawned by: a connection, a cache's refresh, a background loop.
///
/// What crosses is what each storage says of [`HandOver::Detached`](crate::HandOver::Detached), by default nothing: else a task that lives on would keep the
/// first request's context, and show it to all who come after. Else as [`spawn`].
///
/// # Panics
/// As [`spawn`].
///
/// # Examples
/// ```
/// use throughline::{AsyncLocalStorage, tokio::spawn_detached};
/// static REQUEST: AsyncLocalStorage<u64> = AsyncLocalStorage::new();
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let connection = REQUEST.run(7, || spawn_detached(async { REQUEST.get_store() }));
/// assert_eq!(connection.await.unwrap(), None);
/// # }
/// ```
#[inline]
#[track_caller]
pub fn spawn_detached<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let future = handed::detached(future);
    let _once = Once::handed_over();
    ::tokio::spawn(future)
}

/// Runs a blocking function in the context, on one of the threads that are there for it: [`tokio::task::spawn_blocking`].
///
/// What crosses is what each storage says of [`HandOver::Blocking`](crate::HandOver::Blocking), by default everything. It is a boundary: what `f` enters ends with
/// it, and the thread keeps nothing.
///
/// # Panics
/// As [`spawn`].
///
/// # Cancel safety
/// `f` is dropped in its context if it is aborted before it began.
#[inline]
#[track_caller]
pub fn spawn_blocking<F, R>(f: F) -> JoinHandle<R>
where
    F: FnOnce() -> R + Send + 'static,
    R: Send + 'static,
{
    ::tokio::task::spawn_blocking(handed::blocking(f))
}

/// Spawns a task on this thread that inherits the context: [`tokio::task::spawn_local`].
///
/// Else as [`spawn`].
///
/// # Panics
/// Outside of a [`LocalSet`](super::LocalSet) or a `LocalRuntime`; or if a storage's map panics, and then nothing is spawned.
#[inline]
#[track_caller]
pub fn spawn_local<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    let future = handed::task(future);
    let _once = Once::handed_over();
    ::tokio::task::spawn_local(future)
}

/// tokio's own: `f` runs on this thread, where this is called, so that it keeps the context by itself. What it enters lasts as long as the task's boundary.
#[cfg(feature = "tokio-rt-multi-thread")]
pub use ::tokio::task::block_in_place;
