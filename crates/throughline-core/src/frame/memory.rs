//! Where frames' memory comes from.

use crate::sync::{alloc, dealloc};
use std::alloc::{Layout, handle_alloc_error};

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
