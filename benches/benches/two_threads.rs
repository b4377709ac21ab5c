//! Goal 17: do two threads that work in one frame get in each other's way?

use std::hint::black_box;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry::context::FutureExt;
use throughline::{Snapshot, snapshot};
use throughline_benches::live::{Storage, with_live};
use throughline_benches::peers::{Target, otel_borrow, otel_owned};
use throughline_benches::poll::{Counter, each_poll};
use throughline_benches::{Bench, Meter, run};

fn main() -> ExitCode {
    run("two_threads", |bench| {
        // Long beside the start of a thread.
        bench.batch(Duration::from_millis(1));
        get(bench);
        poll(bench);
        capture(bench);
    })
}

/// A snapshot with one store, as two tasks of one request have it.
fn shared() -> (Snapshot, &'static Storage) {
    let mut taken = None;
    with_live(0, &mut |storage| {
        taken = Some((storage.run(7, snapshot), storage))
    });
    taken.unwrap()
}

fn otel_shared() -> Context {
    Context::new().with_value(Target(7))
}

fn get(bench: &mut Bench) {
    let otel = bench.op("otel current().get", |m| otel_get(m, otel_owned));
    bench.op("otel map_current get", |m| otel_get(m, otel_borrow));
    let ours = bench.op("get_store", |m| {
        let (snapshot, storage) = shared();
        m.on_two_threads(|m| {
            snapshot.run(|| m.each(|_| _ = black_box(storage.get_store())));
        });
    });
    bench
        .goal(17, "get / otel current().get")
        .ratio(ours, otel)
        .prototype(0.02)
        .at_most(0.05);
}

fn otel_get(m: &mut Meter, get: impl Fn() -> Option<u64> + Sync) {
    let context = otel_shared();
    m.on_two_threads(|m| {
        let _attached = context.clone().attach();
        m.each(|_| _ = black_box(get()));
    });
}

fn poll(bench: &mut Bench) {
    bench.op("bare future: poll", |m| {
        m.on_two_threads(|m| each_poll(m, Counter::default()));
    });
    let otel = bench.op("otel with_context: poll", |m| {
        let context = otel_shared();
        m.on_two_threads(|m| each_poll(m, Counter::default().with_context(context.clone())));
    });
    let ours = bench.op("Snapshot::scope: poll", |m| {
        let (snapshot, _) = shared();
        m.on_two_threads(|m| each_poll(m, snapshot.scope(Counter::default())));
    });
    bench
        .goal(17, "poll / otel with_context")
        .ratio(ours, otel)
        .prototype(0.07)
        .at_most(0.12);
}

/// No goal: a capture counts, and so it contends as every shared count does.
fn capture(bench: &mut Bench) {
    bench.op("Arc clone + drop", |m| {
        let arc = Arc::new(7);
        m.on_two_threads(|m| m.each(|_| drop(black_box(Arc::clone(&arc)))));
    });
    bench.op("snapshot + drop", |m| {
        let (shared, _) = shared();
        m.on_two_threads(|m| shared.run(|| m.each(|_| drop(black_box(snapshot())))));
    });
}
