//! Many boundaries, one after the other.

use crate::{boundary, in_boundary};

/// Runs `f`, which opens boundaries on the current context. Where there is none yet it is found out once, and not by each of them.
#[inline(always)]
pub(crate) fn in_some_boundary(mut f: impl FnMut()) {
    if in_boundary() { f() } else { outside(&mut f) }
}

/// Not inlined, nor of many types: `f` is there once, where it is called mostly.
#[cold]
#[inline(never)]
fn outside(f: &mut dyn FnMut()) {
    boundary(f);
}
