//! What `enter_with` and guards put in force for the rest of a boundary.
//!
//! An entered frame stands for another one, its `parent`, which it owns; beside it lies what the boundary has to remember:
//! the guards that are open in it. It is reached through the current-frame word alone (invariant 6), so that boundaries
//! in which nothing is entered pay a comparison.

use super::boundary::Resident;
use super::build;
use super::current::{self, current, in_boundary, is_entered, make_current};
use super::release::{self, Panics};
use super::shape::Shape;
use super::visit::{self, On};
use super::{Frame, FrameRef, ValueRef, find_place, real};
use crate::key::Place;
use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Default)]
pub(super) struct Entered {
    /// The future whose boundary this is has let go of the frame it came with.
    adopted: bool,
    /// In the order of their making.
    guards: Vec<Guard>,
    /// The visit that this is in force for.
    pub(super) visit: Option<On>,
}

impl Entered {
    /// Beside the first entered frame of a resident, which holds no other frame.
    pub(super) fn of_a_resident() -> Self {
        Entered {
            adopted: true,
            ..Entered::default()
        }
    }

    pub(super) fn has_guards(&self) -> bool {
        !self.guards.is_empty()
    }
}

/// A guard that is open.
struct Guard {
    id: u64,
    place: Place,
    /// What its storage goes back to.
    below: Option<ValueRef>,
}

/// Sets a store for the rest of the boundary; gives it back where there is none.
pub(crate) fn enter_with<T: Send + Sync + 'static>(place: Place<T>, store: T) -> Result<(), T> {
    if !in_boundary() {
        return Err(store);
    }
    // SAFETY: the current frame is alive while the new one settles.
    unsafe { put_in_force(build::settled(build::bind(real(current()), place, store)), None) };
    Ok(())
}

/// As [`enter_with`], until [`close_guard`] with the id in the answer.
pub(crate) fn open_guard<T: Send + Sync + 'static>(place: Place<T>, store: T) -> Result<u64, T> {
    static LAST: AtomicU64 = AtomicU64::new(0);
    if !in_boundary() {
        return Err(store);
    }
    let id = LAST.fetch_add(1, Ordering::Relaxed) + 1;
    let current = current();
    // SAFETY: the current frame is alive, and with it the binding found.
    unsafe {
        let below = find_place(real(current), place.entry, place.id).map(|b| ValueRef::new(b));
        let frame = build::settled(build::bind(real(current), place, store));
        let place = place.untyped();
        put_in_force(frame, Some(Guard { id, place, below }));
    }
    Ok(id)
}

/// Ends a guard's part. Out of order, in another boundary, or after its own has ended, nothing is to be seen of it: a guard
/// made later goes on, and will go back to what was before both.
pub(crate) fn close_guard(id: u64) {
    let current = current();
    // SAFETY: the current frame is alive, and an entered one is this boundary's alone. The borrow of its guards ends
    // before user code runs.
    unsafe {
        if !is_entered(current) {
            return;
        }
        let guards = &mut (*Shape::<Entered>::value(current)).guards;
        let Some(i) = guards.iter().position(|g| g.id == id) else {
            return;
        };
        let guard = guards.remove(i);
        let above = guards[i..].iter_mut().find(|g| g.place.id == guard.place.id);
        if let Some(above) = above {
            let ended = mem::replace(&mut above.below, guard.below);
            drop(ended);
        } else if find_place(real(current), guard.place.entry, guard.place.id).is_some() {
            // (Else its storage is gone, and another may have the slot.)
            put_in_force(build::restore(current, guard.place, guard.below.as_ref()), None);
        }
    }
}

/// Takes a storage out of the boundary, with the guards that would bring it back.
pub(crate) fn disable(place: Place) {
    let current = current();
    // SAFETY: as in `close_guard`.
    unsafe {
        let mut dead = Vec::new();
        if is_entered(current) {
            let guards = &mut (*Shape::<Entered>::value(current)).guards;
            (dead, *guards) = mem::take(guards)
                .into_iter()
                .partition(|g| g.place.id == place.id);
        }
        if find_place(real(current), place.entry, place.id).is_some() {
            put_in_force(build::restore(current, place, None), None);
        }
        drop(dead);
    }
}

