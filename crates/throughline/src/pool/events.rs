//! What a pool tells of itself: see [`WorkerPool::events`](super::WorkerPool::events).

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use throughline_core::__private::isolate;
use throughline_core::{AsyncResource, ResourceInfo};

use super::error::message_of;
use crate::events::{Event, EventEmitter};

/// A worker has ended a task, and its place is free (clause `WP-1`): a [`try_run_task`](super::WorkerPool::try_run_task) finds room.
///
/// It is emitted on the worker's thread, in no context.
pub const WORKER_FREED: Event<WorkerFreed> = Event::new("workerFreed");

/// What listeners of [`WORKER_FREED`] are handed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkerFreed {
    pub(super) worker: usize,
}

impl WorkerFreed {
    /// The number of the worker, which its thread's name ends with.
    pub fn worker(&self) -> usize {
        self.worker
    }
}

/// A panic that no submitter could be told of (clause `WP-3`): in a callback, in the destructor of what was not run, in a task whose
/// future was dropped.
///
/// A pool emits it as [`ERROR`](crate::events::ERROR), in the context, and in a scope, of the task. Where nobody listens for that, the panic is
/// [reported](crate::Report).
#[derive(Clone, Debug)]
pub struct UnheardPanic {
    place: &'static str,
    task: ResourceInfo,
    message: Option<String>,
}

impl UnheardPanic {
    /// The task that it belongs to.
    pub fn task(&self) -> ResourceInfo {
        self.task
    }

    /// The panic's message, if it has one.
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }
}

impl fmt::Display for UnheardPanic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let UnheardPanic { place, task, message } = self;
        write!(f, "panic in {place} {task:?}")?;
        message
            .as_ref()
            .map_or(Ok(()), |message| write!(f, ": {message}"))
    }
}

impl Error for UnheardPanic {}

/// Runs `f` in a scope of a task. A panic in it is emitted, or, where nobody listens, reported.
pub(super) fn heard(events: &EventEmitter, task: &AsyncResource, place: &'static str, f: impl FnOnce()) {
    let ran = catch_unwind(AssertUnwindSafe(|| task.run_in_async_scope(f)));
    if let Err(payload) = ran {
        tell(events, task, place, payload);
    }
}

#[cold]
fn tell(events: &EventEmitter, task: &AsyncResource, place: &'static str, payload: Box<dyn Any + Send>) {
    let panic = UnheardPanic {
        place,
        task: task.info(),
        message: message_of(&*payload).map(str::to_owned),
    };
    let emit = || task.run_in_async_scope(|| events.emit_error(panic).is_ok());
    let emitted = isolate(|| "a listener of the errors of a pool".to_owned(), emit);
    // Reports it; or, where a listener has heard of it, takes care of what the payload's destructor does.
    isolate(
        || place.to_owned(),
        || match emitted {
            Some(false) => resume_unwind(payload),
            _ => drop(payload),
        },
    );
}
