//! How long stores live, and that storages leave nothing behind (law 6, clauses `MEM-…`).

use crate::support::{Drops, OnDrop, Table, assert_nothing_left, on_thread, pause, poll};
use std::any::Any;
use std::pin::pin;
use std::sync::{Arc, Barrier};
use std::thread;
use throughline_core::{
    AsyncLocalStorage, Bind, BindAsync, BindOnce, FutureContextExt, Snapshot, bind, host, root, root_scope,
    run_with, scope_with, snapshot,
};

static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
static D: AsyncLocalStorage<OnDrop> = AsyncLocalStorage::new();
static E: AsyncLocalStorage<OnDrop> = AsyncLocalStorage::new();

fn is_set() -> bool {
    D.with(|d| d.is_some())
}

mod held {
    use super::*;

    /// Everything that can keep a context, made where D is set.
    type Holder = Box<dyn Any + Send>;
    const HOLDERS: &Table<fn() -> Holder> = &[
        ("a snapshot", || Box::new(snapshot())),
        ("a clone of a snapshot", || {
            let then = snapshot();
            Box::new(then.clone())
        }),
        ("a frame made of it", || {
            Box::new(host::frame_with(&snapshot(), &A, 1))
        }),
        ("a future", || Box::new(async {}.in_context())),
        ("a future that is pending", || {
            let mut future = Box::pin(pause().in_context());
            assert!(poll(future.as_mut()).is_pending());
            Box::new(future)
        }),
        ("a scope that is pending", || {
            let mut future = Box::pin(A.scope(1, pause()));
            assert!(poll(future.as_mut()).is_pending());
            Box::new(future)
        }),
        ("a bound closure", || Box::new((|| ()).bind())),
        ("a bound closure that was called", || {
            let bound = (|| ()).bind();
            bound();
            Box::new(bound)
        }),
        ("a closure bound for one call", || Box::new((|| ()).bind_once())),
        ("a closure bound by macro", || Box::new(bind!(|| ()))),
        ("a bound async closure", || Box::new((async || ()).bind_async())),
    ];

    /// MEM-1, and law 6: for as long as somebody has captured it, and no longer.
    #[test]
    fn until_the_last_capture_goes() {
        for (name, hold) in HOLDERS {
            let drops = Drops::default();
            let holder = D.run(OnDrop::counting(&drops), || {
                let holder = hold();
                assert_eq!(drops.count(), 0, "{name}");
                holder
            });
            assert_eq!(drops.count(), 0, "{name}");
            // On another thread, for good measure.
            on_thread(|| drop(holder));
            assert_eq!(drops.count(), 1, "{name}");
        }
    }

    /// The same of a store that was entered.
    #[test]
    fn entered_until_the_last_capture_goes() {
        for (name, hold) in HOLDERS {
            let drops = Drops::default();
            let holder = root(|| {
                D.enter_with(OnDrop::counting(&drops));
                let holder = hold();
                D.disable();
                assert_eq!(drops.count(), 0, "{name}");
                holder
            });
            drop(holder);
            assert_eq!(drops.count(), 1, "{name}");
        }
    }

