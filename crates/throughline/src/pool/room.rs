//! Counts the tasks that were accepted and have not ended; who finds no room waits here.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use event_listener::{Event, EventListener, IntoNotification, Listener};

pub(super) struct Room {
    limit: usize,
    state: Mutex<State>,
    /// Tells of one place that became free, or, to all, that the room was closed.
    changed: Event,
}

struct State {
    taken: usize,
    closed: bool,
}

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoRoom {
    Full,
    Closed,
}

impl Room {
    pub(super) fn new(limit: usize) -> Self {
        Room {
            limit,
            state: Mutex::new(State {
                taken: 0,
                closed: false,
            }),
            changed: Event::new(),
        }
    }

    /// Takes a place. It is given back by [`leave`](Self::leave).
    pub(super) fn try_enter(&self) -> Result<(), NoRoom> {
        let mut state = self.state();
        if state.closed {
            return Err(NoRoom::Closed);
        }
        if state.taken >= self.limit {
            return Err(NoRoom::Full);
        }
        state.taken += 1;
        Ok(())
    }

    /// Takes a place, and blocks the thread until there is one. The error is `Closed`.
    pub(super) fn enter(&self) -> Result<(), NoRoom> {
        loop {
            match self.enter_or_listen() {
                Ok(entered) => return entered,
                Err(listener) => listener.wait(),
            }
        }
    }

    /// Takes a place, or answers what tells when to try again.
    pub(super) fn enter_or_listen(&self) -> Result<Result<(), NoRoom>, EventListener> {
        if let answer @ (Ok(()) | Err(NoRoom::Closed)) = self.try_enter() {
            return Ok(answer);
        }
        let listener = self.changed.listen();
        // A place that became free before anybody listened told nobody. (A listener that was told and is dropped tells the next.)
        match self.try_enter() {
            Err(NoRoom::Full) => Err(listener),
            answer => Ok(answer),
        }
    }

    /// Gives a place back. Whether it was the last one of a closed room: nobody will enter any more.
    pub(super) fn leave(&self) -> bool {
        let mut state = self.state();
        state.taken -= 1;
        let empty_for_good = state.closed && state.taken == 0;
        drop(state);
        // Each place wakes one more, even if who was woken before has not come yet.
        self.changed.notify(1.additional());
        empty_for_good
    }

    /// Lets nobody in any more. Whether by that it is empty for good; only one call of this and `leave` answers so.
    pub(super) fn close(&self) -> bool {
        let mut state = self.state();
        let empty_for_good = !state.closed && state.taken == 0;
        state.closed = true;
        drop(state);
        self.changed.notify(usize::MAX);
        empty_for_good
    }

    pub(super) fn is_closed(&self) -> bool {
        self.state().closed
    }

    pub(super) fn taken(&self) -> usize {
        self.state().taken
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Display for NoRoom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NoRoom::Full => "no room for another task in the pool",
            NoRoom::Closed => "the pool is closed",
        })
    }
}
