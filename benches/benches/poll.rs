//! Goals 7 and 8: what does a poll of a wrapped future cost beyond the poll of the bare one?

use std::pin::Pin;
use std::process::ExitCode;

use opentelemetry::context::FutureExt;
use throughline::FutureContextExt;
use throughline_benches::live::{at_depth, with_live};
use throughline_benches::peers::{TASK_LOCAL, otel, sixteen_task_locals};
use throughline_benches::poll::{Counter, each_poll};
use throughline_benches::{Bench, Op, run};

fn main() -> ExitCode {
    run("poll", |bench| {
        let peers = Peers::measured_in(bench);
        let scope = bench.op("scope, 0 live", |m| {
            with_live(0, &mut |storage| {
                each_poll(m, storage.scope(7, Counter::default()))
            });
        });
        overhead(bench, "scope", scope, &peers);
        let in_context = scaling(bench);
        overhead(bench, "in_context", in_context, &peers);
        opaque(bench);
    })
}

struct Peers {
    bare: Op,
    tokio: Op,
    otel: Op,
}

impl Peers {
    fn measured_in(bench: &mut Bench) -> Self {
        let bare = bench.op("bare future", |m| each_poll(m, Counter::default()));
        let tokio = bench.op("tokio task_local scope", |m| {
            each_poll(m, TASK_LOCAL.scope(7, Counter::default()));
        });
        bench.op("tokio task_local scope, 16 nested", |m| {
            each_poll(m, sixteen_task_locals(Counter::default()));
        });
        let otel = bench.op("otel with_context, 1 live", |m| {
            each_poll(m, Counter::default().with_context(otel(1)));
        });
        Peers { bare, tokio, otel }
    }
}

/// Goal 7, for the future with a store of its own and for the one that inherits.
fn overhead(bench: &mut Bench, which: &str, adapter: Op, peers: &Peers) {
    let bare = peers.bare;
    bench
        .goal(7, format!("poll of {which} / tokio scope, net"))
        .net_ratio(adapter, peers.tokio, bare)
        .prototype(0.23)
        .at_most(0.35);
    bench
        .goal(7, format!("poll of {which} / otel with_context, net"))
        .net_ratio(adapter, peers.otel, bare)
        .prototype(0.048)
        .at_most(0.08);
    bench
        .goal(7, format!("poll of {which}: instructions, net"))
        .instructions(adapter, &[bare])
        .prototype(16.0)
        .at_most(18.0);
}

/// No goal: a future whose poll the compiler cannot look into, as most that are worth wrapping.
fn opaque(bench: &mut Bench) {
    fn counter() -> Pin<Box<dyn Future<Output = ()>>> {
        Box::pin(Counter::default())
    }
    bench.op("bare boxed future", |m| each_poll(m, counter()));
    bench.op("tokio task_local scope, boxed future", |m| {
        each_poll(m, TASK_LOCAL.scope(7, counter()))
    });
    bench.op("in_context, boxed future, 1 live", |m| {
        with_live(1, &mut |_| each_poll(m, counter().in_context()));
    });
}

/// Goal 8. Returns the operation with one storage live.
fn scaling(bench: &mut Bench) -> Op {
    let live = [1, 16, 64, 1000].map(|n| {
        bench.op(format!("in_context, {n} live"), move |m| {
            with_live(n, &mut |_| each_poll(m, Counter::default().in_context()));
        })
    });
    let deep = [1, 100].map(|depth| {
        bench.op(format!("in_context, depth {depth}"), move |m| {
            at_depth(depth, &mut |_| each_poll(m, Counter::default().in_context()));
        })
    });
    bench
        .goal(8, "poll, 16 live / 1")
        .ratio(live[1], live[0])
        .prototype(1.0)
        .at_most(1.1);
    bench
        .goal(8, "poll: instructions at 1, 16, 64, 1000 live, most - least")
        .same_instructions(&live);
    bench
        .goal(8, "poll: instructions at depth 1, 100, most - least")
        .same_instructions(&deep);
    live[0]
}
