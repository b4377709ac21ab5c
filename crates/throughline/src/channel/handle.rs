//! A channel: the public face.

use super::binding::{Binding, BoundStore, address_of};
use super::future::{ScopeStores, Staged, Stored};
use super::peaceful::Peaceful;
use super::quiet::Quiet;
use super::registry::intern;
use super::scope::{StoreScope, require_boundary};
use super::shared::{InUse, Shared};
use super::subscription::Subscription;
use super::wiring::run_in;
use std::borrow::Borrow;
use std::fmt;
use std::sync::{Arc, OnceLock};
use throughline_core::{AsyncLocalStorage, Snapshot, Store};

/// A named place where a library says what happens in it, to whoever listens.
///
/// Usually it is a `static` of the library that publishes. Who knows just its name and payload type gets the same
/// one from [`channel`](super::channel()).
///
/// It is a handle: a clone is the same channel. While it has neither a subscriber nor a bound store, each of its operations costs a
/// branch (clause `DC-2`).
///
/// # Examples
/// ```
/// use throughline::channel::Channel;
///
/// pub struct Request {
///     path: String,
/// }
/// pub static START: Channel<Request> = Channel::new("example.request.start");
///
/// fn handle(path: &str) {
///     // What costs something to make is made only if somebody wants it.
///     if START.has_subscribers() {
///         START.publish(&Request { path: path.to_owned() });
///     }
/// }
///
/// handle("/unheard");
/// # use std::sync::{Arc, Mutex};
/// let seen = Arc::new(Mutex::new(Vec::new()));
/// let paths = seen.clone();
/// let subscription = START.subscribe(move |request| paths.lock().unwrap().push(request.path.clone()));
/// handle("/heard");
/// subscription.unsubscribe();
/// assert_eq!(*seen.lock().unwrap(), ["/heard"]);
/// ```
pub struct Channel<M: ?Sized + 'static> {
    quiet: Quiet,
    name: &'static str,
    /// Found by name at the first use.
    shared: OnceLock<Arc<Shared<M>>>,
}

