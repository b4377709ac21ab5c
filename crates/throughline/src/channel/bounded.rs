//! A pair of channels around a stretch of work (clause `DC-11`).

use super::caught::{caught, run_caught_in};
use super::future::{BoundedScopeFuture, Settles, Staged, Stages};
use super::handle::Channel;
use super::quiet::Quiet;
use super::registry::channel;
use super::scope::{StoreScope, require_boundary};
use super::subscription::Subscription;
use std::borrow::Borrow;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::thread;
use throughline_core::Snapshot;

/// Two channels, one for the start of a stretch of work and one for its end, both with the same message. Their names are
/// `tracing:<name>:start` and `tracing:<name>:end`.
///
/// The stores bound to `start` are set from before `start` is published until after `end` is.
///
/// # Examples
/// ```
/// use throughline::{AsyncLocalStorage, channel::BoundedChannel};
/// static STEP: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
/// static STEPS: BoundedChannel<&str> = BoundedChannel::new("example.step");
///
/// STEPS.start().bind_store(&STEP, |step| *step);
/// let _subscription = STEPS.subscribe(
///     |step| println!("{step} begins"),
///     |step| assert_eq!(STEP.get_store(), Some(*step)),
/// );
/// STEPS.run(&"parse", || assert_eq!(STEP.get_store(), Some("parse")));
/// assert_eq!(STEP.get_store(), None);
/// ```
pub struct BoundedChannel<M: ?Sized + 'static> {
    quiet: Quiet,
    name: &'static str,
    /// Made of the name at the first use.
    pair: OnceLock<Arc<Pair<M>>>,
}

struct Pair<M: ?Sized + 'static> {
    start: Channel<M>,
    end: Channel<M>,
}

/// The bounded channel of this name and payload type: [`BoundedChannel::new`] for names known at run time only.
#[doc(alias = "diagnostics_channel.boundedChannel")]
pub fn bounded_channel<M: ?Sized + 'static>(name: &str) -> BoundedChannel<M> {
    BoundedChannel::of(channel_of(name, "start"), channel_of(name, "end"))
}

/// The channel for one event of a bounded or tracing channel.
pub(super) fn channel_of<M: ?Sized + 'static>(name: &str, event: &str) -> Channel<M> {
    channel(&format!("tracing:{name}:{event}"))
}

impl<M: ?Sized + 'static> BoundedChannel<M> {
    /// The bounded channel of this name and payload type, for a `static`.
    pub const fn new(name: &'static str) -> Self {
        BoundedChannel {
            quiet: Quiet::unknown(),
            name,
            pair: OnceLock::new(),
        }
    }

    /// A bounded channel of two given channels.
    pub fn of(start: Channel<M>, end: Channel<M>) -> Self {
        Self::linked(Arc::new(Pair { start, end }))
    }

    fn linked(pair: Arc<Pair<M>>) -> Self {
        BoundedChannel {
            quiet: Quiet::unknown(),
            name: "",
            pair: OnceLock::from(pair),
        }
    }

    /// The channel of the start; a store bound to it is set until the end.
    pub fn start(&self) -> &Channel<M> {
        &self.pair().start
    }

    /// The channel of the end.
    pub fn end(&self) -> &Channel<M> {
        &self.pair().end
    }

    /// Whether either channel has a subscriber or a bound store.
    #[doc(alias = "hasSubscribers")]
    #[inline]
    pub fn has_subscribers(&self) -> bool {
        !self.quiet.is_certain() && self.look()
    }

    #[inline(never)]
    fn look(&self) -> bool {
        let pair = self.pair();
        let is_used = || pair.start.has_subscribers() || pair.end.has_subscribers();
        self.quiet.look(|| is_used().then_some(())).is_some()
    }

    /// Subscribes to both, until the answer is dropped.
    pub fn subscribe(
        &self,
        start: impl Fn(&M) + Send + Sync + 'static,
        end: impl Fn(&M) + Send + Sync + 'static,
    ) -> Subscription {
        self.start().subscribe(start).and(self.end().subscribe(end))
    }

    /// Runs `f` between the two messages, with the stores of `start` set. Where nobody listens to either, it is a plain call.
    ///
    /// # Panics
    /// If `f` does, after `end` was published and the stores from before are back.
    #[inline]
    pub fn run<R>(&self, message: &M, f: impl FnOnce() -> R) -> R {
        if !self.has_subscribers() {
            return f();
        }
        self.pair().run(message, f)
    }

    /// Wraps a future: `start` at its first poll, `end` when it is ready, has panicked, or is dropped before, and the stores of
    /// `start` set throughout. The form of [`run`](Self::run) for futures.
    ///
    /// Where nobody listens to either channel when this is called, the answer is the bare future.
    ///
    /// # Panics
    /// The answer panics when polled again after it was ready.
    ///
    /// # Cancel safety
    /// Dropping the answer drops `future` with the stores set, and then publishes `end`. Before its first poll it publishes nothing.
    #[doc(alias = "run")]
    pub fn scope<B, F>(&self, message: B, future: F) -> BoundedScopeFuture<M, B, F>
    where
        B: Borrow<M>,
        F: Future,
    {
        if !self.has_subscribers() {
            return Staged::plain(future);
        }
        let pair = self.pair().clone();
        Staged::waiting(future, Bounded { pair, message })
    }

    /// The start now, with its stores, and the end when the guard is dropped. Prefer [`run`](Self::run) and [`scope`](Self::scope):
    /// of guards holds what [`Channel::with_store_scope`] says.
    ///
    /// # Panics
    /// Outside any boundary, also while nobody listens.
    #[doc(alias = "withScope")]
    #[track_caller]
    pub fn with_scope<B: Borrow<M>>(&self, message: B) -> BoundedScope<M, B> {
        require_boundary();
        let open = self.has_subscribers().then(|| {
            let pair = self.pair().clone();
            let stores = pair.start.with_store_scope(message.borrow());
            Open {
                bounded: Bounded { pair, message },
                _stores: stores,
            }
        });
        BoundedScope { open }
    }

    fn pair(&self) -> &Arc<Pair<M>> {
        match self.pair.get() {
            Some(pair) => pair,
            None => self.link(),
        }
    }

    #[cold]
    fn link(&self) -> &Arc<Pair<M>> {
        // Not inside `get_or_init`: it may report, and a reporter may call here.
        let pair = Arc::new(Pair {
            start: channel_of(self.name, "start"),
            end: channel_of(self.name, "end"),
        });
        self.pair.get_or_init(|| pair)
    }
}

