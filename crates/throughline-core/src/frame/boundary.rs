//! Boundaries: stretches of execution with a frame of their own. Each puts back the frame it found, by a drop guard.

use super::build;
use super::current::{self, current, is_entered, make_current};
use super::entered;
use super::parts::{self, Bindings};
use super::release::{self, Panics};
use super::shape::Shape;
use super::{Frame, FrameRef, NOTHING, OUTSIDE, find_place, real};
use crate::key::Place;
use crate::propagation::HandOver;
use std::marker::PhantomData;
use std::mem::{self, ManuallyDrop};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicPtr, Ordering};

/// Runs `f` in a boundary on `frame`.
#[inline]
pub(crate) fn enter<R>(frame: &FrameRef, f: impl FnOnce() -> R) -> R {
    let base = frame.as_ptr();
    // SAFETY: `frame` is borrowed for as long as the boundary lasts.
    let previous = unsafe { make_current(base) };
    run_in(Lent { previous, base }, f)
}

/// As [`enter`], and lets go of the frame, of which nobody may have any more by then.
fn enter_last<R>(frame: FrameRef, f: impl FnOnce() -> R) -> R {
    let result = enter(&frame, f);
    // Not as an argument that goes with the function: if a store's `Drop` panics here, the result is dropped, not lost.
    drop(frame);
    result
}

/// Runs `f` in a boundary on the current frame.
#[inline]
pub(crate) fn enter_current<R>(f: impl FnOnce() -> R) -> R {
    let previous = current();
    if previous == OUTSIDE {
        return enter_last(current::capture(), f);
    }
    // SAFETY: the current frame is alive, and an entered one keeps what it stands for; its boundary, which lasts longer than this one,
    // holds them.
    let base = unsafe { real(previous) };
    // SAFETY: the same.
    unsafe { make_current(base) };
    run_in(Lent { previous, base }, f)
}

/// Runs `f` as if no boundary were open: nothing is set, and nothing can be entered.
#[inline]
pub(crate) fn outside<R>(f: impl FnOnce() -> R) -> R {
    // SAFETY: the frame outside of all is immortal.
    let previous = unsafe { make_current(OUTSIDE) };
    // Nothing is entered here; what may be left over is a visit that nobody left.
    let base = OUTSIDE;
    run_in(Lent { previous, base }, f)
}

/// Runs `f` [outside], with what of the frame that was current crosses such a hand-over. Where nothing asks to be filtered it is counted by nobody: the
/// boundary around this one holds it, whose turn to end or to replace it comes after `f`.
#[inline]
#[cfg_attr(feature = "audit", track_caller)]
pub(crate) fn hold_back<R>(hand_over: HandOver, f: impl FnOnce(&FrameRef) -> R) -> R {
    let previous = current();
    // SAFETY: as in `enter_current`.
    let base = unsafe { real(previous) };
    // SAFETY: the same.
    if previous == OUTSIDE || unsafe { (*base).traits.has(hand_over.bit()) } {
        let here = current::capture_for(hand_over);
        let answer = outside(|| f(&here));
        // Not as a local that goes with the function: if a store's `Drop` panics here, the answer is dropped, not lost.
        drop(here);
        return answer;
    }
    // SAFETY: what is never dropped gives nothing up.
    let here = ManuallyDrop::new(unsafe { FrameRef::from_raw(base) });
    outside(|| f(&here))
}

/// A boundary over a frame that somebody else holds.
struct Lent {
    previous: *const Frame,
    base: *const Frame,
}

impl Boundary for Lent {
    #[inline(always)]
    unsafe fn leave(&mut self) {
        // SAFETY: the previous frame is still held by the boundary that held it; `base` by whoever lent it, but no longer than until user code runs, which
        // may be anybody's then: nobody looks at it any more. What is current and not the base is an entered frame, and this boundary's.
        unsafe {
            let last = make_current(self.previous);
            if last != self.base {
                entered::end(last);
            }
        }
    }
}

/// What is to be done at the end of a boundary, after which the frame from before is back.
trait Boundary {
    /// # Safety
    /// Called once, at the end.
    unsafe fn leave(&mut self);
}

