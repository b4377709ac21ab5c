//! Frames, and which of them is current. All unsafe code of the crate is in this module and its children.
//!
//! A frame is an immutable map from storage to store. It *is* a binding: one allocation holds an index of pointers (slot
//! of a storage to the frame that binds it), a header, and the store bound last. So a read is two loads and a check,
//! however many storages are live and however deep they nest; a capture is one count; a new scope is one allocation.
//!
//! ```text
//!   [ entry len-1 ] … [ entry 1 ][ entry 0 ][ header ][ store ]
//!                                           ^ a frame's address
//! ```
//!
//! # Invariants
//!
//! 1. **Entries.** Each entry of a frame's index points to [`NOTHING`] or to a binding: a frame whose `id` is the id of
//!    the storage of that slot (a dead one's, perhaps) and whose value is that storage's type. Ids are given out once,
//!    to one storage of one type, and only its `Key<T>` makes a `Place<T>`; so `binding.id == key.id` proves the value's type.
//! 2. **Alive.** As long as a frame has a full reference, every binding in its index has its value. How depends on its
//!    mode: it *borrows* from frames that boundaries further down this thread's stack hold, or it *owns* its parent (of
//!    whose index its own is a copy, but for its own binding), or it *owns* a value reference of each binding it lists.
//! 3. **Borrowing is for the stack.** Only a frame that a running boundary of this thread holds may borrow. When the
//!    boundary ends and somebody else holds the frame too, it *settles*: it begins to own, before the boundary lets
//!    go, and before user code runs, which may take away what was borrowed from. A frame that no boundary holds is settled from the
//!    start.
//! 4. **Hidden stores.** A frame that lacks a binding its parent lists (it binds the same storage, or leaves it out) never
//!    owns its parent, only values. So what is hidden is not kept alive, and a chain of owned parents
//!    binds each storage once: its length is bounded by the number of storages, not by the history of nesting.
//! 5. **The current frame** ([`current`]) is immortal, or held by the innermost boundary of this thread until that ends, or
//!    it is an *entered* frame. A boundary puts back what it found, whatever happened inside.
//! 6. **Entered frames** belong to the innermost boundary, through the current-frame word alone; nobody counts,
//!    captures or borrows them (a capture takes the frame they stand for, their `parent`, which they own). The code
//!    running directly in that boundary can replace them, so whoever lends out a store while an entered frame is current
//!    holds a reference of its own meanwhile. Their index is empty, so that a read that finds something need not ask. One that a
//!    visit put in force owns the entered frame below it (`visit.rs`).
//! 7. **User code** (a store's `Drop`) runs only where this module holds nothing half-changed: after the current frame
//!    is set, after the counts are settled, never between the two.
//! 8. **Mode** is written by the boundary that holds the frame and read by whoever gives back the last full reference, which
//!    the counts order after it. All other header fields never change, but for what an entered frame stands for.

#![allow(unsafe_code)] // See above: this is the one module, and a measurement asks for it (ARCHITECTURE.md, "Why unsafe").

mod boundary;
mod build;
mod carried;
mod closable;
mod counts;
mod current;
mod entered;
mod filter;
mod lent;
mod memory;
#[cfg(all(test, loom))]
mod models;
mod outside;
mod parts;
mod release;
mod shape;
#[cfg(all(test, not(loom)))]
mod tests;
mod visit;

pub(crate) use boundary::{
    Resident, ResidentCell, enter, enter_current, hold_back, outside, run, run_all, run_without,
};
pub(crate) use build::{bind_on, leaked, without_on};
pub(crate) use carried::Carried;
pub(crate) use closable::{Closable, Closed, End, OwnedScope, Scope};
pub(crate) use current::{capture, capture_for, in_boundary, with, with_clone};
pub(crate) use entered::{close_guard, disable, enter_with, open_guard, set};
#[cfg(feature = "audit")]
pub(crate) use filter::expected_in;
pub(crate) use filter::{filtered, filtered_at, storages_in};
pub(crate) use lent::{Lent, Link, Pushed, find_linked, lend, lend_nothing, lent, link, push};
pub(crate) use outside::ask;
pub(crate) use parts::{Bindings, MOST_PARTS, bind_all_on};
pub(crate) use visit::{end_visit, visit};

