//! rayon's jobs in the context of whoever gives them, whoever runs them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Arc, Mutex};
use std::thread;

use static_assertions::{assert_impl_all, assert_not_impl_any};
use throughline::rayon::prelude::*;
use throughline::rayon::{
    self, InContext, PoolInContext, Scope, ScopeFifo, ThreadPool, ThreadPoolBuilder, Yield,
};
use throughline::{AsyncLocalStorage, BindMut as _, Crossing, Propagation, in_boundary, root, snapshot};

static ID: AsyncLocalStorage<u64> = AsyncLocalStorage::new();

fn id() -> Option<u64> {
    ID.get_store()
}

fn pool(threads: usize) -> ThreadPool {
    ThreadPoolBuilder::new().num_threads(threads).build().unwrap()
}

/// Two threads, of which the first gives work while the other one is held; what it waits for is a stranger's job.
struct Stranger {
    begun: (SyncSender<()>, Mutex<Receiver<()>>),
    go: (SyncSender<()>, Mutex<Receiver<()>>),
    saw: Arc<Mutex<Vec<Option<u64>>>>,
}

impl Stranger {
    fn new() -> Self {
        let pair = || {
            let (send, receive) = mpsc::sync_channel(1);
            (send, Mutex::new(receive))
        };
        Stranger {
            begun: pair(),
            go: pair(),
            saw: Arc::default(),
        }
    }

    /// On the second thread: until the stranger's job has run, which then only the first one can run.
    fn hold(&self) {
        self.begun.0.send(()).unwrap();
        self.go.1.lock().unwrap().recv().unwrap();
    }

    /// On the first: waits until the second is held.
    fn second_is_held(&self) {
        self.begun.1.lock().unwrap().recv().unwrap();
    }

    /// A job that writes down what it sees, and lets the second thread go.
    fn job(&self) -> impl FnOnce() + Send + 'static {
        let (saw, go) = (Arc::clone(&self.saw), self.go.0.clone());
        move || {
            saw.lock().unwrap().push(id());
            go.send(()).unwrap();
        }
    }

    fn saw(&self) -> Option<u64> {
        let saw = self.saw.lock().unwrap();
        assert_eq!(saw.len(), 1);
        saw[0]
    }
}

/// What was given where nothing was set, from outside of the pool.
fn given_by_nobody(pool: &ThreadPool, give: impl FnOnce(&ThreadPool) + Send) {
    thread::scope(|s| s.spawn(|| give(pool)).join().unwrap());
}

#[test]
fn join_holds_its_callers_context_back_while_it_waits() {
    let (pool, stranger) = (pool(2), Stranger::new());
    ID.run(1, || {
        pool.in_context().install(|| {
            let give = || {
                stranger.second_is_held();
                ::rayon::spawn(stranger.job());
                id()
            };
            let (a, ()) = rayon::join(give, || stranger.hold());
            assert_eq!((a, id()), (Some(1), Some(1)));
        });
    });
    assert_eq!(stranger.saw(), None);
}

#[test]
fn scope_holds_its_callers_context_back_while_it_waits() {
    fn run(name: &str, scope: impl FnOnce(&Stranger) + Send) {
        let (pool, stranger) = (pool(2), Stranger::new());
        ID.run(1, || pool.in_context().install(|| scope(&stranger)));
        assert_eq!(stranger.saw(), None, "{name}");
    }
    run("scope", |stranger| {
        rayon::scope(|s| {
            s.spawn(|_| stranger.hold());
            stranger.second_is_held();
            ::rayon::spawn(stranger.job());
        });
    });
    run("scope_fifo", |stranger| {
        rayon::scope_fifo(|s| {
            s.spawn_fifo(|_| stranger.hold());
            stranger.second_is_held();
            ::rayon::spawn(stranger.job());
        });
    });
    run("in_place_scope", |stranger| {
        rayon::in_place_scope(|s| {
            s.spawn(|_| stranger.hold());
            stranger.second_is_held();
            ::rayon::spawn(stranger.job());
        });
    });
    run("in_place_scope_fifo", |stranger| {
        rayon::in_place_scope_fifo(|s| {
            s.spawn_fifo(|_| stranger.hold());
            stranger.second_is_held();
            ::rayon::spawn(stranger.job());
        });
    });
    run("yield_now", |stranger| {
        rayon::scope(|s| {
            s.spawn(|_| stranger.hold());
            stranger.second_is_held();
            ::rayon::spawn(stranger.job());
            rayon::yield_now();
            assert_eq!((stranger.saw(), id()), (None, Some(1)));
        });
    });
    run("yield_local", |stranger| {
        rayon::scope(|s| {
            s.spawn(|_| stranger.hold());
            stranger.second_is_held();
            ::rayon::spawn(stranger.job());
            rayon::yield_local();
            assert_eq!((stranger.saw(), id()), (None, Some(1)));
        });
    });
}

