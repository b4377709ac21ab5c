//! Running a closure with a store set (goals 4 to 6).

use std::cell::Cell;
use std::hint::black_box;

use throughline::{AsyncLocalStorage, root};

use crate::Under::{Live, Plain};
use crate::live::{Storage, with_live};
use crate::peers::{
    Dcontext, Fastrace, Inherit, OpenTelemetry, Peer, Sentry, TASK_LOCAL_BOXED, Tokio, Tracing, TracingAlone,
};
use crate::{Bench, Meter, Op, Who};

static LARGE: AsyncLocalStorage<[u64; 32]> = AsyncLocalStorage::new();

pub(super) fn define(bench: &mut Bench) {
    // It takes its slot before the many do.
    LARGE.run([0; 32], || ());
    let floor = bench.floor(|m| m.each(|i| _ = black_box(i)));
    let rows = [1, 4, 16, 64, 1000].map(|live| with_so_many(bench, live));
    let limits = Limits::measured_in(bench);
    many_live(rows, bench);
    against_peers(rows[0], &limits, floor, bench);
    larger_stores(bench);
    other_forms(bench);
}

#[derive(Clone, Copy)]
struct Row {
    ours: Op,
    tokio: Op,
    otel: Op,
}

fn with_so_many(bench: &mut Bench, live: usize) -> Row {
    bench.row("run", Live(live));
    bench.limit(
        "a block from a thread's list and back, a thread-local pointer set and put back",
        list_and_pointer,
    );
    let ours = bench.ours(move |m| with_live(live, &mut |storage| run_each(m, storage)));
    // Its keys are apart, and do not see each other.
    let tokio = bench.op(Who::Tokio, move |m| run_each_by::<Tokio>(m, live.min(64)));
    bench.op(Who::Inherit, move |m| run_each_by::<Inherit>(m, live));
    bench.op(Who::Dcontext, move |m| run_each_by::<Dcontext>(m, live));
    let otel = bench.op(Who::OpenTelemetry, move |m| run_each_by::<OpenTelemetry>(m, live));
    if live == 1 {
        bench.op(Who::Tracing, |m| run_each_by::<Tracing>(m, 1));
        bench.op(Who::TracingAlone, |m| run_each_by::<TracingAlone>(m, 1));
        bench.op(Who::Fastrace, |m| run_each_by::<Fastrace>(m, 1));
        bench.op(Who::Sentry, |m| run_each_by::<Sentry>(m, 1));
    }
    bench.why("a frame has a header, and an index that is copied from the one below: a pointer a storage");
    Row { ours, tokio, otel }
}

/// Goal 5, and the stretch goal of a flat `run`.
fn many_live(rows: [Row; 5], bench: &mut Bench) {
    let [one, _, sixteen, many, most] = rows;
    let goal = bench.goal(5, "run / OpenTelemetry, 16 live");
    goal.ratio(sixteen.ours, sixteen.otel)
        .prototype(0.1)
        .at_most(0.15);
    let goal = bench.goal(5, "run / OpenTelemetry, 1000 live");
    goal.ratio(most.ours, most.otel).prototype(0.011).at_most(0.02);
    let goal = bench.goal(5, "run, 64 live / 1");
    goal.ratio(many.ours, one.ours).prototype(1.49).at_most(2.0);
    let goal = bench.goal(5, "run, 1000 live / 1");
    goal.ratio(most.ours, one.ours).prototype(8.7).at_most(12.0);
    let goal = bench.stretch_goal(2, "run, 1000 live / 1");
    goal.ratio(most.ours, one.ours).at_most(2.0);
}

struct Limits {
    malloc: Op,
    boxed: Op,
}

