//! A storage: the key under which a store follows the work.

use crate::default::DefaultStore;
use crate::frame;
use crate::in_context::{ExitScope, InContext, Put, Remove, Scope};
use crate::key::Key;
use crate::{NoBoundary, Propagation, Store, error, label};
use std::fmt;
use std::marker::PhantomData;

/// A value that follows the work: set for a closure or a future, read anywhere below, without being passed by hand.
///
/// A storage is a key. What it holds, its *store*, depends on where it is read: [`run`](Self::run) sets it for a closure,
/// [`scope`](Self::scope) for a future. Different requests see different stores at the same time, and never each other's.
///
/// Usually it is a `static`; it may also be made and dropped at run time, and leaves nothing behind (clause `MEM-2`). **It must
/// not be a `const`**: each mention of a constant would be a new storage, and nothing set would ever be read. Clippy's
/// `declare_interior_mutable_const`, which is on by default, reports it.
///
/// The counterpart of Node's [`AsyncLocalStorage`](https://nodejs.org/api/async_context.html#class-asynclocalstorage). Clauses of Node's
/// behaviour (`ALS-4`) are listed in the `docs` of `throughline`.
///
/// # Panics
/// More than 32 764 storages cannot be in use at once: one more panics when it is first set.
///
/// # Examples
/// ```
/// use throughline_core::AsyncLocalStorage;
///
/// static REQUEST_ID: AsyncLocalStorage<u64> = AsyncLocalStorage::new();
///
/// fn log(message: &str) -> String {
///     match REQUEST_ID.get_store() {
///         Some(id) => format!("{id}: {message}"),
///         None => format!("-: {message}"),
///     }
/// }
///
/// assert_eq!(log("idle"), "-: idle");
/// assert_eq!(REQUEST_ID.run(7, || log("start")), "7: start");
/// ```
///
/// What must not cross threads cannot be a store: see [`Store`].
pub struct AsyncLocalStorage<T: Store> {
    key: Key<T>,
    default: DefaultStore<T>,
}

impl<T: Store> AsyncLocalStorage<T> {
    /// A storage without a default.
    #[track_caller]
    pub const fn new() -> Self {
        AsyncLocalStorage {
            key: Key::new(),
            default: DefaultStore::none(),
        }
    }

    /// A storage that reads as the answer of `default` where nothing is set.
    ///
    /// `default` is called once, at the first read that needs it; other threads that read meanwhile wait. It runs under no lock,
    /// in a boundary where nothing is set (so that nothing of the first reader's request gets into a value that all requests
    /// read), and may use storages; its own it reads as unset, and one whose own initialiser waits for it on another thread. If it
    /// panics, the panic is the reader's, and the next reader tries again.
    ///
    /// # Examples
    /// ```
    /// use throughline_core::AsyncLocalStorage;
    /// static TENANT: AsyncLocalStorage<String> = AsyncLocalStorage::with_default(|| "nobody".to_owned());
    ///
    /// assert_eq!(TENANT.get_store().as_deref(), Some("nobody"));
    /// ```
    #[doc(alias = "defaultValue")]
    #[track_caller]
    pub const fn with_default(default: fn() -> T) -> Self {
        AsyncLocalStorage {
            key: Key::new(),
            default: DefaultStore::new(default),
        }
    }

    /// Gives the storage a name, for people: two storages may have the same.
    ///
    /// # Examples
    /// ```
    /// use throughline_core::AsyncLocalStorage;
    /// static USER: AsyncLocalStorage<u32> = AsyncLocalStorage::new().named("user");
    /// assert_eq!(USER.name(), "user");
    /// ```
    #[must_use = "the storage with the name is the answer"]
    pub const fn named(mut self, name: &'static str) -> Self {
        self.key.name = name;
        self
    }

    /// Lets its stores be seen by people: in the `Debug` of the storage, of snapshots and of resources. Unless it is said, they show that the storage
    /// is set, and not to what: what it holds may be a secret.
    ///
    /// # Panics
    /// Where a store's `Debug` does, in whoever formats. (The standard library aborts when a panic hook panics: for a storage that
    /// [`throughline::panic_hook`] is to show, it must not.)
    ///
    /// [`throughline::panic_hook`]: https://docs.rs/throughline
    ///
    /// # Examples
    /// ```
    /// use throughline_core::{AsyncLocalStorage, snapshot};
    /// static TENANT: AsyncLocalStorage<&str> = AsyncLocalStorage::new().named("tenant").shown();
    ///
    /// TENANT.run("acme", || assert_eq!(format!("{:?}", snapshot()), r#"Snapshot { tenant: "acme" }"#));
    /// ```
    #[must_use = "the storage that is shown is the answer"]
    pub const fn shown(self) -> Self
    where
        T: fmt::Debug,
    {
        self.shown_as(<T as fmt::Debug>::fmt)
    }

