//! `AsyncResource`, futures in one, closures bound to one (clauses `RES-…`, `MEM-5`).

use crate::support::{Drops, Log, OnDrop, Told, assert_nothing_left, on_thread, panic_of, pause, poll};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::mpsc;
use std::task::Poll;
use std::thread;
use throughline_core::{
    AsyncId, AsyncLocalStorage, AsyncResource, Bind, BindAsync, BindFuture, BindMut, BindOnce,
    FutureResourceExt, ResourceType, Snapshot, create_hook, execution_async_id, execution_async_resource,
    in_boundary, root, snapshot,
};

static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
static D: AsyncLocalStorage<OnDrop> = AsyncLocalStorage::new();

/// A resource with a store in its context that counts when it is dropped.
fn holding(drops: &Drops, name: &'static str) -> AsyncResource {
    D.run(OnDrop::counting(drops), || AsyncResource::new(name))
}

/// So that a closure owns what it names.
fn drop_nothing(_: &OnDrop) {}

/// The thread is outside of all scopes once more: when it delivers what went while a panic unwound.
fn next_moment() {
    AsyncResource::new("RES").run_in_async_scope(|| ());
}

mod made {
    use super::*;

    /// `RES-1`: always, and not only while a hook is enabled. `RES-3`: no id was used.
    #[test]
    fn with_an_empty_type_name_it_is_refused() {
        on_thread(|| {
            let before = AsyncResource::new("RES").async_id().get();
            let error = AsyncResource::builder("").try_build().unwrap_err();
            assert!(error.to_string().contains("type name"), "{error}");
            let after = AsyncResource::new("RES").async_id().get();
            assert_eq!(after, before + 1);
        });
    }

    /// `RES-1`, wherever a resource is made of a name.
    #[test]
    fn with_an_empty_type_name_it_panics() {
        let empty = ResourceType::interned("");
        for panic in [
            panic_of(|| AsyncResource::new("")),
            panic_of(|| AsyncResource::new(empty)),
            panic_of(|| AsyncResource::builder("").build()),
            panic_of(|| AsyncResource::from("")),
            panic_of(|| drop(async {}.in_resource(""))),
            panic_of(|| drop((|| ()).bind_to(""))),
        ] {
            assert!(
                panic.contains("the type name of an `AsyncResource` is empty"),
                "{panic}"
            );
        }
    }

    #[test]
    fn with_a_name_known_at_run_time() {
        let name = String::from("Res") + "Runtime";
        let types = [ResourceType::interned(&name), ResourceType::interned(&name)];
        assert_eq!(types[0], types[1]);
        assert!(std::ptr::eq(types[0].name(), types[1].name()), "it is kept once");
        assert_eq!(types[0], ResourceType::from("ResRuntime"));
        assert_eq!(AsyncResource::new(types[0]).type_name(), "ResRuntime");
        assert_eq!(types[0].to_string(), "ResRuntime");
        // A hook knows equal names for equal, wherever they are from.
        let told = Told::of(["ResRuntime"]);
        drop(AsyncResource::new(types[0]));
        assert_eq!(told.take(), ["init ResRuntime", "destroy ResRuntime"]);
    }

    /// `RES-2`
    #[test]
    fn its_trigger_is_who_runs_or_who_is_said_to_be_it() {
        let parent = AsyncResource::new("RES");
        let child = parent.run_in_async_scope(|| AsyncResource::new("RES"));
        assert_eq!(child.trigger_async_id(), Some(parent.async_id()));
        assert_eq!(parent.trigger_async_id(), None);
        // Any will do.
        let unrelated = AsyncId::new(111).unwrap();
        let builder = AsyncResource::builder("RES").trigger_async_id(unrelated);
        assert_eq!(builder.build().trigger_async_id(), Some(unrelated));
    }

    /// `RES-4`
    #[test]
    fn hooks_are_told_before_it_is_there() {
        let told = Told::of(["ResInit"]);
        let resource = AsyncResource::new("ResInit");
        assert_eq!(told.take(), ["init ResInit"]);
        drop(resource);
    }

    /// `RES-4`: on this thread, with what is known of it.
    #[test]
    fn hooks_are_told_all_about_it() {
        let seen = Log::new();
        let log = seen.clone();
        let hook = create_hook()
            .init(move |resource| log.push((*resource, thread::current().id(), execution_async_id())))
            .only(["ResAbout"])
            .build();
        let _enabled = hook.enable_scoped();
        let parent = AsyncResource::new("RES");
        let resource = parent.run_in_async_scope(|| AsyncResource::new("ResAbout"));
        // `HK-11`: in `init` it is still the creator that runs.
        let expected = (resource.info(), thread::current().id(), Some(parent.async_id()));
        assert_eq!(seen.take(), [expected]);
        let info = resource.info();
        assert_eq!(info.async_id(), resource.async_id());
        assert_eq!(info.trigger_async_id(), Some(parent.async_id()));
        assert_eq!(
            (info.type_name(), info.resource_type().name()),
            ("ResAbout", "ResAbout")
        );
    }

    /// `RES-4`, `RES-8`
    #[test]
    fn it_captures_the_current_frame() {
        let resource = A.run(1, || AsyncResource::new("RES"));
        A.run(2, || {
            resource.run_in_async_scope(|| assert_eq!(A.get_store(), Some(1)))
        });
        assert_eq!(resource.snapshot().unwrap().get(&A), Some(1));
    }

    #[test]
    fn it_takes_another_frame_if_one_is_given() {
        let then = A.run(1, snapshot);
        let of_then = AsyncResource::builder("RES").snapshot(then).build();
        let of_none = A.run(2, || {
            AsyncResource::builder("RES").snapshot(Snapshot::empty()).build()
        });
        assert_eq!(of_then.run_in_async_scope(|| A.get_store()), Some(1));
        assert_eq!(A.run(3, || of_none.run_in_async_scope(|| A.get_store())), None);
    }

