//! Boundaries: what is set inside one stays inside (laws 1, 3 and 10).

use crate::support::{Table, assert_nothing_left, on_thread, panic_of, pause, poll, with_panic_hook};
use futures::executor::block_on;
use futures::stream::{FuturesUnordered, StreamExt};
use futures::{future, join};
use std::future::poll_fn;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Barrier;
use std::sync::mpsc;
use std::task::Poll;
use throughline_core::{
    AsyncLocalStorage, Bind, BindAsync, BindMut, BindOnce, FutureContextExt, NoBoundary, Snapshot, bind,
    in_boundary, root, root_scope, run_with, scope_with, snapshot,
};

static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
static B: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
static UNSET: AsyncLocalStorage<u32> = AsyncLocalStorage::new();

/// A boundary around a closure. It calls it at least once.
type Boundary = fn(&mut (dyn FnMut() + Send));

/// Every way to open one.
const BOUNDARIES: &Table<Boundary> = &[
    ("run", |f| B.run(7, f)),
    ("run of a captured frame", |f| {
        B.run(7, || {
            let _then = snapshot();
            f();
        })
    }),
    ("run_with", |f| run_with(((&UNSET, 7), (&B, 7)), f)),
    ("exit", |f| A.exit(f)),
    ("exit of what is not set", |f| UNSET.exit(f)),
    ("root", |f| root(f)),
    ("Snapshot::run", |f| snapshot().run(f)),
    ("Snapshot::run of another frame", |f| A.run(8, snapshot).run(f)),
    ("Snapshot::run of nothing", |f| Snapshot::empty().run(f)),
    ("bind", |f| {
        let f = std::sync::Mutex::new(f);
        (|| f.lock().unwrap()()).bind()();
    }),
    ("bind_mut", |f| f.bind_mut()()),
    ("bind_once", |f| f.bind_once()()),
    ("bind!", |f| bind!(mut || f())()),
    ("bind_async", |f| {
        let f = std::sync::Mutex::new(f);
        once((async || f.lock().unwrap()()).bind_async()());
    }),
    ("in_context", |f| once(async { f() }.in_context())),
    ("with_snapshot", |f| {
        once(async { f() }.with_snapshot(Snapshot::empty()))
    }),
    ("Snapshot::scope", |f| once(snapshot().scope(async { f() }))),
    ("root_scope", |f| once(root_scope(async { f() }))),
    ("scope", |f| once(B.scope(7, async { f() }))),
    ("exit_scope", |f| once(A.exit_scope(async { f() }))),
    ("scope_with", |f| {
        once(scope_with(((&UNSET, 7), (&B, 7)), async { f() }))
    }),
    ("a pending poll", |f| {
        let mut future = pin!(
            poll_fn(|_| {
                f();
                Poll::<()>::Pending
            })
            .in_context()
        );
        assert!(poll(future.as_mut()).is_pending());
    }),
    ("a drop", |f| {
        struct Calls<'a>(&'a mut (dyn FnMut() + Send));
        impl Drop for Calls<'_> {
            fn drop(&mut self) {
                (self.0)();
            }
        }
        let calls = Calls(f);
        drop(
            async move {
                let _calls = calls;
            }
            .in_context(),
        );
    }),
    #[cfg(feature = "stream")]
    ("a stream", |f| {
        use throughline_core::stream::StreamContextExt;
        let mut stream = pin!(
            futures::stream::poll_fn(|_| {
                f();
                Poll::Ready(Some(()))
            })
            .in_context()
        );
        assert!(poll(pin!(stream.next())).is_ready());
    }),
];

/// Polls a future that is ready at once.
fn once(future: impl Future<Output = ()>) {
    assert!(poll(pin!(future)).is_ready());
}

/// Every way to change what is current.
fn chaos() {
    A.enter_with(50);
    mem::forget(A.with_scope(51));
    let first = B.with_scope(52);
    let second = B.with_scope(53);
    drop(first);
    A.disable();
    A.enter_with(54);
    panic_of(|| {
        B.run(55, || {
            A.enter_with(56);
            panic!("inside")
        })
    });
    throughline_core::host::set(A.run(57, snapshot)).unwrap();
    UNSET.enter_with(58);
    drop(second);
}

/// Law 1.
#[test]
fn whatever_happens_inside_the_frame_after_is_the_frame_before() {
    for (name, boundary) in BOUNDARIES {
        let all = || (A.get_store(), B.get_store(), UNSET.get_store());
        // On a bare thread.
        boundary(&mut chaos);
        assert_nothing_left();
        // Over stores that were run, and over entered ones.
        A.run(1, || {
            boundary(&mut chaos);
            assert_eq!(all(), (Some(1), None, None), "{name}");
            B.enter_with(2);
            let guard = A.with_scope(3);
            boundary(&mut chaos);
            assert_eq!(all(), (Some(3), Some(2), None), "{name}");
            drop(guard);
            assert_eq!(all(), (Some(1), Some(2), None), "{name}");
        });
    }
}

