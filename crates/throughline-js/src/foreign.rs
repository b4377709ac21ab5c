//! What Rust holds of a frame object that lives in the engine: a handle that may go anywhere, and comes back when it is dropped.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A root of one of the engine's frame objects: as long as it is there, the engine keeps the object.
///
/// It is what a snapshot taken in a Rust function that JavaScript called carries. It names a slot of the engine's table; dropped, on whatever thread, it only
/// says so, and the engine frees the object at its next turn. If the engine is gone by then, so is the object, and nobody listens.
pub(crate) struct Root {
    slot: usize,
    dropped: Arc<Dropped>,
}

/// The slots that nobody holds any more, on their way to the engine.
#[derive(Debug, Default)]
pub(crate) struct Dropped {
    slots: Mutex<Vec<usize>>,
    /// There are some: looked at without the lock, at every turn.
    any: AtomicBool,
}

impl Root {
    pub(crate) fn new(slot: usize, dropped: Arc<Dropped>) -> Self {
        Root { slot, dropped }
    }

    pub(crate) fn slot(&self) -> usize {
        self.slot
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        self.dropped.lock().push(self.slot);
        self.dropped.any.store(true, Ordering::Release);
    }
}

impl fmt::Debug for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Root").field(&self.slot).finish()
    }
}

impl Dropped {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<usize>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[inline]
    pub(crate) fn any(&self) -> bool {
        self.any.load(Ordering::Acquire)
    }

    pub(crate) fn take(&self) -> Vec<usize> {
        self.any.store(false, Ordering::Release);
        std::mem::take(&mut *self.lock())
    }
}
