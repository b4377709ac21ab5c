//! The next event, as a future.

use super::mailbox::Letter;
use super::post::Inbox;
use super::{ERROR, EmittedError, Event, EventEmitter};
use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// Waits for the next `event`, beginning now: what is emitted before the first poll counts.
///
/// It answers a clone of the payload (what [`ToOwned`] makes of it: of a `str`, a `String`), made at the emission. Waiting, it is a listener of
/// `event`, and of [`ERROR`]: an error ends the wait too, and counts as handled. Both listeners are removed at the first of the two
/// (clause `EE-18`). To wait for [`ERROR`] itself answers that.
///
/// It does not keep the emitter alive. What awaits it goes on in its own context, not in the emission's.
///
/// # Errors
/// [`OnceError`]: an error was emitted, or nothing will come any more.
///
/// # Panics
/// If a listener of [`NEW_LISTENER`](super::NEW_LISTENER) does. The answer panics when polled again after it was ready.
///
/// # Cancel safety
/// Dropped, it removes its listeners; an event that came already is lost.
///
/// # Examples
/// ```
/// # use futures::executor::block_on;
/// use throughline::{Event, EventEmitter, events};
/// const GREETING: Event<str> = Event::new("greeting");
///
/// let emitter = EventEmitter::new();
/// let greeting = events::once(&emitter, &GREETING);
/// emitter.emit(&GREETING, "hello");
/// assert_eq!(block_on(greeting).unwrap(), "hello");
/// assert_eq!(emitter.listener_count(&GREETING), 0);
///
/// let greeting = events::once(&emitter, &GREETING);
/// emitter.emit_error("hoarse").unwrap();
/// assert_eq!(block_on(greeting).unwrap_err().to_string(), "hoarse");
/// ```
pub fn once<A, K>(emitter: &EventEmitter, event: &Event<A, K>) -> Once<A>
where
    A: ToOwned + ?Sized + 'static,
    A::Owned: Send + 'static,
{
    let inbox = Inbox::new(emitter, 1);
    inbox.first(event, |payload: &A| Ok(payload.to_owned()));
    if event.id() != ERROR.id() {
        inbox.ends(&ERROR, |error| Err(OnceError::Emitted(error.clone())));
    }
    Once { inbox, ready: false }
}

/// What [`once`] gives: a future.
#[must_use = "futures do nothing unless polled; dropped, this one stops listening"]
pub struct Once<A: ToOwned + ?Sized> {
    inbox: Inbox<Result<A::Owned, OnceError>>,
    ready: bool,
}

impl<A: ToOwned + ?Sized> Future for Once<A> {
    type Output = Result<A::Owned, OnceError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        assert!(!self.ready, "a `Once` future was polled again after it was ready");
        let letter = ready!(self.inbox.poll(cx));
        self.ready = true;
        Poll::Ready(match letter {
            Some(Letter::Event(answer)) => answer,
            _ => Err(OnceError::Removed),
        })
    }
}

// It pins nothing of what it waits for.
impl<A: ToOwned + ?Sized> Unpin for Once<A> {}

impl<A: ToOwned + ?Sized> fmt::Debug for Once<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Once")
            .field("ready", &self.ready)
            .finish_non_exhaustive()
    }
}

/// The error of [`once`].
#[non_exhaustive]
#[derive(Clone, Debug)]
pub enum OnceError {
    /// An error was emitted first.
    Emitted(EmittedError),
    /// The event will not come: the emitter is gone, or all its listeners were removed.
    Removed,
}

impl fmt::Display for OnceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OnceError::Emitted(error) => error.fmt(f),
            OnceError::Removed => {
                f.write_str("the event will not come: its emitter or its listeners are gone")
            }
        }
    }
}

impl Error for OnceError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            OnceError::Emitted(error) => error.source(),
            OnceError::Removed => None,
        }
    }
}
