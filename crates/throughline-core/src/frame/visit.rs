//! Boundaries that no closure bounds: for a host that is told when a task's poll begins, and told again when it ends.
//!
//! A visit puts an entered frame in force, which remembers what was current *below* it. So it belongs to the boundary it began in, as all that is
//! entered there does (invariant 6): its ticket owns nothing, and where nobody leaves a visit, that boundary ends it.
//!
//! # Invariants
//! a. A visit is on exactly where its entered frame is current, or is `below` of a visit that is on, or was when a boundary began that has not
//!    ended. Its id is never used again.
//! b. `below` is what was current when the visit began: an entered frame of the same boundary, which it owns; or else the frame
//!    that this boundary itself holds, or the immortal one outside of all, which it does not own.
//! c. A visit ends only where it is reached from the current frame through visits alone. So no boundary that began inside it is still running,
//!    and nothing borrows from it.
//! d. A boundary that ends first ends the visits that are still on in it, and before user code runs they forget what is below them and not theirs: `below`
//!    never outlives what it points to.

use super::boundary::Resident;
use super::build::stand_in;
use super::current::{current, is_entered, make_current};
use super::entered::{self, Entered};
use super::release::Panics;
use super::shape::Shape;
use super::{EMPTY, Frame, FrameRef, real};
use std::cell::Cell;
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};

/// Of a visit that is on: lies beside its entered frame.
pub(super) struct On {
    id: u64,
    below: *const Frame,
}

/// Puts `resident` in force; the answer is the visit's ticket.
pub(crate) fn visit(resident: Resident) -> u64 {
    let id = unique();
    let below = current();
    let word = resident.into_raw();
    // SAFETY: `resident` held the frame, alone if it is an entered one. It is whole before it is current; from then on the boundary holds it, through the
    // current-frame word.
    unsafe {
        let f = if is_entered(word) {
            word
        } else {
            stand_in(FrameRef::from_raw(word), Entered::of_a_resident())
        };
        (*Shape::<Entered>::value(f)).visit = Some(On { id, below });
        make_current(f);
    }
    id
}

/// Ends a visit, and those that began in it and are still on; what is in force in it comes out. None, and nothing is changed, if it is not
/// on, or a boundary that began in it is still running.
pub(crate) fn end_visit(id: u64) -> Option<Resident> {
    let top = current();
    let mut above = ptr::null();
    let mut f = top;
    // SAFETY: the current frame is alive, and all that visits have below them (b, d).
    unsafe {
        let below = loop {
            let on = on(f)?;
            if on.id == id {
                break on.below;
            }
            above = f;
            f = on.below;
        };
        (*Shape::<Entered>::value(f)).visit = None;
        make_current(below);
        let resident = Resident::from_raw(f);
        if !above.is_null() {
            (*Shape::<Entered>::value(above)).visit = None;
            entered::end(top);
        }
        Some(resident)
    }
}

/// The boundary in which `last` was current is ending: answers what it would be had each visit been left, and the rest.
///
/// # Safety
/// `last` is not current any more; it belonged to the caller, which has not let go of its own frame.
pub(super) unsafe fn cut_off(last: *const Frame) -> (*const Frame, Visits) {
    let mut lowest = ptr::null();
    let mut f = last;
    // SAFETY: as in `end_visit`.
    unsafe {
        while let Some(on) = on(f) {
            lowest = f;
            f = on.below;
        }
        if lowest.is_null() {
            return (last, Visits(ptr::null()));
        }
        (*Shape::<Entered>::value(lowest)).visit = None;
    }
    (f, Visits(last))
}

/// Visits that ended with their boundary, and are still to be let go of, which runs user code.
#[must_use = "they are let go of when this is dropped"]
pub(super) struct Visits(*const Frame);

impl Drop for Visits {
    fn drop(&mut self) {
        if !self.0.is_null() {
            let mut panics = Panics::default();
            // SAFETY: `cut_off` gave them up.
            panics.catch(|| unsafe { entered::end(self.0) });
            panics.resume();
        }
    }
}

/// The boundary in which `last` was current is ending: has the lowest of its visits forget what is below it, if that is not an entered frame, which it would own.
/// (It is held by another boundary, perhaps, where what runs next may take it away: the first destructor.)
///
/// # Safety
/// As [`cut_off`].
#[cold]
#[inline(never)]
pub(super) unsafe fn forget_what_is_not_owned(last: *const Frame) {
    let mut f = last;
    // SAFETY: by (b) and (d) all of it is alive still.
    unsafe {
        while let Some(on) = on(f) {
            if !is_entered(on.below) {
                (*Shape::<Entered>::value(f)).visit = None;
                return;
            }
            f = on.below;
        }
    }
}

/// What a visit owns below it, where those that own nothing have [forgotten](forget_what_is_not_owned) it.
pub(super) fn owned_below(state: &Entered) -> Option<*const Frame> {
    Some(state.visit.as_ref()?.below)
}

/// # Safety
/// `f` is alive.
unsafe fn on<'a>(f: *const Frame) -> Option<&'a On> {
    // SAFETY: by the contract; the borrow is over before anything is changed, in each caller.
    unsafe {
        if is_entered(f) {
            (*Shape::<Entered>::value(f)).visit.as_ref()
        } else {
            None
        }
    }
}

impl Resident {
    /// Whether nothing was ever set in it, or all of that ended; and no guard is open in it.
    pub(crate) fn is_empty(&self) -> bool {
        let f = self.as_raw();
        // SAFETY: `self` holds the frame, and an entered one's state with it.
        unsafe { real(f) == EMPTY && !(is_entered(f) && (*Shape::<Entered>::value(f)).has_guards()) }
    }

    /// What is in force in it, for keeps.
    pub(crate) fn capture(&self) -> FrameRef {
        let f = self.as_raw();
        // SAFETY: `self` holds the frame, or the one it stands for.
        unsafe {
            super::release::add_full(real(f));
            FrameRef::from_raw(real(f))
        }
    }
}

/// No other visit has this number. Drawn from blocks of the thread's own, lest threads wait for each other.
fn unique() -> u64 {
    const BLOCK: u64 = 1 << 16;
    static NEXT_BLOCK: AtomicU64 = AtomicU64::new(0);
    std::thread_local! {
        static LAST: Cell<u64> = const { Cell::new(0) };
    }
    LAST.with(|last| {
        if last.get() % BLOCK == 0 {
            last.set(NEXT_BLOCK.fetch_add(BLOCK, Ordering::Relaxed));
        }
        last.set(last.get() + 1);
        last.get()
    })
}
