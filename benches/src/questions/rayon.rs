//! rayon's jobs, in their giver's context and without: on as many threads, given and ended in the same way.

use std::hint::black_box;
use std::time::Duration;

use rayon::{ThreadPool, ThreadPoolBuilder};
use throughline::rayon::{self as ours, prelude::*};

use crate::Under::Live;
use crate::live::with_live;
use crate::{Bench, Meter, Op};

const THREADS: usize = 2;
const JOBS: usize = 1000;
/// Halved until there are as many leaves.
const LEAVES: usize = 1024;
const ITEMS: usize = 10_000;
/// What a job does: some hundred nanoseconds, as little as anybody would make a job of.
const WORK: u64 = 256;

const GOAL: f64 = 1.1;

pub(super) fn define(bench: &mut Bench) {
    // Long beside the time it takes to wake a thread.
    bench.batch(Duration::from_millis(10));
    scope(bench);
    join(bench);
    items(bench);
    one_thread(bench);
}

fn scope(bench: &mut Bench) {
    for (size, work) in [("empty", 0), ("small", WORK)] {
        for live in [0, 1, 64] {
            bench.row(format!("scope, {size} job"), Live(live));
            let bare = bench.limit("a bare job of rayon's", move |m| {
                on_pool(m, || {
                    rayon::scope(|s| (0..JOBS).for_each(|_| s.spawn(move |_| job(work))))
                })
            });
            each_of(JOBS, bench);
            let ours = in_live(bench, live, move || {
                ours::scope(|s| (0..JOBS).for_each(|_| s.spawn(move |_| job(work))))
            });
            each_of(JOBS, bench);
            asked(
                bench,
                work,
                format!("scope's {size} job, {live} live"),
                ours,
                bare,
            );
        }
    }
}

fn join(bench: &mut Bench) {
    fn bare_tree(leaves: usize, work: u64) {
        if leaves == 1 {
            return job(work);
        }
        rayon::join(|| bare_tree(leaves / 2, work), || bare_tree(leaves / 2, work));
    }
    fn our_tree(leaves: usize, work: u64) {
        if leaves == 1 {
            return job(work);
        }
        ours::join(|| our_tree(leaves / 2, work), || our_tree(leaves / 2, work));
    }
    for (size, work) in [("empty", 0), ("small", WORK)] {
        for live in [0, 1, 64] {
            bench.row(format!("join, {size} leaf"), Live(live));
            let bare = bench.limit("a bare leaf of rayon's", move |m| {
                on_pool(m, || bare_tree(LEAVES, work))
            });
            each_of(LEAVES, bench);
            let ours = in_live(bench, live, move || our_tree(LEAVES, work));
            each_of(LEAVES, bench);
            asked(
                bench,
                work,
                format!("join's {size} leaf, {live} live"),
                ours,
                bare,
            );
        }
    }
}

fn items(bench: &mut Bench) {
    bench.row("a small item of a parallel iterator", Live(1));
    let bare = bench.limit("a bare item of rayon's", |m| {
        on_pool(m, || (0..ITEMS).into_par_iter().for_each(|_| job(WORK)))
    });
    each_of(ITEMS, bench);
    let ours = in_live(bench, 1, || {
        (0..ITEMS).into_par_iter().in_context().for_each(|_| job(WORK));
    });
    each_of(ITEMS, bench);
    asked(bench, WORK, "in_context's small item".to_owned(), ours, bare);
}

/// Which runs all jobs in turn, so that they can be counted.
fn one_thread(bench: &mut Bench) {
    const JOBS: usize = 100;
    let pool = || ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    bench.floor(move |m| {
        pool().install(|| {
            m.each(|_| rayon::scope(|s| (0..JOBS).for_each(|_| s.spawn(|_| job(WORK)))));
        });
    });
    for live in [0, 1, 64] {
        bench.row("scope, small job, on one thread", Live(live));
        bench.ours(move |m| {
            let pool = pool();
            with_live(live, &mut |_| {
                pool.in_context().install(|| {
                    m.each(|_| ours::scope(|s| (0..JOBS).for_each(|_| s.spawn(|_| job(WORK)))));
                });
            });
        });
        bench.each_does(JOBS);
    }
    let halves = || job(WORK);
    bench.floor(move |m| {
        pool().install(|| m.each(|_| (0..JOBS).for_each(|_| _ = rayon::join(halves, halves))));
    });
    for live in [0, 1, 64] {
        bench.row("join of two small halves, on one thread", Live(live));
        bench.ours(move |m| {
            let pool = pool();
            with_live(live, &mut |_| {
                pool.in_context()
                    .install(|| m.each(|_| (0..JOBS).for_each(|_| _ = ours::join(halves, halves))));
            });
        });
        bench.each_does(JOBS);
    }
    bench.no_floor();
}

/// Of the last operation, which several threads do.
fn each_of(things: usize, bench: &mut Bench) {
    bench.each_does(things);
    bench.uncounted();
}

/// An empty job is all overhead: what is asked of it is nice to have.
fn asked(bench: &mut Bench, work: u64, what: String, ours: Op, bare: Op) {
    let goal = bench.own_goal(format!("{what} / bare"));
    goal.ratio(ours, bare).at_most(GOAL);
    if work == 0 {
        goal.nice();
    }
}

fn in_live(bench: &mut Bench, live: usize, op: impl Fn() + Copy + Send + Sync + 'static) -> Op {
    bench.ours(move |m| {
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
