//! Polling a future with a context of its own (goals 7 and 8).

use std::cell::Cell;
use std::hint::black_box;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use throughline::FutureContextExt as _;

use crate::Under::{Depth, Live};
use crate::live::{at_depth, with_live};
use crate::peers::{
    Dcontext, Fastrace, Inherit, OpenTelemetry, Ours, Peer, Scopes, Sentry, Tokio, Tracing, TracingAlone,
    with_task_locals,
};
use crate::poll::{Counter, each_poll};
use crate::{Bench, Meter, Op, Who};

pub(super) fn define(bench: &mut Bench) {
    let bare = bench.floor(|m| each_poll(m, Counter::default()));
    let scope = in_a_scope(bench);
    overhead("scope", scope, bare, bench);
    let inherits = [1, 4, 16, 64, 1000].map(|live| that_inherits(bench, live));
    overhead(
        "in_context",
        Row {
            ours: inherits[0],
            ..scope
        },
        bare,
        bench,
    );
    let deep = [1, 10, 100].map(|depth| at_a_depth(bench, depth));
    scaling(inherits, deep, bench);
    boxed(bench);
    made(bench);
}

#[derive(Clone, Copy)]
struct Row {
    ours: Op,
    tokio: Op,
    otel: Op,
}

/// With a store of its own.
fn in_a_scope(bench: &mut Bench) -> Row {
    bench.row("poll of a scope", Live(1));
    bench.limit("a thread-local pointer set and put back", |m| {
        each_poll(m, Swaps(Counter::default()))
    });
    let ours = bench.ours(|m| {
        with_live(1, &mut |storage| {
            each_poll(m, storage.scope(7, Counter::default()))
        });
    });
    let tokio = bench.op(Who::Tokio, |m| poll_each::<Tokio>(m, 1));
    bench.op(Who::Inherit, |m| poll_each::<Inherit>(m, 1));
    bench.op(Who::Dcontext, |m| poll_each::<Dcontext>(m, 1));
    let otel = bench.op(Who::OpenTelemetry, |m| poll_each::<OpenTelemetry>(m, 1));
    bench.op(Who::Tracing, |m| poll_each::<Tracing>(m, 1));
    bench.op(Who::TracingAlone, |m| poll_each::<TracingAlone>(m, 1));
    bench.op(Who::Fastrace, |m| poll_each::<Fastrace>(m, 1));
    bench.op(Who::Sentry, |m| poll_each::<Sentry>(m, 1));
    bench.why(WHY);
    Row { ours, tokio, otel }
}

const WHY: &str =
    "a poll asks whether the future is done, and afterwards whether something was entered that stays with it";

/// With what is set where it is made: for tokio, whose keys are apart, so many scopes.
fn that_inherits(bench: &mut Bench, live: usize) -> Op {
    bench.row("poll of a future that inherits", Live(live));
    bench.limit("a thread-local pointer set and put back", |m| {
        each_poll(m, Swaps(Counter::default()))
    });
    let ours = bench.ours(move |m| {
        with_live(live, &mut |_| each_poll(m, Counter::default().in_context()));
    });
    if live <= 16 {
        bench.op(Who::Tokio, move |m| {
            with_task_locals(live, Counter::default(), |future| each_poll(m, future))
        });
    }
    bench.op(Who::Inherit, move |m| inherit_each::<Inherit>(m, live));
    bench.op(Who::Dcontext, move |m| inherit_each::<Dcontext>(m, live));
    bench.op(Who::OpenTelemetry, move |m| {
        inherit_each::<OpenTelemetry>(m, live)
    });
    bench.why(WHY);
    ours
}

fn at_a_depth(bench: &mut Bench, depth: usize) -> Op {
    bench.row("poll of a future that inherits", Depth(depth));
    bench.ours(move |m| at_depth(depth, &mut |_| each_poll(m, Counter::default().in_context())))
}

