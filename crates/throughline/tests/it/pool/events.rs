//! What a pool tells of itself: freed workers, and panics that nobody else can be told of.

use std::sync::mpsc;
use std::thread;

use throughline::events::ERROR;
use throughline::pool::{CloseMode, UnheardPanic, WORKER_FREED, WorkerFreed};
use throughline::{execution_async_id, in_boundary, snapshot};

use super::support::{Drops, Held, ID, Log, pool, results};
use crate::support::reports::reports_of;

/// WP-1.
#[test]
fn wp_1_freed_worker_is_told_of_when_its_place_is_free_and_in_no_context() {
    let pool = pool(1, 0);
    let (send, receive) = results();
    let (done, waits) = mpsc::channel();
    let inner = pool.clone();
    pool.events().once(&WORKER_FREED, move |freed: &WorkerFreed| {
        let accepted = ID.run(2, || {
            inner.try_run_task(|| ID.get_store(), move |seen| done.send(seen.unwrap()).unwrap())
        });
        let context = (snapshot().is_empty(), execution_async_id());
        send((
            freed.worker(),
            accepted.is_ok(),
            context,
            thread::current().name().map(str::to_owned),
        ));
    });
    ID.run(1, || pool.run_task(|| (), |_| ()).unwrap());
    let name = Some("worker-0".to_owned());
    assert_eq!(receive.recv().unwrap(), (0, true, (true, None), name));
    assert_eq!(waits.recv().unwrap(), Some(2));
}

/// Whatever its end, a task frees its worker.
#[test]
fn worker_is_freed_by_each_task() {
    let pool = pool(1, 8);
    let freed = Log::default();
    let log = freed.clone();
    pool.events()
        .on(&WORKER_FREED, move |freed| log.push(freed.worker()));
    reports_of(|| {
        pool.run_task(|| panic!("task"), drop::<Result<(), _>>).unwrap();
        pool.run_task(|| (), |_| panic!("callback")).unwrap();
        let held = Held::by(&pool);
        pool.run_task(|| (), |_| ()).unwrap();
        pool.begin_close(CloseMode::Cancel);
        held.let_go();
        pool.close(CloseMode::Cancel);
    });
    assert_eq!(freed.take(), [0; 4]);
}

/// WP-3: what no submitter can be told of is an error of the pool, and told in the context of the task.
#[test]
fn wp_3_a_panic_that_nobody_hears_is_an_error_of_the_pool() {
    let pool = pool(1, 8);
    let (send, receive) = results();
    let (begun, told_id) = results();
    pool.events().on(&ERROR, move |error| {
        let panic = error.downcast_ref::<UnheardPanic>().unwrap();
        let message = panic.message().map(str::to_owned);
        send((
            message,
            panic.task().async_id(),
            execution_async_id(),
            ID.get_store(),
            error.to_string(),
        ));
    });
    let task = move || begun(execution_async_id().unwrap());
    let reports = reports_of(|| {
        ID.run(1, || pool.run_task(task, |_| panic!("at fault")).unwrap());
        pool.close(CloseMode::Drain);
    });
    assert_eq!(reports, [""; 0]);
    let id = told_id.recv().unwrap();
    let (message, of, current, store, text) = receive.recv().unwrap();
    assert_eq!(message.as_deref(), Some("at fault"));
    assert_eq!((of, current, store), (id, Some(id), Some(1)));
    assert!(
        text.starts_with("panic in the callback of a pool's task WorkerPoolTask("),
        "{text}"
    );
    assert!(text.ends_with("): at fault"), "{text}");
}

#[test]
fn panicking_listeners_are_reported_and_the_worker_lives_on() {
    let (send, receive) = results();
    let reports = reports_of(|| {
        let pool = pool(1, 8);
        pool.events().on(&ERROR, |_| panic!("error listener"));
        pool.events().once(&WORKER_FREED, |_| panic!("freed listener"));
        pool.run_task(|| (), |_| panic!("callback")).unwrap();
        pool.run_task(in_boundary, move |seen| send(seen.unwrap()))
            .unwrap();
        pool.close(CloseMode::Drain);
    });
    assert_eq!(receive.try_recv(), Ok(true));
    let expected = [
        "panic in a listener of the errors of a pool: error listener",
        "panic in a listener of workerFreed: freed listener",
    ];
    assert_eq!(reports, expected);
}

/// The emitter is the pool's as long as somebody has a handle of it.
#[test]
fn listeners_go_with_the_pool() {
    let drops = Drops::default();
    let owned = drops.counted();
    let pool = pool(1, 8);
    pool.events().on(&WORKER_FREED, move |_| _ = &owned);
    pool.close(CloseMode::Drain);
    assert_eq!(drops.seen(), []);
    drop(pool);
    assert_eq!(drops.seen(), [None]);
}