/// Runs `f`, and leaves `boundary` whatever happens.
#[inline(always)]
fn run_in<R>(boundary: impl Boundary, f: impl FnOnce() -> R) -> R {
    struct Unwinding<B: Boundary>(B);
    impl<B: Boundary> Drop for Unwinding<B> {
        /// The end by a panic in `f`. One more, out of a store's destructor, is kept in.
        #[cold]
        fn drop(&mut self) {
            let mut panics = Panics::default();
            // SAFETY: the regular end has not been reached.
            panics.catch(|| unsafe { self.0.leave() });
            panics.resume();
        }
    }
    let boundary = Unwinding(boundary);
    let result = f();
    // The regular end is no destructor: a panic in it is the caller's to see, and drops the result.
    let mut boundary = ManuallyDrop::new(boundary);
    // SAFETY: `boundary` is not dropped, so this happens once.
    unsafe { boundary.0.leave() };
    result
}

/// Runs `f` in a boundary where one store is set on top of the current frame.
#[inline]
pub(crate) fn run<T: Send + Sync + 'static, R>(place: Place<T>, store: T, f: impl FnOnce() -> R) -> R {
    let previous = current();
    // SAFETY: the previous frame is held by its boundary for longer than this one lasts, so the new frame may borrow.
    let frame = unsafe { build::bind(real(previous), place, store) };
    // SAFETY: the boundary holds it until it ends.
    unsafe { make_current(frame) };
    let store = PhantomData::<T>;
    run_in(
        OwnFrame::<T, true> {
            previous,
            frame,
            store,
        },
        f,
    )
}

/// Runs `f` in a boundary on a frame that `make` makes on top of its argument, borrowing from it. `EMPTY` says that it binds nothing itself.
fn run_on<const EMPTY: bool, R>(make: impl FnOnce(*const Frame) -> *const Frame, f: impl FnOnce() -> R) -> R {
    let previous = current();
    // SAFETY: as in `run`.
    let frame = make(unsafe { real(previous) });
    // SAFETY: as in `run`.
    unsafe { make_current(frame) };
    let store = PhantomData;
    run_in(
        OwnFrame::<(), EMPTY> {
            previous,
            frame,
            store,
        },
        f,
    )
}

/// Runs `f` in a boundary on the current frame without the store of a storage.
pub(crate) fn run_without<R>(place: Option<Place>, f: impl FnOnce() -> R) -> R {
    // SAFETY: the current frame is alive.
    let set = place.filter(|p| unsafe { find_place(real(current()), p.entry, p.id) }.is_some());
    let Some(place) = set else {
        let base = current::capture();
        return match place {
            // A host may know of something there.
            Some(place) if !current::in_boundary() => enter_last(build::without_on(base, place), f),
            _ => enter_last(base, f),
        };
    };
    // SAFETY: the contract is the same.
    run_on::<true, R>(
        |parent| unsafe { build::replace(parent, place.entry, NOTHING, place.asks) },
        f,
    )
}

/// Runs `f` in a boundary where several stores are set on top of the current frame.
pub(crate) fn run_all<R>(stores: impl Bindings, f: impl FnOnce() -> R) -> R {
    // SAFETY: as in `run_without`.
    run_on::<false, R>(|parent| unsafe { parts::bind_all(parent, stores) }, f)
}

/// A boundary over a frame that was made for it. `ONE` says that its value is a `T`: the one store it binds, or nothing.
struct OwnFrame<T, const ONE: bool> {
    previous: *const Frame,
    frame: *const Frame,
    store: PhantomData<T>,
}

impl<T, const ONE: bool> Boundary for OwnFrame<T, ONE> {
    #[inline(always)]
    unsafe fn leave(&mut self) {
        // SAFETY: the previous frame is still held by its boundary; this one's frame is held by `self` until here.
        unsafe {
            let last = make_current(self.previous);
            if last != self.frame {
                leave_entered(self.frame, last);
            } else if ONE && (*self.frame).counts.is_one() {
                // Nobody captured it. What is current is what this boundary made current, so it is not entered, and a `T`.
                Shape::<T>::free(self.frame);
            } else {
                release::leave(self.frame);
            }
        }
    }
}

/// # Safety
/// A boundary that held `frame`, which borrows, is ending, and has put back the previous frame; `last` was current in it in
/// place of `frame`.
#[cold]
#[inline(never)]
unsafe fn leave_entered(frame: *const Frame, last: *const Frame) {
    let mut panics = Panics::default();
    // SAFETY: the frame settles before user code runs: a store's `Drop` runs in the boundary around this one, and may replace there
    // what the frame borrowed from.
    unsafe {
        release::settle(frame);
        panics.catch(|| entered::end(last));
        panics.catch(|| release::release(frame));
    }
    panics.resume();
}

