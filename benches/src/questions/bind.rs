//! Binding a closure, and calling what was bound (goal 14).

use std::hint::black_box;

use throughline::Bind as _;

use crate::Under::Live;
use crate::live::with_live;
use crate::peers::{Captures, Dcontext, OpenTelemetry, Peer as _, Sentry};
use crate::{Bench, Meter, Who};

/// Boxed, because a closure that is worth binding is kept somewhere.
type Callback = Box<dyn Fn(u64) -> u64>;

pub(super) fn define(bench: &mut Bench) {
    bind_and_call(bench);
    call(bench);
}

fn plain(y: u64) -> Callback {
    Box::new(move |x: u64| x + y)
}

fn bound(y: u64) -> Callback {
    Box::new((move |x: u64| x + y).bind())
}

/// The same by hand on those that have nothing for closures.
fn bound_by<P: Captures>(y: u64) -> Callback {
    let kept = P::capture();
    Box::new(move |x: u64| P::enter(&kept, || x + y))
}

fn bind_and_call(bench: &mut Bench) {
    bench.row("bind, box and call", Live(1));
    let limit = bench.limit("a plain closure boxed and called", |m| make_each(m, plain));
    let ours = bench.ours(|m| with_live(1, &mut |_| make_each(m, bound)));
    bench.op(Who::Dcontext, |m| {
        Dcontext::live(1, &mut || make_each(m, bound_by::<Dcontext>))
    });
    let otel = bench.op(Who::OpenTelemetry, |m| {
        OpenTelemetry::live(1, &mut || make_each(m, bound_by::<OpenTelemetry>));
    });
    bench.op(Who::Sentry, |m| {
        Sentry::live(1, &mut || make_each(m, bound_by::<Sentry>))
    });
    bench.why("what is captured is counted, and given back: two locked instructions");
    let goal = bench.goal(14, "bind and call / OpenTelemetry");
    goal.ratio(ours, otel).prototype(0.48).at_most(0.6);
    let goal = bench.goal(14, "bind and call / plain");
    goal.ratio(ours, limit).prototype(1.19).at_most(1.35);
}

fn call(bench: &mut Bench) {
    bench.row("call what is bound", Live(1));
    let limit = bench.limit("a plain boxed closure called", |m| call_each(m, &plain(1)));
    let ours = bench.ours(|m| with_live(1, &mut |_| call_each(m, &bound(1))));
    bench.op(Who::Dcontext, |m| {
        Dcontext::live(1, &mut || call_each(m, &bound_by::<Dcontext>(1)))
    });
    let otel = bench.op(Who::OpenTelemetry, |m| {
        OpenTelemetry::live(1, &mut || call_each(m, &bound_by::<OpenTelemetry>(1)));
    });
    bench.op(Who::Sentry, |m| {
        Sentry::live(1, &mut || call_each(m, &bound_by::<Sentry>(1)))
    });
    let goal = bench.goal(14, "call alone / OpenTelemetry");
    goal.ratio(ours, otel).prototype(0.084).at_most(0.12);
    let goal = bench.goal(14, "call alone / plain");
    goal.ratio(ours, limit).prototype(1.2).at_most(1.35);
}

fn make_each(m: &mut Meter, make: impl Fn(u64) -> Callback) {
    m.each(|i| _ = black_box(black_box(make(i))(1)));
}

fn call_each(m: &mut Meter, callback: &Callback) {
    m.each(|i| _ = black_box(black_box(callback)(i)));
}
