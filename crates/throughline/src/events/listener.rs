//! What an emitter calls: a closure, each time or once.

use super::{EventEmitter, ListenerId};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Something that can be in an emitter's list, for an event whose payload is `A`.
pub(super) trait Listen<A: ?Sized>: Send + Sync {
    /// Called under no lock, in a boundary of its own.
    fn listen(&self, emission: &Emission<'_>, id: ListenerId, payload: &A);
}

/// What a listener may know of the emission, beside its own id.
pub(super) struct Emission<'a> {
    pub(super) emitter: &'a EventEmitter,
    /// What is emitted is the error of an async listener: another one's is not to be emitted in turn (clause `EE-17`).
    pub(super) routed: bool,
}

/// A closure that is called each time.
pub(super) struct Each<F>(pub(super) F);

impl<A: ?Sized, F: Fn(&A) + Send + Sync> Listen<A> for Each<F> {
    #[inline]
    fn listen(&self, _: &Emission<'_>, _: ListenerId, payload: &A) {
        (self.0)(payload);
    }
}

/// A closure that is called once, by whoever comes first.
pub(super) struct Single<F>(Mutex<Option<F>>);

impl<F> Single<F> {
    pub(super) fn new(listener: F) -> Self {
        Single(Mutex::new(Some(listener)))
    }
}

impl<A: ?Sized, F: FnOnce(&A) + Send> Listen<A> for Single<F> {
    fn listen(&self, emission: &Emission<'_>, id: ListenerId, payload: &A) {
        // Taking it is what makes it ours: another emission, on another thread or within this one, finds it gone.
        let taken = self.lock().take();
        if taken.is_some() {
            let mut taken = Taken(self, taken);
            // Before its call (clause `EE-12`).
            emission.emitter.off(id);
            if let Some(listener) = taken.1.take() {
                listener(payload);
            }
        }
    }
}

impl<F> Single<F> {
    fn lock(&self) -> MutexGuard<'_, Option<F>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A listener before its call. If somebody who hears of its removal panics, it goes back, for another emission that has it still.
struct Taken<'a, F>(&'a Single<F>, Option<F>);

impl<F> Drop for Taken<'_, F> {
    fn drop(&mut self) {
        if self.1.is_some() {
            *self.0.lock() = self.1.take();
        }
    }
}
