//! The four traps this kind of library keeps falling into: user code that runs while something is borrowed, futures dropped
//! outside their frame, guards that do not end in order, and threads whose thread-locals are gone.
//!
//! Guards, the third trap, are in `storage::with_scope`.

use crate::support::{Log, OnDrop, assert_nothing_left, on_thread, panic_of, pause, poll};
use futures::executor::block_on;
use std::pin::pin;
use std::task::Poll;
use throughline_core::{AsyncLocalStorage, host, in_boundary, root, run_with, snapshot};

/// A store, which may use everything there is while it is dropped.
enum Value {
    Plain(u32),
    Reentrant(Log<Option<u32>>),
}

use Value::{Plain, Reentrant};

impl Drop for Value {
    fn drop(&mut self) {
        if let Reentrant(log) = self {
            log.push(read());
            use_everything();
        }
    }
}

static KEY: AsyncLocalStorage<Value> = AsyncLocalStorage::new();

fn read() -> Option<u32> {
    KEY.with(|value| match value {
        None => None,
        Some(Plain(n)) => Some(*n),
        Some(Reentrant(_)) => Some(u32::MAX),
    })
}

fn use_everything() {
    static SCRATCH: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    let before = (read(), in_boundary());
    KEY.run(Plain(70), || {
        KEY.enter_with(Plain(71));
        let first = KEY.with_scope(Plain(72));
        let second = KEY.with_scope(Plain(73));
        drop(first);
        assert_eq!(read(), Some(73));
        drop(second);
        assert_eq!(read(), Some(71));
        KEY.disable();
        assert_eq!(read(), None);
        let former = host::set(snapshot()).unwrap();
        host::set(former).unwrap();
    });
    KEY.exit(|| assert_eq!(read(), None));
    run_with(((&KEY, Plain(74)), (&SCRATCH, 1)), || {
        assert_eq!(read(), Some(74))
    });
    let then = KEY.run(Plain(75), snapshot);
    then.run(|| assert_eq!(read(), Some(75)));
    drop((snapshot(), then));
    let mut future = Box::pin(KEY.scope(Plain(76), pause()));
    assert!(poll(future.as_mut()).is_pending());
    drop(future);
    // Polled by hand: executors have thread-locals of their own, which may be gone.
    assert_eq!(
        poll(pin!(KEY.scope(Plain(77), async { read() }))),
        Poll::Ready(Some(77))
    );
    // In the boundary around, if there is one.
    if in_boundary() {
        let guard = KEY.with_scope(Plain(78));
        assert_eq!(read(), Some(78));
        drop(guard);
        SCRATCH.enter_with(1);
        SCRATCH.disable();
    } else {
        assert!(KEY.try_enter_with(Plain(79)).is_err());
    }
    assert_eq!((read(), in_boundary()), before);
}

/// Trap 1, at each place where a store can be dropped. It happens after the previous frame is back (law 5), so the destructor
/// reads what is set at the place it is dropped at; and it may use everything, the storage it comes from included.
mod a_store_that_uses_everything_while_it_is_dropped {
    use super::*;
    use std::mem;
    use std::sync::LazyLock;
    use throughline_core::{Bind, BindOnce, FutureContextExt, scope_with};

    /// Calls `f` with a log, and a maker of stores that log what they read; once on a bare thread and once where 1 is set.
    /// All of `f`'s stores have to be dropped, each reading `expected`, which is given what is set around.
    #[track_caller]
    fn check(
        stores: usize,
        expected: impl Fn(Option<u32>) -> Option<u32>,
        f: impl Fn(&dyn Fn() -> Value, &Log<Option<u32>>),
    ) {
        let log = Log::new();
        let make = || Reentrant(log.clone());
        f(&make, &log);
        assert_eq!(log.take(), vec![expected(None); stores], "on a bare thread");
        assert_nothing_left();
        KEY.run(Plain(1), || {
            f(&make, &log);
            assert_eq!(log.take(), vec![expected(Some(1)); stores], "inside a run");
            assert_eq!(read(), Some(1));
        });
        root(|| {
            KEY.enter_with(Plain(1));
            f(&make, &log);
            assert_eq!(
                log.take(),
                vec![expected(Some(1)); stores],
                "where a store is entered"
            );
            assert_eq!(read(), Some(1));
        });
        assert_nothing_left();
    }

    #[test]
    fn at_the_end_of_a_run() {
        check(1, |around| around, |make, _| KEY.run(make(), || ()));
    }

    #[test]
    fn at_the_end_of_a_run_by_a_panic() {
        check(
            1,
            |around| around,
            |make, _| {
                panic_of(|| KEY.run(make(), || panic!("inside")));
            },
        );
    }

    #[test]
    fn at_the_end_of_nested_runs() {
        check(
            1,
            |_| Some(2),
            |make, _| {
                KEY.run(Plain(2), || {
                    KEY.run(make(), || KEY.exit(|| KEY.run(Plain(5), || ())))
                });
            },
        );
        let log = Log::new();
        let make = || Reentrant(log.clone());
        KEY.run(make(), || KEY.run(make(), || KEY.run(make(), || ())));
        assert_eq!(log.take(), [Some(u32::MAX), Some(u32::MAX), None]);
    }

