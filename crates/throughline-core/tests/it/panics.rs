//! Panics in user code, at every place where user code runs. Each goes to its caller, breaks nothing, and leaves nothing
//! behind on the thread.

use crate::support::{Counted, Drops, Log, OnDrop, Table, assert_nothing_left, panic_of, pause, poll};
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;
use throughline_core::{
    AsyncLocalStorage, FutureContextExt, Snapshot, host, root, root_scope, run_with, snapshot,
};

static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
static D: AsyncLocalStorage<OnDrop> = AsyncLocalStorage::new();
static E: AsyncLocalStorage<OnDrop> = AsyncLocalStorage::new();
static F: AsyncLocalStorage<OnDrop> = AsyncLocalStorage::new();

/// Whether D, E and F are set.
fn set() -> [bool; 3] {
    [&D, &E, &F].map(|s| s.with(|store| store.is_some()))
}

mod in_a_poll {
    use super::*;

    /// Peers' trap 7: else the next request on the thread reads foreign data.
    #[test]
    fn the_poller_is_as_it_was() {
        A.run(1, || {
            let mut future = Box::pin(A.scope(2, async {
                A.enter_with(5);
                std::mem::forget(A.with_scope(6));
                panic!("in the poll")
            }));
            let guard = A.with_scope(3);
            assert_eq!(panic_of(|| poll(future.as_mut())), "in the poll");
            assert_eq!(A.get_store(), Some(3));
            drop(guard);
            assert_eq!(A.get_store(), Some(1));
            drop(future);
            assert_eq!(A.get_store(), Some(1));
        });
        assert_nothing_left();
    }

    /// Its own context is as it left it, too: a caught panic may be followed by another poll.
    #[test]
    fn the_future_can_be_polled_again_in_its_context() {
        let log = Log::new();
        let mut first = true;
        let inner = std::future::poll_fn(|_| {
            log.push(A.get_store());
            if std::mem::take(&mut first) {
                A.enter_with(6);
                panic!("in the poll")
            }
            Poll::Ready(A.get_store())
        });
        let mut future = pin!(A.scope(5, inner));
        panic_of(|| poll(future.as_mut()));
        assert_nothing_left();
        assert_eq!(A.run(1, || poll(future.as_mut())), Poll::Ready(Some(6)));
        assert_eq!(log.take(), [Some(5), Some(6)]);
    }

    /// An `async fn` that panicked says so itself.
    #[test]
    fn an_async_block_that_panicked_panics_again() {
        let mut future = pin!(A.scope(5, async { panic!("once") }));
        assert_eq!(panic_of(|| poll(future.as_mut())), "once");
        assert!(panic_of(|| poll(future.as_mut())).contains("panick"));
        assert_nothing_left();
    }

    #[test]
    fn polling_a_ready_future_again_panics_and_leaves_nothing() {
        let mut captured = pin!(A.run(1, || async {}.in_context()));
        let mut scoped = pin!(A.scope(1, async {}));
        assert!(poll(captured.as_mut()).is_ready());
        assert!(poll(scoped.as_mut()).is_ready());
        for message in [
            panic_of(|| poll(captured.as_mut())),
            panic_of(|| poll(scoped.as_mut())),
        ] {
            assert!(message.contains("polled again after it was ready"), "{message}");
        }
        assert_nothing_left();
    }

    /// In the inner future's destructor, at the place where it is ready.
    #[test]
    fn a_destructor_that_panics_when_the_future_is_ready() {
        let (drops, stores) = (Drops::default(), Drops::default());
        let last = OnDrop::panicking(&drops, "in the destructor");
        let mut future = Box::pin(D.scope(OnDrop::counting(&stores), async move {
            let _last = &last;
        }));
        A.run(1, || {
            assert_eq!(panic_of(|| poll(future.as_mut())), "in the destructor");
            assert_eq!((A.get_store(), set()), (Some(1), [false; 3]));
        });
        drop(future);
        assert_eq!((drops.count(), stores.count()), (1, 1));
        assert_nothing_left();
    }