#[test]
fn iterator_holds_its_callers_context_back_while_it_waits() {
    let (pool, stranger) = (pool(2), Stranger::new());
    ID.run(1, || {
        pool.in_context().install(|| {
            let halves = (0..2).into_par_iter().in_context().with_max_len(1);
            halves.for_each(|half| match half {
                0 => {
                    stranger.second_is_held();
                    ::rayon::spawn(stranger.job());
                }
                _ => stranger.hold(),
            });
        });
    });
    assert_eq!(stranger.saw(), None);
}

/// The thief waits in a raw `join` inside its context: a job of ours that has no context does not see that. A raw one does, which nobody
/// can mend.
#[test]
fn stolen_job_that_was_given_without_a_context_sees_none() {
    fn stolen(give: impl Fn(&ThreadPool, &Stranger) + Sync) -> Option<u64> {
        let (pool, stranger) = (pool(2), Stranger::new());
        pool.install(|| {
            ID.run(1, || {
                let waits = || {
                    stranger.second_is_held();
                    given_by_nobody(&pool, |pool| give(pool, &stranger));
                };
                ::rayon::join(waits, || stranger.hold());
            });
        });
        stranger.saw()
    }
    assert_eq!(
        stolen(|pool, stranger| pool.spawn(stranger.job())),
        Some(1),
        "raw"
    );
    assert_eq!(
        stolen(|pool, stranger| pool.in_context().spawn(stranger.job())),
        None
    );
    assert_eq!(
        stolen(|pool, stranger| pool.in_context().spawn_fifo(stranger.job())),
        None
    );
}

#[test]
fn each_entry_point_hands_its_callers_context_over() {
    let pool = pool(2);
    let (send, receive) = mpsc::channel();
    let both = Some(1);
    ID.run(1, || {
        // The caller is none of the pool's threads: everything below runs on another one.
        let here = pool.in_context();
        assert_eq!(here.install(id), both);
        assert_eq!(here.join(id, id), (both, both));
        assert_eq!(here.broadcast(|_| id()), [both; 2]);
        assert_eq!(here.scope(|_| id()), both);
        assert_eq!(here.scope_fifo(|_| id()), both);
        assert_eq!(here.in_place_scope(|_| id()), both);
        assert_eq!(here.in_place_scope_fifo(|_| id()), both);
        assert!(here.yield_now().is_none() && here.yield_local().is_none());
        let saw = |send: &mpsc::Sender<_>| {
            let send = send.clone();
            move || send.send(id()).unwrap()
        };
        here.spawn(saw(&send));
        here.spawn_fifo(saw(&send));
        let each = saw(&send);
        here.spawn_broadcast(move |_| each());
        here.install(|| {
            rayon::spawn(saw(&send));
            rayon::spawn_fifo(saw(&send));
            let each = saw(&send);
            rayon::spawn_broadcast(move |_| each());
            assert_eq!(rayon::broadcast(|_| id()), [both; 2]);
            assert_eq!(rayon::join_context(|_| id(), |_| id()), (both, both));
        });
    });
    drop(send);
    assert_eq!(receive.iter().collect::<Vec<_>>(), [both; 8]);
}

