//! The emitter: who listens, and how they are called.

use super::async_listener::{Async, ListenerTask};
use super::event::EventId;
use super::limit::Limit;
use super::listener::{Each, Emission, Listen, Single};
use super::lists::{Entry, Lists, Place};
use super::{
    ERROR, ERROR_MONITOR, EmittedError, Event, ListenerId, ListenerInfo, NEW_LISTENER, REMOVE_LISTENER,
    UnhandledError,
};
use crate::boundaries::in_some_boundary;
use crate::{AsyncResource, boundary};
use std::error::Error;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::{Arc, Weak};
use throughline_core::__private::Bound;

/// Calls those who listen, at once and in the order in which they were added.
///
/// It is a handle: clones are the same emitter. All methods take `&self`, from any thread, and from within a listener: it may add and
/// remove listeners, emit again, and panic. An emission calls those who listened when it began (clause `EE-10`).
///
/// **In which context does a listener run?** In that of the [`emit`](Self::emit) that calls it, as in Node (clause `EE-9`), and not in that of
/// its registration: that is [`on_bound`](Self::on_bound), or [`bind!`](crate::bind!) for the other methods. Each call is a boundary of its
/// own: what a listener enters is seen by no other listener, nor by whoever emitted (Node's leak of clause `ALS-17` does not exist here).
///
/// A listener that owns a clone of its own emitter keeps it alive for ever: give it a [`WeakEventEmitter`].
///
/// # Examples
/// ```
/// use throughline::{AsyncLocalStorage, Event, EventEmitter};
/// static REQUEST: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
///
/// struct Reason(&'static str);
/// const CLOSE: Event<Reason> = Event::new("close");
///
/// let emitter = EventEmitter::new();
/// let id = REQUEST.run(1, || {
///     emitter.on_bound(&CLOSE, |_| assert_eq!(REQUEST.get_store(), Some(1)));
///     emitter.on(&CLOSE, |reason| {
///         assert_eq!(reason.0, "hung up");
///         assert_eq!(REQUEST.get_store(), Some(2));
///     })
/// });
/// assert!(REQUEST.run(2, || emitter.emit(&CLOSE, &Reason("hung up"))));
/// assert!(emitter.off(id));
/// assert_eq!(emitter.listener_count(&CLOSE), 1);
/// ```
#[derive(Clone)]
pub struct EventEmitter(Arc<Inner>);

#[derive(Default)]
struct Inner {
    lists: Lists,
    limit: Limit,
    /// Of an `EventEmitterAsyncResource`: each emission is a scope of it.
    resource: Option<AsyncResource>,
}

impl EventEmitter {
    /// An emitter that nobody listens to.
    #[must_use = "an emitter does nothing until somebody listens and something is emitted"]
    pub fn new() -> Self {
        EventEmitter(Arc::default())
    }

    pub(super) fn in_resource(resource: AsyncResource) -> Self {
        EventEmitter(Arc::new(Inner {
            resource: Some(resource),
            ..Inner::default()
        }))
    }

