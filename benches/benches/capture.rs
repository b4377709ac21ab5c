//! Goals 11 and 12: what does it cost to keep the current frame for later?

use std::hint::black_box;
use std::process::ExitCode;
use std::sync::Arc;

use opentelemetry::Context;
use throughline::snapshot;
use throughline_benches::live::{Storage, with_live};
use throughline_benches::peers::otel;
use throughline_benches::{Bench, Meter, Op, run};

fn main() -> ExitCode {
    run("capture", |bench| {
        capture(bench);
        past_its_scope(bench);
    })
}

/// Goal 11.
fn capture(bench: &mut Bench) {
    let arc = bench.op("Arc clone + drop", |m| {
        let arc = Arc::new(7u64);
        m.each(|_| drop(black_box(Arc::clone(black_box(&arc)))));
    });
    let [otel, _] = [1, 64].map(|n| {
        bench.op(format!("otel Context::current + drop, {n} live"), move |m| {
            let _attached = otel(n).attach();
            m.each(|_| drop(black_box(Context::current())));
        })
    });
    let [one, many] = [1, 64].map(|n| {
        bench.op(format!("snapshot + drop, {n} live"), move |m| {
            with_live(n, &mut |_| m.each(|_| drop(black_box(snapshot()))));
        })
    });
    bench
        .goal(11, "capture + drop / otel")
        .ratio(one, otel)
        .prototype(1.25)
        .at_most(1.4);
    bench
        .goal(11, "capture + drop / Arc")
        .ratio(one, arc)
        .prototype(1.05)
        .at_most(1.2);
    bench
        .goal(11, "capture + drop, 64 live / 1")
        .ratio(many, one)
        .prototype(1.04)
        .at_most(1.15);
}

/// Goal 12: the frame outlives its scope, so it has to own what it borrowed.
fn past_its_scope(bench: &mut Bench) {
    let run = bench.op("run, 1 live", |m| {
        with_live(1, &mut |storage| m.each(|i| storage.run(i, || black_box(()))));
    });
    bench.op("run, snapshot dropped inside, 1 live", |m| {
        with_live(1, &mut |storage| {
            m.each(|i| storage.run(i, || drop(black_box(snapshot()))));
        });
    });
    let [past, past_many] = [1, MANY].map(|n| past_with_live(bench, n));
    let hiding = bench.op(format!("run, snapshot kept, {MANY} live, hiding a store"), |m| {
        with_live(MANY, &mut |storage| storage.run(1, || past_each(m, storage)));
    });
    bench
        .goal(12, "captured past its scope / run")
        .ratio(past, run)
        .prototype(1.5)
        .at_most(1.8);
    bench
        .goal(12, "hiding a store: ns for each live storage")
        .nanoseconds(hiding, past_many, MANY)
        .at_most(6.0);
}

const MANY: usize = 64;

fn past_with_live(bench: &mut Bench, n: usize) -> Op {
    bench.op(format!("run, snapshot kept, {n} live"), move |m| {
        with_live(n, &mut |storage| past_each(m, storage));
    })
}

fn past_each(m: &mut Meter, storage: &'static Storage) {
    m.each(|i| drop(black_box(storage.run(i, snapshot))));
}