    #[test]
    fn at_the_end_of_a_run_with_several() {
        check(
            2,
            |around| around,
            |make, _| {
                run_with(((&KEY, make()),), || ());
                drop(run_with(((&KEY, make()),), snapshot));
            },
        );
    }

    #[test]
    fn with_the_last_snapshot() {
        check(
            1,
            |around| around,
            |make, log| {
                let then = KEY.run(make(), snapshot);
                drop(then.clone());
                assert!(log.take().is_empty());
                drop(then);
            },
        );
    }

    #[test]
    fn replaced_by_another() {
        check(
            1,
            |_| Some(3),
            |make, _| {
                root(|| {
                    KEY.enter_with(make());
                    KEY.enter_with(Plain(3));
                    assert_eq!(read(), Some(3));
                });
            },
        );
    }

    #[test]
    fn replaced_by_another_while_it_is_lent() {
        check(
            1,
            |_| Some(3),
            |make, log| {
                root(|| {
                    KEY.enter_with(make());
                    KEY.with(|lent| {
                        KEY.enter_with(Plain(3));
                        assert!(log.take().is_empty());
                        assert!(matches!(lent, Some(Reentrant(_))));
                    });
                    assert_eq!(read(), Some(3));
                });
            },
        );
    }

    #[test]
    fn at_the_end_of_a_guard() {
        check(
            1,
            |_| Some(2),
            |make, _| {
                root(|| {
                    KEY.enter_with(Plain(2));
                    drop(KEY.with_scope(make()));
                    assert_eq!(read(), Some(2));
                });
            },
        );
    }

    #[test]
    fn at_the_end_of_a_guard_under_another() {
        check(
            1,
            |_| Some(3),
            |make, log| {
                root(|| {
                    KEY.enter_with(Plain(2));
                    let first = KEY.with_scope(make());
                    let second = KEY.with_scope(Plain(3));
                    assert!(log.take().is_empty());
                    drop(first);
                    assert_eq!(read(), Some(3));
                    drop(second);
                    assert_eq!(read(), Some(2));
                });
            },
        );
    }

    #[test]
    fn disabled() {
        check(
            1,
            |_| None,
            |make, _| {
                root(|| {
                    KEY.enter_with(make());
                    KEY.disable();
                    assert_eq!(read(), None);
                });
            },
        );
    }

    /// Two stores: the guard's own, and the one it would have brought back.
    #[test]
    fn disabled_under_a_guard() {
        check(
            2,
            |_| None,
            |make, _| {
                root(|| {
                    KEY.enter_with(make());
                    let guard = KEY.with_scope(make());
                    KEY.disable();
                    assert_eq!(read(), None);
                    drop(guard);
                    assert_eq!(read(), None);
                });
            },
        );
    }

    #[test]
    fn put_out_of_force_by_a_host() {
        check(
            1,
            |_| None,
            |make, _| {
                root(|| {
                    KEY.enter_with(make());
                    drop(host::set(throughline_core::Snapshot::empty()).unwrap());
                });
            },
        );
    }

    #[test]
    fn at_the_end_of_a_boundary_it_was_entered_in() {
        check(1, |around| around, |make, _| root(|| KEY.enter_with(make())));
        check(
            2,
            |around| around,
            |make, _| {
                KEY.run(make(), || KEY.enter_with(make()));
            },
        );
        check(
            2,
            |around| around,
            |make, _| {
                root(|| {
                    KEY.enter_with(make());
                    mem::forget(KEY.with_scope(make()));
                });
            },
        );
    }

    #[test]
    fn of_a_future_dropped_unpolled() {
        check(
            3,
            |around| around,
            |make, _| {
                drop(KEY.scope(make(), async {}));
                drop(scope_with(((&KEY, make()),), async {}));
                drop(KEY.run(make(), || async {}.in_context()));
            },
        );
    }

    #[test]
    fn of_a_future_dropped_pending() {
        check(
            4,
            |around| around,
            |make, log| {
                let mut scoped = Box::pin(KEY.scope(make(), pause()));
                let mut captured = Box::pin(KEY.run(make(), || pause().in_context()));
                let mut entered = Box::pin(KEY.scope(Plain(5), async {
                    KEY.enter_with(make());
                    mem::forget(KEY.with_scope(make()));
                    pause().await;
                }));
                assert!(poll(scoped.as_mut()).is_pending());
                assert!(poll(captured.as_mut()).is_pending());
                assert!(poll(entered.as_mut()).is_pending());
                assert!(log.take().is_empty());
            },
        );
    }

    #[test]
    fn of_a_future_that_is_ready() {
        check(
            2,
            |around| around,
            |make, log| {
                let mut scoped = pin!(KEY.scope(make(), async {}));
                assert!(poll(scoped.as_mut()).is_ready());
                let mut captured = pin!(KEY.run(make(), || async {}.in_context()));
                assert!(poll(captured.as_mut()).is_ready());
                // At once, and not when the adapters go.
                let seen = log.take();
                assert_eq!(seen.len(), 2);
                seen.into_iter().for_each(|s| log.push(s));
            },
        );
    }