    /// Calls those who listen for `event`, one after the other; answers whether there are any (clause `EE-9`).
    ///
    /// Those are called who listen when it begins: who is added or removed meanwhile counts from the next one on (clause `EE-10`). A
    /// listener that was removed is dropped when the emissions that began before have ended.
    ///
    /// # Panics
    /// If a listener does: the ones after it are not called (clause `EE-11`). The caller's context is back by then.
    #[inline]
    pub fn emit<A: ?Sized + 'static>(&self, event: &Event<A>, payload: &A) -> bool {
        match self.0.resource {
            None => self.deliver(event, payload, false),
            Some(_) => self.in_scope(|| self.deliver(event, payload, false)),
        }
    }

    /// Calls those who listen for [`ERROR`], and before them those who listen for [`ERROR_MONITOR`], whose listening does not count.
    ///
    /// It takes all that becomes a `Box<dyn Error + Send + Sync>`: errors, and texts.
    ///
    /// # Errors
    /// Where nobody listens for [`ERROR`] (clause `EE-13`), with the error in the error. `?` hands it on as Node's throw does, `unwrap` ends
    /// the program as Node does when nobody catches that.
    ///
    /// # Panics
    /// If a listener does; a panicking monitor keeps the listeners of [`ERROR`] from being called (clause `EE-14`).
    ///
    /// # Examples
    /// ```
    /// use throughline::{EventEmitter, events::ERROR};
    ///
    /// let emitter = EventEmitter::new();
    /// let unhandled = emitter.emit_error("disk full").unwrap_err();
    /// assert_eq!(unhandled.error().to_string(), "disk full");
    ///
    /// emitter.on(&ERROR, |error| assert_eq!(error.to_string(), "disk full"));
    /// emitter.emit_error("disk full").unwrap();
    /// ```
    pub fn emit_error(&self, error: impl Into<Box<dyn Error + Send + Sync>>) -> Result<(), UnhandledError> {
        self.deliver_error(EmittedError::new(error.into()), false)
    }

    /// Has `listener` called at each `event`, after those who listen already.
    ///
    /// The same closure added twice is called twice (clause `EE-3`). It may be called by several threads at once; what it changes has to be
    /// behind a lock or an atomic.
    ///
    /// # Panics
    /// If a listener of [`NEW_LISTENER`] does; this one is not added then.
    #[doc(alias = "addListener")]
    pub fn on<A: ?Sized + 'static, K>(
        &self,
        event: &Event<A, K>,
        listener: impl Fn(&A) + Send + Sync + 'static,
    ) -> ListenerId {
        self.register(event, Place::Last, Each(listener))
    }

    /// The same as [`on`](Self::on).
    #[doc(alias = "addListener")]
    pub fn add_listener<A: ?Sized + 'static, K>(
        &self,
        event: &Event<A, K>,
        listener: impl Fn(&A) + Send + Sync + 'static,
    ) -> ListenerId {
        self.on(event, listener)
    }

    /// As [`on`](Self::on), before those who listen already (clause `EE-4`).
    ///
    /// # Panics
    /// As [`on`](Self::on).
    #[doc(alias = "prependListener")]
    pub fn prepend_listener<A: ?Sized + 'static, K>(
        &self,
        event: &Event<A, K>,
        listener: impl Fn(&A) + Send + Sync + 'static,
    ) -> ListenerId {
        self.register(event, Place::First, Each(listener))
    }

    /// As [`on`](Self::on), for the next `event` only: the listener is removed before its call (clause `EE-12`).
    ///
    /// It is called once, also if it emits the event itself, or two threads emit it at the same time.
    /// The next event as a future is [`once`](super::once).
    ///
    /// # Panics
    /// As [`on`](Self::on).
    pub fn once<A: ?Sized + 'static, K>(
        &self,
        event: &Event<A, K>,
        listener: impl FnOnce(&A) + Send + 'static,
    ) -> ListenerId {
        self.register(event, Place::Last, Single::new(listener))
    }

    /// As [`once`](Self::once), before those who listen already.
    ///
    /// # Panics
    /// As [`on`](Self::on).
    #[doc(alias = "prependOnceListener")]
    pub fn prepend_once_listener<A: ?Sized + 'static, K>(
        &self,
        event: &Event<A, K>,
        listener: impl FnOnce(&A) + Send + 'static,
    ) -> ListenerId {
        self.register(event, Place::First, Single::new(listener))
    }

    /// As [`on`](Self::on), with `listener` called, and dropped, in the context of this call.
    ///
    /// For the other methods, [`bind!`](crate::bind!) the closure.
    ///
    /// # Panics
    /// As [`on`](Self::on).
    ///
    /// # Examples
    /// ```
    /// use throughline::{AsyncLocalStorage, Event, EventEmitter, bind};
    /// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
    /// const CLOSE: Event = Event::new("close");
    ///
    /// let request = EventEmitter::new();
    /// USER.run("ada", || {
    ///     request.on_bound(&CLOSE, |()| assert_eq!(USER.get_store(), Some("ada")));
    ///     request.once(&CLOSE, bind!(once |_end: &()| assert_eq!(USER.get_store(), Some("ada"))));
    /// });
    /// request.emit(&CLOSE, &());
    /// ```
    #[doc(alias = "bind")]
    pub fn on_bound<A: ?Sized + 'static, K>(
        &self,
        event: &Event<A, K>,
        listener: impl Fn(&A) + Send + Sync + 'static,
    ) -> ListenerId {
        let bound = Bound::new(listener);
        self.on(event, move |payload: &A| bound.call(|listener| listener(payload)))
    }

    /// As [`on`](Self::on), for a listener that goes on asynchronously: its future is handed to `spawn`, and the `Err` it ends with is emitted
    /// as [`ERROR`] (clause `EE-17`, Node's `captureRejections`).
    ///
    /// The future is polled, and dropped, in the context of the emission, and has what it needs of the payload from the closure.
    /// The error is emitted in the context of the emission too. Where nobody listens for errors, it is [reported](crate::Report) as an
    /// `UnhandledError`; so is the error of an async listener that was called for such an error (no loops).
    ///
    /// # Panics
    /// As [`on`](Self::on). What panics in `listener` or `spawn` panics out of the emission; what panics in the future is the matter of
    /// what runs it.
    ///
    /// # Examples
    /// ```
    /// use throughline::{Event, EventEmitter, events::ERROR};
    /// const SAVE: Event<str> = Event::new("save");
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let emitter = EventEmitter::new();
    /// let spawn = |task| drop(tokio::spawn(task));
    /// emitter.on_async(&SAVE, spawn, |path: &str| {
    ///     let path = path.to_owned();
    ///     async move { Err::<(), _>(format!("cannot write {path}")) }
    /// });
    /// let failed = throughline::events::once(&emitter, &ERROR);
    /// emitter.emit(&SAVE, "/etc/passwd");
    /// assert_eq!(failed.await.unwrap().to_string(), "cannot write /etc/passwd");
    /// # }
    /// ```
    #[doc(alias = "captureRejections")]
    pub fn on_async<A, K, F, E>(
        &self,
        event: &Event<A, K>,
        spawn: impl Fn(ListenerTask) + Send + Sync + 'static,
        listener: impl Fn(&A) -> F + Send + Sync + 'static,
    ) -> ListenerId
    where
        A: ?Sized + 'static,
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        self.register(event, Place::Last, Async::new(event.name(), spawn, listener))
    }

    /// Removes a listener; answers whether it was there. An emission that began before still calls it (clause `EE-10`).
    ///
    /// # Panics
    /// If a listener of [`REMOVE_LISTENER`] does, or the `Drop` of the listener; it is removed by then.
    #[doc(alias = "removeListener")]
    pub fn off(&self, id: ListenerId) -> bool {
        let Some((event, removed)) = self.0.lists.remove(id) else {
            return false;
        };
        self.announce(&REMOVE_LISTENER, id, event);
        drop(removed);
        true
    }

    /// The same as [`off`](Self::off).
    ///
    /// # Panics
    /// As [`off`](Self::off).
    #[doc(alias = "removeListener")]
    pub fn remove_listener(&self, id: ListenerId) -> bool {
        self.off(id)
    }

    /// Removes all listeners, of all events. If somebody listens for [`REMOVE_LISTENER`], it hears of each, the one added last first, and
    /// those who listen for it are the last to go (clause `EE-7`).
    ///
    /// # Panics
    /// As [`off`](Self::off); some listeners are still there then.
    #[doc(alias = "removeAllListeners")]
    pub fn remove_all_listeners(&self) {
        if self.hears(&REMOVE_LISTENER) {
            let mut events = self.events();
            events.sort_by_key(|event| *event == REMOVE_LISTENER.id());
            events.iter().for_each(|event| self.remove_each(event));
        }
        drop(self.0.lists.remove_all());
    }

    /// Removes all listeners of `event`. If somebody listens for [`REMOVE_LISTENER`], it hears of each, the one added last first (clause
    /// `EE-7`).
    ///
    /// # Panics
    /// As [`off`](Self::off); some listeners are still there then.
    #[doc(alias = "removeAllListeners")]
    pub fn remove_all_listeners_of<A: ?Sized + 'static, K>(&self, event: &Event<A, K>) {
        if self.hears(&REMOVE_LISTENER) {
            self.remove_each(&event.id());
        } else {
            drop(self.0.lists.remove_all_of(&event.id()));
        }
    }

    /// How many listen for `event` (clause `EE-16`).
    #[doc(alias = "listenerCount")]
    #[must_use = "reading has no effect but its answer"]
    pub fn listener_count<A: ?Sized + 'static, K>(&self, event: &Event<A, K>) -> usize {
        self.0.lists.count(&event.id())
    }

    /// Those who listen for `event`, in the order of their calls (clause `EE-8`).
    #[doc(alias = "rawListeners")]
    #[must_use = "reading has no effect but its answer"]
    pub fn listeners<A: ?Sized + 'static, K>(&self, event: &Event<A, K>) -> Vec<ListenerId> {
        self.0.lists.ids(&event.id())
    }

    /// The names of the events that somebody listens for, in the order of their first listeners, and `errorMonitor`, which is a symbol in Node,
    /// last (clause `EE-16`). Two events of one name and different payloads are there twice.
    #[doc(alias = "eventNames")]
    #[must_use = "reading has no effect but its answer"]
    pub fn event_names(&self) -> Vec<&'static str> {
        self.events().iter().map(|event| event.name).collect()
    }

    /// How many listeners one event may have before a leak is suspected; 0: any number.
    #[doc(alias = "getMaxListeners")]
    #[must_use = "reading has no effect but its answer"]
    pub fn max_listeners(&self) -> usize {
        self.0.limit.get()
    }

    /// Says how many listeners one event may have (clause `EE-15`): when there are more, `MaxListenersExceededWarning` is
    /// [reported](crate::Report), once for each event. 0: any number. Until this is called, [`default_max_listeners`](super::default_max_listeners) holds.
    #[doc(alias = "setMaxListeners")]
    pub fn set_max_listeners(&self, limit: usize) {
        self.0.limit.set(limit);
    }

    /// A handle that does not keep the emitter alive: for a listener that uses its own emitter.
    #[must_use = "a handle does nothing by itself"]
    pub fn downgrade(&self) -> WeakEventEmitter {
        WeakEventEmitter(Arc::downgrade(&self.0))
    }

    pub(super) fn register<A: ?Sized + 'static, K>(
        &self,
        event: &Event<A, K>,
        place: Place,
        listener: impl Listen<A> + 'static,
    ) -> ListenerId {
        let id = ListenerId::next();
        self.register_as(id, event, place, listener);
        id
    }

    /// As [`register`](Self::register), under an id that somebody knows already.
    pub(super) fn register_as<A: ?Sized + 'static, K>(
        &self,
        id: ListenerId,
        event: &Event<A, K>,
        place: Place,
        listener: impl Listen<A> + 'static,
    ) {
        let listener = Arc::new(listener);
        self.announce(&NEW_LISTENER, id, event.id());
        let entry = Entry { id, listener };
        let limit = self.0.limit.most();
        if let Some(count) = self.0.lists.add(event.id(), entry, place, limit) {
            super::limit::warn(event.name(), count, limit);
        }
    }

    pub(super) fn deliver_error(&self, error: EmittedError, routed: bool) -> Result<(), UnhandledError> {
        self.in_scope(|| {
            if self.hears(&ERROR_MONITOR) {
                self.in_scope(|| self.deliver(&ERROR_MONITOR, &error, routed));
            }
            // Who listens now: a monitor may have added somebody.
            if self.deliver(&ERROR, &error, routed) {
                Ok(())
            } else {
                Err(UnhandledError::new(error))
            }
        })
    }

    /// Runs one emission.
    #[inline(never)]
    fn in_scope<R>(&self, emission: impl FnOnce() -> R) -> R {
        match &self.0.resource {
            None => emission(),
            Some(resource) => resource
                .try_run_in_async_scope(emission)
                .unwrap_or_else(|destroyed| destroyed.into_inner()()),
        }
    }

    #[inline]
    fn deliver<A: ?Sized + 'static, K>(&self, event: &Event<A, K>, payload: &A, routed: bool) -> bool {
        let emission = Emission {
            emitter: self,
            routed,
        };
        let called = self.0.lists.frozen(event, |entries| {
            in_some_boundary(|| {
                for Entry { id, listener } in entries {
                    boundary(|| listener.listen(&emission, *id, payload));
                }
            });
        });
        called.is_some()
    }

    /// Says that a listener comes or went.
    fn announce(&self, change: &Event<ListenerInfo, super::Reserved>, id: ListenerId, event: EventId) {
        if self.hears(change) {
            self.in_scope(|| self.deliver(change, &ListenerInfo { id, event }, false));
        }
    }

    /// The events that somebody listens for, in Node's order: its symbol comes last.
    fn events(&self) -> Vec<EventId> {
        let mut events = self.0.lists.events();
        events.sort_by_key(|event| *event == ERROR_MONITOR.id());
        events
    }

    /// Removes those who listen for `event` now one by one, the last first.
    fn remove_each(&self, event: &EventId) {
        for id in self.0.lists.ids(event).into_iter().rev() {
            self.off(id);
        }
    }

    fn hears<A: ?Sized + 'static, K>(&self, event: &Event<A, K>) -> bool {
        self.0.lists.hears(&event.id())
    }
}

/// As [`EventEmitter::new`].
impl Default for EventEmitter {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for EventEmitter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let events = self.0.lists.events();
        let counts = events.iter().map(|event| (event.name, self.0.lists.count(event)));
        f.write_str("EventEmitter ")?;
        f.debug_map().entries(counts).finish()
    }
}

// A panicking listener leaves nothing half-done: the lists are changed under a lock that no listener runs under.
impl UnwindSafe for EventEmitter {}
impl RefUnwindSafe for EventEmitter {}

/// A handle to an [`EventEmitter`] that does not keep it alive.
#[derive(Clone)]
pub struct WeakEventEmitter(Weak<Inner>);

impl WeakEventEmitter {
    /// The emitter, if it is still there.
    #[must_use = "a handle does nothing by itself"]
    pub fn upgrade(&self) -> Option<EventEmitter> {
        self.0.upgrade().map(EventEmitter)
    }
}

impl UnwindSafe for WeakEventEmitter {}
impl RefUnwindSafe for WeakEventEmitter {}

impl fmt::Debug for WeakEventEmitter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WeakEventEmitter")
    }
}
