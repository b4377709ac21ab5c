//! Goal 16: how much memory does a kept frame take, and how much does a wrapped future?

use std::pin::Pin;
use std::process::ExitCode;

use opentelemetry::Context;
use opentelemetry::context::FutureExt;
use throughline::{FutureContextExt, snapshot};
use throughline_benches::Checks;
use throughline_benches::live::with_live;
use throughline_benches::peers::{Target, otel, otel_1000};
use throughline_benches::poll::Counter;

fn main() -> ExitCode {
    let mut checks = Checks::new("memory");
    frames(&mut checks, 0, otel(0), [0.36, 0.45]);
    frames(&mut checks, 1000, otel_1000(), [0.12, 0.15]);
    futures(&mut checks);
    checks.finish()
}

/// A frame of one `u64` on top of `live` other storages, kept past its scope.
fn frames(checks: &mut Checks, live: usize, otel: Context, prototype_and_goal: [f64; 2]) {
    let [bytes, blocks] = ours(live);
    let [otel_bytes, otel_blocks] = otels(otel);
    let what = |of: &str| format!("{of} of a kept frame, {live} live");
    checks.ratio(16, &what("bytes"), [bytes, otel_bytes], prototype_and_goal);
    checks.at_most(16, &what("bytes"), bytes, bytes_by_formula(live));
    checks.at_most(16, &what("blocks"), blocks, 1.0);
    checks.tell(&what("blocks"), blocks, Some(otel_blocks));
}

/// The header, an index in steps of four, the store.
fn bytes_by_formula(live: usize) -> f64 {
    let slots = (live + 1).next_multiple_of(4);
    (40 + 8 * slots + size_of::<u64>()) as f64
}

fn ours(live: usize) -> [f64; 2] {
    let mut kept = [0.0; 2];
    with_live(live, &mut |storage| kept = each_kept(|| storage.run(7, snapshot)));
    kept
}

fn otels(live: Context) -> [f64; 2] {
    let _attached = live.attach();
    each_kept(|| Context::current_with_value(Target(7)))
}

/// Heap bytes and blocks of one thing that is kept.
fn each_kept<T>(make: impl Fn() -> T) -> [f64; 2] {
    const KEPT: usize = 1000;
    // What is made on first use is made now, and what lies free to be used again is taken.
    let _before: Vec<T> = (0..KEPT).map(|_| make()).collect();
    let mut kept = Vec::with_capacity(KEPT);
    let held = allocation_counter::measure(|| kept.extend((0..KEPT).map(|_| make())));
    [held.bytes_current, held.count_current].map(|held| held as f64 / KEPT as f64)
}

/// One word beside an `Option` of the future; and one word beside the future itself, where the `Option` takes no
/// room of its own. That of a boxed future takes none, that of an async block does.
fn futures(checks: &mut Checks) {
    let boxed = sizes(|| Box::pin(Counter::default()) as Pin<Box<dyn Future<Output = ()>>>);
    let block = sizes(|| async { Counter::default().await });
    for (what, [bare, option, ours, otel]) in [("boxed future", boxed), ("async block", block)] {
        checks.at_most(
            16,
            &format!("in_context, {what}: bytes beyond Option"),
            ours - option,
            8.0,
        );
        let what = format!("in_context and with_context, {what}: bytes beyond the bare one");
        checks.tell(&what, ours - bare, Some(otel - bare));
    }
    let [bare, _, ours, _] = boxed;
    checks.at_most(
        16,
        "in_context, boxed future: bytes beyond the bare one",
        ours - bare,
        8.0,
    );
}

/// Of the bare future, of an `Option` of it, of ours and of OpenTelemetry's around it.
fn sizes<F: Future>(make: impl Fn() -> F) -> [f64; 4] {
    let ours = size_of_val(&make().in_context());
    let otel = size_of_val(&make().with_context(Context::new()));
    [size_of::<F>(), size_of::<Option<F>>(), ours, otel].map(|size| size as f64)
}
