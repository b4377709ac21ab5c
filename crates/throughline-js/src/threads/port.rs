//! Ports: the two ends of a channel, each with a queue of what the other has sent.

use crate::event_loop::{Request, values};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A value on its way from one runtime to another.
pub(super) struct Message {
    text: String,
    buffers: Vec<Vec<u8>>,
    ports: Vec<Port>,
}

impl Message {
    pub(super) fn new(text: String, buffers: Vec<Vec<u8>>, ports: Vec<Port>) -> Self {
        Message { text, buffers, ports }
    }

    pub(super) fn into_parts(self) -> (String, Vec<Vec<u8>>, Vec<Port>) {
        (self.text, self.buffers, self.ports)
    }
}

pub(super) enum Received {
    Message(Message),
    /// Nothing more comes, and nothing can be sent.
    End,
}

/// One end of a channel. Dropped, it closes both.
pub(super) struct Port {
    number: u32,
    channel: Arc<[Mutex<End>; 2]>,
    side: usize,
}

#[derive(Default)]
struct End {
    queue: VecDeque<Received>,
    /// Who is told that something came.
    owner: Option<Request>,
    is_started: bool,
    is_closed: bool,
}

impl End {
    fn push(&mut self, received: Received) {
        let is_told = self.is_started || matches!(received, Received::End);
        self.queue.push_back(received);
        if is_told {
            self.wake();
        }
    }

    fn wake(&self) {
        if let Some(owner) = &self.owner {
            let _ = owner.emit(|ctx| values!(ctx, true));
        }
    }
}

static LAST: AtomicU32 = AtomicU32::new(0);

pub(super) fn channel() -> (Port, Port) {
    let channel: Arc<[Mutex<End>; 2]> = Arc::default();
    let end = |side| Port {
        number: LAST.fetch_add(1, Ordering::Relaxed) + 1,
        channel: channel.clone(),
        side,
    };
    (end(0), end(1))
}

impl Port {
    pub(super) fn number(&self) -> u32 {
        self.number
    }

    fn end(&self, side: usize) -> MutexGuard<'_, End> {
        self.channel[side].lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn own(&self) -> MutexGuard<'_, End> {
        self.end(self.side)
    }

    fn other(&self) -> MutexGuard<'_, End> {
        self.end(1 - self.side)
    }

    /// `owner` is told from now on; of what is there already too, as far as it may.
    pub(super) fn attach(&self, owner: Request) {
        let mut own = self.own();
        own.owner = Some(owner);
        if own.queue.iter().any(|received| matches!(received, Received::End)) {
            own.wake();
        }
    }

    pub(super) fn detach(&self) {
        let mut own = self.own();
        own.is_started = false;
        let owner = own.owner.take();
        drop(own);
        drop(owner);
    }

    /// Messages are told of.
    pub(super) fn start(&self) {
        let mut own = self.own();
        own.is_started = true;
        for _ in 0..own.queue.len() {
            own.wake();
        }
    }

    /// Sends a message; gives it back if nobody can get it any more.
    pub(super) fn post(&self, message: Message) -> Option<Message> {
        let mut other = self.other();
        if other.is_closed {
            return Some(message);
        }
        other.push(Received::Message(message));
        None
    }

    /// The next that came; `is_asked`: by somebody who does not wait until it is told. What was sent before the end is there until it is taken.
    pub(super) fn receive(&self, is_asked: bool) -> Option<Received> {
        let mut own = self.own();
        match own.queue.front()? {
            Received::Message(_) if is_asked || own.is_started => own.queue.pop_front(),
            Received::Message(_) => None,
            // The end is an event of its own.
            Received::End if is_asked => {
                own.wake();
                None
            }
            Received::End => own.queue.pop_front(),
        }
    }

    /// Both ends are told, after what was sent before.
    pub(super) fn close(&self) {
        for side in [self.side, 1 - self.side] {
            let mut end = self.end(side);
            if !end.is_closed {
                end.is_closed = true;
                end.push(Received::End);
            }
        }
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        self.close();
        let mut own = self.own();
        let left = (std::mem::take(&mut own.queue), own.owner.take());
        drop(own);
        // Ports among it are closed in turn.
        drop(left);
    }
}
