//! Hooks: who is told what, when, in which order (clauses `HK-…`).

use crate::support::{
    Drops, Log, OnDrop, Told, alone_in_a_process, assert_nothing_left, in_a_process, on_thread, panic_of,
    pause, poll, reports_of,
};
use std::cell::RefCell;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, mpsc};
use std::thread;
use throughline_core::{
    AsyncHook, AsyncId, AsyncLocalStorage, AsyncResource, BindOnce, FutureResourceExt, HookBuilder,
    PanicPolicy, ResourceInfo, create_hook, execution_async_id, execution_async_resource,
    flush_destroy_events, in_boundary, set_reporter, trigger_async_id, with_default_trigger,
};

static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();

fn make(name: &'static str) -> AsyncResource {
    AsyncResource::new(name)
}

/// One scope in which nothing happens.
fn scope(resource: &AsyncResource) {
    resource.run_in_async_scope(|| ());
}

/// Writes an entry each time.
fn writes<T, F>(log: &Log<T>, entry: F) -> impl Fn(&ResourceInfo) + Send + Sync + use<T, F>
where
    T: Send + 'static,
    F: Fn(&ResourceInfo) -> T + Send + Sync + 'static,
{
    let log = log.clone();
    move |resource| log.push(entry(resource))
}

mod enabling {
    use super::*;

    /// `HK-4`
    #[test]
    fn a_hook_is_born_disabled() {
        let told = Told::disabled(["HookBorn"]);
        assert!(!told.hook().is_enabled());
        scope(&make("HookBorn"));
        assert!(told.take().is_empty());
    }

    /// `HK-4`
    #[test]
    fn twice_is_once_and_answers_the_hook() {
        let told = Told::disabled(["HookTwice"]);
        assert!(told.hook().enable().enable().is_enabled());
        let resource = make("HookTwice");
        assert_eq!(told.take(), ["init HookTwice"]);
        assert!(!told.hook().disable().disable().is_enabled());
        drop(resource);
        assert!(told.take().is_empty());
    }

    #[test]
    fn in_a_scope_of_its_own() {
        let told = Told::disabled(["HookScoped"]);
        let panic = panic_of(|| {
            let _enabled = told.hook().enable_scoped();
            drop(make("HookScoped"));
            panic!("with it enabled");
        });
        assert_eq!(panic, "with it enabled");
        drop(make("HookScoped"));
        assert_eq!(told.take(), ["init HookScoped", "destroy HookScoped"]);
        assert!(!told.hook().is_enabled());
    }

    #[test]
    fn a_hook_that_nobody_has_a_handle_of_is_still_told() {
        let log = Log::new();
        let hook = create_hook()
            .init(writes(&log, |r| r.type_name()))
            .only(["HookNoHandle"])
            .build();
        let clone = hook.clone();
        clone.enable();
        drop(clone);
        // `hook` is the same one, kept to disable it.
        drop(make("HookNoHandle"));
        hook.disable();
        drop(make("HookNoHandle"));
        assert_eq!(log.take(), ["HookNoHandle"]);
    }

    /// `HK-5`
    #[test]
    fn hooks_are_told_in_the_order_of_enabling() {
        let log = Log::new();
        let hook = |name: &'static str| {
            create_hook()
                .init(writes(&log, move |_| name))
                .before(writes(&log, move |_| name))
                .after(writes(&log, move |_| name))
                .destroy(writes(&log, move |_| name))
                .only(["HookOrder"])
                .build()
        };
        let [one, two, three] = ["one", "two", "three"].map(hook);
        // Not that of their making.
        for hook in [&two, &three, &one] {
            hook.enable();
        }
        scope(&make("HookOrder"));
        // For `after` too: not the other way round.
        assert_eq!(log.take(), ["two", "three", "one"].repeat(4));
        // Enabled again without having been disabled it stays; or else it is the last.
        two.enable();
        three.disable();
        three.enable();
        scope(&make("HookOrder"));
        assert_eq!(log.take(), ["two", "one", "three"].repeat(4));
        for hook in [one, two, three] {
            hook.disable();
        }
    }

    /// `HK-9`
    #[test]
    fn a_hook_with_no_callback_is_legal() {
        let hook = create_hook().build();
        hook.enable();
        scope(&make("HOOK"));
        assert!(hook.is_enabled());
        hook.disable();
        assert_eq!(
            format!("{hook:?}"),
            "AsyncHook { told: [], only: [], enabled: false, .. }"
        );
    }

    /// `HK-7`
    #[test]
    fn in_a_callback_it_is_told_of_its_end_alone() {
        let told = Told::disabled(["HookMiddle"]);
        let resource = make("HookMiddle");
        resource.run_in_async_scope(|| {
            told.hook().enable();
        });
        assert_eq!(told.take(), ["after HookMiddle"]);
        resource.run_in_async_scope(|| {
            told.hook().disable();
        });
        assert_eq!(told.take(), ["before HookMiddle"]);
    }

    /// `HK-8`
    #[test]
    fn after_a_resource_was_made_it_is_told_of_the_rest() {
        let told = Told::disabled(["HookLate"]);
        let resource = make("HookLate");
        told.hook().enable();
        scope(&resource);
        drop(resource);
        assert_eq!(
            told.take(),
            ["before HookLate", "after HookLate", "destroy HookLate"]
        );
    }

    /// A hook sees what happens on all threads, there.
    #[test]
    fn on_one_thread_it_is_enabled_on_all() {
        let log = Log::new();
        let hook = create_hook()
            .before(writes(&log, |_| thread::current().id()))
            .destroy(writes(&log, |_| thread::current().id()))
            .only(["HookThreads"])
            .build();
        let _enabled = hook.enable_scoped();
        let id = on_thread(|| {
            scope(&make("HookThreads"));
            thread::current().id()
        });
        assert_eq!(log.take(), [id, id]);
    }
}