    /// The store the future came with goes at the end of the poll that replaced it.
    #[test]
    fn replaced_inside_a_poll() {
        check(
            2,
            |around| around,
            |make, log| {
                let replaces = || async {
                    KEY.enter_with(Plain(5));
                    pause().await;
                    assert_eq!(read(), Some(5));
                };
                let mut scoped = pin!(KEY.scope(make(), replaces()));
                let mut captured = pin!(KEY.run(make(), || replaces().in_context()));
                assert!(poll(scoped.as_mut()).is_pending());
                assert!(poll(captured.as_mut()).is_pending());
                let seen = log.take();
                assert_eq!(seen.len(), 2);
                seen.into_iter().for_each(|s| log.push(s));
                assert!(poll(scoped.as_mut()).is_ready());
                assert!(poll(captured.as_mut()).is_ready());
            },
        );
    }

    #[test]
    fn of_a_bound_closure() {
        check(
            3,
            |around| around,
            |make, _| {
                drop(KEY.run(make(), || (|| ()).bind()));
                KEY.run(make(), || (|| ()).bind())();
                KEY.run(make(), || (|| ()).bind_once())();
            },
        );
    }

    /// The store of a storage that is gone is not copied on: it goes when another store is entered.
    #[test]
    fn of_a_storage_that_is_gone() {
        check(
            1,
            |_| Some(3),
            |make, log| {
                root(|| {
                    let gone = AsyncLocalStorage::new();
                    gone.enter_with(make());
                    drop(gone);
                    assert!(log.take().is_empty());
                    KEY.enter_with(Plain(3));
                });
            },
        );
    }

    #[test]
    fn the_default_of_a_storage() {
        static LOG: LazyLock<Log<Option<u32>>> = LazyLock::new(Log::new);
        check(
            1,
            |around| around,
            |_, log| {
                let storage = AsyncLocalStorage::with_default(|| Reentrant(LOG.clone()));
                storage.with(|default| assert!(default.is_some()));
                assert!(LOG.take().is_empty());
                drop(storage);
                LOG.take().into_iter().for_each(|s| log.push(s));
            },
        );
    }

    #[test]
    fn refused_outside_any_boundary() {
        let log = Log::new();
        drop(KEY.try_enter_with(Reentrant(log.clone())));
        panic_of(|| KEY.enter_with(Reentrant(log.clone())));
        assert_eq!(log.take(), [None, None]);
        assert_nothing_left();
    }
}

/// Trap 1: a destructor at the end of a boundary runs in the one around, where it may take away the very frame that the ended
/// boundary's own was made on.
mod a_store_that_changes_the_boundary_around_while_it_is_dropped {
    use super::*;
    use crate::support::{Drops, Table};
    use throughline_core::{FutureContextExt, Snapshot};

    /// A store that can still be told from a dropped one.
    struct Live {
        number: u32,
        drops: Drops,
    }

    impl Drop for Live {
        fn drop(&mut self) {
            assert_eq!(self.number, 5);
            self.number = 0;
            drop(self.drops.counted());
        }
    }

    static AROUND: AsyncLocalStorage<Live> = AsyncLocalStorage::new();
    static INSIDE: AsyncLocalStorage<OnDrop> = AsyncLocalStorage::new();
    static MORE: AsyncLocalStorage<OnDrop> = AsyncLocalStorage::new();

    fn around(seen: &Snapshot) -> Option<u32> {
        seen.with(&AROUND, |live| live.map(|live| live.number))
    }

    /// What the destructor does in the boundary around.
    const CHANGES: &Table<fn()> = &[
        ("enters another", || {
            AROUND.enter_with(Live {
                number: 5,
                drops: Drops::default(),
            });
        }),
        ("disables it", || AROUND.disable()),
        ("empties it", || drop(host::set(Snapshot::empty()))),
    ];

