//! Stores bound to channels (`DC-5` to `DC-8`, `DC-10`).

use super::support::{Drops, Log, OnDrop, panic_of, reports_about};
use std::sync::Arc;
use throughline::channel::{Channel, TracingChannel};
use throughline::{AsyncLocalStorage, Snapshot, root, snapshot};

/// `DC-2`
#[test]
fn an_unused_channel_runs_stores_as_a_plain_call() {
    static CHANNEL: Channel<u32> = Channel::new("test.plain");
    static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
    root(|| {
        assert_eq!(CHANNEL.run_stores(&1, || 7), 7);
        // In no boundary of its own.
        CHANNEL.run_stores(&1, || USER.enter_with("ada"));
        assert_eq!(USER.get_store(), Some("ada"));
    });
}

/// `DC-2`: who merely listens does not change what the program does.
#[test]
fn a_channel_without_stores_runs_stores_as_a_plain_call_too() {
    static CHANNEL: Channel<u32> = Channel::new("test.plain_with_subscriber");
    static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
    let log = Log::new();
    let _subscription = CHANNEL.subscribe(log.writer("heard"));
    root(|| {
        CHANNEL.run_stores(&1, || USER.enter_with("ada"));
        assert_eq!(USER.get_store(), Some("ada"));
    });
    assert_eq!(log.take(), ["heard"]);
}

/// `DC-2`, `DC-5`
#[test]
fn a_bound_store_counts_as_a_subscriber_until_it_is_unbound() {
    static CHANNEL: Channel<u32> = Channel::new("test.bound");
    static ID: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    assert!(!CHANNEL.unbind_store(&ID));
    CHANNEL.bind_store(&ID, |n| *n);
    assert!(CHANNEL.has_subscribers());
    assert!(CHANNEL.unbind_store(&ID));
    assert!(!CHANNEL.has_subscribers());
    assert!(!CHANNEL.unbind_store(&ID));
    assert_eq!(CHANNEL.run_stores(&1, || ID.get_store()), None);
}

/// `DC-5`
#[test]
fn binding_again_replaces_the_transform_in_its_place() {
    static CHANNEL: Channel<u32> = Channel::new("test.bound_again");
    static FIRST: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    static SECOND: AsyncLocalStorage<Option<u32>> = AsyncLocalStorage::new();
    let drops = Drops::default();
    let owned = drops.counted();
    CHANNEL.bind_store(&FIRST, move |n| {
        _ = &owned;
        *n
    });
    CHANNEL.bind_store(&SECOND, |_| FIRST.get_store());
    CHANNEL.bind_store(&FIRST, |n| n * 10);
    assert_eq!(drops.count(), 1);
    let seen = CHANNEL.run_stores(&1, || (FIRST.get_store(), SECOND.get_store()));
    assert_eq!(seen, (Some(10), Some(Some(10))));
    assert!(CHANNEL.unbind_store(&FIRST));
    let seen = CHANNEL.run_stores(&1, || (FIRST.get_store(), SECOND.get_store()));
    assert_eq!(seen, (None, Some(None)));
}

/// `DC-5`: a storage made at run time is kept by what binds it.
#[test]
fn a_shared_storage_can_be_bound() {
    static CHANNEL: Channel<u32> = Channel::new("test.bound_arc");
    let storage = Arc::new(AsyncLocalStorage::<u32>::new());
    CHANNEL.bind_store(storage.clone(), |n| *n);
    assert_eq!(Arc::strong_count(&storage), 2);
    assert_eq!(CHANNEL.run_stores(&7, || storage.get_store()), Some(7));
    assert!(CHANNEL.unbind_store(&*storage));
    assert_eq!(Arc::strong_count(&storage), 1);
}

