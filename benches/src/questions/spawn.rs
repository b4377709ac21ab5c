//! Tasks and blocking calls that inherit (goals 9 and 10).

use std::hint::black_box;
use std::pin::{Pin, pin};
use std::task::{Context, Waker};
use std::time::Duration;

use throughline::FutureContextExt as _;
use throughline::tokio::{spawn, task::spawn_blocking};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

use crate::Under::{Live, Plain};
use crate::live::with_live;
use crate::peers::{
    Dcontext, Fastrace, Inherit, OpenTelemetry, Peer as _, Scopes, Sentry, Tokio, Tracing, TracingAlone,
};
use crate::{Bench, Meter, Op, Who};

/// In one `block_on`, whose own cost is so spread.
const TASKS: usize = 100;

pub(super) fn define(bench: &mut Bench) {
    bench.batch(Duration::from_millis(2));
    // Each is a hundred tasks.
    bench.repeated(10);
    for live in [1, 4, 16, 64] {
        let bare = inherits(bench, live);
        fresh(bench, live, bare);
    }
    blocking(bench);
    futures(bench);
}

/// What a task does: is woken once.
async fn task() {
    black_box(());
}

fn inherits(bench: &mut Bench, live: usize) -> Op {
    bench.row("spawn a task that inherits", Live(live));
    let bare = bench.limit("a bare spawn", |m| spawns(m, || tokio::spawn(task())));
    bench.each_does(TASKS);
    let ours = bench.ours(move |m| with_live(live, &mut |_| spawns(m, || spawn(task()))));
    bench.each_does(TASKS);
    by::<Inherit>(bench, live);
    by::<Dcontext>(bench, live);
    by::<OpenTelemetry>(bench, live);
    if live == 1 {
        by::<Tokio>(bench, 1);
        by::<Tracing>(bench, 1);
        by::<TracingAlone>(bench, 1);
        by::<Fastrace>(bench, 1);
        by::<Sentry>(bench, 1);
    }
    bench.why(
        "what is captured is counted, and given back; each poll enters it; the task has a word more to move",
    );
    if [1, 64].contains(&live) {
        let goal = bench.goal(9, format!("spawn that inherits, {live} live / bare spawn"));
        goal.ratio(ours, bare).prototype(1.02).at_most(1.12);
    }
    if live == 1 {
        let goal = bench.stretch_goal(4, "spawn that inherits / bare spawn");
        goal.ratio(ours, bare).at_most(1.05);
    }
    bare
}

fn by<P: Scopes>(bench: &mut Bench, live: usize) {
    bench.op(P::WHO, move |m| {
        P::live(live, &mut || {
            // tokio's scopes cannot be inherited where nothing is set.
            P::run(7, || spawns(m, || tokio::spawn(P::inherit(task()))));
        });
    });
    bench.each_does(TASKS);
}

fn fresh(bench: &mut Bench, live: usize, bare: Op) {
    bench.row("spawn a task with a store of its own", Live(live));
    bench.limit("a bare spawn", |m| spawns(m, || tokio::spawn(task())));
    bench.each_does(TASKS);
    let ours = bench.ours(move |m| {
        with_live(live, &mut |storage| {
            spawns(m, || tokio::spawn(storage.run(7, || task().in_context())));
        });
    });
    bench.each_does(TASKS);
    bench.op(Who::OpenTelemetry, move |m| {
        OpenTelemetry::live(live, &mut || {
            spawns(m, || tokio::spawn(OpenTelemetry::scope(7, task())))
        });
    });
    bench.each_does(TASKS);
    if live == 1 {
        bench.op(Who::Tokio, |m| {
            spawns(m, || tokio::spawn(Tokio::scope(7, task())))
        });
        bench.each_does(TASKS);
        bench.op(Who::Tracing, |m| {
            Tracing::live(1, &mut || spawns(m, || tokio::spawn(Tracing::scope(7, task()))));
        });
        bench.each_does(TASKS);
    }
    if [1, 64].contains(&live) {
        let goal = bench.goal(10, format!("spawn with a fresh store, {live} live / bare spawn"));
        goal.ratio(ours, bare).prototype(1.18).at_most(1.4);
    }
}

/// What of a spawn is ours alone: of a whole one half is `malloc`'s, whose share depends on what was freed before.
fn futures(bench: &mut Bench) {
    bench.floor(|m| m.each(|_| poll(task())));
    for live in [1, 64] {
        bench.row("a task's future that inherits: made, polled, dropped", Live(live));
        bench.ours(move |m| with_live(live, &mut |_| m.each(|_| poll(task().in_context()))));
        bench.row(
            "a task's future with a store of its own: made, polled, dropped",
            Live(live),
        );
        bench.ours(move |m| {
            with_live(live, &mut |storage| {
                m.each(|_| poll(storage.run(7, || task().in_context())));
            });
        });
    }
    bench.no_floor();
}

/// As an executor does it, which does not know what it polls.
fn poll(future: impl Future<Output = ()>) {
    let mut future = pin!(future);
    let future: Pin<&mut dyn Future<Output = ()>> = black_box(future.as_mut());
    assert!(future.poll(&mut Context::from_waker(Waker::noop())).is_ready());
}

/// Waking another thread is most of it.
fn blocking(bench: &mut Bench) {
    bench.no_floor();
    bench.row("spawn_blocking", Plain);
    let bare = bench.limit("a bare spawn_blocking", |m| {
        spawns(m, || tokio::task::spawn_blocking(|| black_box(())))
    });
    bench.each_does(TASKS);
    bench.uncounted();
    let ours = bench.ours(|m| with_live(1, &mut |_| spawns(m, || spawn_blocking(|| black_box(())))));
    bench.each_does(TASKS);
    bench.uncounted();
    let goal = bench.own_goal("spawn_blocking / a bare one");
    goal.ratio(ours, bare).at_most(1.12);
}

fn spawns(m: &mut Meter, one: impl Fn() -> JoinHandle<()>) {
    let runtime: Runtime = Builder::new_current_thread().build().unwrap();
    m.each(|_| {
        runtime.block_on(async {
            for _ in 0..TASKS {
                one().await.unwrap();
            }
        });
    });
}
