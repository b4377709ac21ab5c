//! For a host that moves frames itself: an embedded engine, an executor, a scheduler of its own.
//!
//! Programs do not need this. A host keeps its own notion of the current context and switches the two together: it asks
//! for the frame that is [`current`], makes others out of it with [`frame_with`] and [`frame_without`], and puts one in force with
//! [`set`], inside a boundary that it opened with [`Snapshot::run`] or [`root`](crate::root) for each of its jobs. A scheduler that is told of a job's
//! beginning and of its end, and has no closure to bound, [visits](Resident::visit) the job's [`Resident`].

pub use crate::resource::host::{Entered, HookRegistry, OutOfOrder};

use crate::{AsyncLocalStorage, HandOver, NoBoundary, Snapshot, Store, frame};
use std::fmt;
use std::marker::PhantomData;
use std::panic::Location;

/// The current frame; the same as [`snapshot`](crate::snapshot).
#[must_use = "a frame does nothing by itself: set it, or run something in it"]
pub fn current() -> Snapshot {
    crate::snapshot()
}

/// What of the current context crosses a hand-over of that kind, which took place at `place`; of none, nothing.
///
/// As [`snapshot_for`](crate::snapshot_for), for a host that is told of a hand-over rather than makes it: a hook of an executor. With the feature `audit`, what is left
/// behind is counted by `place`.
///
/// # Panics
/// As [`snapshot_for`](crate::snapshot_for).
///
/// # Examples
/// ```
/// use std::panic::Location;
/// use throughline_core::{AsyncLocalStorage, HandOver, host};
/// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
///
/// // As the executor says it.
/// let spawned_at = Location::caller();
/// USER.run("ada", || {
///     assert_eq!(host::hand_over(Some(HandOver::Task), spawned_at).get(&USER), Some("ada"));
///     assert_eq!(host::hand_over(None, spawned_at).get(&USER), None);
/// });
/// ```
#[must_use = "a snapshot does nothing by itself: run something in it"]
pub fn hand_over(kind: Option<HandOver>, place: &'static Location<'static>) -> Snapshot {
    let current = frame::capture();
    Snapshot(match kind {
        Some(kind) => frame::filtered_at(current, kind, place),
        #[cfg(feature = "audit")]
        None => crate::audit::nothing_but_trail(&current, place),
        #[cfg(not(feature = "audit"))]
        None => frame::FrameRef::EMPTY,
    })
}

/// Has `host` asked what is current on a thread that runs in no boundary, from now on: for a scheduler that is not told of everything it does.
///
/// What it answers is read, and captured; [`run`](AsyncLocalStorage::run) begins with nothing there, as ever, and `enter_with` finds no boundary. The `host` is
/// asked again for each read, and never forgotten. It must not run code of users; what it reads itself is none; and a thread that is ending asks it too.
///
/// # Examples
/// ```
/// use std::cell::RefCell;
/// use throughline_core::{AsyncLocalStorage, Snapshot, host, snapshot};
/// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
/// thread_local!(static DROPPING: RefCell<Option<Snapshot>> = const { RefCell::new(None) });
///
/// host::ask_outside(|| DROPPING.try_with(|it| it.borrow().clone()).ok().flatten());
/// DROPPING.set(Some(USER.run("ada", snapshot)));
/// assert_eq!(USER.get_store(), Some("ada"));
/// DROPPING.set(None);
/// assert_eq!(USER.get_store(), None);
/// ```
pub fn ask_outside(host: fn() -> Option<Snapshot>) {
    frame::ask(host);
}

/// `base` with `store` set in `storage`.
///
/// # Examples
/// ```
/// use throughline_core::{AsyncLocalStorage, Snapshot, host};
/// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
///
/// let frame = host::frame_with(&Snapshot::empty(), &USER, "ada");
/// assert_eq!(frame.get(&USER), Some("ada"));
/// assert_eq!(host::frame_without(&frame, &USER).get(&USER), None);
/// ```
#[must_use = "the new frame is the answer; `base` is as it was"]
#[track_caller]
pub fn frame_with<T: Store>(base: &Snapshot, storage: &AsyncLocalStorage<T>, store: T) -> Snapshot {
    Snapshot(frame::bind_on(base.0.clone(), storage.key().place(), store))
}

