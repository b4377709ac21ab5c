//! Where frames' memory comes from: the allocator, and for small stores first a few free blocks that each thread keeps.
//!
//! Most frames of a program have one size, and a scope gives back what it took a moment ago. Keeping it makes a `run` about three
//! times as fast, and takes less than `malloc` and `free` alone (`benches/src/questions/run.rs`). The blocks are listed by size, so that none is much
//! larger than it need be; the lists are bounded, hold no stores, and go with their thread.
//!
//! The cfg `throughline_no_pool` turns this off, for tools that watch the allocator (`.ci/deep`).

use super::Frame;
use crate::sync::{alloc, dealloc};
use std::alloc::{Layout, handle_alloc_error};
use std::cell::Cell;
use std::ptr;

/// The room for header and store in a listed block: stores of one word, of up to three, five, and eight.
const ROOMS: [usize; 4] = [
    size_of::<Frame>() + 8,
    size_of::<Frame>() + 24,
    size_of::<Frame>() + 40,
    size_of::<Frame>() + 64,
];
/// How many free blocks a thread keeps of each size.
const MOST: u32 = 16;
/// For each room there are lists for indexes of 0 (of entered frames), 4, 8, … entries: so many.
const LENGTHS: usize = 21;

/// Loom switches threads where std's thread-locals do not notice.
const LISTED: bool = !cfg!(any(loom, throughline_no_pool));

/// The list for blocks with an index of `len` entries and `room` bytes for header and store, if there is one.
#[inline(always)]
pub(super) fn list_for(len: usize, room: usize, align: usize) -> Option<usize> {
    // Lengths come in fours.
    let length = len / super::FEW;
    if !LISTED || align > align_of::<Frame>() || room > ROOMS[3] || length >= LENGTHS {
        return None;
    }
    // Known when compiling.
    let kind = usize::from(room > ROOMS[0]) + usize::from(room > ROOMS[1]) + usize::from(room > ROOMS[2]);
    Some(kind * LENGTHS + length)
}

fn listed_layout(list: usize) -> Layout {
    let index = (list % LENGTHS) * super::FEW * size_of::<*const Frame>();
    // SAFETY: the alignment is a type's; the size is small.
    unsafe { Layout::from_size_align_unchecked(index + ROOMS[list / LENGTHS], align_of::<Frame>()) }
}

/// # Safety
/// `layout` has a size above zero.
#[inline(always)]
pub(super) unsafe fn take(layout: Layout) -> *mut u8 {
    // SAFETY: by the contract.
    let p = unsafe { alloc(layout) };
    if p.is_null() {
        handle_alloc_error(layout);
    }
    p
}

/// # Safety
/// `p` came from [`take`] with this `layout`.
#[inline(always)]
pub(super) unsafe fn give_back(p: *mut u8, layout: Layout) {
    // SAFETY: by the contract.
    unsafe { dealloc(p, layout) }
}

/// # Safety
/// `list` comes from [`list_for`].
#[inline(always)]
pub(super) unsafe fn take_listed(list: usize) -> *mut u8 {
    FREE.with(|free| {
        // SAFETY: by the contract.
        let free = unsafe { free.get_unchecked(list) };
        let block = free.first.get();
        if block.is_null() {
            // SAFETY: a block has a size above zero.
            return unsafe { take_new(list) };
        }
        // SAFETY: a listed block is this list's alone, and begins with the next one.
        free.first.set(unsafe { (*block).next });
        free.left.set(free.left.get() + 1);
        block.cast()
    })
}

/// # Safety
/// As [`take_listed`].
#[cold]
#[inline(never)]
unsafe fn take_new(list: usize) -> *mut u8 {
    // SAFETY: a block has a size above zero.
    unsafe { take(listed_layout(list)) }
}

/// # Safety
/// `p` came from [`take_listed`] with this `list`, on any thread.
#[inline(always)]
pub(super) unsafe fn give_back_listed(p: *mut u8, list: usize) {
    FREE.with(|free| {
        // SAFETY: by the contract.
        let free = unsafe { free.get_unchecked(list) };
        let left = free.left.get();
        if left > 0 {
            // SAFETY: the caller gives up a block of this list.
            unsafe { free.push(p.cast(), left) };
        } else {
            // SAFETY: the same.
            unsafe { give_back_unlisted(p, list) };
        }
    });
}

/// The list is full, or the thread is new, or it is ending.
///
/// # Safety
/// As [`give_back_listed`].
#[cold]
#[inline(never)]
unsafe fn give_back_unlisted(p: *mut u8, list: usize) {
    // A new thread is made sure to give everything back when it ends; once it has, this fails.
    let _ = OPEN.try_with(|open| {
        if !open.0.replace(true) {
            FREE.with(|free| free.iter().for_each(|list| list.left.set(MOST)));
        }
    });
    FREE.with(|free| {
        let free = &free[list];
        // SAFETY: the caller gives up a block of this list.
        unsafe {
            match free.left.get() {
                0 => give_back(p, listed_layout(list)),
                left => free.push(p.cast(), left),
            }
        }
    });
}

struct Block {
    next: *mut Block,
}

struct FreeList {
    first: Cell<*mut Block>,
    /// How many more it will keep.
    left: Cell<u32>,
}

impl FreeList {
    /// # Safety
    /// The caller gives up a block of this list; `left` is above zero.
    #[inline(always)]
    unsafe fn push(&self, block: *mut Block, left: u32) {
        // SAFETY: by the contract; it is large enough, and aligned.
        unsafe {
            block.write(Block {
                next: self.first.get(),
            });
        }
        self.first.set(block);
        self.left.set(left - 1);
    }
}

std::thread_local! {
    // Without a destructor, so that frames come and go in those of other thread-locals.
    static FREE: [FreeList; LENGTHS * ROOMS.len()] = const {
        [const { FreeList { first: Cell::new(ptr::null_mut()), left: Cell::new(0) } }; LENGTHS * ROOMS.len()]
    };
    static OPEN: Open = const { Open(Cell::new(false)) };
}

/// Whether this thread keeps blocks.
struct Open(Cell<bool>);

impl Drop for Open {
    fn drop(&mut self) {
        FREE.with(|free| {
            for (list, free) in free.iter().enumerate() {
                free.left.set(0);
                let mut block = free.first.replace(ptr::null_mut());
                while !block.is_null() {
                    // SAFETY: the blocks are this list's alone; each is read before it goes.
                    unsafe {
                        let next = (*block).next;
                        give_back(block.cast(), listed_layout(list));
                        block = next;
                    }
                }
            }
        });
    }
}