    /// Several holders of one store, let go of in any order.
    #[test]
    fn by_several_in_any_order() {
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let drops = Drops::default();
            let mut holders: [Option<Holder>; 3] = D.run(OnDrop::counting(&drops), || {
                [
                    Some(Box::new(snapshot()) as Holder),
                    Some(Box::new(A.run(1, snapshot)) as Holder),
                    Some(
                        Box::new(E.run(OnDrop::counting(&Drops::default()), || async {}.in_context()))
                            as Holder,
                    ),
                ]
            });
            for (n, holder) in order.into_iter().enumerate() {
                assert_eq!(drops.count(), 0, "{order:?} at {n}");
                holders[holder] = None;
            }
            assert_eq!(drops.count(), 1, "{order:?}");
        }
    }

    /// The docs of `Snapshot`: every store of its moment, not just the interesting one.
    #[test]
    fn all_stores_of_a_snapshot_together() {
        let drops = Drops::default();
        let then = D.run(OnDrop::counting(&drops), || {
            E.run(OnDrop::counting(&drops), || A.run(1, snapshot))
        });
        assert_eq!(drops.count(), 0);
        assert!(then.with(&D, |d| d.is_some()) && then.with(&E, |e| e.is_some()));
        drop(then);
        assert_eq!(drops.count(), 2);
    }

    /// By nobody: it goes when its boundary ends, and not before.
    #[test]
    fn by_nobody_until_its_boundary_ends() {
        let drops = Drops::default();
        let store = || OnDrop::counting(&drops);
        D.run(store(), || {
            // Hidden by others in between, but the boundary goes back to it.
            D.run(store(), || assert_eq!(drops.count(), 0));
            assert_eq!(drops.count(), 1);
            D.exit(|| assert_eq!(drops.count(), 1));
            root(|| D.enter_with(store()));
            assert_eq!(drops.count(), 2);
            assert!(is_set());
        });
        assert_eq!(drops.count(), 3);
    }

    /// What a snapshot holds is dropped by whoever drops it last, once, however many threads there are.
    #[test]
    fn by_many_threads_at_once() {
        let (drops, inner) = (Drops::default(), Drops::default());
        let meet = Barrier::new(4);
        const ROUNDS: usize = 200;
        let shared: Vec<Snapshot> = (0..ROUNDS)
            .map(|_| D.run(OnDrop::counting(&drops), snapshot))
            .collect();
        thread::scope(|s| {
            for _ in 0..4 {
                let (own, meet, inner) = (shared.clone(), &meet, &inner);
                s.spawn(move || {
                    meet.wait();
                    for then in own {
                        let (hiding, nested) = then.run(|| {
                            assert!(is_set());
                            let hiding = D.run(OnDrop::counting(inner), snapshot);
                            (hiding, E.run(OnDrop::counting(inner), || async {}.in_context()))
                        });
                        drop(then);
                        drop(hiding);
                        drop(nested);
                    }
                });
            }
            drop(shared);
        });
        assert_eq!((drops.count(), inner.count()), (ROUNDS, 4 * 2 * ROUNDS));
    }

    /// A boundary ends on one thread while another thread still holds, uses and drops what was captured in it.
    #[test]
    fn over_the_end_of_the_boundary_on_another_thread() {
        let drops = Drops::default();
        for _ in 0..200 {
            let meet = Arc::new(Barrier::new(2));
            let other = D.run(OnDrop::counting(&drops), || {
                E.run(OnDrop::counting(&drops), || {
                    let (then, meet) = (A.run(1, snapshot), Arc::clone(&meet));
                    thread::spawn(move || {
                        meet.wait();
                        assert!(then.run(is_set));
                    })
                })
            });
            // The other thread may be anywhere in its use by now; here one more boundary ends meanwhile.
            let kept = D.run(OnDrop::counting(&drops), || {
                let then = snapshot();
                meet.wait();
                then
            });
            drop(kept);
            other.join().unwrap();
        }
        assert_eq!(drops.count(), 600);
    }
}

/// MEM-4: a store hidden by an inner one of the same storage is not kept alive by whoever captured the inner one.
mod hidden {
    use super::*;

    /// `capture` has to capture, where D is set, a context that hides that store; it must not keep it alive.
    #[track_caller]
    fn is_let_go<H>(capture: impl FnOnce(&dyn Fn() -> OnDrop) -> H) {
        let (outer, other) = (Drops::default(), Drops::default());
        let holder = E.run(OnDrop::counting(&other), || {
            D.run(OnDrop::counting(&outer), || {
                capture(&|| OnDrop::counting(&Drops::default()))
            })
        });
        assert_eq!(outer.count(), 1, "the hidden store is kept");
        assert_eq!(other.count(), 0, "the store of another storage is not");
        drop(holder);
        assert_eq!((outer.count(), other.count()), (1, 1));
    }

    #[test]
    fn by_a_run() {
        is_let_go(|store| D.run(store(), snapshot));
        is_let_go(|store| D.run(store(), || A.run(1, || A.run(2, snapshot))));
        is_let_go(|store| A.run(1, || D.run(store(), || (|| ()).bind())));
        is_let_go(|store| D.run(store(), || D.run(store(), || async {}.in_context())));
    }

    #[test]
    fn by_a_run_with_several() {
        is_let_go(|store| run_with(((&A, 1), (&D, store())), snapshot));
        is_let_go(|store| run_with(((&D, store()),), || A.run(1, snapshot)));
    }

    #[test]
    fn by_an_exit() {
        is_let_go(|_| D.exit(snapshot));
        is_let_go(|_| D.exit(|| A.run(1, snapshot)));
        is_let_go(|_| A.run(1, || D.exit(|| A.exit(snapshot))));
    }

