//! Keeping the current frame for later.

use crate::frame::{self, FrameRef};
use crate::in_context::InContext;
use crate::{AsyncLocalStorage, HandOver, Store, label};
use std::fmt;

/// The stores of all storages, as they were when it was taken.
///
/// A snapshot is one word; cloning it counts a reference. It keeps every store of its moment alive until the last clone, and
/// everything captured from it, is gone. Whatever happens after, it observes exactly what was set when it was taken. A snapshot
/// taken where nothing was set stands for *no* context: work run in it sees nothing, it is not left as it is.
///
/// Taken by [`snapshot`]; Node's `AsyncLocalStorage.snapshot()` (clause `ALS-30`).
///
/// # Examples
/// ```
/// use throughline_core::{AsyncLocalStorage, snapshot};
/// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
///
/// let then = USER.run("ada", snapshot);
/// assert_eq!(USER.get_store(), None);
/// assert_eq!(then.run(|| USER.get_store()), Some("ada"));
/// std::thread::spawn(move || assert_eq!(then.get(&USER), Some("ada"))).join().unwrap();
/// ```
#[doc(alias = "AsyncLocalStorage.snapshot")]
#[derive(Clone)]
pub struct Snapshot(pub(crate) FrameRef);

/// Takes a [`Snapshot`] of the current stores.
///
/// It costs one reference count, however many stores there are.
#[must_use = "a snapshot does nothing by itself: run something in it"]
#[doc(alias = "capture")]
#[inline]
pub fn snapshot() -> Snapshot {
    Snapshot(frame::capture())
}

/// Takes a [`Snapshot`] of those current stores that cross such a hand-over.
///
/// What each storage says of it is its [`Propagation`](crate::Propagation). Where nothing asks to be filtered it costs what [`snapshot`] costs; else one new
/// frame, and one more for each store that is mapped. What code hands work over by itself, without `bind`, `in_context` or an
/// integration, begins with this.
///
/// # Panics
/// Only if a storage's map does, or the `Drop` of what it made.
///
/// # Examples
/// ```
/// use throughline_core::{AsyncLocalStorage, HandOver, snapshot_for};
/// static REQUEST_ID: AsyncLocalStorage<u64> = AsyncLocalStorage::new();
///
/// REQUEST_ID.run(7, || {
///     assert_eq!(snapshot_for(HandOver::Task).get(&REQUEST_ID), Some(7));
///     assert_eq!(snapshot_for(HandOver::Detached).get(&REQUEST_ID), None);
/// });
/// ```
#[must_use = "a snapshot does nothing by itself: run something in it"]
#[inline]
#[cfg_attr(feature = "audit", track_caller)]
pub fn snapshot_for(hand_over: HandOver) -> Snapshot {
    Snapshot(frame::capture_for(hand_over))
}

/// Runs `f`, which waits for others' work, [outside](crate::host::outside): what this thread does meanwhile sees nothing of the caller's context. `f` is handed
/// that, or what of it crosses such a hand-over, for the work that it waits for.
///
/// As `snapshot_for` and `outside`, without a count: it is for who has ended whatever uses it when `f` returns.
///
/// # Panics
/// As [`snapshot_for`], and if `f` does.
#[inline]
#[cfg_attr(feature = "audit", track_caller)]
pub fn hold_back<R>(hand_over: HandOver, f: impl FnOnce(HeldBack<'_>) -> R) -> R {
    frame::hold_back(hand_over, |here| f(HeldBack(here)))
}

/// A context that waits for the end of [`hold_back`].
#[derive(Clone, Copy, Debug)]
pub struct HeldBack<'a>(&'a FrameRef);

impl HeldBack<'_> {
    /// Runs `f` in it, as [`Snapshot::run`] does, on any thread.
    ///
    /// # Panics
    /// Only if `f` does, or the `Drop` of a store that it entered.
    #[inline]
    pub fn run<R>(self, f: impl FnOnce() -> R) -> R {
        frame::enter(self.0, f)
    }
}

