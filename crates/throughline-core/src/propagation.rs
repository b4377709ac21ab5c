//! What crosses a hand-over: said once for a storage, where it is declared.

use crate::Store;
use crate::frame::{self, FrameRef};
use crate::key::Place;
use std::fmt;

/// Where work passes to: to another task, thread or queue.
///
/// Each hand-over names its kind, and what a storage's [`Propagation`] says of that kind decides whether its store goes along.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HandOver {
    /// A task or callback that belongs to the work that made it: `spawn`, `bind`, `in_context`, a resource, a pool.
    Task,
    /// A task that outlives the work that made it: a connection, a cache's refresh.
    Detached,
    /// Work on another thread that somebody waits for: a blocking call, a scoped thread, a rayon job.
    Blocking,
    /// A message in a queue, to be worked off later, maybe by another process.
    Job,
}

impl HandOver {
    pub(crate) const ALL: [HandOver; 4] = [
        HandOver::Task,
        HandOver::Detached,
        HandOver::Blocking,
        HandOver::Job,
    ];

    /// In the header of a frame: something in it does not simply cross.
    #[inline(always)]
    pub(crate) const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// What becomes of a store at a hand-over.
pub enum Crossing<T> {
    /// It goes along.
    Inherit,
    /// It stays behind: nothing is set on the other side.
    Drop,
    /// What this answers goes along in its place, if anything. It is called at the hand-over, by whoever hands over, in its context; if it panics,
    /// nothing is handed over.
    Map(fn(&T) -> Option<T>),
}

impl<T> Clone for Crossing<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Crossing<T> {}

impl<T> fmt::Debug for Crossing<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Crossing::Inherit => "Inherit",
            Crossing::Drop => "Drop",
            Crossing::Map(_) => "Map",
        })
    }
}

/// What becomes of a storage's store at each kind of hand-over.
///
/// By default it crosses to tasks and blocking work, and stays behind where work is detached or queued: a pooled connection must not keep the
/// request that opened it. A [`Snapshot`](crate::Snapshot) always holds everything; it is the hand-over that filters, once.
///
/// (Node had `onPropagate` for a while, from 19.2 to 19.7.)
///
/// # Examples
/// ```
/// use throughline_core::{AsyncLocalStorage, Crossing, HandOver, Propagation, snapshot_for};
///
/// static REQUEST_ID: AsyncLocalStorage<u64> = AsyncLocalStorage::new();
/// // A tenant is the same in a queue; a budget is not for two to spend.
/// static TENANT: AsyncLocalStorage<&str> = AsyncLocalStorage::new().propagation(Propagation::everywhere());
/// static BUDGET: AsyncLocalStorage<u64> =
///     AsyncLocalStorage::new().propagation(Propagation::new().task(Crossing::Map(|left| Some(left / 2))));
///
/// REQUEST_ID.run(7, || TENANT.run("acme", || BUDGET.run(100, || {
///     let task = snapshot_for(HandOver::Task);
///     assert_eq!((task.get(&REQUEST_ID), task.get(&TENANT), task.get(&BUDGET)), (Some(7), Some("acme"), Some(50)));
///     let job = snapshot_for(HandOver::Job);
///     assert_eq!((job.get(&REQUEST_ID), job.get(&TENANT), job.get(&BUDGET)), (None, Some("acme"), None));
/// })));
/// ```
#[doc(alias = "onPropagate")]
pub struct Propagation<T> {
    crossings: [Crossing<T>; 4],
}

impl<T> Propagation<T> {
    /// The default: tasks and blocking work inherit, detached tasks and jobs do not.
    pub const fn new() -> Self {
        Self::everywhere().detached(Crossing::Drop).job(Crossing::Drop)
    }

    /// All inherit.
    pub const fn everywhere() -> Self {
        Propagation {
            crossings: [Crossing::Inherit; 4],
        }
    }

    /// Nobody inherits.
    pub const fn nowhere() -> Self {
        Propagation {
            crossings: [Crossing::Drop; 4],
        }
    }

    /// Says what becomes of it at [`HandOver::Task`].
    #[must_use = "the changed propagation is the answer"]
    pub const fn task(self, crossing: Crossing<T>) -> Self {
        self.with(HandOver::Task, crossing)
    }

    /// Says what becomes of it at [`HandOver::Detached`].
    #[must_use = "the changed propagation is the answer"]
    pub const fn detached(self, crossing: Crossing<T>) -> Self {
        self.with(HandOver::Detached, crossing)
    }

    /// Says what becomes of it at [`HandOver::Blocking`].
    #[must_use = "the changed propagation is the answer"]
    pub const fn blocking(self, crossing: Crossing<T>) -> Self {
        self.with(HandOver::Blocking, crossing)
    }

    /// Says what becomes of it at [`HandOver::Job`].
    #[must_use = "the changed propagation is the answer"]
    pub const fn job(self, crossing: Crossing<T>) -> Self {
        self.with(HandOver::Job, crossing)
    }

    const fn with(mut self, hand_over: HandOver, crossing: Crossing<T>) -> Self {
        self.crossings[hand_over as usize] = crossing;
        self
    }

    /// What becomes of it at such a hand-over.
    pub const fn at(&self, hand_over: HandOver) -> Crossing<T> {
        self.crossings[hand_over as usize]
    }

    /// The bits of the hand-overs at which it does not simply cross.
    pub(crate) const fn asks(&self) -> u8 {
        let mut asks = 0;
        let mut i = 0;
        while i < HandOver::ALL.len() {
            if !matches!(self.crossings[i], Crossing::Inherit) {
                asks |= HandOver::ALL[i].bit();
            }
            i += 1;
        }
        asks
    }

    pub(crate) const fn has_map(&self) -> bool {
        let [a, b, c, d] = &self.crossings;
        matches!(a, Crossing::Map(_))
            || matches!(b, Crossing::Map(_))
            || matches!(c, Crossing::Map(_))
            || matches!(d, Crossing::Map(_))
    }
}

impl<T> Default for Propagation<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Clone for Propagation<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Propagation<T> {}

impl<T> fmt::Debug for Propagation<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each = HandOver::ALL.iter().zip(&self.crossings);
        f.debug_map().entries(each).finish()
    }
}

/// The maps of one storage, for frames, which do not know the types of their stores.
pub(crate) trait Maps: Send + Sync {
    /// `onto` with what crosses of the store in `from`, in which it is set; none if it is not mapped at such hand-overs.
    fn map(&self, hand_over: HandOver, from: &FrameRef, onto: &FrameRef) -> Option<FrameRef>;

    /// Whether there is a map for such hand-overs.
    #[cfg(feature = "audit")]
    fn is_mapped(&self, hand_over: HandOver) -> bool;
}

pub(crate) struct MapsOf<T> {
    pub(crate) place: Place<T>,
    pub(crate) propagation: Propagation<T>,
}

impl<T: Store> Maps for MapsOf<T> {
    fn map(&self, hand_over: HandOver, from: &FrameRef, onto: &FrameRef) -> Option<FrameRef> {
        let Crossing::Map(map) = self.propagation.at(hand_over) else {
            return None;
        };
        let mapped = from.find_at(self.place).and_then(map);
        Some(match mapped {
            Some(store) => frame::bind_on(onto.clone(), self.place, store),
            None => onto.clone(),
        })
    }

    #[cfg(feature = "audit")]
    fn is_mapped(&self, hand_over: HandOver) -> bool {
        matches!(self.propagation.at(hand_over), Crossing::Map(_))
    }
}