    #[test]
    fn by_what_was_entered() {
        is_let_go(|store| {
            D.enter_with(store());
            snapshot()
        });
        is_let_go(|_| {
            D.disable();
            snapshot()
        });
        is_let_go(|store| {
            std::mem::forget(D.with_scope(store()));
            A.run(1, snapshot)
        });
        is_let_go(|store| {
            D.disable();
            D.enter_with(store());
            A.enter_with(1);
            snapshot()
        });
    }

    /// A context captured under a guard does not keep what the guard will go back to.
    #[test]
    fn by_a_guard_that_goes_back_to_it() {
        is_let_go(|store| {
            let guard = D.with_scope(store());
            let then = snapshot();
            drop(guard);
            then
        });
    }

    #[test]
    fn by_a_future_that_was_polled() {
        is_let_go(|store| {
            let mut future = Box::pin(D.scope(store(), pause()));
            assert!(poll(future.as_mut()).is_pending());
            future
        });
        is_let_go(|_| {
            let mut future = Box::pin(D.exit_scope(pause()));
            assert!(poll(future.as_mut()).is_pending());
            future
        });
        is_let_go(|store| {
            let mut future = Box::pin(scope_with(((&A, 1), (&D, store())), pause()));
            assert!(poll(future.as_mut()).is_pending());
            future
        });
        // Replaced inside.
        is_let_go(|_| {
            let mut future = Box::pin(
                async {
                    D.disable();
                    pause().await;
                }
                .in_context(),
            );
            assert!(poll(future.as_mut()).is_pending());
            future
        });
    }

    #[test]
    fn by_a_frame_that_a_host_made() {
        is_let_go(|store| host::frame_with(&snapshot(), &D, store()));
        is_let_go(|_| host::frame_without(&snapshot(), &D));
    }

    /// The outer boundary is still open: it holds the store, which is there again afterwards.
    #[test]
    fn it_stays_for_the_boundary_that_goes_back_to_it() {
        let drops = Drops::default();
        D.run(OnDrop::counting(&drops), || {
            let then = D.run(OnDrop::counting(&Drops::default()), snapshot);
            drop(D.exit(snapshot));
            drop(then);
            assert!(is_set());
            assert_eq!(drops.count(), 0);
        });
        assert_eq!(drops.count(), 1);
    }
}

/// Long-running work does not grow.
mod in_a_long_loop {
    use super::*;

    const LONG: usize = 100_000;

    #[test]
    fn of_enter_with_each_store_goes_when_the_next_one_comes() {
        let drops = Drops::default();
        root(|| {
            for n in 0..LONG {
                assert_eq!(drops.count(), n.saturating_sub(1));
                D.enter_with(OnDrop::counting(&drops));
            }
        });
        assert_eq!(drops.count(), LONG);
    }

    #[test]
    fn of_enter_with_on_two_storages() {
        let (d, e) = (Drops::default(), Drops::default());
        A.run(1, || {
            for n in 0..LONG {
                D.enter_with(OnDrop::counting(&d));
                assert_eq!((d.count(), e.count()), (n, n.saturating_sub(1)));
                E.enter_with(OnDrop::counting(&e));
                assert_eq!((d.count(), e.count()), (n, n));
            }
        });
        assert_eq!((d.count(), e.count()), (LONG, LONG));
    }

    #[test]
    fn of_guards() {
        let drops = Drops::default();
        root(|| {
            for n in 0..LONG {
                let guard = D.with_scope(OnDrop::counting(&drops));
                assert_eq!(drops.count(), n);
                drop(guard);
                assert_eq!(drops.count(), n + 1);
            }
        });
    }

    /// A chain of guards, each opened before the last one is closed.
    #[test]
    fn of_guards_that_overlap() {
        let drops = Drops::default();
        root(|| {
            let mut last = D.with_scope(OnDrop::counting(&drops));
            for n in 0..LONG {
                let next = D.with_scope(OnDrop::counting(&drops));
                drop(std::mem::replace(&mut last, next));
                assert_eq!(drops.count(), n + 1);
            }
        });
    }

    /// Each context is made out of the last one, as in a task that spawns its own successor.
    #[test]
    fn of_contexts_made_out_of_each_other() {
        let (d, e) = (Drops::default(), Drops::default());
        let mut then = Snapshot::empty();
        for n in 0..LONG {
            then = then.run(|| D.run(OnDrop::counting(&d), snapshot));
            assert_eq!(d.count(), n);
            then = then.run(|| {
                E.enter_with(OnDrop::counting(&e));
                snapshot()
            });
            assert_eq!(e.count(), n);
            assert_eq!(then.len(), 2);
        }
    }