    #[test]
    fn its_debug_output_names_it_and_shows_its_context() {
        let resource = AsyncResource::builder("RES")
            .trigger_async_id(AsyncId::new(5).unwrap())
            .build();
        let expected = format!("RES({} by 5)", resource.async_id());
        assert_eq!(format!("{:?}", resource.info()), expected);
        assert_eq!(
            format!("{resource:?}"),
            format!("AsyncResource({expected}, Snapshot)")
        );
        static SHOWN: AsyncLocalStorage<u32> = AsyncLocalStorage::new().named("shown").shown();
        let resource = SHOWN.run(7, || AsyncResource::new("RES"));
        assert!(format!("{resource:?}").ends_with(", Snapshot { shown: 7 })"));
        resource.emit_destroy();
        assert!(format!("{resource:?}").ends_with(", destroyed)"));
    }
}

mod scope {
    use super::*;

    /// `RES-6`
    #[test]
    fn is_between_before_and_after_and_answers_what_the_closure_does() {
        let told = Told::of(["ResScope"]);
        let resource = AsyncResource::new("ResScope");
        let answer = resource.run_in_async_scope(|| {
            told.note("called");
            42
        });
        assert_eq!(answer, 42);
        assert_eq!(
            told.take(),
            ["init ResScope", "before ResScope", "called", "after ResScope"]
        );
    }

    /// `RES-6`
    #[test]
    fn that_panics_leaves_all_as_it_was() {
        let told = Told::of(["ResPanic"]);
        let resource = A.run(1, || AsyncResource::new("ResPanic"));
        let outer = AsyncResource::new("RES");
        outer.run_in_async_scope(|| {
            A.run(2, || {
                let panic = panic_of(|| resource.run_in_async_scope(|| panic!("in the callback")));
                assert_eq!(panic, "in the callback");
                assert_eq!(
                    told.take(),
                    ["init ResPanic", "before ResPanic", "after ResPanic"]
                );
                assert_eq!(A.get_store(), Some(2));
                assert_eq!(execution_async_id(), Some(outer.async_id()));
            });
        });
        assert!(!resource.is_destroyed());
        assert_eq!(resource.run_in_async_scope(|| A.get_store()), Some(1));
        assert_nothing_left();
    }

    /// `RES-6`
    #[test]
    fn may_be_entered_again_within_itself_and_within_others() {
        let told = Told::of(["ResOne", "ResTwo"]);
        let [one, two] = [AsyncResource::new("ResOne"), AsyncResource::new("ResTwo")];
        told.take();
        one.run_in_async_scope(|| {
            two.run_in_async_scope(|| {
                one.run_in_async_scope(|| assert_eq!(execution_async_id(), Some(one.async_id())));
                assert_eq!(execution_async_id(), Some(two.async_id()));
            });
            one.run_in_async_scope(|| ());
        });
        let expected = [
            "before ResOne",
            "before ResTwo",
            "before ResOne",
            "after ResOne",
            "after ResTwo",
            "before ResOne",
            "after ResOne",
            "after ResOne",
        ];
        assert_eq!(told.take(), expected);
    }

    /// `RES-8`
    #[test]
    fn starts_from_the_captured_context_each_time() {
        let resource = A.run(1, || {
            let resource = AsyncResource::new("RES");
            // The creator's context goes on without it.
            A.enter_with(2);
            resource
        });
        for _ in 0..2 {
            resource.run_in_async_scope(|| {
                assert_eq!(A.get_store(), Some(1));
                A.enter_with(5);
                assert_eq!(A.get_store(), Some(5));
            });
        }
    }

    /// A resource made where nothing is set still has a boundary for what is entered.
    #[test]
    fn is_a_boundary_also_where_nothing_was_captured() {
        let resource = AsyncResource::new("RES");
        resource.run_in_async_scope(|| {
            assert!(in_boundary());
            A.enter_with(1);
        });
        assert_nothing_left();
    }

    #[test]
    fn may_run_on_several_threads_at_once() {
        let resource = A.run(1, || AsyncResource::new("RES"));
        // Each waits for the other, inside.
        let meet = std::sync::Barrier::new(2);
        thread::scope(|s| {
            for _ in 0..2 {
                s.spawn(|| {
                    resource.run_in_async_scope(|| {
                        meet.wait();
                        assert_eq!(A.get_store(), Some(1));
                        assert_eq!(execution_async_id(), Some(resource.async_id()));
                        meet.wait();
                    });
                });
            }
        });
    }

    /// Law 5: what was entered in the scope goes when the caller's context is back, and its resource.
    #[test]
    fn what_was_entered_in_it_is_dropped_outside() {
        let seen = Log::new();
        let resource = AsyncResource::new("RES");
        let outer = AsyncResource::new("RES");
        let log = seen.clone();
        A.run(7, || {
            resource.run_in_async_scope(|| {
                D.enter_with(OnDrop::new(move || log.push(A.get_store())));
            });
        });
        assert_eq!(seen.take(), [Some(7)]);
        drop(outer);
    }
}

mod destroyed {
    use super::*;

    /// `RES-5`
    #[test]
    fn by_the_drop_of_its_last_handle_and_once() {
        let told = Told::of(["ResDrop"]);
        let resource = AsyncResource::new("ResDrop");
        let clone = resource.clone();
        assert_eq!(clone.async_id(), resource.async_id());
        drop(resource);
        assert_eq!(told.take(), ["init ResDrop"]);
        assert!(!clone.is_destroyed());
        drop(clone);
        assert_eq!(told.take(), ["destroy ResDrop"]);
    }

    /// `RES-5`: there a hook enabled later hears nothing, since nobody tracked the object. A drop is always seen.
    #[test]
    fn also_if_the_hook_was_enabled_later() {
        let resource = AsyncResource::new("ResLateHook");
        let told = Told::of(["ResLateHook"]);
        drop(resource);
        assert_eq!(told.take(), ["destroy ResLateHook"]);
    }

