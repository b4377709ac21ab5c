//! What a subscriber holds.

use std::fmt;
use std::mem;

/// A subscriber's place in a channel, or in the several of a [`BoundedChannel`](super::BoundedChannel) or
/// [`TracingChannel`](super::TracingChannel): **dropping it unsubscribes**, as [`unsubscribe`](Self::unsubscribe) does.
///
/// For a subscriber that stays for as long as the process runs, [`detach`](Self::detach) it.
///
/// Unsubscribing while messages are published is safe: who publishes at that moment goes on with the list it began with
/// (clause `DC-3`), so a subscriber may still hear one message on another thread.
///
/// # Examples
/// ```
/// use throughline::channel::Channel;
/// static DONE: Channel<u32> = Channel::new("example.done");
///
/// let subscription = DONE.subscribe(|n| println!("{n} is done"));
/// assert!(DONE.has_subscribers());
/// subscription.unsubscribe();
/// assert!(!DONE.has_subscribers());
///
/// DONE.subscribe(|n| println!("{n} is done, always")).detach();
/// assert!(DONE.has_subscribers());
/// ```
#[must_use = "dropping it unsubscribes at once: keep it, or `.detach()` to stay for good"]
pub struct Subscription {
    places: Vec<(Box<dyn Leave>, u64)>,
}

/// A channel of whatever payload, seen by a subscriber that goes.
pub(super) trait Leave: Send + Sync {
    fn leave(&self, id: u64);
    fn channel_name(&self) -> &str;
}

impl Subscription {
    pub(super) fn new(channel: Box<dyn Leave>, id: u64) -> Self {
        Subscription {
            places: vec![(channel, id)],
        }
    }

    /// One handle for both.
    pub(super) fn and(mut self, mut other: Subscription) -> Self {
        self.places.append(&mut other.places);
        self
    }

    /// Ends it, as dropping does.
    ///
    /// Node's answers whether the function was subscribed (clause `DC-4`); who holds this is.
    pub fn unsubscribe(self) {}

    /// Stays subscribed for as long as the process runs.
    pub fn detach(mut self) {
        mem::take(&mut self.places);
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        for (channel, id) in &self.places {
            channel.leave(*id);
        }
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let channels = self.places.iter().map(|(channel, _)| channel.channel_name());
        f.debug_tuple("Subscription")
            .field(&channels.collect::<Vec<_>>())
            .finish()
    }
}
