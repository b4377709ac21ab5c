//! A default store, computed once, on first read.

use crate::busy::Busy;
use crate::frame::{self, FrameRef};
use std::cell::Cell;
use std::sync::{Condvar, Mutex, OnceLock, PoisonError};

/// A default that may not be computed yet.
///
/// `OnceLock::get_or_init` alone would not do: it holds a lock while the initialiser runs, and an initialiser that reads its
/// own storage would wait for itself, two that read each other's on two threads for each other. Here one of them reads "none".
pub(crate) struct DefaultStore<T> {
    init: Option<fn() -> T>,
    value: OnceLock<T>,
}

/// The initialisers that are running, and who waits for one. Short, and rarely looked at.
static TURNS: Mutex<Turns> = Mutex::new(Turns {
    running: Vec::new(),
    waiting: Vec::new(),
});
static ENDED: Condvar = Condvar::new();

/// Pairs of a storage's address and [`this_thread`].
struct Turns {
    running: Vec<(usize, usize)>,
    waiting: Vec<(usize, usize)>,
}

impl Turns {
    /// Whether the initialiser of the storage at `address`, if one is running, waits for `thread`, maybe by way of others.
    fn waits_for(&self, address: usize, thread: usize) -> bool {
        let Some(&(_, runner)) = self.running.iter().find(|(a, _)| *a == address) else {
            return false;
        };
        runner == thread
            || self
                .waiting
                .iter()
                .any(|&(next, waiter)| waiter == runner && self.waits_for(next, thread))
    }
}

impl<T> DefaultStore<T> {
    pub(crate) const fn none() -> Self {
        DefaultStore {
            init: None,
            value: OnceLock::new(),
        }
    }

    pub(crate) const fn new(init: fn() -> T) -> Self {
        DefaultStore {
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
struct Turn(usize, usize);

impl Turn {
    /// Waits for other threads' turns; none if they wait for this thread, or it is this thread's own turn, or it looks already.
    fn take(address: usize, is_done: impl Fn() -> bool) -> Option<Turn> {
        let _looks = Busy::begin(&LOOKS)?;
        let me = this_thread();
        let mut turns = TURNS.lock().unwrap_or_else(PoisonError::into_inner);
        while !is_done() && turns.running.iter().any(|(a, _)| *a == address) {
            if turns.waits_for(address, me) {
                return None;
            }
            turns.waiting.push((address, me));
            turns = ENDED.wait(turns).unwrap_or_else(PoisonError::into_inner);
            turns.waiting.retain(|&(_, waiter)| waiter != me);
        }
        turns.running.push((address, me));
        Some(Turn(address, me))
    }
}

thread_local! {
    /// This thread looks at the turns. What an allocator reads meanwhile is none, where it would wait for its own thread.
    static LOOKS: Cell<bool> = const { Cell::new(false) };
}

/// Tells apart threads that are running. `thread::current` would not do: it panics where a thread's own data is gone, and reading is
/// allowed there.
fn this_thread() -> usize {
    LOOKS.with(|here| std::ptr::from_ref(here).addr())
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut turns = TURNS.lock().unwrap_or_else(PoisonError::into_inner);
        turns.running.retain(|&turn| turn != (self.0, self.1));
        ENDED.notify_all();
    }
}
