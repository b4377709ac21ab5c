//! What the five channels of a trace are told.

use std::any::Any;
use std::fmt;
use std::thread;

/// One traced call: what its caller said of it, and, from the moment it is known, how it ended. Node's `context` object with
/// its `result` and `error`.
///
/// All messages of a call are the same `Trace`. To keep something from one to the next (a span, a time), put a `Mutex` or
/// `OnceLock` for it into `C`, or bind a store to `start`.
pub struct Trace<C, T, E> {
    context: C,
    outcome: Outcome<T, E>,
}

enum Outcome<T, E> {
    /// Not yet, or no longer here.
    Unknown,
    Result(T),
    Error(E),
    Panic(Box<dyn Any + Send>),
    Cancelled,
}

impl<C, T, E> Trace<C, T, E> {
    pub(super) fn new(context: C) -> Self {
        Trace {
            context,
            outcome: Outcome::Unknown,
        }
    }

    /// What the caller said of the call.
    pub fn context(&self) -> &C {
        &self.context
    }

    /// What it answered, if it has, and well.
    pub fn result(&self) -> Option<&T> {
        match &self.outcome {
            Outcome::Result(result) => Some(result),
            _ => None,
        }
    }

    /// What it failed with.
    pub fn error(&self) -> Option<&E> {
        match &self.outcome {
            Outcome::Error(error) => Some(error),
            _ => None,
        }
    }

    /// What it panicked with.
    pub fn panic(&self) -> Option<&(dyn Any + Send)> {
        match &self.outcome {
            Outcome::Panic(payload) => Some(&**payload),
            _ => None,
        }
    }

    /// Whether nobody will ever know: a future was dropped before it was ready, or a callback before it was called. Node has no such
    /// case.
    pub fn is_cancelled(&self) -> bool {
        matches!(self.outcome, Outcome::Cancelled)
    }

    /// What Node throws or rejects with.
    pub(super) fn has_failed(&self) -> bool {
        matches!(self.outcome, Outcome::Error(_) | Outcome::Panic(_))
    }

    pub(super) fn settle(&mut self, outcome: thread::Result<Result<T, E>>) {
        self.outcome = match outcome {
            Ok(Ok(result)) => Outcome::Result(result),
            Ok(Err(error)) => Outcome::Error(error),
            Err(payload) => Outcome::Panic(payload),
        };
    }

    pub(super) fn panicked(&mut self, payload: Box<dyn Any + Send>) {
        self.outcome = Outcome::Panic(payload);
    }

    pub(super) fn cancel(&mut self) {
        self.outcome = Outcome::Cancelled;
    }

    /// What was settled, back for whom it is meant.
    pub(super) fn take(&mut self) -> thread::Result<Result<T, E>> {
        match std::mem::replace(&mut self.outcome, Outcome::Unknown) {
            Outcome::Result(result) => Ok(Ok(result)),
            Outcome::Error(error) => Ok(Err(error)),
            Outcome::Panic(payload) => Err(payload),
            Outcome::Unknown | Outcome::Cancelled => unreachable!("only what was settled is taken"),
        }
    }

    pub(super) fn take_panic(&mut self) -> Box<dyn Any + Send> {
        match std::mem::replace(&mut self.outcome, Outcome::Unknown) {
            Outcome::Panic(payload) => payload,
            _ => unreachable!("only a panic is taken as one"),
        }
    }
}

impl<C: fmt::Debug, T: fmt::Debug, E: fmt::Debug> fmt::Debug for Trace<C, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut trace = f.debug_struct("Trace");
        trace.field("context", &self.context);
        match &self.outcome {
            Outcome::Unknown => {}
            Outcome::Result(result) => _ = trace.field("result", result),
            Outcome::Error(error) => _ = trace.field("error", error),
            Outcome::Panic(_) => _ = trace.field("panicked", &true),
            Outcome::Cancelled => _ = trace.field("cancelled", &true),
        }
        trace.finish_non_exhaustive()
    }
}
