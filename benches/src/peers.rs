//! The neighbours, with as much in them as our frames hold.

use opentelemetry::Context;
use seq_macro::seq;

tokio::task_local! {
    /// tokio's storage: one per key, inherited by nobody.
    pub static TASK_LOCAL: u64;
    /// The same with a value on the heap, as our frames are.
    pub static TASK_LOCAL_BOXED: Box<u64>;
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

seq!(KEY in 0..16 {
    tokio::task_local! {
        #(static NESTED_~KEY: u64;)*
    }
});

/// `inner` in sixteen of tokio's scopes.
pub fn sixteen_task_locals<F: Future>(inner: F) -> impl Future<Output = F::Output> {
    seq!(KEY in 0..16 {{
        #(let inner = NESTED_~KEY.scope(1, inner);)*
        inner
    }})
}
