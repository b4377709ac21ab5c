//! The keys: what an event is called, and what its listeners are handed.

use std::any::TypeId;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU64, Ordering};
use throughline_core::__private::interned;

use super::EmittedError;

/// An event: a name, and the type of what its listeners are handed.
///
/// Both make up its identity: two of the same name and type are the same event, wherever they are declared; of the same name and
/// another type, they are not. So an event that nobody else shall emit has a private type. Usually it is a `const`.
///
/// The payload may be unsized: `Event<str>`, `Event<[u8]>`. For a name that is made at run time there is [`interned`](Event::interned).
///
/// # Examples
/// ```
/// use throughline::{Event, EventEmitter};
///
/// const LINE: Event<str> = Event::new("line");
/// const CLOSE: Event = Event::new("close");
///
/// let emitter = EventEmitter::new();
/// emitter.on(&LINE, |line: &str| assert_eq!(line, "hello"));
/// assert!(emitter.emit(&LINE, "hello"));
/// assert!(!emitter.emit(&CLOSE, &()));
/// ```
///
/// The names of the events that an emitter emits by itself are taken; an error goes through
/// [`emit_error`](super::EventEmitter::emit_error), so that one nobody listens for cannot get lost:
/// ```compile_fail,E0080
/// use throughline::Event;
/// const ERROR: Event<std::io::Error> = Event::new("error");
/// assert_eq!(ERROR.name(), "error");
/// ```
/// ```
/// use throughline::{EventEmitter, events::ERROR};
/// assert_eq!(ERROR.name(), "error");
/// assert!(EventEmitter::new().emit_error("disk full").is_err());
/// ```
pub struct Event<A: ?Sized = (), K = Open> {
    name: &'static str,
    hash: u64,
    /// A key owns no payload, whatever that is.
    of: PhantomData<fn(&A) -> K>,
}

/// The kind of an [`Event`] that can be emitted.
#[derive(Debug)]
pub enum Open {}

/// The kind of an [`Event`] that emitters emit by themselves: it can be listened to.
#[derive(Debug)]
pub enum Reserved {}

/// An error, emitted by [`emit_error`](super::EventEmitter::emit_error) (clause `EE-13`).
pub const ERROR: Event<EmittedError, Reserved> = Event::named("error");

/// An error that is about to be emitted as [`ERROR`]. Whoever listens sees it first, and does not count as handling it (clause `EE-14`).
#[doc(alias = "errorMonitor")]
pub const ERROR_MONITOR: Event<EmittedError, Reserved> = Event::named("errorMonitor");

/// A listener is about to be added (clause `EE-2`): it is not in the list yet, and one that is added meanwhile comes before it.
#[doc(alias = "newListener")]
pub const NEW_LISTENER: Event<ListenerInfo, Reserved> = Event::named("newListener");

/// A listener was removed (clause `EE-6`): it is not in the list any more.
#[doc(alias = "removeListener")]
pub const REMOVE_LISTENER: Event<ListenerInfo, Reserved> = Event::named("removeListener");

impl<A: ?Sized> Event<A> {
    /// The event of this name.
    ///
    /// # Panics
    /// Where it is one of the names that emitters use themselves: `error`, `errorMonitor`, `newListener`, `removeListener`. In a
    /// `const`, that is an error of the compiler.
    #[must_use = "an event is a key: listen for it, or emit it"]
    pub const fn new(name: &'static str) -> Self {
        let event = Event::named(name);
        if event.same_name(&ERROR) {
            panic!("`error` is `events::ERROR`, and is emitted by `EventEmitter::emit_error`");
        }
        if event.same_name(&ERROR_MONITOR)
            || event.same_name(&NEW_LISTENER)
            || event.same_name(&REMOVE_LISTENER)
        {
            panic!("emitters emit an event of this name by themselves: see `events`");
        }
        event
    }
}

impl<A: ?Sized> Event<A> {
    /// The event of this name, which is known only at run time. The name is kept for as long as the process lives: not for names without end.
    ///
    /// # Panics
    /// As [`new`](Self::new).
    ///
    /// # Examples
    /// ```
    /// use throughline::{Event, EventEmitter};
    ///
    /// let emitter = EventEmitter::new();
    /// let room = |number: u32| Event::<str>::interned(&format!("room {number}"));
    /// emitter.on(&room(7), |said| assert_eq!(said, "hello"));
    /// assert!(emitter.emit(&room(7), "hello"));
    /// assert!(!emitter.emit(&room(8), "hello"));
    /// ```
    #[must_use = "an event is a key: listen for it, or emit it"]
    #[track_caller]
    pub fn interned(name: &str) -> Self {
        Event::new(interned(name))
    }
}