    /// `RES-5`
    #[test]
    fn by_hand_only_if_that_is_required() {
        let told = Told::of(["ResManual"]);
        let make = || {
            AsyncResource::builder("ResManual")
                .require_manual_destroy()
                .build()
        };
        drop(make());
        assert_eq!(told.take(), ["init ResManual"]);
        let resource = make();
        assert!(resource.emit_destroy());
        drop(resource);
        assert_eq!(told.take(), ["init ResManual", "destroy ResManual"]);
    }

    /// The frame goes also if nobody says so.
    #[test]
    fn or_not_a_dropped_one_lets_go_of_its_context() {
        let drops = Drops::default();
        let manual = D.run(OnDrop::counting(&drops), || {
            AsyncResource::builder("RES").require_manual_destroy().build()
        });
        assert_eq!(drops.count(), 0);
        drop(manual);
        assert_eq!(drops.count(), 1);
    }

    /// `RES-9`: Node tells its hooks again.
    #[test]
    fn twice_is_destroyed_once() {
        let told = Told::of(["ResTwice"]);
        let resource = AsyncResource::new("ResTwice");
        let clone = resource.clone();
        assert!(resource.emit_destroy());
        assert!(!resource.emit_destroy());
        assert!(!clone.emit_destroy());
        drop((resource, clone));
        assert_eq!(told.take(), ["init ResTwice", "destroy ResTwice"]);
    }

    /// `RES-9`: Node runs it, in the context it kept.
    #[test]
    fn it_runs_nothing_any_more_and_gives_the_closure_back() {
        let told = Told::of(["ResAfter"]);
        let resource = A.run(1, || AsyncResource::new("ResAfter"));
        resource.emit_destroy();
        assert!(resource.is_destroyed());
        told.take();
        let text = String::from("kept");
        let error = resource.try_run_in_async_scope(move || text).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "the resource {:?} is destroyed, and its context let go of: run callbacks before `emit_destroy`, or keep a \
                 `Snapshot`",
                resource.info()
            )
        );
        assert_eq!(error.into_inner()(), "kept");
        let panic = panic_of(|| resource.run_in_async_scope(|| unreachable!("it is destroyed")));
        assert!(panic.contains("is destroyed"), "{panic}");
        let panic = panic_of(|| drop(resource.scope(async {})));
        assert!(panic.contains("is destroyed"), "{panic}");
        assert!(resource.snapshot().is_none());
        assert!(told.take().is_empty());
        assert_nothing_left();
    }

    /// `MEM-5`: Node keeps it as long as the object.
    #[test]
    fn it_lets_go_of_its_context_at_once() {
        let drops = Drops::default();
        let resource = holding(&drops, "RES");
        let clone = resource.clone();
        resource.emit_destroy();
        assert_eq!(drops.count(), 1);
        drop((resource, clone));
        assert_eq!(drops.count(), 1);
    }

    /// Law 6: a snapshot taken of it keeps its own.
    #[test]
    fn its_snapshots_keep_what_they_hold() {
        let drops = Drops::default();
        let resource = holding(&drops, "RES");
        let then = resource.snapshot();
        resource.emit_destroy();
        assert_eq!(drops.count(), 0);
        drop(then);
        assert_eq!(drops.count(), 1);
    }

    /// Law 8: it waits for the scope's end.
    #[test]
    fn within_its_own_scope_it_is_so_when_the_scope_ends() {
        let told = Told::of(["ResInside"]);
        let drops = Drops::default();
        let resource = holding(&drops, "ResInside");
        resource.run_in_async_scope(|| {
            assert!(resource.emit_destroy());
            assert!(resource.is_destroyed());
            assert!(!resource.emit_destroy());
            // From now on no scope begins.
            assert!(resource.try_run_in_async_scope(|| ()).is_err());
            assert!(D.with(|d| d.is_some()), "this scope goes on");
            assert_eq!(drops.count(), 0);
            told.note("end");
        });
        assert_eq!(drops.count(), 1);
        let expected = [
            "init ResInside",
            "before ResInside",
            "end",
            "after ResInside",
            "destroy ResInside",
        ];
        assert_eq!(told.take(), expected);
    }

    #[test]
    fn within_the_inner_of_two_scopes_it_is_so_when_the_outer_ends() {
        let told = Told::of(["ResInner"]);
        let drops = Drops::default();
        let resource = holding(&drops, "ResInner");
        resource.run_in_async_scope(|| {
            resource.run_in_async_scope(|| assert!(resource.emit_destroy()));
            assert_eq!(drops.count(), 0);
            told.note("outer goes on");
        });
        assert_eq!(drops.count(), 1);
        assert_eq!(
            told.take()[3..],
            [
                "after ResInner",
                "outer goes on",
                "after ResInner",
                "destroy ResInner"
            ]
        );
    }

    #[test]
    fn within_a_scope_that_panics_it_is_so_when_that_has_unwound() {
        let told = Told::of(["ResPanicInside"]);
        let drops = Drops::default();
        let resource = holding(&drops, "ResPanicInside");
        let panic = panic_of(|| {
            resource.run_in_async_scope(|| {
                resource.emit_destroy();
                panic!("after it");
            })
        });
        assert_eq!((panic.as_str(), drops.count()), ("after it", 1));
        // It was not told in the midst of the panic.
        assert_eq!(
            told.take(),
            [
                "init ResPanicInside",
                "before ResPanicInside",
                "after ResPanicInside"
            ]
        );
        next_moment();
        assert_eq!(told.take(), ["destroy ResPanicInside"]);
    }

    #[test]
    fn from_another_thread_it_is_so_when_the_last_scope_ends() {
        let told = Told::of(["ResElsewhere"]);
        let drops = Drops::default();
        let resource = holding(&drops, "ResElsewhere");
        let (inside, is_inside) = mpsc::channel();
        let (go_on, may_go_on) = mpsc::channel::<()>();
        thread::scope(|s| {
            let (told, drops, resource) = (&told, &drops, &resource);
            s.spawn(move || {
                resource.run_in_async_scope(|| {
                    inside.send(()).unwrap();
                    may_go_on.recv().unwrap();
                    assert_eq!(drops.count(), 0);
                    assert!(D.with(|d| d.is_some()));
                });
                assert_eq!(drops.count(), 1);
            });
            is_inside.recv().unwrap();
            assert!(resource.emit_destroy());
            assert!(resource.try_run_in_async_scope(|| ()).is_err());
            assert_eq!(told.take(), ["init ResElsewhere", "before ResElsewhere"]);
            go_on.send(()).unwrap();
        });
        assert_eq!(told.take(), ["after ResElsewhere", "destroy ResElsewhere"]);
    }

    #[test]
    fn by_a_handle_dropped_within_a_scope_of_another_it_is_told_when_the_thread_is_in_none() {
        let told = Told::of(["ResDropInside"]);
        AsyncResource::new("RES").run_in_async_scope(|| {
            let drops = Drops::default();
            drop(holding(&drops, "ResDropInside"));
            assert_eq!(drops.count(), 1, "its context goes at once");
            assert_eq!(told.take(), ["init ResDropInside"]);
        });
        assert_eq!(told.take(), ["destroy ResDropInside"]);
    }

    #[test]
    fn while_a_panic_unwinds_it_is_told_later() {
        let told = Told::of(["ResUnwinding"]);
        let drops = Drops::default();
        let panic = panic_of(|| {
            let _resource = holding(&drops, "ResUnwinding");
            panic!("unwinds");
        });
        assert_eq!((panic.as_str(), drops.count()), ("unwinds", 1));
        assert_eq!(told.take(), ["init ResUnwinding"]);
        next_moment();
        assert_eq!(told.take(), ["destroy ResUnwinding"]);
    }

    /// Law 5: the resource is destroyed already, and nobody's callback runs.
    #[test]
    fn its_stores_destructors_may_use_it_again() {
        let (hand, later) = mpsc::channel::<AsyncResource>();
        let (answer, answers) = mpsc::channel();
        let (later, told) = (std::sync::Mutex::new(later), Told::of(["ResReentrant"]));
        let resource = D.run(
            OnDrop::new(move || {
                let resource = later.lock().unwrap().recv().unwrap();
                let refused = resource.try_run_in_async_scope(|| ()).is_err();
                let seen = (
                    refused,
                    resource.emit_destroy(),
                    execution_async_id(),
                    A.get_store(),
                );
                drop(resource);
                answer.send(seen).unwrap();
            }),
            || AsyncResource::new("ResReentrant"),
        );
        hand.send(resource.clone()).unwrap();
        A.run(3, || resource.emit_destroy());
        assert_eq!(answers.recv().unwrap(), (true, false, None, Some(3)));
        assert_eq!(told.take(), ["init ResReentrant", "destroy ResReentrant"]);
    }

    #[test]
    fn a_store_that_panics_as_it_goes_leaves_it_destroyed() {
        let told = Told::of(["ResStorePanics"]);
        let drops = Drops::default();
        let make = || {
            D.run(OnDrop::panicking(&drops, "of the store"), || {
                AsyncResource::new("ResStorePanics")
            })
        };
        // By hand.
        let resource = make();
        assert_eq!(panic_of(|| resource.emit_destroy()), "of the store");
        assert!(resource.is_destroyed());
        assert!(!resource.emit_destroy());
        drop(resource);
        // By its last scope's end.
        let resource = make();
        let panic = panic_of(|| resource.run_in_async_scope(|| resource.emit_destroy()));
        assert_eq!(panic, "of the store");
        drop(resource);
        // By its last handle.
        let resource = make();
        assert_eq!(panic_of(|| drop(resource)), "of the store");
        assert_eq!(drops.count(), 3);
        let destroyed = told
            .take()
            .into_iter()
            .filter(|told| told == "destroy ResStorePanics");
        assert_eq!(destroyed.count(), 3);
        assert_nothing_left();
    }

    /// `RES-10`
    #[test]
    fn where_no_hook_watches_the_event_is_lost() {
        let told = Told::disabled(["ResLost"]);
        drop(AsyncResource::new("ResLost"));
        told.hook().enable();
        next_moment();
        assert!(told.take().is_empty());
    }

    /// The thread that ends drops it.
    #[test]
    fn at_thread_exit() {
        thread_local! {
            static KEPT: std::cell::RefCell<Option<AsyncResource>> = const { std::cell::RefCell::new(None) };
        }
        let told = Told::of(["ResThreadExit"]);
        let drops = Drops::default();
        on_thread(|| KEPT.set(Some(holding(&drops, "ResThreadExit"))));
        assert_eq!(drops.count(), 1);
        assert_eq!(told.take(), ["init ResThreadExit", "destroy ResThreadExit"]);
    }
}

