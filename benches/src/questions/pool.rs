//! How many empty jobs the worker pool moves.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, Thread};
use std::time::Duration;

use futures::executor::block_on;
use futures::future::join_all;
use throughline::WorkerPool;

use crate::Under::Live;
use crate::live::with_live;
use crate::{Bench, Meter, Who};

const THREADS: usize = 2;
/// So that the queue has room for all of them.
const FEW: usize = 1000;
/// So that it has not: rayon, which never makes anybody wait, has no such queue.
const MANY: usize = 10_000;

pub(super) fn define(bench: &mut Bench) {
    // Long beside the time it takes to wake a thread.
    bench.batch(Duration::from_millis(20));
    few(bench);
    awaited(bench);
    many(bench);
}

fn few(bench: &mut Bench) {
    for live in [0, 1] {
        bench.row("an empty job, of 1000", Live(live));
        let ours = bench.ours(move |m| with_live(live, &mut |_| run_task(m, FEW)));
        bench.each_does(FEW);
        bench.uncounted();
        let rayon = bench.op(Who::Rayon, |m| rayon_spawn(m, FEW));
        bench.each_does(FEW);
        bench.uncounted();
        let goal = bench.own_goal(format!("run_task, {live} live / rayon spawn"));
        goal.ratio(ours, rayon).at_most(2.0);
    }
}

fn awaited(bench: &mut Bench) {
    bench.row("an empty job whose answer is awaited, of 1000", Live(1));
    let ours = bench.ours(|m| with_live(1, &mut |_| run_joined(m, FEW)));
    bench.each_does(FEW);
    bench.uncounted();
    let rayon = bench.op(Who::Rayon, |m| rayon_spawn(m, FEW));
    bench.each_does(FEW);
    bench.uncounted();
    let goal = bench.own_goal("run, joined / rayon spawn");
    goal.ratio(ours, rayon).at_most(2.0).nice();
}

fn many(bench: &mut Bench) {
    bench.row("an empty job, of 10000, with a queue of 1024", Live(1));
    let ours = bench.ours(|m| with_live(1, &mut |_| run_task(m, MANY)));
    bench.each_does(MANY);
    bench.uncounted();
    let rayon = bench.op(Who::Rayon, |m| rayon_spawn(m, MANY));
    bench.each_does(MANY);
    bench.uncounted();
    let goal = bench.own_goal("run_task, with back-pressure / rayon spawn");
    goal.ratio(ours, rayon).at_most(2.0).nice();
}

fn rayon_spawn(m: &mut Meter, jobs: usize) {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(THREADS)
        .build()
        .unwrap();
    m.each(|_| {
        let end = End::of(jobs);
        for _ in 0..jobs {
            let end = Arc::clone(&end);
            pool.spawn(move || end.comes());
        }
        end.wait();
    });
}

fn pool() -> WorkerPool {
    WorkerPool::builder()
        .threads(THREADS)
        .queue(1024)
        .build()
        .unwrap()
}

fn run_task(m: &mut Meter, tasks: usize) {
    let pool = pool();
    m.each(|_| {
        let end = End::of(tasks);
        for _ in 0..tasks {
            let end = Arc::clone(&end);
            pool.run_task(|| (), move |_| end.comes()).unwrap();
        }
        end.wait();
    });
}

fn run_joined(m: &mut Meter, tasks: usize) {
    let pool = pool();
    m.each(|_| drop(block_on(join_all((0..tasks).map(|_| pool.run(|| ()))))));
}

/// Wakes the thread that made it when as many jobs have come to their end.
struct End {
    left: AtomicUsize,
    waiter: Thread,
}

impl End {
    fn of(jobs: usize) -> Arc<Self> {
        Arc::new(End {
            left: AtomicUsize::new(jobs),
            waiter: thread::current(),
        })
    }

    fn comes(&self) {
        if self.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.waiter.unpark();
        }
    }

    fn wait(&self) {
        while self.left.load(Ordering::Acquire) != 0 {
            thread::park();
        }
    }
}
