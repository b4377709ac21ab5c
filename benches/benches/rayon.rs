//! What does a rayon job cost that runs in its giver's context, beside a bare one? On as many threads, given and ended in the same way.

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Duration;

use rayon::{ThreadPool, ThreadPoolBuilder};
use throughline::rayon::{self as ours, prelude::*};
use throughline_benches::live::with_live;
use throughline_benches::{Bench, Meter, Op, run};

const THREADS: usize = 2;
const JOBS: usize = 1000;
/// Halved until there are as many leaves.
const LEAVES: u64 = 1024;
/// What a job does: some hundred nanoseconds, as little as anybody would make a job of.
const WORK: u64 = 256;

const GOAL: f64 = 1.1;

fn main() -> ExitCode {
    run("rayon", |bench| {
        // Long beside the time it takes to wake a thread.
        bench.batch(Duration::from_millis(10));
        scope(bench);
        join(bench);
        items(bench);
    })
}

fn scope(bench: &mut Bench) {
    for (what, work) in [("empty", 0), ("small", WORK)] {
        let bare = bench.op(format!("scope, 1000 {what} jobs, bare"), move |m| {
            on_pool(m, || {
                rayon::scope(|s| (0..JOBS).for_each(|_| s.spawn(move |_| job(work))))
            })
        });
        let [none, one, many] = [0, 1, 64].map(|live| {
            let name = format!("scope, 1000 {what} jobs, ours, {live} live");
            in_live(bench, live, name, move || {
                ours::scope(|s| (0..JOBS).for_each(|_| s.spawn(move |_| job(work))))
            })
        });
        for (live, op) in [(0, none), (1, one), (64, many)] {
            asked(bench, work, format!("scope's {what} job, {live} live"), op, bare);
        }
    }
}

fn join(bench: &mut Bench) {
    fn bare_tree(leaves: u64, work: u64) {
        if leaves == 1 {
            return job(work);
        }
        rayon::join(|| bare_tree(leaves / 2, work), || bare_tree(leaves / 2, work));
    }
    fn our_tree(leaves: u64, work: u64) {
        if leaves == 1 {
            return job(work);
        }
        ours::join(|| our_tree(leaves / 2, work), || our_tree(leaves / 2, work));
    }
    for (what, work) in [("empty", 0), ("small", WORK)] {
        let bare = bench.op(format!("join, 1024 {what} leaves, bare"), move |m| {
            on_pool(m, || bare_tree(LEAVES, work))
        });
        let [none, one, many] = [0, 1, 64].map(|live| {
            let name = format!("join, 1024 {what} leaves, ours, {live} live");
            in_live(bench, live, name, move || our_tree(LEAVES, work))
        });
        for (live, op) in [(0, none), (1, one), (64, many)] {
            asked(bench, work, format!("join's {what} leaf, {live} live"), op, bare);
        }
    }
}

fn items(bench: &mut Bench) {
    let bare = bench.op("10000 small items, bare", |m| {
        on_pool(m, || (0..10_000_u64).into_par_iter().for_each(|_| job(WORK)))
    });
    let ours = in_live(
        bench,
        1,
        "10000 small items, in_context, 1 live".to_owned(),
        || {
            (0..10_000_u64)
                .into_par_iter()
                .in_context()
                .for_each(|_| job(WORK));
        },
    );
    asked(bench, WORK, "in_context's small item".to_owned(), ours, bare);
}

/// An empty job is all overhead: what is asked of it is nice to have.
fn asked(bench: &mut Bench, work: u64, what: String, ours: Op, bare: Op) {
    let goal = bench.goal(24, format!("{what} / bare"));
    goal.ratio(ours, bare).at_most(GOAL);
    if work == 0 {
        goal.stretch();
    }
}

fn in_live(bench: &mut Bench, live: usize, name: String, op: impl Fn() + Copy + Send + Sync + 'static) -> Op {
    bench.op(name, move |m| {
        let pool = pool();
        with_live(live, &mut |_| {
            pool.in_context().install(|| m.each(|_| op()));
        });
    })
}

fn on_pool(m: &mut Meter, op: impl Fn() + Send + Sync) {
    pool().install(|| m.each(|_| op()));
}

fn pool() -> ThreadPool {
    ThreadPoolBuilder::new().num_threads(THREADS).build().unwrap()
}

fn job(work: u64) {
    let mut x = 1_u64;
    for i in 0..work {
        x = black_box(x.rotate_left(5) ^ i);
    }
}