use crate::key::{Key, Place};
use crate::sync::Watch;
use counts::Counts;
use std::cell::Cell;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::ptr::NonNull;

/// The header. `repr(C)`, since the hot path wants counts and value at fixed distances.
#[repr(C)]
pub(crate) struct Frame {
    counts: Counts,
    /// The storage bound here; 0 if none is.
    id: u64,
    /// The frame this one was made on; of an entered frame, the frame it stands for; of a part, the frame it is part of.
    parent: *const Frame,
    /// Drops the value and frees the memory.
    free: unsafe fn(*const Frame),
    /// Where the index begins, in entries from here: its length, negative.
    start: i16,
    traits: Traits,
    mode: Cell<Mode>,
    /// How many storages had been dropped when this frame was made: a later frame on top of it looks for dead stores only if
    /// there have been more since.
    epoch: u32,
    /// Of what never changes.
    watch: Watch,
    watch_mode: Watch,
}

/// One bit each.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Traits(u8);

impl Traits {
    /// The low bits are [`crate::key::Asks`], one for each [`crate::HandOver`].
    const ASKS: u8 = 0b0000_1111;
    /// Stands for its parent, which somebody entered in the running boundary.
    const ENTERED: u8 = 0b0001_0000;
    /// A `static`, or leaked: never counted, never freed.
    const IMMORTAL: u8 = 0b0010_0000;
    /// A binding that lies in the block of its parent, which it keeps.
    const PART: u8 = 0b0100_0000;
    // 0b1000_0000 is kept for a frame with a foreign part: an engine's values, which it hands over only when Rust captures.
    // It joins the mask below, so that a capture without one costs what it costs today.

    /// What a capture cannot simply count.
    const NOT_COUNTED: u8 = Self::ENTERED | Self::IMMORTAL;

    #[inline(always)]
    fn has(self, bits: u8) -> bool {
        self.0 & bits != 0
    }
}

/// What a frame's full references own beside its own value (invariant 2).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Nothing. It lists all its parent lists, so when it settles it will own the parent.
    Borrows,
    /// Nothing. It lacks something its parent lists, so when it settles it will own values.
    BorrowsHiding,
    /// The bindings that are parts of its own block. When it settles it will own the other values too.
    BorrowsParts,
    OwnsParent,
    OwnsValues,
}

/// Index entries come in fours, so that frames of a few storages have one size.
const FEW: usize = 4;

#[repr(C)]
struct Immortal {
    index: [*const Frame; FEW],
    frame: Frame,
}

// SAFETY: nothing in it is ever written.
unsafe impl Sync for Immortal {}

impl Immortal {
    const fn new() -> Self {
        unsafe fn never(_: *const Frame) {}
        Immortal {
            index: [NOTHING; FEW],
            frame: Frame {
                counts: Counts::immortal(),
                id: 0,
                parent: std::ptr::null(),
                free: never,
                start: -(FEW as i16),
                traits: Traits(Traits::IMMORTAL),
                mode: Cell::new(Mode::Borrows),
                epoch: 0,
                watch: Watch::NONE,
                watch_mode: Watch::NONE,
            },
        }
    }

    const fn frame(this: *const Immortal) -> *const Frame {
        // SAFETY: `this` points to a static; the offset is of a field of it. Going through the block's own address keeps the
        // index in front of the frame reachable.
        unsafe {
            this.byte_add(std::mem::offset_of!(Immortal, frame))
                .cast::<Frame>()
        }
    }
}

static EMPTY_BLOCK: Immortal = Immortal::new();
static OUTSIDE_BLOCK: Immortal = Immortal::new();

/// The empty map.
const EMPTY: *const Frame = Immortal::frame(&raw const EMPTY_BLOCK);
/// The empty map again, current where there is no boundary.
const OUTSIDE: *const Frame = Immortal::frame(&raw const OUTSIDE_BLOCK);
/// What an index holds where a storage is not bound. No storage has its id, 0.
const NOTHING: *const Frame = EMPTY;

