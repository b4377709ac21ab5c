//! Channels by name: the same name and payload type, the same channel (clause `DC-1`).

use super::handle::Channel;
use super::shared::Shared;
use super::subscription::Subscription;
use std::any::{Any, TypeId, type_name};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use throughline_core::__private::report;
use throughline_core::Report;

/// The channel of this name and payload type, made if there is none.
///
/// It is the same for all who ask, and the same as a `static` [`Channel`] with this name and type. The registry does not keep it:
/// it goes with its last handle, unless it has a subscriber or a bound store.
///
/// The payload type is part of what a channel is. **The same name with another type is another channel**, and neither hears the
/// other. Since that is more often a mistake than meant (two versions of a library in one program mean it), it is
/// reported once, as a [`Report::Warning`] with the name `ChannelPayloadWarning`, when the second one comes up.
///
/// # Examples
/// ```
/// use throughline::channel::{self, channel};
///
/// let start = channel::<u32>("example.start");
/// assert!(!start.has_subscribers());
/// let _subscription = channel::subscribe("example.start", |n: &u32| println!("started {n}"));
/// assert!(start.has_subscribers());
/// start.publish(&7);
/// ```
#[doc(alias = "diagnostics_channel.channel")]
pub fn channel<M: ?Sized + 'static>(name: &str) -> Channel<M> {
    Channel::linked(intern(name))
}

/// As [`Channel::subscribe`] on the [`channel`] of this name and payload type.
#[doc(alias = "diagnostics_channel.subscribe")]
pub fn subscribe<M, F>(name: &str, subscriber: F) -> Subscription
where
    M: ?Sized + 'static,
    F: Fn(&M) + Send + Sync + 'static,
{
    channel::<M>(name).subscribe(subscriber)
}

/// Whether the channel of this name and payload type exists and has a subscriber or a bound store.
#[doc(alias = "hasSubscribers")]
pub fn has_subscribers<M: ?Sized + 'static>(name: &str) -> bool {
    // The lock is given back before the channel is, which may be the last count.
    let found = find::<M>(&registry(), name);
    found.is_some_and(|shared| shared.in_use().is_some())
}

struct Entry {
    payload: TypeId,
    payload_name: &'static str,
    shared: Weak<dyn Any + Send + Sync>,
}

impl Entry {
    fn is_alive(&self) -> bool {
        self.shared.strong_count() > 0
    }
}

type Registry = BTreeMap<Box<str>, Vec<Entry>>;

static REGISTRY: Mutex<Registry> = Mutex::new(BTreeMap::new());

fn registry() -> MutexGuard<'static, Registry> {
    REGISTRY.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn intern<M: ?Sized + 'static>(name: &str) -> Arc<Shared<M>> {
    let mut registry = registry();
    if let Some(shared) = find::<M>(&registry, name) {
        return shared;
    }
    let shared = Arc::new(Shared::<M>::new(name));
    let entries = registry.entry(name.into()).or_default();
    entries.retain(Entry::is_alive);
    let other = entries.first().map(|entry| entry.payload_name);
    entries.push(entry_of(&shared));
    drop(registry);
    if let Some(other) = other {
        warn_of_two_payloads(name, other, type_name::<M>());
    }
    shared
}

fn find<M: ?Sized + 'static>(registry: &Registry, name: &str) -> Option<Arc<Shared<M>>> {
    let payload = TypeId::of::<M>();
    let entries = registry.get(name)?;
    let shared = entries
        .iter()
        .find(|entry| entry.payload == payload && entry.is_alive())?
        .shared
        .upgrade()?;
    shared.downcast().ok()
}

fn entry_of<M: ?Sized + 'static>(shared: &Arc<Shared<M>>) -> Entry {
    let shared: Weak<Shared<M>> = Arc::downgrade(shared);
    Entry {
        payload: TypeId::of::<M>(),
        payload_name: type_name::<M>(),
        shared,
    }
}

fn warn_of_two_payloads(name: &str, one: &str, other: &str) {
    let message = format!(
        "channel `{name}` is used with the payload types `{one}` and `{other}`: these are two channels, and neither hears the other"
    );
    report(&Report::Warning {
        name: "ChannelPayloadWarning",
        message: &message,
    });
}

/// Forgets channels of this name that are gone.
pub(super) fn sweep(name: &str) {
    let mut registry = registry();
    if let Some(entries) = registry.get_mut(name) {
        entries.retain(Entry::is_alive);
        if entries.is_empty() {
            registry.remove(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `DC-1`, `MEM-2`
    #[test]
    fn names_nobody_uses_leave_nothing_behind() {
        let names = || registry().keys().filter(|name| name.starts_with("unit.")).count();
        let one = channel::<u32>("unit.one");
        let subscription = one.subscribe(|_| ());
        drop(one);
        for n in 0..100 {
            drop(channel::<u32>(&format!("unit.many.{n}")));
        }
        assert_eq!(names(), 1);
        drop(subscription);
        assert_eq!(names(), 0);
    }
}