    /// How a store's time ends. The answer is what was captured meanwhile, if anything.
    const ENDS: &Table<fn(OnDrop) -> Option<Snapshot>> = &[
        ("run", |store| {
            INSIDE.run(store, || ());
            None
        }),
        ("run, with more in it", |store| {
            INSIDE.run(store, || MORE.enter_with(OnDrop::counting(&Drops::default())));
            None
        }),
        ("run, and the other way round", |store| {
            MORE.run(OnDrop::counting(&Drops::default()), || INSIDE.enter_with(store));
            None
        }),
        ("run, replaced inside", |store| {
            INSIDE.run(store, || {
                INSIDE.enter_with(OnDrop::counting(&Drops::default()));
            });
            None
        }),
        ("run_with", |store| {
            run_with(
                ((&INSIDE, store), (&MORE, OnDrop::counting(&Drops::default()))),
                || (),
            );
            None
        }),
        ("run_with, and the other way round", |store| {
            run_with(
                ((&MORE, OnDrop::counting(&Drops::default())), (&INSIDE, store)),
                || (),
            );
            None
        }),
        ("run_with, with more in it", |store| {
            run_with(((&INSIDE, store),), || {
                MORE.enter_with(OnDrop::counting(&Drops::default()));
            });
            None
        }),
        ("exit", |store| {
            MORE.exit(|| INSIDE.enter_with(store));
            None
        }),
        ("exit of what is set", |store| {
            AROUND.exit(|| {
                INSIDE.enter_with(store);
                MORE.run(OnDrop::counting(&Drops::default()), || ());
            });
            None
        }),
        ("a panic", |store| {
            panic_of(|| INSIDE.run(store, || panic!("inside")));
            None
        }),
        ("a guard", |store| {
            drop(INSIDE.with_scope(store));
            None
        }),
        ("a poll", |store| {
            assert!(poll(pin!(INSIDE.scope(store, async {}))).is_ready());
            None
        }),
        ("a poll that replaces", |store| {
            let mut future = pin!(INSIDE.scope(store, async {
                INSIDE.disable();
                pause().await;
            }));
            assert!(poll(future.as_mut()).is_pending());
            None
        }),
        ("a future dropped", |store| {
            let mut future = Box::pin(INSIDE.run(store, || pause().in_context()));
            assert!(poll(future.as_mut()).is_pending());
            None
        }),
        ("run, and a capture from before it was entered", |store| {
            MORE.run(OnDrop::counting(&Drops::default()), || {
                let kept = snapshot();
                INSIDE.enter_with(store);
                Some(kept)
            })
        }),
        ("run_with, and a capture from before it was entered", |store| {
            run_with(((&MORE, OnDrop::counting(&Drops::default())),), || {
                let kept = snapshot();
                INSIDE.enter_with(store);
                Some(kept)
            })
        }),
        ("run, and a capture without it", |store| {
            INSIDE.run(store, || Some(INSIDE.exit(snapshot)))
        }),
        ("run, and a capture of what hides it", |store| {
            INSIDE.run(store, || {
                INSIDE.enter_with(OnDrop::counting(&Drops::default()));
                Some(snapshot())
            })
        }),
        ("run_with, and a capture without it", |store| {
            let more = OnDrop::counting(&Drops::default());
            run_with(((&MORE, more), (&INSIDE, store)), || {
                MORE.enter_with(OnDrop::counting(&Drops::default()));
                Some(INSIDE.exit(snapshot))
            })
        }),
    ];

    #[test]
    fn whatever_it_does_and_however_it_ends() {
        for (change_name, change) in CHANGES {
            for (end_name, end) in ENDS {
                let name = format!("{end_name}, and {change_name}");
                let (drops, changed) = (Drops::default(), Log::new());
                root(|| {
                    AROUND.enter_with(Live {
                        number: 5,
                        drops: drops.clone(),
                    });
                    let store = OnDrop::new({
                        let changed = changed.clone();
                        move || {
                            change();
                            changed.push(());
                        }
                    });
                    let kept = end(store);
                    assert_eq!(changed.take().len(), 1, "{name}");
                    // The change is there, and what was captured is not touched by it.
                    let enters = *change_name == "enters another";
                    assert_eq!(around(&snapshot()), enters.then_some(5), "{name}");
                    if let Some(kept) = kept {
                        assert_eq!((around(&kept), drops.count()), (Some(5), 0), "{name}");
                    }
                    assert_eq!(drops.count(), 1, "{name}");
                });
                assert_nothing_left();
            }
        }
    }
}

/// Trap 1: the other user code that runs inside a call.
mod user_code_inside {
    use super::*;

    /// `T::clone` runs under no borrow: it may replace the very store it is cloning.
    #[test]
    fn clone_may_use_everything() {
        struct Cloner(u32);
        static C: AsyncLocalStorage<Cloner> = AsyncLocalStorage::new();
        impl Clone for Cloner {
            fn clone(&self) -> Self {
                use_everything();
                if in_boundary() {
                    C.enter_with(Cloner(self.0 + 1));
                    C.enter_with(Cloner(self.0 + 2));
                }
                Cloner(self.0)
            }
        }
        root(|| {
            C.enter_with(Cloner(1));
            assert_eq!(C.get_store().map(|c| c.0), Some(1));
            assert_eq!(C.get_store().map(|c| c.0), Some(3));
        });
        C.run(Cloner(10), || {
            assert_eq!(C.get_store().map(|c| c.0), Some(10));
            assert_eq!(C.get_store().map(|c| c.0), Some(12));
        });
        let then = C.run(Cloner(20), snapshot);
        assert_eq!(then.get(&C).map(|c| c.0), Some(20));
    }

    #[test]
    fn closures_may_use_everything() {
        KEY.run(Plain(1), use_everything);
        KEY.exit(use_everything);
        run_with(((&KEY, Plain(1)),), use_everything);
        KEY.with(|_| use_everything());
        KEY.run(Plain(1), || KEY.with(|_| use_everything()));
        snapshot().with(&KEY, |_| use_everything());
        snapshot().run(use_everything);
        root(use_everything);
        block_on(KEY.scope(Plain(1), async { use_everything() }));
        assert_nothing_left();
    }
}

/// Trap 2, law 4: a future, and a bound closure, is dropped in its own frame, whatever happened to it.
mod dropped_in_its_own_frame {
    use super::*;
    use crate::support::{Drops, Table};
    use std::pin::Pin;
    use std::task::Context;
    use throughline_core::{
        Bind, BindAsync, BindMut, BindOnce, FutureContextExt, bind, root_scope, scope_with,
    };

