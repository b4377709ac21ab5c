//! How work is handed over here: wrapped, before tokio gets it.

use crate::__private::Bound;
use crate::{FutureContextExt, HandOver, InContext, snapshot_for};

/// `future` with what crosses to a task.
#[inline]
#[track_caller] // For the audit, which counts by where work was spawned.
pub(super) fn task<F: Future>(future: F) -> InContext<F> {
    future.in_context()
}

/// `future` with what crosses to a detached task.
#[inline]
#[track_caller]
pub(super) fn detached<F: Future>(future: F) -> InContext<F> {
    future.with_snapshot(snapshot_for(HandOver::Detached))
}

/// `f` with what crosses to a blocking call. It is dropped there too, should it not be called.
#[inline]
#[track_caller]
pub(super) fn blocking<R>(f: impl FnOnce() -> R) -> impl FnOnce() -> R {
    let bound = Bound::to(snapshot_for(HandOver::Blocking), f);
    move || bound.call_once(|f| f())
}

/// As [`task`], for a closure.
#[cfg(feature = "tokio-util")]
#[inline]
#[track_caller]
pub(super) fn closure<R>(f: impl FnOnce() -> R) -> impl FnOnce() -> R {
    let bound = Bound::new(f);
    move || bound.call_once(|f| f())
}

/// Says, while it is there, that what is spawned has its context: [`hooks`](super::hooks) need not hand it over again. (A guard, since a closure would have a
/// `Location` of its own.)
#[cfg(tokio_unstable)]
pub(super) use super::hooks::Already as Once;

/// Without hooks there is nothing to say.
#[cfg(not(tokio_unstable))]
#[derive(Debug)]
pub(super) struct Once;

#[cfg(not(tokio_unstable))]
impl Once {
    #[inline(always)]
    pub(super) fn handed_over() -> Self {
        Once
    }
}