/// `DC-6`
#[test]
fn subscribers_and_the_function_see_the_stores_and_afterwards_they_are_back() {
    static CHANNEL: Channel<u32> = Channel::new("test.run_stores");
    static ID: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    let log = Log::new();
    let writer = log.clone();
    CHANNEL.bind_store(&ID, |n| *n);
    let _subscription = CHANNEL.subscribe(move |n| writer.push(format!("{n} {:?}", ID.get_store())));
    ID.run(1, || {
        let seen = CHANNEL.run_stores(&2, || {
            log.push("call");
            ID.get_store()
        });
        assert_eq!((seen, ID.get_store()), (Some(2), Some(1)));
    });
    assert_eq!(log.take(), ["2 Some(2)", "call"]);
}

/// `DC-6`, law 1
#[test]
fn a_panic_of_the_function_goes_on_after_the_stores_are_back() {
    static CHANNEL: Channel<u32> = Channel::new("test.run_stores_panics");
    static ID: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    static OTHER: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    CHANNEL.bind_store(&ID, |n| *n);
    ID.run(1, || {
        let panic = panic_of(|| {
            CHANNEL.run_stores(&2, || {
                OTHER.enter_with(3);
                panic!("boom");
            })
        });
        assert_eq!(panic.as_deref(), Some("boom"));
        assert_eq!((ID.get_store(), OTHER.get_store()), (Some(1), None));
    });
}

/// `DC-7`
#[test]
fn a_transform_reads_the_former_value_of_its_own_store() {
    static CHANNEL: Channel<str> = Channel::new("test.parent_link");
    static SPAN: AsyncLocalStorage<String> = AsyncLocalStorage::new();
    CHANNEL.bind_store(&SPAN, |name| match SPAN.get_store() {
        Some(parent) => format!("{parent}/{name}"),
        None => name.to_owned(),
    });
    let seen = CHANNEL.run_stores("a", || CHANNEL.run_stores("b", || SPAN.get_store()));
    assert_eq!(seen.as_deref(), Some("a/b"));
}

/// `DC-7`, as Node 26: Node 20 hid the stores of the others.
#[test]
fn a_later_transform_sees_the_stores_of_earlier_ones() {
    static CHANNEL: Channel<u32> = Channel::new("test.step_by_step");
    static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    static B: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    static C: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    CHANNEL.bind_store(&A, |n| n + C.get_store().unwrap_or(0));
    CHANNEL.bind_store(&B, |n| n + A.get_store().unwrap_or(0));
    CHANNEL.bind_store(&C, |n| n + B.get_store().unwrap_or(0));
    let seen = CHANNEL.run_stores(&1, || [&A, &B, &C].map(AsyncLocalStorage::get_store));
    assert_eq!(seen, [Some(1), Some(2), Some(3)]);
}

/// `DC-7`, law 1
#[test]
fn what_a_transform_enters_ends_with_it() {
    static CHANNEL: Channel<u32> = Channel::new("test.entering_transform");
    static ID: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    static OTHER: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    CHANNEL.bind_store(&ID, |n| {
        OTHER.enter_with(9);
        *n
    });
    root(|| {
        let seen = CHANNEL.run_stores(&1, || (ID.get_store(), OTHER.get_store()));
        assert_eq!(seen, (Some(1), None));
        assert_eq!(OTHER.get_store(), None);
    });
}

/// `DC-8`
#[test]
fn a_panicking_transform_is_reported_and_leaves_its_store_as_it_was() {
    static CHANNEL: Channel<u32> = Channel::new("test.panicking_transform");
    static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new().named("a");
    static B: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    let log = Log::new();
    let _subscription = CHANNEL.subscribe(log.writer("heard"));
    CHANNEL.bind_store(&A, |_| panic!("boom"));
    CHANNEL.bind_store(&B, |n| *n);
    let reports = reports_about("test.panicking_transform", || {
        let seen = A.run(5, || CHANNEL.run_stores(&1, || (A.get_store(), B.get_store())));
        assert_eq!(seen, (Some(5), Some(1)));
    });
    assert_eq!(log.take(), ["heard"]);
    assert_eq!(
        reports,
        ["panic in transform of store `a` bound to channel `test.panicking_transform`: boom"]
    );
}

