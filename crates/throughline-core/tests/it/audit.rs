//! Was a hand-over missed?

use std::panic::Location;
use throughline_core::audit::{self, Missed};
use throughline_core::{
    AsyncLocalStorage, Crossing, FutureContextExt, HandOver, Propagation, host, root, snapshot, snapshot_for,
};

/// What was missed of storages of that name: the tests share one summary.
fn missed(name: &str) -> Vec<Missed> {
    audit::summary()
        .into_iter()
        .filter(|missed| missed.storage() == name)
        .collect()
}

#[test]
fn what_was_left_behind_and_is_read_is_counted_by_where_it_was_spawned() {
    static ID: AsyncLocalStorage<u32> = AsyncLocalStorage::new().named("counted").expected();
    let (detached, line) = ID.run(1, || (snapshot_for(HandOver::Detached), line!()));
    for _ in 0..3 {
        assert_eq!(detached.run(|| ID.get_store()), None);
    }
    detached.run(|| ID.with(|store| assert!(store.is_none())));
    let [missed] = &missed("counted")[..] else {
        panic!("one place")
    };
    assert_eq!(
        (missed.spawned_at().file(), missed.spawned_at().line()),
        (file!(), line)
    );
    assert_eq!(missed.count(), 4);
}

#[test]
fn what_nobody_reads_is_not_missed() {
    static ID: AsyncLocalStorage<u32> = AsyncLocalStorage::new().named("unread").expected();
    drop(ID.run(1, || snapshot_for(HandOver::Job)));
    assert_eq!(missed("unread"), []);
}

#[test]
fn what_was_never_set_is_not_missed() {
    static ID: AsyncLocalStorage<u32> = AsyncLocalStorage::new().named("never set").expected();
    static OTHER: AsyncLocalStorage<u32> = AsyncLocalStorage::new().named("set").expected();
    assert_eq!(ID.get_store(), None);
    assert_eq!(
        OTHER
            .run(1, || snapshot_for(HandOver::Job))
            .run(|| ID.get_store()),
        None
    );
    assert_eq!(missed("never set"), []);
}

#[test]
fn what_is_left_out_on_purpose_is_not_missed() {
    static ID: AsyncLocalStorage<u32> = AsyncLocalStorage::new().named("on purpose").expected();
    ID.run(1, || {
        assert_eq!(ID.exit(|| ID.get_store()), None);
        assert_eq!(root(|| ID.get_store()), None);
    });
    assert_eq!(missed("on purpose"), []);
}

#[test]
fn what_is_not_expected_is_not_missed() {
    static ID: AsyncLocalStorage<u32> = AsyncLocalStorage::new().named("not expected");
    assert_eq!(
        ID.run(1, || snapshot_for(HandOver::Job)).run(|| ID.get_store()),
        None
    );
    assert_eq!(missed("not expected"), []);
}

#[test]
fn what_crosses_or_is_mapped_is_not_missed() {
    static CROSSES: AsyncLocalStorage<u32> = AsyncLocalStorage::new()
        .named("crosses")
        .expected()
        .propagation(Propagation::everywhere());
    static MAPPED: AsyncLocalStorage<u32> = AsyncLocalStorage::new()
        .named("mapped")
        .expected()
        .propagation(Propagation::nowhere().task(Crossing::Map(|_| None)));
    let task = CROSSES.run(1, || MAPPED.run(2, || snapshot_for(HandOver::Task)));
    assert_eq!(
        task.run(|| (CROSSES.get_store(), MAPPED.get_store())),
        (Some(1), None)
    );
    assert_eq!((missed("crosses"), missed("mapped")), (vec![], vec![]));
}

#[test]
fn it_is_known_in_all_work_that_comes_of_the_one_that_misses_it() {
    static ID: AsyncLocalStorage<u32> = AsyncLocalStorage::new().named("inherited").expected();
    static LATER: AsyncLocalStorage<u32> = AsyncLocalStorage::new().named("lost later").expected();
    let detached = ID.run(1, || snapshot_for(HandOver::Detached));
    let grandchild = detached.run(|| LATER.run(2, || snapshot_for(HandOver::Detached)));
    let read = async { (ID.get_store(), LATER.get_store()) };
    assert_eq!(
        futures::executor::block_on(grandchild.run(|| read.in_context())),
        (None, None)
    );
    assert_eq!((missed("inherited").len(), missed("lost later").len()), (1, 1));
    assert_ne!(
        missed("inherited")[0].spawned_at(),
        missed("lost later")[0].spawned_at()
    );
}

