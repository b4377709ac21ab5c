//! What can go wrong with a task.

use std::any::Any;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::{Mutex, PoisonError};

use super::room::NoRoom;

/// The error of a submission that the pool did not accept: it holds what was submitted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Refused<T> {
    what: T,
    why: NoRoom,
}

impl<T> Refused<T> {
    pub(super) fn new(what: T, why: NoRoom) -> Self {
        Refused { what, why }
    }

    /// Whether there was no room: later there may be.
    pub fn is_full(&self) -> bool {
        self.why == NoRoom::Full
    }

    /// Whether the pool is closed, or closing.
    pub fn is_closed(&self) -> bool {
        self.why == NoRoom::Closed
    }

    /// What was submitted.
    #[must_use = "what was submitted is dropped unless it is kept"]
    pub fn into_inner(self) -> T {
        self.what
    }
}

impl<T> fmt::Display for Refused<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.why.fmt(f)
    }
}

impl<T> fmt::Debug for Refused<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Refused").field(&self.why).finish()
    }
}

impl<T> std::error::Error for Refused<T> {}

/// Why a task has no result: it panicked, or it never ran.
pub struct TaskError(Kind);

enum Kind {
    /// In a lock that nobody contends for, which makes the error `Sync`.
    Panicked(Mutex<Box<dyn Any + Send>>),
    Cancelled,
    Full,
}

impl TaskError {
    pub(super) fn panicked(payload: Box<dyn Any + Send>) -> Self {
        TaskError(Kind::Panicked(Mutex::new(payload)))
    }

    pub(super) fn cancelled() -> Self {
        TaskError(Kind::Cancelled)
    }

    pub(super) fn refused(why: NoRoom) -> Self {
        TaskError(match why {
            NoRoom::Full => Kind::Full,
            NoRoom::Closed => Kind::Cancelled,
        })
    }

    /// Whether the task panicked.
    pub fn is_panic(&self) -> bool {
        matches!(self.0, Kind::Panicked(_))
    }

    /// Whether the task never ran because the pool was closed.
    pub fn is_cancelled(&self) -> bool {
        matches!(self.0, Kind::Cancelled)
    }

    /// Whether the task never ran because there was no room, and no waiting for any: see [`WorkerPool::run`](super::WorkerPool::run).
    pub fn is_full(&self) -> bool {
        matches!(self.0, Kind::Full)
    }

    /// What the task panicked with, to be looked at, or to go on with by [`resume_unwind`](std::panic::resume_unwind).
    ///
    /// # Panics
    /// If the task did not panic: see [`try_into_panic`](Self::try_into_panic).
    ///
    /// # Examples
    /// ```
    /// # use throughline::WorkerPool;
    /// # fn main() -> std::io::Result<()> {
    /// let pool = WorkerPool::builder().threads(1).build()?;
    /// let task = pool.run(|| -> u32 { panic!("no such user") });
    /// let error = futures::executor::block_on(task).unwrap_err();
    /// assert_eq!(error.into_panic().downcast_ref::<&str>(), Some(&"no such user"));
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    #[must_use = "what the task panicked with is dropped unless it is kept"]
    pub fn into_panic(self) -> Box<dyn Any + Send> {
        match self.try_into_panic() {
            Ok(payload) => payload,
            Err(error) => panic!("the task did not panic: {error}"),
        }
    }

    /// As [`into_panic`](Self::into_panic), with an error where the task did not panic.
    ///
    /// # Errors
    /// This error itself, if the task did not panic.
    pub fn try_into_panic(self) -> Result<Box<dyn Any + Send>, Self> {
        match self.0 {
            Kind::Panicked(payload) => Ok(payload.into_inner().unwrap_or_else(PoisonError::into_inner)),
            other => Err(TaskError(other)),
        }
    }
}

impl fmt::Display for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Panicked(payload) => {
                let payload = payload.lock().unwrap_or_else(PoisonError::into_inner);
                match message_of(&**payload) {
                    Some(message) => write!(f, "task panicked: {message}"),
                    None => f.write_str("task panicked"),
                }
            }
            Kind::Cancelled => f.write_str("task cancelled: the pool was closed before it ran"),
            Kind::Full => NoRoom::Full.fmt(f),
        }
    }
}

/// The text of a panic.
pub(super) fn message_of(payload: &(dyn Any + Send)) -> Option<&str> {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
}

impl fmt::Debug for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TaskError({self})")
    }
}

impl std::error::Error for TaskError {}

/// Calls `f`; a panic in it becomes an error.
pub(super) fn caught<R>(f: impl FnOnce() -> R) -> Result<R, TaskError> {
    std::panic::catch_unwind(AssertUnwindSafe(f)).map_err(TaskError::panicked)
}