    #[test]
    fn a_destructor_that_panics_when_the_future_is_dropped() {
        for polls in 0..2 {
            let (drops, stores) = (Drops::default(), Drops::default());
            let last = OnDrop::panicking(&drops, "in the destructor");
            let mut future = Box::pin(D.scope(OnDrop::counting(&stores), async move {
                let _last = &last;
                pause().await;
            }));
            for _ in 0..polls {
                assert!(poll(future.as_mut()).is_pending());
            }
            A.run(1, || {
                assert_eq!(panic_of(|| drop(future)), "in the destructor");
                assert_eq!((A.get_store(), set()), (Some(1), [false; 3]));
            });
            assert_eq!((drops.count(), stores.count()), (1, 1));
        }
    }

    /// Both the future's destructor and its store's: no abort, the first one goes on.
    #[test]
    fn the_destructors_of_a_future_and_of_its_store_panic() {
        let (drops, stores) = (Drops::default(), Drops::default());
        let last = OnDrop::panicking(&drops, "of the future");
        let mut future = Box::pin(D.scope(OnDrop::panicking(&stores, "of the store"), async move {
            let _last = &last;
            pause().await;
        }));
        assert!(poll(future.as_mut()).is_pending());
        assert_eq!(panic_of(|| drop(future)), "of the future");
        assert_eq!((drops.count(), stores.count()), (1, 1));
        assert_nothing_left();
    }
}

/// Law 6: each store is dropped exactly once, also when one of them panics. Law 5: after everything is put back.
mod in_the_drop_of_a_store {
    use super::*;

    /// Calls `f` with a store that panics when it is dropped, where A is 1; it has to panic with that, and leave all as it was.
    #[track_caller]
    fn goes_to_the_caller(f: impl FnOnce(OnDrop)) {
        let drops = Drops::default();
        let store = OnDrop::panicking(&drops, "of the store");
        A.run(1, || {
            assert_eq!(panic_of(|| f(store)), "of the store");
            assert_eq!((A.get_store(), set()), (Some(1), [false; 3]));
        });
        assert_eq!(drops.count(), 1);
        assert_nothing_left();
    }

    #[test]
    fn at_the_end_of_a_run() {
        goes_to_the_caller(|store| D.run(store, || ()));
        goes_to_the_caller(|store| run_with(((&D, store), (&A, 2)), || ()));
        goes_to_the_caller(|store| D.run(store, || A.enter_with(2)));
        // Captured and let go of inside.
        goes_to_the_caller(|store| D.run(store, || drop(snapshot())));
        // Captured, and let go of by the entered frame of the same boundary, which owns it.
        goes_to_the_caller(|store| {
            D.run(store, || {
                let then = snapshot();
                A.enter_with(2);
                drop(then);
            });
        });
    }

    #[test]
    fn at_the_end_of_a_boundary_it_was_entered_in() {
        goes_to_the_caller(|store| root(|| D.enter_with(store)));
        goes_to_the_caller(|store| A.run(2, || D.enter_with(store)));
        goes_to_the_caller(|store| A.exit(|| D.enter_with(store)));
        goes_to_the_caller(|store| root(|| std::mem::forget(D.with_scope(store))));
    }

    #[test]
    fn with_the_last_snapshot() {
        goes_to_the_caller(|store| {
            let then = D.run(store, snapshot);
            drop(then);
        });
    }

    #[test]
    fn of_a_future() {
        goes_to_the_caller(|store| drop(D.scope(store, async {})));
        goes_to_the_caller(|store| {
            let future = D.run(store, || async {}.in_context());
            drop(future);
        });
        // Ready: the frame is let go of in the poll.
        goes_to_the_caller(|store| {
            let _ = poll(pin!(D.scope(store, async {})));
        });
        // Replaced inside a poll: it goes at the end of that poll.
        goes_to_the_caller(|store| {
            let mut future = pin!(D.scope(store, async {
                D.disable();
                pause().await;
            }));
            let _ = poll(future.as_mut());
        });
    }

    #[test]
    fn of_a_bound_closure() {
        use throughline_core::{Bind, BindOnce};
        goes_to_the_caller(|store| drop(D.run(store, || (|| ()).bind())));
        goes_to_the_caller(|store| D.run(store, || (|| ()).bind_once())());
    }

