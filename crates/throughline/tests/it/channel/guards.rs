//! Guards: `with_store_scope` (`DC-9`), as the law of guards (10) permits.

use super::support::{Log, panic_of, reports_about};
use throughline::channel::Channel;
use throughline::{AsyncLocalStorage, root};

/// `DC-9`
#[test]
fn a_scope_sets_the_stores_publishes_at_once_and_puts_back_what_was() {
    static CHANNEL: Channel<u32> = Channel::new("test.scope");
    static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    static B: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    let log = Log::new();
    let writer = log.clone();
    CHANNEL.bind_store(&A, |n| *n);
    CHANNEL.bind_store(&B, |n| n + A.get_store().unwrap());
    let _subscription =
        CHANNEL.subscribe(move |_| writer.push(format!("{:?} {:?}", A.get_store(), B.get_store())));
    A.run(1, || {
        let scope = CHANNEL.with_store_scope(&5);
        assert_eq!(log.take(), ["Some(5) Some(10)"]);
        assert_eq!((A.get_store(), B.get_store()), (Some(5), Some(10)));
        scope.dispose();
        assert_eq!((A.get_store(), B.get_store()), (Some(1), None));
    });
    assert!(log.take().is_empty());
}

/// `DC-9`
#[test]
fn a_scope_of_an_unused_channel_does_nothing() {
    static CHANNEL: Channel<u32> = Channel::new("test.unused_scope");
    root(|| {
        let scope = CHANNEL.with_store_scope(&5);
        assert_eq!(format!("{scope:?}"), "StoreScope { stores: 0 }");
    });
}

/// Law 10
#[test]
fn a_scope_outside_a_boundary_is_refused_whether_or_not_a_store_is_bound() {
    static CHANNEL: Channel<u32> = Channel::new("test.refused_scope");
    static ID: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    let unused = panic_of(|| CHANNEL.with_store_scope(&5)).unwrap();
    assert!(unused.contains("wrap the work in `root`"), "{unused}");
    CHANNEL.bind_store(&ID, |n| *n);
    assert_eq!(panic_of(|| CHANNEL.with_store_scope(&5)), Some(unused));
    assert_eq!(ID.get_store(), None);
}

/// Law 10
#[test]
fn a_scope_that_outlives_its_boundary_does_nothing_afterwards() {
    static CHANNEL: Channel<u32> = Channel::new("test.late_scope");
    static ID: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    CHANNEL.bind_store(&ID, |n| *n);
    ID.run(1, || {
        let scope = root(|| CHANNEL.with_store_scope(&5));
        assert_eq!(ID.get_store(), Some(1));
        drop(scope);
        assert_eq!(ID.get_store(), Some(1));
    });
}

/// Law 10, `ALS-26`
#[test]
fn scopes_dropped_out_of_order_bring_nothing_back() {
    static CHANNEL: Channel<u32> = Channel::new("test.unordered_scopes");
    static ID: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    CHANNEL.bind_store(&ID, |n| *n);
    root(|| {
        let outer = CHANNEL.with_store_scope(&1);
        let inner = CHANNEL.with_store_scope(&2);
        drop(outer);
        assert_eq!(ID.get_store(), Some(2));
        drop(inner);
        assert_eq!(ID.get_store(), None);
    });
}

/// `DC-8`
#[test]
fn a_panicking_transform_leaves_its_store_out_of_the_scope() {
    static CHANNEL: Channel<u32> = Channel::new("test.scope_panics");
    static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    static B: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    CHANNEL.bind_store(&A, |_| panic!("boom"));
    CHANNEL.bind_store(&B, |n| *n);
    let reports = reports_about("test.scope_panics", || {
        root(|| {
            let _scope = CHANNEL.with_store_scope(&1);
            assert_eq!((A.get_store(), B.get_store()), (None, Some(1)));
        });
    });
    assert_eq!(
        reports,
        ["panic in transform of a store bound to channel `test.scope_panics`: boom"]
    );
}
