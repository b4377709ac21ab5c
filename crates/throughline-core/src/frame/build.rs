//! Making frames.

use super::counts::Counts;
use super::shape::{Head, Shape};
use super::{
    EMPTY, Frame, FrameRef, Mode, NOTHING, OUTSIDE, Traits, ValueRef, binding_at, entry, find_place, real,
    release,
};
use crate::key::{self, Asks, Place};
use std::mem;

/// Takes the stores of dropped storages out of the index of a frame that nobody else knows yet, if one was dropped since its parent was
/// made.
///
/// # Safety
/// `f` is new, and is the caller's alone; it borrows, or is never let go of; its parent is alive.
#[inline(always)]
pub(super) unsafe fn forget_the_dead(f: *const Frame, parent: *const Frame) {
    // SAFETY: by the contract.
    unsafe {
        if (*parent).epoch != (*f).epoch {
            forget_those_in(f, parent);
        }
    }
}

/// # Safety
/// As [`forget_the_dead`].
#[cold]
#[inline(never)]
unsafe fn forget_those_in(f: *const Frame, parent: *const Frame) {
    // There is nothing in these, however old they are.
    if parent == EMPTY || parent == OUTSIDE {
        return;
    }
    // SAFETY: `f`'s index may be written, since nobody else knows it.
    unsafe {
        key::with_liveness(|is_alive| {
            for at in (*f).entries() {
                let binding = *entry(f, at);
                if binding != NOTHING && binding != f && !is_alive(key::slot_of(at), (*binding).id) {
                    entry(f, at).write(NOTHING);
                    if (*f).mode.get() == Mode::Borrows {
                        (*f).mode.set(Mode::BorrowsHiding);
                    }
                }
            }
        });
    }
}

/// A new frame that binds one store, of a storage that is alive, on top of `parent`, from which it borrows. The caller gets its full
/// reference.
///
/// # Safety
/// `parent` is alive and not an entered frame, and stays held as long as the new frame borrows.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) unsafe fn bind<T>(parent: *const Frame, place: Place<T>, value: T) -> *const Frame {
    // SAFETY: the contract is the same.
    unsafe { bind_if::<T, false>(parent, place, value) }
}

/// As [`bind`], for a storage that `MAY_BE_GONE`. If a newer one has its slot, and a store here, nobody can read ours: it lies in the
/// frame, unlisted, and goes with it.
///
/// # Safety
/// As [`bind`].
// Not so without optimisation, where its locals would lie on the stack below all that a `run` runs.
#[cfg_attr(not(debug_assertions), inline(always))]
unsafe fn bind_if<T, const MAY_BE_GONE: bool>(
    parent: *const Frame,
    place: Place<T>,
    value: T,
) -> *const Frame {
    // SAFETY: by the contract.
    unsafe {
        let epoch = key::epoch();
        let below = binding_at(parent, place.entry);
        let is_gone = MAY_BE_GONE && below.is_some_and(|b| (*b).id > place.id);
        let hides = below.is_some() && !is_gone;
        let f = Shape::<T>::allocate(
            parent,
            place.entry,
            Head {
                counts: Counts::one(),
                id: place.id,
                mode: if hides { Mode::BorrowsHiding } else { Mode::Borrows },
                traits: place.asks.0,
                epoch,
            },
        );
        if !is_gone {
            entry(f, place.entry).write(f);
        }
        Shape::<T>::value(f).write(value);
        forget_the_dead(f, parent);
        f
    }
}

/// A new frame that binds nothing itself, and has `binding` (or [`NOTHING`]) in place of what `parent` lists at a slot. As
/// [`bind`], else.
///
/// # Safety
/// As [`bind`]; `binding` stays alive as long as the new frame borrows.
pub(super) unsafe fn replace(
    parent: *const Frame,
    at: i16,
    binding: *const Frame,
    asks: Asks,
) -> *const Frame {
    let epoch = key::epoch();
    // SAFETY: by the contract.
    unsafe {
        let f = Shape::<()>::allocate(
            parent,
            at,
            Head {
                counts: Counts::one(),
                id: 0,
                mode: Mode::BorrowsHiding,
                traits: asks.0,
                epoch,
            },
        );
        entry(f, at).write(binding);
        forget_the_dead(f, parent);
        f
    }
}