/// Goal 7, for the future with a store of its own and for the one that inherits.
fn overhead(which: &str, row: Row, bare: Op, bench: &mut Bench) {
    let goal = bench.goal(7, format!("poll of {which} / tokio, net"));
    goal.net_ratio(row.ours, row.tokio, bare)
        .prototype(0.23)
        .at_most(0.35);
    let goal = bench.goal(7, format!("poll of {which} / OpenTelemetry, net"));
    goal.net_ratio(row.ours, row.otel, bare)
        .prototype(0.048)
        .at_most(0.08);
    let goal = bench.goal(7, format!("poll of {which}: instructions, net"));
    goal.instructions(row.ours, &[bare]).prototype(16.0).at_most(18.0);
}

/// Goal 8.
fn scaling(live: [Op; 5], deep: [Op; 3], bench: &mut Bench) {
    let goal = bench.goal(8, "poll, 16 live / 1");
    goal.ratio(live[2], live[0]).prototype(1.0).at_most(1.1);
    let goal = bench.goal(8, "poll: instructions at 1, 4, 16, 64, 1000 live, most - least");
    goal.same_instructions(&live);
    let goal = bench.goal(8, "poll: instructions at depth 1, 10, 100, most - least");
    goal.same_instructions(&deep);
}

/// A future whose poll the compiler cannot look into, as most that are worth wrapping.
fn boxed(bench: &mut Bench) {
    fn counter() -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(Counter::default())
    }
    bench.floor(|m| each_poll(m, counter()));
    bench.row("poll of a boxed future that inherits", Live(1));
    bench.limit("a thread-local pointer set and put back", |m| {
        each_poll(m, Swaps(counter()))
    });
    bench.ours(|m| with_live(1, &mut |_| each_poll(m, counter().in_context())));
    bench.op(Who::Tokio, |m| each_poll(m, Tokio::scope(7, counter())));
    bench.op(Who::OpenTelemetry, |m| {
        OpenTelemetry::live(1, &mut || each_poll(m, OpenTelemetry::scope(7, counter())));
    });
}

/// From its making to its end, with one poll between them.
fn made(bench: &mut Bench) {
    bench.floor(|m| m.each(|_| poll_once(black_box(async {}))));
    bench.row("a scope made, polled once, and dropped", Live(1));
    bench.ours(make_each::<Ours>);
    bench.op(Who::Tokio, make_each::<Tokio>);
    bench.op(Who::Inherit, make_each::<Inherit>);
    bench.op(Who::Dcontext, make_each::<Dcontext>);
    bench.op(Who::OpenTelemetry, make_each::<OpenTelemetry>);
    bench.op(Who::Tracing, make_each::<Tracing>);
    bench.op(Who::TracingAlone, make_each::<TracingAlone>);
    bench.op(Who::Fastrace, make_each::<Fastrace>);
    bench.op(Who::Sentry, make_each::<Sentry>);
}

fn poll_each<P: Scopes>(m: &mut Meter, live: usize) {
    P::live(live, &mut || each_poll(m, P::scope(7, Counter::default())));
}

fn inherit_each<P: Scopes>(m: &mut Meter, live: usize) {
    P::live(live, &mut || each_poll(m, P::inherit(Counter::default())));
}

fn make_each<P: Scopes>(m: &mut Meter) {
    P::live(1, &mut || m.each(|i| poll_once(P::scope(i, black_box(async {})))));
}

fn poll_once(future: impl Future<Output = ()>) {
    let mut context = Context::from_waker(Waker::noop());
    assert!(black_box(pin!(future).poll(&mut context)).is_ready());
}

/// The least a context can cost.
struct Swaps<F>(F);

impl<F: Future + Unpin> Future for Swaps<F> {
    type Output = F::Output;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        thread_local! {
            static POINTER: Cell<u64> = const { Cell::new(7) };
        }
        let before = POINTER.replace(1);
        let answer = Pin::new(&mut self.0).poll(context);
        POINTER.set(before);
        answer
    }
}