/// Puts `frame` in force for the rest of the boundary, in place of whatever is; gives it back where there is no boundary.
pub(crate) fn set(frame: FrameRef) -> Result<FrameRef, FrameRef> {
    if !in_boundary() {
        return Err(frame);
    }
    let former = current::capture();
    let current = current();
    // SAFETY: as in `close_guard`.
    let ended =
        unsafe { is_entered(current).then(|| mem::take(&mut (*Shape::<Entered>::value(current)).guards)) };
    // SAFETY: this thread runs in a boundary.
    unsafe { put_in_force(frame, None) };
    drop(ended);
    Ok(former)
}

/// # Safety
/// This thread runs in a boundary.
unsafe fn put_in_force(frame: FrameRef, guard: Option<Guard>) {
    let current = current();
    // SAFETY: an entered frame is this boundary's alone, and stands for the new one before the old one goes, and user code with it.
    unsafe {
        if is_entered(current) {
            (*Shape::<Entered>::value(current)).guards.extend(guard);
            drop(build::stand_in_for(current, frame));
        } else {
            let mut state = Entered::default();
            state.guards.extend(guard);
            make_current(build::stand_in(frame, state));
        }
    }
}

/// Ends an entered frame, with what a visit that nobody left has below it.
///
/// # Safety
/// It is not current any more; the caller is the boundary it belonged to, whose own frame is still held, and gives it up.
#[cold]
#[inline(never)]
pub(super) unsafe fn end(entered: *const Frame) {
    let mut panics = Panics::default();
    // SAFETY: by the contract; no user code has run yet.
    unsafe {
        refuse_foreign(entered);
        if (*Shape::<Entered>::value(entered)).visit.is_some() {
            visit::forget_what_is_not_owned(entered);
        }
    }
    let mut next = Some(entered);
    while let Some(entered) = next {
        // SAFETY: by the contract. The memory goes before user code runs.
        unsafe {
            let state = mem::take(&mut *Shape::<Entered>::value(entered));
            next = visit::owned_below(&state);
            let frame = FrameRef::from_raw((*entered).parent);
            Shape::<Entered>::free(entered);
            for guard in state.guards {
                panics.catch(|| drop(guard));
            }
            panics.catch(|| drop(frame));
        }
    }
    panics.resume();
}

/// The end of a boundary of a future in which something was entered: what is in force is now the future's, in place of `base`.
///
/// # Safety
/// `resident` holds what is in force, which is not `base`. The caller held that until now, if it was not an entered frame; if it was, it has ended
/// when it was replaced, or is below a visit that nobody left.
#[cold]
#[inline(never)]
pub(super) unsafe fn adopt(resident: &mut Resident, base: *const Frame) {
    // SAFETY: by the contract. The visits go last, since that runs user code.
    unsafe {
        let (entered, _visits) = visit::cut_off(resident.as_raw());
        resident.replace(entered);
        if entered == base {
            return;
        }
        refuse_foreign(entered);
        let state = Shape::<Entered>::value(entered);
        if !(*state).adopted {
            (*state).adopted = true;
            release::release(base);
        }
    }
}

/// Boundaries nest on a stack. Where a stackful coroutine was switched away inside one, another's frame is found current at its
/// end: to go on would be to free what is not ours. This catches what it can.
///
/// # Safety
/// `f` is alive.
unsafe fn refuse_foreign(f: *const Frame) {
    // SAFETY: by the contract.
    if unsafe { !is_entered(f) } {
        eprintln!(
            "throughline: boundaries do not nest; was a coroutine with a stack of its own suspended inside one?"
        );
        std::process::abort();
    }
}
