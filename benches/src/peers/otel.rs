//! OpenTelemetry's `Context`: values by their types.

use opentelemetry::Context;
use opentelemetry::context::FutureExt as _;
use seq_macro::seq;

use super::{Captures, Peer, Scopes};
use crate::Who;

/// OpenTelemetry's `Context`.
#[derive(Debug)]
pub struct OpenTelemetry;

impl Peer for OpenTelemetry {
    const WHO: Who = Who::OpenTelemetry;

    fn live(n: usize, f: &mut dyn FnMut()) {
        let _attached = if n > 64 { otel_1000() } else { otel(n) }.attach();
        f();
    }
    #[inline]
    fn run<R>(value: u64, f: impl FnOnce() -> R) -> R {
        let _attached = Context::current_with_value(Target(value)).attach();
        f()
    }
    #[inline]
    fn read() -> Option<u64> {
        otel_borrow()
    }
}

impl Scopes for OpenTelemetry {
    #[inline]
    fn scope<F: Future<Output: Send> + Send + 'static>(
        value: u64,
        future: F,
    ) -> impl Future<Output = F::Output> + Send + 'static {
        future.with_context(Context::current_with_value(Target(value)))
    }
    #[inline]
    fn inherit<F: Future<Output: Send> + Send + 'static>(
        future: F,
    ) -> impl Future<Output = F::Output> + Send + 'static {
        future.with_current_context()
    }
}

impl Captures for OpenTelemetry {
    type Kept = Context;

    #[inline]
    fn capture() -> Context {
        Context::current()
    }
    #[inline]
    fn enter<R>(kept: &Context, f: impl FnOnce() -> R) -> R {
        let _attached = kept.clone().attach();
        f()
    }
}

/// The OpenTelemetry entry that is read and set.
#[derive(Clone, Copy, Debug)]
pub struct Target(pub u64);

/// The others, which are merely there: OpenTelemetry's key is the type of the value.
#[derive(Debug)]
struct Other<const KEY: usize>(#[expect(dead_code, reason = "has the size of a store")] u64);

/// An OpenTelemetry context of `n` entries, up to 64.
pub fn otel(n: usize) -> Context {
    with_entries(&FEW[..n])
}

/// An OpenTelemetry context of a thousand entries. Apart, because a thousand types take their time to compile.
pub fn otel_1000() -> Context {
    with_entries(&MANY)
}

type AddEntry = fn(&Context) -> Context;

seq!(KEY in 0..64 {
    static FEW: [AddEntry; 64] = [#(add_entry::<KEY>,)*];
});

seq!(KEY in 0..1000 {
    static MANY: [AddEntry; 1000] = [#(add_entry::<KEY>,)*];
});

fn with_entries(entries: &[AddEntry]) -> Context {
    entries.iter().fold(Context::new(), |context, add| add(&context))
}

fn add_entry<const KEY: usize>(context: &Context) -> Context {
    context.with_value(Other::<KEY>(1))
}

/// OpenTelemetry's cheapest read: by borrow.
#[inline]
pub fn otel_borrow() -> Option<u64> {
    Context::map_current(|context| context.get::<Target>().map(|target| target.0))
}

/// OpenTelemetry's usual read, which counts a reference.
#[inline]
pub fn otel_owned() -> Option<u64> {
    Context::current().get::<Target>().map(|target| target.0)
}