    #[test]
    fn refused_outside_any_boundary() {
        let drops = Drops::default();
        let store = OnDrop::panicking(&drops, "of the store");
        assert_eq!(panic_of(|| drop(D.try_enter_with(store))), "of the store");
        assert_eq!(drops.count(), 1);
        assert_nothing_left();
    }

    /// The docs of `enter_with`: "the new one is in place by then".
    #[test]
    fn replaced_by_another_which_is_in_place_by_then() {
        let (old, new) = (Drops::default(), Drops::default());
        root(|| {
            A.enter_with(1);
            D.enter_with(OnDrop::panicking(&old, "of the store"));
            assert_eq!(panic_of(|| D.enter_with(OnDrop::counting(&new))), "of the store");
            assert_eq!((A.get_store(), set()), (Some(1), [true, false, false]));
            assert_eq!((old.count(), new.count()), (1, 0));
        });
        assert_eq!((old.count(), new.count()), (1, 1));
    }

    #[test]
    fn disabled_which_it_is_all_the_same() {
        let drops = Drops::default();
        root(|| {
            A.enter_with(1);
            D.enter_with(OnDrop::panicking(&drops, "of the store"));
            assert_eq!(panic_of(|| D.disable()), "of the store");
            assert_eq!((A.get_store(), set()), (Some(1), [false; 3]));
        });
        assert_eq!(drops.count(), 1);
    }

    /// The store a guard would have brought back goes with `disable`. That it panics does not leave the storage set.
    #[test]
    fn disabled_under_a_guard_which_it_is_all_the_same() {
        let (below, above) = (Drops::default(), Drops::default());
        root(|| {
            D.enter_with(OnDrop::panicking(&below, "of the store"));
            let guard = D.with_scope(OnDrop::counting(&above));
            assert_eq!(panic_of(|| D.disable()), "of the store");
            assert_eq!(set(), [false; 3]);
            assert_eq!((below.count(), above.count()), (1, 1));
            drop(guard);
            assert_eq!(set(), [false; 3]);
        });
        assert_eq!((below.count(), above.count()), (1, 1));
    }

    #[test]
    fn put_out_of_force_by_a_host() {
        let drops = Drops::default();
        root(|| {
            D.enter_with(OnDrop::panicking(&drops, "of the store"));
            let former = host::set(Snapshot::empty()).unwrap();
            assert_eq!(panic_of(|| drop(former)), "of the store");
            assert_eq!(set(), [false; 3]);
        });
        assert_eq!(drops.count(), 1);
    }

    #[test]
    fn at_the_end_of_a_guard_after_it_is_put_back() {
        let drops = Drops::default();
        root(|| {
            A.enter_with(1);
            let guard = D.with_scope(OnDrop::panicking(&drops, "of the store"));
            assert_eq!(panic_of(|| drop(guard)), "of the store");
            assert_eq!((A.get_store(), set()), (Some(1), [false; 3]));
            // Under another guard, which goes on.
            let kept = Drops::default();
            let first = D.with_scope(OnDrop::panicking(&drops, "of the store"));
            let second = D.with_scope(OnDrop::counting(&kept));
            assert_eq!(panic_of(|| drop(first)), "of the store");
            assert_eq!((set(), kept.count()), ([true, false, false], 0));
            drop(second);
            assert_eq!((set(), kept.count()), ([false; 3], 1));
        });
        assert_eq!(drops.count(), 2);
        assert_nothing_left();
    }

