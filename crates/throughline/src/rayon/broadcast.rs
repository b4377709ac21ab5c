//! The same on every thread of the pool.

use ::rayon::BroadcastContext;
use throughline_core::__private::{Bound, hold_back};
use throughline_core::{HandOver, Snapshot, snapshot_for};

/// As [`rayon::broadcast`](::rayon::broadcast), on each thread in the context of the caller, in a boundary of its own.
///
/// # Panics
/// If `op` does on one of the threads.
///
/// # Examples
/// ```
/// use throughline::{AsyncLocalStorage, rayon};
/// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
///
/// let seen = USER.run("ada", || rayon::broadcast(|_| USER.get_store()));
/// assert!(seen.iter().all(|&seen| seen == Some("ada")));
/// ```
#[track_caller]
pub fn broadcast<OP, R>(op: OP) -> Vec<R>
where
    OP: Fn(BroadcastContext<'_>) -> R + Sync,
    R: Send,
{
    hold_back(HandOver::Blocking, |here| {
        ::rayon::broadcast(|thread| here.run(|| op(thread)))
    })
}

/// As [`rayon::spawn_broadcast`](::rayon::spawn_broadcast), on each thread in the context of the place where this is called, in a boundary of its own.
///
/// # Panics
/// Not if `op` does: see [`rayon::spawn`](::rayon::spawn).
#[track_caller]
pub fn spawn_broadcast<OP>(op: OP)
where
    OP: Fn(BroadcastContext<'_>) + Send + Sync + 'static,
{
    ::rayon::spawn_broadcast(on_each(snapshot_for(HandOver::Blocking), op));
}

pub(super) fn on_each<OP>(context: Snapshot, op: OP) -> impl Fn(BroadcastContext<'_>) + Send + Sync + use<OP>
where
    OP: Fn(BroadcastContext<'_>) + Send + Sync,
{
    let bound = Bound::to(context, op);
    move |thread| bound.call(|op| op(thread))
}
