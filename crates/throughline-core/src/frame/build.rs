//! Making frames.

use super::counts::Counts;
use super::{
    FEW, Frame, FrameRef, Mode, NOTHING, Traits, ValueRef, binding_at, entry, find_place, memory, real,
    release,
};
use crate::key::{self, Asks, Place};
use crate::sync::Watch;
use std::alloc::Layout;
use std::cell::Cell;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ptr;

/// How a frame that holds a `T` lies in memory.
pub(super) struct Shape<T>(PhantomData<T>);

impl<T> Shape<T> {
    const ALIGN: usize = {
        assert!(
            size_of::<T>() <= isize::MAX as usize / 4,
            "this type is too large to be a store"
        );
        if align_of::<T>() > align_of::<Frame>() {
            align_of::<T>()
        } else {
            align_of::<Frame>()
        }
    };
    /// From the header to the value.
    const VALUE: usize = size_of::<Frame>().next_multiple_of(align_of::<T>());

    /// The block of a frame with an index of `len` entries.
    #[inline(always)]
    fn block(len: u16) -> Block {
        let index = (size_of::<*const Frame>() * len as usize).next_multiple_of(Self::ALIGN);
        let size = index + Self::VALUE + size_of::<T>();
        // SAFETY: the alignment is a type's; the size stays below `isize::MAX`, by the assertion above and since an index is
        // at most 65 535 pointers.
        let layout = unsafe { Layout::from_size_align_unchecked(size, Self::ALIGN) };
        Block {
            layout,
            list: memory::list_for(len, Self::VALUE + size_of::<T>(), Self::ALIGN),
            header: index,
        }
    }

    /// Where the value of a frame of this shape is.
    ///
    /// # Safety
    /// `f` points to a frame that was made with this `T`.
    #[inline(always)]
    pub(super) unsafe fn value(f: *const Frame) -> *mut T {
        // SAFETY: in the same allocation, by the contract.
        unsafe { f.cast_mut().byte_add(Self::VALUE).cast() }
    }

    /// Drops the value and frees the memory.
    ///
    /// # Safety
    /// `f` was made with this `T`, and nothing refers to it or its value any longer.
    #[inline(always)]
    pub(super) unsafe fn free(f: *const Frame) {
        // SAFETY: the contract is the same.
        unsafe {
            if (*f).len == FEW as u16 {
                // The usual length, known when compiling.
                Self::free_as(f, FEW as u16);
            } else {
                Self::free_longer(f);
            }
        }
    }

    /// # Safety
    /// As [`free`](Self::free).
    #[inline(never)]
    unsafe fn free_longer(f: *const Frame) {
        // SAFETY: the contract is the same.
        unsafe { Self::free_as(f, (*f).len) }
    }

    /// # Safety
    /// As [`free`](Self::free); `len` is `f`'s.
    #[inline(always)]
    unsafe fn free_as(f: *const Frame, len: u16) {
        struct Memory(*mut u8, Block);
        impl Drop for Memory {
            #[inline(always)]
            fn drop(&mut self) {
                // SAFETY: this is the block `f` lies in.
                unsafe { self.1.give_back(self.0) }
            }
        }
        // SAFETY: by the contract. The block goes also when the value's destructor panics.
        unsafe {
            (*f).watch.change();
            let block = Self::block(len);
            let _memory = Memory(f.cast_mut().byte_sub(block.header).cast(), block);
            Self::value(f).drop_in_place();
        }
    }

    unsafe fn free_dyn(f: *const Frame) {
        // SAFETY: the contract is the same.
        unsafe { Self::free(f) }
    }

    /// A frame with the parent's index, at least `slots` long, and with no value in it yet.
    ///
    /// # Safety
    /// `parent` is alive and not an entered frame; the caller writes the value, and sees to it that the parent is held as
    /// long as the frame borrows.
    #[inline(always)]
    unsafe fn allocate(parent: *const Frame, slots: u32, head: Head) -> *mut Frame {
        // SAFETY: writes go to the fresh block only; reads to the parent's index. The lengths are the parent's, and not below it.
        unsafe {
            // The usual length is known when compiling; all else is out of line.
            let usual = (*parent).len == FEW as u16 && slots <= FEW as u32;
            let (f, len) = if usual {
                (Self::take(FEW as u16), FEW as u16)
            } else {
                Self::take_longer((*parent).len, slots)
            };
            // The header goes first: a locked add to the counts may follow at once (a capture), and would wait for this store.
            Self::write_header(f, parent, len, head);
            if usual {
                copy_index(parent, f, FEW, FEW);
            } else {
                copy_longer_index(parent, f);
            }
            f
        }
    }

    #[inline(always)]
    fn take(len: u16) -> *mut Frame {
        let block = Self::block(len);
        // SAFETY: the header lies in the block.
        unsafe { block.take().byte_add(block.header).cast() }
    }

    #[inline(never)]
    fn take_longer(old: u16, slots: u32) -> (*mut Frame, u16) {
        let len = if slots <= u32::from(old) {
            old
        } else {
            // No overflow: `key::MOST_SLOTS`.
            slots.next_multiple_of(FEW as u32) as u16
        };
        (Self::take(len), len)
    }