impl<A: ?Sized, K> Event<A, K> {
    const fn named(name: &'static str) -> Self {
        Event {
            name,
            hash: hash(name.as_bytes()),
            of: PhantomData,
        }
    }

    /// Its name.
    #[must_use = "reading has no effect but its answer"]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    #[inline(always)]
    pub(super) fn hash(&self) -> u64 {
        self.hash
    }

    #[inline(always)]
    pub(super) fn bit(&self) -> u64 {
        bit(self.hash)
    }

    const fn same_name<B: ?Sized, L>(&self, other: &Event<B, L>) -> bool {
        let (one, other) = (self.name.as_bytes(), other.name.as_bytes());
        let mut i = 0;
        while i < one.len() && i < other.len() && one[i] == other[i] {
            i += 1;
        }
        i == one.len() && i == other.len()
    }
}

impl<A: ?Sized + 'static, K> Event<A, K> {
    #[inline(always)]
    pub(super) fn id(&self) -> EventId {
        EventId {
            name: self.name,
            hash: self.hash,
            payload: TypeId::of::<A>(),
        }
    }
}

/// FNV-1a: short, and can be computed in a constant.
const fn hash(bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325;
    let mut i = 0;
    while i < bytes.len() {
        hash = (hash ^ bytes[i] as u64).wrapping_mul(0x0100_0000_01b3);
        i += 1;
    }
    hash
}

/// One bit of 64, so that an event nobody listens for is known by a look at a word.
#[inline(always)]
fn bit(hash: u64) -> u64 {
    1 << (hash >> 58)
}

impl<A: ?Sized, K> Clone for Event<A, K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A: ?Sized, K> Copy for Event<A, K> {}

impl<A: ?Sized, K> fmt::Debug for Event<A, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Event").field(&self.name).finish()
    }
}

/// What tells one event from another.
#[derive(Clone, Copy)]
pub(super) struct EventId {
    pub(super) name: &'static str,
    hash: u64,
    payload: TypeId,
}

impl EventId {
    /// Whether it has this name; the payload's type is for the caller to compare.
    #[inline(always)]
    pub(super) fn is_named(&self, name: &str, hash: u64) -> bool {
        // Two mentions of one constant usually have one address.
        self.hash == hash && (std::ptr::eq(self.name, name) || self.name == name)
    }

    pub(super) fn bit(&self) -> u64 {
        bit(self.hash)
    }
}

impl PartialEq for EventId {
    fn eq(&self, other: &Self) -> bool {
        self.payload == other.payload && self.is_named(other.name, other.hash)
    }
}

impl Eq for EventId {}

/// Of the name itself: its [`hash`] is one that others can aim at.
impl Hash for EventId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
        self.payload.hash(state);
    }
}

/// A handle to a listener, for [`off`](super::EventEmitter::off). No two listeners of the program have the same.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ListenerId(NonZeroU64);

impl ListenerId {
    pub(super) fn next() -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        let id = LAST.fetch_add(1, Ordering::Relaxed) + 1;
        ListenerId(NonZeroU64::new(id).expect("2^64 listeners take longer than a program lives"))
    }
}

/// What [`NEW_LISTENER`] and [`REMOVE_LISTENER`] hand to their listeners: which listener it is, and of which event.
#[derive(Clone, Copy)]
pub struct ListenerInfo {
    pub(super) id: ListenerId,
    pub(super) event: EventId,
}

impl ListenerInfo {
    /// The listener.
    #[must_use = "reading has no effect but its answer"]
    pub fn id(&self) -> ListenerId {
        self.id
    }

    /// The name of its event.
    #[must_use = "reading has no effect but its answer"]
    pub fn event_name(&self) -> &'static str {
        self.event.name
    }

    /// Whether it is a listener of `event`.
    #[must_use = "reading has no effect but its answer"]
    pub fn is<A: ?Sized + 'static, K>(&self, event: &Event<A, K>) -> bool {
        self.event == event.id()
    }
}

impl fmt::Debug for ListenerInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListenerInfo")
            .field("event_name", &self.event.name)
            .field("id", &self.id)
            .finish()
    }
}
