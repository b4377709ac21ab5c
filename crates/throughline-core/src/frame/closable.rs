//! A frame that scopes run in, on any thread, until it is closed: what a resource keeps.
//!
//! Safe code would keep the frame behind a lock, and count it once more for each scope: four locked operations and some sixty instructions
//! a scope, where this takes two and a dozen (`benches/src/questions/resource.rs`).

use super::{FrameRef, enter};
use crate::sync::AtomicU64;
use std::cell::UnsafeCell;
use std::fmt;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

/// In `state`, beside the number of scopes, until it is closed: so that "closed, and none left" is zero.
const OPEN: u64 = 1 << 63;
/// In `state` when the frame was taken out.
const TAKEN: u64 = 1 << 62;

/// Invariant: the frame is there unless the state is `TAKEN`. It becomes that once, from zero: closed, and no scope left; whoever brings that about takes the
/// frame out. (Who tries to begin a scope is counted for a moment, and so may be the one; but it uses the frame only if it found `OPEN`.)
pub(crate) struct Closable<T: End> {
    state: AtomicU64,
    frame: UnsafeCell<ManuallyDrop<FrameRef>>,
    with: T,
}

// SAFETY: the frame is only read while it is there, and taken out by one thread when nobody reads it any more.
unsafe impl<T: End + Sync> Sync for Closable<T> {}
// A panic leaves nothing half-changed.
impl<T: End> UnwindSafe for Closable<T> {}
impl<T: End> RefUnwindSafe for Closable<T> {}

/// What goes with a frame, and hears of its end.
pub(crate) trait End {
    /// The frame is about to go with the [`Closable`], which nobody closed.
    fn dropped(&self);
}

/// What [`Closable::close`] found. The frame is the caller's to drop, which runs stores' destructors.
#[derive(Debug)]
pub(crate) enum Closed {
    /// It was closed before.
    Before,
    /// Now; the last scope to end will give the frame.
    WhenScopesEnd,
    Now(FrameRef),
}

impl<T: End> Closable<T> {
    pub(crate) fn new(frame: FrameRef, with: T) -> Self {
        Closable {
            state: AtomicU64::new(OPEN),
            frame: UnsafeCell::new(ManuallyDrop::new(frame)),
            with,
        }
    }

    /// Begins a scope, which is to be ended.
    ///
    /// # Errors
    /// If this is closed; with the frame, if it so happened that this was in the way of its end.
    #[inline(always)]
    pub(crate) fn begin(&self) -> Result<Scope<'_, T>, Option<FrameRef>> {
        self.count_in().map(|()| Scope(self))
    }

    /// As [`begin`](Self::begin), for a scope that keeps this alive.
    pub(crate) fn begin_owned(self: &Arc<Self>) -> Result<OwnedScope<T>, Option<FrameRef>> {
        self.count_in().map(|()| OwnedScope(self.clone()))
    }

    /// Lets no further scope begin.
    pub(crate) fn close(&self) -> Closed {
        let before = self.state.fetch_and(!OPEN, AcqRel);
        if before & OPEN == 0 {
            return Closed::Before;
        }
        match self.take_if_unused() {
            Some(frame) => Closed::Now(frame),
            None => Closed::WhenScopesEnd,
        }
    }

    #[inline]
    pub(crate) fn is_closed(&self) -> bool {
        self.state.load(Acquire) & OPEN == 0
    }

    #[inline(always)]
    fn count_in(&self) -> Result<(), Option<FrameRef>> {
        if self.state.fetch_add(1, Acquire) & OPEN != 0 {
            Ok(())
        } else {
            Err(self.count_out())
        }
    }

    /// The frame, if this ended the last scope of a closed one.
    #[inline(always)]
    fn count_out(&self) -> Option<FrameRef> {
        if self.state.fetch_sub(1, Release) == 1 {
            self.take_if_unused()
        } else {
            None
        }
    }

    /// The frame, if this is closed and no scope is left.
    #[cold]
    #[inline(never)]
    fn take_if_unused(&self) -> Option<FrameRef> {
        // Acquire: what scopes did on other threads happened before.
        self.state.compare_exchange(0, TAKEN, Acquire, Relaxed).ok()?;
        // SAFETY: nobody uses the frame, nor will, and this happens once.
        Some(unsafe { ManuallyDrop::take(&mut *self.frame.get()) })
    }

    /// # Safety
    /// A scope has begun, and lasts as long as the borrow.
    #[inline(always)]
    unsafe fn frame(&self) -> &FrameRef {
        // SAFETY: while a scope lasts the frame is there, and nobody writes to it.
        unsafe { &*self.frame.get() }
    }
}

impl<T: End> Deref for Closable<T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        &self.with
    }
}

impl<T: End> Drop for Closable<T> {
    fn drop(&mut self) {
        let state = self.state.load(Acquire);
        if state & OPEN != 0 {
            self.with.dropped();
        }
        // Or else closed while a scope was leaked, so that nobody took the frame out.
        if state & TAKEN == 0 {
            // SAFETY: the frame is there, by the invariant, and nobody else has this.
            unsafe { ManuallyDrop::drop(self.frame.get_mut()) }
        }
    }
}

impl<T: End + fmt::Debug> fmt::Debug for Closable<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with.fmt(f)
    }
}

/// A running scope of a [`Closable`], which keeps its frame.
#[must_use = "it is to be ended"]
pub(crate) struct Scope<'a, T: End>(&'a Closable<T>);

impl<'a, T: End> Scope<'a, T> {
    /// What goes with the frame.
    #[inline(always)]
    pub(crate) fn get(&self) -> &'a T {
        &self.0.with
    }

    /// Runs `f` in a boundary on the frame.
    #[inline(always)]
    pub(crate) fn run<R>(&self, f: impl FnOnce() -> R) -> R {
        // SAFETY: the scope lasts.
        enter(unsafe { self.0.frame() }, f)
    }

    /// The frame, if it was the last scope of a closed one.
    #[inline(always)]
    pub(crate) fn end(self) -> Option<FrameRef> {
        self.0.count_out()
    }
}

/// As [`Scope`], and keeps its [`Closable`] alive.
#[must_use = "it is to be ended"]
pub(crate) struct OwnedScope<T: End>(Arc<Closable<T>>);

impl<T: End> OwnedScope<T> {
    /// A reference of one's own to the frame.
    pub(crate) fn frame(&self) -> FrameRef {
        // SAFETY: the scope lasts.
        unsafe { self.0.frame() }.clone()
    }

    /// As [`Scope::end`]; gives back what was kept alive.
    pub(crate) fn end(self) -> (Option<FrameRef>, Arc<Closable<T>>) {
        let frame = self.0.count_out();
        (frame, self.0)
    }
}

impl<T: End> Deref for OwnedScope<T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        &self.0
    }
}