mod filters {
    use super::*;

    /// `HK-2`, made general.
    #[test]
    fn a_hook_is_told_of_its_types_only() {
        let told = Told::of(["HookThis", "HookThat"]);
        for name in ["HookThis", "HookOther", "HookThat", "HookThisToo"] {
            drop(make(name));
        }
        let expected = [
            "init HookThis",
            "destroy HookThis",
            "init HookThat",
            "destroy HookThat",
        ];
        assert_eq!(told.take(), expected);
    }

    /// The first test whether anybody watches a type knows 63 kinds of names; the second knows them all.
    #[test]
    fn types_that_look_alike_are_told_apart() {
        let told = Told::of(["HookAxB"]);
        for name in ["HookAxB", "HookAyB", "HookAzB"] {
            scope(&make(name));
        }
        assert_eq!(
            told.take(),
            [
                "init HookAxB",
                "before HookAxB",
                "after HookAxB",
                "destroy HookAxB"
            ]
        );
    }

    #[test]
    fn with_no_type_it_is_told_of_all() {
        let log = Log::new();
        let none: [&'static str; 0] = [];
        let hook = create_hook()
            .init(writes(&log, |resource| resource.async_id()))
            .only(none)
            .build();
        let _enabled = hook.enable_scoped();
        let ids = [make("HookAllOne"), make("HookAllTwo")].map(|resource| resource.async_id());
        // And of those of the tests beside this one.
        let told = log.take();
        assert!(ids.iter().all(|id| told.contains(id)));
    }

    /// `PERF-1`
    #[test]
    fn a_hook_is_told_of_its_events_only() {
        let log = Log::new();
        let hook = create_hook()
            .after(writes(&log, |_| "after"))
            .only(["HookAfterOnly"])
            .build();
        let _enabled = hook.enable_scoped();
        scope(&make("HookAfterOnly"));
        assert_eq!(log.take(), ["after"]);
    }
}

/// `HK-6`
mod frozen_set {
    use super::*;

    type Change = Box<dyn Fn(&ResourceInfo) + Send + Sync>;

    /// Enables or disables `told` in the first `event` of such a resource that this hook is told of; and makes another resource within it.
    fn changes(
        told: &Told,
        event: fn(HookBuilder, Change) -> HookBuilder,
        enable: bool,
        outer: &'static str,
        inner: &'static str,
    ) -> AsyncHook {
        let hook = told.hook().clone();
        let change = move |_: &ResourceInfo| {
            if enable {
                hook.enable();
            } else {
                hook.disable();
            }
            drop(make(inner));
        };
        event(create_hook(), Box::new(change)).only([outer]).build()
    }

    #[test]
    fn a_hook_enabled_by_a_hook_sees_the_next_event_and_nothing_within_this_one() {
        let told = Told::disabled(["HookFrozenOn", "HookFrozenOnIn"]);
        let first = changes(&told, |b, f| b.init(f), true, "HookFrozenOn", "HookFrozenOnIn");
        let _enabled = first.enable_scoped();
        let resource = make("HookFrozenOn");
        assert!(told.take().is_empty());
        scope(&resource);
        assert_eq!(told.take(), ["before HookFrozenOn", "after HookFrozenOn"]);
    }

    #[test]
    fn a_hook_disabled_by_an_earlier_hook_sees_this_event_and_all_within_it() {
        let told = Told::disabled(["HookFrozenOff", "HookFrozenOffIn"]);
        let first = changes(
            &told,
            |b, f| b.before(f),
            false,
            "HookFrozenOff",
            "HookFrozenOffIn",
        );
        let _enabled = first.enable_scoped();
        told.hook().enable();
        let resource = make("HookFrozenOff");
        scope(&resource);
        let expected = [
            "init HookFrozenOff",
            "init HookFrozenOffIn",
            "before HookFrozenOff",
        ];
        assert_eq!(told.take(), expected);
    }

    #[test]
    fn a_hook_that_disables_itself_is_told_no_more() {
        static ITSELF: OnceLock<AsyncHook> = OnceLock::new();
        let log = Log::new();
        let told = log.clone();
        let hook = create_hook().init(move |resource| {
            told.push(resource.type_name());
            ITSELF.get().unwrap().disable();
            if resource.type_name() == "HookItself" {
                drop(make("HookWithinItself"));
            }
        });
        let hook = hook.only(["HookItself", "HookWithinItself"]).build();
        ITSELF.get_or_init(|| hook).enable();
        drop(make("HookItself"));
        // Within the event it is still told.
        assert_eq!(log.take(), ["HookItself", "HookWithinItself"]);
        drop(make("HookItself"));
        assert!(log.take().is_empty());
    }

    #[test]
    fn what_was_said_last_in_an_event_holds_after_it() {
        let told = Told::disabled(["HookLastWord"]);
        let hook = told.hook().clone();
        let first = create_hook()
            .init(move |_| {
                hook.enable().disable().enable();
            })
            .after(|_| ())
            .only(["HookLastWord"])
            .build();
        let _enabled = first.enable_scoped();
        let resource = make("HookLastWord");
        assert!(told.hook().is_enabled());
        scope(&resource);
        assert_eq!(told.take(), ["before HookLastWord", "after HookLastWord"]);
    }

