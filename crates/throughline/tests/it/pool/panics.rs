//! Panics in tasks, callbacks and destructors: who hears of them, and that the worker lives on.

use futures::executor::block_on;
use throughline::pool::CloseMode;

use super::support::{Held, ID, kind, pool, results};
use crate::support::reports::reports_of;

struct PanicsOnDrop(&'static str);

impl Drop for PanicsOnDrop {
    fn drop(&mut self) {
        panic!("{}", self.0);
    }
}

/// WP-3.
#[test]
fn error_of_a_panicking_task_carries_what_it_panicked_with() {
    let pool = pool(1, 8);
    let error = block_on(pool.run(|| std::panic::panic_any(7_u32))).unwrap_err();
    assert!(error.is_panic() && !error.is_cancelled() && !error.is_full());
    assert_eq!(error.to_string(), "task panicked");
    assert_eq!(error.into_panic().downcast_ref(), Some(&7_u32));

    let (table, message) = ("users", "task panicked: no table users");
    let error = block_on(pool.run(move || -> u32 { panic!("no table {table}") })).unwrap_err();
    assert_eq!(error.to_string(), message);
    assert_eq!(format!("{error:?}"), format!("TaskError({message})"));

    pool.close(CloseMode::Drain);
    let cancelled = block_on(pool.run(|| ()))
        .unwrap_err()
        .try_into_panic()
        .unwrap_err();
    assert!(cancelled.is_cancelled());
    assert_eq!(
        cancelled.to_string(),
        "task cancelled: the pool was closed before it ran"
    );
}

#[test]
fn panicking_callback_is_reported_and_the_worker_lives_on() {
    let reports = reports_of(|| {
        let pool = pool(1, 8);
        let (send, receive) = results();
        pool.run_task(|| (), |_| panic!("callback")).unwrap();
        ID.run(1, || pool.run_task(|| (), move |_| send(ID.get_store())).unwrap());
        assert_eq!(receive.recv().unwrap(), Some(1));
        pool.close(CloseMode::Drain);
    });
    assert_eq!(reports, ["panic in the callback of a pool's task: callback"]);
}

#[test]
fn panic_that_nobody_awaits_any_more_is_reported() {
    let reports = reports_of(|| {
        let pool = pool(1, 8);
        let (begun, begins) = results();
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let mut task = pool.run(move || {
            begun(());
            wait.recv().unwrap();
            panic!("unheard");
        });
        assert!(
            std::sync::Arc::<super::support::Wakes>::default()
                .poll(&mut task)
                .is_pending()
        );
        begins.recv().unwrap();
        drop(task);
        go.send(()).unwrap();
        pool.close(CloseMode::Drain);
    });
    assert_eq!(reports, ["panic in a pool's task that nobody awaits: unheard"]);
}

#[test]
fn panicking_destructors_of_what_is_cancelled_cost_nobody_else() {
    let (send, receive) = results();
    let reports = reports_of(|| {
        let pool = pool(1, 8);
        let held = Held::by(&pool);
        for id in 0..3 {
            let (owned, send) = (PanicsOnDrop("destructor"), send.clone());
            let task = move || drop(owned);
            let callback = move |result: Result<(), _>| send((kind(&result), ID.get_store()));
            ID.run(id, || pool.run_task(task, callback).unwrap());
        }
        pool.begin_close(CloseMode::Cancel);
        held.let_go();
        pool.close(CloseMode::Cancel);
    });
    assert_eq!(
        receive.try_iter().collect::<Vec<_>>(),
        [0, 1, 2].map(|id| ("cancelled", Some(id)))
    );
    assert_eq!(
        reports,
        ["panic in the destructor of a cancelled task: destructor"; 3]
    );
}

#[test]
fn panic_whose_payload_panics_when_it_is_dropped_ends_no_worker() {
    let (send, receive) = results();
    reports_of(|| {
        let pool = pool(1, 8);
        pool.run_task(
            || std::panic::panic_any(PanicsOnDrop("payload of a task")),
            drop::<Result<(), _>>,
        )
        .unwrap();
        pool.run_task(
            || (),
            |_| std::panic::panic_any(PanicsOnDrop("payload of a callback")),
        )
        .unwrap();
        pool.run_task(|| 1, move |result| send(result.unwrap())).unwrap();
        assert!(pool.close(CloseMode::Drain));
    });
    assert_eq!(receive.try_recv(), Ok(1));
}

#[test]
fn task_that_panics_while_the_pool_drains_delays_nobody() {
    let pool = pool(2, 100);
    let (send, receive) = results();
    for id in 0..100 {
        let send = send.clone();
        let task = move || assert!(id % 2 == 0, "odd");
        ID.run(id, || {
            pool.run_task(task, move |result| send((ID.get_store().unwrap(), kind(&result))))
                .unwrap()
        });
    }
    assert!(pool.close(CloseMode::Drain));
    let mut ends: Vec<_> = receive.try_iter().collect();
    ends.sort_unstable();
    assert_eq!(
        ends,
        Vec::from_iter((0..100).map(|id| (id, if id % 2 == 0 { "done" } else { "panicked" })))
    );
}
