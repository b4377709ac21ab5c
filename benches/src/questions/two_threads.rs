//! Two threads that work in one context (goal 17).

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry::context::FutureExt as _;
use throughline::{Snapshot, snapshot};

use crate::Under::Plain;
use crate::live::{Storage, with_live};
use crate::peers::{Captures, Scopes, Sentry, Target, otel_borrow, otel_owned};
use crate::poll::{Counter, each_poll};
use crate::{Bench, Meter, Who};

pub(super) fn define(bench: &mut Bench) {
    // Long beside the start of a thread.
    bench.batch(Duration::from_millis(1));
    get(bench);
    poll(bench);
    capture(bench);
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
    bench.row("read, two threads in one context", Plain);
    let ours = bench.ours(|m| {
        let (snapshot, storage) = shared();
        m.on_two_threads(|m| {
            snapshot.run(|| m.each(|_| _ = black_box(storage.get_store())));
        });
    });
    bench.variant(Who::OpenTelemetry, "by borrow", |m| otel_get(m, otel_borrow));
    let otel = bench.variant(Who::OpenTelemetry, "current().get", |m| otel_get(m, otel_owned));
    let goal = bench.goal(17, "get / OpenTelemetry's current().get");
    goal.ratio(ours, otel).prototype(0.02).at_most(0.05);
}

fn otel_get(m: &mut Meter, get: impl Fn() -> Option<u64> + Sync) {
    let context = otel_shared();
    m.on_two_threads(|m| {
        let _attached = context.clone().attach();
        m.each(|_| _ = black_box(get()));
    });
}

fn poll(bench: &mut Bench) {
    bench.row("poll, two threads in one context", Plain);
    bench.limit("a bare future", |m| {
        m.on_two_threads(|m| each_poll(m, Counter::default()));
    });
    let ours = bench.ours(|m| {
        let (snapshot, _) = shared();
        m.on_two_threads(|m| each_poll(m, snapshot.scope(Counter::default())));
    });
    let otel = bench.op(Who::OpenTelemetry, |m| {
        let context = otel_shared();
        m.on_two_threads(|m| each_poll(m, Counter::default().with_context(context.clone())));
    });
    bench.op(Who::Sentry, |m| {
        let hub = Sentry::capture();
        m.on_two_threads(|m| Sentry::enter(&hub, || each_poll(m, Sentry::inherit(Counter::default()))));
    });
    let goal = bench.goal(17, "poll / OpenTelemetry");
    goal.ratio(ours, otel).prototype(0.07).at_most(0.12);
}

/// A capture counts, and so it contends as every shared count does.
fn capture(bench: &mut Bench) {
    bench.row("capture and drop, two threads in one context", Plain);
    bench.limit("`Arc` clone and drop, two threads with one `Arc`", |m| {
        let arc = Arc::new(7);
        m.on_two_threads(|m| m.each(|_| drop(black_box(Arc::clone(&arc)))));
    });
    bench.ours(|m| {
        let (shared, _) = shared();
        m.on_two_threads(|m| shared.run(|| m.each(|_| drop(black_box(snapshot())))));
    });
    bench.op(Who::OpenTelemetry, |m| {
        let context = otel_shared();
        m.on_two_threads(|m| {
            let _attached = context.clone().attach();
            m.each(|_| drop(black_box(Context::current())));
        });
    });
    bench.why("both write to one count");
    bench.row("capture and drop, one thread in a leaked context", Plain);
    let alone = bench.ours(|m| {
        let leaked = shared().0.leak();
        leaked.run(|| m.each(|_| drop(black_box(snapshot()))));
    });
    bench.row("capture and drop, two threads in a leaked context", Plain);
    let together = bench.ours(|m| {
        let leaked = shared().0.leak();
        m.on_two_threads(|m| leaked.run(|| m.each(|_| drop(black_box(snapshot())))));
    });
    let goal = bench.stretch_goal(6, "a leaked root captured, two threads at once / one alone");
    goal.ratio(together, alone).at_most(1.2);
}