mod bound {
    use super::*;

    /// `RES-11`
    #[test]
    fn each_call_is_one_scope_of_the_resource() {
        let told = Told::of(["ResBind"]);
        let resource = A.run(1, || AsyncResource::new("ResBind"));
        let bound = (|n: u32| (n, A.get_store(), execution_async_id())).bind_to(&resource);
        told.take();
        let id = Some(resource.async_id());
        assert_eq!(bound(5), (5, Some(1), id));
        assert_eq!(bound(6), (6, Some(1), id));
        assert_eq!(
            told.take(),
            [
                "before ResBind",
                "after ResBind",
                "before ResBind",
                "after ResBind"
            ]
        );
        drop(bound);
        // It had a handle of a resource that lives on.
        assert!(told.take().is_empty());
        assert!(!resource.is_destroyed());
    }

    /// `RES-12`
    #[test]
    fn with_a_type_it_has_a_resource_of_its_own_which_goes_with_it() {
        let told = Told::of(["ResStatic"]);
        let drops = Drops::default();
        let bound = D.run(OnDrop::counting(&drops), || {
            (|| D.with(|d| d.is_some())).bind_to("ResStatic")
        });
        assert!(bound());
        assert_eq!(
            told.take(),
            ["init ResStatic", "before ResStatic", "after ResStatic"]
        );
        drop(bound);
        assert_eq!(drops.count(), 1);
        assert_eq!(told.take(), ["destroy ResStatic"]);
    }

