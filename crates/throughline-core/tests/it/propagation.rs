//! What crosses a hand-over.

use crate::support::{Drops, OnDrop, panic_of};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use throughline_core::{
    AsyncLocalStorage, AsyncResource, Bind, BindFuture, Crossing, FutureContextExt, HandOver, Propagation,
    Snapshot, root, run_with, snapshot, snapshot_for,
};

const ALL: [HandOver; 4] = [
    HandOver::Task,
    HandOver::Detached,
    HandOver::Blocking,
    HandOver::Job,
];

static USUAL: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
static ALWAYS: AsyncLocalStorage<u32> = AsyncLocalStorage::new().propagation(Propagation::everywhere());
static NEVER: AsyncLocalStorage<u32> = AsyncLocalStorage::new().propagation(Propagation::nowhere());
static HALVED: AsyncLocalStorage<u32> = AsyncLocalStorage::new().propagation(
    Propagation::new()
        .task(Crossing::Map(|n| Some(n / 2)))
        .blocking(Crossing::Map(|n| (*n > 1).then_some(1))),
);

fn all_set<R>(f: impl FnOnce() -> R) -> R {
    run_with(((&USUAL, 1), (&ALWAYS, 2), (&NEVER, 3), (&HALVED, 40)), f)
}

fn read(snapshot: &Snapshot) -> [Option<u32>; 4] {
    [&USUAL, &ALWAYS, &NEVER, &HALVED].map(|storage| snapshot.get(storage))
}

/// How many stores share it.
fn kept(store: &Arc<()>) -> usize {
    Arc::strong_count(store) - 1
}

#[test]
fn each_hand_over_carries_what_its_storages_say() {
    all_set(|| {
        let [task, detached, blocking, job] = ALL.map(|hand_over| read(&snapshot_for(hand_over)));
        assert_eq!(task, [Some(1), Some(2), None, Some(20)]);
        assert_eq!(detached, [None, Some(2), None, None]);
        assert_eq!(blocking, [Some(1), Some(2), None, Some(1)]);
        assert_eq!(job, [None, Some(2), None, None]);
    });
}

#[test]
fn a_snapshot_holds_everything() {
    assert_eq!(
        all_set(|| read(&snapshot())),
        [Some(1), Some(2), Some(3), Some(40)]
    );
}

#[test]
fn filtering_a_snapshot_is_filtering_at_its_capture() {
    let whole = all_set(snapshot);
    for hand_over in ALL {
        let filtered = whole.clone().filtered(hand_over);
        assert_eq!(
            read(&filtered),
            all_set(|| read(&snapshot_for(hand_over))),
            "{hand_over:?}"
        );
    }
    assert_eq!(read(&whole), [Some(1), Some(2), Some(3), Some(40)]);
}

#[test]
fn where_nothing_is_left_nothing_is_set() {
    let job = USUAL.run(1, || NEVER.run(2, || snapshot_for(HandOver::Job)));
    assert!(job.is_empty());
    assert!(root(|| snapshot_for(HandOver::Job)).is_empty());
    assert!(snapshot_for(HandOver::Job).is_empty());
}

#[test]
fn what_is_entered_is_filtered_too() {
    root(|| {
        NEVER.enter_with(1);
        ALWAYS.enter_with(2);
        let task = snapshot_for(HandOver::Task);
        assert_eq!((task.get(&NEVER), task.get(&ALWAYS)), (None, Some(2)));
        assert_eq!(NEVER.get_store(), Some(1));
    });
}

#[test]
fn bind_in_context_and_resources_hand_over_to_a_task() {
    all_set(|| {
        let expected = [Some(1), Some(2), None, Some(20)];
        assert_eq!((|| read(&snapshot())).bind()(), expected);
        assert_eq!(
            futures::executor::block_on(async { read(&snapshot()) }.in_context()),
            expected
        );
        assert_eq!(
            AsyncResource::new("Query").run_in_async_scope(|| read(&snapshot())),
            expected
        );
    });
}

#[test]
fn a_bound_closure_s_future_is_filtered_once() {
    let bound = HALVED.run(40, || (|| async { HALVED.get_store() }).bind_future());
    assert_eq!(futures::executor::block_on(bound()), Some(20));
}

#[test]
fn a_map_is_applied_at_each_hand_over() {
    let twice = HALVED.run(40, || {
        snapshot_for(HandOver::Task).run(|| snapshot_for(HandOver::Task))
    });
    assert_eq!(twice.get(&HALVED), Some(10));
}

#[test]
fn a_default_is_read_where_a_store_stayed_behind() {
    static TENANT: AsyncLocalStorage<&str> =
        AsyncLocalStorage::with_default(|| "nobody").propagation(Propagation::nowhere());
    let task = TENANT.run("acme", || snapshot_for(HandOver::Task));
    assert_eq!(task.get(&TENANT), Some("nobody"));
}

