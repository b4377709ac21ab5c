//! Who is compared: a file each, with what its users would write.

mod dcontext;
mod fastrace;
mod inherit;
mod otel;
mod ours;
mod sentry;
mod tokio;
mod tracing;

pub use dcontext::Dcontext;
pub use fastrace::Fastrace;
pub use inherit::Inherit;
pub use otel::{OpenTelemetry, Target, otel, otel_1000, otel_borrow, otel_owned};
pub use ours::Ours;
pub use sentry::Sentry;
pub use tokio::{TASK_LOCAL, TASK_LOCAL_ARC, TASK_LOCAL_BOXED, Tokio, with_task_locals};
pub use tracing::{Listened, Tracing, TracingAlone};

use crate::Who;

/// A library that keeps a number for the work that runs.
pub trait Peer: 'static {
    /// Which it is.
    const WHO: Who;

    /// Runs `f` where `n` other numbers are kept.
    fn live(n: usize, f: &mut dyn FnMut());
    /// Runs `f` with a number kept.
    fn run<R>(value: u64, f: impl FnOnce() -> R) -> R;
    /// The number kept here.
    fn read() -> Option<u64>;
}

/// One that also keeps it for a future.
pub trait Scopes: Peer {
    /// A future that runs with a number kept.
    fn scope<F: Future<Output: Send> + Send + 'static>(
        value: u64,
        future: F,
    ) -> impl Future<Output = F::Output> + Send + 'static;
    /// A future that runs with what is kept here.
    fn inherit<F: Future<Output: Send> + Send + 'static>(
        future: F,
    ) -> impl Future<Output = F::Output> + Send + 'static;
}

/// One that keeps all there is for later.
pub trait Captures: Peer {
    /// What it keeps it in.
    type Kept: Send + Sync + 'static;
    /// What is kept here, for later.
    fn capture() -> Self::Kept;
    /// Runs `f` with what was captured.
    fn enter<R>(kept: &Self::Kept, f: impl FnOnce() -> R) -> R;
}

/// Runs `f` in `scopes` scopes of a peer, each hiding the one before.
pub fn deep<P: Peer>(scopes: usize, f: &mut dyn FnMut()) {
    match scopes {
        0 => f(),
        _ => P::run(7, || deep::<P>(scopes - 1, f)),
    }
}
