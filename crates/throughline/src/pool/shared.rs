//! What the handles and the threads of a pool share.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use crossbeam_channel::Sender;
use futures_channel::oneshot;
use throughline_core::{AsyncResource, HandOver, ResourceType, snapshot_for};

use super::CloseMode;
use super::builder::WorkerPoolBuilder;
use super::job::Job;
use super::room::{Entry, Left, NoRoom, Room};
use super::worker::works_for;
use crate::events::EventEmitter;

pub(super) struct Shared {
    pub(super) size: usize,
    task_type: ResourceType,
    hand_over: HandOver,
    pub(super) events: EventEmitter,
    pub(super) room: Room<Place>,
    orders: Sender<Order>,
    cancelling: AtomicBool,
    threads: Mutex<Threads>,
}

#[derive(Default)]
struct Threads {
    /// How many have not ended.
    present: usize,
    handles: Vec<JoinHandle<()>>,
    /// Dropped when the last one ends.
    waiting: Vec<oneshot::Sender<()>>,
}

/// What a thread is told.
pub(super) enum Order {
    Do(Box<dyn Job>, Place),
    /// Each thread gets one, when there is nothing to do any more.
    Stop,
}

/// A place in the pool, which a task has from its submission to its end.
pub(super) struct Place(Option<Arc<Shared>>);

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(pool) = self.0.take() {
            pool.leave();
        }
    }
}

/// A place, or how to come by one.
pub(super) enum Admission {
    Now(Place),
    Later(oneshot::Receiver<Place>),
    Never(NoRoom),
}

impl Shared {
    pub(super) fn new(like: &WorkerPoolBuilder, size: usize, orders: Sender<Order>) -> Self {
        Shared {
            size,
            task_type: like.task_type,
            hand_over: like.hand_over,
            events: EventEmitter::new(),
            room: Room::new(size.saturating_add(like.queue)),
            orders,
            cancelling: AtomicBool::new(false),
            threads: Mutex::default(),
        }
    }

    /// Asks for a place. On a thread of the pool there is no waiting: all of them might wait for each other.
    pub(super) fn admit(self: &Arc<Self>, may_wait: bool) -> Admission {
        match self.room.enter(may_wait && !works_for(self)) {
            Entry::Admitted => Admission::Now(Place(Some(Arc::clone(self)))),
            Entry::Waits(receiver) => Admission::Later(receiver),
            Entry::Refused(why) => Admission::Never(why),
        }
    }

    /// The resource of a task that is submitted here and now.
    #[track_caller] // For the audit, which counts by where work was handed over.
    pub(super) fn resource(&self) -> AsyncResource {
        AsyncResource::builder(self.task_type)
            .snapshot(snapshot_for(self.hand_over))
            .build()
    }

    /// Hands a job to the threads. They listen as long as a place is taken.
    pub(super) fn send(&self, job: Box<dyn Job>, place: Place) {
        drop(self.orders.send(Order::Do(job, place)));
    }

    /// A place is left, and goes to the first who still waits for it.
    fn leave(self: Arc<Self>) {
        loop {
            let unwanted = match self.room.leave() {
                Left::ToNobody => return,
                Left::ForGood => return self.stop_all(),
                Left::To(first) => first.send(Place(Some(Arc::clone(&self)))),
            };
            match unwanted {
                Ok(()) => return,
                // Not to leave it twice.
                Err(mut place) => drop(place.0.take()),
            }
        }
    }

    pub(super) fn begin_close(&self, mode: CloseMode) {
        if mode == CloseMode::Cancel {
            self.cancelling.store(true, Ordering::Release);
        }
        if self.room.close() {
            self.stop_all();
        }
    }

    pub(super) fn is_cancelling(&self) -> bool {
        self.cancelling.load(Ordering::Acquire)
    }

    fn stop_all(&self) {
        for _ in 0..self.size {
            // It fails when all threads have ended, as those of a pool that could not be built may.
            drop(self.orders.send(Order::Stop));
        }
    }

    /// A thread is about to be there.
    pub(super) fn coming(&self) {
        self.threads().present += 1;
    }

    pub(super) fn came(&self, thread: JoinHandle<()>) {
        self.threads().handles.push(thread);
    }

    /// A thread has ended.
    pub(super) fn gone(&self) {
        let mut threads = self.threads();
        threads.present -= 1;
        let told = if threads.present == 0 {
            std::mem::take(&mut threads.waiting)
        } else {
            Vec::new()
        };
        drop(threads);
        drop(told);
    }

    /// Ready when all threads have ended.
    pub(super) fn all_gone(&self) -> oneshot::Receiver<()> {
        let (sender, receiver) = oneshot::channel();
        let mut threads = self.threads();
        let waiting = std::mem::take(&mut threads.waiting);
        let (gone, waiting): (Vec<_>, Vec<_>) = waiting.into_iter().partition(oneshot::Sender::is_canceled);
        threads.waiting = waiting;
        if threads.present > 0 {
            threads.waiting.push(sender);
        }
        drop(threads);
        drop(gone);
        receiver
    }

    /// Waits for what is left of the threads when they have ended: the destructors of their thread-locals.
    pub(super) fn join(&self) {
        let handles = std::mem::take(&mut self.threads().handles);
        for thread in handles {
            drop(thread.join());
        }
    }

    fn threads(&self) -> MutexGuard<'_, Threads> {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
