//! What a hand-over leaves behind is counted by the line that handed over, not by one of ours.

use std::panic::Location;
use throughline::audit::{self, Missed};
use throughline::{AsyncLocalStorage, Propagation, prelude::*, thread};

/// It never comes along.
static STAYS: AsyncLocalStorage<u64> = AsyncLocalStorage::new()
    .named("stays")
    .expected()
    .propagation(Propagation::nowhere());

fn read() {
    assert_eq!(STAYS.get_store(), None);
}

/// All in one test: they share the summary.
#[test]
fn each_hand_over_is_counted_by_its_callers_line() {
    STAYS.run(1, || {
        at(|| thread::spawn(read).join().unwrap());
        at(|| thread::spawn_detached(read).join().unwrap());
        let builder = thread::Builder::new;
        at(|| builder().spawn(read).unwrap().join().unwrap());
        at(|| builder().spawn_detached(read).unwrap().join().unwrap());
        thread::scope(|s| {
            at(|| s.spawn(read).join().unwrap());
            at(|| builder().spawn_scoped(s, read).unwrap().join().unwrap());
        });
        at(|| read.bind_once()());
        at(|| futures::executor::block_on(async { read() }.in_context()));
        at(|| futures::executor::block_on(async { read() }.in_resource("Task")));
        at(|| throughline::AsyncResource::new("Task").run_in_async_scope(read));
        #[cfg(feature = "rayon")]
        rayons();
        #[cfg(feature = "pool")]
        pools();
        #[cfg(feature = "tokio")]
        tokios();
    });
}

#[cfg(feature = "rayon")]
fn rayons() {
    use std::sync::mpsc::channel;
    use throughline::rayon::{self, prelude::*};
    at(|| rayon::join(read, || ()));
    at(|| rayon::join_context(|_| read(), |_| ()));
    at(|| rayon::scope(|_| read()));
    at(|| rayon::scope_fifo(|_| read()));
    at(|| rayon::in_place_scope(|_| read()));
    at(|| rayon::in_place_scope_fifo(|_| read()));
    at(|| rayon::broadcast(|_| read()));
    at(|| {
        rayon::ThreadPoolBuilder::new()
            .num_threads(1)
            .build()
            .unwrap()
            .in_context()
            .install(read)
    });
    at(|| (0..1).into_par_iter().in_context().for_each(|_| read()));
    // What is spawned tells when it has read.
    let reads = || {
        let (done, wait) = channel();
        let job = move || {
            read();
            // Where it runs on each thread, only the first is waited for.
            let _ = done.send(());
        };
        (job, wait)
    };
    let (job, wait) = reads();
    at(|| (rayon::spawn(job), wait.recv().unwrap()));
    let (job, wait) = reads();
    at(|| (rayon::spawn_fifo(job), wait.recv().unwrap()));
    let (job, wait) = reads();
    at(|| (rayon::spawn_broadcast(move |_| job()), wait.recv().unwrap()));
    // Inside of a scope the store is set again, which did not come along.
    rayon::scope(|s| {
        STAYS.run(2, || {
            let (job, wait) = reads();
            at(|| (s.spawn(move |_| job()), wait.recv().unwrap()));
            let (job, wait) = reads();
            at(|| (s.spawn_broadcast(move |_, _| job()), wait.recv().unwrap()));
        });
    });
    rayon::scope_fifo(|s| {
        STAYS.run(2, || {
            let (job, wait) = reads();
            at(|| (s.spawn_fifo(move |_| job()), wait.recv().unwrap()));
        });
    });
}

#[cfg(feature = "pool")]
fn pools() {
    let pool = throughline::WorkerPool::builder().threads(1).build().unwrap();
    at(|| futures::executor::block_on(pool.run(read)).unwrap());
    let (done, wait) = std::sync::mpsc::channel();
    let again = done.clone();
    at(|| {
        (
            pool.run_task(read, move |_| done.send(()).unwrap()).unwrap(),
            wait.recv().unwrap(),
        )
    });
    at(|| {
        (
            pool.try_run_task(read, move |_| again.send(()).unwrap()).unwrap(),
            wait.recv().unwrap(),
        )
    });
}

#[cfg(feature = "tokio")]
fn tokios() {
    use crate::tokio::ways::{self, Ground};
    let on = Ground::new(1);
    for way in ways::tasks().into_iter().chain(ways::detached()) {
        let work = Box::pin(async { read() });
        by_ways(way.name, || {
            on.block_on(STAYS.scope(1, async { (way.spawn)(&on, work).join().await.unwrap() }));
        });
    }
    for way in ways::blocking() {
        let job = Box::new(read);
        by_ways(way.name, || {
            on.block_on(STAYS.scope(1, async { (way.spawn)(&on, job).join().await.unwrap() }));
        });
    }
    at(|| throughline::tokio::tag(()).run(|()| read()));
}

/// The way is one line in `ways.rs`.
#[cfg(feature = "tokio")]
fn by_ways(name: &str, hand_over: impl FnOnce()) {
    let missed = missed_by(hand_over);
    let file = missed.spawned_at().file();
    assert!(file.ends_with("ways.rs"), "{name}: {missed}");
}

/// `hand_over` hands over in the lines in which this is called: in few, however they are laid out.
#[track_caller]
fn at<R>(hand_over: impl FnOnce() -> R) {
    let here = Location::caller();
    let missed = missed_by(|| drop(hand_over()));
    let place = missed.spawned_at();
    let lines = here.line()..here.line() + 9;
    assert!(
        place.file() == here.file() && lines.contains(&place.line()),
        "{here}: {missed}"
    );
}

/// What is missed while it runs, at a place where nothing was before.
fn missed_by(f: impl FnOnce()) -> Missed {
    let summary = || {
        let all = audit::summary().into_iter();
        all.filter(|missed| missed.storage() == "stays")
            .collect::<Vec<_>>()
    };
    let before = summary();
    f();
    let is_known = |missed: &Missed| before.iter().any(|it| it.spawned_at() == missed.spawned_at());
    let mut new = summary().into_iter().filter(|missed| !is_known(missed));
    let missed = new.next().expect("something is missed");
    assert_eq!(new.next(), None, "and at one place");
    missed
}