    /// No lock is held while a hook runs, so another thread may change hooks, and this one waits for it.
    #[test]
    fn a_hook_may_wait_for_a_thread_that_changes_hooks() {
        let told = Told::disabled(["HookWaits"]);
        let hook = told.hook().clone();
        let first = create_hook()
            .init(move |_| {
                let hook = hook.clone();
                thread::spawn(move || drop((hook.enable(), make("HookWaits")).1))
                    .join()
                    .unwrap();
            })
            .only(["HookWaitsFor"])
            .build();
        let _enabled = first.enable_scoped();
        drop(make("HookWaitsFor"));
        // There no hook was running: it held at once.
        assert_eq!(told.take(), ["init HookWaits", "destroy HookWaits"]);
    }

    /// Law 5: what a hook owns is dropped under no lock and no borrow, and may make resources and change hooks.
    #[test]
    fn a_hook_may_be_dropped_while_it_runs() {
        let drops = Drops::default();
        let itself: Arc<Mutex<Option<AsyncHook>>> = Arc::default();
        let counted = drops.counted();
        let owned = OnDrop::new(move || {
            drop(counted);
            drop(make("HookDropped"));
            create_hook()
                .init(|_| ())
                .only(["HOOK"])
                .build()
                .enable()
                .disable();
        });
        let hook = create_hook()
            .init({
                let itself = itself.clone();
                move |_| {
                    let _owned = &owned;
                    if let Some(hook) = itself.lock().unwrap().take() {
                        hook.disable();
                    }
                }
            })
            .only(["HookDropped"])
            .build();
        hook.enable();
        *itself.lock().unwrap() = Some(hook);
        let resource = make("HookDropped");
        assert_eq!(drops.count(), 1);
        drop(resource);
        assert_nothing_left();
    }

    /// It was told there: no thread keeps a hook for the next event.
    #[test]
    fn a_dropped_hook_is_kept_by_no_thread_that_has_nothing_to_do() {
        let (hook, drops) = owning("HookIdle", |_| ());
        let (told, was_told) = mpsc::channel();
        let (end, ends) = mpsc::channel::<()>();
        thread::scope(|s| {
            s.spawn(move || {
                drop(make("HookIdle"));
                told.send(()).unwrap();
                ends.recv().unwrap_err();
            });
            was_told.recv().unwrap();
            hook.disable();
            drop(hook);
            assert_eq!(drops.count(), 1);
            drop(end);
        });
    }

    /// Who disables it does not wait. What it owns sees no store of whoever is told of.
    #[test]
    fn a_hook_dropped_while_another_thread_runs_it_goes_when_that_call_ends() {
        let (running, is_running) = mpsc::channel();
        let (go_on, goes_on) = mpsc::channel();
        let goes_on = Mutex::new(goes_on);
        let (hook, drops) = owning("HookElsewhere", move |_| {
            running.send(()).unwrap();
            goes_on.lock().unwrap().recv().unwrap();
        });
        thread::scope(|s| {
            let maker = s.spawn(|| A.run(1, || drop(make("HookElsewhere"))));
            is_running.recv().unwrap();
            hook.disable();
            drop(hook);
            assert_eq!(drops.count(), 0);
            go_on.send(()).unwrap();
            maker.join().unwrap();
            assert_eq!(drops.count(), 1);
        });
    }

    #[test]
    fn what_it_owns_goes_with_its_last_handle_without_a_store_and_panics_into_nobody() {
        let (hook, drops) = owning("HookUnused", |_| ());
        hook.disable();
        let reports = reports_of(|| A.run(1, || drop(hook)));
        assert_eq!(drops.count(), 1);
        assert_eq!(reports, ["panic in the destructor of a hook: a hook's own"]);
    }

    /// An enabled hook, and whether what it owns was dropped, which panics then, and sees no store.
    fn owning(
        name: &'static str,
        init: impl Fn(&ResourceInfo) + Send + Sync + 'static,
    ) -> (AsyncHook, Drops) {
        let drops = Drops::default();
        let counted = drops.counted();
        let owned = OnDrop::new(move || {
            assert_eq!(A.get_store(), None);
            drop(counted);
            panic!("a hook's own");
        });
        let hook = create_hook().init(move |resource| {
            let _owned = &owned;
            init(resource);
        });
        let hook = hook.only([name]).build();
        hook.enable();
        (hook, drops)
    }
}

mod events {
    use super::*;

    /// `HK-10`
    #[test]
    fn init_may_be_all_but_the_end() {
        let told = Told::of(["HookInit"]);
        drop(make("HookInit"));
        assert_eq!(told.take(), ["init HookInit", "destroy HookInit"]);
    }

