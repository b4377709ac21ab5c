//! A storage bound to a channel (clauses `DC-5` to `DC-8`).

use super::peaceful::Peaceful;
use std::borrow::Borrow;
use std::marker::PhantomData;
use throughline_core::__private::isolate;
use throughline_core::{AsyncLocalStorage, RunScope, Snapshot, Store, host, snapshot};

pub(super) trait Binding<M: ?Sized>: Send + Sync {
    /// `frame` with the store that the message becomes; `frame` as it is if the transform panics.
    fn set_on(&self, frame: Snapshot, message: &M, channel: &str) -> Snapshot;

    /// The same for the rest of the current boundary, or until the guard goes.
    fn enter(&self, message: &M, channel: &str) -> Option<RunScope>;

    /// Tells storages apart.
    fn address(&self) -> usize;
}

pub(super) struct BoundStore<T, S, F> {
    bound: Peaceful<(S, F)>,
    /// Asked once: `borrow` is a user's, and addresses are compared under a lock.
    address: usize,
    store: PhantomData<fn() -> T>,
}

impl<T, S, F> BoundStore<T, S, F>
where
    T: Store,
    S: Borrow<AsyncLocalStorage<T>>,
{
    pub(super) fn new(storage: S, transform: F) -> Self {
        let address = address_of(storage.borrow());
        BoundStore {
            bound: Peaceful::new((storage, transform)),
            address,
            store: PhantomData,
        }
    }

    fn storage(&self) -> &AsyncLocalStorage<T> {
        self.bound.get().0.borrow()
    }

    fn transformed<M: ?Sized>(&self, frame: &Snapshot, message: &M, channel: &str) -> Option<T>
    where
        F: Fn(&M) -> T,
    {
        let (storage, transform) = self.bound.get();
        let place = || match storage.borrow().name() {
            "" => format!("transform of a store bound to channel `{channel}`"),
            name => format!("transform of store `{name}` bound to channel `{channel}`"),
        };
        isolate(place, || frame.run(|| transform(message)))
    }
}

impl<M, T, S, F> Binding<M> for BoundStore<T, S, F>
where
    M: ?Sized,
    T: Store,
    S: Borrow<AsyncLocalStorage<T>> + Send + Sync,
    F: Fn(&M) -> T + Send + Sync,
{
    fn set_on(&self, frame: Snapshot, message: &M, channel: &str) -> Snapshot {
        match self.transformed(&frame, message, channel) {
            Some(store) => host::frame_with(&frame, self.storage(), store),
            None => frame,
        }
    }

    fn enter(&self, message: &M, channel: &str) -> Option<RunScope> {
        let store = self.transformed(&snapshot(), message, channel)?;
        Some(self.storage().with_scope(store))
    }

    fn address(&self) -> usize {
        self.address
    }
}

pub(super) fn address_of<T: Store>(storage: &AsyncLocalStorage<T>) -> usize {
    std::ptr::from_ref(storage).addr()
}
