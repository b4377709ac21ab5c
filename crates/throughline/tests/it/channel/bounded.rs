//! Bounded channels (`DC-11`).

use super::support::{Log, OnDrop, panic_of, pause, poll, reports_about};
use std::pin::pin;
use throughline::channel::{BoundedChannel, Channel, Subscription, bounded_channel};
use throughline::{AsyncLocalStorage, root};

/// Writes both events down, with the store.
fn watch(channel: &BoundedChannel<u32>, storage: &'static AsyncLocalStorage<u32>, log: &Log) -> Subscription {
    let (start, end) = (log.clone(), log.clone());
    channel.subscribe(
        move |n| start.push(format!("start {n} {:?}", storage.get_store())),
        move |n| end.push(format!("end {n} {:?}", storage.get_store())),
    )
}

/// `DC-11`
#[test]
fn the_end_is_published_while_the_stores_of_the_start_are_set() {
    static STEPS: BoundedChannel<u32> = BoundedChannel::new("test.bounded");
    static ID: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    let log = Log::new();
    STEPS.start().bind_store(&ID, |n| *n);
    let _subscription = watch(&STEPS, &ID, &log);
    ID.run(1, || {
        let answer = STEPS.run(&7, || {
            log.push(format!("run {:?}", ID.get_store()));
            "done"
        });
        assert_eq!((answer, ID.get_store()), ("done", Some(1)));
    });
    assert_eq!(log.take(), ["start 7 Some(7)", "run Some(7)", "end 7 Some(7)"]);
}

/// `DC-11`
#[test]
fn where_nobody_listens_it_is_a_plain_call() {
    static STEPS: BoundedChannel<u32> = BoundedChannel::new("test.bounded_unused");
    static ID: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    assert!(!STEPS.has_subscribers());
    root(|| {
        STEPS.run(&7, || ID.enter_with(3));
        assert_eq!(ID.get_store(), Some(3));
    });
}

/// `DC-11`
#[test]
fn either_channel_makes_it_listened_to_until_the_last_goes() {
    static STEPS: BoundedChannel<u32> = BoundedChannel::new("test.bounded_either");
    for channel in [STEPS.start(), STEPS.end()] {
        assert!(!STEPS.has_subscribers());
        let log = Log::new();
        let subscription = channel.subscribe(log.writer("heard"));
        assert!(STEPS.has_subscribers());
        STEPS.run(&1, || ());
        assert_eq!(log.take(), ["heard"]);
        drop(subscription);
    }
    assert!(!STEPS.has_subscribers());
}

/// `DC-11`: errors only go on, there is no channel for them.
#[test]
fn the_end_is_published_when_the_function_panics() {
    static STEPS: BoundedChannel<u32> = BoundedChannel::new("test.bounded_panics");
    static ID: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    let log = Log::new();
    STEPS.start().bind_store(&ID, |n| *n);
    let _subscription = watch(&STEPS, &ID, &log);
    let panic = panic_of(|| STEPS.run(&7, || panic!("boom")));
    assert_eq!(panic.as_deref(), Some("boom"));
    assert_eq!(log.take(), ["start 7 Some(7)", "end 7 Some(7)"]);
    assert_eq!(ID.get_store(), None);
}

/// `DC-3`: also where the function panicked already.
#[test]
fn panicking_subscribers_of_both_ends_are_reported_and_nothing_else() {
    static STEPS: BoundedChannel<u32> = BoundedChannel::new("test.bounded_subscribers_panic");
    let _subscription = STEPS.subscribe(|_| panic!("at start"), |_| panic!("at end"));
    let reports = reports_about("test.bounded", || {
        assert_eq!(STEPS.run(&1, || 7), 7);
        let panic = panic_of(|| STEPS.run(&1, || panic!("boom")));
        assert_eq!(panic.as_deref(), Some("boom"));
    });
    let both = [
        "panic in subscriber of channel `tracing:test.bounded_subscribers_panic:start`: at start",
        "panic in subscriber of channel `tracing:test.bounded_subscribers_panic:end`: at end",
    ];
    assert_eq!(reports, [both, both].concat());
}

/// `DC-11`
#[test]
fn a_scope_ends_once_when_it_is_dropped() {
    static STEPS: BoundedChannel<u32> = BoundedChannel::new("test.bounded_scope");
    static ID: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    let log = Log::new();
    STEPS.start().bind_store(&ID, |n| *n);
    let _subscription = watch(&STEPS, &ID, &log);
    root(|| {
        let scope = STEPS.with_scope(7);
        assert_eq!(log.take(), ["start 7 Some(7)"]);
        assert_eq!(ID.get_store(), Some(7));
        scope.dispose();
        assert_eq!(log.take(), ["end 7 Some(7)"]);
        assert_eq!(ID.get_store(), None);
    });
    assert!(log.take().is_empty());
}

