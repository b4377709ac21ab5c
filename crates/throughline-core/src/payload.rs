//! Letting go of what a panic carried.

use std::any::Any;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Drops what a panic carried, which the hook has seen. Its destructor may panic, and so may that of what that carries; at some point it is left alone.
pub(crate) fn discard(payload: Box<dyn Any + Send>) {
    let mut next = Some(payload);
    for _ in 0..8 {
        let Some(payload) = next.take() else {
            return;
        };
        next = catch_unwind(AssertUnwindSafe(|| drop(payload))).err();
    }
    mem::forget(next);
}
