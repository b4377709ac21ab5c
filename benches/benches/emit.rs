//! Goal 22: what does it cost to call the listeners of an event, beyond calling as many boxed closures?

use std::hint::black_box;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use throughline::{Event, EventEmitter, EventEmitterAsyncResource};
use throughline_benches::live::with_live;
use throughline_benches::{Bench, Meter, run};

const TICK: Event<u64> = Event::new("tick");
const OTHER: Event<u64> = Event::new("other");
const LISTENERS: u64 = 4;

fn main() -> ExitCode {
    run("emit", |bench| {
        counting(bench);
        idle(bench);
        unheard(bench);
    })
}

/// Who listens, and may be called from several threads, has to share what it changes: one atomic is the least.
fn counting(bench: &mut Bench) {
    let limit = bench.op("4 boxed closures that count", |m| call_each(m, counter));
    let empty = bench.op("emit to 4 that count, nothing set", |m| emit_each(m, counter));
    let ours = bench.op("emit to 4 that count, 1 live", |m| {
        with_live(1, &mut |_| emit_each(m, counter));
    });
    let resource = bench.op("the same by an EventEmitterAsyncResource", |m| {
        with_live(1, &mut |_| {
            let emitter = EventEmitterAsyncResource::new("EMITTER");
            emit_by(m, &emitter, counter);
        });
    });
    let goals = [("emit, nothing set", empty), ("emit, 1 live", ours)];
    for (what, ours) in goals {
        bench
            .goal(22, format!("{what} / 4 closures that count"))
            .ratio(ours, limit)
            .at_most(2.0);
    }
    // What the listeners do themselves is taken off.
    bench
        .goal(22, "emit, 1 live: instructions over 4 closures")
        .instructions(ours, &[limit])
        .at_most(250.0);
    bench
        .goal(22, "emit by a resource, 1 live / emit, 1 live")
        .ratio(resource, ours)
        .at_most(2.0)
        .stretch();
}

/// Nothing but the calls themselves.
fn idle(bench: &mut Bench) {
    let limit = bench.op("4 boxed closures that do nothing", |m| call_each(m, idler));
    let empty = bench.op("emit to 4 that do nothing, nothing set", |m| emit_each(m, idler));
    let ours = bench.op("emit to 4 that do nothing, 1 live", |m| {
        with_live(1, &mut |_| emit_each(m, idler));
    });
    for (what, ours) in [("emit, nothing set", empty), ("emit, 1 live", ours)] {
        bench
            .goal(22, format!("{what} / 4 closures that do nothing"))
            .ratio(ours, limit)
            .at_most(2.0)
            .stretch();
    }
}

fn unheard(bench: &mut Bench) {
    let limit = bench.op("an atomic load", |m| {
        let word = AtomicU64::new(7);
        m.each(|_| _ = black_box(black_box(&word).load(Ordering::Acquire)));
    });
    let nobody = bench.op("emit, nobody listens", |m| {
        let emitter = EventEmitter::new();
        m.each(|i| _ = black_box(black_box(&emitter).emit(&TICK, black_box(&i))));
    });
    let elsewhere = bench.op("emit, who listens does so for another event", |m| {
        let emitter = EventEmitter::new();
        emitter.on(&OTHER, |_| {});
        m.each(|i| _ = black_box(black_box(&emitter).emit(&TICK, black_box(&i))));
    });
    bench
        .goal(22, "emit, nobody listens: instructions over a load")
        .instructions(nobody, &[limit])
        .at_most(15.0);
    for (what, ours) in [
        ("nobody listens", nobody),
        ("listeners of another event", elsewhere),
    ] {
        bench
            .goal(22, format!("emit, {what} / an atomic load"))
            .ratio(ours, limit)
            .at_most(4.0)
            .stretch();
    }
}

fn counter() -> impl Fn(&u64) + Send + Sync + 'static {
    let sum = Arc::new(AtomicU64::new(0));
    move |amount: &u64| _ = sum.fetch_add(*amount, Ordering::Relaxed)
}

fn idler() -> impl Fn(&u64) + Send + Sync + 'static {
    let offset = black_box(1);
    move |amount: &u64| _ = black_box(*amount + offset)
}

type Listener = Box<dyn Fn(&u64) + Send + Sync>;

fn call_each<L: Fn(&u64) + Send + Sync + 'static>(m: &mut Meter, listener: fn() -> L) {
    let listeners: Vec<Listener> = (0..LISTENERS).map(|_| Box::new(listener()) as Listener).collect();
    m.each(|i| {
        for listener in black_box(&listeners) {
            listener(black_box(&i));
        }
    });
}

fn emit_each<L: Fn(&u64) + Send + Sync + 'static>(m: &mut Meter, listener: fn() -> L) {
    emit_by(m, &EventEmitter::new(), listener);
}

fn emit_by<L: Fn(&u64) + Send + Sync + 'static>(m: &mut Meter, emitter: &EventEmitter, listener: fn() -> L) {
    for _ in 0..LISTENERS {
        emitter.on(&TICK, listener());
    }
    m.each(|i| _ = black_box(black_box(emitter).emit(&TICK, black_box(&i))));
}
