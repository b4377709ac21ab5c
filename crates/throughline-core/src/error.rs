//! What can go wrong.

use std::fmt;

/// The error of setting something for the rest of a boundary where there is none: it holds what was to be set.
///
/// A store that is set for "the rest of the current work" needs to know where that ends. On a bare thread nothing ends it, and
/// whatever the thread does next would see it: so it is refused. See [`try_enter_with`](crate::AsyncLocalStorage::try_enter_with).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct NoBoundary<T>(T);

impl<T> NoBoundary<T> {
    pub(crate) fn new(value: T) -> Self {
        NoBoundary(value)
    }

    /// What was to be set.
    #[must_use = "what was to be set is dropped unless it is kept"]
    pub fn into_inner(self) -> T {
        self.0
    }
}

pub(crate) const NO_BOUNDARY: &str = "nothing would end this store's time: this thread is in no boundary; wrap the work in `root`, \
     `AsyncLocalStorage::run` or `Snapshot::run` (closures), or in `root_scope`, `AsyncLocalStorage::scope` or `in_context` (futures)";

impl<T> fmt::Display for NoBoundary<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NO_BOUNDARY)
    }
}

impl<T> fmt::Debug for NoBoundary<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NoBoundary").finish_non_exhaustive()
    }
}

impl<T> std::error::Error for NoBoundary<T> {}
