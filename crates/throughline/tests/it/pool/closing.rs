//! Closing: drain, cancel, from anywhere, twice, by dropping.

use std::cell::OnceCell;
use std::sync::{Arc, Barrier, mpsc};
use std::thread;

use futures::executor::block_on;
use throughline::WorkerPool;
use throughline::pool::CloseMode;

use super::support::{Drops, Held, ID, Log, kind, pool, results};

type End = (u64, &'static str);

/// Two that run and four that wait; what became of each.
fn ends_when_closed(pool: &WorkerPool, close: impl FnOnce(&WorkerPool, [Held; 2])) -> Vec<End> {
    let (send, receive) = results();
    let held = [Held::by(pool), Held::by(pool)];
    for id in 0..4 {
        let send = send.clone();
        let callback = move |result: Result<(), _>| send((ID.get_store().unwrap(), kind(&result)));
        ID.run(id, || pool.run_task(|| (), callback).unwrap());
    }
    close(pool, held);
    drop(send);
    let mut ends: Vec<_> = receive.iter().collect();
    ends.sort_unstable();
    ends
}

fn close_with(mode: CloseMode) -> impl FnOnce(&WorkerPool, [Held; 2]) {
    move |pool, held| {
        pool.begin_close(mode);
        drop(held);
        assert!(pool.close(mode));
    }
}

fn all(end: &'static str) -> Vec<End> {
    Vec::from_iter((0..4).map(|id| (id, end)))
}

#[test]
fn draining_runs_what_waits() {
    assert_eq!(
        ends_when_closed(&pool(2, 8), close_with(CloseMode::Drain)),
        all("done")
    );
}

#[test]
fn cancelling_tells_each_submitter_in_its_own_context() {
    assert_eq!(
        ends_when_closed(&pool(2, 8), close_with(CloseMode::Cancel)),
        all("cancelled")
    );
}

#[test]
fn drain_may_turn_into_a_cancel_and_not_back() {
    let twice = |first, second| {
        move |pool: &WorkerPool, held| {
            pool.begin_close(first);
            close_with(second)(pool, held);
        }
    };
    let (drain, cancel) = (CloseMode::Drain, CloseMode::Cancel);
    assert_eq!(
        ends_when_closed(&pool(2, 8), twice(drain, cancel)),
        all("cancelled")
    );
    assert_eq!(
        ends_when_closed(&pool(2, 8), twice(cancel, drain)),
        all("cancelled")
    );
}

/// Law 4.
#[test]
fn cancelled_tasks_are_dropped_in_their_context_before_their_callback() {
    let pool = pool(1, 8);
    let held = Held::by(&pool);
    let drops = Drops::default();
    let (in_task, in_callback) = (drops.counted(), drops.counted());
    let (send, receive) = results();
    let seen = drops.clone();
    let callback = move |_| {
        send(seen.seen());
        drop(in_callback);
    };
    ID.run(1, || pool.run_task(move || drop(in_task), callback).unwrap());
    pool.begin_close(CloseMode::Cancel);
    held.let_go();
    pool.close(CloseMode::Cancel);
    assert_eq!(receive.recv().unwrap(), [Some(1)]);
    assert_eq!(drops.seen(), [Some(1), Some(1)]);
}

/// A thread-local's destructor is the last thing a thread does.
#[test]
fn no_thread_is_left_after_close() {
    struct TellsEnd(mpsc::Sender<()>, Arc<Barrier>, Log<&'static str>);
    impl Drop for TellsEnd {
        fn drop(&mut self) {
            self.0.send(()).unwrap();
            self.1.wait();
            self.2.push("thread ended");
        }
    }
    thread_local! {
        static LAST: OnceCell<TellsEnd> = const { OnceCell::new() };
    }
    let pool = pool(3, 8);
    let (send, ends) = mpsc::channel();
    let (log, together, go_on) = (
        Log::default(),
        Arc::new(Barrier::new(3)),
        Arc::new(Barrier::new(4)),
    );
    for _ in 0..3 {
        let last = TellsEnd(send.clone(), go_on.clone(), log.clone());
        let together = together.clone();
        let task = move || {
            together.wait();
            LAST.with(|here| assert!(here.set(last).is_ok()));
        };
        pool.run_task(task, |result| result.unwrap()).unwrap();
    }
    thread::scope(|scope| {
        scope.spawn(|| {
            assert!(pool.close(CloseMode::Drain));
            log.push("closed");
        });
        ends.iter().take(3).for_each(drop);
        // All threads are in their last destructor. A close that does not wait for that has time to be the first.
        (0..1000).for_each(|_| thread::yield_now());
        go_on.wait();
    });
    assert_eq!(
        log.take(),
        ["thread ended", "thread ended", "thread ended", "closed"]
    );
}

#[test]
fn closing_twice_and_from_several_threads_is_fine() {
    let pool = pool(2, 8);
    let held = Held::by(&pool);
    thread::scope(|scope| {
        let closers = [(); 3].map(|()| scope.spawn(|| pool.close(CloseMode::Drain)));
        held.let_go();
        assert_eq!(closers.map(|closer| closer.join().unwrap()), [true; 3]);
    });
    assert!(pool.close(CloseMode::Cancel));
    assert!(pool.is_closed());
}

#[test]
fn closed_is_awaited_from_async_code() {
    let pool = pool(2, 8);
    let held = Held::by(&pool);
    let (send, receive) = results();
    pool.run_task(|| (), move |_| send(())).unwrap();
    let closed = pool.closed();
    pool.begin_close(CloseMode::Drain);
    held.let_go();
    block_on(closed);
    assert_eq!(receive.try_recv(), Ok(()));
}

#[test]
fn dropping_the_last_handle_drains_without_waiting() {
    let pool = pool(1, 8);
    let held = Held::by(&pool);
    let closed = pool.closed();
    let (send, receive) = results();
    for id in 0..3 {
        let send = send.clone();
        ID.run(id, || {
            pool.run_task(|| (), move |result| send((ID.get_store(), kind(&result))))
                .unwrap()
        });
    }
    let other = pool.clone();
    drop(pool);
    assert!(!other.is_closed());
    drop(other);
    held.let_go();
    block_on(closed);
    assert_eq!(
        receive.try_iter().collect::<Vec<_>>(),
        [0, 1, 2].map(|id| (Some(id), "done"))
    );
}

#[test]
fn idle_pool_closes() {
    for mode in [CloseMode::Drain, CloseMode::Cancel] {
        let pool = pool(4, 0);
        assert!(pool.close(mode));
        assert_eq!(
            format!("{pool:?}"),
            "WorkerPool { threads: 4, tasks: 0, closed: true, .. }"
        );
    }
}