    /// `RES-12`: a new resource for each `bind`, with Node's name where there is none.
    #[test]
    fn each_has_its_own_resource() {
        let current = || execution_async_resource().unwrap();
        let [one, two] = [
            current.bind_to(ResourceType::BOUND),
            current.bind_to(ResourceType::BOUND),
        ];
        assert_ne!(one().async_id(), two().async_id());
        assert_eq!(one().type_name(), "bound-anonymous-fn");
    }

    #[test]
    fn a_mutable_closure_keeps_its_state_between_calls() {
        let resource = A.run(1, || AsyncResource::new("RES"));
        let mut calls = 0;
        let mut bound = (|| {
            calls += 1;
            (calls, A.get_store(), execution_async_id())
        })
        .bind_mut_to(&resource);
        let id = Some(resource.async_id());
        assert_eq!((bound(), bound()), ((1, Some(1), id), (2, Some(1), id)));
    }

    #[test]
    fn a_closure_for_one_call_takes_its_resource_with_it() {
        let told = Told::of(["ResOnce"]);
        let text = String::from("moved");
        let bound = (|| (text, execution_async_resource().unwrap().type_name())).bind_once_to("ResOnce");
        assert_eq!(bound(), ("moved".to_owned(), "ResOnce"));
        let expected = [
            "init ResOnce",
            "before ResOnce",
            "after ResOnce",
            "destroy ResOnce",
        ];
        assert_eq!(told.take(), expected);
    }

    /// Law 4: a bound closure too, called or not.
    #[test]
    fn it_is_dropped_in_a_scope_of_the_resource() {
        let seen = Log::new();
        let resource = A.run(1, || AsyncResource::new("RES"));
        let log = seen.clone();
        let last = OnDrop::new(move || log.push((A.get_store(), execution_async_id())));
        let bound = (move || drop_nothing(&last)).bind_to(&resource);
        drop(bound);
        assert_eq!(seen.take(), [(Some(1), Some(resource.async_id()))]);
    }

    #[test]
    fn after_destroy_a_call_panics_and_it_is_dropped_where_nothing_is_set() {
        let seen = Log::new();
        let resource = A.run(1, || AsyncResource::new("RES"));
        let log = seen.clone();
        let last = OnDrop::new(move || log.push((A.get_store(), execution_async_id())));
        let bound = (move || drop_nothing(&last)).bind_to(&resource);
        resource.emit_destroy();
        assert!(panic_of(&bound).contains("is destroyed"));
        A.run(2, || drop(bound));
        assert_eq!(seen.take(), [(None, None)]);
    }

    #[test]
    fn a_panic_in_a_call_leaves_it_callable() {
        let told = Told::of(["ResBindPanics"]);
        let bound = (|panics: bool| assert!(!panics, "as told")).bind_to("ResBindPanics");
        assert!(panic_of(|| bound(true)).contains("as told"));
        bound(false);
        assert_eq!(
            told.take(),
            [
                "init ResBindPanics",
                "before ResBindPanics",
                "after ResBindPanics",
                "before ResBindPanics",
                "after ResBindPanics"
            ]
        );
        assert_nothing_left();
    }

    #[test]
    fn futures_of_a_bound_closure_are_made_and_polled_in_scopes() {
        let told = Told::of(["ResBindFuture"]);
        let resource = A.run(1, || AsyncResource::new("ResBindFuture"));
        let bound = (|n: u32| {
            A.enter_with(n);
            async move {
                pause().await;
                (A.get_store(), execution_async_id())
            }
        })
        .bind_future_to(&resource);
        told.take();
        let (mut one, mut two) = (pin!(bound(5)), pin!(bound(6)));
        assert_eq!(told.take().len(), 4, "two calls");
        assert!(poll(one.as_mut()).is_pending() && poll(two.as_mut()).is_pending());
        let id = Some(resource.async_id());
        assert_eq!(poll(two.as_mut()), Poll::Ready((Some(6), id)));
        assert_eq!(poll(one.as_mut()), Poll::Ready((Some(5), id)));
        assert_nothing_left();
    }

    #[test]
    fn a_bound_async_closure_is_called_in_scopes() {
        let resource = A.run(1, || AsyncResource::new("RES"));
        let bound = (async |n: u32| {
            pause().await;
            (n, A.get_store(), execution_async_id())
        })
        .bind_async_to(&resource);
        let mut future = pin!(bound(7));
        assert!(poll(future.as_mut()).is_pending());
        assert_eq!(
            poll(future.as_mut()),
            Poll::Ready((7, Some(1), Some(resource.async_id())))
        );
    }
}

mod future {
    use super::*;
    use std::future::{Ready, ready};
    use std::sync::Mutex;
    use throughline_core::InResource;

    /// Who runs, and what is set.
    fn seen() -> (Option<&'static str>, Option<u32>) {
        (execution_async_resource().map(|r| r.type_name()), A.get_store())
    }

    #[test]
    fn ready_at_once() {
        let told = Told::of(["ResReady"]);
        let drops = Drops::default();
        let future = D.run(OnDrop::counting(&drops), || {
            async { seen().0 }.in_resource("ResReady")
        });
        let mut future = Box::pin(future);
        assert_eq!(told.take(), ["init ResReady"]);
        assert_eq!(poll(future.as_mut()), Poll::Ready(Some("ResReady")));
        // Its resource and context go at once; dropping it has nothing left to do.
        assert_eq!(drops.count(), 1);
        // `HK-13`
        let expected = [
            "before ResReady",
            "resolve ResReady",
            "after ResReady",
            "destroy ResReady",
        ];
        assert_eq!(told.take(), expected);
        drop(future);
        assert!(told.take().is_empty());
    }

    #[test]
    fn pending() {
        let told = Told::of(["ResPending"]);
        let mut future = pin!(A.run(1, || {
            async {
                pause().await;
                pause().await;
                seen()
            }
            .in_resource("ResPending")
        }));
        told.take();
        for _ in 0..2 {
            assert!(poll(future.as_mut()).is_pending());
            assert_eq!(told.take(), ["before ResPending", "after ResPending"]);
            assert_nothing_left();
        }
        assert_eq!(poll(future.as_mut()), Poll::Ready((Some("ResPending"), Some(1))));
    }