    static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    static B: AsyncLocalStorage<u32> = AsyncLocalStorage::new();

    /// What A and B hold.
    type Seen = (Option<u32>, Option<u32>);

    fn seen() -> Seen {
        (A.get_store(), B.get_store())
    }

    /// Runs `f` with both storages set to `n`.
    fn at<R>(n: u32, f: impl FnOnce() -> R) -> R {
        run_with(((&A, n), (&B, n)), f)
    }

    const MADE: u32 = 1;
    const POLLED: u32 = 2;
    const POLLED_AGAIN: u32 = 3;
    const DROPPED: u32 = 4;

    /// Logs what it sees when it is dropped.
    struct Witness(Log<Seen>);

    impl Drop for Witness {
        fn drop(&mut self) {
            self.0.push(seen());
        }
    }

    /// A future that does as it is told, the last thing over and over, with a witness in it.
    struct Inner {
        acts: &'static [Act],
        _witness: Witness,
    }

    #[derive(Clone, Copy)]
    enum Act {
        Pend,
        End,
        Panic,
    }

    use Act::{End, Panic, Pend};

    impl Future for Inner {
        type Output = ();

        fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
            let act = self.acts[0];
            if self.acts.len() > 1 {
                self.acts = &self.acts[1..];
            }
            match act {
                Pend => Poll::Pending,
                End => Poll::Ready(()),
                Panic => panic!("in the poll"),
            }
        }
    }

    type Adapted = Pin<Box<dyn Future<Output = ()> + Send>>;

    struct Adapter {
        name: &'static str,
        adapt: fn(Inner) -> Adapted,
        /// What the destructor has to see if the future was never polled, and if it was.
        unpolled: Seen,
        polled: Seen,
    }

    const ADAPTERS: &[Adapter] = &[
        Adapter {
            name: "in_context",
            adapt: |inner| Box::pin(inner.in_context()),
            unpolled: (Some(MADE), Some(MADE)),
            polled: (Some(MADE), Some(MADE)),
        },
        Adapter {
            name: "with_snapshot",
            adapt: |inner| Box::pin(inner.with_snapshot(A.run(6, snapshot))),
            unpolled: (Some(6), Some(MADE)),
            polled: (Some(6), Some(MADE)),
        },
        Adapter {
            name: "Snapshot::scope",
            adapt: |inner| Box::pin(snapshot().scope(inner)),
            unpolled: (Some(MADE), Some(MADE)),
            polled: (Some(MADE), Some(MADE)),
        },
        Adapter {
            name: "root_scope",
            adapt: |inner| Box::pin(root_scope(inner)),
            unpolled: (None, None),
            polled: (None, None),
        },
        Adapter {
            name: "scope",
            adapt: |inner| Box::pin(A.scope(7, inner)),
            unpolled: (Some(7), Some(DROPPED)),
            polled: (Some(7), Some(POLLED)),
        },
        Adapter {
            name: "exit_scope",
            adapt: |inner| Box::pin(A.exit_scope(inner)),
            unpolled: (None, Some(DROPPED)),
            polled: (None, Some(POLLED)),
        },
        Adapter {
            name: "scope_with",
            adapt: |inner| Box::pin(scope_with(((&A, 7),), inner)),
            unpolled: (Some(7), Some(DROPPED)),
            polled: (Some(7), Some(POLLED)),
        },
        Adapter {
            name: "a scope in a scope",
            adapt: |inner| Box::pin(A.scope(7, B.scope(8, inner))),
            unpolled: (Some(7), Some(8)),
            polled: (Some(7), Some(8)),
        },
        Adapter {
            name: "a scope in a context",
            adapt: |inner| Box::pin(A.scope(7, inner).in_context()),
            unpolled: (Some(7), Some(MADE)),
            polled: (Some(7), Some(MADE)),
        },
    ];

    /// Calls `life` with a future of every adapter; its witness has to have seen what `expected` picks, once.
    fn each_adapter(
        acts: &'static [Act],
        expected: fn(&Adapter) -> Seen,
        life: impl Fn(Adapted, &dyn Fn() -> usize),
    ) {
        for adapter in ADAPTERS {
            let log = Log::new();
            let inner = Inner {
                acts,
                _witness: Witness(log.clone()),
            };
            let future = at(MADE, || (adapter.adapt)(inner));
            // Tells how often the witness has been dropped so far.
            let dropped = || {
                let seen = log.take();
                seen.iter().for_each(|s| log.push(*s));
                seen.len()
            };
            life(future, &dropped);
            assert_eq!(log.take(), [expected(adapter)], "{}", adapter.name);
            assert_nothing_left();
        }
    }

    #[test]
    fn never_polled() {
        each_adapter(&[Pend], |a| a.unpolled, |future, _| at(DROPPED, || drop(future)));
        each_adapter(
            &[Pend],
            |a| a.unpolled,
            |future, _| on_thread(|| at(DROPPED, || drop(future))),
        );
    }

    #[test]
    fn never_polled_with_an_owner_that_unwinds() {
        each_adapter(
            &[Pend],
            |a| a.unpolled,
            |future, _| {
                let message = panic_of(|| {
                    at(DROPPED, move || {
                        let _owned = future;
                        panic!("the owner")
                    })
                });
                assert_eq!(message, "the owner");
            },
        );
    }

    #[test]
    fn pending() {
        each_adapter(
            &[Pend],
            |a| a.polled,
            |mut future, dropped| {
                assert!(at(POLLED, || poll(future.as_mut())).is_pending());
                assert!(at(POLLED_AGAIN, || poll(future.as_mut())).is_pending());
                assert_eq!(dropped(), 0);
                at(DROPPED, || drop(future));
            },
        );
    }

    #[test]
    fn pending_on_another_thread() {
        each_adapter(
            &[Pend],
            |a| a.polled,
            |mut future, dropped| {
                assert!(at(POLLED, || poll(future.as_mut())).is_pending());
                let future = on_thread(|| {
                    assert!(at(POLLED_AGAIN, || poll(future.as_mut())).is_pending());
                    future
                });
                assert_eq!(dropped(), 0);
                on_thread(|| at(DROPPED, || drop(future)));
            },
        );
    }

    #[test]
    fn pending_with_an_owner_that_unwinds() {
        each_adapter(
            &[Pend],
            |a| a.polled,
            |mut future, _| {
                let message = panic_of(|| {
                    at(POLLED, || assert!(poll(future.as_mut()).is_pending()));
                    at(DROPPED, move || {
                        let _owned = future;
                        panic!("the owner")
                    })
                });
                assert_eq!(message, "the owner");
            },
        );
    }

    #[test]
    fn ready_and_at_once() {
        each_adapter(
            &[End],
            |a| a.polled,
            |mut future, dropped| {
                assert!(at(POLLED, || poll(future.as_mut())).is_ready());
                assert_eq!(dropped(), 1);
                at(DROPPED, || drop(future));
            },
        );
        each_adapter(
            &[Pend, End],
            |a| a.polled,
            |mut future, dropped| {
                assert!(at(POLLED, || poll(future.as_mut())).is_pending());
                assert!(at(POLLED_AGAIN, || poll(future.as_mut())).is_ready());
                assert_eq!(dropped(), 1);
                at(DROPPED, || drop(future));
            },
        );
    }

    #[test]
    fn panicked() {
        each_adapter(
            &[Panic],
            |a| a.polled,
            |mut future, dropped| {
                assert_eq!(panic_of(|| at(POLLED, || poll(future.as_mut()))), "in the poll");
                assert_eq!(dropped(), 0);
                at(DROPPED, || drop(future));
            },
        );
    }

    /// The panic of the poll is the one that drops it.
    #[test]
    fn panicked_and_dropped_by_that_panic() {
        each_adapter(
            &[Panic],
            |a| a.polled,
            |mut future, _| {
                let message = panic_of(|| {
                    at(DROPPED, move || {
                        let mut owned = std::mem::replace(&mut future, Box::pin(async {}));
                        let _ = at(POLLED, || poll(owned.as_mut()));
                    })
                });
                assert_eq!(message, "in the poll");
            },
        );
    }

    #[test]
    fn panicked_and_polled_to_its_end() {
        each_adapter(
            &[Panic, Pend, End],
            |a| a.polled,
            |mut future, dropped| {
                assert_eq!(panic_of(|| at(POLLED, || poll(future.as_mut()))), "in the poll");
                assert!(at(POLLED_AGAIN, || poll(future.as_mut())).is_pending());
                assert_eq!(dropped(), 0);
                assert!(at(POLLED_AGAIN, || poll(future.as_mut())).is_ready());
                assert_eq!(dropped(), 1);
            },
        );
    }

    /// Law 4: a ready future lets go of its frame before it answers.
    #[test]
    fn a_ready_future_has_let_go_of_its_frame() {
        static C: AsyncLocalStorage<OnDrop> = AsyncLocalStorage::new();
        let drops = Drops::default();
        let store = || OnDrop::counting(&drops);
        let ends = || async {
            pause().await;
        };
        type Local<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;
        let mut futures: [Local<'_>; 6] = [
            Box::pin(C.run(store(), || ends().in_context())),
            Box::pin(ends().with_snapshot(C.run(store(), snapshot))),
            Box::pin(C.scope(store(), ends())),
            Box::pin(scope_with(((&C, store()),), ends())),
            Box::pin(root_scope(async {
                C.enter_with(OnDrop::counting(&Drops::default()));
                C.enter_with(store());
                ends().await;
            })),
            Box::pin(root_scope(async {
                std::mem::forget(C.with_scope(store()));
                ends().await;
            })),
        ];
        for (n, future) in futures.iter_mut().enumerate() {
            assert!(poll(future.as_mut()).is_pending());
            assert_eq!(drops.count(), n);
            assert!(poll(future.as_mut()).is_ready());
            assert_eq!(drops.count(), n + 1);
        }
        drop(futures);
        assert_eq!(drops.count(), 6);
    }

    /// A future taken out of its adapter is its taker's.
    #[test]
    fn but_not_once_it_is_taken_out() {
        let log = Log::new();
        let witness = Witness(log.clone());
        let inner = at(MADE, || {
            async move {
                let _witness = witness;
            }
            .in_context()
        })
        .into_inner();
        assert!(log.take().is_empty());
        at(DROPPED, || drop(inner));
        assert_eq!(log.take(), [(Some(DROPPED), Some(DROPPED))]);
    }

    type Called = Box<dyn FnMut() + Send>;
    type CalledOnce = Box<dyn FnOnce() + Send>;

    const BOUND: &Table<fn(Witness) -> Called> = &[
        ("bind", |w| Box::new((move || assert_eq!(touch(&w), 1)).bind())),
        ("bind_mut", |w| {
            Box::new((move || assert_eq!(touch(&w), 1)).bind_mut())
        }),
        ("bind!", |w| Box::new(bind!(|| assert_eq!(touch(&w), 1)))),
        ("bind!(mut)", |w| Box::new(bind!(mut || assert_eq!(touch(&w), 1)))),
        ("bind_async", |w| {
            let bound = (async move || {
                pause().await;
                assert_eq!(touch(&w), 1);
            })
            .bind_async();
            Box::new(move || {
                let mut future = Box::pin(bound());
                assert!(poll(future.as_mut()).is_pending());
                assert!(poll(future.as_mut()).is_ready());
            })
        }),
    ];

    const BOUND_ONCE: &Table<fn(Witness) -> CalledOnce> = &[
        ("bind_once", |w| {
            Box::new((move || assert_eq!(touch(&w), 1)).bind_once())
        }),
        ("bind!(once)", |w| {
            Box::new(bind!(once || assert_eq!(touch(&w), 1)))
        }),
    ];

    /// Uses the witness, in the bound frame.
    fn touch(_: &Witness) -> u32 {
        assert_eq!(seen(), (Some(MADE), Some(MADE)));
        1
    }

    const BOUND_FRAME: [Seen; 1] = [(Some(MADE), Some(MADE))];

    #[test]
    fn a_bound_closure_called_or_not() {
        for (name, bind) in BOUND {
            for calls in 0..3 {
                let log = Log::new();
                let mut bound = at(MADE, || bind(Witness(log.clone())));
                for n in 0..calls {
                    at(10 + n, &mut bound);
                }
                assert!(log.take().is_empty(), "{name}");
                on_thread(|| at(DROPPED, || drop(bound)));
                assert_eq!(log.take(), BOUND_FRAME, "{name}, {calls} calls");
            }
        }
    }

    #[test]
    fn a_closure_bound_for_one_call_called_or_not() {
        for (name, bind) in BOUND_ONCE {
            let log = Log::new();
            let bound = at(MADE, || bind(Witness(log.clone())));
            at(DROPPED, || drop(bound));
            assert_eq!(log.take(), BOUND_FRAME, "{name}, not called");
            let bound = at(MADE, || bind(Witness(log.clone())));
            at(DROPPED, bound);
            assert_eq!(log.take(), BOUND_FRAME, "{name}, called");
        }
    }

    #[test]
    fn a_bound_closure_whose_owner_unwinds() {
        for (name, bind) in BOUND {
            let log = Log::new();
            let bound = at(MADE, || bind(Witness(log.clone())));
            panic_of(|| {
                at(DROPPED, move || {
                    let _owned = bound;
                    panic!("the owner")
                })
            });
            assert_eq!(log.take(), BOUND_FRAME, "{name}");
        }
    }

    #[test]
    fn a_bound_closure_that_panics() {
        let log = Log::new();
        let panics = |w: Witness| {
            move || {
                let _ = &w;
                panic!("in the call")
            }
        };
        let bound = at(MADE, || panics(Witness(log.clone())).bind());
        assert_eq!(panic_of(|| at(5, &bound)), "in the call");
        assert!(log.take().is_empty());
        at(DROPPED, || drop(bound));
        assert_eq!(log.take(), BOUND_FRAME);

        let bound = at(MADE, || panics(Witness(log.clone())).bind_once());
        assert_eq!(panic_of(|| at(DROPPED, bound)), "in the call");
        assert_eq!(log.take(), BOUND_FRAME);
        assert_nothing_left();
    }

    /// The future of a bound async closure, with its argument, in the bound frame.
    mod the_future_of_a_bound_async_closure {
        use super::*;

        fn bound() -> impl AsyncFn(Witness) {
            at(MADE, || {
                (async |_witness: Witness| {
                    pause().await;
                })
                .bind_async()
            })
        }

        #[test]
        fn pending() {
            let (bound, log) = (bound(), Log::new());
            let mut future = Box::pin(bound(Witness(log.clone())));
            assert!(at(POLLED, || poll(future.as_mut())).is_pending());
            at(DROPPED, || drop(future));
            assert_eq!(log.take(), BOUND_FRAME);
        }

        #[test]
        fn ready() {
            let (bound, log) = (bound(), Log::new());
            let mut future = Box::pin(bound(Witness(log.clone())));
            assert!(at(POLLED, || poll(future.as_mut())).is_pending());
            assert!(at(POLLED, || poll(future.as_mut())).is_ready());
            assert_eq!(log.take(), BOUND_FRAME);
        }

        /// The docs of `BindAsync`: then there is no future yet, only its arguments.
        #[test]
        fn except_for_the_arguments_of_one_that_was_never_polled() {
            let (bound, log) = (bound(), Log::new());
            let future = bound(Witness(log.clone()));
            at(DROPPED, || drop(future));
            assert_eq!(log.take(), [(Some(DROPPED), Some(DROPPED))]);
        }
    }
}

