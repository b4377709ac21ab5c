//! Jobs that nobody waits for.

use throughline_core::__private::Bound;
use throughline_core::{HandOver, Snapshot, snapshot_for};

/// As [`rayon::spawn`](::rayon::spawn), in the context of the place where this is called.
///
/// # Panics
/// Not if `func` does: see [`rayon::spawn`](::rayon::spawn).
///
/// # Examples
/// ```
/// use throughline::{AsyncLocalStorage, rayon};
/// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
///
/// let (send, receive) = std::sync::mpsc::channel();
/// USER.run("ada", || rayon::spawn(move || send.send(USER.get_store()).unwrap()));
/// assert_eq!(receive.recv().unwrap(), Some("ada"));
/// ```
#[track_caller]
pub fn spawn<F>(func: F)
where
    F: FnOnce() + Send + 'static,
{
    ::rayon::spawn(job(snapshot_for(HandOver::Blocking), func));
}

/// As [`rayon::spawn_fifo`](::rayon::spawn_fifo), in the context of the place where this is called. Else as [`spawn`].
///
/// # Panics
/// As [`spawn`].
#[track_caller]
pub fn spawn_fifo<F>(func: F)
where
    F: FnOnce() + Send + 'static,
{
    ::rayon::spawn_fifo(job(snapshot_for(HandOver::Blocking), func));
}

/// `func` as a job: dropped in its context, run or not.
pub(super) fn job<F: FnOnce()>(context: Snapshot, func: F) -> impl FnOnce() + use<F> {
    let bound = Bound::to(context, func);
    move || bound.call_once(|func| func())
}