    /// # Safety
    /// `f` is the place of a header in a fresh block with room for `len` entries; `parent` is alive.
    #[inline(always)]
    unsafe fn write_header(f: *mut Frame, parent: *const Frame, len: u16, head: Head) {
        // SAFETY: by the contract.
        unsafe {
            (*parent).watch.read();
            f.write(Frame {
                counts: head.counts,
                id: head.id,
                parent,
                free: Self::free_dyn,
                len,
                traits: Traits((*parent).traits.0 & Traits::ASKS | head.traits),
                mode: Cell::new(head.mode),
                epoch: head.epoch,
                watch: Watch::new(),
                watch_mode: Watch::new(),
            });
        }
    }
}

/// # Safety
/// `from` has `old` entries, above zero; `to` has `len`, not fewer, to be written.
#[inline(always)]
unsafe fn copy_index(from: *const Frame, to: *const Frame, old: usize, len: usize) {
    // SAFETY: by the contract. Entry 0 is next to the header, so an index is copied from its far end.
    unsafe {
        ptr::copy_nonoverlapping(entry(from, old - 1), entry(to, old - 1), old);
        for slot in old..len {
            entry(to, slot).write(NOTHING);
        }
    }
}

/// # Safety
/// As [`copy_index`], with the lengths of the two headers.
#[inline(never)]
unsafe fn copy_longer_index(from: *const Frame, to: *const Frame) {
    // SAFETY: the contract is the same; no frame but an entered one has an index of length zero.
    unsafe { copy_index(from, to, usize::from((*from).len), usize::from((*to).len)) }
}

/// Where a frame lies.
struct Block {
    layout: Layout,
    /// The thread's list of such blocks, if there is one.
    list: Option<usize>,
    /// From the start of the block to the header.
    header: usize,
}

impl Block {
    #[inline(always)]
    fn take(&self) -> *mut u8 {
        // SAFETY: the size is above zero, since there is a header; the list comes from `list_for`.
        unsafe {
            match self.list {
                Some(list) => memory::take_listed(list),
                None => memory::take(self.layout),
            }
        }
    }

    /// # Safety
    /// `p` came from [`take`](Self::take) of an equal block.
    #[inline(always)]
    unsafe fn give_back(&self, p: *mut u8) {
        // SAFETY: by the contract.
        unsafe {
            match self.list {
                Some(list) => memory::give_back_listed(p, list),
                None => memory::give_back(p, self.layout),
            }
        }
    }
}

/// What differs between one new frame's header and another's.
struct Head {
    counts: Counts,
    id: u64,
    mode: Mode,
    traits: u8,
    epoch: u32,
}

/// Whether there may be stores of dropped storages in `parent`'s index that a frame on top of it should not copy on.
///
/// # Safety
/// `parent` is alive.
#[inline(always)]
unsafe fn is_stale(parent: *const Frame, epoch: u32) -> bool {
    // SAFETY: by the contract.
    unsafe { (*parent).epoch != epoch && !(*parent).traits.has(Traits::IMMORTAL) }
}

