//! Goal 20: how many empty jobs does the worker pool move, beside rayon's `spawn` on as many threads?

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, Thread};
use std::time::Duration;

use futures::executor::block_on;
use futures::future::join_all;
use throughline::WorkerPool;
use throughline_benches::live::with_live;
use throughline_benches::{Bench, Meter, run};

const THREADS: usize = 2;
/// So that the queue has room for all of them.
const FEW: usize = 1000;
/// So that it has not: rayon, which never makes anybody wait, has no such queue.
const MANY: usize = 10_000;

fn main() -> ExitCode {
    run("pool", |bench| {
        // Long beside the time it takes to wake a thread.
        bench.batch(Duration::from_millis(20));
        few(bench);
        many(bench);
    })
}

fn few(bench: &mut Bench) {
    let rayon = bench.op("rayon spawn, 1000 jobs", |m| rayon_spawn(m, FEW));
    let empty = bench.op("run_task, 1000 tasks, nothing set", |m| run_task(m, FEW));
    let ours = bench.op("run_task, 1000 tasks, 1 live", |m| {
        with_live(1, &mut |_| run_task(m, FEW));
    });
    let awaited = bench.op("run, 1000 futures joined, 1 live", |m| {
        with_live(1, &mut |_| run_joined(m, FEW));
    });
    for (what, ours) in [("nothing set", empty), ("1 live", ours)] {
        bench
            .goal(20, format!("run_task, {what} / rayon spawn"))
            .ratio(ours, rayon)
            .at_most(2.0);
    }
    bench
        .goal(20, "run, joined / rayon spawn")
        .ratio(awaited, rayon)
        .at_most(2.0)
        .stretch();
}

fn many(bench: &mut Bench) {
    let rayon = bench.op("rayon spawn, 10000 jobs", |m| rayon_spawn(m, MANY));
    let ours = bench.op("run_task, 10000 tasks, queue of 1024, 1 live", |m| {
        with_live(1, &mut |_| run_task(m, MANY));
    });
    bench
        .goal(20, "run_task, with back-pressure / rayon spawn")
        .ratio(ours, rayon)
        .at_most(2.0)
        .stretch();
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