    /// Law 4.
    #[test]
    fn cancelled_when_pending() {
        let told = Told::of(["ResCancelled"]);
        let drops = Drops::default();
        let log = told.log();
        let last = OnDrop::new(move || log.push(format!("dropped {:?}", seen())));
        let mut future = Box::pin(D.run(OnDrop::counting(&drops), || {
            A.run(1, || {
                async move {
                    let _last = last;
                    pause().await;
                }
                .in_resource("ResCancelled")
            })
        }));
        assert!(poll(future.as_mut()).is_pending());
        told.take();
        A.run(2, || drop(future));
        let expected = [
            "cancelled ResCancelled",
            "before ResCancelled",
            "dropped (Some(\"ResCancelled\"), Some(1))",
            "after ResCancelled",
            "destroy ResCancelled",
        ];
        assert_eq!(told.take(), expected);
        assert_eq!(drops.count(), 1);
    }

    /// Law 4.
    #[test]
    fn cancelled_when_never_polled() {
        let told = Told::of(["ResUnpolled"]);
        let log = told.log();
        let last = OnDrop::new(move || log.push(format!("dropped {:?}", seen())));
        let future = A.run(1, || async move { drop(last) }.in_resource("ResUnpolled"));
        told.take();
        drop(future);
        let expected = [
            "cancelled ResUnpolled",
            "before ResUnpolled",
            "dropped (Some(\"ResUnpolled\"), Some(1))",
            "after ResUnpolled",
            "destroy ResUnpolled",
        ];
        assert_eq!(told.take(), expected);
    }

    #[test]
    fn panicking() {
        let told = Told::of(["ResFuturePanics"]);
        let drops = Drops::default();
        let mut future = Box::pin(D.run(OnDrop::counting(&drops), || {
            async { panic!("in the future") }.in_resource("ResFuturePanics")
        }));
        assert_eq!(panic_of(|| poll(future.as_mut())), "in the future");
        assert_eq!(
            told.take()[1..],
            ["before ResFuturePanics", "after ResFuturePanics"]
        );
        assert_nothing_left();
        drop(future);
        let expected = [
            "cancelled ResFuturePanics",
            "before ResFuturePanics",
            "after ResFuturePanics",
            "destroy ResFuturePanics",
        ];
        assert_eq!(told.take(), expected);
        assert_eq!(drops.count(), 1);
    }

    #[test]
    fn dropped_while_its_owner_unwinds() {
        let told = Told::of(["ResOwnerUnwinds"]);
        let log = told.log();
        let panic = panic_of(move || {
            let last = OnDrop::new(move || log.push(format!("dropped {:?}", seen())));
            let _future = A.run(1, || async move { drop(last) }.in_resource("ResOwnerUnwinds"));
            panic!("of the owner");
        });
        assert_eq!(panic, "of the owner");
        let expected = [
            "init ResOwnerUnwinds",
            "cancelled ResOwnerUnwinds",
            "before ResOwnerUnwinds",
            "dropped (Some(\"ResOwnerUnwinds\"), Some(1))",
            "after ResOwnerUnwinds",
        ];
        assert_eq!(told.take(), expected);
        next_moment();
        assert_eq!(told.take(), ["destroy ResOwnerUnwinds"]);
        assert_nothing_left();
    }

    #[test]
    fn whose_destructor_panics_ends_its_resource_all_the_same() {
        let told = Told::of(["ResDropPanics"]);
        let (drops, stores) = (Drops::default(), Drops::default());
        for polls in 0..2 {
            let last = OnDrop::panicking(&drops, "of the destructor");
            let mut future = Box::pin(D.run(OnDrop::counting(&stores), || {
                async move {
                    let _last = &last;
                    pause().await;
                }
                .in_resource("ResDropPanics")
            }));
            for _ in 0..polls {
                assert!(poll(future.as_mut()).is_pending());
            }
            told.take();
            assert_eq!(panic_of(|| drop(future)), "of the destructor");
            next_moment();
            let expected = [
                "cancelled ResDropPanics",
                "before ResDropPanics",
                "after ResDropPanics",
                "destroy ResDropPanics",
            ];
            assert_eq!(told.take(), expected);
        }
        assert_eq!((drops.count(), stores.count()), (2, 2));
        assert_nothing_left();
    }

    /// As above, where the future is ready and its values go.
    #[test]
    fn whose_values_panic_as_it_is_ready() {
        let told = Told::of(["ResReadyPanics"]);
        let (drops, stores) = (Drops::default(), Drops::default());
        let last = OnDrop::panicking(&drops, "of the value");
        let mut future = Box::pin(D.run(OnDrop::counting(&stores), || {
            async move {
                let _last = &last;
            }
            .in_resource("ResReadyPanics")
        }));
        told.take();
        assert_eq!(panic_of(|| poll(future.as_mut())), "of the value");
        assert_nothing_left();
        drop(future);
        next_moment();
        let told = told.take();
        let count = |event: &str| told.iter().filter(|told| told.starts_with(event)).count();
        assert_eq!(count("before"), count("after"), "{told:?}");
        assert_eq!(
            (count("destroy"), drops.count(), stores.count()),
            (1, 1, 1),
            "{told:?}"
        );
    }

    #[test]
    fn polled_again_after_it_was_ready() {
        let mut future = pin!(async {}.in_resource("RES"));
        assert!(poll(future.as_mut()).is_ready());
        let panic = panic_of(|| poll(future.as_mut()));
        assert!(panic.contains("polled again after it was ready"), "{panic}");
        assert_nothing_left();
    }

