//! `test_util`: what it collects, and how it says what is wrong.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use throughline::test_util::{Activity, ActivityCollector, EventKind, EventKind::*};
use throughline::{AsyncResource, prelude::*};

fn make(name: &'static str) -> AsyncResource {
    AsyncResource::new(name)
}

/// The message of the panic that `f` ends with.
#[track_caller]
fn panic_of(f: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(f)).expect_err("it should have panicked");
    *panic.downcast::<String>().unwrap()
}

fn kinds(activity: &Activity) -> Vec<EventKind> {
    activity.events().iter().map(|event| event.kind()).collect()
}

mod collector {
    use super::*;

    #[test]
    fn keeps_each_event_with_its_place_and_its_thread() {
        let collector = ActivityCollector::of(["TuOne", "TuTwo"]);
        let [one, two] = [make("TuOne"), make("TuTwo")];
        let other = thread::spawn(move || {
            two.run_in_async_scope(|| ());
            thread::current().id()
        });
        let other = other.join().unwrap();
        one.run_in_async_scope(|| ());
        let activity = collector.activity_of(one.async_id()).unwrap();
        assert_eq!((activity.name(), activity.resource()), ("TuOne:1", one.info()));
        assert_eq!(kinds(&activity), [Init, Before, After]);
        let orders: Vec<usize> = activity.events().iter().map(|event| event.order()).collect();
        assert_eq!(orders, [0, 5, 6]);
        let two = collector.activity("TuTwo:1");
        assert_eq!(kinds(&two), [Init, Before, After, Destroy]);
        let threads: Vec<_> = two.events().iter().map(|event| event.thread()).collect();
        assert_eq!(threads, [thread::current().id(), other, other, other]);
        let all = [
            "init TuOne:1",
            "init TuTwo:1",
            "before TuTwo:1",
            "after TuTwo:1",
            "destroy TuTwo:1",
            "before TuOne:1",
            "after TuOne:1",
        ];
        assert_eq!(collector.sequence(), all);
        assert!(format!("{collector:?}").contains("before TuTwo:1"));
    }

    #[test]
    fn hears_of_futures_that_are_ready_or_cancelled() {
        let collector = ActivityCollector::of(["TuFuture"]);
        futures::executor::block_on(async {}.in_resource("TuFuture"));
        drop(async {}.in_resource("TuFuture"));
        collector.check_invocations(
            "TuFuture:1",
            [
                (Init, 1),
                (Before, 1),
                (PromiseResolve, 1),
                (After, 1),
                (Destroy, 1),
            ],
        );
        collector.check_invocations(
            "TuFuture:2",
            [(Init, 1), (Cancelled, 1), (Before, 1), (After, 1), (Destroy, 1)],
        );
        collector.assert_well_formed();
    }

    #[test]
    fn knows_resources_by_type_and_name() {
        let collector = ActivityCollector::of(["TuNames"]);
        let resources = [make("TuNames"), make("TuNames")];
        let of_type = collector.activities_of_type("TuNames");
        let found: Vec<_> = of_type
            .iter()
            .map(|activity| (activity.name().to_owned(), activity.resource()))
            .collect();
        let expected = [
            ("TuNames:1".to_owned(), resources[0].info()),
            ("TuNames:2".to_owned(), resources[1].info()),
        ];
        assert_eq!(found, expected);
        assert!(collector.activities_of_type("TuOther").is_empty());
        assert!(collector.activity_of(make("TuOther").async_id()).is_none());
        let panic = panic_of(|| drop(collector.activity("TuNames:3")));
        assert_eq!(
            panic,
            "no resource `TuNames:3` was collected; there are: TuNames:1, TuNames:2"
        );
    }

    #[test]
    fn dropped_or_disabled_collects_no_more() {
        let collector = ActivityCollector::of(["TuDisabled"]);
        collector.disable();
        let resource = make("TuDisabled");
        assert!(collector.activities().is_empty());
        collector.enable();
        drop(resource);
        assert_eq!(collector.sequence(), ["destroy TuDisabled:1"]);
    }
}

mod own {
    use super::*;

    #[test]
    fn are_those_that_this_thread_makes_wherever_they_go_on() {
        let collector = ActivityCollector::builder().made_on_this_thread().start();
        let ours = make("TuThread");
        thread::spawn(move || {
            drop(make("TuThread"));
            ours.run_in_async_scope(|| drop(make("TuThread")));
        })
        .join()
        .unwrap();
        let expected = [
            "init TuThread:1",
            "before TuThread:1",
            "after TuThread:1",
            "destroy TuThread:1",
        ];
        assert_eq!(collector.sequence(), expected);
    }

    #[test]
    fn are_those_that_a_resource_causes_on_any_thread() {
        let cause = make("TuCause");
        let collector = ActivityCollector::builder()
            .descending_from(cause.async_id())
            .start();
        drop(make("TuUncaused"));
        let child = cause.run_in_async_scope(|| make("TuChild"));
        let grandchild = thread::spawn(move || child.run_in_async_scope(|| make("TuGrandchild")));
        drop(grandchild.join().unwrap());
        collector.verify_graph([("TuChild:1", None), ("TuGrandchild:1", Some("TuChild:1"))]);
        collector.assert_well_formed();
    }

