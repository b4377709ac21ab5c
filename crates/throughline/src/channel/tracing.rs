//! Five channels around a call: its start and end, its asynchronous end, its failure (clauses `DC-12` to `DC-16`).

use super::bounded::channel_of;
use super::callback::TracedCallback;
use super::caught::{caught, run_caught_in};
use super::future::{Settles, Staged, Stages, TraceFuture};
use super::handle::Channel;
use super::quiet::Quiet;
use super::subscription::Subscription;
use super::trace::Trace;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::thread;
use throughline_core::Snapshot;

/// Five channels that tell of a call: `start`, `end`, `async_start`, `async_end` and `error`, each with a [`Trace`].
///
/// `C` is what the caller says of a call, `T` and `E` what it answers and fails with. For what cannot fail, `E` is
/// [`Infallible`](std::convert::Infallible). The channels' names are Node's: `tracing:<name>:start`, …, `tracing:<name>:asyncEnd`.
///
/// | | `start` … `end` | then |
/// | --- | --- | --- |
/// | [`trace_sync`](Self::trace_sync) | around the call; `end` knows the outcome | |
/// | [`trace_future`](Self::trace_future) | around the first poll | `async_start`, `async_end` when it is ready |
/// | [`trace_callback`](Self::trace_callback) | around the call | `async_start`, `async_end` around the callback |
///
/// `error` comes in between when the call answers `Err` or panics. A store bound to `start` is set throughout the call (the whole future), one
/// bound to `async_start` from there to `async_end`.
///
/// **Whether a call is traced is decided once**, when it is made (clause `DC-12`): where nobody listens to any of the five, it is a
/// plain call, and who comes later hears nothing of it.
///
/// # Examples
/// ```
/// use throughline::channel::TracingChannel;
///
/// pub struct Query(&'static str);
/// pub static QUERY: TracingChannel<Query, usize, String> = TracingChannel::new("example.query");
///
/// fn query(sql: &'static str) -> Result<usize, String> {
///     QUERY.trace_sync(Query(sql), || match sql {
///         "" => Err("empty".to_owned()),
///         _ => Ok(3),
///     })
/// }
///
/// # use std::sync::{Arc, Mutex};
/// let log = Arc::new(Mutex::new(Vec::new()));
/// let lines = log.clone();
/// let _subscription = QUERY.end().subscribe(move |trace| {
///     lines.lock().unwrap().push(match (trace.result(), trace.error()) {
///         (Some(rows), _) => format!("{}: {rows} rows", trace.context().0),
///         (_, Some(error)) => format!("{}: {error}", trace.context().0),
///         _ => "panicked".to_owned(),
///     });
/// });
/// assert_eq!(query("select 1"), Ok(3));
/// assert_eq!(query(""), Err("empty".to_owned()));
/// assert_eq!(*log.lock().unwrap(), ["select 1: 3 rows", ": empty"]);
/// ```
pub struct TracingChannel<C: 'static, T: 'static, E: 'static> {
    quiet: Quiet,
    name: &'static str,
    /// Made of the name at the first use.
    events: OnceLock<Arc<TraceEvents<C, T, E>>>,
}

/// The five channels of a [`TracingChannel`], for [`TracingChannel::of`].
pub struct TraceEvents<C: 'static, T: 'static, E: 'static> {
    /// Before the call.
    pub start: Channel<Trace<C, T, E>>,
    /// After the call, or the first poll of a future.
    pub end: Channel<Trace<C, T, E>>,
    /// A future is ready, or a callback called.
    pub async_start: Channel<Trace<C, T, E>>,
    /// Before a future's caller hears of it, or after the callback.
    pub async_end: Channel<Trace<C, T, E>>,
    /// It failed.
    pub error: Channel<Trace<C, T, E>>,
}

/// Who listens to all of a [`TracingChannel`]. Each method does nothing unless written.
///
/// They run as [`Channel::publish`] says: in the context of what is traced, each in a boundary of its own, a panic reported.
#[allow(unused_variables)] // They are the documentation of who implements this.
pub trait TraceSubscriber<C, T, E>: Send + Sync + 'static {
    /// Before the call.
    fn start(&self, trace: &Trace<C, T, E>) {}
    /// After the call, or the first poll of a future.
    fn end(&self, trace: &Trace<C, T, E>) {}
    /// A future is ready, a callback called, or either dropped before.
    #[doc(alias = "asyncStart")]
    fn async_start(&self, trace: &Trace<C, T, E>) {}
    /// Before a future's caller hears of it, or after the callback.
    #[doc(alias = "asyncEnd")]
    fn async_end(&self, trace: &Trace<C, T, E>) {}
    /// It answered `Err` or panicked.
    fn error(&self, trace: &Trace<C, T, E>) {}
}

