//! Events as a stream.

use super::mailbox::Letter;
use super::post::Inbox;
use super::{ERROR, EmittedError, Event, EventEmitter};
use std::error::Error;
use std::fmt;
use std::future::poll_fn;
use std::task::{Context, Poll, ready};

/// The events of one kind, one after the other, beginning now: a [`Stream`](https://docs.rs/futures-core/0.3/futures_core/stream/trait.Stream.html)
/// (feature `stream`), which can also be read by [`next`](On::next).
///
/// Its items are clones of the payloads (what [`ToOwned`] makes of them), made at the emission and kept until they are read, at most 1024 unless
/// [`with_capacity`](On::with_capacity) says otherwise. **An emission cannot wait.** What comes when the buffer is full is not kept; it is
/// counted, and the stream says so, at its place among the others, with [`OnError::Missed`], and goes on.
///
/// An error that is emitted is the last item, after what came before it, and counts as handled (clause `EE-18`), unless `event` is [`ERROR`]
/// itself. The stream ends also when [its closing events](On::close_on) come, when the emitter is dropped (it does not keep it alive), and when
/// all its listeners are removed; what is in the buffer is read first.
///
/// # Panics
/// If a listener of [`NEW_LISTENER`](super::NEW_LISTENER) does.
///
/// # Cancel safety
/// Dropped, it removes its listeners, and what it has not answered is lost. A [`next`](On::next) that is dropped takes nothing with it.
///
/// # Examples
/// ```
/// # use futures::executor::block_on;
/// use throughline::{Event, EventEmitter, events};
/// const LINE: Event<str> = Event::new("line");
/// const END: Event = Event::new("end");
///
/// let input = EventEmitter::new();
/// let mut lines = events::on(&input, &LINE).close_on(&END);
/// input.emit(&LINE, "one");
/// input.emit(&LINE, "two");
/// input.emit(&END, &());
/// # block_on(async {
/// let mut read = Vec::new();
/// while let Some(line) = lines.next().await {
///     read.push(line.unwrap());
/// }
/// assert_eq!(read, ["one", "two"]);
/// # });
/// ```
pub fn on<A, K>(emitter: &EventEmitter, event: &Event<A, K>) -> On<A>
where
    A: ToOwned + ?Sized + 'static,
    A::Owned: Send + 'static,
{
    let inbox = Inbox::new(emitter, CAPACITY);
    inbox.each(event, |payload: &A| Ok(payload.to_owned()));
    if event.id() != ERROR.id() {
        inbox.ends(&ERROR, |error| Err(OnError::Emitted(error.clone())));
    }
    On { inbox, ended: false }
}

const CAPACITY: usize = 1024;

/// What [`on`] gives: a stream.
#[must_use = "streams do nothing unless polled; dropped, this one stops listening"]
pub struct On<A: ToOwned + ?Sized> {
    inbox: Inbox<Result<A::Owned, OnError>>,
    ended: bool,
}

impl<A: ToOwned + ?Sized> On<A> {
    /// Says how many events are kept until they are read.
    ///
    /// # Panics
    /// At 0: nothing could ever be read.
    #[track_caller]
    pub fn with_capacity(self, capacity: usize) -> Self {
        assert!(capacity > 0, "a stream of events has to keep one at least");
        self.inbox.set_capacity(capacity);
        self
    }

    /// Ends the stream when `event` is emitted, after what came before it.
    #[doc(alias = "close")]
    pub fn close_on<B: ?Sized + 'static, K>(self, event: &Event<B, K>) -> Self
    where
        A::Owned: Send + 'static,
    {
        self.inbox.closes(event);
        self
    }

    /// The next item; none when the stream has ended.
    pub async fn next(&mut self) -> Option<Result<A::Owned, OnError>> {
        poll_fn(|cx| self.poll_item(cx)).await
    }

    fn poll_item(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<A::Owned, OnError>>> {
        let letter = ready!(self.inbox.poll(cx));
        self.ended = letter.is_none();
        Poll::Ready(letter.map(|letter| match letter {
            Letter::Event(item) => item,
            Letter::Missed(missed) => Err(OnError::Missed(missed)),
        }))
    }
}

#[cfg(feature = "stream")]
impl<A: ToOwned + ?Sized> futures_core::Stream for On<A> {
    type Item = Result<A::Owned, OnError>;

    fn poll_next(mut self: std::pin::Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_item(cx)
    }
}

#[cfg(feature = "stream")]
impl<A: ToOwned + ?Sized> futures_core::FusedStream for On<A> {
    fn is_terminated(&self) -> bool {
        self.ended
    }
}

// It pins nothing of what it hands out.
impl<A: ToOwned + ?Sized> Unpin for On<A> {}

impl<A: ToOwned + ?Sized> fmt::Debug for On<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("On")
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}

/// The error items of [`on`].
#[non_exhaustive]
#[derive(Clone, Debug)]
pub enum OnError {
    /// An error was emitted. It is the last item.
    Emitted(EmittedError),
    /// So many events came here while the buffer was full. The stream goes on.
    Missed(u64),
}

impl fmt::Display for OnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OnError::Emitted(error) => error.fmt(f),
            OnError::Missed(missed) => write!(f, "{missed} events were missed: the buffer was full"),
        }
    }
}

impl Error for OnError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            OnError::Emitted(error) => error.source(),
            OnError::Missed(_) => None,
        }
    }
}