    #[test]
    fn of_polls_that_enter_something() {
        let drops = Drops::default();
        let mut future = pin!(root_scope(async {
            loop {
                D.enter_with(OnDrop::counting(&drops));
                pause().await;
            }
            // It gives the block a type.
            #[allow(unreachable_code)]
            ()
        }));
        for n in 0..LONG {
            assert!(poll(future.as_mut()).is_pending());
            assert_eq!(drops.count(), n);
        }
    }
}

/// Storages that are made and dropped at run time.
mod storages_that_go {
    use super::*;

    /// MEM-2, and ALS-24: none was disabled. There are fewer slots than this, so that each has to be used again.
    #[test]
    fn a_hundred_thousand_leave_nothing() {
        let drops = Drops::default();
        const MANY: usize = 100_000;
        let kept = AsyncLocalStorage::new();
        kept.run("kept", || {
            for n in 0..MANY {
                let storage = AsyncLocalStorage::new();
                storage.run(OnDrop::counting(&drops), || {
                    assert!(storage.with(|s| s.is_some()))
                });
                assert_eq!(drops.count(), n + 1);
            }
            assert_eq!((kept.get_store(), snapshot().len()), (Some("kept"), 1));
        });
        let late = AsyncLocalStorage::new();
        late.run(5, || {
            assert_eq!((late.get_store(), snapshot().len()), (Some(5), 1))
        });
        assert_nothing_left();
    }

    /// MEM-2, with stores that are entered: in one boundary, none is carried on beyond the next change.
    #[test]
    fn a_hundred_thousand_entered_in_one_boundary_leave_nothing() {
        let drops = Drops::default();
        root(|| {
            for n in 0..100_000 {
                let storage = AsyncLocalStorage::new();
                storage.enter_with(OnDrop::counting(&drops));
                assert_eq!(drops.count(), n);
            }
            A.enter_with(1);
            assert_eq!((drops.count(), snapshot().len()), (100_000, 1));
        });
    }

    /// Law 6: frames that hold its store keep it until they go …
    #[test]
    fn a_snapshot_keeps_the_store_of_a_storage_that_went() {
        let drops = Drops::default();
        let storage = AsyncLocalStorage::new();
        let then = storage.run(OnDrop::counting(&drops), snapshot);
        drop(storage);
        then.run(|| assert_eq!(drops.count(), 0));
        assert_eq!(drops.count(), 0);
        drop(then);
        assert_eq!(drops.count(), 1);
    }

    /// … and no new frame copies it on: an old frame that goes takes it along, whatever was made on top.
    #[test]
    fn no_frame_made_later_keeps_it() {
        let store_and_frame = |drops: &Drops| {
            let storage = AsyncLocalStorage::new();
            let old = D.run(OnDrop::counting(&Drops::default()), || {
                storage.run(OnDrop::counting(drops), snapshot)
            });
            drop(storage);
            old
        };
        let makers: &Table<fn() -> Snapshot> = &[
            ("run", || A.run(1, snapshot)),
            ("run of a storage that was set", || {
                D.run(OnDrop::counting(&Drops::default()), snapshot)
            }),
            ("run_with", || run_with(((&A, 1),), snapshot)),
            ("exit", || D.exit(snapshot)),
            ("enter_with", || {
                A.enter_with(1);
                snapshot()
            }),
            ("a guard", || {
                let _guard = A.with_scope(1);
                snapshot()
            }),
            ("disable", || {
                D.disable();
                snapshot()
            }),
            ("frame_with", || host::frame_with(&snapshot(), &A, 1)),
            ("frame_without", || host::frame_without(&snapshot(), &D)),
            ("a nested run", || {
                E.run(OnDrop::counting(&Drops::default()), || A.run(1, snapshot))
            }),
        ];
        for (name, make) in makers {
            let drops = Drops::default();
            let old = store_and_frame(&drops);
            let new = old.run(make);
            assert_eq!(drops.count(), 0, "{name}");
            drop(old);
            assert_eq!(drops.count(), 1, "{name}");
            assert!(new.len() <= 3, "{name}");
            drop(new);
        }
        // The same of futures, whose frame is made at the first poll.
        let drops = Drops::default();
        let old = store_and_frame(&drops);
        let mut future = pin!(A.scope(1, pause()));
        assert!(old.run(|| poll(future.as_mut())).is_pending());
        drop(old);
        assert_eq!(drops.count(), 1);
    }