    type Seen = (&'static str, Option<AsyncId>, Option<AsyncId>, Option<u32>);

    fn seen(event: &'static str) -> Seen {
        (event, execution_async_id(), trigger_async_id(), A.get_store())
    }

    /// `HK-11`, `HK-12`: who runs, why, and the context.
    #[test]
    fn who_runs_while_hooks_do() {
        let log = Log::new();
        let hook = create_hook()
            .init(writes(&log, |_| seen("init")))
            .before(writes(&log, |_| seen("before")))
            .after(writes(&log, |_| seen("after")))
            .promise_resolve(writes(&log, |_| seen("resolve")))
            .destroy(writes(&log, |_| seen("destroy")))
            .only(["HookSees"])
            .build();
        let _enabled = hook.enable_scoped();
        let creator = make("HOOK");
        let mut future =
            creator.run_in_async_scope(|| A.run(1, || Box::pin(async {}.in_resource("HookSees"))));
        let creator = Some(creator.async_id());
        let [(_, id, _, store)] = log.take()[..] else {
            panic!("told once");
        };
        assert_eq!((id, store), (creator, Some(1)));
        A.run(2, || assert!(poll(future.as_mut()).is_ready()));
        let told = log.take();
        let own = told[0].1;
        assert!(own.is_some() && own != creator);
        let expected = [
            ("before", own, creator, Some(2)),
            ("resolve", own, creator, Some(2)),
            ("after", own, creator, Some(2)),
            ("destroy", None, None, None),
        ];
        assert_eq!(told, expected);
    }

    /// `HK-11`: the very resource.
    #[test]
    fn before_and_after_are_told_of_the_current_resource() {
        let log = Log::new();
        let is_current = |resource: &ResourceInfo| execution_async_resource() == Some(*resource);
        let hook = create_hook()
            .before(writes(&log, is_current))
            .after(writes(&log, is_current))
            .only(["HookCurrent"])
            .build();
        let _enabled = hook.enable_scoped();
        scope(&make("HookCurrent"));
        assert_eq!(log.take(), [true, true]);
    }

    /// Each in a boundary of its own.
    #[test]
    fn what_a_hook_enters_is_gone_after_it() {
        let log = Log::new();
        let enters = |_: &ResourceInfo| {
            let before = A.get_store();
            A.enter_with(5);
            (before, in_boundary())
        };
        let hook = create_hook()
            .init(writes(&log, enters))
            .before(writes(&log, enters))
            .after(writes(&log, enters))
            .destroy(writes(&log, enters))
            .only(["HookEnters"])
            .build();
        let _enabled = hook.enable_scoped();
        let resource = make("HookEnters");
        resource.run_in_async_scope(|| assert_eq!(A.get_store(), None));
        drop(resource);
        assert_eq!(log.take(), [(None, true); 4]);
        assert_nothing_left();
    }

    /// `HK-15`: innermost first, with the ids of their moment; then whoever catches it.
    #[test]
    fn a_panic_through_nested_scopes_is_told_of_as_it_unwinds() {
        let log = Log::new();
        let write = |event: &'static str| {
            writes(&log, move |resource| {
                assert_eq!(execution_async_resource(), Some(*resource));
                format!("{event} {}", resource.type_name())
            })
        };
        let names = ["HookUnwind1", "HookUnwind2", "HookUnwind3"];
        let hook = create_hook()
            .before(write("before"))
            .after(write("after"))
            .only(names)
            .build();
        let _enabled = hook.enable_scoped();
        let [one, two, three] = names.map(make);
        one.run_in_async_scope(|| {
            let panic =
                panic_of(|| two.run_in_async_scope(|| three.run_in_async_scope(|| panic!("innermost"))));
            log.push(format!("caught {panic}"));
            assert_eq!(execution_async_id(), Some(one.async_id()));
        });
        let expected = [
            "before HookUnwind1",
            "before HookUnwind2",
            "before HookUnwind3",
            "after HookUnwind3",
            "after HookUnwind2",
            "caught innermost",
            "after HookUnwind1",
        ];
        assert_eq!(log.take(), expected);
    }

    /// `HK-13`: a future that failed is ready too.
    #[test]
    fn promise_resolve_says_that_a_future_is_ready_whatever_with() {
        let told = Told::of(["HookResolve"]);
        let mut future = pin!(async { Err::<(), _>("failed") }.in_resource("HookResolve"));
        assert!(poll(future.as_mut()).is_ready());
        assert_eq!(told.take()[1..3], ["before HookResolve", "resolve HookResolve"]);
    }
}

mod destroy {
    use super::*;

    /// `HK-20`
    #[test]
    fn events_come_in_the_order_in_which_resources_went() {
        let told = Told::of(["HookFifo1", "HookFifo2", "HookFifo3"]);
        make("HOOK").run_in_async_scope(|| {
            let [one, two, three] = ["HookFifo1", "HookFifo2", "HookFifo3"].map(make);
            told.take();
            drop(two);
            three.emit_destroy();
            drop(one);
            assert!(told.take().is_empty());
        });
        assert_eq!(
            told.take(),
            ["destroy HookFifo2", "destroy HookFifo3", "destroy HookFifo1"]
        );
    }

    /// `HK-20`
    #[test]
    fn a_hook_disabled_before_they_are_delivered_misses_them() {
        let told = Told::of(["HookMissed"]);
        make("HOOK").run_in_async_scope(|| {
            drop(make("HookMissed"));
            told.take();
            told.hook().disable();
        });
        scope(&make("HOOK"));
        assert!(told.take().is_empty());
    }

    /// `HK-20`
    #[test]
    fn what_a_destroy_hook_destroys_is_delivered_too() {
        let told = Told::of(["HookChain1", "HookChain2"]);
        let hook = create_hook()
            .destroy(|_| drop(make("HookChain2")))
            .only(["HookChain1"])
            .build();
        let _enabled = hook.enable_scoped();
        drop(make("HookChain1"));
        let expected = [
            "init HookChain1",
            "destroy HookChain1",
            "init HookChain2",
            "destroy HookChain2",
        ];
        assert_eq!(told.take(), expected);
    }

    /// A hook that runs holds nothing back for ever: what it destroyed is delivered when its event has been.
    #[test]
    fn what_any_hook_destroys_is_delivered_after_its_event() {
        let told = Told::of(["HookMakes", "HookMade"]);
        let hook = create_hook()
            .before(|_| drop(make("HookMade")))
            .only(["HookMakes"])
            .build();
        let _enabled = hook.enable_scoped();
        let resource = make("HookMakes");
        told.take();
        scope(&resource);
        let expected = [
            "before HookMakes",
            "init HookMade",
            "after HookMakes",
            "destroy HookMade",
        ];
        assert_eq!(told.take(), expected);
    }

