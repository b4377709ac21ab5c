//! What spawns, with work that inherits.

use actix_web::error::BlockingError;
use actix_web::rt::task::JoinHandle;
use std::future::Future;
use throughline::__private::Bound;
use throughline::{FutureContextExt as _, HandOver, snapshot_for};

/// Spawns a task on this thread that inherits the context: [`actix_web::rt::spawn`](fn@actix_web::rt::spawn).
///
/// What crosses is what each storage says of [`HandOver::Task`], by default everything.
///
/// # Panics
/// Outside of actix's runtime; or if a storage's map panics, and then nothing is spawned.
///
/// # Cancel safety
/// The future is dropped in its context, aborted or at the runtime's shutdown.
///
/// # Examples
/// ```
/// use std::rc::Rc;
/// use throughline::AsyncLocalStorage;
/// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
///
/// actix_web::rt::System::new().block_on(async {
///     let local = Rc::new(1); // Nothing here is `Send`.
///     let task = USER.run("ada", || throughline_actix::spawn(async move { (*local, USER.get_store()) }));
///     assert_eq!(task.await.unwrap(), (1, Some("ada")));
/// });
/// ```
#[inline]
#[track_caller]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    actix_web::rt::spawn(future.in_context())
}

/// Runs a blocking function in the context, on one of the threads that are there for it: [`actix_web::rt::task::spawn_blocking`].
///
/// What crosses is what each storage says of [`HandOver::Blocking`], by default everything. It is a boundary: what `f` enters ends with it, and the thread keeps nothing.
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
    actix_web::rt::task::spawn_blocking(blocking(f))
}

/// The same as a future of its answer: [`actix_web::web::block`].
///
/// It begins at once, and is not stopped if the future is dropped.
///
/// # Errors
/// If `f` panics.
///
/// # Panics
/// As [`spawn`].
#[inline]
pub fn block<F, R>(f: F) -> impl Future<Output = Result<R, BlockingError>> + use<F, R>
where
    F: FnOnce() -> R + Send + 'static,
    R: Send + 'static,
{
    actix_web::web::block(blocking(f))
}

/// `f` with what crosses to a blocking call. It is dropped there too, should it not be called.
fn blocking<R>(f: impl FnOnce() -> R) -> impl FnOnce() -> R {
    let bound = Bound::to(snapshot_for(HandOver::Blocking), f);
    move || bound.call_once(|f| f())
}