/// Law 10
#[test]
fn a_scope_needs_a_boundary_whether_or_not_anybody_listens() {
    static STEPS: BoundedChannel<u32> = BoundedChannel::new("test.bounded_scope_refused");
    let unused = panic_of(|| STEPS.with_scope(7)).unwrap();
    assert!(unused.contains("`root`"), "{unused}");
    let log = Log::new();
    let _subscription = STEPS.subscribe(log.writer("start"), log.writer("end"));
    assert_eq!(panic_of(|| STEPS.with_scope(7)), Some(unused));
    assert!(log.take().is_empty());
}

/// `DC-11`
#[test]
fn a_scope_of_nobodys_interest_does_nothing() {
    static STEPS: BoundedChannel<u32> = BoundedChannel::new("test.bounded_scope_unused");
    let log = Log::new();
    root(|| {
        let scope = STEPS.with_scope(7);
        assert_eq!(format!("{scope:?}"), "BoundedScope { is_open: false }");
        let _subscription = STEPS.subscribe(log.writer("start"), log.writer("end"));
        drop(scope);
    });
    assert!(log.take().is_empty());
}

/// `DC-11`
#[test]
fn it_can_be_made_of_two_channels() {
    let start = Channel::<u32>::new("test.bounded_of.first");
    let end = Channel::<u32>::new("test.bounded_of.last");
    let log = Log::new();
    let steps = BoundedChannel::of(start.clone(), end.clone());
    let _one = start.subscribe(log.writer("first"));
    let _other = end.subscribe(log.writer("last"));
    steps.run(&1, || log.push("run"));
    assert_eq!(log.take(), ["first", "run", "last"]);
}

/// `DC-1`
#[test]
fn who_knows_the_name_gets_the_same_channels() {
    static STEPS: BoundedChannel<u32> = BoundedChannel::new("test.bounded_named");
    let log = Log::new();
    let _subscription =
        bounded_channel("test.bounded_named").subscribe(log.writer::<u32>("start"), log.writer("end"));
    STEPS.clone().run(&1, || ());
    assert_eq!(log.take(), ["start", "end"]);
}

/// The future form: `end` when it is ready.
#[test]
fn a_future_is_bounded_from_its_first_poll_to_its_answer() {
    static STEPS: BoundedChannel<u32> = BoundedChannel::new("test.bounded_future");
    static ID: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    let log = Log::new();
    STEPS.start().bind_store(&ID, |n| *n);
    let _subscription = watch(&STEPS, &ID, &log);
    let mut future = pin!(STEPS.scope(7, async {
        pause().await;
        log.push(format!("body {:?}", ID.get_store()));
    }));
    assert!(log.take().is_empty());
    assert!(poll(future.as_mut()).is_pending());
    assert_eq!(log.take(), ["start 7 Some(7)"]);
    assert!(poll(future.as_mut()).is_ready());
    assert_eq!(log.take(), ["body Some(7)", "end 7 Some(7)"]);
}

#[test]
fn a_future_that_panics_or_is_dropped_ends_once() {
    static STEPS: BoundedChannel<u32> = BoundedChannel::new("test.bounded_future_ends");
    static ID: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    let log = Log::new();
    STEPS.start().bind_store(&ID, |n| *n);
    let _subscription = watch(&STEPS, &ID, &log);

    let mut panicking = Box::pin(STEPS.scope(1, async {
        pause().await;
        panic!("boom")
    }));
    assert!(poll(panicking.as_mut()).is_pending());
    let panic = panic_of(|| poll(panicking.as_mut()));
    assert_eq!(panic.as_deref(), Some("boom"));
    drop(panicking);
    assert_eq!(log.take(), ["start 1 Some(1)", "end 1 Some(1)"]);

    // The future is gone before its end is told.
    let writer = log.clone();
    let owned = OnDrop::new(move || writer.push(format!("dropped {:?}", ID.get_store())));
    let mut cancelled = Box::pin(STEPS.scope(2, async move {
        let _owned = owned;
        pause().await;
    }));
    assert!(poll(cancelled.as_mut()).is_pending());
    drop(cancelled);
    assert_eq!(
        log.take(),
        ["start 2 Some(2)", "dropped Some(2)", "end 2 Some(2)"]
    );

    drop(STEPS.scope(3, async {}));
    assert!(log.take().is_empty());
}
