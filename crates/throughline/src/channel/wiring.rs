//! Who listens to a channel, and which stores it sets: a list that never changes, replaced as a whole (clause `DC-3`).

use super::binding::Binding;
use super::peaceful::Peaceful;
use super::scope::StoreScope;
use super::shared::Shared;
use std::sync::Arc;
use throughline_core::__private::isolate;
use throughline_core::{Snapshot, boundary, snapshot};

/// Never empty.
pub(super) struct Wiring<M: ?Sized + 'static> {
    pub(super) lists: Lists<M>,
    /// A channel in use keeps itself alive, though nobody but its users may have it (clause `DC-1`). The circle opens
    /// when the last of them goes.
    pub(super) channel: Arc<Shared<M>>,
}

pub(super) struct Lists<M: ?Sized + 'static> {
    pub(super) subscribers: Vec<Subscriber<M>>,
    pub(super) stores: Vec<Arc<dyn Binding<M>>>,
}

pub(super) struct Subscriber<M: ?Sized + 'static> {
    pub(super) id: u64,
    pub(super) listener: Arc<dyn Listener<M>>,
}

/// A closure that hears messages.
pub(super) trait Listener<M: ?Sized>: Send + Sync {
    fn hear(&self, message: &M);
}

impl<M: ?Sized, F: Fn(&M) + Send + Sync> Listener<M> for Peaceful<F> {
    fn hear(&self, message: &M) {
        self.get()(message);
    }
}

impl<M: ?Sized> Wiring<M> {
    /// Each subscriber hears it in the context of the caller, in a boundary of its own; what one enters no other sees.
    pub(super) fn publish(&self, message: &M) {
        if self.lists.subscribers.is_empty() {
            return;
        }
        for subscriber in &self.lists.subscribers {
            let place = || format!("subscriber of channel `{}`", self.channel.name());
            isolate(place, || boundary(|| subscriber.listener.hear(message)));
        }
    }

    /// The current stores with the bound ones; none if none is bound. A transform sees what those before it set (`DC-7`).
    pub(super) fn frame(&self, message: &M) -> Option<Snapshot> {
        let (first, others) = self.lists.stores.split_first()?;
        let name = self.channel.name();
        let frame = first.set_on(snapshot(), message, name);
        Some(
            others
                .iter()
                .fold(frame, |frame, store| store.set_on(frame, message, name)),
        )
    }

    /// Sets the bound stores for the rest of the current boundary, or until the guard goes, and publishes.
    #[track_caller]
    pub(super) fn enter(&self, message: &M) -> StoreScope {
        let mut scope = StoreScope::default();
        for store in &self.lists.stores {
            if let Some(guard) = store.enter(message, self.channel.name()) {
                scope.push(guard);
            }
        }
        self.publish(message);
        scope
    }
}

impl<M: ?Sized> Lists<M> {
    pub(super) fn are_empty(&self) -> bool {
        self.subscribers.is_empty() && self.stores.is_empty()
    }
}

impl<M: ?Sized> Default for Lists<M> {
    fn default() -> Self {
        Lists {
            subscribers: Vec::new(),
            stores: Vec::new(),
        }
    }
}

impl<M: ?Sized> Clone for Lists<M> {
    fn clone(&self) -> Self {
        Lists {
            subscribers: self.subscribers.clone(),
            stores: self.stores.clone(),
        }
    }
}

impl<M: ?Sized> Clone for Subscriber<M> {
    fn clone(&self) -> Self {
        Subscriber {
            id: self.id,
            listener: self.listener.clone(),
        }
    }
}

/// Runs `f` in `frame`, if there is one.
#[inline]
pub(super) fn run_in<R>(frame: Option<&Snapshot>, f: impl FnOnce() -> R) -> R {
    match frame {
        Some(frame) => frame.run(f),
        None => f(),
    }
}