#[test]
fn scopes_jobs_see_what_was_set_where_they_were_spawned() {
    let pool = pool(2);
    let seen = Mutex::new(Vec::new());
    let see = |name| seen.lock().unwrap().push((name, id(), in_boundary()));
    ID.run(1, || {
        pool.in_context().scope(|s| {
            s.spawn(|s| {
                see("outer");
                ID.run(2, || s.spawn(|_| see("nested")));
                ID.enter_with(9);
            });
            ID.run(3, || s.spawn_broadcast(|_, _| see("each")));
            root(|| s.spawn(|_| see("none")));
        });
        pool.in_context().scope_fifo(|s| {
            s.spawn_fifo(|s| {
                see("fifo");
                ID.run(4, || s.spawn_fifo(|_| see("fifo nested")));
            });
            s.spawn_broadcast(|_, _| see("fifo each"));
        });
    });
    let mut seen = seen.into_inner().unwrap();
    seen.sort_unstable();
    assert_eq!(
        seen,
        [
            ("each", Some(3), true),
            ("each", Some(3), true),
            ("fifo", Some(1), true),
            ("fifo each", Some(1), true),
            ("fifo each", Some(1), true),
            ("fifo nested", Some(4), true),
            ("nested", Some(2), true),
            ("none", None, true),
            ("outer", Some(1), true),
        ]
    );
}

/// A thread of one pool waits for the other one, and meanwhile runs what it finds: jobs of strangers, or of those who are in another context.
#[test]
fn pools_in_pools_keep_their_contexts_apart() {
    let (outer, inner) = (pool(2), pool(2));
    let seen = ID.run(1, || {
        outer.in_context().install(|| {
            let (there, here) = rayon::join(
                || {
                    ID.run(2, || {
                        inner.in_context().install(|| {
                            let back = outer.in_context().install(|| (id(), rayon::join(id, id)));
                            ID.enter_with(3);
                            (back, inner.in_context().install(id))
                        })
                    })
                },
                || inner.install(id),
            );
            (there, here, id())
        })
    });
    let back = (Some(2), (Some(2), Some(2)));
    // What was given raw has none.
    assert_eq!(seen, ((back, Some(3)), None, Some(1)));
    for pool in [&outer, &inner] {
        assert_eq!(pool.broadcast(|_| (id(), in_boundary())), [(None, false); 2]);
    }
}

#[test]
fn pool_that_waits_for_another_one_shows_its_context_to_no_stranger() {
    let (waits, works, stranger) = (pool(1), pool(1), Stranger::new());
    ID.run(1, || {
        waits.in_context().install(|| {
            // The one thread there is waits here, and has this to run meanwhile.
            ::rayon::spawn(stranger.job());
            works
                .in_context()
                .install(|| stranger.go.1.lock().unwrap().recv().unwrap());
        });
    });
    assert_eq!(stranger.saw(), None);
}

#[test]
fn raw_job_that_a_waiting_thread_runs_can_enter_nothing_there() {
    let (pool, (send, saw)) = (pool(1), mpsc::channel());
    let raw = |n: u64| {
        let send = send.clone();
        move || {
            let entered = catch_unwind(|| ID.enter_with(n)).is_ok();
            send.send((entered, in_boundary(), id())).unwrap();
        }
    };
    ID.run(1, || {
        pool.in_context().install(|| {
            ::rayon::spawn(raw(7));
            ::rayon::spawn(raw(8));
            while rayon::yield_now() == Some(Yield::Executed) {}
            assert_eq!(id(), Some(1));
            rayon::join(|| ::rayon::spawn(raw(9)), || ());
            rayon::scope(|_| ::rayon::spawn(raw(10)));
        });
    });
    drop(pool);
    // A pool that was dropped runs what it has left.
    assert_eq!(saw.iter().take(4).collect::<Vec<_>>(), [(false, false, None); 4]);
}

/// What a serial iterator does is done by whoever asks it next.
#[test]
fn serial_iterator_under_a_bridge_is_in_context_if_it_was_bound() {
    let seen = ID.run(1, || {
        let mut serial = (0..100).map(|_| id());
        let bound = std::iter::from_fn((move || serial.next()).bind_mut());
        let seen: Vec<_> = bound
            .par_bridge()
            .in_context()
            .map(|pulled| (pulled, id()))
            .collect();
        seen
    });
    assert_eq!(seen, [(Some(1), Some(1)); 100]);
}

