//! sentry's `Hub`: a number is an extra of its scope.

use std::sync::Arc;

use sentry_core::{Hub, SentryFutureExt as _};

use super::{Captures, Peer, Scopes};
use crate::Who;

/// sentry's `Hub`, without a client.
#[derive(Debug)]
pub struct Sentry;

#[inline]
fn hub(value: u64) -> Arc<Hub> {
    let hub = Hub::new_from_top(Hub::current());
    hub.configure_scope(|scope| scope.set_extra("value", value.into()));
    Arc::new(hub)
}

impl Peer for Sentry {
    const WHO: Who = Who::Sentry;

    /// It keeps one hub, whatever `n` is.
    fn live(_: usize, f: &mut dyn FnMut()) {
        f();
    }
    #[inline]
    fn run<R>(value: u64, f: impl FnOnce() -> R) -> R {
        Hub::run(hub(value), f)
    }
    /// The hub alone: what its scope holds can be read only out of an event.
    #[inline]
    fn read() -> Option<u64> {
        let hub = Hub::current();
        Some(Arc::as_ptr(&hub).addr() as u64)
    }
}

impl Scopes for Sentry {
    #[inline]
    fn scope<F: Future<Output: Send> + Send + 'static>(
        value: u64,
        future: F,
    ) -> impl Future<Output = F::Output> + Send + 'static {
        future.bind_hub(hub(value))
    }
    #[inline]
    fn inherit<F: Future<Output: Send> + Send + 'static>(
        future: F,
    ) -> impl Future<Output = F::Output> + Send + 'static {
        future.bind_hub(Hub::new_from_top(Hub::current()))
    }
}

impl Captures for Sentry {
    type Kept = Arc<Hub>;

    #[inline]
    fn capture() -> Arc<Hub> {
        Arc::new(Hub::new_from_top(Hub::current()))
    }
    #[inline]
    fn enter<R>(kept: &Arc<Hub>, f: impl FnOnce() -> R) -> R {
        Hub::run(kept.clone(), f)
    }
}
