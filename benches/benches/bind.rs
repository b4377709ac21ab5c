//! Goal 14: what does it cost to bind a closure to the current frame, and to call it?

use std::hint::black_box;
use std::process::ExitCode;

use opentelemetry::Context;
use throughline::Bind;
use throughline_benches::live::with_live;
use throughline_benches::peers::otel;
use throughline_benches::{Bench, Meter, run};

/// Boxed, because a closure that is worth binding is kept somewhere.
type Callback = Box<dyn Fn(u64) -> u64>;

fn main() -> ExitCode {
    run("bind", |bench| {
        bind_and_call(bench);
        call(bench);
    })
}

fn plain(y: u64) -> Callback {
    Box::new(move |x: u64| x + y)
}

fn bound(y: u64) -> Callback {
    Box::new((move |x: u64| x + y).bind())
}

/// The same by hand on OpenTelemetry, which has nothing for closures.
fn otel_bound(y: u64) -> Callback {
    let context = Context::current();
    Box::new(move |x: u64| {
        let _attached = context.clone().attach();
        x + y
    })
}

fn bind_and_call(bench: &mut Bench) {
    let limit = bench.op("plain closure: box and call", |m| make_each(m, plain));
    let otel = bench.op("otel closure: capture, box and call, 1 live", |m| {
        let _attached = otel(1).attach();
        make_each(m, otel_bound);
    });
    let ours = bench.op("bound closure: bind, box and call, 1 live", |m| {
        with_live(1, &mut |_| make_each(m, bound));
    });
    bench
        .goal(14, "bind and call / otel")
        .ratio(ours, otel)
        .prototype(0.48)
        .at_most(0.6);
    bench
        .goal(14, "bind and call / plain")
        .ratio(ours, limit)
        .prototype(1.19)
        .at_most(1.35);
}

fn call(bench: &mut Bench) {
    let limit = bench.op("plain closure: call", |m| call_each(m, &plain(1)));
    let otel = bench.op("otel closure: call, 1 live", |m| {
        let _attached = otel(1).attach();
        call_each(m, &otel_bound(1));
    });
    let ours = bench.op("bound closure: call, 1 live", |m| {
        with_live(1, &mut |_| call_each(m, &bound(1)));
    });
    bench
        .goal(14, "call alone / otel")
        .ratio(ours, otel)
        .prototype(0.084)
        .at_most(0.12);
    bench
        .goal(14, "call alone / plain")
        .ratio(ours, limit)
        .prototype(1.2)
        .at_most(1.35);
}

fn make_each(m: &mut Meter, make: impl Fn(u64) -> Callback) {
    m.each(|i| _ = black_box(black_box(make(i))(1)));
}

fn call_each(m: &mut Meter, callback: &Callback) {
    m.each(|i| _ = black_box(black_box(callback)(i)));
}
