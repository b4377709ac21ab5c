//! Users' closures whose destructors harm nobody.

use throughline_core::__private::isolate;

/// What is dropped wherever the last list that holds it goes, perhaps in a publisher that has nothing to do with it: a panic of its
/// destructor is reported (clause `DC-3`).
pub(super) struct Peaceful<T>(Option<T>);

impl<T> Peaceful<T> {
    pub(super) fn new(inner: T) -> Self {
        Peaceful(Some(inner))
    }

    #[inline]
    pub(super) fn get(&self) -> &T {
        self.0.as_ref().expect("it is there until it is dropped")
    }
}

impl<T> Drop for Peaceful<T> {
    fn drop(&mut self) {
        let inner = self.0.take();
        isolate(
            || "the destructor of a channel's subscriber or transform".to_owned(),
            || drop(inner),
        );
    }
}