/// The tracing channel of this name and these types: [`TracingChannel::new`] for names known at run time only.
#[doc(alias = "diagnostics_channel.tracingChannel")]
pub fn tracing_channel<C: 'static, T: 'static, E: 'static>(name: &str) -> TracingChannel<C, T, E> {
    TracingChannel::of(TraceEvents::named(name))
}

impl<C: 'static, T: 'static, E: 'static> TracingChannel<C, T, E> {
    /// The tracing channel of this name and these types, for a `static`.
    pub const fn new(name: &'static str) -> Self {
        TracingChannel {
            quiet: Quiet::unknown(),
            name,
            events: OnceLock::new(),
        }
    }

    /// A tracing channel of given channels.
    pub fn of(events: TraceEvents<C, T, E>) -> Self {
        Self::linked(Arc::new(events))
    }

    fn linked(events: Arc<TraceEvents<C, T, E>>) -> Self {
        TracingChannel {
            quiet: Quiet::unknown(),
            name: "",
            events: OnceLock::from(events),
        }
    }

    /// Published before the call. A store bound here is set throughout it.
    pub fn start(&self) -> &Channel<Trace<C, T, E>> {
        &self.events().start
    }

    /// Published after the call, or the first poll of a future.
    pub fn end(&self) -> &Channel<Trace<C, T, E>> {
        &self.events().end
    }

    /// Published when a future is ready or a callback is called. A store bound here is set until `async_end` (clauses `DC-14`, `DC-16`; for
    /// futures as Node 26.1: earlier ones ignored it).
    #[doc(alias = "asyncStart")]
    pub fn async_start(&self) -> &Channel<Trace<C, T, E>> {
        &self.events().async_start
    }

    /// Published before a future's caller hears of it, or after the callback.
    #[doc(alias = "asyncEnd")]
    pub fn async_end(&self) -> &Channel<Trace<C, T, E>> {
        &self.events().async_end
    }

    /// Published when the call fails: it answered `Err`, or panicked.
    pub fn error(&self) -> &Channel<Trace<C, T, E>> {
        &self.events().error
    }

    /// Whether any of the five has a subscriber or a bound store.
    #[doc(alias = "hasSubscribers")]
    #[inline]
    pub fn has_subscribers(&self) -> bool {
        !self.quiet.is_certain() && self.look()
    }

    #[inline(never)]
    fn look(&self) -> bool {
        let events = self.events();
        self.quiet.look(|| events.are_used().then_some(())).is_some()
    }

    /// Subscribes to all five, until the answer is dropped. For one or two, subscribe there: `channel.error().subscribe(…)`.
    pub fn subscribe(&self, subscriber: impl TraceSubscriber<C, T, E>) -> Subscription {
        let [s1, s2, s3, s4, s5] = {
            let first = Arc::new(subscriber);
            [(); 5].map(|()| first.clone())
        };
        let events = self.events();
        let start = events.start.subscribe(move |trace| s1.start(trace));
        let end = events.end.subscribe(move |trace| s2.end(trace));
        let async_start = events.async_start.subscribe(move |trace| s3.async_start(trace));
        let async_end = events.async_end.subscribe(move |trace| s4.async_end(trace));
        let error = events.error.subscribe(move |trace| s5.error(trace));
        start.and(end).and(async_start).and(async_end).and(error)
    }

    /// Traces a call: `start`, `f`, `error` if it failed, `end` (clause `DC-13`).
    ///
    /// # Panics
    /// If `f` does, after `error` and `end` were published and the stores from before are back.
    #[doc(alias = "traceSync")]
    #[inline]
    pub fn trace_sync(&self, context: C, f: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        if !self.has_subscribers() {
            return f();
        }
        self.events().trace_sync(Trace::new(context), f)
    }

    /// Traces a future: `start`, its first poll, `end`; and when it is ready `error` if it failed, `async_start`, `async_end`, all before its caller
    /// hears of it (clause `DC-15`). Node's `tracePromise`.
    ///
    /// The stores bound to `start` are set throughout the future. One that panics is told of as one that failed. Where
    /// nobody listens when this is called, the answer is the bare future.
    ///
    /// # Panics
    /// The answer panics when polled again after it was ready.
    ///
    /// # Cancel safety
    /// Dropping the answer drops `future` with the stores set, and then publishes `async_start` and `async_end` with a trace that
    /// [is cancelled](Trace::is_cancelled), so that who counts calls sees each end once. Before its first poll it publishes nothing.
    ///
    /// # Examples
    /// ```
    /// # use futures::executor::block_on;
    /// use throughline::{AsyncLocalStorage, channel::TracingChannel};
    /// static SPAN: AsyncLocalStorage<String> = AsyncLocalStorage::new();
    /// static FETCH: TracingChannel<&str, String, ()> = TracingChannel::new("example.fetch");
    ///
    /// FETCH.start().bind_store(&SPAN, |trace| format!("fetch {}", trace.context()));
    /// let fetched = FETCH.trace_future("/", async { Ok(SPAN.get_store().unwrap()) });
    /// assert_eq!(block_on(fetched).unwrap(), "fetch /");
    /// ```
    #[doc(alias = "tracePromise")]
    pub fn trace_future<F>(&self, context: C, future: F) -> TraceFuture<C, T, E, F>
    where
        F: Future<Output = Result<T, E>>,
    {
        if !self.has_subscribers() {
            return Staged::plain(future);
        }
        Staged::waiting(future, Traced(Tracing::new(self.events(), context)))
    }

    /// Traces a call that answers through a callback: `start`, `f`, `end`, and around the callback `error` if it is handed an `Err`,
    /// `async_start`, the callback, `async_end` (clause `DC-14`).
    ///
    /// `f` gets the callback to hand on. It runs where, and in the context in which, [`call`](TracedCallback::call) is called, with the stores
    /// bound to `async_start` set on top. So that it has the context of `f`, with the stores bound to `start`, bind it there:
    /// `(move |result| callback.call(result)).bind_once()`.
    ///
    /// `context` is cloned for the callback, which may run on another thread. `async_start` knows the outcome; `async_end` does not, since the
    /// callback has it. A panic of `f` is told to `error`.
    ///
    /// # Panics
    /// If `f` does, after `error` and `end` were published and the stores from before are back.
    ///
    /// # Cancel safety
    /// A callback that is dropped uncalled publishes `async_start` and `async_end` with a trace that [is cancelled](Trace::is_cancelled).
    ///
    /// # Examples
    /// ```
    /// use throughline::channel::TracingChannel;
    /// static LOOKUP: TracingChannel<&str, u32, String> = TracingChannel::new("example.lookup");
    ///
    /// let _subscription = LOOKUP.error().subscribe(|trace| println!("{:?}", trace.error()));
    /// let print = |found: Result<u32, String>| println!("{found:?}");
    /// let thread = LOOKUP.trace_callback("ada", print, |callback| {
    ///     std::thread::spawn(move || callback.call(Err("nobody".to_owned())))
    /// });
    /// thread.join().unwrap();
    /// ```
    #[doc(alias = "traceCallback")]
    pub fn trace_callback<F, R>(
        &self,
        context: C,
        callback: F,
        f: impl FnOnce(TracedCallback<C, T, E, F>) -> R,
    ) -> R
    where
        C: Clone,
    {
        if !self.has_subscribers() {
            return f(TracedCallback::plain(callback));
        }
        self.events().trace_callback(context, callback, f)
    }

    fn events(&self) -> &Arc<TraceEvents<C, T, E>> {
        match self.events.get() {
            Some(events) => events,
            None => self.link(),
        }
    }

    #[cold]
    fn link(&self) -> &Arc<TraceEvents<C, T, E>> {
        // Not inside `get_or_init`: it may report, and a reporter may call here.
        let events = Arc::new(TraceEvents::named(self.name));
        self.events.get_or_init(|| events)
    }
}