/// `base` with nothing set in `storage`.
#[must_use = "the new frame is the answer; `base` is as it was"]
#[track_caller]
pub fn frame_without<T: Store>(base: &Snapshot, storage: &AsyncLocalStorage<T>) -> Snapshot {
    Snapshot(frame::without_on(base.0.clone(), storage.key().place().untyped()))
}

/// Puts `frame` in force for the rest of the current boundary, and answers what was. Guards that were open in the boundary bring
/// nothing back.
///
/// # Errors
/// Outside any boundary, with `frame` in the error.
///
/// # Examples
/// ```
/// use throughline_core::{AsyncLocalStorage, Snapshot, host, root};
/// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
///
/// let ada = host::frame_with(&Snapshot::empty(), &USER, "ada");
/// root(|| {
///     let before = host::set(ada).unwrap();
///     assert_eq!(USER.get_store(), Some("ada"));
///     host::set(before).unwrap();
///     assert_eq!(USER.get_store(), None);
/// });
/// ```
pub fn set(frame: Snapshot) -> Result<Snapshot, NoBoundary<Snapshot>> {
    match frame::set(frame.0) {
        Ok(former) => Ok(Snapshot(former)),
        Err(frame) => Err(NoBoundary::new(Snapshot(frame), None)),
    }
}

/// Runs `f` as on a bare thread: in no context and in no boundary, so that nothing can be entered.
///
/// For whoever runs *other people's* work in place while a context is on: a pool's thread that waits and meanwhile takes what it finds, an executor that is driven by a
/// request. What such work needs it brings along. In [`root`](crate::root) it would see no more, but what one piece of it enters, the next one would read.
///
/// # Panics
/// If `f` does; what was in force is back then.
///
/// # Examples
/// ```
/// use throughline_core::{AsyncLocalStorage, host, in_boundary, snapshot};
/// use futures::{executor::LocalPool, task::LocalSpawnExt};
/// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
///
/// let mut executor = LocalPool::new();
/// executor.spawner().spawn_local(async { assert!(USER.get_store().is_none() && !in_boundary()) }).unwrap();
/// USER.run("ada", || {
///     // Ours in our context, and the others' in none.
///     let ours = snapshot().scope(async { USER.get_store() });
///     assert_eq!(host::outside(|| { executor.run_until_stalled(); executor.run_until(ours) }), Some("ada"));
/// });
/// ```
#[inline]
pub fn outside<R>(f: impl FnOnce() -> R) -> R {
    frame::outside(f)
}

/// A context that is entered again and again, and keeps what was entered inside: a task's, between its polls.
///
/// # Examples
/// ```
/// use throughline_core::{AsyncLocalStorage, host::Resident, snapshot};
/// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
///
/// let task = Resident::new(USER.run("ada", snapshot));
/// let visit = task.visit(); // The runtime says: a poll begins.
/// assert_eq!(USER.get_store(), Some("ada"));
/// USER.enter_with("grace");
/// let task = visit.leave().unwrap(); // And that it has ended.
/// assert_eq!(USER.get_store(), None);
/// assert_eq!(task.snapshot().get(&USER), Some("grace"));
/// ```
#[must_use = "a context does nothing by itself: visit it"]
pub struct Resident(frame::Resident);

impl Resident {
    /// One that begins with the stores of `snapshot`.
    #[inline]
    pub fn new(snapshot: Snapshot) -> Self {
        Resident(frame::Resident::new(snapshot.0))
    }