impl Snapshot {
    /// What of it crosses such a hand-over: see [`snapshot_for`].
    ///
    /// # Panics
    /// As [`snapshot_for`].
    #[must_use = "the filtered snapshot is the answer"]
    #[cfg_attr(feature = "audit", track_caller)]
    pub fn filtered(self, hand_over: HandOver) -> Self {
        Snapshot(frame::filtered(self.0, hand_over))
    }

    /// The snapshot in which nothing is set.
    #[must_use = "a snapshot does nothing by itself: run something in it"]
    pub const fn empty() -> Self {
        Snapshot(FrameRef::EMPTY)
    }

    /// Runs `f` with the stores of this snapshot, and nothing else, in a boundary of its own.
    ///
    /// # Panics
    /// Only if `f` does, or the `Drop` of a store that `f` entered; the stores from before are back by then.
    ///
    /// # Examples
    /// ```
    /// use throughline_core::{AsyncLocalStorage, snapshot};
    /// static DEPTH: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    ///
    /// let one = DEPTH.run(1, snapshot);
    /// DEPTH.run(2, || {
    ///     assert_eq!(one.run(|| DEPTH.get_store()), Some(1));
    ///     assert_eq!(DEPTH.get_store(), Some(2));
    /// });
    /// ```
    #[inline]
    pub fn run<R>(&self, f: impl FnOnce() -> R) -> R {
        frame::enter(&self.0, f)
    }

    /// Wraps a future (or stream, sink, reader, writer) so that it is polled, and dropped, with the stores of this
    /// snapshot.
    ///
    /// # Panics
    /// The answer panics when polled again after it was ready.
    ///
    /// # Cancel safety
    /// Dropping the answer drops `inner` with the stores of this snapshot.
    ///
    /// # Examples
    /// ```
    /// # use futures::executor::block_on;
    /// use throughline_core::{AsyncLocalStorage, snapshot};
    /// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
    ///
    /// let then = USER.run("ada", snapshot);
    /// assert_eq!(block_on(then.scope(async { USER.get_store() })), Some("ada"));
    /// ```
    #[inline]
    pub fn scope<F>(&self, inner: F) -> InContext<F> {
        self.clone().into_scope(inner)
    }

    #[inline]
    pub(crate) fn into_scope<F>(self, inner: F) -> InContext<F> {
        InContext::captured(self.0, inner)
    }

    /// The same stores, for as long as the process runs: they are never dropped, and whoever captures this snapshot counts nothing.
    ///
    /// For what a whole program runs in. Threads that spawn in one context all write to its count, and wait for each other; in a leaked one
    /// they do not. Each call leaks anew: it is for a program's beginning.
    ///
    /// # Examples
    /// ```
    /// # use futures::executor::block_on;
    /// use throughline_core::{AsyncLocalStorage, snapshot};
    /// static REGION: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
    ///
    /// let program = REGION.run("north", snapshot).leak();
    /// let serve = async { REGION.get_store() };
    /// assert_eq!(block_on(program.scope(serve)), Some("north"));
    /// ```
    #[must_use = "what is leaked is the answer"]
    pub fn leak(self) -> Self {
        Snapshot(frame::leaked(self.0))
    }

    /// A clone of the store of `storage` in this snapshot, or of its default, read without entering.
    ///
    /// # Panics
    /// Only if `T::clone` or the default's initialiser does.
    #[must_use = "reading has no effect but its answer"]
    #[inline]
    pub fn get<T: Store + Clone>(&self, storage: &AsyncLocalStorage<T>) -> Option<T> {
        self.with(storage, |store| store.cloned())
    }

    /// Lends the store of `storage` in this snapshot, or its default, to `f`, which runs in the context of the caller.
    ///
    /// # Panics
    /// Only if `f` or the default's initialiser does.
    #[inline]
    pub fn with<T: Store, R>(&self, storage: &AsyncLocalStorage<T>, f: impl FnOnce(Option<&T>) -> R) -> R {
        match self.0.find(storage.key()) {
            None => f(storage.default_store()),
            store => f(store),
        }
    }

