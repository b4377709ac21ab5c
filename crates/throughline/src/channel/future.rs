//! Futures that channels watch: [`Staged`], and its names for each use.

use super::caught::{caught, or_resume};
use super::shared::Shared;
use pin_project_lite::pin_project;
use std::borrow::Borrow;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::thread;
use throughline_core::{InContext, Snapshot};

pub use super::bounded::Bounded;
pub use super::tracing::Traced;

/// What [`Channel::scope_stores`](super::Channel::scope_stores) gives.
pub type ScopeStores<M, B, F> = Staged<F, Stored<M, B>>;
/// What [`BoundedChannel::scope`](super::BoundedChannel::scope) gives.
pub type BoundedScopeFuture<M, B, F> = Staged<F, Bounded<M, B>>;
/// What [`TracingChannel::trace_future`](super::TracingChannel::trace_future) gives.
pub type TraceFuture<C, T, E, F> = Staged<F, Traced<C, T, E>>;

pin_project! {
    /// A future that channels watch. `S` says what they hear of it: [`Stored`], [`Bounded`], [`Traced`].
    ///
    /// Where nobody listened when it was made, it is the bare future and a tag.
    ///
    /// # Panics
    /// When it is polled again after it was ready.
    ///
    /// # Cancel safety
    /// Dropping it drops the future in the context it ran in. What its channels hear of that, `S` says; of a future that was
    /// never polled they hear nothing.
    #[must_use = "futures do nothing unless polled; dropped, it publishes nothing"]
    #[allow(private_bounds)] // What happens when is said by the methods that make it.
    pub struct Staged<F, S>
    where
        S: Stages,
    {
        #[pin]
        state: State<F, S>,
    }
}

pin_project! {
    #[project = StateProjection]
    #[project_replace = StateTaken]
    enum State<F, S>
    where
        S: Stages,
    {
        /// Nobody listened.
        Plain { #[pin] future: F },
        /// Not polled yet, so that the future may still move to where it will be pinned.
        Waiting { future: F, stages: S },
        /// No store is bound: in the context of whoever polls.
        Bare { #[pin] body: Body<F, S> },
        Set { #[pin] body: InContext<Body<F, S>> },
        Gone,
    }
}

/// What is to be said of a future, moment by moment, always in its own context.
pub(super) trait Stages {
    /// The context at the first poll; none to leave it alone.
    fn frame(&self) -> Option<Snapshot>;
    /// Before the first poll.
    fn started(&self);
    /// After the first poll, ready or not.
    fn returned(&self) {}
    /// It was dropped before it was ready.
    fn cancelled(&mut self) {}
}

/// … and with its answer, or the panic in place of one.
pub(super) trait Settles<O>: Stages {
    fn settled(&mut self, outcome: thread::Result<O>) -> thread::Result<O> {
        outcome
    }
}

#[allow(private_bounds)] // As for the type.
impl<F, S: Stages> Staged<F, S> {
    pub(super) fn plain(future: F) -> Self {
        Staged {
            state: State::Plain { future },
        }
    }

    pub(super) fn waiting(future: F, stages: S) -> Self {
        Staged {
            state: State::Waiting { future, stages },
        }
    }
}

const POLLED_AGAIN: &str = "a future watched by a channel was polled again after it was ready";

impl<F, S> Future for Staged<F, S>
where
    F: Future,
    S: Settles<F::Output>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let mut state = self.project().state;
        if let State::Waiting { .. } = *state {
            begin(state.as_mut());
        }
        let poll = match state.as_mut().project() {
            StateProjection::Plain { future } => future.poll(cx),
            StateProjection::Bare { body } => body.poll(cx),
            StateProjection::Set { body } => body.poll(cx),
            StateProjection::Waiting { .. } | StateProjection::Gone => panic!("{POLLED_AGAIN}"),
        };
        if poll.is_ready() {
            state.set(State::Gone);
        }
        poll
    }
}

fn begin<F, S: Stages>(mut state: Pin<&mut State<F, S>>) {
    let taken = state.as_mut().project_replace(State::Gone);
    if let StateTaken::Waiting { future, stages } = taken {
        let frame = stages.frame();
        let body = Body {
            future,
            life: Life {
                stages,
                phase: Phase::New,
            },
        };
        state.set(match frame {
            Some(frame) => State::Set {
                body: frame.scope(body),
            },
            None => State::Bare { body },
        });
    }
}

impl<F: fmt::Debug, S: Stages> fmt::Debug for Staged<F, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = match &self.state {
            State::Plain { future } | State::Waiting { future, .. } => Some(future),
            State::Bare { body } => Some(&body.future),
            State::Set { body } => body.get_ref().map(|body| &body.future),
            State::Gone => None,
        };
        f.debug_tuple("Staged").field(&inner).finish()
    }
}

pin_project! {
    /// The future and what is said of it. In this order: it is dropped before that is said.
    struct Body<F, S>
    where
        S: Stages,
    {
        #[pin]
        future: F,
        life: Life<S>,
    }
}

struct Life<S: Stages> {
    stages: S,
    phase: Phase,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    New,
    Started,
    Settled,
}

impl<F, S> Future for Body<F, S>
where
    F: Future,
    S: Settles<F::Output>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let is_first = this.life.phase == Phase::New;
        if is_first {
            this.life.phase = Phase::Started;
            this.life.stages.started();
        }
        let poll = caught(|| this.future.poll(cx));
        if is_first {
            this.life.stages.returned();
        }
        let outcome = match poll {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(output)) => Ok(output),
            Err(payload) => Err(payload),
        };
        this.life.phase = Phase::Settled;
        Poll::Ready(or_resume(this.life.stages.settled(outcome)))
    }
}

impl<S: Stages> Drop for Life<S> {
    fn drop(&mut self) {
        if self.phase == Phase::Started {
            self.stages.cancelled();
        }
    }
}

/// At the first poll, the stores are set and the message is published.
pub struct Stored<M: ?Sized + 'static, B> {
    channel: Arc<Shared<M>>,
    message: B,
}

impl<M: ?Sized, B> Stored<M, B> {
    pub(super) fn new(channel: Arc<Shared<M>>, message: B) -> Self {
        Stored { channel, message }
    }
}

impl<M: ?Sized, B: Borrow<M>> Stages for Stored<M, B> {
    fn frame(&self) -> Option<Snapshot> {
        self.channel.in_use()?.frame(self.message.borrow())
    }

    fn started(&self) {
        if let Some(wiring) = self.channel.in_use() {
            wiring.publish(self.message.borrow());
        }
    }
}

impl<M: ?Sized, B: Borrow<M>, O> Settles<O> for Stored<M, B> {}

impl<M: ?Sized + 'static, B> fmt::Debug for Stored<M, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stored")
            .field("channel", &self.channel.name())
            .finish_non_exhaustive()
    }
}