    /// The result of the closure is dropped, once, by the panic that takes its place.
    #[test]
    fn the_result_that_cannot_be_returned_is_dropped() {
        let ends: &Table<fn(OnDrop, Counted) -> Counted> = &[
            ("run", |store, result| D.run(store, || result)),
            ("run_with", |store, result| run_with(((&D, store),), || result)),
            ("run, entered", |store, result| {
                A.run(1, || {
                    D.enter_with(store);
                    result
                })
            }),
            ("exit", |store, result| {
                A.exit(|| {
                    D.enter_with(store);
                    result
                })
            }),
            // The store goes last, when what was entered inside has ended it outside.
            ("exit, with nothing to leave", |store, result| {
                root(|| {
                    D.enter_with(store);
                    A.exit(|| {
                        E.enter_with(OnDrop::new(|| D.disable()));
                        result
                    })
                })
            }),
            ("root", |store, result| {
                root(|| {
                    D.enter_with(store);
                    result
                })
            }),
            ("Snapshot::run", |store, result| {
                Snapshot::empty().run(|| {
                    D.enter_with(store);
                    result
                })
            }),
            ("a bound closure", |store, result| {
                use throughline_core::BindOnce;
                (|| {
                    D.enter_with(store);
                    result
                })
                .bind_once()()
            }),
            (
                "a bound closure, the last to hold its context",
                |store, result| {
                    use throughline_core::BindOnce;
                    let bound = D.run(store, || (|| result).bind_once());
                    bound()
                },
            ),
            ("with", |store, result| {
                root(|| {
                    D.enter_with(store);
                    D.with(|_| {
                        D.disable();
                        result
                    })
                })
            }),
            ("poll", |store, result| {
                let Poll::Ready(result) = poll(pin!(D.scope(store, async { result }))) else {
                    unreachable!()
                };
                result
            }),
            ("into_inner", |store, result| {
                D.scope(store, result).into_inner().unwrap()
            }),
            ("into_inner, captured", |store, result| {
                let adapter = D.run(store, snapshot).scope(result);
                adapter.into_inner().unwrap()
            }),
            ("poll, replaced", |store, result| {
                let future = D.scope(store, async {
                    D.disable();
                    result
                });
                let Poll::Ready(result) = poll(pin!(future)) else {
                    unreachable!()
                };
                result
            }),
        ];
        let mut leaking = Vec::new();
        for (name, end) in ends {
            let results = Drops::default();
            let store = OnDrop::panicking(&Drops::default(), "of the store");
            let result = results.counted();
            assert_eq!(panic_of(|| end(store, result)), "of the store", "{name}");
            if results.count() != 1 {
                leaking.push(*name);
            }
        }
        assert_nothing_left();
        assert_eq!(leaking, [""; 0]);
    }
}

/// The docs of `run`: such a panic, while another one unwinds, goes no further; in particular it does not abort.
mod in_the_drop_of_a_store_while_another_panic_unwinds {
    use super::*;

    /// `f` has to panic with "first", having dropped the store it was given.
    #[track_caller]
    fn goes_no_further(f: impl FnOnce(OnDrop)) {
        let drops = Drops::default();
        let store = OnDrop::panicking(&drops, "of the store");
        A.run(1, || {
            assert_eq!(panic_of(|| f(store)), "first");
            assert_eq!((A.get_store(), set()), (Some(1), [false; 3]));
        });
        assert_eq!(drops.count(), 1);
        assert_nothing_left();
    }

    #[test]
    fn at_the_end_of_a_boundary() {
        goes_no_further(|store| D.run(store, || panic!("first")));
        goes_no_further(|store| run_with(((&D, store), (&A, 2)), || panic!("first")));
        goes_no_further(|store| {
            root(|| {
                D.enter_with(store);
                panic!("first")
            })
        });
        goes_no_further(|store| {
            A.run(2, || {
                D.enter_with(store);
                panic!("first")
            })
        });
        goes_no_further(|store| {
            A.exit(|| {
                std::mem::forget(D.with_scope(store));
                panic!("first")
            })
        });
        goes_no_further(|store| {
            D.run(store, || {
                let _then = snapshot();
                panic!("first")
            })
        });
    }

    #[test]
    fn of_a_guard() {
        goes_no_further(|store| {
            root(|| {
                let _guard = D.with_scope(store);
                panic!("first")
            })
        });
        goes_no_further(|store| {
            root(|| {
                let first = D.with_scope(store);
                let _second = D.with_scope(OnDrop::counting(&Drops::default()));
                let _dropped_before_the_second = first;
                panic!("first")
            })
        });
    }

    #[test]
    fn of_a_snapshot() {
        goes_no_further(|store| {
            let _then = D.run(store, snapshot);
            panic!("first")
        });
    }