impl Frame {
    /// How many entries the index has.
    #[inline(always)]
    fn len(&self) -> usize {
        -isize::from(self.start) as usize
    }

    /// Those of all slots, from the first one on.
    fn entries(&self) -> impl DoubleEndedIterator<Item = i16> + use<> {
        (self.start..0).rev()
    }
}

/// Where the entry `at` of `f`'s index is: below the header, and so `at` is below zero.
///
/// # Safety
/// `f` points to a frame whose index begins at `at` or before, with the provenance of its whole block.
#[inline(always)]
unsafe fn entry(f: *const Frame, at: i16) -> *mut *const Frame {
    // SAFETY: by the contract the entry lies in the same allocation, before the header.
    unsafe { f.cast_mut().cast::<*const Frame>().offset(at.into()) }
}

/// The entries of `f`'s index that bind something, `f` itself (its own store) left out.
///
/// # Safety
/// `f` points to a frame, which stays alive while the iterator is used.
unsafe fn bindings(f: *const Frame) -> impl Iterator<Item = *const Frame> {
    // SAFETY: by the contract.
    let entries = unsafe {
        (*f).watch.read();
        (*f).entries()
    };
    entries
        // SAFETY: they are its own.
        .map(move |at| unsafe { *entry(f, at) })
        .filter(move |&b| b != NOTHING && b != f)
}

/// Whether `binding` is one of `f`'s own parts.
///
/// # Safety
/// Both point to frames that have their values.
unsafe fn is_part_of(binding: *const Frame, f: *const Frame) -> bool {
    // SAFETY: by the contract. The parent alone would not tell: a frame that only its value keeps alive may remember the address
    // of a parent long gone, where `f` is now. A part's block is there as long as the part is.
    unsafe { (*binding).traits.has(Traits::PART) && (*binding).parent == f }
}

/// The frame that `f` stands for, if it is an entered one; else itself.
///
/// # Safety
/// `f` points to a frame that is alive.
#[inline(always)]
unsafe fn real(f: *const Frame) -> *const Frame {
    // SAFETY: by the contract.
    unsafe {
        if (*f).traits.has(Traits::ENTERED) {
            (*f).parent
        } else {
            f
        }
    }
}

/// The binding of a storage in `f`, if any.
///
/// # Safety
/// `f` points to a frame that is alive.
#[inline(always)]
unsafe fn find<T>(f: *const Frame, key: &Key<T>) -> Option<*const Frame> {
    // SAFETY: the contract is the same.
    unsafe { find_place(f, key.entry(), key.id()) }
}

/// As [`find`], for a place taken before.
///
/// # Safety
/// As [`find`].
#[inline(always)]
unsafe fn find_place(f: *const Frame, at: i16, id: u64) -> Option<*const Frame> {
    // SAFETY: `f` is alive by the contract, so its index and the bindings in it are (invariant 2).
    unsafe {
        (*f).watch.read();
        if at < (*f).start {
            return None;
        }
        let binding = *entry(f, at);
        (*binding).watch.read();
        // One comparison: `NOTHING` has no storage's id.
        if (*binding).id == id { Some(binding) } else { None }
    }
}

/// The binding at a slot of `f`, whoever's it is.
///
/// # Safety
/// As [`find`].
#[inline(always)]
unsafe fn binding_at(f: *const Frame, at: i16) -> Option<*const Frame> {
    // SAFETY: as in `find_place`.
    unsafe {
        if at < (*f).start {
            return None;
        }
        let binding = *entry(f, at);
        if binding == NOTHING { None } else { Some(binding) }
    }
}

/// A full reference to a settled (or immortal) frame, which is not an entered one.
pub struct FrameRef(NonNull<Frame>);

// SAFETY: stores are `Send + Sync`, the counts are atomic, and nothing else of a frame changes but its mode (invariant 8).
unsafe impl Send for FrameRef {}
// SAFETY: the same.
unsafe impl Sync for FrameRef {}