#[test]
fn set_again_it_is_not_missed() {
    static ID: AsyncLocalStorage<u32> = AsyncLocalStorage::new().named("set again").expected();
    let detached = ID.run(1, || snapshot_for(HandOver::Detached));
    assert_eq!(detached.run(|| ID.run(2, || ID.get_store())), Some(2));
    assert_eq!(missed("set again"), []);
}

#[test]
fn a_default_does_not_hide_that_it_was_missed() {
    static ID: AsyncLocalStorage<u32> = AsyncLocalStorage::with_default(|| 0)
        .named("with default")
        .expected();
    assert_eq!(
        ID.run(1, || snapshot_for(HandOver::Detached))
            .run(|| ID.get_store()),
        Some(0)
    );
    assert_eq!(missed("with default").len(), 1);
}

#[test]
fn a_raw_spawn_that_was_told_of_is_counted_where_it_was() {
    static ID: AsyncLocalStorage<u32> = AsyncLocalStorage::new().named("raw").expected();
    let here = Location::caller();
    let raw = ID.run(1, || host::hand_over(None, here));
    assert_eq!(raw.run(|| ID.get_store()), None);
    assert_eq!(missed("raw")[0].spawned_at(), here);
    assert!(root(|| host::hand_over(None, here)).is_empty());
}

#[test]
fn what_was_lost_before_a_raw_spawn_is_counted_where_that_was() {
    static ID: AsyncLocalStorage<u32> = AsyncLocalStorage::new().named("before raw").expected();
    let [first, second] = [lost_here(), lost_here()];
    let raw = ID.run(1, || host::hand_over(None, first));
    let again = raw.run(|| host::hand_over(None, second));
    assert_eq!(again.run(|| ID.get_store()), None);
    assert_eq!(missed("before raw")[0].spawned_at(), first);
}

#[track_caller]
fn lost_here() -> &'static Location<'static> {
    Location::caller()
}

#[test]
fn a_hand_over_that_was_told_of_is_counted_where_it_was() {
    static ID: AsyncLocalStorage<u32> = AsyncLocalStorage::new().named("told of").expected();
    let here = Location::caller();
    let detached = ID.run(1, || host::hand_over(Some(HandOver::Detached), here));
    assert_eq!(detached.run(|| ID.get_store()), None);
    assert_eq!(missed("told of")[0].spawned_at(), here);
}

#[test]
fn what_is_mapped_elsewhere_and_left_behind_here_is_missed() {
    static ID: AsyncLocalStorage<u32> = AsyncLocalStorage::new()
        .named("mapped elsewhere")
        .expected()
        .propagation(Propagation::new().task(Crossing::Map(|left| Some(*left))));
    let detached = ID.run(1, || snapshot_for(HandOver::Detached));
    assert_eq!(detached.run(|| ID.get_store()), None);
    assert_eq!(missed("mapped elsewhere").len(), 1);
}

#[test]
fn the_first_miss_is_reported() {
    static ID: AsyncLocalStorage<u32> = AsyncLocalStorage::new().named("reported").expected();
    let reports = crate::support::reports_of(|| {
        let detached = ID.run(1, || snapshot_for(HandOver::Detached));
        let _ = detached.run(|| (ID.get_store(), ID.get_store()));
    });
    let ours: Vec<_> = reports
        .iter()
        .filter(|report| report.contains("reported was set at"))
        .collect();
    assert_eq!(ours.len(), 1, "{reports:?}");
    assert!(ours[0].starts_with("LostContextWarning: "), "{reports:?}");
}

#[test]
fn a_snapshot_taken_whole_loses_nothing() {
    static ID: AsyncLocalStorage<u32> = AsyncLocalStorage::new().named("whole").expected();
    let whole = ID.run(1, snapshot);
    assert_eq!(whole.run(|| ID.get_store()), Some(1));
    assert_eq!(missed("whole"), []);
}