/// Trap 4: what the destructors of a thread's own thread-locals may do. There is no boundary any more, and nothing set.
mod at_thread_exit {
    use super::*;
    use std::cell::RefCell;
    use std::mem;
    use throughline_core::{FutureContextExt, RunScope, Snapshot};

    thread_local! {
        static AT_EXIT: RefCell<Vec<OnDrop>> = const { RefCell::new(Vec::new()) };
    }

    /// Runs `body` on a thread, and `at_exit` in a destructor at its end, whose answer this is. Once with the thread-local
    /// made before the thread uses the library, and once after.
    #[track_caller]
    fn at_exit_of<R: Send + Sync + PartialEq + std::fmt::Debug + 'static>(
        body: impl Fn() + Clone + Send + 'static,
        at_exit: impl Fn() -> R + Clone + Send + Sync + 'static,
    ) -> R {
        let answers = [true, false].map(|before| {
            let log = Log::new();
            let (body, at_exit, sink) = (body.clone(), at_exit.clone(), log.clone());
            std::thread::spawn(move || {
                let register =
                    || AT_EXIT.with_borrow_mut(|v| v.push(OnDrop::new(move || sink.push(at_exit()))));
                if before {
                    register();
                    body();
                } else {
                    body();
                    register();
                }
            })
            .join()
            .unwrap();
            let mut answers = log.take();
            assert_eq!(answers.len(), 1, "the destructor ran to its end");
            answers.remove(0)
        });
        let [before, after] = answers;
        assert_eq!(before, after);
        before
    }

    fn uses_the_library() {
        KEY.run(Plain(1), use_everything);
    }

    /// Law 7.
    #[test]
    fn reading_answers_none_or_the_default() {
        static D: AsyncLocalStorage<u32> = AsyncLocalStorage::with_default(|| 9);
        let seen = at_exit_of(uses_the_library, || {
            (read(), D.get_store(), in_boundary(), snapshot().len())
        });
        assert_eq!(seen, (None, Some(9), false, 0));
    }

    #[test]
    fn everything_can_be_used() {
        at_exit_of(uses_the_library, use_everything);
    }

    #[test]
    fn a_thread_that_never_used_the_library_can_read_too() {
        assert_eq!(at_exit_of(|| (), || (read(), in_boundary())), (None, false));
    }

    #[test]
    fn entering_is_refused() {
        at_exit_of(uses_the_library, || {
            assert!(KEY.try_enter_with(Plain(1)).is_err())
        });
    }

    #[test]
    fn the_last_snapshot_can_be_dropped() {
        let log = Log::new();
        let then = KEY.run(Reentrant(log.clone()), snapshot);
        let slot = std::sync::Arc::new(std::sync::Mutex::new(Some(then)));
        std::thread::spawn(move || {
            uses_the_library();
            AT_EXIT.with_borrow_mut(|v| {
                v.push(OnDrop::new(move || drop(slot.lock().unwrap().take())));
            });
        })
        .join()
        .unwrap();
        assert_eq!(log.take(), [None]);
    }

    /// Law 4, even then.
    #[test]
    fn a_future_is_dropped_in_its_context() {
        let log = Log::new();
        let witness = {
            let log = log.clone();
            OnDrop::new(move || log.push(read()))
        };
        let mut future = KEY.run(Plain(5), || {
            Box::pin(
                async move {
                    let _witness = witness;
                    pause().await;
                }
                .in_context(),
            )
        });
        std::thread::spawn(move || {
            assert!(poll(future.as_mut()).is_pending());
            let future = std::sync::Mutex::new(Some(future));
            AT_EXIT.with_borrow_mut(|v| {
                v.push(OnDrop::new(move || drop(future.lock().unwrap().take())));
            });
        })
        .join()
        .unwrap();
        assert_eq!(log.take(), [Some(5)]);
    }

    /// A snapshot, entered in one thread-local's destructor, and a guard left over in another.
    #[test]
    fn a_guard_left_over_does_nothing() {
        thread_local! {
            static GUARDS: RefCell<Vec<RunScope>> = const { RefCell::new(Vec::new()) };
        }
        std::thread::spawn(|| {
            root(|| {
                let guard = KEY.with_scope(Plain(1));
                GUARDS.with_borrow_mut(|g| g.push(guard));
            });
            AT_EXIT.with_borrow_mut(|v| {
                v.push(OnDrop::new(|| {
                    Snapshot::empty().run(|| {
                        KEY.enter_with(Plain(2));
                        let left = GUARDS.try_with(|g| mem::take(&mut *g.borrow_mut()));
                        // Else the order of destructors is not what this test is about.
                        assert!(left.as_ref().is_ok_and(|left| left.len() == 1));
                        drop(left);
                        assert_eq!(read(), Some(2));
                    });
                    assert_eq!(read(), None);
                }));
            });
        })
        .join()
        .unwrap();
    }
}
