//! How frames lie in memory.

use super::counts::Counts;
use super::{FEW, Frame, Mode, NOTHING, Traits, memory};
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
    fn block(len: usize) -> Block {
        let index = (size_of::<*const Frame>() * len).next_multiple_of(Self::ALIGN);
        let size = index + Self::VALUE + size_of::<T>();
        // SAFETY: the alignment is a type's; the size stays below `isize::MAX`, by the assertion above and since an index is
        // at most 32 764 pointers.
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
            if (*f).len() == FEW {
                // The usual length, known when compiling.
                Self::free_as(f, FEW);
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
        unsafe { Self::free_as(f, (*f).len()) }
    }

    /// # Safety
    /// As [`free`](Self::free); `len` is `f`'s.
    #[inline(always)]
    unsafe fn free_as(f: *const Frame, len: usize) {
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

    /// A frame with the parent's index, or a longer one that has the entry `at`, and with no value in it yet.
    ///
    /// # Safety
    /// `parent` is alive and not an entered frame; the caller writes the value, and sees to it that the parent is held as
    /// long as the frame borrows.
    #[inline(always)]
    pub(super) unsafe fn allocate(parent: *const Frame, at: i16, head: Head) -> *mut Frame {
        // SAFETY: by the contract. The lengths are the parent's, and not below it.
        unsafe {
            // The usual length is known when compiling; all else is out of line.
            if (*parent).len() == FEW && at >= -(FEW as i16) {
                Self::allocate_as(parent, FEW, FEW, head)
            } else {
                // One by one: all at once they would be written to the stack, and that also where this is not called.
                let Head {
                    counts,
                    id,
                    mode,
                    traits,
                    epoch,
                } = head;
                Self::allocate_longer(parent, at, id, epoch, mode, traits, counts)
            }
        }
    }

    /// # Safety
    /// As [`allocate`](Self::allocate).
    #[inline(never)]
    unsafe fn allocate_longer(
        parent: *const Frame,
        at: i16,
        id: u64,
        epoch: u32,
        mode: Mode,
        traits: u8,
        counts: Counts,
    ) -> *mut Frame {
        let head = Head {
            counts,
            id,
            mode,
            traits,
            epoch,
        };
        // SAFETY: by the contract; no frame but an entered one has an index of length zero.
        unsafe {
            let old = (*parent).len();
            // No more than a header can say: `key::MOST_SLOTS`.
            let len = old.max((-isize::from(at) as usize).div_ceil(FEW) * FEW);
            Self::allocate_as(parent, old, len, head)
        }
    }

    /// # Safety
    /// As [`allocate`](Self::allocate); `old` is the length of the parent's index, above zero, and `len` not below it.
    #[inline(always)]
    unsafe fn allocate_as(parent: *const Frame, old: usize, len: usize, head: Head) -> *mut Frame {
        // SAFETY: writes go to the fresh block only; reads to the parent's index.
        unsafe {
            let f = Self::take(len);
            // The header goes first: a locked add to the counts may follow at once (a capture), and would wait for this store.
            Self::write_header(f, parent, len, head);
            copy_index(parent, f, old, len);
            f
        }
    }

    #[inline(always)]
    pub(super) fn take(len: usize) -> *mut Frame {
        let block = Self::block(len);
        // SAFETY: the header lies in the block.
        unsafe { block.take().byte_add(block.header).cast() }
    }

    /// # Safety
    /// `f` is the place of a header in a fresh block with room for `len` entries; `parent` is alive.
    #[inline(always)]
    pub(super) unsafe fn write_header(f: *mut Frame, parent: *const Frame, len: usize, head: Head) {
        // SAFETY: by the contract.
        unsafe {
            (*parent).watch.read();
            f.write(Frame {
                counts: head.counts,
                id: head.id,
                parent,
                free: Self::free_dyn,
                start: -(len as i16),
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
/// `from` has `old` entries, above zero; `to` has `len`, not fewer, to be written. Both are multiples of [`FEW`].
#[inline(always)]
unsafe fn copy_index(from: *const Frame, to: *const Frame, old: usize, len: usize) {
    // SAFETY: by the contract. Entry 0 is next to the header, so an index is copied from its far end.
    unsafe {
        let [source, target] = [from, to].map(|f| f.cast_mut().cast::<*const Frame>().sub(old));
        // Of lengths known when compiling, a copy is a few instructions; else it is a call.
        match old {
            4 => ptr::copy_nonoverlapping(source, target, 4),
            8 => ptr::copy_nonoverlapping(source, target, 8),
            12 => ptr::copy_nonoverlapping(source, target, 12),
            16 => ptr::copy_nonoverlapping(source, target, 16),
            _ => ptr::copy_nonoverlapping(source, target, old),
        }
        for new in (old..len).step_by(FEW) {
            let few = to.cast_mut().cast::<[*const Frame; FEW]>();
            few.sub(new / FEW + 1).write([NOTHING; FEW]);
        }
    }
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
