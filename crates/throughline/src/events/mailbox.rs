//! Where a listener leaves what a future or stream takes up.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// A queue for one reader. No user code runs under its lock: not the `Drop` of a letter, not a waker's functions.
pub(super) struct Mailbox<T>(Mutex<State<T>>);

struct State<T> {
    letters: VecDeque<Letter<T>>,
    /// How many of the letters are events.
    events: usize,
    capacity: usize,
    /// Nothing will be put in any more.
    closed: bool,
    reader: Option<Waker>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Letter<T> {
    Event(T),
    /// So many came when there was no room.
    Missed(u64),
}

impl<T> Mailbox<T> {
    pub(super) fn new(capacity: usize) -> Self {
        Mailbox(Mutex::new(State {
            letters: VecDeque::new(),
            events: 0,
            capacity,
            closed: false,
            reader: None,
        }))
    }

    pub(super) fn set_capacity(&self, capacity: usize) {
        self.lock().capacity = capacity;
    }

    /// Puts an event in; if there is no room, the reader will be told of it. Whoever waits is woken when the answer is dropped.
    pub(super) fn put(&self, event: T) -> Wake {
        let mut state = self.lock();
        if state.closed {
            drop(state);
            drop(event);
            return Wake(None);
        }
        if state.events < state.capacity {
            state.events += 1;
            state.letters.push_back(Letter::Event(event));
        } else {
            match state.letters.back_mut() {
                Some(Letter::Missed(missed)) => *missed += 1,
                _ => state.letters.push_back(Letter::Missed(1)),
            }
        }
        Wake(state.reader.take())
    }

    /// Puts the last event in, for which there is always room. The first who does so is heard.
    pub(super) fn put_last(&self, event: T) -> Wake {
        let mut state = self.lock();
        if state.closed {
            drop(state);
            drop(event);
            return Wake(None);
        }
        state.closed = true;
        state.events += 1;
        state.letters.push_back(Letter::Event(event));
        Wake(state.reader.take())
    }

    /// Nothing more will come.
    pub(super) fn close(&self) -> Wake {
        let mut state = self.lock();
        state.closed = true;
        Wake(state.reader.take())
    }

    /// The reader goes: nothing more will come, and what has come is in the answer, for its drop.
    pub(super) fn abandon(&self) -> impl Sized + use<T> {
        let mut state = self.lock();
        state.closed = true;
        state.events = 0;
        (std::mem::take(&mut state.letters), state.reader.take())
    }

    pub(super) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// The next letter; none after the last one.
    pub(super) fn poll(&self, cx: &mut Context<'_>) -> Poll<Option<Letter<T>>> {
        let ready = self.lock().take();
        if ready.is_ready() {
            return ready;
        }
        let mut waker = Some(cx.waker().clone());
        let mut state = self.lock();
        let ready = state.take();
        if ready.is_pending() {
            std::mem::swap(&mut state.reader, &mut waker);
        }
        drop(state);
        ready
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> State<T> {
    fn take(&mut self) -> Poll<Option<Letter<T>>> {
        match self.letters.pop_front() {
            Some(letter) => {
                self.events -= usize::from(matches!(letter, Letter::Event(_)));
                Poll::Ready(Some(letter))
            }
            None if self.closed => Poll::Ready(None),
            None => Poll::Pending,
        }
    }
}

/// Wakes the reader when it is dropped: also if what is done before panics.
#[must_use = "the reader is woken when this is dropped"]
pub(super) struct Wake(Option<Waker>);

impl Drop for Wake {
    fn drop(&mut self) {
        if let Some(reader) = self.0.take() {
            reader.wake();
        }
    }
}
