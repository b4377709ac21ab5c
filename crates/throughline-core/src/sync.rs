//! What loom replaces when it explores the frame's counts: everything else is std's in both builds.

#[cfg(not(loom))]
pub(crate) use std::{
    alloc::{alloc, dealloc},
    sync::atomic::{AtomicU64, fence},
    thread_local,
};

#[cfg(loom)]
pub(crate) use loom::{
    alloc::{alloc, dealloc},
    sync::atomic::{AtomicU64, fence},
    thread_local,
};

/// Shows loom who reads a frame's plain fields, and who changes or frees them. Without loom it is nothing.
pub(crate) struct Watch(#[cfg(loom)] Option<loom::cell::UnsafeCell<()>>);

impl Watch {
    /// In a `static`, where loom's cells cannot stand.
    #[cfg(loom)]
    pub(crate) const NONE: Watch = Watch(None);
    #[cfg(not(loom))]
    pub(crate) const NONE: Watch = Watch();

    #[cfg(loom)]
    pub(crate) fn new() -> Self {
        Watch(Some(loom::cell::UnsafeCell::new(())))
    }
    #[cfg(not(loom))]
    #[inline(always)]
    pub(crate) fn new() -> Self {
        Watch()
    }

    /// No change goes on, nor was there one that did not happen before this.
    #[inline(always)]
    pub(crate) fn read(&self) {
        #[cfg(loom)]
        self.0.iter().for_each(|cell| cell.with(|_| ()));
    }

    /// Neither a read nor a change goes on, nor was there one that did not happen before this.
    #[inline(always)]
    pub(crate) fn change(&self) {
        #[cfg(loom)]
        self.0.iter().for_each(|cell| cell.with_mut(|_| ()));
    }
}