/// Law 1, and ALS-8 for every boundary.
#[test]
fn after_a_panic_inside_too() {
    for (name, boundary) in BOUNDARIES {
        let panicking = || {
            let mut first = true;
            panic_of(|| {
                boundary(&mut || {
                    if mem::take(&mut first) {
                        chaos();
                        panic!("of the boundary")
                    }
                })
            })
        };
        assert_eq!(panicking(), "of the boundary");
        assert_nothing_left();
        A.run(1, || {
            B.enter_with(2);
            panicking();
            assert_eq!(
                (A.get_store(), B.get_store(), UNSET.get_store()),
                (Some(1), Some(2), None),
                "{name}"
            );
        });
    }
}

/// Law 10: each of them is a place for `enter_with` to live in, and is told from none.
#[test]
fn each_is_a_boundary_to_enter_something_in() {
    for (name, boundary) in BOUNDARIES {
        assert!(!in_boundary());
        let mut calls = 0;
        boundary(&mut || {
            calls += 1;
            assert!(in_boundary(), "{name}");
            A.try_enter_with(5).expect(name);
            assert_eq!(A.get_store(), Some(5));
        });
        assert_eq!(calls, 1, "{name}");
        assert!(!in_boundary(), "{name}");
    }
}

/// Boundaries inside boundaries, of every pair of kinds.
#[test]
fn they_nest() {
    for (outer_name, outer) in BOUNDARIES {
        for (inner_name, inner) in BOUNDARIES {
            outer(&mut || {
                A.enter_with(1);
                let guard = B.with_scope(2);
                inner(&mut chaos);
                assert_eq!(
                    (A.get_store(), B.get_store()),
                    (Some(1), Some(2)),
                    "{inner_name} in {outer_name}"
                );
                drop(guard);
                assert_ne!(B.get_store(), Some(2));
            });
            assert_nothing_left();
        }
    }
}

mod outside_any {
    use super::*;

    /// Law 10.
    #[test]
    fn entering_is_an_error_with_the_store_in_it() {
        let refused: NoBoundary<u32> = A.try_enter_with(5).unwrap_err();
        assert_eq!(refused.into_inner(), 5);
        assert_eq!(A.try_with_scope(6).unwrap_err().into_inner(), 6);
        assert_nothing_left();
        // Between the polls of a future, too.
        let mut future = pin!(A.scope(1, pause()));
        assert!(poll(future.as_mut()).is_pending());
        assert!(A.try_enter_with(5).is_err());
    }

    /// Law 10.
    #[test]
    fn the_error_names_what_would_help() {
        let messages = [
            A.try_enter_with(5).unwrap_err().to_string(),
            A.try_with_scope(5).unwrap_err().to_string(),
            panic_of(|| A.enter_with(5)),
            panic_of(|| A.with_scope(5)),
        ];
        for message in &messages {
            for way in ["root", "run", "scope", "in_context"] {
                assert!(message.contains(way), "{way} is missing in: {message}");
            }
            assert_eq!(message, &messages[0]);
        }
        assert_nothing_left();
    }

    #[test]
    fn the_panic_is_located_at_the_caller() {
        let seen = crate::support::Log::new();
        let probe = {
            let seen = seen.clone();
            move |info: &std::panic::PanicHookInfo<'_>| seen.push(info.location().unwrap().file().to_owned())
        };
        with_panic_hook(probe, || {
            panic_of(|| A.enter_with(5));
            panic_of(|| A.with_scope(5));
        });
        assert_eq!(seen.take(), [file!(), file!()]);
    }

    #[test]
    fn the_error_needs_no_debug_of_the_store_and_tells_who_unwraps_what_would_help() {
        struct Opaque;
        static O: AsyncLocalStorage<Opaque> = AsyncLocalStorage::new();
        let refused = O.try_enter_with(Opaque).unwrap_err();
        assert_eq!(format!("{refused:?}"), format!("NoBoundary({refused})"));
        let _: Box<dyn std::error::Error> = Box::new(refused);
        assert!(panic_of(|| O.try_enter_with(Opaque).unwrap()).contains("root"));
    }

