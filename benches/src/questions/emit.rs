//! What it costs to call the listeners of an event, beyond calling as many boxed closures.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use throughline::{Event, EventEmitter, EventEmitterAsyncResource};

use crate::Under::{Live, Plain};
use crate::live::with_live;
use crate::{Bench, Meter, Op};

const TICK: Event<u64> = Event::new("tick");
const OTHER: Event<u64> = Event::new("other");
const LISTENERS: u64 = 4;

pub(super) fn define(bench: &mut Bench) {
    bench.floor(|m| m.each(|i| _ = black_box(i)));
    counting(bench);
    idle(bench);
    unheard(bench);
}

/// Who listens, and may be called from several threads, has to share what it changes: one atomic is the least.
fn counting(bench: &mut Bench) {
    let [[limit, empty], [_, ours]] = [0, 1].map(|live| {
        bench.row("emit to 4 that count", Live(live));
        let limit = bench.limit("4 boxed closures that count", |m| call_each(m, counter));
        let ours = bench.ours(move |m| with_live(live, &mut |_| emit_each(m, counter)));
        bench.why("the listeners are found by name; each is entered, and may take itself away meanwhile");
        [limit, ours]
    });
    bench.row("the same by an EventEmitterAsyncResource", Live(1));
    let resource = bench.ours(|m| {
        with_live(1, &mut |_| {
            let emitter = EventEmitterAsyncResource::new("EMITTER");
            emit_by(m, &emitter, counter);
        });
    });
    for (what, ours) in [("emit, nothing set", empty), ("emit, 1 live", ours)] {
        let goal = bench.own_goal(format!("{what} / 4 closures that count"));
        goal.ratio(ours, limit).at_most(2.0);
    }
    // What the listeners do themselves is taken off.
    let goal = bench.own_goal("emit, 1 live: instructions over 4 closures");
    goal.instructions(ours, &[limit]).at_most(250.0);
    let goal = bench.own_goal("emit by a resource, 1 live / emit, 1 live");
    goal.ratio(resource, ours).at_most(2.0).nice();
}

/// Nothing but the calls themselves.
fn idle(bench: &mut Bench) {
    let rows: [[Op; 2]; 2] = [0, 1].map(|live| {
        bench.row("emit to 4 that do nothing", Live(live));
        let limit = bench.limit("4 boxed closures that do nothing", |m| call_each(m, idler));
        let ours = bench.ours(move |m| with_live(live, &mut |_| emit_each(m, idler)));
        [limit, ours]
    });
    for (what, [limit, ours]) in ["emit, nothing set", "emit, 1 live"].into_iter().zip(rows) {
        let goal = bench.own_goal(format!("{what} / 4 closures that do nothing"));
        goal.ratio(ours, limit).at_most(2.0).nice();
    }
}

fn unheard(bench: &mut Bench) {
    bench.row("emit, nobody listens", Plain);
    let limit = bench.limit("an atomic load", atomic_load);
    let nobody = bench.ours(|m| {
        let emitter = EventEmitter::new();
        m.each(|i| _ = black_box(black_box(&emitter).emit(&TICK, black_box(&i))));
    });
    bench.row("emit, who listens does so for another event", Plain);
    bench.limit("an atomic load", atomic_load);
    let elsewhere = bench.ours(|m| {
        let emitter = EventEmitter::new();
        emitter.on(&OTHER, |_| {});
        m.each(|i| _ = black_box(black_box(&emitter).emit(&TICK, black_box(&i))));
    });
    let goal = bench.own_goal("emit, nobody listens: instructions over a load");
    goal.instructions(nobody, &[limit]).at_most(15.0);
    for (what, ours) in [
        ("nobody listens", nobody),
        ("listeners of another event", elsewhere),
    ] {
        let goal = bench.own_goal(format!("emit, {what} / an atomic load"));
        goal.ratio(ours, limit).at_most(4.0).nice();
    }
}

fn atomic_load(m: &mut Meter) {
    let word = AtomicU64::new(7);
    m.each(|_| _ = black_box(black_box(&word).load(Ordering::Acquire)));
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