impl<C, T, E> TraceEvents<C, T, E> {
    fn named(name: &str) -> Self {
        TraceEvents {
            start: channel_of(name, "start"),
            end: channel_of(name, "end"),
            async_start: channel_of(name, "asyncStart"),
            async_end: channel_of(name, "asyncEnd"),
            error: channel_of(name, "error"),
        }
    }

    fn all(&self) -> [&Channel<Trace<C, T, E>>; 5] {
        [
            &self.start,
            &self.end,
            &self.async_start,
            &self.async_end,
            &self.error,
        ]
    }

    fn are_used(&self) -> bool {
        self.all().iter().any(|channel| channel.has_subscribers())
    }

    fn trace_sync(&self, mut trace: Trace<C, T, E>, f: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        run_caught_in(self.start.frame(&trace), || {
            self.start.publish(&trace);
            trace.settle(caught(f));
            self.tell_failure(&trace);
            self.end.publish(&trace);
            trace.take()
        })
    }

    fn trace_callback<F, R>(
        self: &Arc<Self>,
        context: C,
        callback: F,
        f: impl FnOnce(TracedCallback<C, T, E, F>) -> R,
    ) -> R
    where
        C: Clone,
    {
        let mut trace = Trace::new(context);
        run_caught_in(self.start.frame(&trace), || {
            self.start.publish(&trace);
            let answer = caught(|| {
                let tracing = Tracing::new(self, trace.context().clone());
                f(TracedCallback::traced(callback, tracing))
            });
            let answer = answer.map_err(|payload| trace.panicked(payload));
            self.tell_failure(&trace);
            self.end.publish(&trace);
            answer.map_err(|()| trace.take_panic())
        })
    }