    #[test]
    fn of_a_future() {
        goes_no_further(|store| {
            let _future = D.scope(store, async {});
            panic!("first")
        });
        goes_no_further(|store| {
            let _future = D.run(store, || async {}.in_context());
            panic!("first")
        });
        goes_no_further(|store| {
            let mut future = Box::pin(D.scope(store, async { panic!("first") }));
            let _ = poll(future.as_mut());
        });
        // Replaced inside the poll that panics.
        goes_no_further(|store| {
            let mut future = Box::pin(D.scope(store, async {
                D.disable();
                panic!("first")
            }));
            let _ = poll(future.as_mut());
        });
    }

    #[test]
    fn of_a_bound_closure() {
        use throughline_core::{Bind, BindOnce};
        goes_no_further(|store| {
            let _bound = D.run(store, || (|| ()).bind());
            panic!("first")
        });
        goes_no_further(|store| D.run(store, || (|| panic!("first")).bind_once())());
    }
}

mod in_a_chain_of_stores {
    use super::*;

    /// Makes three stores, of which those in `panicking` panic; has `f` drop them all; and checks that it did, and that the
    /// panic that came out was one of theirs.
    #[track_caller]
    fn each_is_dropped_once(f: fn([OnDrop; 3])) {
        const NAMES: [&str; 3] = ["first", "second", "third"];
        for panicking in 1..8_usize {
            let drops: [Drops; 3] = Default::default();
            let does_panic = |n: usize| panicking >> n & 1 == 1;
            let stores = [0, 1, 2].map(|n| {
                if does_panic(n) {
                    OnDrop::panicking(&drops[n], NAMES[n])
                } else {
                    OnDrop::counting(&drops[n])
                }
            });
            let message = panic_of(|| f(stores));
            assert!(
                (0..3).any(|n| does_panic(n) && message == NAMES[n]),
                "{panicking:03b}: {message}"
            );
            assert_eq!(drops.each_ref().map(Drops::count), [1; 3], "{panicking:03b}");
            assert_nothing_left();
        }
    }

    fn in_three_runs<R>([d, e, f]: [OnDrop; 3], then: impl FnOnce() -> R) -> R {
        D.run(d, || E.run(e, || F.run(f, then)))
    }

    #[test]
    fn of_nested_runs() {
        each_is_dropped_once(|stores| in_three_runs(stores, || ()));
    }

    #[test]
    fn of_nested_runs_that_unwind() {
        let drops = Drops::default();
        let stores = ["1", "2", "3"].map(|name| OnDrop::panicking(&drops, name));
        assert_eq!(
            panic_of(|| in_three_runs(stores, || panic!("the closure"))),
            "the closure"
        );
        assert_eq!(drops.count(), 3);
        assert_nothing_left();
    }

    #[test]
    fn of_a_snapshot() {
        each_is_dropped_once(|stores| {
            let then = in_three_runs(stores, snapshot);
            drop(then);
        });
    }

    /// A frame that hides something owns the others one by one.
    #[test]
    fn of_a_snapshot_that_hides_something() {
        each_is_dropped_once(|stores| {
            let then = A.run(1, || in_three_runs(stores, || A.run(2, snapshot)));
            drop(then);
        });
        each_is_dropped_once(|stores| {
            let then = A.run(1, || in_three_runs(stores, || A.exit(snapshot)));
            drop(then);
        });
    }

    #[test]
    fn set_together() {
        each_is_dropped_once(|[d, e, f]| run_with(((&D, d), (&E, e), (&F, f)), || ()));
        each_is_dropped_once(|[d, e, f]| {
            let then = run_with(((&D, d), (&E, e), (&F, f)), snapshot);
            drop(then);
        });
        each_is_dropped_once(|[d, e, f]| {
            let then = run_with(((&D, d), (&E, e), (&F, f)), || D.exit(snapshot));
            drop(then);
        });
    }