/// Takes the stores of dropped storages out of the index of a frame that nobody else knows yet.
///
/// # Safety
/// `f` is new, borrows, and is the caller's alone.
#[cold]
#[inline(never)]
unsafe fn forget_the_dead(f: *const Frame) {
    // SAFETY: `f`'s index may be written, since nobody else knows it.
    unsafe {
        key::with_liveness(|is_alive| {
            for slot in 0..(*f).len as usize {
                let binding = *entry(f, slot);
                if binding != NOTHING && binding != f && !is_alive(slot, (*binding).id) {
                    entry(f, slot).write(NOTHING);
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
pub(super) unsafe fn bind<T>(parent: *const Frame, place: Place, value: T) -> *const Frame {
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
unsafe fn bind_if<T, const MAY_BE_GONE: bool>(parent: *const Frame, place: Place, value: T) -> *const Frame {
    // SAFETY: by the contract.
    unsafe {
        let epoch = key::epoch();
        let below = binding_at(parent, place.slot);
        let is_gone = MAY_BE_GONE && below.is_some_and(|b| (*b).id > place.id);
        let hides = below.is_some() && !is_gone;
        let f = Shape::<T>::allocate(
            parent,
            place.slot + 1,
            Head {
                counts: Counts::one(),
                id: place.id,
                mode: if hides { Mode::BorrowsHiding } else { Mode::Borrows },
                traits: place.asks.0,
                epoch,
            },
        );
        if !is_gone {
            entry(f, place.slot as usize).write(f);
        }
        Shape::<T>::value(f).write(value);
        if is_stale(parent, epoch) {
            forget_the_dead(f);
        }
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
    slot: u32,
    binding: *const Frame,
    asks: Asks,
) -> *const Frame {
    let epoch = key::epoch();
    // SAFETY: by the contract.
    unsafe {
        let f = Shape::<()>::allocate(
            parent,
            slot + 1,
            Head {
                counts: Counts::one(),
                id: 0,
                mode: Mode::BorrowsHiding,
                traits: asks.0,
                epoch,
            },
        );
        entry(f, slot as usize).write(binding);
        if is_stale(parent, epoch) {
            forget_the_dead(f);
        }
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

/// `base` with a store bound on top of it.
pub(crate) fn bind_on<T: Send + Sync + 'static>(base: &FrameRef, place: Place, value: T) -> FrameRef {
    // SAFETY: `base` holds the parent until the new frame is settled.
    unsafe { settled(bind_if::<T, true>(base.as_ptr(), place, value)) }
}

/// `base` without the store of a storage.
pub(crate) fn without_on(base: &FrameRef, place: Place) -> FrameRef {
    // SAFETY: as in `bind_on`.
    unsafe {
        match find_place(base.as_ptr(), place.slot, place.id) {
            Some(_) => settled(replace(base.as_ptr(), place.slot, NOTHING, place.asks)),
            None => base.clone(),
        }
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
    unsafe { settled(replace(real(current), place.slot, binding, place.asks)) }
}

/// A binding that is part of another frame's block: a header without an index, and a value.
#[repr(C)]
pub(crate) struct Part<T> {
    header: Frame,
    value: T,
}

unsafe fn free_part<T>(part: *const Frame) {
    // SAFETY: called once, by whoever gave the part's last value reference back. The block the part lies in stays until the
    // part's reference to it is given back, also when the value's destructor panics.
    unsafe {
        struct Block(*const Frame);
        impl Drop for Block {
            fn drop(&mut self) {
                // SAFETY: each part holds one value reference of its block.
                unsafe { release::give_value_back(self.0) }
            }
        }
        (*part).watch.change();
        let _block = Block((*part).parent);
        Shape::<T>::value(part).drop_in_place();
    }
}

/// Several stores of several storages, to be bound by one frame. Implemented for tuples.
pub(crate) trait Bindings: Sized {
    /// The parts, as they lie in the block.
    type Parts;
    const COUNT: usize;
    /// Where each part is among them, in order. A part's header is at its start.
    const OFFSETS: &'static [usize];

    /// The places, in order.
    fn places(&self, each: &mut dyn FnMut(Place));

    /// The parts, in order.
    fn into_parts(self, make: PartMaker) -> Self::Parts;
}

/// What a part needs to know of the block it will lie in.
#[derive(Clone, Copy)]
pub(crate) struct PartMaker {
    block: *const Frame,
    epoch: u32,
}

impl PartMaker {
    pub(crate) fn part<T>(self, place: Place, value: T) -> Part<T> {
        // `Shape::value` and `Part` must agree on where the value is.
        const { assert!(std::mem::offset_of!(Part<T>, value) == Shape::<T>::VALUE) };
        Part {
            header: Frame {
                counts: Counts::value_only(),
                id: place.id,
                parent: self.block,
                free: free_part::<T>,
                len: 0,
                traits: Traits(place.asks.0 | Traits::PART),
                mode: Cell::new(Mode::Borrows),
                epoch: self.epoch,
                watch: Watch::new(),
                watch_mode: Watch::new(),
            },
            value,
        }
    }
}

/// A new frame that binds several stores on top of `parent`; as [`bind`] for one.
///
/// # Safety
/// As [`bind`].
pub(super) unsafe fn bind_all<B: Bindings>(parent: *const Frame, stores: B) -> *const Frame {
    let epoch = key::epoch();
    let (mut slots, mut asks) = (0, 0);
    stores.places(&mut |p| {
        slots = slots.max(p.slot + 1);
        asks |= p.asks.0;
    });
    // SAFETY: by the contract. The parts are dropped one by one, so the block's own value is not.
    unsafe {
        let f = Shape::<ManuallyDrop<B::Parts>>::allocate(
            parent,
            slots,
            Head {
                counts: Counts::one_and(B::COUNT),
                id: 0,
                mode: Mode::BorrowsParts,
                traits: asks,
                epoch,
            },
        );
        let mut places = [0; MOST_PARTS];
        let mut n = 0;
        stores.places(&mut |p| {
            places[n] = p.slot as usize;
            n += 1;
        });
        let parts = Shape::<ManuallyDrop<B::Parts>>::value(f);
        parts.write(ManuallyDrop::new(
            stores.into_parts(PartMaker { block: f, epoch }),
        ));
        for (&offset, &slot) in B::OFFSETS.iter().zip(&places) {
            // From the block's own pointer, so that the index and the parent stay reachable from a part.
            entry(f, slot).write(parts.byte_add(offset).cast::<Frame>());
        }
        if is_stale(parent, epoch) {
            forget_the_dead(f);
        }
        f
    }
}

/// `base` with several stores bound on top of it.
pub(crate) fn bind_all_on<B: Bindings>(base: &FrameRef, stores: B) -> FrameRef {
    // SAFETY: as in `bind_on`.
    unsafe { settled(bind_all(base.as_ptr(), stores)) }
}

/// The longest tuple of stores.
pub(crate) const MOST_PARTS: usize = 8;
