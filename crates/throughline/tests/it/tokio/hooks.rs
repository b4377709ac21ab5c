//! Plain `tokio::spawn` that inherits, by tokio's hooks; and without them, what says so.

use throughline::tokio::hooks;
use tokio::runtime::Builder;

#[cfg(not(tokio_unstable))]
#[test]
fn without_the_cfg_install_says_what_to_add() {
    let mut builder = Builder::new_current_thread();
    let unavailable = hooks::install(&mut builder).unwrap_err().to_string();
    assert!(
        unavailable.contains(r#"rustflags = ["--cfg", "tokio_unstable"]"#),
        "{unavailable}"
    );
    assert!(unavailable.contains(".cargo/config.toml"), "{unavailable}");
}

#[test]
fn without_hooks_nothing_is_automatic() {
    for mut builder in [Builder::new_current_thread(), Builder::new_multi_thread()] {
        assert!(!builder.build().unwrap().block_on(hooks::is_automatic()));
    }
}

#[cfg(tokio_unstable)]
mod unstable {
    use super::super::{HELD, ID, Tells, id, ways};
    use crate::support::reports::reports_of;
    use std::future::{pending, poll_fn};
    use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
    use std::sync::mpsc::channel;
    use std::sync::{Arc, Mutex};
    use std::task::Poll;
    use throughline::tokio::HandleExt;
    use throughline::tokio::hooks::{self, Hooks, TaskContexts};
    use throughline::{AsyncLocalStorage, Crossing, HandOver, Propagation, in_boundary};
    use tokio::runtime::{Builder, Runtime};
    use tokio::sync::oneshot;
    use tokio::task::yield_now;

    static MAPPED: AsyncLocalStorage<u64> =
        AsyncLocalStorage::new().propagation(Propagation::new().task(Crossing::Map(|left| Some(left / 2))));
    static DROPPED: AsyncLocalStorage<u64> =
        AsyncLocalStorage::new().propagation(Propagation::new().task(Crossing::Drop));

    /// One runtime of each flavour.
    fn runtimes() -> [Runtime; 2] {
        [Builder::new_current_thread(), Builder::new_multi_thread()].map(|mut builder| {
            hooks::install(&mut builder).unwrap();
            builder.worker_threads(2).enable_all().build().unwrap()
        })
    }

    /// A runtime of one worker, and the contexts of its tasks.
    fn watched() -> (Runtime, TaskContexts) {
        let contexts = TaskContexts::new();
        let [spawn, before, after, terminate] = std::array::from_fn(|_| contexts.clone());
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .on_task_spawn(move |meta| spawn.on_task_spawn(meta))
            .on_before_task_poll(move |meta| before.on_before_task_poll(meta))
            .on_after_task_poll(move |meta| after.on_after_task_poll(meta))
            .on_task_terminate(move |meta| terminate.on_task_terminate(meta))
            .build()
            .unwrap();
        (runtime, contexts)
    }

    #[track_caller]
    fn assert_entries(contexts: &TaskContexts, tasks: usize) {
        let shown = format!("{contexts:?}");
        assert!(shown.contains(&format!("tasks: {tasks} }}")), "{shown}");
    }

    #[test]
    fn with_hooks_it_is_automatic() {
        for runtime in runtimes() {
            assert!(runtime.block_on(hooks::is_automatic()));
            let from_a_task = runtime.spawn(hooks::is_automatic());
            assert!(runtime.block_on(from_a_task).unwrap());
        }
    }

    #[test]
    fn plain_spawn_inherits_and_a_later_change_is_not_seen() {
        for runtime in runtimes() {
            let spawner = ID.scope(1, async {
                let task = tokio::spawn(async {
                    let first = (id(), in_boundary());
                    yield_now().await;
                    (first, id(), tokio::spawn(async { id() }).await.unwrap())
                });
                ID.enter_with(2);
                (task.await.unwrap(), id())
            });
            let seen = runtime.block_on(spawner);
            assert_eq!(seen, (((Some(1), true), Some(1), Some(1)), Some(2)));
        }
    }

    // Law 3.
    #[test]
    fn what_a_plain_task_enters_stays_with_it_from_poll_to_poll_and_is_nobody_elses() {
        for runtime in runtimes() {
            let enter = |store: u64| async move {
                let mut seen = vec![id()];
                for add in 0..50 {
                    ID.enter_with(store + add);
                    yield_now().await;
                    seen.push(id());
                }
                seen
            };
            let spawner = |base: Option<u64>| async move {
                let tasks: Vec<_> = (1..=20)
                    .map(|task| (task, tokio::spawn(enter(task * 100))))
                    .collect();
                for (task, handle) in tasks {
                    let entered = (0..50).map(|add| Some(task * 100 + add));
                    let expected: Vec<_> = std::iter::once(base).chain(entered).collect();
                    assert_eq!(handle.await.unwrap(), expected);
                }
                assert_eq!(id(), base);
                assert_eq!(tokio::spawn(async { id() }).await.unwrap(), base);
            };
            runtime.block_on(ID.scope(7, spawner(Some(7))));
            // Tasks that began with nothing.
            runtime.block_on(spawner(None));
        }
    }

    #[test]
    fn storage_that_stays_behind_or_is_mapped_is_filtered_once() {
        let seen = || async { (MAPPED.get_store(), DROPPED.get_store()) };
        for runtime in runtimes() {
            let spawner = async {
                let plain = tokio::spawn(seen()).await.unwrap();
                let ours = throughline::tokio::spawn(seen()).await.unwrap();
                (plain, ours)
            };
            let seen = runtime.block_on(MAPPED.scope(100, DROPPED.scope(2, spawner)));
            // Ours are not halved twice.
            assert_eq!(seen, ((Some(50), None), (Some(50), None)));
        }
    }

    #[test]
    fn what_is_spawned_by_ours_is_left_to_it_and_has_no_entry() {
        for way in ways::tasks().into_iter().filter(|way| !way.is_local) {
            let contexts = TaskContexts::new();
            let [spawn, before, after, terminate] = std::array::from_fn(|_| contexts.clone());
            let mut builder = Builder::new_multi_thread();
            builder
                .worker_threads(1)
                .on_task_spawn(move |meta| spawn.on_task_spawn(meta))
                .on_before_task_poll(move |meta| before.on_before_task_poll(meta))
                .on_after_task_poll(move |meta| after.on_after_task_poll(meta))
                .on_task_terminate(move |meta| terminate.on_task_terminate(meta));
            let on = ways::Ground {
                local: throughline::tokio::task::LocalSet::new(),
                runtime: builder.build().unwrap(),
            };
            let (began, wait) = oneshot::channel();
            let work = Box::pin(async move {
                began.send(MAPPED.get_store()).unwrap();
                pending().await
            });
            on.block_on(async {
                let mut task = MAPPED.run(100, || (way.spawn)(&on, work));
                assert_eq!(wait.await.unwrap(), Some(50), "{}", way.name);
                assert_entries(&contexts, 0);
                // The next plain one is not taken for ours.
                let plain = ID.run(1, || tokio::spawn(async { id() }));
                assert_eq!(plain.await.unwrap(), Some(1), "{}", way.name);
                task.abort();
                task.join().await.unwrap_err();
            });
        }
    }

    #[test]
    fn hooks_of_the_user_run_beside_ours_in_the_tasks_context() {
        let log = Arc::new(Mutex::new(Vec::new()));
        let [spawn, before, after, end, second] = std::array::from_fn(|_| Arc::clone(&log));
        let mut builder = Builder::new_current_thread();
        Hooks::new()
            .on_task_spawn(move |_| spawn.lock().unwrap().push(("spawn", id())))
            .on_before_task_poll(move |_| before.lock().unwrap().push(("before", id())))
            .on_before_task_poll(move |_| second.lock().unwrap().push(("second", id())))
            .on_after_task_poll(move |_| after.lock().unwrap().push(("after", id())))
            .on_task_terminate(move |_| end.lock().unwrap().push(("end", id())))
            .install(&mut builder);
        builder.build().unwrap().block_on(async {
            let task = ID.run(1, || {
                tokio::spawn(async {
                    ID.enter_with(2);
                    yield_now().await;
                    ID.enter_with(3);
                })
            });
            task.await.unwrap();
            yield_now().await;
        });
        let first = [("spawn", 1), ("before", 1), ("second", 1), ("after", 2)];
        let last = [("before", 2), ("second", 2), ("end", 3), ("after", 3)];
        let expected: Vec<_> = first
            .into_iter()
            .chain(last)
            .map(|(hook, id)| (hook, Some(id)))
            .collect();
        assert_eq!(*log.lock().unwrap(), expected);
    }

    #[test]
    fn hook_of_the_user_that_panics_is_reported_and_tokio_goes_on() {
        let mut builder = Builder::new_current_thread();
        Hooks::new()
            .on_after_task_poll(|_| panic!("mine"))
            .install(&mut builder);
        let runtime = builder.build().unwrap();
        let reports = reports_of(|| {
            let spawner = ID.scope(1, async { tokio::spawn(async { id() }).await.unwrap() });
            assert_eq!(runtime.block_on(spawner), Some(1));
        });
        assert!(
            reports
                .iter()
                .any(|report| report.contains("on_after_task_poll") && report.contains("mine")),
            "{reports:?}"
        );
    }

    #[test]
    fn map_that_panics_is_reported_and_the_task_has_no_context() {
        static PANICS: AsyncLocalStorage<u64> =
            AsyncLocalStorage::new().propagation(Propagation::new().task(Crossing::Map(|_| panic!("map"))));
        let [runtime, _] = runtimes();
        let reports = reports_of(|| {
            let spawner = async { tokio::spawn(async { (id(), PANICS.get_store()) }).await.unwrap() };
            assert_eq!(
                runtime.block_on(ID.scope(1, PANICS.scope(2, spawner))),
                (None, None)
            );
        });
        assert!(
            reports
                .iter()
                .any(|report| report.contains("hand-over to tokio's task") && report.contains("map")),
            "{reports:?}"
        );
    }

    // Law 3. A poll of the outer one is on the stack while the inner one's tasks are polled.
    #[test]
    fn nested_runtimes_keep_their_tasks_apart() {
        let [inner, outer] = runtimes();
        let task = async move {
            ID.enter_with(2);
            let inside = tokio::task::block_in_place(|| {
                let plain = inner.spawn(async {
                    let inherited = id();
                    ID.enter_with(3);
                    yield_now().await;
                    (inherited, id())
                });
                let seen = inner.block_on(async { (plain.await.unwrap(), id()) });
                (seen, id())
            });
            drop(tokio::task::spawn_blocking(move || drop(inner)).await);
            yield_now().await;
            (inside, id())
        };
        let task = ID.run(1, || outer.spawn(task));
        let inside = (((Some(2), Some(3)), Some(2)), Some(2));
        assert_eq!(outer.block_on(task).unwrap(), (inside, Some(2)));
    }

    #[test]
    fn panic_and_abort_leave_no_entry_and_nothing_held() {
        let (runtime, contexts) = watched();
        let held = Arc::new(());
        let (began, wait) = oneshot::channel();
        let (tells, dropped) = Tells::new();
        let other = Arc::clone(&held);
        let (panics, pends) = HELD.run(Arc::clone(&held), || {
            let panics = runtime.spawn(async {
                HELD.enter_with(other);
                yield_now().await;
                panic!("work");
            });
            let pends = runtime.spawn(async move {
                let _tells = tells;
                ID.enter_with(4);
                began.send(()).unwrap();
                pending::<()>().await
            });
            (panics, pends)
        });
        runtime.block_on(async {
            let error = panics.await.unwrap_err();
            assert_eq!(error.into_panic().downcast_ref(), Some(&"work"));
            wait.await.unwrap();
        });
        settle(&runtime);
        assert_entries(&contexts, 1);
        assert_eq!(Arc::strong_count(&held), 2);
        pends.abort();
        assert!(runtime.block_on(pends).unwrap_err().is_cancelled());
        settle(&runtime);
        assert_entries(&contexts, 0);
        assert_eq!(Arc::strong_count(&held), 1);
        // Law 4: aborted by the worker, in a poll.
        assert_eq!(dropped.recv().unwrap(), Some(4));
    }

    /// The one worker has ended what it was at: it begins with something else.
    fn settle(runtime: &Runtime) {
        runtime.block_on(runtime.spawn(async {})).unwrap();
        let (sender, receiver) = channel();
        runtime.spawn(async move { sender.send(id()).unwrap() });
        assert_eq!(receiver.recv().unwrap(), None);
    }

    #[test]
    fn closed_runtime_leaves_no_entry() {
        let (runtime, contexts) = watched();
        let handle = runtime.handle().clone();
        let held = Arc::new(());
        let pends = HELD.run(Arc::clone(&held), || runtime.spawn(pending::<()>()));
        drop(runtime);
        assert_entries(&contexts, 0);
        let (tells, dropped) = Tells::new();
        let late = HELD.run(Arc::clone(&held), || handle.spawn(async move { drop(tells) }));
        assert_entries(&contexts, 0);
        assert_eq!(Arc::strong_count(&held), 1);
        assert_eq!(dropped.try_recv().unwrap(), None);
        // Nor does ours, which is dropped in its context.
        let (tells, dropped) = Tells::new();
        let ours = ID.run(1, || handle.spawn_in_context(async move { drop(tells) }));
        assert_eq!(dropped.try_recv().unwrap(), Some(1));
        assert_entries(&contexts, 0);
        drop((pends, late, ours));
    }

    #[test]
    fn runtime_that_shuts_down_in_the_middle_holds_nothing() {
        let held = Arc::new(());
        for runtime in runtimes() {
            let polls = Arc::new(AtomicU64::new(0));
            HELD.run(Arc::clone(&held), || {
                for _ in 0..100 {
                    let polls = Arc::clone(&polls);
                    runtime.spawn(poll_fn(move |cx| {
                        polls.fetch_add(1, SeqCst);
                        assert!(HELD.get_store().is_some());
                        cx.waker().wake_by_ref();
                        Poll::<()>::Pending
                    }));
                }
            });
            runtime.block_on(async {
                while polls.load(SeqCst) < 1000 {
                    yield_now().await;
                }
            });
            drop(runtime);
            assert_eq!(Arc::strong_count(&held), 1);
        }
    }

    #[test]
    fn spawn_is_at_whoever_calls_ours() {
        let places = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&places);
        let mut builder = Builder::new_multi_thread();
        Hooks::new()
            .on_task_spawn(move |meta| seen.lock().unwrap().push(meta.spawned_at().file()))
            .install(builder.worker_threads(1));
        let on = ways::Ground {
            local: throughline::tokio::task::LocalSet::new(),
            runtime: builder.build().unwrap(),
        };
        for way in ways::tasks()
            .into_iter()
            .chain(ways::detached())
            .filter(|way| !way.is_local)
        {
            on.block_on(async { (way.spawn)(&on, Box::pin(async {})).join().await.unwrap() });
            let places = std::mem::take(&mut *places.lock().unwrap());
            assert!(
                matches!(&places[..], [place] if place.ends_with("ways.rs")),
                "{}: {places:?}",
                way.name
            );
        }
    }

    /// Law 4, where tokio calls no hook: destructors find their task's context, in whichever state it was left.
    #[test]
    fn task_that_is_pending_at_shutdown_is_dropped_where_its_context_is_read() {
        struct Reads(std::sync::mpsc::Sender<(Option<u64>, Option<u64>, bool)>);
        impl Drop for Reads {
            fn drop(&mut self) {
                let handed_over = throughline::snapshot().get(&ID);
                let is_refused = ID.try_enter_with(9).is_err();
                self.0.send((id(), handed_over, is_refused)).unwrap();
            }
        }
        let held = Arc::new(());
        for runtime in runtimes() {
            let (sender, dropped) = channel();
            let (began, wait) = oneshot::channel::<()>();
            let (entered, never_polled) = (Reads(sender.clone()), Reads(sender));
            HELD.run(Arc::clone(&held), || {
                runtime.spawn(async move {
                    let _reads = entered;
                    ID.enter_with(2);
                    began.send(()).unwrap();
                    pending::<()>().await
                });
            });
            runtime.block_on(wait).unwrap();
            // On the current-thread runtime it is never polled.
            ID.run(3, || {
                runtime.spawn(async move {
                    let _reads = never_polled;
                    pending::<()>().await
                })
            });
            drop(runtime);
            let mut seen: Vec<_> = dropped.iter().collect();
            seen.sort_unstable();
            assert_eq!(seen, [(Some(2), Some(2), true), (Some(3), Some(3), true)]);
            assert_eq!(Arc::strong_count(&held), 1);
            assert_eq!(id(), None);
        }
    }

    #[test]
    fn what_is_handed_over_can_be_said_of_each_spawn() {
        static EVERYWHERE: AsyncLocalStorage<u64> =
            AsyncLocalStorage::new().propagation(Propagation::everywhere());
        let mut builder = Builder::new_current_thread();
        let asked = Arc::new(AtomicU64::new(0));
        let asks = Arc::clone(&asked);
        Hooks::new()
            .hand_over(move |meta| {
                assert!(meta.spawned_at().file().ends_with("hooks.rs"));
                match asks.fetch_add(1, SeqCst) {
                    0 => Some(HandOver::Task),
                    1 => Some(HandOver::Detached),
                    2 => None,
                    _ => panic!("whose is it?"),
                }
            })
            .install(&mut builder);
        let runtime = builder.build().unwrap();
        let read = || async { (id(), EVERYWHERE.get_store()) };
        let reports = reports_of(|| {
            let spawned = ID.run(1, || {
                EVERYWHERE.run(2, || [(); 4].map(|()| runtime.spawn(read())))
            });
            let expected = [(Some(1), Some(2)), (None, Some(2)), (None, None), (None, None)];
            for (task, expected) in spawned.into_iter().zip(expected) {
                assert_eq!(runtime.block_on(task).unwrap(), expected);
            }
        });
        assert!(
            reports.iter().any(|report| report.contains("whose is it?")),
            "{reports:?}"
        );
        // Where there is nothing to say, or somebody else has said it.
        runtime.block_on(runtime.spawn(read())).unwrap();
        let ours = ID.run(1, || runtime.spawn_in_context(read()));
        assert_eq!(runtime.block_on(ours).unwrap(), (Some(1), None));
        assert_eq!(asked.load(SeqCst), 4);
    }

    /// tower's buffer spawns a worker under the first request, which calls the service for all.
    #[test]
    fn what_a_crate_spawns_whose_tasks_are_shared_is_detached() {
        use std::convert::Infallible;
        use tower::{Service, ServiceExt, buffer::Buffer, service_fn};
        let [runtime, _] = runtimes();
        runtime.block_on(async {
            let synchronous = service_fn(|()| std::future::ready(Ok::<_, Infallible>(id())));
            let mut buffer = ID.run(1, || Buffer::new(synchronous, 1));
            let call = async { buffer.ready().await.unwrap().call(()).await.unwrap() };
            assert_eq!(ID.scope(2, call).await, None);
        });
    }

    #[test]
    fn local_runtime_of_such_a_builder_inherits() {
        let mut builder = Builder::new_current_thread();
        hooks::install(&mut builder).unwrap();
        let runtime = builder
            .build_local(tokio::runtime::LocalOptions::default())
            .unwrap();
        let task = ID.run(1, || runtime.spawn_local(async { id() }));
        let spawner = ID.scope(2, async {
            tokio::task::spawn_local(async { id() }).await.unwrap()
        });
        assert_eq!(runtime.block_on(task).unwrap(), Some(1));
        assert_eq!(runtime.block_on(spawner), Some(2));
    }

    #[cfg(feature = "audit")]
    mod audit {
        use super::*;
        use throughline::audit::{self, Missed};

        fn missed(name: &str) -> Vec<Missed> {
            let all = audit::summary().into_iter();
            all.filter(|missed| missed.storage() == name).collect()
        }

        #[test]
        fn raw_spawns_are_counted_by_their_place_where_nothing_is_handed_over() {
            static EXPECTED: AsyncLocalStorage<u64> = AsyncLocalStorage::new().named("hooks: raw").expected();
            let mut builder = Builder::new_multi_thread();
            Hooks::new().hand_over(|_| None).install(&mut builder);
            let runtime = builder.worker_threads(1).build().unwrap();
            let spawner = EXPECTED.scope(1, async {
                let nested = async {
                    let nested = tokio::spawn(async { EXPECTED.get_store() });
                    (EXPECTED.get_store(), nested.await.unwrap())
                };
                let (raw, line) = (tokio::spawn(nested), line!());
                let ours = throughline::tokio::spawn(async { EXPECTED.get_store() });
                (raw.await.unwrap(), ours.await.unwrap(), line)
            });
            let (raw, ours, line) = runtime.block_on(spawner);
            assert_eq!((raw, ours), ((None, None), Some(1)));
            let [missed] = &missed("hooks: raw")[..] else {
                panic!(
                    "one place, for the task that it spawned too: {:?}",
                    audit::summary()
                )
            };
            let place = missed.spawned_at();
            assert!(place.file().ends_with("hooks.rs"));
            assert_eq!((place.line(), missed.count()), (line, 2));
        }

        #[test]
        fn what_stays_behind_at_a_raw_spawn_is_counted_by_its_place() {
            static STAYS: AsyncLocalStorage<u64> = AsyncLocalStorage::new()
                .named("hooks: stays")
                .expected()
                .propagation(Propagation::new().task(Crossing::Drop));
            let [runtime, _] = runtimes();
            let (task, line) = STAYS.run(1, || (runtime.spawn(async { STAYS.get_store() }), line!()));
            assert_eq!(runtime.block_on(task).unwrap(), None);
            assert_eq!(missed("hooks: stays")[0].spawned_at().line(), line);
        }
    }
}