    /// As [`shown`](Self::shown), by a function that says how: for stores of which a part is a secret, or that have no `Debug`.
    ///
    /// # Panics
    /// As [`shown`](Self::shown).
    ///
    /// # Examples
    /// ```
    /// use throughline_core::{AsyncLocalStorage, snapshot};
    ///
    /// struct Session { user: String, token: String }
    ///
    /// static SESSION: AsyncLocalStorage<Session> =
    ///     AsyncLocalStorage::new().named("session").shown_as(|session, f| f.write_str(&session.user));
    ///
    /// let session = Session { user: "ada".to_owned(), token: "s3cret".to_owned() };
    /// assert!(!session.token.is_empty());
    /// SESSION.run(session, || assert_eq!(format!("{:?}", snapshot()), "Snapshot { session: ada }"));
    /// ```
    #[must_use = "the storage that is shown is the answer"]
    pub const fn shown_as(mut self, show: fn(&T, &mut fmt::Formatter<'_>) -> fmt::Result) -> Self {
        self.key.show = Some(show);
        self
    }

    /// Says what becomes of its store where work is handed over: see [`Propagation`], also for the default.
    #[must_use = "the storage with the propagation is the answer"]
    pub const fn propagation(mut self, propagation: Propagation<T>) -> Self {
        self.key.set_propagation(propagation);
        self
    }

    /// Marks it as expected: whoever set it expects it in all work that comes of it. With feature `audit` it is counted where it is read and found
    /// empty in work whose spawner had it (see the module `audit`); else this changes nothing.
    #[doc(alias = "expect")]
    #[must_use = "the storage that is expected is the answer"]
    pub const fn expected(mut self) -> Self {
        self.key.is_expected = true;
        self
    }

    /// The name, or `""`.
    pub const fn name(&self) -> &str {
        self.key.name
    }

    /// A clone of the current store, or of the default, if there is one (clause `ALS-4`).
    ///
    /// It can be called anywhere, in destructors at thread exit too, where the answer is the default or none. For a store that
    /// is costly to clone use [`with`](Self::with), or keep an `Arc`.
    ///
    /// # Panics
    /// Only if user code does: `T::clone`, the default's initialiser, or the `Drop` of a store that `T::clone` replaced.
    #[doc(alias = "getStore")]
    #[doc(alias = "get")]
    #[inline]
    pub fn get_store(&self) -> Option<T>
    where
        T: Clone,
    {
        match frame::with_clone(&self.key) {
            None => self.default_clone(),
            store => store,
        }
    }

    /// Lends the current store, or the default, to `f`.
    ///
    /// `f` may do anything meanwhile: set this storage, enter another store, poll, spawn. What it was lent stays.
    ///
    /// # Panics
    /// Only if user code does: `f`, the default's initialiser, or the `Drop` of a store that `f` replaced.
    ///
    /// # Examples
    /// What is lent does not leave:
    /// ```compile_fail,E0515
    /// use throughline_core::AsyncLocalStorage;
    /// static USER: AsyncLocalStorage<String> = AsyncLocalStorage::new();
    ///
    /// fn name() -> &'static str {
    ///     USER.run("ada".to_owned(), || USER.with(|user| user.map_or("", String::as_str)))
    /// }
    /// assert_eq!(name(), "ada");
    /// ```
    /// ```
    /// use throughline_core::AsyncLocalStorage;
    /// static USER: AsyncLocalStorage<String> = AsyncLocalStorage::new();
    ///
    /// let length = USER.run("ada".to_owned(), || USER.with(|user| user.map_or(0, String::len)));
    /// assert_eq!(length, 3);
    /// ```
    #[inline]
    pub fn with<R>(&self, f: impl FnOnce(Option<&T>) -> R) -> R {
        frame::with(&self.key, |store| match store {
            None => f(self.default_store()),
            store => f(store),
        })
    }

    /// Runs `f` with `store` set, in a boundary: whatever happens inside, the stores of all storages are afterwards what they were
    /// before (Node puts back this storage only, clause `ALS-9`).
    ///
    /// `f` runs at once. For a future, this covers only its making:
    /// ```
    /// # use futures::executor::block_on;
    /// use throughline_core::AsyncLocalStorage;
    /// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
    ///
    /// // Wrong: the future is made inside and polled outside.
    /// let seen = block_on(USER.run("ada", || async { USER.get_store() }));
    /// assert_eq!(seen, None);
    /// // Right.
    /// let seen = block_on(USER.scope("ada", async { USER.get_store() }));
    /// assert_eq!(seen, Some("ada"));
    /// ```
    ///
    /// What cannot be called is refused by the compiler (clause `ALS-12`):
    /// ```compile_fail,E0277
    /// use throughline_core::AsyncLocalStorage;
    /// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
    /// USER.run("ada", USER.get_store());
    /// ```
    /// ```
    /// use throughline_core::AsyncLocalStorage;
    /// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
    /// USER.run("ada", || USER.get_store());
    /// ```
    ///
    /// # Panics
    /// If `f` does, with the stores from before back in place. If the `Drop` of a store does, after everything is put back; where
    /// `f` panicked already, such a second panic is reported by the panic hook and goes no further.
    #[inline]
    #[track_caller]
    pub fn run<R>(&self, store: T, f: impl FnOnce() -> R) -> R {
        frame::run(self.key.place(), store, f)
    }

    /// Wraps a future (or stream, sink, reader, writer) so that it runs, and is dropped, with `store` set.
    ///
    /// The store comes on top of what is set at the first poll, so that scopes nest from the outside in whatever the order of
    /// their making.
    ///
    /// # Panics
    /// The answer panics when polled again after it was ready.
    ///
    /// # Cancel safety
    /// Dropping the answer drops `inner` in its context; one that was never polled, in the context of the drop with `store` set.
    ///
    /// # Examples
    /// ```
    /// # use futures::executor::block_on;
    /// use throughline_core::AsyncLocalStorage;
    /// static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    /// static B: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    ///
    /// let both = B.scope(2, A.scope(1, async { (A.get_store(), B.get_store()) }));
    /// assert_eq!(block_on(both), (Some(1), Some(2)));
    /// ```
    #[doc(alias = "run")]
    #[inline]
    #[track_caller]
    pub fn scope<F>(&self, store: T, inner: F) -> Scope<T, F> {
        let place = self.key.place();
        InContext::deferred(Put { place, store }, inner)
    }

    /// Runs `f` without this storage's store: it reads as if nothing had been set, the default if there is one (of Node's three
    /// ways, clause `ALS-14`, the one that leaks nothing). The other storages keep theirs.
    ///
    /// # Panics
    /// Only if user code does: `f`, or the `Drop` of a store that `f` entered.
    ///
    /// # Examples
    /// ```
    /// use throughline_core::AsyncLocalStorage;
    /// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
    ///
    /// USER.run("ada", || {
    ///     assert_eq!(USER.exit(|| USER.get_store()), None);
    ///     assert_eq!(USER.get_store(), Some("ada"));
    /// });
    /// ```
    #[inline]
    pub fn exit<R>(&self, f: impl FnOnce() -> R) -> R {
        frame::run_without(self.key.place_taken(), f)
    }

    /// Wraps a future (or stream, sink, reader, writer) so that it runs, and is dropped, without this storage's store. The form
    /// of [`exit`](Self::exit) for futures; the other stores are those set at the first poll.
    ///
    /// # Panics
    /// The answer panics when polled again after it was ready.
    ///
    /// # Cancel safety
    /// As for [`scope`](Self::scope).
    ///
    /// # Examples
    /// ```
    /// # use futures::executor::block_on;
    /// use throughline_core::AsyncLocalStorage;
    /// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
    ///
    /// let background = USER.exit_scope(async { USER.get_store() });
    /// assert_eq!(block_on(USER.scope("ada", background)), None);
    /// ```
    #[doc(alias = "exit")]
    #[inline]
    #[track_caller]
    pub fn exit_scope<F>(&self, inner: F) -> ExitScope<F> {
        let place = self.key.place().untyped();
        InContext::deferred(Remove { place }, inner)
    }

    /// Sets `store` for the rest of the current boundary, and for what it hands over from now on.
    ///
    /// **Everything in the boundary shares it.** Futures joined or selected in one task without an adapter of their own run in
    /// the same boundary, and one sees what another entered, depending on the order of polls:
    /// ```
    /// # use futures::{executor::block_on, join};
    /// use throughline_core::{AsyncLocalStorage, root_scope};
    /// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
    ///
    /// block_on(root_scope(async {
    ///     // Wrong: the second future reads what the first one entered.
    ///     let (_, seen) = join!(async { USER.enter_with("ada") }, async { USER.get_store() });
    ///     assert_eq!(seen, Some("ada"));
    ///     // Right: each in a scope of its own.
    ///     let (_, seen) = join!(USER.scope("bob", async {}), USER.exit_scope(async { USER.get_store() }));
    ///     assert_eq!(seen, None);
    /// }));
    /// ```
    /// Prefer [`run`](Self::run) and [`scope`](Self::scope), which end where one can see it.
    ///
    /// What is entered in a future lasts over its `.await`s and moves with it between threads. It ends with the boundary, and
    /// is never seen by whoever called, polled or spawned it (Node's leaks of clauses `ALS-17` and `ALS-18` do not exist here).
    ///
    /// # Panics
    /// Outside any boundary, where nothing would end it: see [`try_enter_with`](Self::try_enter_with). If the `Drop` of a store it
    /// replaces does; the new one is in place by then.
    #[doc(alias = "enterWith")]
    #[inline]
    #[track_caller]
    pub fn enter_with(&self, store: T) {
        if self.try_enter_with(store).is_err() {
            panic!("{}", error::no_boundary(self.key.label()));
        }
    }

    /// As [`enter_with`](Self::enter_with), with an error where there is no boundary.
    ///
    /// # Errors
    /// Outside any boundary, with `store` in the error.
    ///
    /// # Examples
    /// ```
    /// use throughline_core::{AsyncLocalStorage, root};
    /// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
    ///
    /// let refused = USER.try_enter_with("ada").unwrap_err();
    /// assert_eq!(refused.into_inner(), "ada");
    /// assert!(root(|| USER.try_enter_with("ada")).is_ok());
    /// ```
    #[doc(alias = "enterWith")]
    #[inline]
    #[track_caller]
    pub fn try_enter_with(&self, store: T) -> Result<(), NoBoundary<T>> {
        frame::enter_with(self.key.place(), store)
            .map_err(|store| NoBoundary::new(store, Some(self.key.label())))
    }

    /// Sets `store` until the guard is dropped, or the boundary ends.
    ///
    /// **Everything in the boundary shares it**, as with [`enter_with`](Self::enter_with): a guard held over an `.await` in a future
    /// that is joined with others is seen by those too. The guard is `!Send`, so that most executors refuse such a future. Prefer
    /// [`run`](Self::run) and [`scope`](Self::scope). To have clippy catch the rest, put into `clippy.toml`:
    /// ```toml
    /// await-holding-invalid-types = ["throughline_core::RunScope"]
    /// ```
    ///
    /// A guard ends its own store and nothing else: what another storage entered meanwhile stays, what this storage entered meanwhile
    /// goes with it. Dropped out of order, it is quietly taken out, and no ended store ever comes back (clause `ALS-26`). Dropped in
    /// another boundary, or after its own has ended, it does nothing. Forgotten, it ends with its boundary.
    ///
    /// # Panics
    /// Outside any boundary: see [`try_with_scope`](Self::try_with_scope). If the `Drop` of a store it replaces does; the new one then
    /// lasts until the boundary ends.
    ///
    /// # Examples
    /// ```
    /// use throughline_core::{AsyncLocalStorage, root};
    /// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
    ///
    /// root(|| {
    ///     let scope = USER.with_scope("ada");
    ///     assert_eq!(USER.get_store(), Some("ada"));
    ///     drop(scope);
    ///     assert_eq!(USER.get_store(), None);
    /// });
    /// ```
    #[doc(alias = "withScope")]
    #[inline]
    #[track_caller]
    pub fn with_scope(&self, store: T) -> RunScope {
        match self.try_with_scope(store).ok() {
            Some(scope) => scope,
            None => panic!("{}", error::no_boundary(self.key.label())),
        }
    }

    /// As [`with_scope`](Self::with_scope), with an error where there is no boundary.
    ///
    /// # Errors
    /// Outside any boundary, with `store` in the error.
    #[doc(alias = "withScope")]
    #[inline]
    #[track_caller]
    pub fn try_with_scope(&self, store: T) -> Result<RunScope, NoBoundary<T>> {
        match frame::open_guard(self.key.place(), store) {
            Ok(id) => Ok(RunScope {
                id,
                on_this_thread: PhantomData,
            }),
            Err(store) => Err(NoBoundary::new(store, Some(self.key.label()))),
        }
    }

    /// Takes this storage out of the current boundary from now on: it reads as unset, and guards of it in this boundary
    /// bring nothing back. No snapshot taken before, and no other boundary, is touched. Setting it again is allowed.
    ///
    /// Outside any boundary, and where nothing is set, it does nothing. A storage need not be disabled to be freed.
    ///
    /// # Panics
    /// Only if the `Drop` of a store that goes does; it is taken out by then.
    ///
    /// # Examples
    /// ```
    /// use throughline_core::{AsyncLocalStorage, snapshot};
    /// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
    ///
    /// USER.run("ada", || {
    ///     let before = snapshot();
    ///     USER.disable();
    ///     assert_eq!(USER.get_store(), None);
    ///     assert_eq!(before.get(&USER), Some("ada"));
    /// });
    /// ```
    pub fn disable(&self) {
        if let Some(place) = self.key.place_taken() {
            frame::disable(place);
        }
    }

    pub(crate) fn key(&self) -> &Key<T> {
        &self.key
    }

    // Out of the way of a read that finds a store.
    #[cold]
    #[inline(never)]
    fn default_clone(&self) -> Option<T>
    where
        T: Clone,
    {
        self.default_store().cloned()
    }

    #[inline]
    pub(crate) fn default_store(&self) -> Option<&T> {
        #[cfg(feature = "audit")]
        if self.key.is_expected {
            crate::audit::missed(self.key.id(), self.key.label());
        }
        self.default.get()
    }
}

/// As [`AsyncLocalStorage::new`].
impl<T: Store> Default for AsyncLocalStorage<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

/// Its name, where it was declared, and its current store, if it is [`shown`](Self::shown).
impl<T: Store> fmt::Debug for AsyncLocalStorage<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut storage = f.debug_struct("AsyncLocalStorage");
        let label = self.key.label();
        storage.field("name", &label.name());
        storage.field("declared", &format_args!("{}", label.declared()));
        frame::with(&self.key, |store| match (store, self.key.show) {
            (None, _) => storage.field("store", &format_args!("none")).finish(),
            (Some(_), None) => storage.field("store", &label::HIDDEN).finish(),
            (Some(store), Some(show)) => storage.field("store", &label::Shown(store, show)).finish(),
        })
    }
}