    /// Storages enough to take every free slot, those of storages just dropped among them; and what there is to read if all
    /// of them are set, storage n to n.
    fn take_every_slot() -> (Vec<AsyncLocalStorage<usize>>, Snapshot) {
        let storages: Vec<_> = (0..600).map(|_| AsyncLocalStorage::new()).collect();
        let all = storages
            .iter()
            .enumerate()
            .fold(Snapshot::empty(), |frame, (n, s)| host::frame_with(&frame, s, n));
        (storages, all)
    }

    #[track_caller]
    fn assert_all_set(storages: &[AsyncLocalStorage<usize>], seen: &Snapshot) {
        for (n, storage) in storages.iter().enumerate() {
            assert_eq!(seen.get(storage), Some(n), "storage {n} of {}", storages.len());
        }
    }

    /// Law 6: "its slot is reused, its id never".
    #[test]
    fn the_store_of_one_is_never_taken_for_that_of_the_storage_that_has_its_slot() {
        let gone = AsyncLocalStorage::<usize>::new();
        let then = gone.run(5, snapshot);
        drop(gone);
        let (storages, all) = take_every_slot();
        then.run(|| {
            for storage in &storages {
                assert_eq!(storage.get_store(), None);
                assert!(storage.with(|s| s.is_none()));
                assert!(format!("{storage:?}").ends_with("store: none }"));
            }
            assert!(storages.iter().all(|s| then.get(s).is_none()));
            storages[7].run(8, || assert_eq!(storages[7].get_store(), Some(8)));
        });
        assert_all_set(&storages, &all);
    }

    /// With a store of another type, which nobody may take for one of theirs.
    #[test]
    fn the_slot_of_one_may_hold_another_type_later() {
        let drops = Drops::default();
        let gone = AsyncLocalStorage::new();
        let then = gone.run(OnDrop::counting(&drops), snapshot);
        drop(gone);
        let (storages, _) = take_every_slot();
        then.run(|| assert!(storages.iter().all(|s| s.get_store().is_none())));
        drop(then);
        assert_eq!(drops.count(), 1);
    }

    /// A scope outlives its storage: its store cannot be read any more, and must not get in the way of anybody's.
    #[test]
    fn a_scope_first_polled_after_its_storage_went_hides_nobody_elses_store() {
        let drops = Drops::default();
        let gone = AsyncLocalStorage::new();
        let future = gone.scope(OnDrop::counting(&drops), async { snapshot() });
        drop(gone);
        let (storages, all) = take_every_slot();
        let seen = all.run(|| futures::executor::block_on(future));
        assert_all_set(&storages, &seen);
        drop(seen);
        assert_eq!(drops.count(), 1);
    }

    /// The same with a store whose destructor panics when nobody can read it any more: the future is dropped all the same.
    #[test]
    fn a_scope_of_a_storage_that_went_whose_store_panics_drops_its_future() {
        for polls in [false, true] {
            let (store, future, around) = (Drops::default(), Drops::default(), Drops::default());
            let gone = AsyncLocalStorage::new();
            let inner = future.counted();
            let scope = gone.scope(OnDrop::panicking(&store, "of the store"), async move {
                let _inner = inner;
            });
            drop(gone);
            let (_storages, all) = take_every_slot();
            let message = crate::support::panic_of(|| {
                all.run(|| {
                    D.run(OnDrop::counting(&around), || {
                        let mut scope = Box::pin(scope);
                        if polls {
                            let _ = poll(scope.as_mut());
                        }
                    });
                });
            });
            assert_eq!(message, "of the store");
            assert_eq!((store.count(), future.count(), around.count()), (1, 1, 1));
            assert_nothing_left();
        }
    }

    #[test]
    fn a_scope_dropped_after_its_storage_went_hides_nobody_elses_store() {
        let gone = AsyncLocalStorage::new();
        let seen = crate::support::Log::new();
        let at_drop = {
            let seen = seen.clone();
            OnDrop::new(move || seen.push(snapshot()))
        };
        let future = gone.scope(5, async move {
            let _at_drop = at_drop;
        });
        drop(gone);
        let (storages, all) = take_every_slot();
        all.run(|| drop(future));
        assert_all_set(&storages, &seen.take()[0]);
    }

    #[test]
    fn an_exit_scope_first_polled_after_its_storage_went_hides_nobody_elses_store() {
        let gone = AsyncLocalStorage::new();
        gone.run(5, || ());
        let future = gone.exit_scope(async { snapshot() });
        drop(gone);
        let (storages, all) = take_every_slot();
        let seen = all.run(|| futures::executor::block_on(future));
        assert_all_set(&storages, &seen);
    }

