//! What must not begin on a thread in the midst of itself. An allocator may read storages, and so comes in wherever memory is asked for: under our own
//! locks, too.

use std::cell::Cell;
use std::thread::LocalKey;

/// This thread is at it, until this is dropped.
pub(crate) struct Busy(&'static LocalKey<Cell<bool>>);

impl Busy {
    /// None if it is already. (`key` has no destructor: this works at the end of a thread.)
    pub(crate) fn begin(key: &'static LocalKey<Cell<bool>>) -> Option<Self> {
        (!key.replace(true)).then(|| Busy(key))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.set(false);
    }
}
