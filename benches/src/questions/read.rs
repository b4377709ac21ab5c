//! Reading a store (goals 1 to 3).

use std::cell::Cell;
use std::hint::black_box;
use std::sync::Arc;

use opentelemetry::Context;
use throughline::AsyncLocalStorage;

use crate::Under::{Depth, Live};
use crate::live::{Storage, at_depth, with_live};
use crate::peers::{
    Dcontext, Fastrace, Inherit, OpenTelemetry, Peer, Sentry, TASK_LOCAL, TASK_LOCAL_ARC, Tokio, Tracing,
    deep, otel_owned,
};
use crate::{Bench, Meter, Op, Who};

static USER: Storage = Storage::new();
static SHARED: AsyncLocalStorage<Arc<u64>> = AsyncLocalStorage::new();

pub(super) fn define(bench: &mut Bench) {
    // They take their slots before the many do.
    USER.run(7, || SHARED.run(Arc::new(7), || ()));
    let floor = bench.floor(|m| m.each(|i| _ = black_box(i)));
    let of_a_static = of_a_static(bench);
    let of_any = [1, 4, 16, 64, 1000].map(|live| of_any(bench, live));
    let at_depth = [1, 10, 100].map(|depth| of_the_outermost(bench, depth));
    goals("static", of_a_static, floor, bench);
    goals("any", of_any[0], floor, bench);
    bench
        .stretch_goal(3, "a read of a static: instructions, net")
        .instructions(of_a_static.ours, &[floor])
        .at_most(11.0);
    scaling(of_any.map(|row| row.ours), at_depth, bench);
    lent(bench, floor);
    shared(bench);
    missed(bench);
}

/// The operations that goals are about.
#[derive(Clone, Copy)]
struct Row {
    limit: Op,
    ours: Op,
    tokio: Op,
    otel: Op,
}

fn of_a_static(bench: &mut Bench) -> Row {
    bench.row("read a static", Live(1));
    let limit = bench.limit("a thread-local pointer and two dereferences", two_dereferences);
    let ours = bench.ours(|m| {
        with_live(1, &mut |_| {
            USER.run(7, || m.each(|_| _ = black_box(USER.get_store())))
        })
    });
    let tokio = bench.op(Who::Tokio, |m| read_each::<Tokio>(m, 1));
    let otel = bench.op(Who::OpenTelemetry, |m| read_each::<OpenTelemetry>(m, 1));
    bench.why(WHY);
    Row {
        limit,
        ours,
        tokio,
        otel,
    }
}

const WHY: &str = "storages come and go, so a read checks that the index is long enough, and that what it finds there is \
    this storage's: two loads and two comparisons";

/// Of a storage of which the compiler does not know which it is.
fn of_any(bench: &mut Bench, live: usize) -> Row {
    bench.row("read", Live(live));
    let limit = bench.limit("a thread-local pointer and two dereferences", two_dereferences);
    let ours = bench.ours(move |m| {
        with_live(live, &mut |storage| {
            storage.run(7, || {
                assert_eq!(storage.get_store(), Some(7));
                get_each(m, storage);
            });
        });
    });
    // Its keys are apart, and do not see each other.
    let tokio = bench.op(Who::Tokio, move |m| read_each::<Tokio>(m, live.min(64)));
    bench.op(Who::Inherit, move |m| read_each::<Inherit>(m, live));
    bench.op(Who::Dcontext, move |m| read_each::<Dcontext>(m, live));
    let otel = bench.op(Who::OpenTelemetry, move |m| read_each::<OpenTelemetry>(m, live));
    if live == 1 {
        bench.variant(Who::OpenTelemetry, "current().get", |m| {
            OpenTelemetry::run(7, || m.each(|_| _ = black_box(otel_owned())))
        });
        bench.op(Who::Tracing, |m| read_each::<Tracing>(m, 1));
        bench.op(Who::Fastrace, |m| read_each::<Fastrace>(m, 1));
        bench.op(Who::Sentry, |m| read_each::<Sentry>(m, 1));
    }
    bench.why(WHY);
    Row {
        limit,
        ours,
        tokio,
        otel,
    }
}

/// Of a store that was set first, under scopes that hide each other.
fn of_the_outermost(bench: &mut Bench, depth: usize) -> Op {
    bench.row("read", Depth(depth));
    bench.limit("a thread-local pointer and two dereferences", two_dereferences);
    let ours = bench.ours(move |m| at_depth(depth, &mut |storage| get_each(m, storage)));
    bench.op(Who::Tokio, move |m| read_deep::<Tokio>(m, depth));
    bench.op(Who::Inherit, move |m| read_deep::<Inherit>(m, depth));
    bench.op(Who::Dcontext, move |m| read_deep::<Dcontext>(m, depth));
    bench.op(Who::OpenTelemetry, move |m| read_deep::<OpenTelemetry>(m, depth));
    bench.op(Who::Tracing, move |m| read_deep::<Tracing>(m, depth));
    bench.op(Who::Fastrace, move |m| read_deep::<Fastrace>(m, depth.min(10)));
    bench.op(Who::Sentry, move |m| read_deep::<Sentry>(m, depth));
    ours
}