impl Limits {
    fn measured_in(bench: &mut Bench) -> Self {
        bench.row("malloc and free, 64 bytes", Plain);
        let malloc = bench.limit("itself", |m| {
            m.each(|_| drop(black_box(Box::<[u64; 8]>::new_uninit())))
        });
        bench.row("run, with a value on the heap", Plain);
        let boxed = bench.op(Who::Tokio, |m| {
            m.each(|i| TASK_LOCAL_BOXED.sync_scope(Box::new(i), || black_box(())));
        });
        Limits { malloc, boxed }
    }
}

/// Goals 4 and 6.
fn against_peers(row: Row, limits: &Limits, floor: Op, bench: &mut Bench) {
    let goal = bench.goal(4, "run / OpenTelemetry");
    goal.ratio(row.ours, row.otel).prototype(0.154).at_most(0.2);
    let goal = bench.goal(4, "run / tokio, boxed");
    goal.ratio(row.ours, limits.boxed).prototype(1.15).at_most(1.35);
    let goal = bench.goal(4, "run / malloc + free");
    goal.ratio(row.ours, limits.malloc).prototype(1.34).at_most(1.5);
    let goal = bench.goal(4, "run: instructions over malloc + free");
    goal.instructions(row.ours, &[limits.malloc])
        .prototype(49.0)
        .at_most(65.0);
    let goal = bench.goal(6, "run / tokio, bare");
    goal.ratio(row.ours, row.tokio)
        .prototype(1.89)
        .at_most(2.2)
        .nice();
    let goal = bench.goal(6, "run / malloc + free");
    goal.ratio(row.ours, limits.malloc)
        .prototype(0.53)
        .at_most(0.65)
        .nice();
    let goal = bench.goal(6, "run: instructions, net");
    goal.instructions(row.ours, &[floor])
        .prototype(69.0)
        .at_most(85.0)
        .nice();
}

/// Of which the thread keeps no free blocks.
fn larger_stores(bench: &mut Bench) {
    tokio::task_local! {
        static TASK_LOCAL_LARGE: [u64; 32];
    }
    bench.row("run, with 256 bytes", Live(1));
    bench.ours(|m| with_live(1, &mut |_| m.each(|i| LARGE.run([i; 32], || black_box(())))));
    bench.op(Who::Tokio, |m| {
        m.each(|i| TASK_LOCAL_LARGE.sync_scope([i; 32], || black_box(())))
    });
}

/// Other ways to set a store.
fn other_forms(bench: &mut Bench) {
    bench.row("run, hiding a store", Live(1));
    bench.ours(|m| with_live(1, &mut |storage| storage.run(1, || run_each(m, storage))));
    bench.row("a guard (`with_scope`)", Live(1));
    bench.ours(|m| {
        with_live(1, &mut |storage| {
            m.each(|i| {
                let _guard = storage.with_scope(i);
                black_box(());
            });
        });
    });
    bench.row("enter_with in a root", Live(0));
    bench.ours(|m| with_live(0, &mut |storage| m.each(|i| root(|| storage.enter_with(i)))));
    bench.row("exit", Live(1));
    bench.ours(|m| {
        with_live(1, &mut |storage| {
            storage.run(1, || m.each(|_| storage.exit(|| black_box(()))));
        });
    });
}

// Not inlined: the optimiser shall not know which storage it is.
#[inline(never)]
fn run_each(m: &mut Meter, storage: &'static Storage) {
    m.each(|i| storage.run(i, || black_box(())));
}

fn run_each_by<P: Peer>(m: &mut Meter, live: usize) {
    P::live(live, &mut || m.each(|i| P::run(i, || black_box(()))));
}

/// A `Box` in a thread-local stands for the list.
fn list_and_pointer(m: &mut Meter) {
    thread_local! {
        static LIST: Cell<Option<Box<[u64; 8]>>> = const { Cell::new(None) };
        static POINTER: Cell<u64> = const { Cell::new(7) };
    }
    LIST.set(Some(Box::new([0; 8])));
    m.each(|i| {
        let block = LIST.take();
        let before = POINTER.replace(i);
        black_box(());
        POINTER.set(before);
        LIST.set(black_box(block));
    });
}
