//! Whose context a task and its callback run in.

use std::sync::mpsc;
use std::thread;

use throughline::pool::{CloseMode, TaskError};
use throughline::{AsyncLocalStorage, HandOver, WorkerPool, in_boundary, snapshot};

use crate::support::node::assert_same_as_node;

use super::support::{Drops, Held, ID, kind, pool, results};

/// One worker, so that three of four have to wait: Node's sample shows those the context of whatever ran before.
#[test]
fn wp_2_a_task_that_waited_and_its_callback_see_their_submitters_store() {
    let pool = pool(1, 8);
    let held = Held::by(&pool);
    let (send, receive) = results();
    for id in 0..4 {
        let send = send.clone();
        let callback = move |in_task: Result<_, _>| send((in_task.unwrap(), ID.get_store()));
        ID.run(id, || pool.run_task(|| ID.get_store(), callback).unwrap());
    }
    held.let_go();
    for id in 0..4 {
        assert_eq!(receive.recv().unwrap(), (Some(id), Some(id)));
    }
}

/// Node's documented sample beside ours, with one worker, four submitters and one task that fails.
#[test]
fn wp_2_nodes_own_sample_loses_the_store_of_those_who_waited_where_ours_does_not() {
    let pool = pool(1, 8);
    let held = Held::by(&pool);
    let (send, receive) = results();
    for id in 1..=4 {
        let send = send.clone();
        let task = move || {
            assert!(id != 3, "task failed");
            id + 10
        };
        let callback = move |sum: Result<u64, TaskError>| {
            let sum = sum.map_or_else(|error| error.to_string(), |sum| sum.to_string());
            let store = ID.get_store().map_or("undefined".to_owned(), |id| id.to_string());
            send(format!("task {id}: {sum}, store {store}"));
        };
        ID.run(id, || pool.run_task(task, callback).unwrap());
    }
    held.let_go();
    let ours: Vec<String> = receive.iter().take(4).collect();
    let expected = [
        "11, store 1",
        "12, store 2",
        "task panicked: task failed, store 3",
        "14, store 4",
    ];
    let expected = expected
        .iter()
        .zip(1..)
        .map(|(end, id)| format!("task {id}: {end}"));
    assert_eq!(ours, Vec::from_iter(expected));
    // The first one found the worker free; Node forgets whose the others are.
    let theirs = [
        "11, store 1",
        "12, store undefined",
        "task failed, store undefined",
        "14, store undefined",
    ];
    let theirs: Vec<_> = theirs
        .iter()
        .zip(1..)
        .map(|(end, id)| format!("task {id}: {end}"))
        .collect();
    assert_same_as_node("pool/sample.js", &theirs);
}

#[test]
fn wp_2_a_callback_submits_the_next_task_in_its_own_context() {
    let pool = pool(1, 8);
    let (send, receive) = results();
    let again = pool.clone();
    let callback = move |_| {
        again
            .run_task(|| ID.get_store(), move |seen| send(seen.unwrap()))
            .unwrap()
    };
    ID.run(7, || pool.run_task(|| (), callback).unwrap());
    assert_eq!(receive.recv().unwrap(), Some(7));
}

#[test]
fn context_is_that_of_the_submission_whatever_is_set_later() {
    let pool = pool(1, 8);
    let held = Held::by(&pool);
    let (send, receive) = results();
    ID.run(1, || {
        pool.run_task(|| ID.get_store(), move |seen| send(seen.unwrap()))
            .unwrap();
        ID.enter_with(2);
    });
    held.let_go();
    assert_eq!(receive.recv().unwrap(), Some(1));
}

#[test]
fn task_without_a_context_sees_nothing_not_that_of_the_task_before() {
    let pool = pool(1, 8);
    let (send, receive) = results();
    ID.run(1, || pool.run_task(|| (), |_| ()).unwrap());
    let empty = || (ID.get_store(), snapshot().is_empty());
    pool.run_task(empty, move |seen| send((seen.unwrap(), empty())))
        .unwrap();
    assert_eq!(receive.recv().unwrap(), ((None, true), (None, true)));
}

/// A storage says what crosses where it is declared; the pool says of which kind its hand-over is.
#[test]
fn submission_is_the_kind_of_hand_over_that_the_builder_says() {
    static OF_THE_TASK: AsyncLocalStorage<u64> = AsyncLocalStorage::new();
    let as_job = WorkerPool::builder()
        .threads(1)
        .hand_over(HandOver::Job)
        .build()
        .unwrap();
    for (pool, expected) in [(pool(1, 8), Some(1)), (as_job, None)] {
        let (send, receive) = results();
        let here = || OF_THE_TASK.get_store();
        OF_THE_TASK.run(1, || {
            pool.run_task(here, move |seen| send((seen.unwrap(), here())))
                .unwrap()
        });
        assert_eq!(receive.recv().unwrap(), (expected, expected));
    }
}