    /// The thread is not dirtied: what runs on it next sees nothing.
    #[test]
    fn a_refused_store_is_seen_by_nobody() {
        let _ = A.try_enter_with(5);
        let _ = catch_unwind(AssertUnwindSafe(|| A.enter_with(5)));
        assert_eq!(A.get_store(), None);
        root(|| assert_eq!(A.get_store(), None));
    }
}

mod futures_of_their_own {
    use super::*;

    type Adapted = Pin<Box<dyn Future<Output = Vec<Option<u32>>> + Send>>;

    /// Enters something else before each await, and reads it after.
    async fn enters() -> Vec<Option<u32>> {
        let mut seen = Vec::new();
        for n in 100..103 {
            A.enter_with(n);
            pause().await;
            seen.push(A.get_store());
        }
        seen
    }

    fn adapted() -> [(&'static str, Adapted); 8] {
        [
            ("in_context", Box::pin(enters().in_context())),
            (
                "with_snapshot",
                Box::pin(enters().with_snapshot(Snapshot::empty())),
            ),
            ("Snapshot::scope", Box::pin(snapshot().scope(enters()))),
            ("root_scope", Box::pin(root_scope(enters()))),
            ("scope", Box::pin(A.scope(1, enters()))),
            ("scope of another", Box::pin(B.scope(1, enters()))),
            ("exit_scope", Box::pin(A.exit_scope(enters()))),
            ("scope_with", Box::pin(scope_with(((&A, 1), (&B, 1)), enters()))),
        ]
    }

    const SEEN: [Option<u32>; 3] = [Some(100), Some(101), Some(102)];

    /// Law 10.
    #[test]
    fn what_is_entered_lasts_over_awaits_and_the_poller_never_sees_it() {
        for (name, mut future) in adapted() {
            for n in 0..3 {
                A.run(n, || {
                    assert!(poll(future.as_mut()).is_pending());
                    assert_eq!(A.get_store(), Some(n), "{name}");
                });
                assert_nothing_left();
            }
            assert_eq!(poll(future.as_mut()), Poll::Ready(SEEN.to_vec()), "{name}");
            assert_nothing_left();
        }
    }

    /// Law 10, and M-5: it moves with the future.
    #[test]
    fn what_is_entered_moves_with_the_future_to_other_threads() {
        for (name, mut future) in adapted() {
            for _ in 0..3 {
                future = on_thread(move || {
                    assert!(poll(future.as_mut()).is_pending());
                    assert_nothing_left();
                    future
                });
            }
            assert_eq!(
                on_thread(move || poll(future.as_mut())),
                Poll::Ready(SEEN.to_vec()),
                "{name}"
            );
        }
    }

    /// Law 10: and it is there when the future is cancelled, on whatever thread.
    #[test]
    fn what_is_entered_is_there_when_the_future_is_dropped() {
        let log = crate::support::Log::new();
        let mut future = {
            let log = log.clone();
            Box::pin(
                async move {
                    let _at_drop = crate::support::OnDrop::new(move || log.push(A.get_store()));
                    A.enter_with(5);
                    pause().await;
                }
                .in_context(),
            )
        };
        assert!(poll(future.as_mut()).is_pending());
        on_thread(|| A.run(1, || drop(future)));
        assert_eq!(log.take(), [Some(5)]);
    }

    /// Law 3, as a program whose every interleaving of three tasks' polls is tried.
    #[test]
    fn under_any_interleaving_they_do_not_see_each_other() {
        // Each task is polled three times; each number is one order of the nine polls, in base 3.
        let orders = (0..3_u32.pow(9)).map(|n| (0..9).map(move |i| (n / 3_u32.pow(i) % 3) as usize));
        let mut tried = 0;
        for order in orders {
            let order: Vec<usize> = order.collect();
            if (0..3).any(|task| order.iter().filter(|&&t| t == task).count() != 3) {
                continue;
            }
            tried += 1;
            let mut tasks: Vec<_> = (0..3)
                .map(|task: u32| {
                    Box::pin(A.scope(task, async move {
                        for step in 1..3 {
                            let before = A.get_store();
                            assert_eq!(before, Some((step - 1) * 10 + task));
                            A.enter_with(step * 10 + task);
                            pause().await;
                        }
                        A.get_store()
                    }))
                })
                .collect();
            let mut results = [None; 3];
            for &task in &order {
                if let Poll::Ready(seen) = poll(tasks[task].as_mut()) {
                    results[task] = seen;
                }
                assert_nothing_left();
            }
            assert_eq!(results, [Some(20), Some(21), Some(22)], "{order:?}");
        }
        assert_eq!(tried, 1680); // 9! / (3!)^3
    }

    /// Law 3, on a work-stealing runtime, with tasks that are aborted and tasks that panic among them.
    #[test]
    fn tasks_of_a_runtime_do_not_see_each_other() {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(3)
            .build()
            .unwrap();
        runtime.block_on(root_scope(async {
            let tasks: Vec<_> = (0..300_u32)
                .map(|n| {
                    tokio::spawn(A.scope(n, async move {
                        for step in 0..10 {
                            let expected = if step == 0 { n } else { n + 1000 * step };
                            assert_eq!((A.get_store(), B.get_store()), (Some(expected), None));
                            A.enter_with(n + 1000 * (step + 1));
                            tokio::task::yield_now().await;
                        }
                        match n % 3 {
                            0 => future::pending().await,
                            1 => panic!("task {n}"),
                            _ => n,
                        }
                    }))
                })
                .collect();
            for (n, task) in tasks.into_iter().enumerate() {
                match n % 3 {
                    0 => {
                        task.abort();
                        assert!(task.await.unwrap_err().is_cancelled());
                    }
                    1 => {
                        let panic = task.await.unwrap_err().into_panic();
                        assert_eq!(*panic.downcast::<String>().unwrap(), format!("task {n}"));
                    }
                    _ => assert_eq!(task.await.unwrap(), n as u32),
                }
                assert_eq!(A.get_store(), None);
            }
        }));
        // No worker was left with anything.
        let clean = runtime.block_on(async {
            let checks: Vec<_> = (0..30)
                .map(|_| tokio::spawn(async { assert_nothing_left() }))
                .collect();
            future::join_all(checks).await
        });
        assert!(clean.iter().all(Result::is_ok));
    }

    /// Two threads inside the same captured frame, at the same time: law 3 for what either enters.
    #[test]
    fn two_threads_in_one_frame_do_not_see_each_other() {
        let then = A.run(1, snapshot);
        let meet = Barrier::new(2);
        std::thread::scope(|s| {
            for n in [10, 20] {
                let (then, meet) = (&then, &meet);
                s.spawn(move || {
                    then.run(|| {
                        meet.wait();
                        A.enter_with(n);
                        meet.wait();
                        assert_eq!(A.get_store(), Some(n));
                        let guard = A.with_scope(n + 1);
                        meet.wait();
                        assert_eq!(A.get_store(), Some(n + 1));
                        drop(guard);
                        meet.wait();
                        assert_eq!(A.get_store(), Some(n));
                    })
                });
            }
        });
        assert_eq!(then.get(&A), Some(1));
    }
}

mod joined {
    use super::*;