impl<M: ?Sized + 'static> Channel<M> {
    /// The channel of this name and payload type, for a `static`.
    ///
    /// It is found at its first use, which makes it the same as all others of its name and type; see
    /// [`channel`](super::channel()), also for what the same name with another type means.
    pub const fn new(name: &'static str) -> Self {
        Channel {
            quiet: Quiet::unknown(),
            name,
            shared: OnceLock::new(),
        }
    }

    pub(super) fn linked(shared: Arc<Shared<M>>) -> Self {
        Channel {
            quiet: Quiet::unknown(),
            name: "",
            shared: OnceLock::from(shared),
        }
    }

    /// The name.
    pub fn name(&self) -> &str {
        match self.shared.get() {
            Some(shared) => shared.name(),
            None => self.name,
        }
    }

    /// Whether it has a subscriber or a bound store (clause `DC-2`).
    #[doc(alias = "hasSubscribers")]
    #[inline]
    pub fn has_subscribers(&self) -> bool {
        self.active().is_some()
    }

    /// Calls each subscriber with `message`, in the order in which they subscribed.
    ///
    /// They run at once, on this thread, in the caller's context, each in a boundary of its own: what one enters, neither the next
    /// nor the caller sees. They may publish, subscribe and unsubscribe; this call goes on with the list it began with.
    ///
    /// It does not panic: a panic of a subscriber is [reported](throughline_core::set_reporter), and the others are called (clause `DC-3`; Node
    /// raises it as an uncaught exception).
    #[inline]
    pub fn publish(&self, message: &M) {
        if let Some(wiring) = self.active() {
            wiring.publish(message);
        }
    }

    /// Has `subscriber` called with each message, until the answer is dropped.
    ///
    /// Node hands it the channel's name too; here it may capture what it needs.
    pub fn subscribe<F>(&self, subscriber: F) -> Subscription
    where
        F: Fn(&M) + Send + Sync + 'static,
    {
        let id = self.shared().subscribe(Arc::new(Peaceful::new(subscriber)));
        Subscription::new(Box::new(self.shared().clone()), id)
    }

    /// Has `storage` set to `transform(message)` by [`run_stores`](Self::run_stores) and its kin, until it is
    /// [unbound](Self::unbind_store). Once bound, it is bound: doing so again replaces the transform, in its place (clause `DC-5`).
    ///
    /// `storage` is a `&'static AsyncLocalStorage<T>`, or an `Arc` of one.
    ///
    /// A transform runs in the context in which the stores bound before it are set already, and in which its own storage still has
    /// its former store (clause `DC-7`, as Node 26; Node 20 hid the others). If it panics, that is reported, and this store stays as it is
    /// (clause `DC-8`).
    ///
    /// # Examples
    /// A tracer that knows each span's parent:
    /// ```
    /// use throughline::{AsyncLocalStorage, channel::Channel};
    /// static SPAN: AsyncLocalStorage<String> = AsyncLocalStorage::new();
    /// static QUERY: Channel<str> = Channel::new("example.query");
    ///
    /// QUERY.bind_store(&SPAN, |query| match SPAN.get_store() {
    ///     Some(parent) => format!("{parent} > {query}"),
    ///     None => query.to_owned(),
    /// });
    /// let seen = QUERY.run_stores("outer", || QUERY.run_stores("inner", || SPAN.get_store()));
    /// assert_eq!(seen.as_deref(), Some("outer > inner"));
    /// ```
    #[doc(alias = "bindStore")]
    pub fn bind_store<T, S, F>(&self, storage: S, transform: F)
    where
        T: Store,
        S: Borrow<AsyncLocalStorage<T>> + Send + Sync + 'static,
        F: Fn(&M) -> T + Send + Sync + 'static,
    {
        let binding: Arc<dyn Binding<M>> = Arc::new(BoundStore::new(storage, transform));
        self.shared().change(|lists| {
            let address = binding.address();
            match lists.stores.iter_mut().find(|bound| bound.address() == address) {
                Some(bound) => *bound = binding,
                None => lists.stores.push(binding),
            }
        });
    }

    /// Ends what [`bind_store`](Self::bind_store) began; whether it was bound. Stores that are set stay until their
    /// boundary ends.
    #[doc(alias = "unbindStore")]
    pub fn unbind_store<T: Store>(&self, storage: &AsyncLocalStorage<T>) -> bool {
        let address = address_of(storage);
        self.shared().change(|lists| {
            let bound = lists.stores.len();
            lists.stores.retain(|store| store.address() != address);
            lists.stores.len() < bound
        })
    }

    /// Publishes `message` and runs `f`, both with the bound stores set (clause `DC-6`).
    ///
    /// With a store bound this is one boundary, after which all stores are what they were. With none it is a plain call. So do not
    /// [enter](AsyncLocalStorage::enter_with) stores directly in `f`, or whether they last would depend on who watches.
    ///
    /// # Panics
    /// If `f` does, with the stores from before back in place. Subscribers' panics and transforms' are reported.
    #[doc(alias = "runStores")]
    #[inline]
    pub fn run_stores<R>(&self, message: &M, f: impl FnOnce() -> R) -> R {
        match self.active() {
            None => f(),
            Some(wiring) => run(wiring, message, f),
        }
    }

    /// Wraps a future: at its first poll the bound stores are set and `message` is published, and the stores stay set for this
    /// and all its polls. The form of [`run_stores`](Self::run_stores) for futures.
    ///
    /// `message` is an `M`, or an `&M`, `Arc<M>` or `Box<M>`. The stores come on top of what is set at the first poll, as with
    /// [`AsyncLocalStorage::scope`]. Where the channel is not in use when this is called, the answer is the bare future.
    ///
    /// # Panics
    /// The answer panics when polled again after it was ready.
    ///
    /// # Cancel safety
    /// Dropping the answer drops `future` with the stores set; before its first poll nothing is set or published.
    ///
    /// # Examples
    /// ```
    /// # use futures::executor::block_on;
    /// use throughline::{AsyncLocalStorage, channel::Channel};
    /// static ID: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    /// static JOB: Channel<u32> = Channel::new("example.job");
    ///
    /// JOB.bind_store(&ID, |id| *id);
    /// assert_eq!(block_on(JOB.scope_stores(7_u32, async { ID.get_store() })), Some(7));
    /// ```
    #[doc(alias = "runStores")]
    pub fn scope_stores<B, F>(&self, message: B, future: F) -> ScopeStores<M, B, F>
    where
        B: Borrow<M>,
        F: Future,
    {
        match self.has_subscribers() {
            false => Staged::plain(future),
            true => Staged::waiting(future, Stored::new(self.shared().clone(), message)),
        }
    }

    /// Sets the bound stores until the guard is dropped, or the boundary ends, and publishes `message` (clause `DC-9`).
    ///
    /// **Everything in the boundary shares the stores**, as with [`AsyncLocalStorage::with_scope`]: prefer
    /// [`run_stores`](Self::run_stores) and [`scope_stores`](Self::scope_stores).
    ///
    /// # Panics
    /// Outside any boundary, also while nobody has bound a store, so that it is found before somebody does. Where that is not
    /// known, ask [`in_boundary`](throughline_core::in_boundary).
    ///
    /// # Examples
    /// ```
    /// use throughline::{AsyncLocalStorage, channel::Channel, root};
    /// static ID: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    /// static JOB: Channel<u32> = Channel::new("example.job.guarded");
    ///
    /// JOB.bind_store(&ID, |id| *id);
    /// root(|| {
    ///     let scope = JOB.with_store_scope(&7);
    ///     assert_eq!(ID.get_store(), Some(7));
    ///     drop(scope);
    ///     assert_eq!(ID.get_store(), None);
    /// });
    /// ```
    #[doc(alias = "withStoreScope")]
    #[track_caller]
    pub fn with_store_scope(&self, message: &M) -> StoreScope {
        require_boundary();
        match self.active() {
            None => StoreScope::default(),
            Some(wiring) => wiring.enter(message),
        }
    }

    /// The current stores with those that `message` becomes; none if none is bound.
    pub(super) fn frame(&self, message: &M) -> Option<Snapshot> {
        self.active()?.frame(message)
    }

    /// Who uses it; none, and that at the price of a branch, if nobody does.
    #[inline(always)]
    fn active(&self) -> Option<InUse<M>> {
        if self.quiet.is_certain() {
            return None;
        }
        self.look()
    }

    #[inline(never)]
    fn look(&self) -> Option<InUse<M>> {
        self.quiet.look(|| self.shared().in_use())
    }

    fn shared(&self) -> &Arc<Shared<M>> {
        match self.shared.get() {
            Some(shared) => shared,
            None => self.link(),
        }
    }

    #[cold]
    fn link(&self) -> &Arc<Shared<M>> {
        // Not inside `get_or_init`: it may report, and a reporter may publish here.
        let shared = intern(self.name);
        self.shared.get_or_init(|| shared)
    }
}

fn run<M: ?Sized, R>(wiring: InUse<M>, message: &M, f: impl FnOnce() -> R) -> R {
    let frame = wiring.frame(message);
    let result = run_in(frame.as_ref(), || {
        wiring.publish(message);
        // It may have become the last to hold somebody's closure: not for as long as `f` takes.
        drop(wiring);
        f()
    });
    // Not as a local that goes with the function: if a store's `Drop` panics here, the result is dropped, not lost.
    drop(frame);
    result
}

/// The same channel.
impl<M: ?Sized + 'static> Clone for Channel<M> {
    fn clone(&self) -> Self {
        Channel::linked(self.shared().clone())
    }
}

impl<M: ?Sized + 'static> fmt::Debug for Channel<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel")
            .field("name", &self.name())
            .field("has_subscribers", &self.has_subscribers())
            .finish_non_exhaustive()
    }
}