impl<M: ?Sized + 'static> Pair<M> {
    fn run<R>(&self, message: &M, f: impl FnOnce() -> R) -> R {
        run_caught_in(self.start.frame(message), || {
            self.start.publish(message);
            let outcome = caught(f);
            self.end.publish(message);
            outcome
        })
    }
}

/// At the first poll, the stores of `start` are set and `start` is published; `end` when the future is ready, panicked, or was
/// dropped pending.
pub struct Bounded<M: ?Sized + 'static, B> {
    pair: Arc<Pair<M>>,
    message: B,
}

impl<M: ?Sized, B: Borrow<M>> Bounded<M, B> {
    fn end(&self) {
        self.pair.end.publish(self.message.borrow());
    }
}

impl<M: ?Sized, B: Borrow<M>> Stages for Bounded<M, B> {
    fn frame(&self) -> Option<Snapshot> {
        self.pair.start.frame(self.message.borrow())
    }

    fn started(&self) {
        self.pair.start.publish(self.message.borrow());
    }

    fn cancelled(&mut self) {
        self.end();
    }
}

impl<M: ?Sized, B: Borrow<M>, O> Settles<O> for Bounded<M, B> {
    fn settled(&mut self, outcome: thread::Result<O>) -> thread::Result<O> {
        self.end();
        outcome
    }
}

/// The end of a stretch of work, when this is dropped: see [`BoundedChannel::with_scope`].
#[must_use = "the work ends at once unless the scope is kept: `let _scope = …`"]
pub struct BoundedScope<M: ?Sized + 'static, B: Borrow<M>> {
    open: Option<Open<M, B>>,
}

struct Open<M: ?Sized + 'static, B: Borrow<M>> {
    bounded: Bounded<M, B>,
    /// Dropped after `end` is published.
    _stores: StoreScope,
}

impl<M: ?Sized, B: Borrow<M>> BoundedScope<M, B> {
    /// Ends it now, as dropping does.
    #[doc(alias = "[Symbol.dispose]")]
    pub fn dispose(self) {}
}

impl<M: ?Sized + 'static, B: Borrow<M>> Drop for Open<M, B> {
    fn drop(&mut self) {
        self.bounded.end();
    }
}

/// The same two channels.
impl<M: ?Sized + 'static> Clone for BoundedChannel<M> {
    fn clone(&self) -> Self {
        Self::linked(self.pair().clone())
    }
}

impl<M: ?Sized + 'static> fmt::Debug for BoundedChannel<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoundedChannel")
            .field("start", self.start())
            .field("end", self.end())
            .finish()
    }
}

impl<M: ?Sized + 'static, B> fmt::Debug for Bounded<M, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bounded")
            .field("start", &self.pair.start)
            .finish_non_exhaustive()
    }
}

impl<M: ?Sized + 'static, B: Borrow<M>> fmt::Debug for BoundedScope<M, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoundedScope")
            .field("is_open", &self.open.is_some())
            .finish()
    }
}
