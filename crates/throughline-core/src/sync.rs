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
