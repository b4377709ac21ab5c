//! A span is what it keeps; with a `Registry`, the number lies in the span's extensions.

use tracing::callsite::rebuild_interest_cache;
use tracing::dispatcher::{Dispatch, with_default};
use tracing::span::{Attributes, Id};
use tracing::{Instrument as _, Span, Subscriber, info_span};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan as _;

use std::hint::black_box;

use super::{Peer, Scopes};
use crate::Who;

/// tracing with a `Registry`.
#[derive(Debug)]
pub struct Tracing;

struct Value(u64);

#[inline]
fn span(value: u64) -> Span {
    let span = info_span!("value");
    span.with_subscriber(|(id, dispatch)| {
        let registry = dispatch.downcast_ref::<Registry>()?;
        registry.span(id)?.extensions_mut().insert(Value(value));
        Some(())
    });
    span
}

impl Peer for Tracing {
    const WHO: Who = Who::Tracing;

    /// It keeps one number, whatever `n` is.
    fn live(_: usize, f: &mut dyn FnMut()) {
        with_default(&Dispatch::new(Registry::default()), f);
        // So that spans are as cheap as where there never was a subscriber.
        rebuild_interest_cache();
    }
    #[inline]
    fn run<R>(value: u64, f: impl FnOnce() -> R) -> R {
        span(value).in_scope(f)
    }
    #[inline]
    fn read() -> Option<u64> {
        Span::current()
            .with_subscriber(|(id, dispatch)| {
                let registry = dispatch.downcast_ref::<Registry>()?;
                registry
                    .span(id)?
                    .extensions()
                    .get::<Value>()
                    .map(|value| value.0)
            })
            .flatten()
    }
}

impl Scopes for Tracing {
    #[inline]
    fn scope<F: Future<Output: Send> + Send + 'static>(
        value: u64,
        future: F,
    ) -> impl Future<Output = F::Output> + Send + 'static {
        future.instrument(span(value))
    }
    #[inline]
    fn inherit<F: Future<Output: Send> + Send + 'static>(
        future: F,
    ) -> impl Future<Output = F::Output> + Send + 'static {
        future.in_current_span()
    }
}

/// tracing without a subscriber: what it costs who does not look. It keeps nothing.
#[derive(Debug)]
pub struct TracingAlone;

impl Peer for TracingAlone {
    const WHO: Who = Who::TracingAlone;

    fn live(_: usize, f: &mut dyn FnMut()) {
        f();
    }
    #[inline]
    fn run<R>(value: u64, f: impl FnOnce() -> R) -> R {
        info_span!("value", value).in_scope(f)
    }
    #[inline]
    fn read() -> Option<u64> {
        Span::current().id().map(|id| id.into_u64())
    }
}

impl Scopes for TracingAlone {
    #[inline]
    fn scope<F: Future<Output: Send> + Send + 'static>(
        value: u64,
        future: F,
    ) -> impl Future<Output = F::Output> + Send + 'static {
        future.instrument(info_span!("value", value))
    }
    #[inline]
    fn inherit<F: Future<Output: Send> + Send + 'static>(
        future: F,
    ) -> impl Future<Output = F::Output> + Send + 'static {
        future.in_current_span()
    }
}

/// tracing with a `Registry` and a layer that is told of each span's new, enter, exit and close.
#[derive(Debug)]
pub struct Listened;

struct Listener;

impl<S: Subscriber> Layer<S> for Listener {
    fn on_new_span(&self, _: &Attributes<'_>, id: &Id, _: Context<'_, S>) {
        black_box(id);
    }
    fn on_enter(&self, id: &Id, _: Context<'_, S>) {
        black_box(id);
    }
    fn on_exit(&self, id: &Id, _: Context<'_, S>) {
        black_box(id);
    }
    fn on_close(&self, id: Id, _: Context<'_, S>) {
        black_box(id);
    }
}

impl Peer for Listened {
    const WHO: Who = Who::Tracing;

    fn live(_: usize, f: &mut dyn FnMut()) {
        with_default(&Dispatch::new(Registry::default().with(Listener)), f);
        rebuild_interest_cache();
    }
    #[inline]
    fn run<R>(value: u64, f: impl FnOnce() -> R) -> R {
        info_span!("value", value).in_scope(f)
    }
    #[inline]
    fn read() -> Option<u64> {
        Span::current().id().map(|id| id.into_u64())
    }
}

impl Scopes for Listened {
    #[inline]
    fn scope<F: Future<Output: Send> + Send + 'static>(
        value: u64,
        future: F,
    ) -> impl Future<Output = F::Output> + Send + 'static {
        future.instrument(info_span!("value", value))
    }
    #[inline]
    fn inherit<F: Future<Output: Send> + Send + 'static>(
        future: F,
    ) -> impl Future<Output = F::Output> + Send + 'static {
        future.in_current_span()
    }
}