    #[test]
    fn events_wait_for_the_outermost_scope() {
        let told = Told::of(["HookOutermost"]);
        let [outer, inner] = [make("HOOK"), make("HOOK")];
        outer.run_in_async_scope(|| {
            inner.run_in_async_scope(|| drop(make("HookOutermost")));
            assert_eq!(told.take(), ["init HookOutermost"]);
        });
        assert_eq!(told.take(), ["destroy HookOutermost"]);
    }

    /// Other threads that are in no scope do not run this one's.
    #[test]
    fn events_are_delivered_by_the_thread_where_the_resource_went() {
        let log = Log::new();
        let hook = create_hook()
            .destroy(writes(&log, |_| thread::current().id()))
            .only(["HookOwnThread"])
            .build();
        let _enabled = hook.enable_scoped();
        make("HOOK").run_in_async_scope(|| {
            drop(make("HookOwnThread"));
            on_thread(|| drop(make("HookOwnThread")));
            assert_eq!(log.take().len(), 1, "that of the other thread");
        });
        assert_eq!(log.take(), [thread::current().id()]);
    }

    /// A thread that ends with the panic has no later moment.
    #[test]
    fn what_goes_with_a_panicking_thread_is_delivered_at_its_end() {
        let log = Log::new();
        let hook = create_hook()
            .destroy(writes(&log, |_| thread::panicking()))
            .only(["HookThreadPanics"])
            .build();
        let _enabled = hook.enable_scoped();
        let thread = thread::spawn(|| {
            let resource = make("HookThreadPanics");
            resource.run_in_async_scope(|| panic!("of the thread"));
        });
        assert!(thread.join().is_err());
        assert_eq!(log.take(), [false]);
    }

    #[test]
    fn at_once_if_so_wanted() {
        let log = Log::new();
        let hook = create_hook()
            .before(writes(&log, |_| "before"))
            .after(writes(&log, |_| "after"))
            .destroy(writes(&log, |_| {
                assert_eq!((execution_async_id(), A.get_store()), (None, None), "`HK-12`");
                "destroy"
            }))
            .destroy_immediately()
            .only(["HookAtOnce"])
            .build();
        let _enabled = hook.enable_scoped();
        A.run(1, || {
            make("HOOK").run_in_async_scope(|| {
                let resource = make("HookAtOnce");
                resource.run_in_async_scope(|| {
                    resource.emit_destroy();
                    log.push("asked");
                });
                log.push("in the outer scope");
            });
        });
        assert_eq!(
            log.take(),
            ["before", "asked", "after", "destroy", "in the outer scope"]
        );
        // In a panic too.
        panic_of(|| {
            let _resource = make("HookAtOnce");
            let log = log.clone();
            let _later = OnDrop::new(move || log.push("unwinds"));
            panic!("with it");
        });
        assert_eq!(log.take(), ["unwinds", "destroy"]);
    }

    /// One hook is told at once, the other later.
    #[test]
    fn each_hook_is_told_when_it_wants() {
        let log = Log::new();
        let at_once = create_hook()
            .destroy(writes(&log, |_| "at once"))
            .destroy_immediately()
            .only(["HookEachItsOwn"])
            .build();
        let later = create_hook()
            .destroy(writes(&log, |_| "later"))
            .only(["HookEachItsOwn"])
            .build();
        let _enabled = (later.enable_scoped(), at_once.enable_scoped());
        make("HOOK").run_in_async_scope(|| {
            drop(make("HookEachItsOwn"));
            log.push("goes on");
        });
        assert_eq!(log.take(), ["at once", "goes on", "later"]);
    }

    #[test]
    fn those_of_this_thread_can_be_delivered_now() {
        let told = Told::of(["HookNow", "HookElsewhere"]);
        let (inside, is_inside) = mpsc::channel();
        let (go_on, may_go_on) = mpsc::channel::<()>();
        let thread = thread::spawn(move || {
            make("HOOK").run_in_async_scope(|| {
                drop(make("HookElsewhere"));
                inside.send(()).unwrap();
                may_go_on.recv().unwrap();
            });
        });
        is_inside.recv().unwrap();
        make("HOOK").run_in_async_scope(|| {
            drop(make("HookNow"));
            told.take();
            flush_destroy_events();
            assert_eq!(told.take(), ["destroy HookNow"]);
        });
        go_on.send(()).unwrap();
        thread.join().unwrap();
        assert_eq!(told.take(), ["destroy HookElsewhere"]);
    }

    #[test]
    fn what_went_before_a_callback_panicked_is_told_of_when_its_thread_ends_at_the_latest() {
        let told = Told::of(["HookBeforePanic"]);
        let outlives = make("HOOK");
        let scope = outlives.clone();
        let panicked = thread::spawn(move || {
            scope.run_in_async_scope(|| {
                drop(make("HookBeforePanic"));
                panic!("in a callback");
            })
        });
        assert!(panicked.join().is_err());
        assert_eq!(told.take(), ["init HookBeforePanic", "destroy HookBeforePanic"]);
        drop(outlives);
    }

