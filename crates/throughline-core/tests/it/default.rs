//! Defaults: computed once, on first read, under no lock.

use crate::support::{Drops, OnDrop};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::sync::{Barrier, Mutex};
use std::time::Duration;
use throughline_core::{AsyncLocalStorage, in_boundary, root, snapshot};

#[test]
fn it_is_computed_once_on_the_first_read_that_needs_it() {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    static S: AsyncLocalStorage<u32> =
        AsyncLocalStorage::with_default(|| 10 + CALLS.fetch_add(1, Ordering::SeqCst));
    S.run(1, || {
        assert_eq!(S.get_store(), Some(1));
        let _ = snapshot().get(&S);
        S.enter_with(2);
    });
    assert!(!format!("{S:?}").contains("true"));
    assert_eq!(CALLS.load(Ordering::SeqCst), 0);
    assert_eq!(
        (S.get_store(), S.with(|s| s.copied()), snapshot().get(&S)),
        (Some(10), Some(10), Some(10))
    );
    assert_eq!(CALLS.load(Ordering::SeqCst), 1);
}

#[test]
fn it_is_computed_once_however_many_threads_ask() {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    static S: AsyncLocalStorage<u32> = AsyncLocalStorage::with_default(|| {
        let n = CALLS.fetch_add(1, Ordering::SeqCst);
        // Long enough for the others to ask meanwhile.
        (0..1000).for_each(|_| std::thread::yield_now());
        n
    });
    let start = Barrier::new(8);
    std::thread::scope(|s| {
        for _ in 0..8 {
            s.spawn(|| {
                start.wait();
                assert_eq!(S.get_store(), Some(0));
            });
        }
    });
    assert_eq!(CALLS.load(Ordering::SeqCst), 1);
}

#[test]
fn all_readers_are_lent_the_same_value() {
    static S: AsyncLocalStorage<Mutex<u32>> = AsyncLocalStorage::with_default(|| Mutex::new(0));
    for _ in 0..3 {
        S.with(|s| *s.unwrap().lock().unwrap() += 1);
    }
    root(|| S.exit(|| S.with(|s| assert_eq!(*s.unwrap().lock().unwrap(), 3))));
}

#[test]
fn its_initialiser_may_use_storages() {
    static OTHER: AsyncLocalStorage<u32> = AsyncLocalStorage::with_default(|| 4);
    static SET: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    static S: AsyncLocalStorage<u32> = AsyncLocalStorage::with_default(|| {
        let then = SET.run(10, snapshot);
        SET.enter_with(2);
        then.get(&SET).unwrap() + SET.get_store().unwrap() + OTHER.get_store().unwrap()
    });
    assert_eq!(S.get_store(), Some(16));
}

/// What the first reader's request has set must not get into a value that all requests read, nor the other way round.
#[test]
fn its_initialiser_runs_where_nothing_is_set() {
    static SET: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    static S: AsyncLocalStorage<(Option<u32>, bool)> = AsyncLocalStorage::with_default(|| {
        let seen = (SET.get_store(), in_boundary());
        SET.enter_with(2);
        seen
    });
    SET.run(1, || {
        assert_eq!(S.get_store(), Some((None, true)));
        assert_eq!(SET.get_store(), Some(1));
    });
}

/// It reads as unset to its own initialiser, and may be set by it.
#[test]
fn its_initialiser_reads_its_own_storage_as_unset() {
    static S: AsyncLocalStorage<u32> = AsyncLocalStorage::with_default(|| {
        assert_eq!(
            (S.get_store(), S.with(|s| s.copied()), snapshot().get(&S)),
            (None, None, None)
        );
        S.run(6, || S.get_store().unwrap())
    });
    assert_eq!(S.get_store(), Some(6));
}

/// Through a second storage whose default reads the first one.
#[test]
fn two_defaults_that_read_each_other_end() {
    static ONE: AsyncLocalStorage<u32> = AsyncLocalStorage::with_default(|| TWO.get_store().unwrap() + 1);
    static TWO: AsyncLocalStorage<u32> = AsyncLocalStorage::with_default(|| ONE.get_store().unwrap_or(100));
    assert_eq!((ONE.get_store(), TWO.get_store()), (Some(101), Some(100)));
}

