//! One frame that many tasks have captured, and that two threads let go of at once.

use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use throughline::{Snapshot, snapshot};

use super::{Figure, thousands};
use crate::peers::{Ours, Peer as _};

pub(super) fn measure(n: usize) -> Vec<Figure> {
    let frame = || Ours::run(7, snapshot);
    let arc = Arc::new(7_u64);
    let of = |threads: &str| {
        format!(
            "a context captured {} times: one let go of by {threads}",
            thousands(n)
        )
    };
    vec![
        let_go(n, 1, of("one thread"), "Throughline", frame()),
        let_go(n, 2, of("two threads at once"), "Throughline", frame()),
        let_go(n, 1, of("one thread"), "an `Arc`", arc.clone()),
        let_go(n, 2, of("two threads at once"), "an `Arc`", arc),
        let_go(n, 1, of("one thread"), "Throughline, leaked", leaked(frame())),
        let_go(
            n,
            2,
            of("two threads at once"),
            "Throughline, leaked",
            leaked(frame()),
        ),
    ]
}

fn leaked(frame: Snapshot) -> Snapshot {
    frame.leak()
}

/// The slower thread's time for each of its own.
fn let_go<T: Clone + Send>(n: usize, threads: usize, what: String, by: &str, shared: T) -> Figure {
    let each = n / threads;
    let start = Barrier::new(threads);
    let took = thread::scope(|scope| {
        let all: Vec<_> = (0..threads)
            .map(|_| {
                let captured: Vec<T> = vec![shared.clone(); each];
                let start = &start;
                scope.spawn(move || {
                    start.wait();
                    let started = Instant::now();
                    drop(captured);
                    started.elapsed()
                })
            })
            .collect();
        all.into_iter().map(|thread| thread.join().unwrap()).max()
    });
    Figure::new(what, by).nanoseconds(took.unwrap_or(Duration::ZERO), each)
}
