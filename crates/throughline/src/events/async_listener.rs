//! Listeners that go on asynchronously, and where their errors go.

use super::listener::{Emission, Listen};
use super::{EmittedError, EventEmitter, ListenerId};
use crate::{FutureContextExt, snapshot};
use std::error::Error;
use std::pin::Pin;
use throughline_core::__private::report;
use throughline_core::Report;

/// What [`on_async`](EventEmitter::on_async) hands to its spawner: a listener's future with its context, and with its error taken care of.
pub type ListenerTask = Pin<Box<dyn Future<Output = ()> + Send>>;

pub(super) struct Async<S, L> {
    event: &'static str,
    spawn: S,
    listener: L,
}

impl<S, L> Async<S, L> {
    pub(super) fn new(event: &'static str, spawn: S, listener: L) -> Self {
        Async {
            event,
            spawn,
            listener,
        }
    }
}

impl<A, S, L, F, E> Listen<A> for Async<S, L>
where
    A: ?Sized,
    S: Fn(ListenerTask) + Send + Sync,
    L: Fn(&A) -> F + Send + Sync,
    F: Future<Output = Result<(), E>> + Send + 'static,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    fn listen(&self, emission: &Emission<'_>, _: ListenerId, payload: &A) {
        // What the listener enters is its own, and goes with its future; an error is emitted where the emission was.
        let context = snapshot();
        let future = (self.listener)(payload).in_context();
        let (emitter, event, routed) = (emission.emitter.clone(), self.event, emission.routed);
        (self.spawn)(Box::pin(async move {
            if let Err(error) = future.await {
                let error = EmittedError::new(error.into());
                context.run(|| route(&emitter, event, error, routed));
            }
        }));
    }
}

/// Hands the error of an async listener to those who listen for errors.
fn route(emitter: &EventEmitter, event: &str, error: EmittedError, routed: bool) {
    let unhandled = if routed {
        // The listener was called for such an error itself.
        Some(error)
    } else {
        emitter
            .deliver_error(error, true)
            .err()
            .map(|error| error.into_inner())
    };
    if let Some(error) = unhandled {
        report(&Report::Warning {
            name: "UnhandledError",
            message: &format!(
                "an async listener of `{event}` ended with an error that nobody listens for: {error}"
            ),
        });
    }
}