/// The frame of something that is entered again and again, and keeps what was entered inside: a future between its polls. One word.
pub(crate) struct Resident(NonNull<Frame>);

// SAFETY: it holds a full reference (`FrameRef` may cross threads), or an entered frame that is nobody else's.
unsafe impl Send for Resident {}
// SAFETY: through a shared reference what it holds is only read, and counted by atomics.
unsafe impl Sync for Resident {}

impl UnwindSafe for Resident {}
impl RefUnwindSafe for Resident {}

impl Resident {
    /// Stands for no frame at all.
    pub(crate) const DONE: Resident = Resident(
        // SAFETY: the address of a static is not null.
        unsafe { NonNull::new_unchecked(OUTSIDE.cast_mut()) },
    );

    #[inline]
    pub(crate) fn new(frame: FrameRef) -> Self {
        // SAFETY: the reference becomes this one's.
        unsafe { Resident::from_raw(frame.into_raw()) }
    }

    /// # Safety
    /// The caller gives up a full reference to `f`, or an entered frame that is nobody else's.
    #[inline(always)]
    pub(super) unsafe fn from_raw(f: *const Frame) -> Self {
        // SAFETY: a frame's address is not null.
        Resident(unsafe { NonNull::new_unchecked(f.cast_mut()) })
    }

    #[inline(always)]
    pub(super) fn as_raw(&self) -> *const Frame {
        self.0.as_ptr()
    }

    #[inline(always)]
    pub(super) fn into_raw(self) -> *const Frame {
        ManuallyDrop::new(self).as_raw()
    }

    /// Answers what it held until now, which is the caller's.
    ///
    /// # Safety
    /// As [`from_raw`](Self::from_raw).
    #[inline(always)]
    pub(super) unsafe fn replace(&mut self, f: *const Frame) -> *const Frame {
        // SAFETY: a frame's address is not null.
        let new = unsafe { NonNull::new_unchecked(f.cast_mut()) };
        mem::replace(&mut self.0, new).as_ptr()
    }

    #[inline(always)]
    pub(crate) fn is_done(&self) -> bool {
        self.as_raw() == OUTSIDE
    }

    /// Runs `f` in a boundary on this frame; what is entered in it stays for the next time.
    #[inline(always)]
    pub(crate) fn enter<R>(&mut self, f: impl FnOnce() -> R) -> R {
        struct Visit<'a> {
            previous: *const Frame,
            resident: &'a mut Resident,
        }
        impl Boundary for Visit<'_> {
            #[inline(always)]
            unsafe fn leave(&mut self) {
                // SAFETY: the previous frame is still held by its boundary; what is current is this one's to keep.
                unsafe {
                    let last = make_current(self.previous);
                    let base = self.resident.replace(last);
                    if last != base {
                        entered::adopt(self.resident, base);
                    }
                }
            }
        }
        // SAFETY: `self` holds the frame, and is borrowed for as long as the boundary lasts.
        let previous = unsafe { make_current(self.as_raw()) };
        run_in(
            Visit {
                previous,
                resident: self,
            },
            f,
        )
    }
}

impl Drop for Resident {
    #[inline]
    fn drop(&mut self) {
        let f = self.as_raw();
        // SAFETY: `self` held it.
        unsafe {
            if is_entered(f) {
                entered::end(f);
            } else {
                release::release(f);
            }
        }
    }
}

/// Holds one between its visits, for threads that hand it to each other.
#[derive(Default)]
pub(crate) struct ResidentCell(AtomicPtr<Frame>);

impl ResidentCell {
    #[inline]
    pub(crate) fn take(&self) -> Option<Resident> {
        // Whoever takes it sees what was done with it by whoever put it there.
        NonNull::new(self.0.swap(ptr::null_mut(), Ordering::AcqRel)).map(Resident)
    }

    #[inline]
    pub(crate) fn replace(&self, resident: Resident) -> Option<Resident> {
        let new = resident.into_raw().cast_mut();
        NonNull::new(self.0.swap(new, Ordering::AcqRel)).map(Resident)
    }
}

impl Drop for ResidentCell {
    fn drop(&mut self) {
        drop(self.take());
    }
}
