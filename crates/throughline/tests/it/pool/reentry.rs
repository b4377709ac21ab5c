//! The pool used from inside its own tasks and callbacks.

use std::cell::RefCell;

use futures::executor::block_on;
use throughline::WorkerPool;
use throughline::pool::CloseMode;

use super::support::{Held, ID, kind, pool, results};

#[test]
fn closing_in_a_task_or_a_callback_does_not_wait_and_does_not_deadlock() {
    for in_callback in [false, true] {
        let pool = pool(2, 8);
        let (send, receive) = results();
        let inner = pool.clone();
        let close = move || send(inner.close(CloseMode::Drain));
        if in_callback {
            pool.run_task(|| (), move |_| close()).unwrap();
        } else {
            pool.run_task(close, |result| result.unwrap()).unwrap();
        }
        assert_eq!(receive.recv(), Ok(false));
        assert!(pool.close(CloseMode::Drain));
    }
}

#[test]
fn last_handle_may_be_dropped_in_a_task() {
    let pool = pool(1, 8);
    let closed = pool.closed();
    let held = Held::by(&pool);
    let inner = pool.clone();
    pool.run_task(move || drop(inner), |result| result.unwrap())
        .unwrap();
    drop(pool);
    held.let_go();
    block_on(closed);
}

/// All threads wait for room that only they could make: with no error, a deadlock.
#[test]
fn submitting_in_a_task_where_there_is_no_room_is_an_error() {
    let pool = pool(1, 0);
    let (send, receive) = results();
    let inner = pool.clone();
    let task = move || inner.run_task(|| (), |_| ()).unwrap_err().is_full();
    pool.run_task(task, move |full| send(full.unwrap())).unwrap();
    assert_eq!(receive.recv(), Ok(true));

    let (send, receive) = results();
    let inner = pool.clone();
    pool.run_task(move || send(kind(&block_on(inner.run(|| ())))), |_| ())
        .unwrap();
    assert_eq!(receive.recv(), Ok("full"));
}

#[test]
fn thread_of_one_pool_waits_for_room_in_another() {
    let (one, other) = (pool(1, 0), pool(1, 0));
    let held = Held::by(&other);
    let (begun, begins) = results();
    let (send, receive) = results();
    let task = move || {
        begun(());
        other
            .run_task(|| ID.get_store(), move |seen| send(seen.unwrap()))
            .is_ok()
    };
    ID.run(1, || {
        one.run_task(task, |waited| assert!(waited.unwrap())).unwrap()
    });
    begins.recv().unwrap();
    held.let_go();
    assert_eq!(receive.recv(), Ok(Some(1)));
}

#[test]
fn tasks_submit_tasks_each_in_the_context_of_its_own() {
    let pool = pool(2, 100);
    let (send, receive) = results();
    for id in 0..10 {
        let (send, inner) = (send.clone(), pool.clone());
        let outer = move || {
            let send = send.clone();
            ID.run(id + 100, || {
                inner.run_task(
                    || ID.get_store(),
                    move |seen| send((seen.unwrap(), ID.get_store())),
                )
            })
            .map_err(drop)
            .unwrap();
            ID.get_store()
        };
        ID.run(id, || {
            pool.run_task(outer, move |seen| assert_eq!(seen.unwrap(), Some(id)))
                .unwrap()
        });
    }
    let mut seen: Vec<_> = receive.iter().take(10).collect();
    seen.sort_unstable();
    assert_eq!(seen, Vec::from_iter((100..110).map(|id| (Some(id), Some(id)))));
}

#[test]
fn draining_refuses_what_draining_tasks_submit() {
    let pool = pool(1, 8);
    let held = Held::by(&pool);
    let (send, receive) = results();
    let inner = pool.clone();
    let task = move || inner.run_task(|| (), |_| ()).unwrap_err().is_closed();
    pool.run_task(task, move |closed| send(closed.unwrap())).unwrap();
    pool.begin_close(CloseMode::Drain);
    held.let_go();
    assert_eq!(receive.recv(), Ok(true));
}

/// Law 7: a worker that ends is still one of the pool's, so that nobody waits for it to end.
#[test]
fn what_a_worker_keeps_in_a_thread_local_may_use_the_pool_as_the_worker_ends() {
    struct AtExit(WorkerPool, Box<dyn Fn((bool, bool))>);
    impl Drop for AtExit {
        fn drop(&mut self) {
            let Self(pool, tell) = self;
            let refused = pool.run_task(|| (), |_| ()).unwrap_err();
            tell((refused.is_closed(), pool.close(CloseMode::Drain)));
        }
    }
    thread_local! {
        static KEPT: RefCell<Option<AtExit>> = const { RefCell::new(None) };
    }
    let pool = pool(1, 8);
    let (send, receive) = results();
    let inner = pool.clone();
    pool.run_task(
        move || KEPT.set(Some(AtExit(inner, Box::new(send)))),
        |result| result.unwrap(),
    )
    .unwrap();
    assert!(pool.close(CloseMode::Drain));
    assert_eq!(receive.recv(), Ok((true, false)));
}
