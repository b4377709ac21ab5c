//! The form that answers a future: pending, ready, woken, cancelled.

use std::sync::Arc;
use std::task::Poll;

use futures::executor::block_on;
use throughline::pool::CloseMode;

use super::support::{Counted, Drops, Held, ID, Wakes, kind, pool, results};

#[test]
fn result_is_awaited_and_the_task_saw_the_context_of_the_call() {
    let pool = pool(1, 8);
    let task = ID.run(1, || pool.run(|| ID.get_store()));
    let seen = block_on(ID.scope(2, async { (task.await.unwrap(), ID.get_store()) }));
    assert_eq!(seen, (Some(1), Some(2)));
}

#[test]
fn waiting_for_room_blocks_nobody_and_is_woken() {
    let pool = pool(1, 0);
    let held = Held::by(&pool);
    let (mut first, mut second) = (pool.run(|| 1), pool.run(|| 2));
    let (wakes, others) = (Arc::<Wakes>::default(), Arc::<Wakes>::default());
    assert!(wakes.poll(&mut first).is_pending());
    assert!(others.poll(&mut second).is_pending());
    assert_eq!((wakes.count(), others.count()), (0, 0));
    held.let_go();
    let both = block_on(async { (first.await.unwrap(), second.await.unwrap()) });
    assert_eq!(both, (1, 2));
}

/// Else the place would stay free until somebody else ends.
#[test]
fn waiter_that_was_told_of_a_place_and_is_dropped_tells_the_next() {
    let pool = pool(1, 0);
    let held = Held::by(&pool);
    let (mut first, mut second) = (pool.run(|| 1), pool.run(|| 2));
    let (wakes, others) = (Arc::<Wakes>::default(), Arc::<Wakes>::default());
    assert!(wakes.poll(&mut first).is_pending());
    assert!(others.poll(&mut second).is_pending());
    held.let_go();
    while wakes.count() == 0 {
        std::thread::yield_now();
    }
    drop(first);
    assert_eq!(others.count(), 1);
    assert_eq!(block_on(second).unwrap(), 2);
}

#[test]
fn place_goes_past_a_waiter_that_was_dropped_before() {
    let pool = pool(1, 0);
    let held = Held::by(&pool);
    let (mut first, mut second) = (pool.run(|| 1), pool.run(|| 2));
    let wakes = Arc::<Wakes>::default();
    assert!(wakes.poll(&mut first).is_pending());
    assert!(wakes.poll(&mut second).is_pending());
    drop(first);
    held.let_go();
    assert_eq!(block_on(second).unwrap(), 2);
}

/// Nobody is overtaken: the first who waits is let in first, and whoever comes later waits behind.
#[test]
fn those_who_wait_are_let_in_in_their_order() {
    let pool = pool(1, 0);
    let (send, receive) = results();
    let held = Held::by(&pool);
    let wakes = Arc::<Wakes>::default();
    let mut waiting: Vec<_> = (0..5)
        .map(|number| {
            let send = send.clone();
            pool.run(move || send(number))
        })
        .collect();
    for task in &mut waiting {
        assert!(wakes.poll(task).is_pending());
    }
    held.let_go();
    // The last one polls first, and often; a place that is left is the first one's all the same.
    let (last, others) = waiting.split_last_mut().unwrap();
    assert!(wakes.poll(last).is_pending());
    others.iter_mut().for_each(|task| block_on(task).unwrap());
    block_on(last).unwrap();
    assert_eq!(receive.try_iter().collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
}

#[test]
fn task_is_submitted_at_the_first_poll() {
    let pool = pool(1, 8);
    let (send, receive) = results();
    let mut task = pool.run(move || send(()));
    pool.run_task(|| (), |_| ()).unwrap();
    assert!(receive.try_recv().is_err());
    let _ = Arc::<Wakes>::default().poll(&mut task);
    receive.recv().unwrap();
}

#[test]
fn polled_after_it_was_ready_it_panics() {
    let pool = pool(1, 8);
    let wakes = Arc::<Wakes>::default();
    let mut task = pool.run(|| 1);
    let result = loop {
        if let Poll::Ready(result) = wakes.poll(&mut task) {
            break result;
        }
        std::thread::yield_now();
    };
    assert_eq!(result.unwrap(), 1);
    let again = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| wakes.poll(&mut task).is_ready()));
    assert!(again.is_err());
}

/// Law 4.
#[test]
fn dropped_before_it_was_accepted_the_task_is_dropped_at_once_in_its_context() {
    let pool = pool(1, 0);
    let held = Held::by(&pool);
    let drops = Drops::default();
    let (unpolled, waiting) = (drops.counted(), drops.counted());
    let unpolled = ID.run(1, || pool.run(move || drop(unpolled)));
    let mut waiting = ID.run(2, || pool.run(move || drop(waiting)));
    assert!(Arc::<Wakes>::default().poll(&mut waiting).is_pending());
    ID.run(3, || {
        drop(unpolled);
        drop(waiting);
    });
    assert_eq!(drops.seen(), [Some(1), Some(2)]);
    held.let_go();
}

/// Law 4.
#[test]
fn dropped_before_it_began_the_task_never_runs_and_is_dropped_in_its_context() {
    let pool = pool(1, 8);
    let held = Held::by(&pool);
    let drops = Drops::default();
    let owned = drops.counted();
    let (send, receive) = results();
    let mut task = ID.run(1, || {
        pool.run(move || {
            send(());
            drop(owned);
        })
    });
    assert!(Arc::<Wakes>::default().poll(&mut task).is_pending());
    drop(task);
    held.let_go();
    pool.close(CloseMode::Drain);
    assert_eq!(receive.try_recv().ok(), None);
    assert_eq!(drops.seen(), [Some(1)]);
}

/// Law 4.
#[test]
fn dropped_while_it_runs_the_task_ends_and_its_result_is_dropped_in_its_context() {
    let pool = pool(1, 8);
    let drops = Drops::default();
    let result: Counted = drops.counted();
    let (begun, begins) = results();
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let mut task = ID.run(1, || {
        pool.run(move || {
            begun(());
            wait.recv().unwrap();
            result
        })
    });
    assert!(Arc::<Wakes>::default().poll(&mut task).is_pending());
    begins.recv().unwrap();
    drop(task);
    go.send(()).unwrap();
    pool.close(CloseMode::Drain);
    assert_eq!(drops.seen(), [Some(1)]);
}

#[test]
fn closing_ends_who_waits_for_room_or_for_a_turn() {
    let pool = pool(1, 1);
    let held = Held::by(&pool);
    let (mut queued, mut waiting) = (pool.run(|| 1), pool.run(|| 2));
    let wakes = Arc::<Wakes>::default();
    assert!(wakes.poll(&mut queued).is_pending());
    assert!(wakes.poll(&mut waiting).is_pending());
    pool.begin_close(CloseMode::Cancel);
    let Poll::Ready(refused) = wakes.poll(&mut waiting) else {
        panic!("it should have heard that the pool closes");
    };
    assert_eq!(kind(&refused), "cancelled");
    held.let_go();
    assert_eq!(kind(&block_on(queued)), "cancelled");
    assert_eq!(kind(&block_on(pool.run(|| 3))), "cancelled");
}

/// The future keeps the pool open as long as it has not submitted its task.
#[test]
fn future_outlives_the_handle_it_came_from() {
    let pool = pool(1, 0);
    let held = Held::by(&pool);
    let mut task = pool.run(|| 1);
    assert!(Arc::<Wakes>::default().poll(&mut task).is_pending());
    drop(pool);
    held.let_go();
    assert_eq!(block_on(task).unwrap(), 1);
}
