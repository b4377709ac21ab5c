//! A call whose end others hear of before its caller does.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::thread;

/// Runs `f`; a panic goes on with [`or_resume`]. Nothing in between looks at what `f` left half-done.
pub(super) fn caught<R>(f: impl FnOnce() -> R) -> thread::Result<R> {
    catch_unwind(AssertUnwindSafe(f))
}

pub(super) fn or_resume<R>(outcome: thread::Result<R>) -> R {
    outcome.unwrap_or_else(|payload| resume_unwind(payload))
}
