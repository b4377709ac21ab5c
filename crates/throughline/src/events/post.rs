//! Listeners that leave a letter for a future or stream, and go when the last one is in.

use super::listener::{Emission, Listen};
use super::lists::Place;
use super::mailbox::{Letter, Mailbox, Wake};
use super::{Event, EventEmitter, ListenerId, WeakEventEmitter};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use throughline_core::__private::isolate;

/// The reader's end: dropped, it takes its listeners away.
pub(super) struct Inbox<T> {
    emitter: WeakEventEmitter,
    shared: Arc<Shared<T>>,
}

struct Shared<T> {
    mailbox: Mailbox<T>,
    /// The listeners that leave letters.
    ids: Mutex<Vec<ListenerId>>,
}

impl<T: Send + 'static> Inbox<T> {
    pub(super) fn new(emitter: &EventEmitter, capacity: usize) -> Self {
        Inbox {
            emitter: emitter.downgrade(),
            shared: Arc::new(Shared {
                mailbox: Mailbox::new(capacity),
                ids: Mutex::default(),
            }),
        }
    }

    /// Each `event` is a letter. When this listener is taken away by somebody else, nothing more comes.
    pub(super) fn each<A: ?Sized + 'static, K>(
        &self,
        event: &Event<A, K>,
        letter: impl Fn(&A) -> T + Send + Sync + 'static,
    ) {
        let sender = Sender(Arc::clone(&self.shared));
        self.listen(event, move |_, _, payload| {
            drop(sender.0.mailbox.put(letter(payload)))
        });
    }

    /// The first `event` is the last letter. When this listener is taken away by somebody else, nothing more comes.
    pub(super) fn first<A: ?Sized + 'static, K>(
        &self,
        event: &Event<A, K>,
        letter: impl Fn(&A) -> T + Send + Sync + 'static,
    ) {
        let sender = Sender(Arc::clone(&self.shared));
        self.listen(event, move |emitter, id, payload| {
            sender.0.last(emitter, id, || letter(payload))
        });
    }

    /// As [`first`](Self::first), for an event beside the one that is waited for.
    pub(super) fn ends<A: ?Sized + 'static, K>(
        &self,
        event: &Event<A, K>,
        letter: impl Fn(&A) -> T + Send + Sync + 'static,
    ) {
        let shared = Arc::clone(&self.shared);
        self.listen(event, move |emitter, id, payload| {
            shared.last(emitter, id, || letter(payload))
        });
    }

    /// Nothing more comes after the first `event`.
    pub(super) fn closes<A: ?Sized + 'static, K>(&self, event: &Event<A, K>) {
        let shared = Arc::clone(&self.shared);
        self.listen(event, move |emitter, id, _: &A| {
            let wake = shared.mailbox.close();
            shared.leave(emitter, Some(id));
            drop(wake);
        });
    }

    fn listen<A: ?Sized + 'static, K>(
        &self,
        event: &Event<A, K>,
        listener: impl Fn(&EventEmitter, ListenerId, &A) + Send + Sync + 'static,
    ) {
        // An emitter that is gone emits nothing.
        let Some(emitter) = self.emitter.upgrade() else {
            return;
        };
        let id = ListenerId::next();
        self.shared.lock_ids(|ids| ids.push(id));
        emitter.register_as(id, event, Place::Last, Post(listener));
        if self.shared.mailbox.is_closed() {
            // Another thread emitted the last letter before this listener was there to be taken away.
            self.shared.leave(&emitter, Some(id));
        }
    }
}

impl<T> Inbox<T> {
    pub(super) fn set_capacity(&self, capacity: usize) {
        self.shared.mailbox.set_capacity(capacity);
    }

    pub(super) fn poll(&self, cx: &mut Context<'_>) -> Poll<Option<Letter<T>>> {
        self.shared.mailbox.poll(cx)
    }
}

impl<T> Drop for Inbox<T> {
    fn drop(&mut self) {
        // Nothing is put in from now on: a listener that an emission on another thread still calls does nothing.
        let letters = self.shared.mailbox.abandon();
        if let Some(emitter) = self.emitter.upgrade() {
            // No panic of somebody's goes out of a destructor.
            isolate(place, || self.shared.leave(&emitter, None));
        }
        // Here, and not where that emission ends.
        drop(letters);
    }
}

/// What panicked, where nobody can be told but by a report.
fn place() -> String {
    "a listener of removeListener".to_owned()
}

impl<T> Shared<T> {
    fn last(&self, emitter: &EventEmitter, id: ListenerId, letter: impl FnOnce() -> T) {
        if !self.mailbox.is_closed() {
            // The reader finds the listeners gone when it wakes.
            let wake: Wake = self.mailbox.put_last(letter());
            self.leave(emitter, Some(id));
            drop(wake);
        }
    }

    /// Takes the listeners away, `first` before the others: all of them, also if the first panics that hears of it.
    fn leave(&self, emitter: &EventEmitter, first: Option<ListenerId>) {
        let ids = self.lock_ids(std::mem::take);
        let others = ids.into_iter().filter(|id| Some(*id) != first);
        let mut panic = None;
        for id in first.into_iter().chain(others) {
            match catch_unwind(AssertUnwindSafe(|| emitter.off(id))) {
                Ok(_) => {}
                Err(payload) if panic.is_none() => panic = Some(payload),
                Err(payload) => _ = isolate(place, || resume_unwind(payload)),
            }
        }
        if let Some(payload) = panic {
            resume_unwind(payload);
        }
    }

    fn lock_ids<R>(&self, f: impl FnOnce(&mut Vec<ListenerId>) -> R) -> R {
        f(&mut self.ids.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Held by the listener of the event that is waited for.
struct Sender<T>(Arc<Shared<T>>);

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        drop(self.0.mailbox.close());
    }
}

/// A closure that is told who called it.
struct Post<F>(F);

impl<A: ?Sized, F: Fn(&EventEmitter, ListenerId, &A) + Send + Sync> Listen<A> for Post<F> {
    fn listen(&self, emission: &Emission<'_>, id: ListenerId, payload: &A) {
        (self.0)(emission.emitter, id, payload);
    }
}