    #[test]
    fn are_those_of_which_all_holds_that_was_said() {
        let cause = make("TuAllCause");
        let collector = ActivityCollector::builder()
            .descending_from(cause.async_id())
            .made_on_this_thread()
            .only(["TuAll"])
            .start();
        drop(make("TuAll"));
        cause.run_in_async_scope(|| drop((make("TuAll"), make("TuNotThis"))));
        thread::scope(|s| {
            s.spawn(|| cause.run_in_async_scope(|| drop(make("TuAll"))));
        });
        assert_eq!(collector.sequence(), ["init TuAll:1", "destroy TuAll:1"]);
    }
}

mod invocations {
    use super::*;

    #[test]
    fn that_differ_are_all_told() {
        let collector = ActivityCollector::of(["TuChecked"]);
        make("TuChecked").run_in_async_scope(|| ());
        let check = |expected: &[(EventKind, usize)]| {
            collector.check_invocations("TuChecked:1", expected.iter().copied());
        };
        check(&[(Init, 1), (Before, 1), (After, 1), (Destroy, 1)]);
        // Also those that are not named; and times add up.
        let panic = panic_of(|| check(&[(Init, 1), (Before, 1), (Before, 1), (After, 1)]));
        assert_eq!(
            panic,
            "TuChecked:1: `before` was told 1 times, 2 expected; `destroy` was told 1 times, 0 expected; what happened: init, \
             before, after, destroy"
        );
    }
}

mod graph {
    use super::*;

    fn collected() -> (ActivityCollector, [AsyncResource; 3]) {
        let collector = ActivityCollector::builder().made_on_this_thread().start();
        let server = make("server");
        let request = server.run_in_async_scope(|| make("request"));
        let query = request.run_in_async_scope(|| make("query"));
        (collector, [server, request, query])
    }

    #[test]
    fn is_verified_whole_and_in_any_order() {
        let (collector, _resources) = collected();
        collector.verify_graph([
            ("query:1", Some("request:1")),
            ("server:1", None),
            ("request:1", Some("server:1")),
        ]);
    }

    #[test]
    fn that_differs_is_shown() {
        let (collector, _resources) = collected();
        let panic = panic_of(|| {
            collector.verify_graph([
                ("server:1", Some("request:1")),
                ("request:1", Some("server:1")),
                ("request:2", Some("server:1")),
            ]);
        });
        assert_eq!(
            panic,
            "server:1 by none of these, expected server:1 by request:1; request:2 by server:1 is missing; query:1 by request:1 was \
             not expected; what was collected:\nserver:1\n  request:1\n    query:1\n"
        );
    }

    #[test]
    fn knows_who_triggered_whom() {
        let (collector, _resources) = collected();
        let graph = collector.graph();
        assert_eq!(graph.trigger_of("query:1"), Some("request:1"));
        assert_eq!(graph.trigger_of("server:1"), None);
        assert_eq!(graph.trigger_of("query:2"), None);
    }

    /// Triggered by a resource that was not collected.
    #[test]
    fn begins_where_the_collector_began() {
        let unseen = make("TuUnseen");
        let collector = ActivityCollector::of(["TuSeen"]);
        let _seen = unseen.run_in_async_scope(|| make("TuSeen"));
        collector.verify_graph([("TuSeen:1", None)]);
    }
}

mod form {
    use super::*;

    /// `HK-7`, `HK-8`
    #[test]
    fn of_what_began_before_the_collector_is_unmatched() {
        let resource = make("TuMatched");
        let mut collector = None;
        resource.run_in_async_scope(|| collector = Some(ActivityCollector::of(["TuMatched"])));
        let collector = collector.unwrap();
        resource.run_in_async_scope(|| ());
        drop(resource);
        let unmatched: Vec<_> = collector
            .activity("TuMatched:1")
            .events()
            .iter()
            .map(|e| e.is_unmatched())
            .collect();
        // All are without `init`, and what has its `before` has one that is unmatched.
        assert_eq!(unmatched, [true; 4]);
        assert_eq!(collector.problems().len(), 4);
        let panic = panic_of(|| collector.assert_well_formed());
        assert!(
            panic.starts_with("`after` of TuMatched:1 is unmatched; "),
            "{panic}"
        );
    }

    /// Such as only a host can make.
    #[test]
    fn of_callbacks_that_do_not_nest_is_told() {
        let host = throughline::host::HookRegistry::process();
        let collector = ActivityCollector::of(["TuA", "TuB"]);
        let [a, b] = ["TuA", "TuB"].map(|name| host.init(name.into(), None));
        let outer = host.enter(&a);
        let inner = host.enter(&b);
        // Said by an engine that lost count.
        thread::scope(|s| {
            s.spawn(|| host.destroy(&a));
        });
        host.leave(inner).unwrap();
        host.leave(outer).unwrap();
        let problems = collector.problems();
        assert_eq!(
            problems,
            [
                "`destroy` of TuA:1 while it was running",
                "`after` of TuA:1 is unmatched"
            ]
        );
    }

    #[test]
    fn of_callbacks_that_still_run_is_in_order() {
        let collector = ActivityCollector::of(["TuRunning"]);
        make("TuRunning").run_in_async_scope(|| collector.assert_well_formed());
        collector.assert_well_formed();
    }

    #[test]
    fn of_callbacks_on_two_threads_at_once_is_in_order() {
        let collector = ActivityCollector::of(["TuParallel"]);
        let resource = make("TuParallel");
        let meet = std::sync::Barrier::new(2);
        thread::scope(|s| {
            for _ in 0..2 {
                s.spawn(|| {
                    resource.run_in_async_scope(|| {
                        meet.wait();
                    });
                });
            }
        });
        collector.check_invocations("TuParallel:1", [(Init, 1), (Before, 2), (After, 2)]);
        collector.assert_well_formed();
    }
}
