//! The current frame of a thread: one word, on which everything ambient hangs.

use super::shape::Shape;
use super::{Frame, FrameRef, OUTSIDE, Traits, find, outside, real, release};
use crate::key::Key;
use crate::propagation::HandOver;
use crate::sync::thread_local;
use std::cell::Cell;

// A plain word without a destructor: it can be read in the destructors of other thread-locals, at any time.
#[cfg(not(loom))]
thread_local! {
    static CURRENT: Cell<*const Frame> = const { Cell::new(OUTSIDE) };
}
#[cfg(loom)]
thread_local! {
    static CURRENT: Cell<*const Frame> = Cell::new(OUTSIDE);
}

#[inline(always)]
pub(super) fn current() -> *const Frame {
    CURRENT.with(Cell::get)
}

/// Answers the frame that was current.
///
/// # Safety
/// `f` is held as invariant 5 says, and whoever put the old frame there goes on holding it, or holds it no longer.
#[inline(always)]
pub(super) unsafe fn make_current(f: *const Frame) -> *const Frame {
    CURRENT.with(|c| c.replace(f))
}

/// Whether this thread runs in a boundary.
pub(crate) fn in_boundary() -> bool {
    current() != OUTSIDE
}

/// # Safety
/// `f` is alive.
#[inline(always)]
pub(super) unsafe fn is_entered(f: *const Frame) -> bool {
    // SAFETY: by the contract.
    unsafe { (*f).traits.has(Traits::ENTERED) }
}

/// The current frame, for keeps.
#[inline]
pub(crate) fn capture() -> FrameRef {
    let f = current();
    // SAFETY: the current frame is alive (invariant 5). If it borrows, its boundary settles it when it ends (invariant 3).
    unsafe {
        if (*f).traits.has(Traits::NOT_COUNTED) {
            return capture_uncounted(f);
        }
        (*f).counts.add_full();
        FrameRef::from_raw(f)
    }
}

/// What of the current frame crosses such a hand-over, for keeps. Where nothing asks to be filtered, it costs what a capture costs.
#[inline]
#[cfg_attr(feature = "audit", track_caller)]
pub(crate) fn capture_for(hand_over: HandOver) -> FrameRef {
    let f = current();
    // SAFETY: as in `capture`.
    unsafe {
        if (*f).traits.has(Traits::NOT_COUNTED | hand_over.bit()) {
            return capture_filtered(hand_over);
        }
        (*f).counts.add_full();
        FrameRef::from_raw(f)
    }
}

#[cold]
#[inline(never)]
#[cfg_attr(feature = "audit", track_caller)]
fn capture_filtered(hand_over: HandOver) -> FrameRef {
    super::filtered(capture(), hand_over)
}

/// # Safety
/// `f` is alive, and not to be counted.
#[cold]
#[inline(never)]
unsafe fn capture_uncounted(f: *const Frame) -> FrameRef {
    if f == OUTSIDE {
        return outside::frame().unwrap_or(FrameRef::EMPTY);
    }
    // SAFETY: an entered frame owns the frame it stands for; all other uncounted ones stay for ever.
    unsafe {
        let f = real(f);
        release::add_full(f);
        FrameRef::from_raw(f)
    }
}

/// Lends the current store of a storage to `f`.
#[inline]
pub(crate) fn with<T, R>(key: &Key<T>, f: impl FnOnce(Option<&T>) -> R) -> R {
    let current = current();
    // SAFETY: the current frame is alive, and stays so until the innermost boundary ends, which is after `f`: unless it is
    // an entered frame, which `f` may replace (invariant 6); but nothing is found in that. The id proves the type (invariant 1).
    unsafe {
        match find(current, key) {
            Some(binding) => f(Some(&*Shape::<T>::value(binding))),
            None if is_entered(current) || current == OUTSIDE => with_held(key, f),
            None => f(None),
        }
    }
}

/// As [`with`], where the current frame lists nothing, and yet something may be set: what is lent is held meanwhile.
#[cold]
#[inline(never)]
fn with_held<T, R>(key: &Key<T>, f: impl FnOnce(Option<&T>) -> R) -> R {
    let held = if in_boundary() {
        is_set(key).then(capture)
    } else {
        outside::frame().filter(|frame| frame.find(key).is_some())
    };
    let Some(held) = held else {
        // What is not lent is not kept alive either.
        return f(None);
    };
    let result = f(held.find(key));
    // Not as a local that goes with the function: if a store's `Drop` panics here, the result is dropped, not lost.
    drop(held);
    result
}

/// A clone of the current store of a storage.
#[inline]
pub(crate) fn with_clone<T: Clone>(key: &Key<T>) -> Option<T> {
    let current = current();
    // SAFETY: as in `with`; `clone` is user code just as `f` is there.
    unsafe {
        match find(current, key) {
            Some(binding) => Some((*Shape::<T>::value(binding)).clone()),
            None if is_entered(current) || current == OUTSIDE => with_held(key, |store| store.cloned()),
            None => None,
        }
    }
}

/// Whether a storage is set here.
fn is_set<T>(key: &Key<T>) -> bool {
    // SAFETY: the current frame is alive.
    unsafe { find(real(current()), key).is_some() }
}
