//! Many threads at once: no id is ever mixed up, no task lost, no room forgotten.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use futures::executor::block_on;
use throughline::pool::CloseMode;

use super::support::{ID, kind, pool};

const SUBMITTERS: u64 = 8;
const EACH: u64 = 500;

#[test]
fn eight_threads_with_distinct_ids_mix_none() {
    let pool = pool(4, 3);
    let right = Arc::new(AtomicU64::new(0));
    thread::scope(|scope| {
        for submitter in 0..SUBMITTERS {
            let (pool, right) = (&pool, &right);
            scope.spawn(move || {
                for id in (0..EACH).map(|i| submitter * EACH + i) {
                    ID.run(id, || submit(pool, right, id));
                }
            });
        }
    });
    pool.close(CloseMode::Drain);
    assert_eq!(right.load(Ordering::SeqCst), SUBMITTERS * EACH);
}

/// By one form or the other; some tasks panic, some enter another id.
fn submit(pool: &throughline::WorkerPool, right: &Arc<AtomicU64>, id: u64) {
    let task = move || {
        let seen = ID.get_store();
        ID.enter_with(u64::MAX);
        assert!(id % 7 != 0, "every seventh");
        seen
    };
    if id % 3 == 0 {
        let seen = block_on(pool.run(task));
        count_if(right, seen.unwrap_or(Some(id)) == Some(id));
    } else {
        let right = Arc::clone(right);
        let callback = move |seen: Result<_, _>| {
            count_if(
                &right,
                seen.unwrap_or(Some(id)) == Some(id) && ID.get_store() == Some(id),
            );
        };
        pool.run_task(task, callback).unwrap();
    }
}

fn count_if(right: &AtomicU64, is_right: bool) {
    right.fetch_add(u64::from(is_right), Ordering::SeqCst);
}

/// Whatever the moment at which it closes, each task that was accepted ends once, done or cancelled.
#[test]
fn closing_while_threads_submit_loses_no_task() {
    for mode in [CloseMode::Drain, CloseMode::Cancel] {
        for round in 0..50 {
            let pool = pool(2, 2);
            let (accepted, ended) = (AtomicU64::new(0), Arc::new(AtomicU64::new(0)));
            thread::scope(|scope| {
                for _ in 0..3 {
                    scope.spawn(|| {
                        loop {
                            let ended = Arc::clone(&ended);
                            let callback = move |result: Result<(), _>| {
                                count_if(&ended, ["done", "cancelled"].contains(&kind(&result)))
                            };
                            if pool.run_task(|| (), callback).is_err() {
                                break;
                            }
                            accepted.fetch_add(1, Ordering::SeqCst);
                        }
                    });
                }
                while accepted.load(Ordering::SeqCst) < round {
                    thread::yield_now();
                }
                assert!(pool.close(mode));
            });
            assert_eq!(accepted.into_inner(), ended.load(Ordering::SeqCst));
        }
    }
}
