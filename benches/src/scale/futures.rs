//! Suspended futures, each in a context of its own.

use std::future::{Future, pending};
use std::hint::black_box;
use std::pin::Pin;
use std::task::{Context, Waker};

use super::{Figure, grown, thousands, timed};
use crate::peers::{OpenTelemetry, Ours, Peer as _, Scopes, Tokio};

type Suspended = Pin<Box<dyn Future<Output = ()> + Send>>;

pub(super) fn bare(n: usize) -> Vec<Figure> {
    suspended(n, "bare", |_| Box::pin(wait()))
}

pub(super) fn ours(n: usize) -> Vec<Figure> {
    suspended(n, "Throughline, each with a store of its own", |i| {
        scoped::<Ours>(i)
    })
}

/// All of one request.
pub(super) fn inherited(n: usize) -> Vec<Figure> {
    Ours::run(7, || {
        suspended(n, "Throughline, all in one context", |_| {
            Box::pin(Ours::inherit(wait()))
        })
    })
}

pub(super) fn tokio(n: usize) -> Vec<Figure> {
    suspended(n, "tokio, each with a value of its own", |i| scoped::<Tokio>(i))
}

pub(super) fn opentelemetry(n: usize) -> Vec<Figure> {
    suspended(n, "OpenTelemetry, each with a value of its own", |i| {
        scoped::<OpenTelemetry>(i)
    })
}

fn scoped<P: Scopes>(value: u64) -> Suspended {
    Box::pin(P::scope(value, wait()))
}

/// As large as a small future.
async fn wait() {
    let held = black_box([0_u64; 4]);
    pending::<()>().await;
    black_box(held);
}

fn suspended(n: usize, by: &str, make: impl Fn(u64) -> Suspended) -> Vec<Figure> {
    let (mut all, bytes) = grown(|| {
        let mut all: Vec<Suspended> = (0..n as u64).map(make).collect();
        poll(&mut all);
        all
    });
    let (_, took) = timed(|| poll(&mut all));
    let what = format!("{} suspended futures: memory of one, and a poll", thousands(n));
    vec![Figure::new(what, by).bytes(bytes, n).nanoseconds(took, n)]
}

fn poll(all: &mut [Suspended]) {
    let mut context = Context::from_waker(Waker::noop());
    for future in all {
        assert!(future.as_mut().poll(&mut context).is_pending());
    }
}