/// Threads are started by `build`, and begin with nothing, wherever that is.
#[test]
fn pool_built_in_a_context_gives_it_to_nobody() {
    let pool = ID.run(1, || pool(1, 8));
    let (send, receive) = results();
    pool.run_task(|| ID.get_store(), move |seen| send(seen.unwrap()))
        .unwrap();
    assert_eq!(receive.recv().unwrap(), None);
}

/// RES-8: each scope begins with what was captured.
#[test]
fn what_a_task_enters_is_seen_by_neither_its_callback_nor_the_next_task() {
    let pool = pool(1, 8);
    let (send, receive) = results();
    let next = send.clone();
    ID.run(1, || {
        let callback = move |_| {
            send(ID.get_store());
            ID.enter_with(3);
        };
        pool.run_task(|| ID.enter_with(2), callback).unwrap();
    });
    pool.run_task(|| ID.get_store(), move |seen| next(seen.unwrap()))
        .unwrap();
    assert_eq!(receive.recv().unwrap(), Some(1));
    assert_eq!(receive.recv().unwrap(), None);
}

#[test]
fn tasks_and_callbacks_run_in_a_boundary_on_the_same_named_thread() {
    let pool = WorkerPool::builder().threads(1).name("sums").build().unwrap();
    let (send, receive) = results();
    let here = || (thread::current().name().map(str::to_owned), in_boundary());
    pool.run_task(here, move |there| send((there.unwrap(), here())))
        .unwrap();
    let expected = (Some("sums-0".to_owned()), true);
    assert_eq!(receive.recv().unwrap(), (expected.clone(), expected));
}

/// Law 4.
#[test]
fn what_a_task_and_its_callback_own_is_dropped_in_their_context() {
    let pool = pool(1, 8);
    let drops = Drops::default();
    let (in_task, in_callback, result) = (drops.counted(), drops.counted(), drops.counted());
    ID.run(1, || {
        let task = move || {
            drop(in_task);
            result
        };
        let callback = move |result: Result<_, _>| {
            let _owned = (in_callback, result);
        };
        pool.run_task(task, callback).unwrap();
    });
    pool.close(CloseMode::Drain);
    assert_eq!(drops.seen(), [Some(1); 3]);
}

/// Law 6.
#[test]
fn closed_pool_keeps_no_store() {
    static STORE: throughline::AsyncLocalStorage<super::support::Counted> =
        throughline::AsyncLocalStorage::new();
    for mode in [CloseMode::Drain, CloseMode::Cancel] {
        let pool = pool(2, 100);
        let drops = Drops::default();
        let held = [Held::by(&pool), Held::by(&pool)];
        for _ in 0..50 {
            STORE.run(drops.counted(), || {
                pool.run_task(|| (), |_| ()).unwrap();
                drop(pool.run(|| ()));
            });
        }
        assert_eq!(drops.seen(), [], "{mode:?}: they wait, each with its store");
        pool.begin_close(mode);
        drop(held);
        assert!(pool.close(mode));
        assert_eq!(drops.seen().len(), 50, "{mode:?}");
    }
}

/// WP-3: the submitter hears of the panic, in its own context.
#[test]
fn wp_3_a_panicking_task_gives_its_submitter_the_error_and_the_worker_lives_on() {
    let pool = pool(1, 8);
    let (send, receive) = mpsc::channel();
    let after = send.clone();
    ID.run(1, || {
        let callback = move |result: Result<(), _>| {
            send.send((kind(&result), ID.get_store(), thread::current().id()))
                .unwrap()
        };
        pool.run_task(|| panic!("no such table"), callback).unwrap();
    });
    ID.run(2, || {
        let callback = move |result: Result<(), _>| {
            after
                .send((kind(&result), ID.get_store(), thread::current().id()))
                .unwrap()
        };
        pool.run_task(|| (), callback).unwrap();
    });
    let first = receive.recv().unwrap();
    let second = receive.recv().unwrap();
    assert_eq!((first.0, first.1), ("panicked", Some(1)));
    assert_eq!((second.0, second.1), ("done", Some(2)));
    assert_eq!(first.2, second.2, "the same thread");
}