    #[test]
    fn a_guard_closed_after_its_storage_went_takes_nobody_elses_store_away() {
        root(|| {
            let gone = AsyncLocalStorage::new();
            let guard = gone.with_scope(5);
            drop(gone);
            let (storages, _) = take_every_slot();
            for (n, storage) in storages.iter().enumerate() {
                storage.enter_with(n);
            }
            drop(guard);
            assert_all_set(&storages, &snapshot());
        });
    }

    /// Two guards of a storage that is gone, out of order, with a store below.
    #[test]
    fn guards_closed_after_their_storage_went_let_their_stores_go() {
        let drops = Drops::default();
        root(|| {
            let gone = AsyncLocalStorage::new();
            gone.enter_with(OnDrop::counting(&drops));
            let first = gone.with_scope(OnDrop::counting(&drops));
            let second = gone.with_scope(OnDrop::counting(&drops));
            drop(gone);
            drop(first);
            drop(second);
        });
        assert_eq!(drops.count(), 3);
    }

    /// A future that entered a store of a storage that went meanwhile is none the wiser.
    #[test]
    fn a_future_goes_on_when_the_storage_it_uses_goes() {
        let drops = Drops::default();
        let storage = Arc::new(AsyncLocalStorage::new());
        let weak = Arc::downgrade(&storage);
        let mut future = pin!(A.scope(1, async {
            weak.upgrade().unwrap().enter_with(OnDrop::counting(&drops));
            pause().await;
            (weak.upgrade().is_none(), A.get_store())
        }));
        assert!(poll(future.as_mut()).is_pending());
        drop(storage);
        take_every_slot();
        assert_eq!(drops.count(), 0);
        assert_eq!(poll(future.as_mut()), std::task::Poll::Ready((true, Some(1))));
        assert_eq!(drops.count(), 1);
    }

    /// Dropped on one thread while its store is current on another.
    #[test]
    fn one_may_be_dropped_while_its_store_is_current_elsewhere() {
        let drops = Drops::default();
        let storage = AsyncLocalStorage::new();
        let then = storage.run(OnDrop::counting(&drops), snapshot);
        then.run(|| {
            on_thread(|| drop(storage));
            assert_eq!(drops.count(), 0);
            let inner = A.run(1, snapshot);
            assert_eq!(inner.get(&A), Some(1));
        });
        assert_eq!(drops.count(), 0);
        drop(then);
        assert_eq!(drops.count(), 1);
    }

    /// Threads that make, use and drop storages at the same time.
    #[test]
    fn many_come_and_go_on_many_threads() {
        let drops = Drops::default();
        thread::scope(|s| {
            for t in 0..4 {
                let drops = &drops;
                s.spawn(move || {
                    let mut kept: Vec<Snapshot> = Vec::new();
                    for n in 0..500 {
                        let (one, two) = (AsyncLocalStorage::new(), AsyncLocalStorage::new());
                        let base = kept.pop().unwrap_or_default();
                        let then = base.run(|| {
                            one.run(OnDrop::counting(drops), || two.run((t, n), || A.run(n, snapshot)))
                        });
                        assert_eq!((then.get(&two), then.get(&A)), (Some((t, n)), Some(n)));
                        assert!(then.with(&one, |one| one.is_some()));
                        kept.push(then);
                    }
                });
            }
        });
        assert_eq!(drops.count(), 2000);
    }

    /// One that was only ever read takes no place, and one that was never used goes quietly.
    #[test]
    fn one_that_was_never_set_goes_quietly() {
        let storage = AsyncLocalStorage::with_default(|| String::from("default"));
        assert_eq!(storage.get_store().as_deref(), Some("default"));
        drop(storage);
        drop(AsyncLocalStorage::<u32>::new());
    }

    /// Two threads set one storage for the first time at the same moment.
    #[test]
    fn one_set_first_by_two_threads_at_once_is_one() {
        for _ in 0..200 {
            let storage = AsyncLocalStorage::new();
            let meet = Barrier::new(2);
            thread::scope(|s| {
                let threads = [1, 2].map(|n| {
                    let (storage, meet) = (&storage, &meet);
                    s.spawn(move || {
                        meet.wait();
                        storage.run(n, snapshot)
                    })
                });
                let seen = threads.map(|t| t.join().unwrap().get(&storage));
                assert_eq!(seen, [Some(1), Some(2)]);
            });
        }
    }
}