// A panic cannot leave a frame half-changed: it is immutable, and lets go of each store whatever another's `Drop` does. What is behind
// a store's own interior mutability is its owner's concern, as with a `static`.
impl UnwindSafe for FrameRef {}
impl RefUnwindSafe for FrameRef {}

impl FrameRef {
    pub(crate) const EMPTY: FrameRef = FrameRef(
        // SAFETY: the address of a static is not null.
        unsafe { NonNull::new_unchecked(EMPTY.cast_mut()) },
    );

    /// # Safety
    /// The caller gives up a full reference to `f`, which is neither entered nor null, and settled (or will be before the
    /// boundary that holds it ends: invariant 3).
    #[inline(always)]
    unsafe fn from_raw(f: *const Frame) -> Self {
        // SAFETY: not null by the contract.
        FrameRef(unsafe { NonNull::new_unchecked(f.cast_mut()) })
    }

    #[inline(always)]
    fn as_ptr(&self) -> *const Frame {
        self.0.as_ptr()
    }

    #[inline(always)]
    fn into_raw(self) -> *const Frame {
        let f = self.as_ptr();
        std::mem::forget(self);
        f
    }

    /// The store of a storage, read without entering.
    #[inline]
    pub(crate) fn find<T>(&self, key: &Key<T>) -> Option<&T> {
        // SAFETY: `self` keeps the frame alive, and with it the value, for as long as the borrow lasts; the id proves the type
        // (invariant 1).
        unsafe { find(self.as_ptr(), key).map(|b| &*shape::Shape::<T>::value(b)) }
    }

    /// The same, for a place taken before.
    pub(crate) fn find_at<T>(&self, place: Place<T>) -> Option<&T> {
        // SAFETY: as in `find`.
        unsafe { find_place(self.as_ptr(), place.entry, place.id).map(|b| &*shape::Shape::<T>::value(b)) }
    }

    /// How many storages are set.
    pub(crate) fn len(&self) -> usize {
        let f = self.as_ptr();
        // SAFETY: `self` keeps the frame alive.
        unsafe { (*f).entries().filter(|&at| binding_at(f, at).is_some()).count() }
    }

    /// For which kinds of hand-over something in it asks to be filtered.
    #[cfg(all(test, not(loom)))]
    fn asks(&self) -> u8 {
        // SAFETY: `self` keeps the frame alive.
        unsafe { (*self.as_ptr()).traits.0 & Traits::ASKS }
    }
}

impl fmt::Debug for FrameRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut stores = f.debug_struct("FrameRef");
        crate::label::write_stores(self, &mut stores);
        stores.finish()
    }
}

impl Clone for FrameRef {
    #[inline]
    fn clone(&self) -> Self {
        // SAFETY: `self` keeps the frame alive; the new reference is counted.
        unsafe {
            release::add_full(self.as_ptr());
            FrameRef::from_raw(self.as_ptr())
        }
    }
}

impl Drop for FrameRef {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the reference this handle held is given back once.
        unsafe { release::release(self.as_ptr()) }
    }
}

/// A value reference: keeps one binding's store alive, and nothing else.
struct ValueRef(NonNull<Frame>);

// SAFETY: as `FrameRef`.
unsafe impl Send for ValueRef {}
// SAFETY: as `FrameRef`.
unsafe impl Sync for ValueRef {}

impl ValueRef {
    /// # Safety
    /// `binding` has its value now.
    unsafe fn new(binding: *const Frame) -> Self {
        // SAFETY: by the contract; a binding's address is not null.
        unsafe {
            (*binding).counts.add_value();
            ValueRef(NonNull::new_unchecked(binding.cast_mut()))
        }
    }
}

impl Drop for ValueRef {
    fn drop(&mut self) {
        let mut panics = release::Panics::default();
        // SAFETY: the reference this handle held is given back once.
        panics.catch(|| unsafe { release::give_value_back(self.0.as_ptr()) });
        panics.resume();
    }
}
