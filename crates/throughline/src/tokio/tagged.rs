//! A value that travels with the context of whoever sent it.

use crate::{FutureContextExt, HandOver, InContext, Snapshot, snapshot_for};

/// A value with its sender's context: an item of a channel that is worked off on the sender's behalf.
///
/// Made by [`tag`] and [`tag_for`]. The receiver goes on in the sender's context for one item at a time, by [`run`](Self::run) or [`scope`](Self::scope): in a
/// boundary of its own, so that one sender's context never lasts until another's item.
///
/// Dropped, it is dropped as any value, in the context of whoever drops it.
///
/// # Examples
/// ```
/// use throughline::{AsyncLocalStorage, HandOver, Propagation, tokio::{Tagged, tag, tag_for}};
/// // Goes along in queues; says so where it is declared.
/// static TENANT: AsyncLocalStorage<&str> = AsyncLocalStorage::new().propagation(Propagation::everywhere());
/// // Does not, unless this sender says that the item is part of the work that it does.
/// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let (sender, mut receiver) = tokio::sync::mpsc::channel::<Tagged<u32>>(8);
/// TENANT.scope("acme", USER.scope("ada", async {
///     sender.send(tag(1)).await.unwrap();
///     sender.send(tag_for(HandOver::Task, 2)).await.unwrap();
/// })).await;
///
/// let first = receiver.recv().await.unwrap();
/// first.run(|item| assert_eq!((item, TENANT.get_store(), USER.get_store()), (1, Some("acme"), None)));
/// let second = receiver.recv().await.unwrap();
/// second.scope(async |item| {
///     assert_eq!((item, TENANT.get_store(), USER.get_store()), (2, Some("acme"), Some("ada")));
/// }).await;
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "the value is worked off in its sender's context by `run` or `scope`"]
pub struct Tagged<T> {
    value: T,
    snapshot: Snapshot,
}

/// Tags `value` with what crosses to a [job](HandOver::Job): of the current context, only what asks to be there in queues.
///
/// # Panics
/// Only if a storage's map does ([`Crossing::Map`](crate::Crossing::Map)).
#[inline]
#[track_caller]
pub fn tag<T>(value: T) -> Tagged<T> {
    tag_for(HandOver::Job, value)
}

/// Tags `value` with what crosses at such a hand-over: as a [`Task`](HandOver::Task), say, if working it off is part of the work that the sender does.
///
/// # Panics
/// As [`tag`].
#[inline]
#[track_caller]
pub fn tag_for<T>(hand_over: HandOver, value: T) -> Tagged<T> {
    let snapshot = snapshot_for(hand_over);
    Tagged { value, snapshot }
}

impl<T> Tagged<T> {
    /// Runs `f` on the value in the sender's context.
    ///
    /// # Panics
    /// Only if `f` does, or the `Drop` of a store that it entered, or that nobody else keeps.
    #[inline]
    pub fn run<R>(self, f: impl FnOnce(T) -> R) -> R {
        let Tagged { value, snapshot } = self;
        let result = snapshot.run(|| f(value));
        // Not as a local that goes with the function: if a store's `Drop` panics here, the result is dropped, not lost.
        drop(snapshot);
        result
    }

    /// The future that `f` makes of the value; both in the sender's context.
    ///
    /// # Panics
    /// The answer panics when polled again after it was ready.
    ///
    /// # Cancel safety
    /// Dropping the answer drops the future in the sender's context.
    #[inline]
    pub fn scope<F: Future>(self, f: impl FnOnce(T) -> F) -> InContext<F> {
        let Tagged { value, snapshot } = self;
        let future = snapshot.run(|| f(value));
        future.with_snapshot(snapshot)
    }

    /// The value, to be read outside of that context.
    pub fn value(&self) -> &T {
        &self.value
    }

    /// The sender's context.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Another value with the same sender's context.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Tagged<U> {
        let Tagged { value, snapshot } = self;
        Tagged {
            value: f(value),
            snapshot,
        }
    }

    /// The value, and the sender's context.
    pub fn into_parts(self) -> (T, Snapshot) {
        (self.value, self.snapshot)
    }
}
