//! Keeping what is set for later (goals 11 and 12).

use std::hint::black_box;
use std::sync::Arc;

use throughline::snapshot;

use crate::Under::Live;
use crate::live::{Storage, with_live};
use crate::peers::{Captures, Dcontext, OpenTelemetry, Sentry};
use crate::{Bench, Meter, Op, Who};

pub(super) fn define(bench: &mut Bench) {
    bench.floor(|m| m.each(|i| _ = black_box(i)));
    capture(bench);
    past_its_scope(bench);
}

/// Goal 11.
fn capture(bench: &mut Bench) {
    let rows = [1, 4, 16, 64, 1000].map(|live| {
        bench.row("capture and drop", Live(live));
        let arc = bench.limit("`Arc` clone and drop", arc_clone);
        let ours = bench.ours(move |m| {
            with_live(live, &mut |_| m.each(|_| drop(black_box(snapshot()))));
        });
        bench.op(Who::Dcontext, move |m| capture_each::<Dcontext>(m, live));
        let otel = bench.op(Who::OpenTelemetry, move |m| {
            capture_each::<OpenTelemetry>(m, live)
        });
        if live == 1 {
            bench.op(Who::Sentry, |m| capture_each::<Sentry>(m, 1));
        }
        [arc, ours, otel]
    });
    let [[arc, one, otel], _, _, [_, many, _], _] = rows;
    let goal = bench.goal(11, "capture + drop / OpenTelemetry");
    goal.ratio(one, otel).prototype(1.25).at_most(1.4);
    let goal = bench.goal(11, "capture + drop / Arc");
    goal.ratio(one, arc).prototype(1.05).at_most(1.2);
    let goal = bench.goal(11, "capture + drop, 64 live / 1");
    goal.ratio(many, one).prototype(1.04).at_most(1.15);
}

/// Goal 12: the frame outlives its scope, so it has to own what it borrowed.
fn past_its_scope(bench: &mut Bench) {
    bench.row("run, nothing captured", Live(1));
    let run = bench.ours(|m| with_live(1, &mut |storage| m.each(|i| storage.run(i, || black_box(())))));
    bench.row("run, captured and dropped inside", Live(1));
    bench.ours(|m| {
        with_live(1, &mut |storage| {
            m.each(|i| storage.run(i, || drop(black_box(snapshot()))));
        });
    });
    let [past, past_many] = [1, MANY].map(|live| past_with_live(bench, live));
    bench.row("run, captured past its scope, hiding a store", Live(MANY));
    let hiding = bench.ours(|m| with_live(MANY, &mut |storage| storage.run(1, || past_each(m, storage))));
    bench.why("it counts each store that it lists, so that the hidden one is not kept alive");
    let goal = bench.goal(12, "captured past its scope / run");
    goal.ratio(past, run).prototype(1.5).at_most(1.8);
    let goal = bench.goal(12, "hiding a store: ns for each live storage");
    goal.nanoseconds(hiding, past_many, MANY).at_most(6.0);
}

const MANY: usize = 64;

fn past_with_live(bench: &mut Bench, live: usize) -> Op {
    bench.row("run, captured past its scope", Live(live));
    bench.limit(
        "as many counts: an `Arc` made that holds another, cloned, and both dropped",
        |m| {
            let parent = Arc::new(7_u64);
            m.each(|i| {
                let frame = black_box(Arc::new((i, Arc::clone(black_box(&parent)))));
                let kept = black_box(Arc::clone(&frame));
                drop(frame);
                drop(kept);
            });
        },
    );
    let ours = bench.ours(move |m| with_live(live, &mut |storage| past_each(m, storage)));
    bench.op(Who::Dcontext, move |m| past_each_by::<Dcontext>(m, live));
    bench.op(Who::OpenTelemetry, move |m| {
        past_each_by::<OpenTelemetry>(m, live)
    });
    bench.why("five locked counts where an un-captured scope has none: its own taken, given back twice, the parent's taken and given back");
    ours
}

fn arc_clone(m: &mut Meter) {
    let arc = Arc::new(7_u64);
    m.each(|_| drop(black_box(Arc::clone(black_box(&arc)))));
}

fn capture_each<P: Captures>(m: &mut Meter, live: usize) {
    P::live(live, &mut || m.each(|_| drop(black_box(P::capture()))));
}

fn past_each(m: &mut Meter, storage: &'static Storage) {
    m.each(|i| drop(black_box(storage.run(i, snapshot))));
}

fn past_each_by<P: Captures>(m: &mut Meter, live: usize) {
    P::live(live, &mut || m.each(|i| drop(black_box(P::run(i, P::capture)))));
}
