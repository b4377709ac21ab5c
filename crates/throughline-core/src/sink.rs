//! Sinks in a context of their own (feature `sink`).

use crate::InContext;
use crate::in_context::{Change, context_ext};
use futures_sink::Sink;
use std::pin::Pin;
use std::task::{Context, Poll};

context_ext! {
    ///
    /// All four of its methods run in it.
    SinkContextExt<Item> for Sink, "sink"
}

impl<Item, S: Sink<Item>, C: Change> Sink<Item> for InContext<S, C> {
    type Error = S::Error;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.enter(|sink| sink.poll_ready(cx))
    }

    fn start_send(self: Pin<&mut Self>, item: Item) -> Result<(), S::Error> {
        self.enter(|sink| sink.start_send(item))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.enter(|sink| sink.poll_flush(cx))
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.enter(|sink| sink.poll_close(cx))
    }
}
