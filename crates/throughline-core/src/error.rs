//! What can go wrong.

use crate::label::Label;
use std::fmt;

/// The error of setting something for the rest of a boundary where there is none: it holds what was to be set.
///
/// A store that is set for "the rest of the current work" needs to know where that ends. On a bare thread nothing ends it, and
/// whatever the thread does next would see it: so it is refused. See [`try_enter_with`](crate::AsyncLocalStorage::try_enter_with).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct NoBoundary<T> {
    value: T,
    /// What it was to be set in; none if it is a whole frame.
    storage: Option<Label>,
}

impl<T> NoBoundary<T> {
    pub(crate) fn new(value: T, storage: Option<Label>) -> Self {
        NoBoundary { value, storage }
    }

    /// What was to be set.
    #[must_use = "what was to be set is dropped unless it is kept"]
    pub fn into_inner(self) -> T {
        self.value
    }
}

const REMEDY: &str = "nothing would end its time: this thread is in no boundary; wrap the work in `root`, \
     `AsyncLocalStorage::run` or `Snapshot::run` (closures), or in `root_scope`, `AsyncLocalStorage::scope` or `in_context` (futures)";

/// What is said where a storage is to be set outside any boundary.
pub(crate) fn no_boundary(storage: Label) -> impl fmt::Display {
    NoBoundary::new((), Some(storage))
}

impl<T> fmt::Display for NoBoundary<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.storage {
            Some(storage) => write!(f, "cannot set {storage} here: {REMEDY}"),
            None => write!(f, "cannot set a frame here: {REMEDY}"),
        }
    }
}

/// With the remedy, since that is what `unwrap` shows; without what was to be set.
impl<T> fmt::Debug for NoBoundary<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("NoBoundary")
            .field(&format_args!("{self}"))
            .finish()
    }
}

impl<T> std::error::Error for NoBoundary<T> {}