    /// A destroy asked for while it is pending waits for its end.
    #[test]
    fn whose_resource_is_destroyed_while_it_is_pending() {
        let told = Told::of(["ResAsked"]);
        let drops = Drops::default();
        let resource = holding(&drops, "ResAsked");
        let mut future = Box::pin(resource.scope(async {
            pause().await;
            D.with(|d| d.is_some())
        }));
        assert!(poll(future.as_mut()).is_pending());
        told.take();
        assert!(resource.emit_destroy());
        assert!(resource.is_destroyed());
        assert!(resource.try_run_in_async_scope(|| ()).is_err());
        assert!(told.take().is_empty());
        assert_eq!(poll(future.as_mut()), Poll::Ready(true));
        assert_eq!(drops.count(), 1);
        let expected = [
            "before ResAsked",
            "resolve ResAsked",
            "after ResAsked",
            "destroy ResAsked",
        ];
        assert_eq!(told.take(), expected);
    }

    #[test]
    fn that_destroys_its_own_resource() {
        let told = Told::of(["ResOwn"]);
        let resource = AsyncResource::new("ResOwn");
        let own = resource.clone();
        let mut future = Box::pin(resource.scope(async move {
            own.emit_destroy();
            pause().await;
        }));
        drop(resource);
        assert!(poll(future.as_mut()).is_pending());
        assert!(poll(future.as_mut()).is_ready());
        let expected = [
            "init ResOwn",
            "before ResOwn",
            "after ResOwn",
            "before ResOwn",
            "resolve ResOwn",
            "after ResOwn",
            "destroy ResOwn",
        ];
        assert_eq!(told.take(), expected);
    }

    /// It keeps its resource.
    #[test]
    fn whose_resource_has_no_other_handle() {
        let told = Told::of(["ResKept"]);
        let mut future = Box::pin(AsyncResource::new("ResKept").scope(pause()));
        assert!(poll(future.as_mut()).is_pending());
        assert_eq!(told.take(), ["init ResKept", "before ResKept", "after ResKept"]);
        drop(future);
        assert_eq!(told.take().last().unwrap(), "destroy ResKept");
    }

    #[test]
    fn nested_in_another() {
        let told = Told::of(["ResOuterFuture", "ResInnerFuture"]);
        let mut future = pin!(
            async {
                let outer = execution_async_id();
                let inner = async {
                    pause().await;
                    seen().0
                }
                .in_resource("ResInnerFuture")
                .await;
                assert_eq!(execution_async_id(), outer);
                (inner, seen().0)
            }
            .in_resource("ResOuterFuture")
        );
        assert!(poll(future.as_mut()).is_pending());
        assert_eq!(
            poll(future.as_mut()),
            Poll::Ready((Some("ResInnerFuture"), Some("ResOuterFuture")))
        );
        let expected = [
            "init ResOuterFuture",
            "before ResOuterFuture",
            "init ResInnerFuture",
            "before ResInnerFuture",
            "after ResInnerFuture",
            "after ResOuterFuture",
            "before ResOuterFuture",
            "before ResInnerFuture",
            "resolve ResInnerFuture",
            "after ResInnerFuture",
            "resolve ResOuterFuture",
            "after ResOuterFuture",
        ];
        let told = told.take();
        assert_eq!(told[..expected.len()], expected);
        // Both went within the outer scope or at its end.
        assert_eq!(
            told[expected.len()..],
            ["destroy ResInnerFuture", "destroy ResOuterFuture"]
        );
    }

    /// Polled from within a scope, and a callback of the same resource within its poll.
    #[test]
    fn re_entered() {
        let resource = A.run(1, || AsyncResource::new("RES"));
        let mut future = pin!(resource.scope(async {
            A.enter_with(2);
            // A scope of its own, from what was captured.
            resource.run_in_async_scope(|| assert_eq!(A.get_store(), Some(1)));
            pause().await;
            A.get_store()
        }));
        resource.run_in_async_scope(|| {
            A.enter_with(3);
            assert!(poll(future.as_mut()).is_pending());
            assert_eq!(A.get_store(), Some(3));
        });
        assert_eq!(poll(future.as_mut()), Poll::Ready(Some(2)));
    }

    /// What is entered moves with each, and no other sees it (law 3).
    #[test]
    fn two_of_one_resource() {
        let resource = A.run(1, || AsyncResource::new("RES"));
        let task = |n: u32| {
            resource.scope(async move {
                let first = A.get_store();
                A.enter_with(n);
                pause().await;
                (first, A.get_store())
            })
        };
        let (mut one, mut two) = (pin!(task(5)), pin!(task(6)));
        assert!(poll(one.as_mut()).is_pending() && poll(two.as_mut()).is_pending());
        assert_eq!(poll(one.as_mut()), Poll::Ready((Some(1), Some(5))));
        assert_eq!(poll(two.as_mut()), Poll::Ready((Some(1), Some(6))));
        assert_eq!(resource.run_in_async_scope(|| A.get_store()), Some(1));
    }

    #[test]
    fn moved_across_threads() {
        let told = Told::of(["ResMoved"]);
        let mut future = Box::pin(A.run(1, || {
            async {
                A.enter_with(2);
                pause().await;
                seen()
            }
            .in_resource("ResMoved")
        }));
        let mut future = on_thread(move || {
            assert!(poll(future.as_mut()).is_pending());
            assert_nothing_left();
            future
        });
        assert_eq!(
            on_thread(|| poll(future.as_mut())),
            Poll::Ready((Some("ResMoved"), Some(2)))
        );
        let expected = [
            "init ResMoved",
            "before ResMoved",
            "after ResMoved",
            "before ResMoved",
            "resolve ResMoved",
            "after ResMoved",
            "destroy ResMoved",
        ];
        assert_eq!(told.take(), expected);
    }

    #[test]
    fn spawned_on_a_runtime() {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .build()
            .unwrap();
        let spawned: Vec<_> = (0..50)
            .map(|n| {
                let future = async move {
                    for _ in 0..10 {
                        tokio::task::yield_now().await;
                        assert_eq!(seen(), (Some("RES"), Some(n)));
                    }
                    execution_async_id().unwrap()
                };
                runtime.spawn(A.run(n, || future.in_resource("RES")))
            })
            .collect();
        let ids: std::collections::HashSet<_> = spawned
            .into_iter()
            .map(|task| runtime.block_on(task).unwrap())
            .collect();
        assert_eq!(ids.len(), 50);
    }