/// "It runs under no lock and may use storages": two threads that begin at either end of such a circle must not wait for each
/// other for ever.
#[test]
fn two_defaults_that_read_each_other_on_two_threads_end() {
    static MEET: Barrier = Barrier::new(2);
    static ONE: AsyncLocalStorage<u32> = AsyncLocalStorage::with_default(|| {
        MEET.wait();
        TWO.get_store().unwrap_or(100)
    });
    static TWO: AsyncLocalStorage<u32> = AsyncLocalStorage::with_default(|| {
        MEET.wait();
        ONE.get_store().unwrap_or(100)
    });
    let (done, ended) = mpsc::channel();
    for storage in [&ONE, &TWO] {
        let done = done.clone();
        std::thread::spawn(move || done.send(storage.get_store()).unwrap());
    }
    for _ in 0..2 {
        // The timeout is for the failure alone.
        ended
            // Waits only if it fails.
            .recv_timeout(Duration::from_secs(60))
            .expect("two threads wait for each other");
    }
}

/// While one thread computes a default, other threads can use the storage, and compute other defaults.
#[test]
fn a_default_that_takes_its_time_holds_nobody_up_who_does_not_need_it() {
    static START: Barrier = Barrier::new(2);
    static END: Barrier = Barrier::new(2);
    static SLOW: AsyncLocalStorage<u32> = AsyncLocalStorage::with_default(|| {
        START.wait();
        END.wait();
        5
    });
    static QUICK: AsyncLocalStorage<u32> = AsyncLocalStorage::with_default(|| 6);
    std::thread::scope(|s| {
        let slow = s.spawn(|| SLOW.get_store());
        START.wait();
        SLOW.run(1, || {
            SLOW.enter_with(2);
            assert_eq!((SLOW.get_store(), snapshot().get(&SLOW)), (Some(2), Some(2)));
        });
        assert_eq!(QUICK.get_store(), Some(6));
        AsyncLocalStorage::new().run(1, || ());
        END.wait();
        assert_eq!(slow.join().unwrap(), Some(5));
    });
    assert_eq!(SLOW.get_store(), Some(5));
}

#[test]
fn a_storage_made_at_run_time_has_its_own() {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    let make = || AsyncLocalStorage::with_default(|| CALLS.fetch_add(1, Ordering::SeqCst));
    let (one, two) = (make(), make());
    assert_eq!(
        (one.get_store(), two.get_store(), one.get_store()),
        (Some(0), Some(1), Some(0))
    );
    // Moved: the default moves along.
    let moved = Box::new(one);
    assert_eq!(moved.get_store(), Some(0));
}

/// It is the storage's, and goes with it; no snapshot keeps it.
#[test]
fn it_is_dropped_with_its_storage() {
    static DROPS: std::sync::LazyLock<Drops> = std::sync::LazyLock::new(Drops::default);
    let storage = AsyncLocalStorage::with_default(|| OnDrop::counting(&DROPS));
    let then = root(|| {
        storage.with(|s| assert!(s.is_some()));
        snapshot()
    });
    assert!(then.is_empty());
    assert_eq!(DROPS.count(), 0);
    drop(storage);
    assert_eq!(DROPS.count(), 1);
}

/// ALS-14, ALS-23, ALS-28: wherever the storage is not set.
#[test]
fn it_shows_wherever_nothing_is_set() {
    static S: AsyncLocalStorage<u32> = AsyncLocalStorage::with_default(|| 9);
    S.run(1, || {
        assert_eq!(S.exit(|| S.get_store()), Some(9));
        assert_eq!(root(|| S.get_store()), Some(9));
        drop(S.with_scope(2));
        assert_eq!(S.get_store(), Some(1));
        S.disable();
        assert_eq!(S.get_store(), Some(9));
    });
    assert_eq!(S.get_store(), Some(9));
}