/// A frame that stands for `frame`, with a value beside it (invariant 6).
pub(super) fn stand_in<T>(frame: FrameRef, value: T) -> *const Frame {
    // SAFETY: `frame` is alive, and its reference becomes the stand-in's.
    unsafe {
        let head = Head {
            counts: Counts::one(),
            id: 0,
            mode: Mode::OwnsParent,
            traits: Traits::ENTERED,
            epoch: key::epoch(),
        };
        let f = Shape::<T>::take(0);
        Shape::<T>::write_header(f, frame.into_raw(), 0, head);
        Shape::<T>::value(f).write(value);
        f
    }
}

/// Lets a stand-in stand for another frame; answers the one before. It stays where it is: its address tells it from all that are made while its
/// boundary lasts.
///
/// # Safety
/// `f` is a stand-in, and the caller's boundary's.
pub(super) unsafe fn stand_in_for(f: *const Frame, frame: FrameRef) -> FrameRef {
    let f = f.cast_mut();
    // SAFETY: by the contract nobody else knows it; its reference to its parent goes out as that to the new one comes in.
    unsafe {
        (*f).watch.change();
        let asks = (*frame.as_ptr()).traits.0 & Traits::ASKS;
        (*f).traits = Traits(asks | Traits::ENTERED);
        FrameRef::from_raw(mem::replace(&mut (*f).parent, frame.into_raw()))
    }
}

/// `base` with a store bound on top of it.
pub(crate) fn bind_on<T: Send + Sync + 'static>(base: FrameRef, place: Place<T>, value: T) -> FrameRef {
    // SAFETY: `base` holds the parent until the new frame is settled.
    unsafe { settled_on(bind_if::<T, true>(base.as_ptr(), place, value), base) }
}

/// `base` without the store of a storage.
pub(crate) fn without_on(base: FrameRef, place: Place) -> FrameRef {
    // SAFETY: as in `bind_on`.
    unsafe {
        match find_place(base.as_ptr(), place.entry, place.id) {
            Some(_) => settled_on(replace(base.as_ptr(), place.entry, NOTHING, place.asks), base),
            None => base,
        }
    }
}

/// A frame like `frame` that is never counted, and never goes.
pub(crate) fn leaked(frame: FrameRef) -> FrameRef {
    // SAFETY: `frame` is alive.
    if unsafe { (*frame.as_ptr()).traits.has(Traits::IMMORTAL) } {
        return frame;
    }
    let head = Head {
        counts: Counts::one(),
        id: 0,
        mode: Mode::OwnsParent,
        traits: Traits::IMMORTAL,
        epoch: key::epoch(),
    };
    // SAFETY: `frame` is alive, and its reference, which nobody gives back, keeps it so. The value is nothing.
    unsafe {
        let parent = frame.into_raw();
        let f = Shape::<()>::allocate(parent, 0, head);
        forget_the_dead(f, parent);
        FrameRef::from_raw(f)
    }
}

/// As [`settled`], for a frame that borrows from its parent, `base`: where it can, it takes that reference over.
///
/// # Safety
/// The caller gives up a full reference to a borrowing frame, whose parent is `base`.
pub(super) unsafe fn settled_on(f: *const Frame, base: FrameRef) -> FrameRef {
    // SAFETY: by the contract. A frame that lists all its parent lists owns it, and nothing else (invariants 2 and 4).
    unsafe {
        if (*f).mode.get() == Mode::Borrows {
            (*f).watch_mode.change();
            (*f).mode.set(Mode::OwnsParent);
            mem::forget(base);
            return FrameRef::from_raw(f);
        }
        let frame = settled(f);
        // May run user code, and it is `frame` that goes then.
        drop(base);
        frame
    }
}

/// # Safety
/// The caller gives up a full reference to a borrowing frame; what it borrows from is still held.
pub(super) unsafe fn settled(f: *const Frame) -> FrameRef {
    // SAFETY: by the contract.
    unsafe {
        release::settle(f);
        FrameRef::from_raw(f)
    }
}

/// A frame like `real(current)` with what `value` keeps (or nothing) at a slot.
///
/// # Safety
/// `current` is alive.
pub(super) unsafe fn restore(current: *const Frame, place: Place, value: Option<&ValueRef>) -> FrameRef {
    let binding = value.map_or(NOTHING, |v| v.0.as_ptr().cast_const());
    // SAFETY: `current` keeps the parent alive, `value` the binding.
    unsafe { settled(replace(real(current), place.entry, binding, place.asks)) }
}
