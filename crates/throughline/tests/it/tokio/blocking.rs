//! Blocking calls, however they are given.

use super::ways::{self, Ground};
use super::{HELD, ID, Tells, id};
use std::sync::Arc;
use std::sync::mpsc::channel;
use throughline::{AsyncLocalStorage, Crossing, Propagation, in_boundary};

static DROPPED: AsyncLocalStorage<u64> =
    AsyncLocalStorage::new().propagation(Propagation::new().blocking(Crossing::Drop));
static HALVED: AsyncLocalStorage<u64> =
    AsyncLocalStorage::new().propagation(Propagation::new().blocking(Crossing::Map(|left| Some(left / 2))));

#[test]
fn call_inherits_and_what_it_enters_ends_with_it() {
    let on = Ground::new(1);
    for way in ways::blocking() {
        let (sender, saw) = channel();
        let (go, wait) = channel::<()>();
        let job = Box::new(move || {
            wait.recv().unwrap();
            let inherited = (id(), in_boundary());
            ID.enter_with(3);
            sender.send((inherited, id())).unwrap();
        });
        on.block_on(ID.scope(1, async {
            let mut task = (way.spawn)(&on, job);
            ID.enter_with(2);
            go.send(()).unwrap();
            task.join().await.unwrap();
            assert_eq!(id(), Some(2), "{}", way.name);
            // The next on the one thread there is.
            let plain = tokio::task::spawn_blocking(|| (id(), in_boundary()));
            assert_eq!(plain.await.unwrap(), (None, false), "{}", way.name);
        }));
        assert_eq!(saw.recv().unwrap(), ((Some(1), true), Some(3)), "{}", way.name);
    }
}

#[test]
fn storage_that_stays_behind_or_is_mapped_does_so_at_every_call() {
    let on = Ground::new(1);
    for way in ways::blocking() {
        let (sender, saw) = channel();
        let job = Box::new(move || {
            let crossed = (id(), DROPPED.get_store(), HALVED.get_store());
            sender.send(crossed).unwrap();
        });
        let spawner = async { (way.spawn)(&on, job).join().await.unwrap() };
        on.block_on(ID.scope(1, DROPPED.scope(2, HALVED.scope(100, spawner))));
        assert_eq!(saw.recv().unwrap(), (Some(1), None, Some(50)), "{}", way.name);
    }
}

#[test]
fn panic_is_its_join_error_and_leaves_nothing_behind() {
    let on = Ground::new(1);
    let held = Arc::new(());
    for way in ways::blocking() {
        let (tells, dropped) = Tells::new();
        let other = Arc::clone(&held);
        let job = Box::new(move || {
            let _tells = tells;
            HELD.enter_with(other);
            ID.enter_with(3);
            panic!("job");
        });
        on.block_on(async {
            let mut task = HELD.run(Arc::clone(&held), || (way.spawn)(&on, job));
            let error = task.join().await.unwrap_err();
            assert_eq!(Arc::strong_count(&held), 1, "{}", way.name);
            assert_eq!(error.into_panic().downcast_ref(), Some(&"job"), "{}", way.name);
            let plain = tokio::task::spawn_blocking(id);
            assert_eq!(plain.await.unwrap(), None, "{}", way.name);
        });
        // Law 4.
        assert_eq!(dropped.recv().unwrap(), Some(3), "{}", way.name);
    }
}

// Law 4.
#[test]
fn call_that_is_aborted_before_it_began_is_dropped_in_its_context() {
    let on = Ground::new(1);
    let held = Arc::new(());
    for way in ways::blocking() {
        let (go, wait) = channel::<()>();
        // The one thread waits.
        let busy = on.runtime.spawn_blocking(move || _ = wait.recv());
        let (tells, dropped) = Tells::new();
        let job = Box::new(move || {
            ID.enter_with(2);
            drop(tells);
        });
        on.block_on(async {
            let spawn = || ID.run(1, || (way.spawn)(&on, job));
            let mut task = HELD.run(Arc::clone(&held), spawn);
            task.abort();
            go.send(()).unwrap();
            assert!(task.join().await.unwrap_err().is_cancelled(), "{}", way.name);
            busy.await.unwrap();
        });
        assert_eq!(dropped.recv().unwrap(), Some(1), "{}", way.name);
        assert_eq!(Arc::strong_count(&held), 1, "{}", way.name);
    }
}

// Law 4.
#[test]
fn call_of_a_runtime_that_has_shut_down_is_dropped_in_its_context() {
    use throughline::tokio::HandleExt;
    let handle = Ground::new(1).handle().clone();
    let (tells, dropped) = Tells::new();
    let task = ID.run(1, || handle.spawn_blocking_in_context(move || drop(tells)));
    assert_eq!(dropped.try_recv().unwrap(), Some(1));
    drop(task);
}

#[cfg(feature = "tokio-rt-multi-thread")]
#[test]
fn block_in_place_stays_in_the_tasks_boundary() {
    use throughline::tokio::{spawn, task::block_in_place};
    let on = Ground::new(1);
    let task = async {
        let inside = block_in_place(|| {
            let before = id();
            ID.enter_with(2);
            before
        });
        tokio::task::yield_now().await;
        (inside, id())
    };
    let spawner = ID.scope(1, async { (spawn(task).await.unwrap(), id()) });
    assert_eq!(on.block_on(spawner), ((Some(1), Some(2)), Some(1)));
}