#[test]
fn scope_in_place_borrows_and_runs_its_body_on_the_callers_thread() {
    let (here, pool) = (thread::current().id(), pool(2));
    let words = [String::from("a"), String::from("b")];
    let seen = Mutex::new(Vec::new());
    let answer = ID.run(1, || {
        let answer = pool.in_context().in_place_scope(|s| {
            for word in &words {
                let seen = &seen;
                s.spawn(move |_| {
                    seen.lock()
                        .unwrap()
                        .push((word.as_str(), id(), thread::current().id() == here))
                });
            }
            ID.enter_with(2);
            (id(), thread::current().id() == here)
        });
        assert_eq!(id(), Some(1));
        answer
    });
    assert_eq!(answer, (Some(2), true));
    let mut seen = seen.into_inner().unwrap();
    seen.sort_unstable();
    assert_eq!(seen, [("a", Some(1), false), ("b", Some(1), false)]);
}

/// Law 10: on the calling thread too.
#[test]
fn what_a_job_enters_ends_with_it() {
    let pool = pool(1);
    let enters = || {
        let before = id();
        ID.enter_with(99);
        before
    };
    ID.run(1, || {
        let here = pool.in_context();
        assert_eq!(here.join(enters, enters), (Some(1), Some(1)));
        here.install(|| {
            rayon::join(enters, enters);
            assert_eq!(id(), Some(1), "after join");
            rayon::scope(|s| {
                s.spawn(|_| assert_eq!(enters(), Some(1)));
                ID.enter_with(98);
                s.spawn(|_| assert_eq!(id(), Some(98)));
            });
            assert_eq!(id(), Some(1), "after scope");
            rayon::in_place_scope(|_| enters());
            assert_eq!(id(), Some(1), "after in_place_scope");
            // One leaf, item after item.
            let items = (0..100).into_par_iter().in_context().with_min_len(100);
            assert!(items.map(|_| enters()).all(|before| before == Some(1)));
            assert_eq!(id(), Some(1), "after the items");
        });
    });
    assert_eq!(pool.install(id), None);
}

/// The halves run in it without counting it; what they capture is counted.
#[test]
fn what_a_half_captures_outlives_the_callers_scope() {
    let halves = || rayon::join(snapshot, || ID.run(8, snapshot));
    pool(2).install(|| {
        for _ in 0..100 {
            let of_run = ID.run(7, halves);
            let of_entered = root(|| {
                ID.enter_with(7);
                halves()
            });
            for (a, b) in [of_run, of_entered] {
                assert_eq!((a.get(&ID), b.get(&ID)), (Some(7), Some(8)));
            }
            let (a, b) = rayon::join(snapshot, || ID.run(8, snapshot));
            assert_eq!((a.get(&ID), b.get(&ID)), (None, Some(8)));
        }
    });
}

#[test]
fn join_panics_with_its_halfs_payload_and_drops_the_others_answer_in_the_callers_context() {
    struct Dropped<'a>(&'a Mutex<Vec<Option<u64>>>);
    impl Drop for Dropped<'_> {
        fn drop(&mut self) {
            self.0.lock().unwrap().push(id());
        }
    }
    let pool = pool(2);
    let dropped = Mutex::new(Vec::new());
    let (in_a, answer) = (Dropped(&dropped), Dropped(&dropped));
    let payload = ID.run(1, || {
        pool.in_context().install(|| {
            let a = || {
                let _in_a = in_a;
                panic!("no such user");
            };
            let caught = catch_unwind(AssertUnwindSafe(|| rayon::join(a, || answer)));
            assert_eq!(id(), Some(1));
            caught.map(|((), _)| ()).unwrap_err()
        })
    });
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"no such user"));
    assert_eq!(*dropped.lock().unwrap(), [Some(1); 2]);
    assert_eq!(pool.broadcast(|_| (id(), in_boundary())), [(None, false); 2]);
}

#[test]
fn panicking_job_leaves_nothing_on_its_thread() {
    let pool = pool(1);
    let payloads = ID.run(1, || {
        let here = pool.in_context();
        let jobs: [&(dyn Fn() + Sync); 4] = [
            &|| here.scope(|s| s.spawn(|_| panic!("job"))),
            &|| here.install(|| panic!("job")),
            &|| drop(here.broadcast(|_| -> () { panic!("job") })),
            &|| {
                here.install(|| {
                    let items = (0..100).into_par_iter().in_context();
                    items.for_each(|n| {
                        if n == 50 {
                            panic!("job")
                        }
                    })
                })
            },
        ];
        jobs.map(|job| {
            let payload = catch_unwind(AssertUnwindSafe(job)).unwrap_err();
            assert_eq!(id(), Some(1));
            payload.downcast_ref::<&str>().copied()
        })
    });
    assert_eq!(payloads, [Some("job"); 4]);
    assert_eq!(pool.install(|| (id(), in_boundary())), (None, false));
}