    /// How many stores are in it. (One of a storage dropped since counts, as long as the snapshot keeps it.)
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing is set in it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// As [`Snapshot::empty`].
impl Default for Snapshot {
    fn default() -> Self {
        Self::empty()
    }
}

/// Each storage that is set, by its name, and its store if the storage is [`shown`](AsyncLocalStorage::shown).
///
/// # Examples
/// ```
/// use throughline_core::{AsyncLocalStorage, snapshot};
/// static REQUEST_ID: AsyncLocalStorage<u64> = AsyncLocalStorage::new().named("request_id").shown();
/// static SESSION: AsyncLocalStorage<String> = AsyncLocalStorage::new().named("session");
///
/// let snapshot = REQUEST_ID.run(7, || SESSION.run("of ada".to_owned(), snapshot));
/// assert_eq!(format!("{snapshot:?}"), "Snapshot { request_id: 7, session: .. }");
/// ```
impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut stores = f.debug_struct("Snapshot");
        label::write_stores(&self.0, &mut stores);
        stores.finish()
    }
}

/// Runs `f` in a boundary where nothing is set: for `main`, tests, and threads that nobody handed a context.
///
/// Inside, [`enter_with`](AsyncLocalStorage::enter_with) has a place to live.
///
/// # Panics
/// Only if user code does: `f`, or the `Drop` of a store that `f` entered.
///
/// # Examples
/// ```
/// use throughline_core::{AsyncLocalStorage, root};
/// static CONFIG: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
///
/// root(|| {
///     CONFIG.enter_with("test");
///     assert_eq!(CONFIG.get_store(), Some("test"));
/// });
/// assert_eq!(CONFIG.get_store(), None);
/// ```
pub fn root<R>(f: impl FnOnce() -> R) -> R {
    const { Snapshot::empty() }.run(f)
}

/// Runs `f` in a boundary of its own, on the current stores: what it enters is not seen by whoever comes after it.
///
/// The same as `snapshot().run(f)`, and counts nothing. It is for who calls others' callbacks.
///
/// # Panics
/// Only if user code does: `f`, or the `Drop` of a store that `f` entered.
///
/// # Examples
/// ```
/// use throughline_core::{AsyncLocalStorage, boundary};
/// static STEP: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
///
/// STEP.run(1, || {
///     boundary(|| {
///         assert_eq!(STEP.get_store(), Some(1));
///         STEP.enter_with(2);
///     });
///     assert_eq!(STEP.get_store(), Some(1));
/// });
/// ```
#[inline]
pub fn boundary<R>(f: impl FnOnce() -> R) -> R {
    frame::enter_current(f)
}

/// Wraps a future (or stream, sink, reader, writer) so that it is polled, and dropped, in a boundary where nothing is set.
///
/// The form of [`root`] for an async `main`, a background task, or a connection that outlives the request that opened it.
///
/// # Panics
/// The answer panics when polled again after it was ready.
///
/// # Cancel safety
/// Dropping the answer drops `inner` in its own boundary.
///
/// # Examples
/// ```
/// # use futures::executor::block_on;
/// use throughline_core::{AsyncLocalStorage, root_scope};
/// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
///
/// block_on(USER.scope("ada", async {
///     let background = root_scope(async { USER.get_store() });
///     assert_eq!(background.await, None);
/// }));
/// ```
pub fn root_scope<F>(inner: F) -> InContext<F> {
    Snapshot::empty().into_scope(inner)
}

/// Whether the calling code runs in a boundary, so that [`enter_with`](AsyncLocalStorage::enter_with) has one to live in.
///
/// # Examples
/// ```
/// use throughline_core::{in_boundary, root};
/// assert!(!in_boundary());
/// assert!(root(in_boundary));
/// ```
pub fn in_boundary() -> bool {
    frame::in_boundary()
}