    /// Law 3: what the docs of `enter_with` begin with.
    #[test]
    fn unwrapped_futures_share_the_boundary() {
        block_on(root_scope(async {
            let (_, seen) = join!(async { A.enter_with(1) }, async { A.get_store() });
            assert_eq!((seen, A.get_store()), (Some(1), Some(1)));
        }));
    }

    /// Law 3.
    #[test]
    fn wrapped_futures_do_not() {
        block_on(root_scope(async {
            let enters = |n| async move {
                let before = A.get_store();
                A.enter_with(n);
                pause().await;
                (before, A.get_store())
            };
            let seen = join!(
                enters(1).in_context(),
                enters(2).in_context(),
                A.scope(9, enters(3)),
                A.exit_scope(enters(4)),
            );
            assert_eq!(
                seen,
                (
                    (None, Some(1)),
                    (None, Some(2)),
                    (Some(9), Some(3)),
                    (None, Some(4))
                )
            );
            assert_eq!(A.get_store(), None);
        }));
    }

    /// Law 3, for `FuturesUnordered`.
    #[test]
    fn so_it_is_in_a_set_of_futures() {
        let enters = |n| async move {
            let before = A.get_store();
            A.enter_with(n);
            pause().await;
            before
        };
        block_on(root_scope(async {
            let shared: Vec<_> = (0..3)
                .map(enters)
                .collect::<FuturesUnordered<_>>()
                .collect()
                .await;
            assert_eq!(shared.iter().filter(|seen| seen.is_some()).count(), 2);
        }));
        block_on(root_scope(async {
            let apart: Vec<_> = (0..3)
                .map(|n| enters(n).in_context())
                .collect::<FuturesUnordered<_>>()
                .collect()
                .await;
            assert_eq!(apart, [None; 3]);
        }));
    }

    /// Awaiting a wrapped future inline leaves the awaiting one as it was.
    #[test]
    fn a_scope_awaited_inline_ends_with_its_await() {
        block_on(A.scope(1, async {
            A.enter_with(2);
            let inner = A.scope(3, async {
                A.enter_with(4);
                pause().await;
                A.get_store()
            });
            assert_eq!(inner.await, Some(4));
            assert_eq!(A.get_store(), Some(2));
        }));
    }
}

mod bases {
    use super::*;