#[test]
fn panic_of_a_spawned_job_reaches_the_pools_handler_after_its_context() {
    let (send, receive) = mpsc::channel();
    let send = Mutex::new(send);
    let pool = ThreadPoolBuilder::new()
        .num_threads(1)
        .panic_handler(move |payload| {
            let seen = (payload.downcast_ref::<&str>().copied(), id());
            send.lock().unwrap().send(seen).unwrap();
        })
        .build()
        .unwrap();
    ID.run(1, || pool.in_context().spawn(|| panic!("job")));
    assert_eq!(receive.recv().unwrap(), (Some("job"), None));
}

/// Law 4.
#[test]
fn spawned_job_and_what_it_owns_are_dropped_in_its_context() {
    struct Tells(mpsc::Sender<Option<u64>>);
    impl Drop for Tells {
        fn drop(&mut self) {
            self.0.send(id()).unwrap();
        }
    }
    let pool = pool(1);
    let (send, receive) = mpsc::channel();
    let owned = || Tells(send.clone());
    ID.run(1, || {
        let here = pool.in_context();
        let (a, b, c) = (owned(), owned(), owned());
        here.spawn(move || drop(a));
        here.spawn(move || {
            let _kept_to_the_end = &b;
        });
        // Called twice or a hundred times, dropped once.
        here.spawn_broadcast(move |_| assert!(c.0.send(id()).is_ok()));
        let d = owned();
        let items = (0..10)
            .into_par_iter()
            .in_context()
            .map(move |_| assert!(d.0.send(id()).is_ok()));
        pool.install(|| root(|| items.count()));
    });
    // Four of them dropped; the last two say so at each of their calls, of which there are one and ten.
    for _ in 0..4 + 1 + 10 {
        assert_eq!(receive.recv().unwrap(), Some(1));
    }
}

#[test]
fn context_is_filtered_once_a_call() {
    static MAPPED: AtomicUsize = AtomicUsize::new(0);
    static BUDGET: AsyncLocalStorage<u64> =
        AsyncLocalStorage::new().propagation(Propagation::new().blocking(Crossing::Map(|left| {
            MAPPED.fetch_add(1, Ordering::Relaxed);
            Some(left / 2)
        })));
    let mapped = || MAPPED.swap(0, Ordering::Relaxed);
    let budget = || BUDGET.get_store();

    let pool = pool(2);
    BUDGET.run(100, || {
        let here = pool.in_context();
        assert_eq!(mapped(), 1);
        assert_eq!(here.broadcast(|_| budget()), [Some(50); 2]);
        let items = (0..1000).into_par_iter().in_context().map(|_| budget());
        assert!(items.filter(|_| true).all(|left| left == Some(50)));
        assert_eq!(mapped(), 1);
        assert_eq!(rayon::join(budget, budget), (Some(50), Some(50)));
        assert_eq!(mapped(), 1);
        rayon::scope(|s| {
            assert_eq!(budget(), Some(50));
            s.spawn(|_| assert_eq!(budget(), Some(25), "handed over again"));
        });
        assert_eq!(mapped(), 2);
    });
}

/// Made in one context, run in another: whatever ran outside of its own would see that of the caller, or none.
mod chain {
    use super::*;

    static CALLS: AtomicUsize = AtomicUsize::new(0);

    fn saw() {
        CALLS.fetch_add(1, Ordering::Relaxed);
        assert_eq!(id(), Some(7));
    }

    fn saw_and<T>(value: T) -> T {
        saw();
        value
    }

    /// Says what it was compared in.
    #[derive(Clone, Debug, PartialEq)]
    struct Seen(u32);

    fn items() -> InContext<::rayon::range::Iter<u32>> {
        ID.run(7, || (0..100).into_par_iter().in_context())
    }

