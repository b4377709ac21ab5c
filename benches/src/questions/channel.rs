//! What a diagnostics channel costs a library, while nobody listens, and when somebody does.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use throughline::channel::{Channel, TracingChannel, channel};
use throughline::{AsyncLocalStorage, host, snapshot};

use crate::Under::Plain;
use crate::{Bench, Meter};

type Calls = TracingChannel<u64, u64, ()>;

static UNUSED: Channel<u64> = Channel::new("bench.unused");
static UNTRACED: Calls = TracingChannel::new("bench.untraced");
static FLAG: AtomicBool = AtomicBool::new(false);
static STORE: AsyncLocalStorage<u64> = AsyncLocalStorage::new();

pub(super) fn define(bench: &mut Bench) {
    bench.floor(|m| m.each(|i| _ = black_box(&i)));
    unused(bench);
    subscribers(bench);
    stores(bench);
}

/// Everything while nobody listens, beside what has to be asked at least.
fn unused(bench: &mut Bench) {
    type Measure = fn(&mut Meter);
    let rows: [(&str, Measure, f64); 3] = [
        // Two loads and the address of one, where the flag takes one.
        ("publish", |m| listened(m, |m| publish_each(m, &UNUSED)), 7.0),
        (
            "run_stores",
            |m| listened(m, |m| run_stores_each(m, &UNUSED)),
            7.0,
        ),
        // It makes an answer, too.
        ("trace_sync", |m| listened(m, |m| trace_each(m, &UNTRACED)), 10.0),
    ];
    for (what, measure, at_most) in rows {
        bench.row(format!("{what}, unused"), Plain);
        let flag = bench.limit("a call if a flag is set, which is not", |m| {
            m.each(|i| call_if(black_box(&i)))
        });
        let ours = bench.ours(measure);
        let goal = bench.own_goal(format!("{what}, unused: instructions over a flag"));
        goal.instructions(ours, &[flag]).at_most(at_most);
    }
}

/// Somebody listens to something, and it shall make no difference to who is not listened to.
fn listened(m: &mut Meter, f: fn(&mut Meter)) {
    let other = channel::<u64>("bench.used");
    let _subscription = other.subscribe(|_| ());
    f(m);
}

#[inline(always)]
fn call_if(message: &u64) {
    if FLAG.load(Ordering::Relaxed) {
        call(message);
    }
}

#[cold]
#[inline(never)]
fn call(message: &u64) {
    black_box(message);
}

/// As many subscribers as boxed closures.
fn subscribers(bench: &mut Bench) {
    for n in [1, 4] {
        bench.row(format!("publish to {n}"), Plain);
        let limit = bench.limit("as many boxed closures", move |m| call_each(m, n));
        let ours = bench.ours(move |m| {
            let channel = channel::<u64>("bench.subscribers");
            let _subscriptions: Vec<_> = (0..n).map(|_| channel.subscribe(counter())).collect();
            publish_each(m, &channel);
        });
        let goal = bench.own_goal(format!("publish to {n} / {n} boxed closures"));
        goal.ratio(ours, limit).at_most(if n == 1 { 5.0 } else { 3.0 });
    }
}

/// One store, beside the plain storage.
fn stores(bench: &mut Bench) {
    bench.row("run_stores, 1 store", Plain);
    let plain = bench.limit("AsyncLocalStorage::run", |m| {
        m.each(|i| STORE.run(i, || black_box(())))
    });
    let ours = bench.ours(|m| {
        let channel = channel::<u64>("bench.stores");
        channel.bind_store(&STORE, |n| *n);
        run_stores_each(m, &channel);
    });
    let goal = bench.own_goal("run_stores, 1 store / AsyncLocalStorage::run");
    goal.ratio(ours, plain).at_most(12.0);
    bench.row("host::frame_with, then Snapshot::run", Plain);
    bench.ours(|m| m.each(|i| host::frame_with(&snapshot(), &STORE, i).run(|| black_box(()))));
    bench.row("trace_sync, 1 subscriber, 1 store", Plain);
    bench.ours(|m| {
        let calls = Calls::new("bench.traced");
        calls.start().bind_store(&STORE, |trace| *trace.context());
        let _subscription = calls.end().subscribe(|trace| _ = black_box(trace.result()));
        trace_each(m, &calls);
    });
}

/// What hears on several threads has to share what it changes: one atomic is the least.
fn counter() -> impl Fn(&u64) + Send + Sync + 'static {
    let count = Arc::new(AtomicU64::new(0));
    move |n| _ = count.fetch_add(*n, Ordering::Relaxed)
}

// Not inlined: the optimiser shall not know which channel it is.
#[inline(never)]
fn publish_each(m: &mut Meter, channel: &Channel<u64>) {
    m.each(|i| channel.publish(black_box(&i)));
}

#[inline(never)]
fn run_stores_each(m: &mut Meter, channel: &Channel<u64>) {
    m.each(|i| channel.run_stores(black_box(&i), || black_box(())));
}

#[inline(never)]
fn trace_each(m: &mut Meter, calls: &Calls) {
    m.each(|i| _ = black_box(calls.trace_sync(i, || Ok(i))));
}

fn call_each(m: &mut Meter, n: usize) {
    type Callback = Box<dyn Fn(&u64) + Send + Sync>;
    let callbacks: Vec<Callback> = (0..n).map(|_| Box::new(counter()) as Callback).collect();
    m.each(|i| {
        for callback in black_box(&callbacks) {
            callback(&i);
        }
    });
}