    /// "`B.scope(2, A.scope(1, f))` sees both": the base of a scope is taken at the first poll.
    #[test]
    fn scopes_nest_in_any_order_of_their_making() {
        let both = || (A.get_store(), B.get_store());
        let inner = A.scope(1, async { both() });
        assert_eq!(block_on(B.scope(2, inner)), (Some(1), Some(2)));
        let inner = scope_with(((&A, 1),), async { both() });
        assert_eq!(block_on(B.scope(2, inner)), (Some(1), Some(2)));
        let inner = A.exit_scope(async { both() });
        assert_eq!(A.run(9, || block_on(B.scope(2, inner))), (None, Some(2)));
    }

    /// … and kept from then on.
    #[test]
    fn the_base_of_a_scope_is_kept_from_its_first_poll_on() {
        let mut future = pin!(A.scope(1, async {
            let first = B.get_store();
            pause().await;
            (first, B.get_store())
        }));
        B.run(1, || {
            B.enter_with(2);
            assert!(poll(future.as_mut()).is_pending());
            B.enter_with(3);
        });
        assert_eq!(
            B.run(4, || poll(future.as_mut())),
            Poll::Ready((Some(2), Some(2)))
        );
    }

    /// A scope made in one place and first polled in another takes nothing from the place of its making.
    #[test]
    fn a_scope_takes_nothing_from_where_it_was_made() {
        let future = B.run(1, || A.scope(1, async { B.get_store() }));
        assert_eq!(block_on(future), None);
    }

    /// The base of `in_context` is the whole context of the call; a scope inside comes on top.
    #[test]
    fn in_context_fixes_the_base_of_the_scopes_inside() {
        let future = B.run(1, || {
            A.scope(2, async { (A.get_store(), B.get_store()) }).in_context()
        });
        assert_eq!(A.run(8, || B.run(9, || block_on(future))), (Some(2), Some(1)));
    }
}

mod roots {
    use super::*;

    #[test]
    fn nothing_is_set_in_a_root_whatever_is_set_around_it() {
        A.run(1, || {
            B.enter_with(2);
            let seen = root(|| {
                let before = (A.get_store(), B.get_store(), snapshot().is_empty());
                A.enter_with(3);
                (before, root(|| A.get_store()), A.get_store())
            });
            assert_eq!(seen, ((None, None, true), None, Some(3)));
            assert_eq!((A.get_store(), B.get_store()), (Some(1), Some(2)));
        });
    }

    #[test]
    fn nothing_is_set_in_a_root_scope_whoever_polls_it() {
        let mut future = pin!(A.run(1, || root_scope(async {
            let first = snapshot().is_empty();
            pause().await;
            A.enter_with(2);
            let inner = root_scope(async { A.get_store() }).await;
            (first, inner, A.get_store())
        })));
        A.run(3, || assert!(poll(future.as_mut()).is_pending()));
        assert_eq!(
            A.run(4, || poll(future.as_mut())),
            Poll::Ready((true, None, Some(2)))
        );
    }

    /// A nested executor's own tasks see the outer context unless they are rooted; what they enter lasts there, as in a call.
    #[test]
    fn a_nested_executor_runs_in_the_boundary_it_was_called_in() {
        A.run(1, || {
            assert_eq!(block_on(async { A.get_store() }), Some(1));
            assert_eq!(block_on(root_scope(async { A.get_store() })), None);
        });
    }

    /// A thread starts with nothing, and in no boundary.
    #[test]
    fn a_thread_inherits_nothing() {
        A.run(1, || on_thread(assert_nothing_left));
    }

    /// Law 10: what a job on a pool thread entered, the next job does not see.
    #[test]
    fn jobs_of_one_thread_do_not_see_each_other() {
        let (jobs, received) = mpsc::channel::<Box<dyn FnOnce() + Send>>();
        let worker = std::thread::spawn(move || received.into_iter().for_each(|job| job()));
        let (seen, results) = mpsc::channel();
        for n in 0..3 {
            let seen = seen.clone();
            jobs.send(Box::new(move || {
                root(|| {
                    let before = A.get_store();
                    A.enter_with(n);
                    seen.send((before, A.get_store())).unwrap();
                })
            }))
            .unwrap();
        }
        drop((jobs, seen));
        worker.join().unwrap();
        assert_eq!(
            results.into_iter().collect::<Vec<_>>(),
            [(None, Some(0)), (None, Some(1)), (None, Some(2))]
        );
    }
}
