//! Ids: unique in the process, never used again, and without a shared counter on the hot path.

use std::cell::Cell;
use std::fmt;
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU64, Ordering};

/// The id of a resource: Node's `asyncId`, unique in the process and never used again (clause `ID-1`).
///
/// A thread draws its ids from blocks of its own, so those of one thread grow, and those of two threads say nothing about which
/// resource was there first.
#[doc(alias = "asyncId")]
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AsyncId(NonZeroU64);

/// How many ids a thread takes at a time.
const BLOCK: u64 = 1024;

/// 1 is left to a host, for its main program (clause `ID-1`).
static NEXT_BLOCK: AtomicU64 = AtomicU64::new(2);

thread_local! {
    /// The next id, and the first that is not this thread's. Without a destructor, so that resources can be made in those of others.
    static IDS: Cell<(u64, u64)> = const { Cell::new((0, 0)) };
}

impl AsyncId {
    /// The id of that number, to name a cause that is not a resource of this library (clause `RES-2`); none for 0, Node's "no resource".
    pub const fn new(id: u64) -> Option<Self> {
        match NonZeroU64::new(id) {
            Some(id) => Some(AsyncId(id)),
            None => None,
        }
    }

    /// Its number.
    pub const fn get(self) -> u64 {
        self.0.get()
    }

    /// An id that nothing else has.
    #[inline]
    pub(super) fn unique() -> Self {
        IDS.with(|ids| {
            let (next, end) = ids.get();
            let next = if next == end { Self::take_block(ids) } else { next };
            ids.set((next + 1, ids.get().1));
            // The first block begins above 0.
            AsyncId(NonZeroU64::new(next).unwrap_or(NonZeroU64::MAX))
        })
    }

    #[cold]
    fn take_block(ids: &Cell<(u64, u64)>) -> u64 {
        let first = NEXT_BLOCK.fetch_add(BLOCK, Ordering::Relaxed);
        ids.set((first, first + BLOCK));
        first
    }
}

impl fmt::Display for AsyncId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for AsyncId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AsyncId({})", self.0)
    }
}

impl From<AsyncId> for u64 {
    fn from(id: AsyncId) -> u64 {
        id.get()
    }
}
