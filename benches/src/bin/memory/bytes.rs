//! Goal 16: how much memory does a kept frame take, a wrapped future, a resource?

use std::pin::Pin;

use throughline::{AsyncResource, FutureContextExt as _, FutureResourceExt as _, snapshot};
use throughline_benches::live::with_live;
use throughline_benches::peers::{
    Captures, Dcontext, Fastrace, Inherit, OpenTelemetry, Ours, Peer, Scopes, Sentry, Tokio, Tracing,
    TracingAlone,
};
use throughline_benches::poll::Counter;
use throughline_benches::{Memory, Who};

pub(crate) fn measure(memory: &mut Memory) {
    let sizes = [0, 1, 4, 16, 64, 1000].map(|live| frames(memory, live));
    for (live, [ours, otel], goal) in [(0, sizes[0], [0.36, 0.45]), (1000, sizes[5], [0.12, 0.15])] {
        let what = |of: &str| format!("{of} of a kept frame, {live} live");
        memory.ratio(
            16,
            &format!("{} / OpenTelemetry", what("bytes")),
            [ours[0], otel[0]],
            goal,
        );
        memory.at_most(16, &what("bytes"), ours[0], bytes_by_formula(live));
        memory.at_most(16, &what("blocks"), ours[1], 1.0);
    }
    futures(memory);
    of_an_option(memory);
    resources(memory);
}

/// The header, an index in steps of four, the store.
fn bytes_by_formula(live: usize) -> f64 {
    let slots = (live + 1).next_multiple_of(4);
    (40 + 8 * slots + size_of::<u64>()) as f64
}

/// A frame of one `u64` on top of `live` other storages, kept past its scope: bytes and blocks of ours and of OpenTelemetry's.
fn frames(memory: &mut Memory, live: usize) -> [[f64; 2]; 2] {
    let what = format!("a kept frame, {live} live");
    let mut ours = [0.0; 2];
    with_live(live, &mut |storage| ours = each_kept(|| storage.run(7, snapshot)));
    let inline = size_of::<<Ours as Captures>::Kept>() as f64;
    memory.push(&what, Who::Ours, Some(inline), Some(ours));
    kept_by::<Dcontext>(memory, &what, live);
    if live == 0 {
        kept_by::<Sentry>(memory, &what, live);
    }
    [ours, kept_by::<OpenTelemetry>(memory, &what, live)]
}

fn kept_by<P: Captures>(memory: &mut Memory, what: &str, live: usize) -> [f64; 2] {
    let mut kept = [0.0; 2];
    P::live(live, &mut || kept = each_kept(|| P::run(7, P::capture)));
    memory.push(what, P::WHO, Some(size_of::<P::Kept>() as f64), Some(kept));
    kept
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

/// Beyond those of the bare future.
fn futures(memory: &mut Memory) {
    future_of::<Ours>(memory);
    future_of::<Tokio>(memory);
    future_of::<Inherit>(memory);
    future_of::<Dcontext>(memory);
    future_of::<OpenTelemetry>(memory);
    future_of::<Tracing>(memory);
    future_of::<TracingAlone>(memory);
    future_of::<Fastrace>(memory);
    future_of::<Sentry>(memory);
}

fn future_of<P: Scopes>(memory: &mut Memory) {
    P::live(1, &mut || {
        P::run(7, || {
            let mut of = |what: &str, inline: usize, heap| {
                memory.push(
                    what,
                    P::WHO,
                    Some((inline - size_of::<Block>()) as f64),
                    Some(heap),
                );
            };
            let inherits = || P::inherit(block());
            of(
                "a future that inherits",
                size_of_val(&inherits()),
                each_kept(inherits),
            );
            let scoped = || P::scope(7, block());
            of(
                "a future with a value of its own",
                size_of_val(&scoped()),
                each_kept(scoped),
            );
        });
    });
}

/// As large as a small future, and without a niche for a tag.
type Block = Counter;

fn block() -> Block {
    Counter::default()
}

/// One word beside an `Option` of the future; and one word beside the future itself, where the `Option` takes no
/// room of its own. That of a boxed future takes none, that of an async block does.
fn of_an_option(memory: &mut Memory) {
    let boxed = sizes(|| Box::pin(block()) as Pin<Box<dyn Future<Output = ()>>>);
    let block = sizes(|| async { block().await });
    for (what, [_, option, ours]) in [("boxed future", boxed), ("async block", block)] {
        let what = format!("in_context, {what}: bytes beyond Option");
        memory.at_most(16, &what, ours - option, 8.0);
    }
    let [bare, _, ours] = boxed;
    memory.at_most(
        16,
        "in_context, boxed future: bytes beyond the bare one",
        ours - bare,
        8.0,
    );
}

/// Of the bare future, of an `Option` of it, and of ours around it.
fn sizes<F: Future>(make: impl Fn() -> F) -> [f64; 3] {
    let ours = size_of_val(&make().in_context());
    [size_of::<F>(), size_of::<Option<F>>(), ours].map(|size| size as f64)
}

fn resources(memory: &mut Memory) {
    let size = size_of::<AsyncResource>() as f64;
    with_live(1, &mut |_| {
        let kept = each_kept(|| AsyncResource::new("Measured"));
        memory.push("a resource", Who::Ours, Some(size), Some(kept));
    });
    Tracing::live(1, &mut || {
        let span = || tracing::info_span!("measured");
        memory.push(
            "a resource",
            Who::Tracing,
            Some(size_of_val(&span()) as f64),
            Some(each_kept(span)),
        );
    });
    let in_resource = || block().in_resource("Measured");
    let inline = size_of_val(&in_resource()) - size_of::<Block>();
    memory.push(
        "a future that is a resource",
        Who::Ours,
        Some(inline as f64),
        Some(each_kept(in_resource)),
    );
}