/// `DC-8`: the only store is not set, and it is a boundary all the same.
#[test]
fn where_the_only_transform_panics_the_function_runs_with_the_stores_from_before() {
    static CHANNEL: Channel<u32> = Channel::new("test.only_transform_panics");
    static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    CHANNEL.bind_store(&A, |_| panic!("boom"));
    let reports = reports_about("test.only_transform_panics", || {
        root(|| {
            assert_eq!(CHANNEL.run_stores(&1, || A.get_store()), None);
            CHANNEL.run_stores(&1, || A.enter_with(3));
            assert_eq!(A.get_store(), None);
        });
    });
    assert_eq!(
        reports,
        ["panic in transform of a store bound to channel `test.only_transform_panics`: boom"; 2]
    );
}

/// `DC-10`
#[test]
fn nested_runs_restore_the_outer_value() {
    static CHANNEL: Channel<u32> = Channel::new("test.nested");
    static ID: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    CHANNEL.bind_store(&ID, |n| *n);
    CHANNEL.run_stores(&1, || {
        CHANNEL.run_stores(&2, || assert_eq!(ID.get_store(), Some(2)));
        assert_eq!(ID.get_store(), Some(1));
    });
    assert_eq!(ID.get_store(), None);
}

/// Law 6, `MEM-4`
#[test]
fn stores_are_dropped_once_when_the_run_and_its_last_capture_end() {
    static CHANNEL: Channel<Drops> = Channel::new("test.dropped_stores");
    static ONE: AsyncLocalStorage<super::support::OnDrop> = AsyncLocalStorage::new();
    static TWO: AsyncLocalStorage<super::support::OnDrop> = AsyncLocalStorage::new();
    let drops = Drops::default();
    CHANNEL.bind_store(&ONE, Drops::counted);
    CHANNEL.bind_store(&TWO, Drops::counted);
    CHANNEL.run_stores(&drops, || assert_eq!(drops.count(), 0));
    assert_eq!(drops.count(), 2);
    let kept: Snapshot = CHANNEL.run_stores(&drops, snapshot);
    assert_eq!(drops.count(), 2);
    drop(kept);
    assert_eq!(drops.count(), 4);
}

/// A channel may change while one of its transforms or functions runs.
#[test]
fn stores_may_be_unbound_while_they_are_set() {
    static CHANNEL: Channel<u32> = Channel::new("test.unbound_inside");
    static ID: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    CHANNEL.bind_store(&ID, |n| {
        assert!(CHANNEL.unbind_store(&ID));
        *n
    });
    assert_eq!(CHANNEL.run_stores(&1, || ID.get_store()), Some(1));
    assert_eq!(CHANNEL.run_stores(&2, || ID.get_store()), None);
}

/// The result is dropped by the panic that takes its place, not lost. Of two panics the first goes on.
#[test]
fn a_store_whose_destructor_panics_when_it_ends_panics_out_of_the_call() {
    static CHANNEL: Channel<u32> = Channel::new("test.store_panics");
    static TRACED: TracingChannel<(), u32, u32> = TracingChannel::new("test.store_panics.traced");
    static STORE: AsyncLocalStorage<OnDrop> = AsyncLocalStorage::new();
    CHANNEL.bind_store(&STORE, |_| OnDrop::new(|| panic!("of the store")));
    TRACED
        .start()
        .bind_store(&STORE, |_| OnDrop::new(|| panic!("of the store")));
    let drops = Drops::default();
    let panic = panic_of(|| CHANNEL.run_stores(&1, || drops.counted()));
    assert_eq!((panic.as_deref(), drops.count()), (Some("of the store"), 1));
    let panic = panic_of(|| CHANNEL.run_stores(&1, || panic!("of the function")));
    assert_eq!(panic.as_deref(), Some("of the function"));
    let panic = panic_of(|| TRACED.trace_sync((), || panic!("of the function")));
    assert_eq!(panic.as_deref(), Some("of the function"));
}
