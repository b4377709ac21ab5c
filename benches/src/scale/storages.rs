//! Storages that are all set at once.

use std::hint::black_box;
use std::thread;
use std::time::Duration;

use throughline::{run_with, snapshot};

use super::{Figure, grown, thousands, timed};
use crate::live::Storage;

pub(super) fn measure(n: usize) -> Vec<Figure> {
    // Eight to a scope, and the scopes nest.
    let deep = thread::Builder::new().stack_size(256 << 20);
    deep.spawn(move || in_all(n)).unwrap().join().unwrap()
}

fn in_all(n: usize) -> Vec<Figure> {
    let storages: Vec<Storage> = (0..n.next_multiple_of(8) + 1).map(|_| Storage::new()).collect();
    let (last, others) = storages.split_last().unwrap();
    let mut figures = Vec::new();
    nest(others, &mut || figures = with_live(last, n));
    figures
}

fn nest(storages: &[Storage], f: &mut dyn FnMut()) {
    match storages {
        [a, b, c, d, e, g, h, i, rest @ ..] => {
            let stores = ((a, 1), (b, 1), (c, 1), (d, 1), (e, 1), (g, 1), (h, 1), (i, 1));
            run_with(stores, || nest(rest, f));
        }
        _ => f(),
    }
}

fn with_live(storage: &Storage, n: usize) -> Vec<Figure> {
    const TIMES: usize = 100_000;
    const KEPT: usize = 100;
    let of = |what: &str| Figure::new(format!("{} storages set: {what}", thousands(n)), "Throughline");
    let run = each(TIMES / 10, || storage.run(7, || black_box(())));
    let (read, captured) = storage.run(7, || {
        let read = each(TIMES, || _ = black_box(storage.get_store()));
        (read, each(TIMES, || drop(black_box(snapshot()))))
    });
    let (kept, bytes) = grown(|| (0..KEPT).map(|_| storage.run(7, snapshot)).collect::<Vec<_>>());
    drop(kept);
    vec![
        of("a read").nanoseconds(read, TIMES),
        of("a run").nanoseconds(run, TIMES / 10),
        of("a capture").nanoseconds(captured, TIMES),
        of("a kept frame").bytes(bytes, KEPT),
    ]
}

fn each(times: usize, mut op: impl FnMut()) -> Duration {
    timed(|| (0..times).for_each(|_| op())).1
}