/// A store that ends when this is dropped: see [`AsyncLocalStorage::with_scope`].
///
/// It stays on its thread, and out of futures that may leave theirs:
/// ```compile_fail,E0277
/// use throughline_core::{AsyncLocalStorage, root};
/// static USER: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
/// root(|| {
///     let scope = USER.with_scope(1);
///     std::thread::spawn(move || drop(scope)).join().unwrap();
/// });
/// ```
/// ```compile_fail
/// use throughline_core::{AsyncLocalStorage, root_scope};
/// static USER: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
/// # async fn work() {}
/// # fn spawn(_: impl Future<Output = ()> + Send + 'static) {}
/// spawn(root_scope(async {
///     let scope = USER.with_scope(1);
///     work().await;
///     drop(scope);
/// }));
/// ```
/// A snapshot may go, and a future with a scope of its own:
/// ```
/// use throughline_core::{AsyncLocalStorage, root, snapshot};
/// static USER: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
/// root(|| {
///     let _scope = USER.with_scope(1);
///     let snapshot = snapshot();
///     std::thread::spawn(move || drop(snapshot)).join().unwrap();
/// });
/// # async fn work() {}
/// # fn spawn(_: impl Future<Output = ()> + Send + 'static) {}
/// spawn(USER.scope(1, async {
///     work().await;
/// }));
/// ```
#[must_use = "the store ends at once unless the scope is kept: `let _scope = …`"]
#[derive(Debug)]
pub struct RunScope {
    id: u64,
    /// A raw pointer is neither `Send` nor `Sync`.
    on_this_thread: PhantomData<*const ()>,
}

impl RunScope {
    /// Ends the store now, as dropping does.
    #[doc(alias = "[Symbol.dispose]")]
    pub fn dispose(self) {}
}

impl Drop for RunScope {
    fn drop(&mut self) {
        frame::close_guard(self.id);
    }
}