    /// Nobody is told, and nothing else is harmed.
    #[test]
    fn that_is_kept_for_ever() {
        let told = Told::of(["ResLeaked"]);
        let resource = AsyncResource::new("ResLeaked");
        // Where tools that look for leaks find it.
        static KEPT: Mutex<Option<InResource<Ready<()>>>> = Mutex::new(None);
        *KEPT.lock().unwrap() = Some(resource.scope(ready(())));
        told.take();
        assert!(resource.emit_destroy());
        drop(resource);
        next_moment();
        assert!(told.take().is_empty());
    }

    #[test]
    fn its_debug_output_shows_the_future() {
        let future = std::future::ready(5).in_resource("RES");
        assert!(
            format!("{future:?}").contains("InResource(Some(Ready(Some(5))))"),
            "{future:?}"
        );
    }
}

/// A scope in a panic hook, and one in a destructor while unwinding.
#[test]
fn a_scope_may_run_while_a_panic_unwinds() {
    let told = Told::of(["ResWhileUnwinding"]);
    let resource = A.run(1, || AsyncResource::new("ResWhileUnwinding"));
    let (log, inner) = (told.log(), resource.clone());
    let unwound = catch_unwind(AssertUnwindSafe(move || {
        let _scope = OnDrop::new(move || {
            inner.run_in_async_scope(|| log.push(format!("{:?}", A.get_store())));
        });
        panic!("unwinds");
    }));
    assert!(unwound.is_err());
    let expected = [
        "init ResWhileUnwinding",
        "before ResWhileUnwinding",
        "Some(1)",
        "after ResWhileUnwinding",
    ];
    assert_eq!(told.take(), expected);
    root(assert_nothing_in_root);
}

fn assert_nothing_in_root() {
    assert_eq!(A.get_store(), None);
}

/// For adapters that own their resource: all callbacks are one scope to the count, and each is one to hooks.
mod in_hand {
    use super::*;
    use throughline_core::__private::InHand;
    use throughline_core::{FutureContextExt, InContext, ResourceType, with_default_trigger};

    /// With the current context.
    fn begin(type_name: &'static str) -> InHand {
        InHand::begin(ResourceType::new(type_name), |_| snapshot())
    }

    /// With a store that counts its drop.
    fn begin_holding(drops: &Drops, type_name: &'static str) -> InHand {
        D.run(OnDrop::counting(drops), || begin(type_name))
    }

    #[test]
    fn it_runs_callbacks_in_its_context_and_ends_when_it_is_dropped() {
        let told = Told::of(["ResInHand"]);
        let drops = Drops::default();
        let resource = A.run(1, || begin_holding(&drops, "ResInHand"));
        let id = resource.info().async_id();
        let seen = || (A.get_store(), D.with(|d| d.is_some()), execution_async_id());
        A.run(2, || assert_eq!(resource.run(seen), (Some(1), true, Some(id))));
        assert_eq!(resource.snapshot().get(&A), Some(1));
        drop(resource);
        assert_eq!(drops.count(), 1);
        let expected = ["init", "before", "after", "destroy"].map(|event| format!("{event} ResInHand"));
        assert_eq!(told.take(), expected);
        assert_nothing_left();
    }

    #[test]
    fn what_brings_its_own_context_has_that_and_what_it_entered_stays_with_it() {
        let resource = A.run(1, || begin("RES"));
        let id = resource.info().async_id();
        let future: InContext<_> = resource.run(|| {
            async move {
                assert_eq!((A.get_store(), execution_async_id()), (Some(1), Some(id)));
                A.enter_with(2);
                pause().await;
                assert_eq!((A.get_store(), execution_async_id()), (Some(2), Some(id)));
            }
            .in_context()
        });
        let mut future = pin!(future);
        assert!(resource.callback(|| poll(future.as_mut())).is_pending());
        assert_nothing_left();
        assert!(resource.callback(|| poll(future.as_mut())).is_ready());
        assert_eq!(resource.run(|| A.get_store()), Some(1));
    }

    #[test]
    fn a_callback_that_panics_leaves_all_as_it_was() {
        let drops = Drops::default();
        let resource = begin_holding(&drops, "RES");
        assert_eq!(
            panic_of(|| resource.run(|| panic!("in the callback"))),
            "in the callback"
        );
        assert_nothing_left();
        assert!(resource.run(|| D.with(|d| d.is_some())));
        drop(resource);
        assert_eq!(drops.count(), 1);
    }

    #[test]
    fn its_context_is_made_by_who_knows_its_id_and_its_cause() {
        let told = Told::of(["ResForeseen"]);
        let cause = AsyncResource::new("RES").async_id();
        let mut foreseen = None;
        let resource = with_default_trigger(Some(cause), || {
            InHand::begin(ResourceType::new("ResForeseen"), |info| {
                told.note("context");
                foreseen = Some(info);
                A.run(1, snapshot)
            })
        });
        assert_eq!(Some(resource.info()), foreseen);
        assert_eq!(resource.info().trigger_async_id(), Some(cause));
        assert_eq!(told.take(), ["context", "init ResForeseen"]);
        assert_eq!(resource.run(|| A.get_store()), Some(1));
    }

    #[test]
    fn of_one_whose_context_panics_hooks_hear_nothing() {
        let told = Told::of(["ResStillborn"]);
        let begin = || InHand::begin(ResourceType::new("ResStillborn"), |_| panic!("in the context"));
        assert_eq!(panic_of(begin), "in the context");
        assert_eq!(told.take(), <[&str; 0]>::default());
        assert_nothing_left();
    }

    #[test]
    fn a_store_that_panics_as_it_goes_leaves_nothing() {
        let told = Told::of(["ResBadEnd"]);
        let resource = D.run(OnDrop::new(|| panic!("as it goes")), || begin("ResBadEnd"));
        assert_eq!(panic_of(|| drop(resource)), "as it goes");
        assert_eq!(told.take(), ["init ResBadEnd", "destroy ResBadEnd"]);
        assert_nothing_left();
    }
}