    fn tell_failure(&self, trace: &Trace<C, T, E>) {
        if trace.has_failed() {
            self.error.publish(trace);
        }
    }
}

/// A traced call on its way to its asynchronous end.
pub(super) struct Tracing<C: 'static, T: 'static, E: 'static> {
    events: Arc<TraceEvents<C, T, E>>,
    pub(super) trace: Trace<C, T, E>,
}

impl<C, T, E> Tracing<C, T, E> {
    fn new(events: &Arc<TraceEvents<C, T, E>>, context: C) -> Box<Self> {
        Box::new(Tracing {
            events: events.clone(),
            trace: Trace::new(context),
        })
    }

    /// Tells of the asynchronous end, with `f` in the middle.
    pub(super) fn settle<R>(
        &mut self,
        outcome: thread::Result<Result<T, E>>,
        f: impl FnOnce(&mut Trace<C, T, E>) -> R,
    ) -> R {
        self.trace.settle(outcome);
        self.events.tell_failure(&self.trace);
        self.in_async_window(f)
    }

    pub(super) fn cancel(&mut self) {
        self.trace.cancel();
        self.in_async_window(|_| ());
    }

    fn in_async_window<R>(&mut self, f: impl FnOnce(&mut Trace<C, T, E>) -> R) -> R {
        let events = &self.events;
        let trace = &mut self.trace;
        run_caught_in(events.async_start.frame(trace), || {
            events.async_start.publish(trace);
            let answer = caught(|| f(trace));
            events.async_end.publish(trace);
            answer
        })
    }
}

/// `start` before the first poll and `end` after it; when the future is ready or has panicked, `error` if that is a failure; then, also when it was
/// dropped pending, `async_start` and `async_end`.
pub struct Traced<C: 'static, T: 'static, E: 'static>(Box<Tracing<C, T, E>>);

impl<C, T, E> Stages for Traced<C, T, E> {
    fn frame(&self) -> Option<Snapshot> {
        self.0.events.start.frame(&self.0.trace)
    }

    fn started(&self) {
        self.0.events.start.publish(&self.0.trace);
    }

    fn returned(&self) {
        self.0.events.end.publish(&self.0.trace);
    }

    fn cancelled(&mut self) {
        self.0.cancel();
    }
}

impl<C, T, E> Settles<Result<T, E>> for Traced<C, T, E> {
    fn settled(&mut self, outcome: thread::Result<Result<T, E>>) -> thread::Result<Result<T, E>> {
        self.0.settle(outcome, |_| ());
        self.0.trace.take()
    }
}

/// The same five channels.
impl<C: 'static, T: 'static, E: 'static> Clone for TracingChannel<C, T, E> {
    fn clone(&self) -> Self {
        Self::linked(self.events().clone())
    }
}

impl<C: 'static, T: 'static, E: 'static> fmt::Debug for TracingChannel<C, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.events(), f)
    }
}

impl<C, T, E> fmt::Debug for TraceEvents<C, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.all()).finish()
    }
}

impl<C, T, E> fmt::Debug for Traced<C, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Traced").field(&self.0.events).finish()
    }
}
