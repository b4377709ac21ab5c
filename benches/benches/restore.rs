//! Goal 13: what does it cost to run a closure in a snapshot?

use std::cell::Cell;
use std::hint::black_box;
use std::process::ExitCode;

use throughline::{Snapshot, snapshot};
use throughline_benches::live::with_live;
use throughline_benches::peers::otel;
use throughline_benches::{Meter, run};

fn main() -> ExitCode {
    run("restore", |bench| {
        let limit = bench.op("thread-local pointer set + restore", set_and_restore);
        let otel = bench.op("otel clone + attach, 1 live", |m| {
            let context = otel(1);
            m.each(|_| {
                let _attached = context.clone().attach();
                black_box(());
            });
        });
        let restore = bench.op("Snapshot::run, 1 live", |m| {
            let snapshot = snapshot_of_live(1);
            m.each(|_| snapshot.run(|| black_box(())));
        });
        bench.op("Snapshot::run, 64 live", |m| {
            let snapshot = snapshot_of_live(64);
            m.each(|_| snapshot.run(|| black_box(())));
        });
        bench.op("Snapshot::get, 1 live, not entered", |m| {
            with_live(1, &mut |storage| {
                let snapshot = storage.run(7, snapshot);
                m.each(|_| _ = black_box(snapshot.get(storage)));
            });
        });
        bench
            .goal(13, "restore / otel")
            .ratio(restore, otel)
            .prototype(0.03)
            .at_most(0.05);
        bench
            .goal(13, "restore / limit")
            .ratio(restore, limit)
            .prototype(1.0)
            .at_most(1.3);
    })
}

fn set_and_restore(m: &mut Meter) {
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