    fn as_ref(items: &[u32]) -> InContext<::rayon::slice::Iter<'_, u32>> {
        ID.run(7, || items.par_iter().in_context())
    }

    /// Runs it where another store is set, on a pool where none is, and counts the calls.
    fn calls<R: Send>(chain: impl FnOnce() -> R + Send) -> (R, usize) {
        let pool = pool(3);
        CALLS.store(0, Ordering::Relaxed);
        let result = ID.run(8, || pool.in_context().install(chain));
        (result, CALLS.load(Ordering::Relaxed))
    }

    /// All in one test: they share the counter.
    #[test]
    fn each_closure_runs_in_the_iterators_context() {
        let sum = 99 * 100 / 2;
        let all = |chain: (u32, usize)| assert_eq!(chain, (sum, 200));
        // Two closures each, the second one behind what the adapter does.
        all(calls(|| items().map(saw_and).map(saw_and).sum()));
        all(calls(|| {
            let map = items().map_with((), |(), n| saw_and(n));
            map.map(saw_and).sum()
        }));
        all(calls(|| items().inspect(|_| saw()).map(saw_and).sum()));
        all(calls(|| {
            let update = items().update(|n| *n = saw_and(*n));
            update.map(saw_and).sum()
        }));
        all(calls(|| items().filter(|_| saw_and(true)).map(saw_and).sum()));
        all(calls(|| {
            items().filter_map(|n| Some(saw_and(n))).map(saw_and).sum()
        }));
        all(calls(|| items().flat_map(|n| saw_and([n])).map(saw_and).sum()));
        all(calls(|| {
            let filtered = items().filter(|_| true);
            filtered.flat_map(|n| saw_and(vec![n])).map(saw_and).sum()
        }));
        all(calls(|| {
            items().flat_map_iter(|n| saw_and([n])).map(saw_and).sum()
        }));
        all(calls(|| {
            items().map(|n| saw_and([n])).flatten().map(saw_and).sum()
        }));
        all(calls(|| {
            let items = items().map(|n| saw_and([n]));
            items.flatten_iter().map(saw_and).sum()
        }));
        all(calls(|| {
            let some = items().map(|n| Some(saw_and(n))).while_some();
            some.map(saw_and).sum()
        }));
        all(calls(|| items().map(saw_and).panic_fuse().map(saw_and).sum()));
        all(calls(|| {
            let chained = items().map(saw_and).chain(::rayon::iter::empty());
            chained.map(saw_and).sum()
        }));
        all(calls(|| items().map(saw_and).take_any(100).map(saw_and).sum()));
        all(calls(|| items().map(saw_and).skip_any(0).map(saw_and).sum()));
        all(calls(|| {
            let taken = items().take_any_while(|_| saw_and(true));
            taken.map(saw_and).sum()
        }));
        let vec: Vec<u32> = (0..100).collect();
        all(calls(|| {
            as_ref(&vec).inspect(|_| saw()).cloned().map(saw_and).sum()
        }));
        all(calls(|| {
            as_ref(&vec).inspect(|_| saw()).copied().map(saw_and).sum()
        }));
        // What pulls.
        all(calls(|| {
            let numbered = items().map(saw_and).enumerate();
            numbered.map(|(_, n)| saw_and(n)).sum()
        }));
        all(calls(|| {
            let zipped = items().map(saw_and).zip(0..100_u32);
            zipped.map(|(n, _)| saw_and(n)).sum()
        }));
        all(calls(|| {
            let zipped = items().map(saw_and).zip_eq(0..100_u32);
            zipped.map(|(n, _)| saw_and(n)).sum()
        }));
        all(calls(|| {
            items().map(saw_and).interleave([0_u32; 0]).map(saw_and).sum()
        }));
        all(calls(|| items().map(saw_and).rev().map(saw_and).sum()));
        all(calls(|| items().map(saw_and).step_by(1).map(saw_and).sum()));
        all(calls(|| items().map(saw_and).skip(0).map(saw_and).sum()));
        all(calls(|| items().map(saw_and).take(100).map(saw_and).sum()));
        all(calls(|| {
            items().map(saw_and).chunks(1).map(|n| saw_and(n[0])).sum()
        }));
        all(calls(|| {
            items().map(saw_and).with_min_len(3).rev().map(saw_and).sum()
        }));
        all(calls(|| {
            items().map(saw_and).with_max_len(1).rev().map(saw_and).sum()
        }));
        all(calls(|| {
            let blocks = items().map(saw_and).by_uniform_blocks(10);
            blocks.map(saw_and).sum()
        }));
        all(calls(|| {
            let blocks = items().map(saw_and).by_exponential_blocks();
            blocks.map(saw_and).sum()
        }));
        all(calls(|| {
            let folded = items().fold_chunks_with(1, 0, |sum, n| sum + saw_and(n));
            folded.map(saw_and).sum()
        }));
        // More than two.
        let chain = || items().fold_chunks(1, || saw_and(0), |sum, n| sum + saw_and(n));
        assert_eq!(calls(|| chain().sum::<u32>()), (sum, 200));
        assert_eq!(
            calls(|| items().map(saw_and).intersperse(0).map(saw_and).sum::<u32>()),
            (sum, 100 + 199)
        );
        let zeros = || vec![0_u32; 100].into_par_iter();
        let (found, seen) = calls(|| items().interleave_shortest(zeros()).map(saw_and).sum::<u32>());
        assert_eq!((found, seen), (sum, 200));
        // Not asked again, once a thread knows.
        let (found, seen) = calls(|| {
            let left = items().skip_any_while(|_| saw_and(false));
            left.map(saw_and).sum::<u32>()
        });
        assert!(found == sum && seen > 100);
        // Once a split.
        let (found, seen) = calls(|| items().map_init(saw, |(), n| saw_and(n)).sum::<u32>());
        assert!(found == sum && seen > 100);
        let (found, seen) = calls(|| {
            items()
                .fold(|| saw_and(0), |sum, n| sum + saw_and(n))
                .sum::<u32>()
        });
        assert!(found == sum && seen > 100);
        let (found, seen) = calls(|| items().fold_with(0, |sum, n| sum + saw_and(n)).sum::<u32>());
        assert_eq!((found, seen), (sum, 100));
        // Those whose types cannot be told of it: the context is not lost for what is handed on.
        let (found, seen) = calls(|| {
            let tried = items().try_fold(|| saw_and(0), |sum, n| Some(sum + saw_and(n)));
            tried.map(saw_and).map(Option::unwrap).sum::<u32>()
        });
        assert!(found == sum && seen > 101);
        // What ends a chain.
        assert_eq!(calls(|| items().for_each(|_| saw())).1, 100);
        assert_eq!(calls(|| items().for_each_with((), |(), _| saw())).1, 100);
        assert_eq!(
            calls(|| items().try_for_each(|n| {
                saw_and(n);
                Some(())
            }))
            .1,
            100
        );
        let (found, seen) = calls(|| items().reduce(|| saw_and(0), |a, b| saw_and(a + b)));
        assert!(found == sum && seen > 100);
        assert_eq!(
            calls(|| items().reduce_with(|a, b| saw_and(a + b))),
            (Some(sum), 99)
        );
        assert_eq!(calls(|| items().any(|_| saw_and(false))), (false, 100));
        assert_eq!(calls(|| items().all(|_| saw_and(true))), (true, 100));
        assert_eq!(calls(|| items().find_any(|_| saw_and(false))), (None, 100));
        assert_eq!(calls(|| items().max_by_key(|&n| saw_and(n))), (Some(99), 100));
        assert_eq!(calls(|| items().position_any(|_| saw_and(false))), (None, 100));
        assert_eq!(calls(|| items().position_first(|_| saw_and(false))), (None, 100));
        assert_eq!(calls(|| items().position_last(|_| saw_and(false))), (None, 100));
        assert_eq!(
            calls(|| items().positions(|_| saw_and(true)).map(saw_and).count()),
            (100, 200)
        );
        assert_eq!(
            calls(|| items().partition::<Vec<_>, Vec<_>, _>(|_| saw_and(true))).1,
            100
        );
        let (collected, _) = calls(|| items().map(saw_and).rev().collect::<Vec<_>>());
        assert_eq!(collected, (0..100).rev().collect::<Vec<_>>());
        let (mut left, mut right) = (Vec::new(), Vec::new());
        let (_, seen) = calls(|| {
            let pairs = items().map(|n| saw_and((n, Seen(n))));
            pairs.unzip_into_vecs(&mut left, &mut right)
        });
        assert_eq!((seen, left.len(), right[99].clone()), (100, 100, Seen(99)));
    }

    #[test]
    fn it_is_indexed_where_the_inner_one_is() {
        fn indexed(iter: &impl IndexedParallelIterator) -> usize {
            iter.len()
        }
        assert_eq!(indexed(&items().map(saw_and).rev().skip(10)), 90);
        assert_eq!(items().opt_len(), Some(100));
        assert_eq!(items().filter(|_| true).opt_len(), None);
    }

    /// Through the traits, in code that knows nothing of contexts: what runs before and behind, and the one that pulls sees nothing of the caller's.
    #[test]
    fn pulled_by_generic_code_what_it_was_round_runs_in_it() {
        fn pulled(iter: impl IndexedParallelIterator<Item = u32>) -> Vec<Option<u64>> {
            IndexedParallelIterator::enumerate(iter).map(|_| id()).collect()
        }
        let made = ID.run(7, || {
            let items = (0..100_u32).into_par_iter().in_context();
            items.map(|n| {
                assert_eq!(id(), Some(7));
                n
            })
        });
        let seen = ID.run(8, || pool(2).in_context().install(|| pulled(made)));
        assert_eq!(seen, [None; 100]);
    }
}

