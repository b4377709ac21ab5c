//! Back-pressure: what is accepted, who waits, and what comes back.

use std::sync::mpsc;
use std::thread;

use throughline::pool::CloseMode;

use super::support::{Drops, Held, ID, pool, results};

#[test]
fn as_many_tasks_are_accepted_as_there_are_threads_and_places_in_the_queue() {
    let pool = pool(2, 3);
    let held = [Held::by(&pool), Held::by(&pool)];
    for _ in 0..3 {
        pool.try_run_task(|| (), |_| ()).unwrap();
    }
    assert!(pool.try_run_task(|| (), |_| ()).unwrap_err().is_full());
    drop(held);
}

#[test]
fn those_that_run_and_those_that_wait_are_counted_until_they_have_ended() {
    let pool = pool(1, 2);
    assert_eq!(pool.tasks(), 0);
    let held = Held::by(&pool);
    let (send, receive) = results();
    for _ in 0..2 {
        let send = send.clone();
        pool.run_task(|| (), move |_| send(())).unwrap();
    }
    assert!(pool.try_run_task(|| (), |_| ()).unwrap_err().is_full());
    assert_eq!(pool.tasks(), 3);
    held.let_go();
    drop(send);
    assert_eq!(receive.iter().count(), 2);
    assert!(pool.close(CloseMode::Drain));
    assert_eq!(pool.tasks(), 0);
}

#[test]
fn without_a_queue_a_task_is_accepted_when_a_thread_is_free() {
    let pool = pool(1, 0);
    let (send, receive) = results();
    let held = Held::by(&pool);
    assert!(pool.try_run_task(|| (), |_| ()).unwrap_err().is_full());
    held.let_go();
    pool.run_task(|| (), move |_| send(())).unwrap();
    receive.recv().unwrap();
}

#[test]
fn refused_submission_gives_back_task_and_callback_untouched() {
    let pool = pool(1, 0);
    let drops = Drops::default();
    let (task, callback) = (drops.counted(), drops.counted());
    let held = Held::by(&pool);
    let refused = ID.run(1, || {
        pool.try_run_task(move || drop(task), move |_| drop(callback))
            .unwrap_err()
    });
    assert!(refused.is_full() && !refused.is_closed());
    assert!(
        refused
            .to_string()
            .starts_with("no room for another task in the pool")
    );
    let (task, callback) = refused.into_inner();
    assert_eq!(drops.seen(), []);
    held.let_go();
    // A second chance, in another context.
    ID.run(2, || pool.run_task(task, callback).unwrap());
    pool.close(CloseMode::Drain);
    assert_eq!(drops.seen(), [Some(2), Some(2)]);
}

#[test]
fn closed_pool_refuses_and_says_so() {
    let pool = pool(1, 8);
    pool.close(CloseMode::Drain);
    let waiting = pool.run_task(|| 1, |_| ()).unwrap_err();
    assert!(waiting.is_closed() && !waiting.is_full());
    assert_eq!(waiting.to_string(), "the pool is closed");
    assert!(pool.try_run_task(|| 1, |_| ()).unwrap_err().is_closed());
    let (task, _) = waiting.into_inner();
    assert_eq!(task(), 1);
}

/// Ten submit at once where two are accepted: each end of a task lets one more in, and nobody is forgotten.
#[test]
fn who_waits_for_room_is_let_in_one_by_one() {
    let pool = pool(1, 1);
    let (go, wait) = mpsc::channel::<()>();
    let wait = std::sync::Arc::new(std::sync::Mutex::new(wait));
    let (accepted, accepts) = mpsc::channel();
    let (done, ends) = mpsc::channel();
    thread::scope(|scope| {
        for id in 0..10 {
            let (pool, wait, accepted, done) = (&pool, wait.clone(), accepted.clone(), done.clone());
            scope.spawn(move || {
                ID.run(id, || {
                    let task = move || wait.lock().unwrap().recv().unwrap();
                    pool.run_task(task, move |_| done.send(ID.get_store()).unwrap())
                        .unwrap();
                });
                accepted.send(()).unwrap();
            });
        }
        for _ in 0..2 {
            accepts.recv().unwrap();
        }
        for left in (0..10).rev() {
            assert_eq!(
                accepts.try_recv().ok(),
                None,
                "there is no room for more than two"
            );
            go.send(()).unwrap();
            if left >= 2 {
                accepts.recv().unwrap();
            }
        }
    });
    let mut seen: Vec<_> = ends.iter().take(10).map(Option::unwrap).collect();
    seen.sort_unstable();
    assert_eq!(seen, Vec::from_iter(0..10));
}

#[test]
fn closing_refuses_who_waits_for_room() {
    let pool = pool(1, 0);
    let held = Held::by(&pool);
    thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            pool.run_task(|| (), |_| ())
                .map_err(|refused| refused.is_closed())
        });
        pool.begin_close(CloseMode::Drain);
        assert_eq!(waiting.join().unwrap(), Err(true));
    });
    held.let_go();
}

/// WP-1: a task's place is free when its callback has returned, and not before.
#[test]
fn place_is_free_when_the_callback_has_returned() {
    let pool = pool(1, 0);
    let (begun, begins) = mpsc::channel();
    let (go, wait) = mpsc::channel::<()>();
    let callback = move |_| {
        begun.send(()).unwrap();
        wait.recv().unwrap();
    };
    pool.run_task(|| (), callback).unwrap();
    begins.recv().unwrap();
    assert!(pool.try_run_task(|| (), |_| ()).unwrap_err().is_full());
    go.send(()).unwrap();
    pool.run_task(|| (), |_| ()).unwrap();
}

#[test]
fn pool_that_cannot_be_is_an_error() {
    use std::io::ErrorKind::InvalidInput;
    use throughline::WorkerPool;
    let none = WorkerPool::builder().threads(0).build().unwrap_err();
    assert_eq!(
        (none.kind(), none.to_string().as_str()),
        (InvalidInput, "a pool needs a thread at least")
    );
    let nul = WorkerPool::builder().name("a\0b").build().unwrap_err();
    assert_eq!(nul.kind(), InvalidInput);
    let nameless = WorkerPool::builder().task_type("").build().unwrap_err();
    assert_eq!(nameless.kind(), InvalidInput);
    assert!(WorkerPool::builder().threads(1).queue(usize::MAX).build().is_ok());
}
