//! Running a closure with what was kept (goal 13).

use std::cell::Cell;
use std::hint::black_box;

use throughline::{Snapshot, snapshot};

use crate::Under::Live;
use crate::live::with_live;
use crate::peers::{Captures, Dcontext, OpenTelemetry, Sentry};
use crate::{Bench, Meter, Who};

pub(super) fn define(bench: &mut Bench) {
    for live in [1, 64] {
        bench.row("run in a snapshot", Live(live));
        let limit = bench.limit("a thread-local pointer set and put back", set_and_put_back);
        let ours = bench.ours(move |m| {
            let snapshot = snapshot_of_live(live);
            m.each(|_| snapshot.run(|| black_box(())));
        });
        bench.op(Who::Dcontext, move |m| enter_each::<Dcontext>(m, live));
        let otel = bench.op(Who::OpenTelemetry, move |m| enter_each::<OpenTelemetry>(m, live));
        bench.op(Who::Sentry, move |m| enter_each::<Sentry>(m, live));
        if live == 1 {
            let goal = bench.goal(13, "restore / OpenTelemetry");
            goal.ratio(ours, otel).prototype(0.03).at_most(0.05);
            let goal = bench.goal(13, "restore / limit");
            goal.ratio(ours, limit).prototype(1.0).at_most(1.3);
        }
    }
    bench.row("read out of a snapshot, without entering it", Live(1));
    bench.ours(|m| {
        with_live(1, &mut |storage| {
            let snapshot = storage.run(7, snapshot);
            m.each(|_| _ = black_box(snapshot.get(storage)));
        });
    });
}

fn enter_each<P: Captures>(m: &mut Meter, live: usize) {
    P::live(live, &mut || {
        let kept = P::capture();
        m.each(|_| P::enter(&kept, || black_box(())));
    });
}

fn set_and_put_back(m: &mut Meter) {
    thread_local! {
        static POINTER: Cell<&'static u64> = const { Cell::new(&1) };
    }
    let pointer = black_box(&7);
    m.each(|_| {
        let before = POINTER.replace(pointer);
        black_box(());
        POINTER.set(before);
    });
}

fn snapshot_of_live(n: usize) -> Snapshot {
    let mut taken = Snapshot::empty();
    with_live(n, &mut |_| taken = snapshot());
    taken
}