/// 8 tenants on 3 threads, 10 000 items each; every wait steals from all of them.
#[test]
fn tenants_on_one_pool_never_see_each_other() {
    static KEPT: AsyncLocalStorage<Arc<u64>> = AsyncLocalStorage::new();
    const ENTERED: u64 = 1000;
    let pool = pool(3);
    let tenants: Vec<_> = (0..8).map(Arc::new).collect();
    let strangers = Arc::new(AtomicUsize::new(0));

    let item = |tenant: u64, n: u64| {
        assert_eq!(
            (id(), KEPT.get_store().map(|kept| *kept)),
            (Some(tenant), Some(tenant))
        );
        ID.enter_with(tenant + ENTERED);
        let same = || assert_eq!(id(), Some(tenant + ENTERED));
        match n % 16 {
            0 => drop(rayon::join(
                || rayon::join(same, || ID.enter_with(n)),
                || rayon::join(|| ID.enter_with(n), same),
            )),
            1 => {
                let halves = || {
                    rayon::join(same, || {
                        if n % 3 == 0 {
                            panic!("one of many")
                        }
                    })
                };
                assert_eq!(catch_unwind(halves).is_err(), n % 3 == 0);
            }
            2 => rayon::scope(|s| {
                s.spawn(|_| same());
                s.spawn(|s| ID.run(n, || s.spawn(move |_| assert_eq!(id(), Some(n)))));
            }),
            3 => drop(rayon::yield_now()),
            4 => {
                let nested = (0..4).into_par_iter().in_context().with_max_len(1);
                nested.for_each(|_| same());
            }
            5 => {
                let strangers = Arc::clone(&strangers);
                // Raw: it inherits nothing, on whichever thread and on top of whichever wait it runs.
                ::rayon::spawn(move || {
                    assert_eq!(id(), None);
                    strangers.fetch_add(1, Ordering::Relaxed);
                });
            }
            _ => {}
        }
        same();
    };
    thread::scope(|s| {
        for tenant in &tenants {
            let pool = &pool;
            s.spawn(move || {
                throughline::run_with(((&ID, **tenant), (&KEPT, Arc::clone(tenant))), || {
                    let items = (0..10_000).into_par_iter().in_context();
                    pool.install(|| items.for_each(|n| item(**tenant, n)));
                });
            });
        }
    });
    // Behind all that was given before.
    while strangers.load(Ordering::Relaxed) < 8 * 10_000 / 16 {
        thread::yield_now();
    }
    drop(pool);
    for tenant in tenants {
        assert_eq!(Arc::strong_count(&tenant), 1, "all frames are gone");
    }
}

assert_impl_all!(InContext<::rayon::range::Iter<u64>>: Send, Sync, Clone, std::fmt::Debug);
assert_not_impl_any!(InContext<::rayon::range::Iter<u64>>: Copy);
assert_impl_all!(PoolInContext<'static>: Send, Sync, Clone, std::fmt::Debug);
assert_impl_all!(Scope<'static, 'static>: Send, Sync, std::fmt::Debug);
assert_impl_all!(ScopeFifo<'static, 'static>: Send, Sync, std::fmt::Debug);