    #[test]
    fn entered() {
        each_is_dropped_once(|[d, e, f]| {
            root(|| {
                D.enter_with(d);
                E.enter_with(e);
                F.enter_with(f);
            });
        });
        // In the boundary of a store of their kind.
        each_is_dropped_once(|[d, e, f]| {
            D.run(d, || {
                E.enter_with(e);
                D.enter_with(f);
            });
        });
    }

    #[test]
    fn of_guards_left_open() {
        each_is_dropped_once(|[d, e, f]| {
            root(|| {
                std::mem::forget(D.with_scope(d));
                std::mem::forget(D.with_scope(e));
                std::mem::forget(D.with_scope(f));
            });
        });
    }

    #[test]
    fn of_a_future() {
        each_is_dropped_once(|[d, e, f]| drop(D.scope(d, E.scope(e, F.scope(f, async {})))));
        each_is_dropped_once(|[d, e, f]| {
            let mut future = Box::pin(D.scope(d, async {
                E.enter_with(e);
                std::mem::forget(D.with_scope(f));
                pause().await;
            }));
            assert!(poll(future.as_mut()).is_pending());
            drop(future);
        });
    }

    /// One panics at the end of the boundary of a future's poll, another when the future goes.
    #[test]
    fn of_a_future_that_replaced_some() {
        each_is_dropped_once(|[d, e, f]| {
            let mut stores = Some((e, f));
            let mut future = Box::pin(D.scope(d, async {
                let (e, f) = stores.take().unwrap();
                E.enter_with(e);
                D.enter_with(f);
                pause().await;
            }));
            // Whichever panics comes first; the other one must go anyway.
            let _polled = poll(future.as_mut());
        });
    }

    /// Two panics of stores in one drop: the first goes on, the second is kept in.
    #[test]
    fn the_first_of_two_panics_goes_on() {
        let drops = Drops::default();
        let then = D.run(OnDrop::panicking(&drops, "outer"), || {
            E.run(OnDrop::panicking(&drops, "inner"), snapshot)
        });
        assert_eq!(panic_of(|| drop(then)), "inner");
        assert_eq!(drops.count(), 2);
    }

    /// What the second one panicked with is dropped; if that panics in turn, it is kept in, too.
    #[test]
    fn a_panic_that_is_kept_in_may_be_one_whose_own_drop_panics() {
        struct Bomb(#[expect(dead_code)] OnDrop);
        struct Panics(Option<Bomb>);
        impl Drop for Panics {
            fn drop(&mut self) {
                std::panic::panic_any(self.0.take().unwrap());
            }
        }
        static P: AsyncLocalStorage<Panics> = AsyncLocalStorage::new();
        let drops = Drops::default();
        let bomb = || Panics(Some(Bomb(OnDrop::panicking(&drops, "of the payload"))));
        // After another panic of a store …
        let then = P.run(bomb(), || D.run(OnDrop::panicking(&drops, "first"), snapshot));
        assert_eq!(panic_of(|| drop(then)), "first");
        // … and while one unwinds.
        assert_eq!(panic_of(|| P.run(bomb(), || panic!("first"))), "first");
        assert_eq!(
            panic_of(|| {
                let _future = Box::pin(P.scope(bomb(), pause()));
                panic!("first")
            }),
            "first"
        );
        assert_eq!(drops.count(), 4);
        assert_nothing_left();
    }
}

mod in_a_default {
    use super::*;

    #[test]
    fn the_next_read_tries_again() {
        static CALLS: AtomicU32 = AtomicU32::new(0);
        static S: AsyncLocalStorage<u32> = AsyncLocalStorage::with_default(|| {
            let call = CALLS.fetch_add(1, Ordering::SeqCst);
            assert!(call >= 3, "call {call}");
            call
        });
        assert_eq!(panic_of(|| S.get_store()), "call 0");
        assert_eq!(panic_of(|| S.with(|s| s.copied())), "call 1");
        A.run(1, || {
            assert_eq!(panic_of(|| snapshot().get(&S)), "call 2");
            assert_eq!(A.get_store(), Some(1));
        });
        assert_eq!((S.get_store(), S.get_store()), (Some(3), Some(3)));
        assert_eq!(CALLS.load(Ordering::SeqCst), 4);
    }