#[test]
fn a_map_runs_in_the_context_of_who_hands_over_and_may_use_storages() {
    static SEEN: AsyncLocalStorage<u32> =
        AsyncLocalStorage::new().propagation(Propagation::new().task(Crossing::Map(|seen| {
            assert_eq!(SEEN.get_store(), Some(*seen));
            let nested = snapshot_for(HandOver::Blocking);
            assert_eq!(nested.get(&SEEN), Some(*seen));
            USUAL.run(9, || USUAL.get_store())
        })));
    let task = SEEN.run(5, || snapshot_for(HandOver::Task));
    assert_eq!(task.get(&SEEN), Some(9));
}

#[test]
fn a_map_that_enters_something_changes_the_boundary_and_not_what_is_handed_over() {
    static ENTERS: AsyncLocalStorage<u32> =
        AsyncLocalStorage::new().propagation(Propagation::new().task(Crossing::Map(|n| {
            USUAL.enter_with(8);
            Some(*n)
        })));
    ENTERS.run(1, || {
        let task = snapshot_for(HandOver::Task);
        assert_eq!((task.get(&ENTERS), task.get(&USUAL)), (Some(1), None));
        assert_eq!(USUAL.get_store(), Some(8));
    });
    assert_eq!(USUAL.get_store(), None);
}

#[test]
fn if_a_map_panics_nothing_is_handed_over_and_nothing_is_kept() {
    static PANICS: AsyncLocalStorage<Arc<()>> =
        AsyncLocalStorage::new().propagation(Propagation::new().task(Crossing::Map(|_| panic!("no"))));
    static OTHER: AsyncLocalStorage<Arc<()>> = AsyncLocalStorage::new()
        .propagation(Propagation::new().task(Crossing::Map(|counted| Some(counted.clone()))));
    let alive = Arc::new(());
    let stores = ((&OTHER, alive.clone()), (&PANICS, alive.clone()));
    run_with(stores, || {
        let handed_over = catch_unwind(AssertUnwindSafe(|| snapshot_for(HandOver::Task)));
        assert!(handed_over.is_err());
        assert_eq!(kept(&alive), 2);
        assert!(PANICS.with(|store| store.is_some()));
    });
    assert_eq!(kept(&alive), 0);
}

#[test]
fn what_stayed_behind_is_not_kept_alive_by_what_crossed() {
    static STAYS: AsyncLocalStorage<Arc<()>> = AsyncLocalStorage::new().propagation(Propagation::nowhere());
    static CROSSES: AsyncLocalStorage<Arc<()>> = AsyncLocalStorage::new();
    let (stays, crosses) = (Arc::new(()), Arc::new(()));
    let inside = || STAYS.run(stays.clone(), || snapshot_for(HandOver::Task));
    let task = CROSSES.run(crosses.clone(), inside);
    assert_eq!((kept(&stays), kept(&crosses)), (0, 1));
    drop(task);
    assert_eq!(kept(&crosses), 0);
}

#[test]
fn a_store_of_a_dropped_storage_does_not_cross() {
    let alive = Arc::new(());
    let storage = AsyncLocalStorage::new();
    let task = storage.run(alive.clone(), || NEVER.run(1, snapshot));
    drop(storage);
    let filtered = task.filtered(HandOver::Task);
    assert_eq!(kept(&alive), 0);
    assert!(filtered.is_empty());
}

#[test]
fn what_has_been_filtered_asks_no_more() {
    // A frame whose only store that asked has stayed behind is handed over as it is.
    let task = ALWAYS.run(1, || NEVER.run(2, || snapshot_for(HandOver::Task)));
    task.run(|| {
        let again = snapshot_for(HandOver::Task);
        assert_eq!(again.get(&ALWAYS), Some(1));
        assert_eq!(again.len(), 1);
    });
}

#[test]
fn a_propagation_says_what_it_is() {
    let propagation = Propagation::<u32>::new().task(Crossing::Map(|n| Some(*n)));
    assert_eq!(
        format!("{propagation:?}"),
        "{Task: Map, Detached: Drop, Blocking: Inherit, Job: Drop}"
    );
    assert!(matches!(propagation.at(HandOver::Blocking), Crossing::Inherit));
    assert!(matches!(
        Propagation::<u32>::default().at(HandOver::Job),
        Crossing::Drop
    ));
}

/// Laws 5 and 6. What is handed over is made by then.
#[test]
fn a_map_that_ends_a_store_whose_destructor_panics_loses_nothing() {
    static MAPPED: AsyncLocalStorage<Arc<()>> =
        AsyncLocalStorage::new().propagation(Propagation::new().task(Crossing::Map(|store| {
            ENDED.disable();
            Some(store.clone())
        })));
    static ENDED: AsyncLocalStorage<OnDrop> = AsyncLocalStorage::new().propagation(Propagation::nowhere());
    let (store, drops) = (Arc::new(()), Drops::default());
    let panic = panic_of(|| {
        root(|| {
            MAPPED.enter_with(store.clone());
            ENDED.enter_with(OnDrop::panicking(&drops, "ended"));
            drop(snapshot_for(HandOver::Task));
        });
    });
    assert_eq!((panic, drops.count()), ("ended".to_owned(), 1));
    assert_eq!(kept(&store), 0);
}
