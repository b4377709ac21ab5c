//! Goals 4 to 6: what does it cost to run a closure with a store set?

use std::hint::black_box;
use std::process::ExitCode;

use opentelemetry::Context;
use throughline::root;
use throughline_benches::live::{Storage, with_live};
use throughline_benches::peers::{TASK_LOCAL, TASK_LOCAL_BOXED, Target, otel, otel_1000};
use throughline_benches::{Bench, Meter, Op, run};

fn main() -> ExitCode {
    run("run", |bench| {
        let peers = Peers::measured_in(bench);
        let [one, ..] = many_live(bench);
        against_peers(bench, one, &peers);
        frame_pool(bench, one, &peers);
        other_forms(bench);
    })
}

struct Peers {
    floor: Op,
    malloc: Op,
    tokio: Op,
    tokio_boxed: Op,
    otel: Op,
}

impl Peers {
    fn measured_in(bench: &mut Bench) -> Self {
        let floor = bench.op("empty loop", |m| m.each(|i| _ = black_box(i)));
        let malloc = bench.op("malloc + free, 64 bytes", |m| {
            m.each(|_| drop(black_box(Box::<[u64; 8]>::new_uninit())));
        });
        let tokio = bench.op("tokio sync_scope", |m| {
            m.each(|i| TASK_LOCAL.sync_scope(i, || black_box(())));
        });
        let tokio_boxed = bench.op("tokio sync_scope, boxed value", |m| {
            m.each(|i| TASK_LOCAL_BOXED.sync_scope(Box::new(i), || black_box(())));
        });
        let otel = otel_run(bench, 1, otel(1));
        Peers {
            floor,
            malloc,
            tokio,
            tokio_boxed,
            otel,
        }
    }
}

fn otel_run(bench: &mut Bench, live: usize, outer: Context) -> Op {
    bench.op(format!("otel with_value + attach, {live} live"), move |m| {
        let _outer = outer.clone().attach();
        m.each(|i| {
            let _attached = Context::current_with_value(Target(i)).attach();
            black_box(());
        });
    })
}

/// Goal 4.
fn against_peers(bench: &mut Bench, run: Op, peers: &Peers) {
    bench
        .goal(4, "run / otel with_value + attach")
        .ratio(run, peers.otel)
        .prototype(0.154)
        .at_most(0.2);
    bench
        .goal(4, "run / tokio sync_scope, boxed")
        .ratio(run, peers.tokio_boxed)
        .prototype(1.15)
        .at_most(1.35);
    bench
        .goal(4, "run / malloc + free")
        .ratio(run, peers.malloc)
        .prototype(1.34)
        .at_most(1.5);
    bench
        .goal(4, "run: instructions over malloc + free")
        .instructions(run, &[peers.malloc])
        .prototype(49.0)
        .at_most(65.0);
}

/// Goal 5.
fn many_live(bench: &mut Bench) -> [Op; 4] {
    let live = [1, 16, 64, 1000];
    let runs = live.map(|n| bench.op(format!("run, {n} live"), move |m| run_with_live(m, n)));
    let [one, sixteen, many, most] = runs;
    let [few, thousand] = [(16, otel(16)), (1000, otel_1000())].map(|(n, outer)| otel_run(bench, n, outer));
    bench
        .goal(5, "run / otel, 16 live")
        .ratio(sixteen, few)
        .prototype(0.1)
        .at_most(0.15);
    bench
        .goal(5, "run / otel, 1000 live")
        .ratio(most, thousand)
        .prototype(0.011)
        .at_most(0.02);
    bench
        .goal(5, "run, 64 live / 1")
        .ratio(many, one)
        .prototype(1.49)
        .at_most(2.0);
    bench
        .goal(5, "run, 1000 live / 1")
        .ratio(most, one)
        .prototype(8.7)
        .at_most(12.0);
    runs
}

fn run_with_live(m: &mut Meter, n: usize) {
    with_live(n, &mut |storage| run_each(m, storage));
}

// Not inlined: the optimiser shall not know which storage it is.
#[inline(never)]
fn run_each(m: &mut Meter, storage: &'static Storage) {
    m.each(|i| storage.run(i, || black_box(())));
}

/// Goal 6, which asks for frames from a pool.
fn frame_pool(bench: &mut Bench, run: Op, peers: &Peers) {
    bench
        .goal(6, "run / tokio sync_scope, bare")
        .ratio(run, peers.tokio)
        .prototype(1.89)
        .at_most(2.2)
        .stretch();
    bench
        .goal(6, "run / malloc + free")
        .ratio(run, peers.malloc)
        .prototype(0.53)
        .at_most(0.65)
        .stretch();
    bench
        .goal(6, "run: instructions, net")
        .instructions(run, &[peers.floor])
        .prototype(69.0)
        .at_most(85.0)
        .stretch();
}

/// Ways to the same end that no goal asks about.
fn other_forms(bench: &mut Bench) {
    bench.op("run, 1 live, hiding a store", |m| {
        with_live(1, &mut |storage| storage.run(1, || run_each(m, storage)));
    });
    bench.op("with_scope guard, 1 live", |m| {
        with_live(1, &mut |storage| {
            m.each(|i| {
                let _guard = storage.with_scope(i);
                black_box(());
            });
        });
    });
    bench.op("enter_with in a root, 0 live", |m| {
        with_live(0, &mut |storage| m.each(|i| root(|| storage.enter_with(i))));
    });
    bench.op("exit, 1 live", |m| {
        with_live(1, &mut |storage| {
            storage.run(1, || m.each(|_| storage.exit(|| black_box(()))))
        });
    });
}