    #[test]
    fn the_context_is_put_back() {
        static S: AsyncLocalStorage<u32> = AsyncLocalStorage::with_default(|| A.run(5, || panic!("inside")));
        A.run(1, || {
            assert_eq!(panic_of(|| S.get_store()), "inside");
            assert_eq!(A.get_store(), Some(1));
        });
    }

    /// A thread that waited for the initialiser that panicked runs it itself.
    #[test]
    fn a_thread_that_waits_takes_over() {
        static CALLS: AtomicU32 = AtomicU32::new(0);
        static MEET: std::sync::Barrier = std::sync::Barrier::new(2);
        static S: AsyncLocalStorage<u32> = AsyncLocalStorage::with_default(|| {
            if CALLS.fetch_add(1, Ordering::SeqCst) == 0 {
                MEET.wait();
                panic!("the first")
            }
            7
        });
        std::thread::scope(|s| {
            let first = s.spawn(|| panic_of(|| S.get_store()));
            MEET.wait();
            let second = s.spawn(|| S.get_store());
            assert_eq!(first.join().unwrap(), "the first");
            assert_eq!(second.join().unwrap(), Some(7));
        });
        assert_eq!(CALLS.load(Ordering::SeqCst), 2);
    }
}

mod in_clone {
    use super::*;

    struct Cloned(Drops);

    impl Clone for Cloned {
        fn clone(&self) -> Self {
            panic!("in clone")
        }
    }

    impl Drop for Cloned {
        fn drop(&mut self) {
            drop(self.0.counted());
        }
    }

    static C: AsyncLocalStorage<Cloned> = AsyncLocalStorage::new();

    #[test]
    fn the_store_stays_where_it_is() {
        let drops = Drops::default();
        C.run(Cloned(drops.clone()), || {
            assert_eq!(panic_of(|| C.get_store()), "in clone");
            assert_eq!(panic_of(|| snapshot().get(&C)), "in clone");
            assert!(C.with(|c| c.is_some()));
        });
        root(|| {
            C.enter_with(Cloned(drops.clone()));
            assert_eq!(panic_of(|| C.get_store()), "in clone");
            assert!(C.with(|c| c.is_some()));
            assert_eq!(drops.count(), 1);
        });
        assert_eq!(drops.count(), 2);
    }
}

mod in_a_closure {
    use super::*;

    #[test]
    fn that_was_lent_a_store() {
        let drops = Drops::default();
        root(|| {
            D.enter_with(OnDrop::counting(&drops));
            let message = panic_of(|| {
                D.with(|_| {
                    D.disable();
                    panic!("in with")
                })
            });
            assert_eq!(message, "in with");
            assert_eq!((drops.count(), set()), (1, [false; 3]));
        });
        let then = D.run(OnDrop::counting(&drops), snapshot);
        assert_eq!(panic_of(|| then.with(&D, |_| panic!("in with"))), "in with");
        assert_eq!(drops.count(), 1);
        drop(then);
        assert_eq!(drops.count(), 2);
    }

    /// Caught inside the boundary that the guard lives in: the unwinding drops the guard, which ends its store.
    #[test]
    fn with_a_guard_open() {
        root(|| {
            A.enter_with(1);
            let message = panic_of(|| {
                let _outer = A.with_scope(2);
                let _inner = A.with_scope(3);
                panic!("in the guard's scope")
            });
            assert_eq!(message, "in the guard's scope");
            assert_eq!(A.get_store(), Some(1));
        });
        panic_of(|| {
            root(|| {
                let _guard = A.with_scope(2);
                panic!("in the guard's scope")
            })
        });
        assert_nothing_left();
    }

    #[test]
    fn with_a_guard_open_in_a_future() {
        let mut future = pin!(root_scope(async {
            let message = panic_of(|| {
                let _guard = A.with_scope(2);
                panic!("in the guard's scope")
            });
            pause().await;
            (message, A.get_store())
        }));
        assert!(poll(future.as_mut()).is_pending());
        assert_eq!(
            poll(future.as_mut()),
            Poll::Ready(("in the guard's scope".to_owned(), None))
        );
    }
}
