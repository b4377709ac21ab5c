//! A call whose end others hear of before its caller does.

use super::wiring::run_in;
use crate::Snapshot;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::thread;

/// Runs `f`; a panic goes on with [`or_resume`]. Nothing in between looks at what `f` left half-done.
pub(super) fn caught<R>(f: impl FnOnce() -> R) -> thread::Result<R> {
    catch_unwind(AssertUnwindSafe(f))
}

/// Runs `f` in `frame`, if there is one, and lets go of that when a panic of what `f` [caught] goes on.
pub(super) fn run_caught_in<R>(frame: Option<Snapshot>, f: impl FnOnce() -> thread::Result<R>) -> R {
    let outcome = run_in(frame.as_ref(), f);
    let result = or_resume(outcome);
    // Not as an argument that goes with the function: if a store's `Drop` panics here, the result is dropped, not lost.
    drop(frame);
    result
}

pub(super) fn or_resume<R>(outcome: thread::Result<R>) -> R {
    outcome.unwrap_or_else(|payload| resume_unwind(payload))
}
