//! How frames lie in memory.

use super::counts::Counts;
use super::{FEW, Frame, Mode, NOTHING, Traits, entry, memory};
use crate::live;
use crate::sync::Watch;
use std::alloc::Layout;
use std::cell::Cell;
use std::marker::PhantomData;
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
    pub(super) const VALUE: usize = size_of::<Frame>().next_multiple_of(align_of::<T>());

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

    /// # Safety
    /// As [`free`](Self::free).
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
    pub(super) unsafe fn allocate(parent: *const Frame, slots: u32, head: Head) -> *mut Frame {
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
    pub(super) fn take(len: u16) -> *mut Frame {
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
    pub(super) unsafe fn write_header(f: *mut Frame, parent: *const Frame, len: u16, head: Head) {
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
        live::frame_made();
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
        live::frame_gone();
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
pub(super) struct Head {
    pub(super) counts: Counts,
    pub(super) id: u64,
    pub(super) mode: Mode,
    pub(super) traits: u8,
    pub(super) epoch: u32,
}
