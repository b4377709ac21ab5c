//! Goals 1 to 3: what does it cost to read a store?

use std::cell::Cell;
use std::hint::black_box;
use std::process::ExitCode;

use opentelemetry::Context;
use throughline_benches::live::{Storage, at_depth, with_live};
use throughline_benches::peers::{TASK_LOCAL, Target, otel, otel_1000, otel_borrow, otel_owned};
use throughline_benches::{Bench, Meter, Op, run};

static USER: Storage = Storage::new();

fn main() -> ExitCode {
    run("read", |bench| {
        let peers = Peers::measured_in(bench);
        let fixed = bench.op("get_store of a static, 1 live", |m| {
            with_live(1, &mut |_| {
                USER.run(7, || m.each(|_| _ = black_box(USER.get_store())))
            });
        });
        let any = scaling(bench);
        copy(bench, "static", fixed, &peers);
        copy(bench, "any", any, &peers);
        borrow(bench, &peers);
        bench.op("get_store, not set, 1 live", |m| {
            with_live(1, &mut |storage| get_each(m, storage));
        });
    })
}

struct Peers {
    floor: Op,
    limit: Op,
    tokio: Op,
    otel: Op,
}

impl Peers {
    fn measured_in(bench: &mut Bench) -> Self {
        let floor = bench.op("empty loop", |m| m.each(|i| _ = black_box(i)));
        let limit = bench.op("thread-local pointer, 2 dereferences", two_dereferences);
        let tokio = bench.op("tokio task_local get", |m| {
            TASK_LOCAL.sync_scope(7, || m.each(|_| _ = black_box(TASK_LOCAL.get())));
        });
        let [few, many] = [otel(1), otel_1000()];
        let otel = bench.op("otel map_current get, 1 live", {
            let few = few.clone();
            move |m| otel_each(m, &few, otel_borrow)
        });
        bench.op("otel map_current get, 1000 live", move |m| {
            otel_each(m, &many, otel_borrow)
        });
        bench.op("otel current().get, 1 live", move |m| {
            otel_each(m, &few, otel_owned)
        });
        Peers {
            floor,
            limit,
            tokio,
            otel,
        }
    }
}

fn two_dereferences(m: &mut Meter) {
    thread_local! {
        static POINTER: Cell<Option<&'static &'static u64>> = const { Cell::new(None) };
    }
    POINTER.set(Some(black_box(&&7)));
    m.each(|_| _ = black_box(POINTER.get().map(|pointer| **pointer)));
}

fn otel_each(m: &mut Meter, live: &Context, get: impl Fn() -> Option<u64>) {
    let _attached = live.with_value(Target(7)).attach();
    assert_eq!(get(), Some(7));
    m.each(|_| _ = black_box(get()));
}

/// Goal 1, for a storage that is a `static`, and for any other: of that one the compiler knows less.
fn copy(bench: &mut Bench, which: &str, get: Op, peers: &Peers) {
    let (prototype, instructions) = if which == "static" {
        (1.5, 11.0)
    } else {
        (1.75, 14.0)
    };
    bench
        .goal(1, format!("get, Copy, {which} / otel by borrow, net"))
        .net_ratio(get, peers.otel, peers.floor)
        .prototype(0.2)
        .at_most(0.25);
    bench
        .goal(1, format!("get, Copy, {which} / tokio get"))
        .ratio(get, peers.tokio)
        .prototype(prototype)
        .at_most(2.0);
    bench
        .goal(1, format!("get, Copy, {which} / limit"))
        .ratio(get, peers.limit)
        .prototype(1.77)
        .at_most(2.0);
    bench
        .goal(1, format!("get, Copy, {which}: instructions, net"))
        .instructions(get, &[peers.floor])
        .prototype(instructions)
        .at_most(15.0);
}

/// Goal 2.
fn borrow(bench: &mut Bench, peers: &Peers) {
    let with = bench.op("with, 1 live", |m| {
        with_live(1, &mut |storage| storage.run(7, || with_each(m, storage)));
    });
    bench
        .goal(2, "get by borrow / otel by borrow, raw")
        .ratio(with, peers.otel)
        .prototype(0.27)
        .at_most(0.33);
    bench
        .goal(2, "get by borrow / tokio get")
        .ratio(with, peers.tokio)
        .prototype(2.3)
        .at_most(2.6);
    bench
        .goal(2, "get by borrow: instructions, net")
        .instructions(with, &[peers.floor])
        .prototype(20.0)
        .at_most(24.0);
}

/// Goal 3. Returns the operation with one storage live.
fn scaling(bench: &mut Bench) -> Op {
    let live =
        [1, 16, 64, 1000].map(|n| bench.op(format!("get_store, {n} live"), move |m| get_with_live(m, n)));
    let deep = [1, 100].map(|depth| {
        bench.op(format!("get_store, depth {depth}"), move |m| {
            at_depth(depth, &mut |storage| get_each(m, storage));
        })
    });
    bench
        .goal(3, "get, 1000 live / 1")
        .ratio(live[3], live[0])
        .prototype(0.99)
        .at_most(1.15);
    bench
        .goal(3, "get, depth 100 / 1")
        .ratio(deep[1], deep[0])
        .prototype(1.0)
        .at_most(1.15);
    bench
        .goal(3, "get: instructions at 1, 16, 64, 1000 live, most - least")
        .same_instructions(&live);
    bench
        .goal(3, "get: instructions at depth 1, 100, most - least")
        .same_instructions(&deep);
    live[0]
}

fn get_with_live(m: &mut Meter, n: usize) {
    with_live(n, &mut |storage| {
        storage.run(7, || {
            assert_eq!(storage.get_store(), Some(7));
            get_each(m, storage);
        });
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
