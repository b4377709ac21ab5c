//! Counts the tasks that were accepted and have not ended. Who finds no room stands in a queue.
//!
//! # Invariants
//!
//! 1. Somebody stands in the queue only while all places are taken: who leaves hands its place to the first. So nobody is overtaken.
//! 2. A handed place that nobody takes (the waiter has gone, before or meanwhile) is left again, and goes to the next.
//! 3. Wakers run, and places are left, outside the lock.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_channel::oneshot;

/// `P` stands for a place: whoever has one, leaves when it is dropped.
pub(super) struct Room<P> {
    limit: usize,
    state: Mutex<State<P>>,
}

struct State<P> {
    taken: usize,
    closed: bool,
    queue: VecDeque<oneshot::Sender<P>>,
    /// At which length the queue is searched for those who have gone.
    crowded: usize,
}

/// What becomes of one who wants in.
pub(super) enum Entry<P> {
    /// There was a place: it is counted.
    Admitted,
    /// It is handed a place some day, or, if the room is closed before, hears that it will not.
    Waits(oneshot::Receiver<P>),
    Refused(NoRoom),
}

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoRoom {
    Full,
    Closed,
}

/// What becomes of a place that is left.
pub(super) enum Left<P> {
    ToNobody,
    /// It is still taken, and to be handed on.
    To(oneshot::Sender<P>),
    /// The room is closed, and from now on empty. That is so once.
    ForGood,
}

impl<P> Room<P> {
    pub(super) fn new(limit: usize) -> Self {
        Room {
            limit,
            state: Mutex::new(State {
                taken: 0,
                closed: false,
                queue: VecDeque::new(),
                crowded: 32,
            }),
        }
    }

    /// Takes a place if there is one. If not, and it `may_wait`, it stands in the queue.
    pub(super) fn enter(&self, may_wait: bool) -> Entry<P> {
        let mut state = self.state();
        if state.closed {
            return Entry::Refused(NoRoom::Closed);
        }
        if state.taken < self.limit {
            state.taken += 1;
            return Entry::Admitted;
        }
        if !may_wait {
            return Entry::Refused(NoRoom::Full);
        }
        let (sender, receiver) = oneshot::channel();
        state.queue.push_back(sender);
        let gone = state.clear_if_crowded();
        drop(state);
        drop(gone);
        Entry::Waits(receiver)
    }

    /// Leaves a place.
    pub(super) fn leave(&self) -> Left<P> {
        let mut state = self.state();
        if let Some(first) = state.queue.pop_front() {
            return Left::To(first);
        }
        state.taken -= 1;
        if state.closed && state.taken == 0 {
            Left::ForGood
        } else {
            Left::ToNobody
        }
    }

    /// Lets nobody in any more, and tells those in the queue. Answers whether it is empty for good by that: once, as [`Left::ForGood`].
    pub(super) fn close(&self) -> bool {
        let mut state = self.state();
        let empty_for_good = !state.closed && state.taken == 0;
        state.closed = true;
        let queue = std::mem::take(&mut state.queue);
        drop(state);
        drop(queue);
        empty_for_good
    }

    pub(super) fn is_closed(&self) -> bool {
        self.state().closed
    }

    pub(super) fn taken(&self) -> usize {
        self.state().taken
    }

    fn state(&self) -> MutexGuard<'_, State<P>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<P> State<P> {
    /// Takes those who have gone out of a queue that is twice as long as it was when that was done before.
    fn clear_if_crowded(&mut self) -> VecDeque<oneshot::Sender<P>> {
        if self.queue.len() < self.crowded {
            return VecDeque::new();
        }
        let (gone, queue): (VecDeque<_>, VecDeque<_>) =
            self.queue.drain(..).partition(oneshot::Sender::is_canceled);
        self.queue = queue;
        self.crowded = (2 * self.queue.len()).max(32);
        gone
    }
}

impl fmt::Display for NoRoom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NoRoom::Full => "no room for another task in the pool: outside of its threads, `run` and `run_task` wait for it",
            NoRoom::Closed => "the pool is closed",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_who_have_gone_do_not_pile_up_in_the_queue() {
        let room = Room::<()>::new(1);
        assert!(matches!(room.enter(true), Entry::Admitted));
        let waits = room.enter(true);
        for _ in 0..10_000 {
            drop(room.enter(true));
        }
        assert!(room.state().queue.len() <= 32);
        let Left::To(first) = room.leave() else {
            panic!("one is waiting still");
        };
        assert!(!first.is_canceled());
        drop(waits);
    }
}