/// By borrow.
fn lent(bench: &mut Bench, floor: Op) {
    bench.row("lend a store (`with`)", Live(1));
    bench.limit("a thread-local pointer and two dereferences", two_dereferences);
    let ours = bench.ours(|m| with_live(1, &mut |storage| storage.run(7, || with_each(m, storage))));
    let tokio = bench.op(Who::Tokio, |m| {
        TASK_LOCAL.sync_scope(7, || m.each(|_| _ = black_box(TASK_LOCAL.with(|value| *value))))
    });
    let otel = bench.op(Who::OpenTelemetry, |m| read_each::<OpenTelemetry>(m, 1));
    bench.why(WHY);
    let goal = bench.goal(2, "get by borrow / OpenTelemetry by borrow");
    goal.ratio(ours, otel).prototype(0.27).at_most(0.33);
    let goal = bench.goal(2, "get by borrow / tokio");
    goal.ratio(ours, tokio).prototype(2.3).at_most(2.6);
    let goal = bench.goal(2, "get by borrow: instructions, net");
    goal.instructions(ours, &[floor]).prototype(20.0).at_most(24.0);
}

/// Cloned out of an `Arc`.
fn shared(bench: &mut Bench) {
    struct Shared(Arc<u64>);
    bench.row("read an `Arc`", Live(1));
    bench.limit("`Arc` clone and drop", |m| {
        let arc = Arc::new(7);
        m.each(|_| _ = black_box(Arc::clone(black_box(&arc))));
    });
    bench.ours(|m| {
        with_live(1, &mut |_| {
            SHARED.run(Arc::new(7), || m.each(|_| _ = black_box(SHARED.get_store())));
        });
    });
    bench.op(Who::Tokio, |m| {
        TASK_LOCAL_ARC.sync_scope(Arc::new(7), || m.each(|_| _ = black_box(TASK_LOCAL_ARC.get())));
    });
    bench.op(Who::OpenTelemetry, |m| {
        let _attached = Context::current_with_value(Shared(Arc::new(7))).attach();
        let get = || Context::map_current(|context| context.get::<Shared>().map(|shared| shared.0.clone()));
        m.each(|_| _ = black_box(get()));
    });
}

/// What is not set.
fn missed(bench: &mut Bench) {
    bench.row("read what is not set", Live(1));
    bench.limit("a thread-local pointer and two dereferences", two_dereferences);
    bench.ours(|m| with_live(1, &mut |storage| get_each(m, storage)));
    bench.op(Who::Tokio, miss_each::<Tokio>);
    bench.op(Who::Inherit, miss_each::<Inherit>);
    bench.op(Who::Dcontext, miss_each::<Dcontext>);
    bench.op(Who::OpenTelemetry, miss_each::<OpenTelemetry>);
    bench.op(Who::Tracing, miss_each::<Tracing>);
    bench.op(Who::Fastrace, miss_each::<Fastrace>);
    bench.why("beside that of a read, a default is looked for");
}

/// Goal 1, for a storage that is a `static`, and for any other: of that one the compiler knows less.
fn goals(which: &str, row: Row, floor: Op, bench: &mut Bench) {
    let (prototype, instructions) = if which == "static" {
        (1.5, 11.0)
    } else {
        (1.75, 14.0)
    };
    let goal = bench.goal(1, format!("get, Copy, {which} / OpenTelemetry by borrow, net"));
    goal.net_ratio(row.ours, row.otel, floor)
        .prototype(0.2)
        .at_most(0.25);
    let goal = bench.goal(1, format!("get, Copy, {which} / tokio"));
    goal.ratio(row.ours, row.tokio).prototype(prototype).at_most(2.0);
    let goal = bench.goal(1, format!("get, Copy, {which} / limit"));
    goal.ratio(row.ours, row.limit).prototype(1.77).at_most(2.0);
    let goal = bench.goal(1, format!("get, Copy, {which}: instructions, net"));
    goal.instructions(row.ours, &[floor])
        .prototype(instructions)
        .at_most(15.0);
}

/// Goal 3.
fn scaling(live: [Op; 5], deep: [Op; 3], bench: &mut Bench) {
    let goal = bench.goal(3, "get, 1000 live / 1");
    goal.ratio(live[4], live[0]).prototype(0.99).at_most(1.15);
    let goal = bench.goal(3, "get, depth 100 / 1");
    goal.ratio(deep[2], deep[0]).prototype(1.0).at_most(1.15);
    let goal = bench.goal(3, "get: instructions at 1, 4, 16, 64, 1000 live, most - least");
    goal.same_instructions(&live);
    let goal = bench.goal(3, "get: instructions at depth 1, 10, 100, most - least");
    goal.same_instructions(&deep);
}

fn two_dereferences(m: &mut Meter) {
    thread_local! {
        static POINTER: Cell<Option<&'static &'static u64>> = const { Cell::new(None) };
    }
    POINTER.set(Some(black_box(&&7)));
    m.each(|_| _ = black_box(POINTER.get().map(|pointer| **pointer)));
}

fn read_each<P: Peer>(m: &mut Meter, live: usize) {
    P::live(live, &mut || {
        P::run(7, || {
            assert!(P::read().is_some());
            m.each(|_| _ = black_box(P::read()));
        });
    });
}

fn read_deep<P: Peer>(m: &mut Meter, depth: usize) {
    P::live(1, &mut || {
        deep::<P>(depth, &mut || m.each(|_| _ = black_box(P::read())))
    });
}

fn miss_each<P: Peer>(m: &mut Meter) {
    P::live(1, &mut || {
        assert_eq!(P::read(), None);
        m.each(|_| _ = black_box(P::read()));
    });
}

// Not inlined: the optimiser shall not know which storage it is.
#[inline(never)]
fn get_each(m: &mut Meter, storage: &'static Storage) {
    m.each(|_| _ = black_box(storage.get_store()));
}

#[inline(never)]
fn with_each(m: &mut Meter, storage: &'static Storage) {
    m.each(|_| _ = black_box(storage.with(|store| store.copied())));
}