    #[test]
    fn a_destroy_hook_that_destroys_runs_at_the_end_of_a_thread_too() {
        thread_local! {
            static KEPT: RefCell<Option<AsyncResource>> = const { RefCell::new(None) };
        }
        let count = Arc::new(AtomicUsize::new(0));
        let hook = create_hook()
            .destroy({
                let count = count.clone();
                move |_| {
                    count.fetch_add(1, Ordering::Relaxed);
                    drop(make("HookAtExit"));
                }
            })
            .only(["HookAtExit"])
            .ignore_own_events()
            .build();
        let _enabled = hook.enable_scoped();
        thread::spawn(|| {
            KEPT.with(|_| ());
            let resource = make("HookAtExit");
            KEPT.set(Some(resource));
        })
        .join()
        .unwrap();
        assert_eq!(count.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn what_waits_on_one_thread_is_no_matter_of_another() {
        let told = Told::of(["HookLeftWaiting", "HookPasses"]);
        let (inside, is_inside) = mpsc::channel();
        let (go_on, may_go_on) = mpsc::channel::<()>();
        let thread = thread::spawn(move || {
            make("HOOK").run_in_async_scope(|| {
                drop(make("HookLeftWaiting"));
                inside.send(()).unwrap();
                may_go_on.recv().unwrap();
            });
        });
        is_inside.recv().unwrap();
        told.take();
        drop(make("HookPasses"));
        assert_eq!(told.take(), ["init HookPasses", "destroy HookPasses"]);
        go_on.send(()).unwrap();
        thread.join().unwrap();
        assert_eq!(told.take(), ["destroy HookLeftWaiting"]);
    }

    /// Called by a hook it would run hooks within hooks.
    #[test]
    fn a_hook_cannot_have_them_delivered() {
        let told = Told::of(["HookFlushes"]);
        let hook = create_hook()
            .before(|_| {
                drop(make("HookFlushes"));
                flush_destroy_events();
            })
            .only(["HookFlushing"])
            .build();
        let _enabled = hook.enable_scoped();
        make("HookFlushing").run_in_async_scope(|| assert_eq!(told.take(), ["init HookFlushes"]));
        assert_eq!(told.take(), ["destroy HookFlushes"]);
    }

    /// `HK-20`: a scope that does not end cannot pile them up. In a process of its own, since it delivers those of all threads.
    #[test]
    fn very_many_do_not_wait() {
        alone_in_a_process("hooks::destroy::very_many_do_not_wait", || {
            let told = Told::of(["HookMany"]);
            make("HOOK").run_in_async_scope(|| {
                for _ in 0..16_384 {
                    drop(make("HookMany"));
                }
                assert_eq!(told.take(), vec!["init HookMany"; 16_384]);
                drop(make("HookMany"));
                assert_eq!(told.take().len(), 1 + 16_385);
            });
        });
    }
}

/// `HK-17`
mod panics {
    use super::*;

    /// Panics in such events.
    fn panicking(policy: PanicPolicy, name: &'static str, events: &'static [&'static str]) -> AsyncHook {
        let panics =
            |event: &'static str| move |_: &ResourceInfo| assert!(!events.contains(&event), "in {event}");
        create_hook()
            .init(panics("init"))
            .before(panics("before"))
            .after(panics("after"))
            .destroy(panics("destroy"))
            .cancelled(panics("cancelled"))
            .on_panic(policy)
            .only([name])
            .build()
    }

    #[test]
    fn are_reported_and_all_goes_on() {
        let hook = panicking(
            PanicPolicy::Report,
            "HookReport",
            &["init", "before", "after", "destroy"],
        );
        let _enabled = hook.enable_scoped();
        // A hook that comes later is told all the same.
        let told = Told::of(["HookReport"]);
        let mut id = None;
        let reports = reports_of(|| {
            let resource = make("HookReport");
            id = Some(resource.async_id());
            assert_eq!(resource.run_in_async_scope(|| 5), 5);
        });
        let id = id.unwrap();
        let expected = ["init", "before", "after", "destroy"]
            .map(|event| format!("panic in hook `{event}` of HookReport({id}): in {event}"));
        assert_eq!(reports, expected);
        let expected = ["init", "before", "after", "destroy"].map(|event| format!("{event} HookReport"));
        assert_eq!(told.take(), expected);
        assert_nothing_left();
    }

    #[test]
    fn in_init_may_go_on_to_whoever_makes_the_resource() {
        let hook = panicking(PanicPolicy::Propagate, "HookPropagateInit", &["init"]);
        let told = Told::of(["HookPropagateInit"]);
        let _enabled = hook.enable_scoped();
        let later = Told::of(["HookPropagateInit"]);
        assert_eq!(panic_of(|| make("HookPropagateInit")), "in init");
        scope(&make("HOOK"));
        // The resource was there, and is gone.
        assert_eq!(
            told.take(),
            ["init HookPropagateInit", "destroy HookPropagateInit"]
        );
        assert_eq!(
            later.take(),
            ["init HookPropagateInit", "destroy HookPropagateInit"]
        );
        assert_nothing_left();
    }

    #[test]
    fn in_before_may_keep_the_callback_from_running() {
        let hook = panicking(PanicPolicy::Propagate, "HookPropagateBefore", &["before"]);
        let resource = make("HookPropagateBefore");
        let told = Told::of(["HookPropagateBefore"]);
        {
            let _enabled = hook.enable_scoped();
            let panic = panic_of(|| resource.run_in_async_scope(|| unreachable!("it was kept from running")));
            assert_eq!(panic, "in before");
        }
        assert_eq!(
            told.take(),
            ["before HookPropagateBefore", "after HookPropagateBefore"]
        );
        assert_nothing_left();
        assert_eq!(resource.run_in_async_scope(|| 1), 1);
        assert!(resource.emit_destroy(), "no scope is left");
        assert_eq!(told.take().last().unwrap(), "destroy HookPropagateBefore");
    }

    #[test]
    fn in_after_may_take_the_place_of_the_answer() {
        let hook = panicking(PanicPolicy::Propagate, "HookPropagateAfter", &["after"]);
        let _enabled = hook.enable_scoped();
        let drops = Drops::default();
        let resource = make("HookPropagateAfter");
        let panic = panic_of(|| resource.run_in_async_scope(|| drops.counted()));
        assert_eq!((panic.as_str(), drops.count()), ("in after", 1));
        assert_nothing_left();
    }

    #[test]
    fn over_a_panic_are_reported() {
        let hook = panicking(PanicPolicy::Propagate, "HookOverPanic", &["after"]);
        let _enabled = hook.enable_scoped();
        let resource = make("HookOverPanic");
        let mut panic = String::new();
        let reports =
            reports_of(|| panic = panic_of(|| resource.run_in_async_scope(|| panic!("of the callback"))));
        assert_eq!(panic, "of the callback");
        assert_eq!(reports.len(), 1);
        assert!(
            reports[0].starts_with("panic in hook `after` of HookOverPanic"),
            "{reports:?}"
        );
    }

    #[test]
    fn in_destroy_are_always_reported() {
        let hook = panicking(PanicPolicy::Propagate, "HookPropagateDestroy", &["destroy"]);
        let _enabled = hook.enable_scoped();
        let reports = reports_of(|| drop(make("HookPropagateDestroy")));
        assert_eq!(reports.len(), 1);
        let resource = make("HookPropagateDestroy");
        let reports = reports_of(|| assert!(resource.emit_destroy()));
        assert_eq!(reports.len(), 1);
    }

    /// A destructor that panics may end the process: the panic goes no further, and the future is dropped where it should be.
    #[test]
    fn where_a_future_is_dropped_are_reported() {
        let names: [(&'static str, &'static [&'static str]); 3] = [
            ("HookDropCancelled", &["cancelled"]),
            ("HookDropBefore", &["before"]),
            ("HookDropAfter", &["after"]),
        ];
        for (name, events) in names {
            let hook = panicking(PanicPolicy::Propagate, name, events);
            let _enabled = hook.enable_scoped();
            let log = Log::new();
            let seen = log.clone();
            let last = OnDrop::new(move || {
                seen.push((execution_async_resource().map(|r| r.type_name()), A.get_store()));
            });
            let future = A.run(1, || async move { drop(last) }.in_resource(name));
            let reports = reports_of(|| drop(future));
            assert_eq!(reports.len(), 1, "{name}: {reports:?}");
            assert_eq!(log.take(), [(Some(name), Some(1))]);
            assert_nothing_left();
        }
    }

    #[test]
    fn where_a_bound_closure_is_dropped_are_reported() {
        let hook = panicking(PanicPolicy::Propagate, "HookDropBound", &["before"]);
        let _enabled = hook.enable_scoped();
        let log = Log::new();
        let seen = log.clone();
        let last = OnDrop::new(move || seen.push(execution_async_resource().map(|r| r.type_name())));
        let bound = (move || drop(last)).bind_once_to("HookDropBound");
        let reports = reports_of(|| drop(bound));
        assert_eq!(reports.len(), 1, "{reports:?}");
        assert_eq!(log.take(), [Some("HookDropBound")]);
    }

    /// A reporter that logs through something that makes resources would be told of its own doing for ever.
    #[test]
    fn that_the_reporter_causes_go_to_stderr() {
        let name = "hooks::panics::that_the_reporter_causes_go_to_stderr";
        let output = in_a_process(name, || {
            let _enabled = panicking(PanicPolicy::Report, "HookReporter", &["init"]).enable_scoped();
            set_reporter(|report| {
                println!("told of {report}");
                make("HookReporter");
            });
            make("HookReporter");
            make("HookReporter");
        });
        let Some(output) = output else { return };
        assert!(output.status.success(), "{output:?}");
        let [told, errors] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
        assert_eq!(
            told.matches("told of panic in hook `init` of HookReporter")
                .count(),
            2,
            "{told}"
        );
        let gone_to_stderr = errors
            .matches("throughline: panic in hook `init` of HookReporter")
            .count();
        assert_eq!(gone_to_stderr, 2, "{errors}");
    }

    #[test]
    fn may_end_the_process() {
        let output = in_a_process("hooks::panics::may_end_the_process", || {
            panicking(PanicPolicy::Abort, "HookAborts", &["before"]).enable();
            scope(&make("HookAborts"));
            println!("went on");
        });
        let Some(output) = output else { return };
        assert!(!output.status.success());
        #[cfg(unix)]
        assert_eq!(
            std::os::unix::process::ExitStatusExt::signal(&output.status),
            Some(6),
            "SIGABRT"
        );
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(
            errors.contains("panic in hook `before` of HookAborts"),
            "{errors}"
        );
        assert!(!String::from_utf8_lossy(&output.stdout).contains("went on"));
    }
}

/// `HK-19`
mod made_by_a_hook {
    use super::*;

    #[test]
    fn is_told_of_to_all_hooks_this_one_too() {
        let log = Log::new();
        let (count, seen) = (log.clone(), log.clone());
        let hook = create_hook()
            .init(move |resource| {
                let depth = count.take().len();
                (0..=depth).for_each(|_| count.push("init"));
                // It would go on for ever.
                if depth < 3 {
                    let child = make("HookRecurses");
                    assert_eq!(child.trigger_async_id(), resource.trigger_async_id());
                }
            })
            .only(["HookRecurses"])
            .build();
        let _enabled = hook.enable_scoped();
        drop(make("HookRecurses"));
        assert_eq!(seen.take().len(), 4);
    }

    #[test]
    fn is_not_told_of_to_this_one_if_so_wanted() {
        let log = Log::new();
        let makes = |event: &'static str| {
            let log = log.clone();
            move |_: &ResourceInfo| {
                log.push(event);
                let resource = make("HookIgnores");
                scope(&resource);
                drop(resource);
            }
        };
        let hook = create_hook()
            .init(makes("init"))
            .before(makes("before"))
            .after(makes("after"))
            .destroy(makes("destroy"))
            .ignore_own_events()
            .only(["HookIgnores"])
            .build();
        let others = Told::of(["HookIgnores"]);
        let _enabled = hook.enable_scoped();
        scope(&make("HookIgnores"));
        // Neither at once, nor when the destroy events are delivered, which wait until it has ended.
        assert_eq!(log.take(), ["init", "before", "after", "destroy"]);
        let others = others.take();
        let count = |event: &str| others.iter().filter(|told| told.starts_with(event)).count();
        // Its own, and one for each event.
        for event in ["init", "before", "after", "destroy"] {
            assert_eq!(count(event), 5, "{others:?}");
        }
    }

    #[test]
    fn is_not_told_of_to_this_one_at_once_either() {
        let log = Log::new();
        let hook = create_hook()
            .destroy({
                let log = log.clone();
                move |_| {
                    log.push("destroy");
                    drop(make("HookIgnoresAtOnce"));
                }
            })
            .destroy_immediately()
            .ignore_own_events()
            .only(["HookIgnoresAtOnce"])
            .build();
        let _enabled = hook.enable_scoped();
        drop(make("HookIgnoresAtOnce"));
        drop(make("HookIgnoresAtOnce"));
        assert_eq!(log.take(), ["destroy", "destroy"]);
    }

    /// `HK-12`: a destroy hook is nobody's callback, also where a trigger was said for what is made.
    #[test]
    fn in_destroy_has_no_trigger() {
        let log = Log::new();
        let hook = create_hook()
            .destroy(writes(&log, |_| make("HOOK").trigger_async_id()))
            .only(["HookNoTrigger"])
            .build();
        let _enabled = hook.enable_scoped();
        make("HOOK").run_in_async_scope(|| drop(make("HookNoTrigger")));
        with_default_trigger(AsyncId::new(7), || drop(make("HookNoTrigger")));
        assert_eq!(log.take(), [None, None]);
    }
}

/// A future that is polled by a hook, pending, is told of as any other.
#[test]
fn a_hook_may_poll_a_future_in_a_resource() {
    let told = Told::of(["HookPolled"]);
    let hook = create_hook()
        .init(|_| {
            let mut future = pin!(async { pause().await }.in_resource("HookPolled"));
            assert!(poll(future.as_mut()).is_pending());
        })
        .only(["HookPolls"])
        .build();
    let _enabled = hook.enable_scoped();
    drop(make("HookPolls"));
    let expected = [
        "init HookPolled",
        "before HookPolled",
        "after HookPolled",
        "cancelled HookPolled",
        "before HookPolled",
        "after HookPolled",
        "destroy HookPolled",
    ];
    assert_eq!(told.take(), expected);
}

#[test]
fn its_debug_output_says_what_it_is_told() {
    let builder = create_hook().init(|_| ()).promise_resolve(|_| ()).only(["HOOK"]);
    let expected =
        "AsyncHook { told: [\"init\", \"promise_resolve\"], only: [ResourceType(HOOK)], enabled: false, .. }";
    assert_eq!(format!("{builder:?}"), expected);
    assert_eq!(format!("{:?}", builder.build()), expected);
}

/// Others come and go on other threads. The one that is enabled throughout is told of all, in order, on each thread (law 8).
#[test]
fn hooks_come_and_go_while_others_are_told() {
    const SCOPES: usize = 2000;
    let log = Log::new();
    let write = |event: &'static str| {
        writes(&log, move |resource| {
            (thread::current().id(), event, resource.async_id())
        })
    };
    let throughout = create_hook()
        .init(write("init"))
        .before(write("before"))
        .after(write("after"))
        .destroy(write("destroy"))
        .only(["HookThroughout"])
        .build();
    let _enabled = throughout.enable_scoped();
    thread::scope(|s| {
        for _ in 0..2 {
            s.spawn(|| {
                for _ in 0..SCOPES {
                    scope(&make("HookThroughout"));
                }
            });
        }
        for _ in 0..2 {
            s.spawn(|| {
                for _ in 0..SCOPES / 4 {
                    let other = create_hook().before(|_| drop(make("HOOK"))).after(|_| ()).build();
                    let _enabled = other.enable_scoped();
                    scope(&make("HOOK"));
                }
            });
        }
    });
    let told = log.take();
    assert_eq!(told.len(), 2 * 4 * SCOPES);
    let threads: std::collections::HashSet<_> = told.iter().map(|(thread, ..)| *thread).collect();
    for thread in threads {
        let on_it: Vec<_> = told.iter().filter(|(on, ..)| *on == thread).collect();
        for one in on_it.chunks(4) {
            let events: Vec<_> = one.iter().map(|(_, event, _)| *event).collect();
            assert_eq!(events, ["init", "before", "after", "destroy"]);
            assert!(one.iter().all(|(.., id)| *id == one[0].2));
        }
    }
}
