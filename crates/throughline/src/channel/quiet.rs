//! Why a channel that nobody uses costs two relaxed loads and a branch, though it may be reached by its name alone.
//!
//! A `static` channel is found in the registry when it is first used, so it cannot hold the flag that others would set. It
//! notes instead at which moment it was last seen unused; moments are counted by the channels that come into use.

use std::sync::atomic::{AtomicU64, Ordering};

/// How often, in this process, a channel came into use. It starts above what an untouched [`Quiet`] holds.
static MOMENT: AtomicU64 = AtomicU64::new(1);

/// The last moment at which nobody used the channel that holds this.
pub(super) struct Quiet(AtomicU64);

impl Quiet {
    pub(super) const fn unknown() -> Self {
        Quiet(AtomicU64::new(0))
    }

    /// Whether no channel has come into use since this one was unused.
    #[inline(always)]
    pub(super) fn is_certain(&self) -> bool {
        self.0.load(Ordering::Relaxed) == MOMENT.load(Ordering::Relaxed)
    }

    /// Looks with `find` who uses it, and remembers if nobody does.
    pub(super) fn look<T>(&self, find: impl FnOnce() -> Option<T>) -> Option<T> {
        // Read before looking: who comes into use afterwards makes it another moment.
        let now = MOMENT.load(Ordering::Acquire);
        let found = find();
        if found.is_none() {
            self.0.store(now, Ordering::Relaxed);
        }
        found
    }
}

/// To be called after a channel came into use.
pub(super) fn disturb() {
    MOMENT.fetch_add(1, Ordering::Release);
}
