//! A default store, computed once, on first read.

use crate::frame::{self, FrameRef};
use std::sync::{Condvar, Mutex, OnceLock, PoisonError};

/// A default that may not be computed yet.
///
/// `OnceLock::get_or_init` alone would not do: it holds a lock while the initialiser runs, and an initialiser that reads its
/// own storage would wait for itself. Here it reads "none".
pub(crate) struct Default<T> {
    init: Option<fn() -> T>,
    value: OnceLock<T>,
}

/// The initialisers that are running, by the address of their storage, with [`this_thread`]. Short, and rarely looked at.
static RUNNING: Mutex<Vec<(usize, usize)>> = Mutex::new(Vec::new());
static ENDED: Condvar = Condvar::new();

impl<T> Default<T> {
    pub(crate) const fn none() -> Self {
        Default {
            init: None,
            value: OnceLock::new(),
        }
    }

    pub(crate) const fn new(init: fn() -> T) -> Self {
        Default {
            init: Some(init),
            value: OnceLock::new(),
        }
    }

    #[inline]
    pub(crate) fn get(&self) -> Option<&T> {
        let init = self.init?;
        match self.value.get() {
            None => self.compute(init),
            value => value,
        }
    }

    #[cold]
    fn compute(&self, init: fn() -> T) -> Option<&T> {
        let _turn = Turn::take(self.address(), || self.value.get().is_some())?;
        if let Some(value) = self.value.get() {
            return Some(value);
        }
        // In a context of its own: what one request has set must not get into a value that all will read.
        let value = frame::enter(&FrameRef::EMPTY, init);
        // Nobody else sets it while it is our turn.
        Some(self.value.get_or_init(|| value))
    }

    fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }
}

/// The right to run one initialiser. Given back when dropped, also by a panic: the next reader tries again.
struct Turn(usize);

impl Turn {
    /// Waits for other threads' turns; none if this thread is in the middle of its own.
    fn take(address: usize, is_done: impl Fn() -> bool) -> Option<Turn> {
        let me = this_thread();
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match running.iter().find(|(a, _)| *a == address) {
                Some((_, thread)) if *thread == me => return None,
                Some(_) if !is_done() => {
                    running = ENDED.wait(running).unwrap_or_else(PoisonError::into_inner)
                }
                _ => break,
            }
        }
        running.push((address, me));
        Some(Turn(address))
    }
}

/// Tells apart threads that are running. `thread::current` would not do: it panics where a thread's own data is gone, and reading is
/// allowed there.
fn this_thread() -> usize {
    thread_local! {
        static MARK: u8 = const { 0 };
    }
    MARK.with(|mark| std::ptr::from_ref(mark).addr())
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(i) = running.iter().position(|(a, _)| *a == self.0) {
            running.swap_remove(i);
        }
        ENDED.notify_all();
    }
}
