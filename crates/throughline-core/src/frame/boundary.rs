//! Boundaries: stretches of execution with a frame of their own. Each puts back the frame it found, by a drop guard.

use super::build::{self, Bindings, Shape};
use super::current::{self, current, is_entered, make_current};
use super::entered;
use super::release::{self, Panics};
use super::{EMPTY, Frame, FrameRef, NOTHING, find_place, real};
use crate::key::Place;
use std::marker::PhantomData;
use std::mem::{self, ManuallyDrop};

/// Runs `f` in a boundary on `frame`.
#[inline]
pub(crate) fn enter<R>(frame: &FrameRef, f: impl FnOnce() -> R) -> R {
    struct Boundary {
        previous: *const Frame,
        base: *const Frame,
    }
    impl Drop for Boundary {
        #[inline(always)]
        fn drop(&mut self) {
            // SAFETY: the previous frame is still held by the boundary that held it; `base` by the caller.
            let last = unsafe { make_current(self.previous) };
            if last != self.base {
                // SAFETY: what is current and not the base is an entered frame, and this boundary's.
                unsafe { entered::end(last) }
            }
        }
    }
    let base = frame.as_ptr();
    let _boundary = Boundary {
        // SAFETY: `frame` is borrowed for as long as the boundary lasts.
        previous: unsafe { make_current(base) },
        base,
    };
    f()
}

/// Runs `f` in a boundary where one store is set on top of the current frame.
#[inline]
pub(crate) fn run<T: Send + Sync + 'static, R>(place: Place, store: T, f: impl FnOnce() -> R) -> R {
    let previous = current();
    // SAFETY: the previous frame is held by its boundary for longer than this one lasts, so the new frame may borrow.
    let frame = unsafe { build::bind(real(previous), place, store) };
    let scope = OwnFrame::<T, true> {
        previous,
        frame,
        store: PhantomData,
    };
    // SAFETY: `scope` holds it until this boundary ends.
    unsafe { make_current(frame) };
    let result = f();
    scope.end();
    result
}

/// Runs `f` in a boundary on a frame that `make` makes on top of its argument, borrowing from it.
fn run_on<R>(make: impl FnOnce(*const Frame) -> *const Frame, f: impl FnOnce() -> R) -> R {
    let previous = current();
    // SAFETY: as in `run`.
    let frame = make(unsafe { real(previous) });
    let scope = OwnFrame::<(), false> {
        previous,
        frame,
        store: PhantomData,
    };
    // SAFETY: as in `run`.
    unsafe { make_current(frame) };
    let result = f();
    scope.end();
    result
}

/// Runs `f` in a boundary on the current frame without the store of a storage.
pub(crate) fn run_without<R>(place: Place, f: impl FnOnce() -> R) -> R {
    // SAFETY: the current frame is alive.
    let is_set = unsafe { find_place(current(), place.slot, place.id) }.is_some();
    if !is_set {
        return enter(&current::capture(), f);
    }
    // SAFETY: the contract is the same.
    run_on(
        |parent| unsafe { build::replace(parent, place.slot, NOTHING, place.asks) },
        f,
    )
}

/// Runs `f` in a boundary where several stores are set on top of the current frame.
pub(crate) fn run_all<R>(stores: impl Bindings, f: impl FnOnce() -> R) -> R {
    // SAFETY: the contract is the same.
    run_on(|parent| unsafe { build::bind_all(parent, stores) }, f)
}

/// A boundary over a frame that was made for it. `ONE` says that it binds one store, a `T`.
struct OwnFrame<T, const ONE: bool> {
    previous: *const Frame,
    frame: *const Frame,
    store: PhantomData<T>,
}

impl<T, const ONE: bool> OwnFrame<T, ONE> {
    /// The regular end, where a panic of the store's destructor is the caller's to see.
    #[inline(always)]
    fn end(self) {
        let this = ManuallyDrop::new(self);
        // SAFETY: `this` is not dropped, so this happens once.
        unsafe { this.leave() }
    }

    /// # Safety
    /// Called once, at the end of the boundary.
    #[inline(always)]
    unsafe fn leave(&self) {
        // SAFETY: the previous frame is still held by its boundary; this one's frame is held by `self` until here.
        unsafe {
            let last = make_current(self.previous);
            if last != self.frame {
                return self.leave_entered(last);
            }
            if ONE && (*self.frame).counts.is_one() {
                // Nobody captured it. What is current is what this boundary made current, so it is not entered, and a `T`.
                Shape::<T>::free(self.frame);
            } else {
                release::leave(self.frame);
            }
        }
    }

    /// # Safety
    /// As [`leave`](Self::leave), after it; `last` is this boundary's entered frame.
    #[cold]
    #[inline(never)]
    unsafe fn leave_entered(&self, last: *const Frame) {
        let mut panics = Panics::default();
        // SAFETY: the entered frame goes first, since it may own this boundary's.
        unsafe {
            panics.catch(|| entered::end(last));
            panics.catch(|| release::leave(self.frame));
        }
        panics.resume();
    }
}

impl<T, const ONE: bool> Drop for OwnFrame<T, ONE> {
    /// The end by a panic in the closure: one more, out of a store's destructor, is kept in.
    #[cold]
    fn drop(&mut self) {
        let mut panics = Panics::default();
        // SAFETY: `end` has not been reached.
        panics.catch(|| unsafe { self.leave() });
        panics.resume();
    }
}

/// The frame of something that is entered again and again, and keeps what was entered inside: a future between its polls. One word.
pub(crate) struct Resident(*const Frame);

// SAFETY: it holds a full reference (`FrameRef` may cross threads), or an entered frame that is nobody else's.
unsafe impl Send for Resident {}
// SAFETY: a shared reference to it can do nothing.
unsafe impl Sync for Resident {}

impl Resident {
    #[inline]
    pub(crate) fn new(frame: FrameRef) -> Self {
        Resident(frame.into_raw())
    }

    /// Runs `f` in a boundary on this frame; what is entered in it stays for the next time.
    #[inline(always)]
    pub(crate) fn enter<R>(&mut self, f: impl FnOnce() -> R) -> R {
        struct Boundary<'a> {
            previous: *const Frame,
            resident: &'a mut Resident,
        }
        impl Drop for Boundary<'_> {
            #[inline(always)]
            fn drop(&mut self) {
                // SAFETY: the previous frame is still held by its boundary.
                let last = unsafe { make_current(self.previous) };
                let base = mem::replace(&mut self.resident.0, last);
                if last != base {
                    // SAFETY: see there.
                    unsafe { entered::adopt(last, base) }
                }
            }
        }
        let _boundary = Boundary {
            // SAFETY: `self` holds the frame, and is borrowed for as long as the boundary lasts.
            previous: unsafe { make_current(self.0) },
            resident: self,
        };
        f()
    }

    /// Lets go of the frame; from now on it is the empty one.
    #[inline]
    pub(crate) fn clear(&mut self) {
        let f = mem::replace(&mut self.0, EMPTY);
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

impl Drop for Resident {
    #[inline]
    fn drop(&mut self) {
        self.clear();
    }
}
