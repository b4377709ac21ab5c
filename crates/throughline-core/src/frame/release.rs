//! Counting frames, settling them, and letting them go.

use super::parts::MOST_PARTS;
use super::{Frame, Mode, Traits, bindings, is_part_of};
use crate::payload::discard;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// # Safety
/// `f` is alive, and not an entered frame.
#[inline(always)]
pub(super) unsafe fn add_full(f: *const Frame) {
    // SAFETY: by the contract.
    unsafe {
        if !(*f).traits.has(Traits::IMMORTAL) {
            (*f).counts.add_full();
        }
    }
}

/// Makes `f` own what it lists (invariant 3).
///
/// # Safety
/// The caller is the boundary (or the maker) that holds `f`, which borrows; what it borrows from is still held.
pub(super) unsafe fn settle(f: *const Frame) {
    // SAFETY: what `f` lists is alive, since those it borrows from are held by the contract.
    unsafe {
        (*f).watch_mode.change();
        let owned = match (*f).mode.get() {
            Mode::Borrows => {
                add_full((*f).parent);
                Mode::OwnsParent
            }
            Mode::BorrowsHiding => {
                bindings(f).for_each(|b| (*b).counts.add_value());
                Mode::OwnsValues
            }
            Mode::BorrowsParts => {
                // Its parts are its own already.
                bindings(f)
                    .filter(|&b| !is_part_of(b, f))
                    .for_each(|b| (*b).counts.add_value());
                Mode::OwnsValues
            }
            settled @ (Mode::OwnsParent | Mode::OwnsValues) => settled,
        };
        (*f).mode.set(owned);
    }
}

/// Gives back the full reference of a boundary that held a borrowing frame.
///
/// # Safety
/// The caller is that boundary, and gives its reference up; what `f` borrows from is still held.
#[cold]
#[inline(never)]
pub(super) unsafe fn leave(f: *const Frame) {
    // SAFETY: by the contract. If the boundary's reference is the only full one, nobody can enter `f` any more, and
    // nobody can get a new reference.
    unsafe {
        if !(*f).counts.is_only_full() {
            settle(f);
        }
        release(f);
    }
}

/// Gives a full reference back.
///
/// # Safety
/// The caller has one, and gives it up.
#[inline]
pub(super) unsafe fn release(f: *const Frame) {
    // SAFETY: the caller's reference keeps `f` alive until it is given back.
    unsafe {
        if !(*f).traits.has(Traits::IMMORTAL) && (*f).counts.sub_full() {
            let mut panics = Panics::default();
            let mut next = let_go(f, &mut panics);
            // A loop and not a recursion: a chain of parents may be as long as there are storages.
            while let Some(parent) = next {
                next = if (*parent).counts.sub_full() {
                    let_go(parent, &mut panics)
                } else {
                    None
                };
            }
            panics.resume();
        }
    }
}

/// After the last full reference: gives back what it owned. Answers the parent whose reference the caller has to give back.
///
/// # Safety
/// `f` has no full reference left, and its last one was the caller's.
#[cold]
#[inline(never)]
unsafe fn let_go(f: *const Frame, panics: &mut Panics) -> Option<*const Frame> {
    // SAFETY: `f` owns what its mode says (invariant 2), each thing is given back once, and `f`'s own value reference comes
    // last, since the others are read out of its memory.
    unsafe {
        (*f).watch_mode.read();
        let mut parent = None;
        match (*f).mode.get() {
            Mode::OwnsParent => {
                parent = Some((*f).parent).filter(|&p| !(*p).traits.has(Traits::IMMORTAL));
            }
            Mode::OwnsValues => bindings(f).for_each(|b| panics.catch(|| give_value_back(b))),
            Mode::BorrowsParts => parts(f)
                .into_iter()
                .flatten()
                .for_each(|b| panics.catch(|| give_value_back(b))),
            Mode::Borrows | Mode::BorrowsHiding => {}
        }
        panics.catch(|| give_value_back(f));
        parent
    }
}

/// The parts of `f`. They are found before the first of them goes, since what `f` borrows from may go with it: a store's `Drop` runs
/// in the boundary around `f`'s, and may enter something there.
///
/// # Safety
/// `f` borrows, and what it borrows from is still held.
unsafe fn parts(f: *const Frame) -> [Option<*const Frame>; MOST_PARTS] {
    let mut found = [None; MOST_PARTS];
    // SAFETY: by the contract, all that `f` lists is alive.
    let parts = unsafe { bindings(f).filter(|&b| is_part_of(b, f)) };
    found
        .iter_mut()
        .zip(parts)
        .for_each(|(place, part)| *place = Some(part));
    found
}

/// Gives a value reference back; runs the store's `Drop` if it was the last.
///
/// # Safety
/// The caller has one, and gives it up.
pub(super) unsafe fn give_value_back(binding: *const Frame) {
    // SAFETY: by the contract; `free` is called once, when nothing refers to the frame.
    unsafe {
        if (*binding).counts.sub_value() {
            ((*binding).free)(binding);
        }
    }
}

/// Panics of stores' destructors, held back until every store is dropped.
#[derive(Default)]
pub(super) struct Panics(Option<Box<dyn Any + Send>>);

impl Panics {
    pub(super) fn catch(&mut self, f: impl FnOnce()) {
        // Unwind safety: `f` gives references back, and does so before user code runs.
        if let Err(panic) = catch_unwind(AssertUnwindSafe(f)) {
            match &self.0 {
                None => self.0 = Some(panic),
                Some(_) => discard(panic),
            }
        }
    }

    /// Goes on with the first panic. While the thread unwinds already, a second one would abort the process: it is dropped,
    /// reported by the hook as it was.
    pub(super) fn resume(self) {
        if let Some(panic) = self.0 {
            if std::thread::panicking() {
                discard(panic);
            } else {
                resume_unwind(panic);
            }
        }
    }
}