    /// Whether nothing is set in it, and no guard is open. (A frame in which all was taken out again may count as something.)
    #[must_use = "reading has no effect but its answer"]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is set in it.
    #[must_use = "a snapshot does nothing by itself: run something in it"]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot(self.0.capture())
    }

    /// Opens a boundary on this thread with what is set in it; [`Visit::leave`] closes it.
    ///
    /// It takes no memory but at the first visit.
    #[inline]
    pub fn visit(self) -> Visit {
        Visit {
            id: frame::visit(self.0),
            not_send: PhantomData,
        }
    }
}

impl fmt::Debug for Resident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Resident").field(&self.snapshot()).finish()
    }
}

/// Where a [`Resident`] is between its visits, for a scheduler whose threads hand it to each other: one word, without a lock.
///
/// # Examples
/// ```
/// use throughline_core::host::{Resident, ResidentCell};
/// use throughline_core::{AsyncLocalStorage, snapshot};
/// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
///
/// let between_polls = ResidentCell::new(Resident::new(USER.run("ada", snapshot)));
/// std::thread::scope(|s| {
///     s.spawn(|| {
///         let visit = between_polls.take().unwrap().visit();
///         assert!(between_polls.take().is_none(), "one visits at a time");
///         USER.enter_with("grace");
///         between_polls.replace(visit.leave().unwrap());
///     });
/// });
/// assert_eq!(between_polls.take().unwrap().snapshot().get(&USER), Some("grace"));
/// ```
#[derive(Default)]
pub struct ResidentCell(frame::ResidentCell);

impl ResidentCell {
    /// One with `resident` in it.
    pub fn new(resident: Resident) -> Self {
        let cell = Self::default();
        drop(cell.replace(resident));
        cell
    }

    /// Takes out what is in it; none, if somebody has done so.
    #[inline]
    pub fn take(&self) -> Option<Resident> {
        self.0.take().map(Resident)
    }

    /// Puts `resident` there, and answers what was.
    #[inline]
    pub fn replace(&self, resident: Resident) -> Option<Resident> {
        self.0.replace(resident.0).map(Resident)
    }
}

impl fmt::Debug for ResidentCell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResidentCell").finish_non_exhaustive()
    }
}

/// A boundary on this thread that lasts until it is left: what [`Resident::visit`] gives.
///
/// It lies in the boundary it began in. Where that ends first, as when this was forgotten, the visit ends with it, as one that was begun in another visit
/// ends with that: the frame from before is back in either case. (Forgotten outside of any boundary, it stays in force on its thread.)
///
/// Dropped, it is left as by [`leave`](Self::leave).
///
/// It stays on its thread:
/// ```compile_fail,E0277
/// use throughline_core::{Snapshot, host::Resident};
/// let visit = Resident::new(Snapshot::empty()).visit();
/// std::thread::spawn(move || drop(visit)).join().unwrap();
/// ```
/// What it left may go:
/// ```
/// use throughline_core::{Snapshot, host::Resident};
/// let visit = Resident::new(Snapshot::empty()).visit();
/// let task = visit.leave().unwrap();
/// std::thread::spawn(move || drop(task)).join().unwrap();
/// ```
#[must_use = "the visit ends when this is dropped"]
pub struct Visit {
    id: u64,
    /// The current frame is the thread's.
    not_send: PhantomData<*const ()>,
}

impl Visit {
    /// Puts back what was before the visit, and answers its context with what was entered in it. Visits that began in this one, and were not left, end.
    ///
    /// # Errors
    /// With the visit, if it has ended already, or if it is to be left from inside a boundary that began in it, as by the closure of a
    /// [`run`](AsyncLocalStorage::run). Nothing is changed; it can be left after that.
    ///
    /// # Panics
    /// Only if the `Drop` of a store does that was entered in a visit inside this one.
    #[inline]
    pub fn leave(self) -> Result<Resident, Visit> {
        match frame::end_visit(self.id) {
            Some(resident) => {
                std::mem::forget(self);
                Ok(Resident(resident))
            }
            None => Err(self),
        }
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        drop(frame::end_visit(self.id));
    }
}

impl fmt::Debug for Visit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Visit").field(&self.id).finish()
    }
}
