//! `HookRegistry`: the state machine of resources driven by a host (clauses `HK-18`, `HK-22`).

use crate::support::{Log, Told, alone_in_a_process, assert_nothing_left, on_thread, panic_of, reports_of};
use static_assertions::assert_not_impl_any;
use std::cell::RefCell;
use std::sync::mpsc;
use std::thread;
use throughline_core::host::{Entered, HookRegistry};
use throughline_core::{
    AsyncHook, AsyncId, AsyncResource, PanicPolicy, ResourceInfo, ResourceType, execution_async_id,
    execution_async_resource, trigger_async_id,
};

assert_not_impl_any!(Entered: Send, Sync);

const PROMISE: ResourceType = ResourceType::new("PROMISE");

/// A hook of the host that writes all it is told.
fn watched(host: &HookRegistry) -> (Log<String>, AsyncHook) {
    let log = Log::new();
    let write = |event: &'static str| {
        let log = log.clone();
        move |resource: &ResourceInfo| log.push(format!("{event} {}", resource.type_name()))
    };
    let hook = host
        .create_hook()
        .init(write("init"))
        .before(write("before"))
        .after(write("after"))
        .destroy(write("destroy"))
        .promise_resolve(write("resolve"))
        .cancelled(write("cancelled"))
        .build();
    hook.enable();
    (log, hook)
}

/// `HK-22`
#[test]
fn a_host_says_init_enter_leave_resolve_destroy() {
    let host = HookRegistry::new();
    let (log, _hook) = watched(&host);
    let promise = host.init(PROMISE, None);
    assert_eq!(log.take(), ["init PROMISE"]);
    let entered = host.enter(&promise);
    assert_eq!(execution_async_resource(), Some(promise));
    assert_eq!(log.take(), ["before PROMISE"]);
    host.resolve(&promise);
    host.cancel(&promise);
    assert_eq!(log.take(), ["resolve PROMISE", "cancelled PROMISE"]);
    host.leave(entered).unwrap();
    assert_eq!(log.take(), ["after PROMISE"]);
    assert_nothing_left();
    host.destroy(&promise);
    assert!(log.take().is_empty());
    host.flush_destroy_events();
    assert_eq!(log.take(), ["destroy PROMISE"]);
}

#[test]
fn its_resources_are_told_of_to_its_hooks_and_then_to_those_of_the_process() {
    let (host, other) = (HookRegistry::new(), HookRegistry::new());
    let process = Told::of(["HostThenProcess"]);
    let hook = host
        .create_hook()
        .init({
            let process = process.log();
            move |_| process.push("the host first".to_owned())
        })
        .build();
    hook.enable();
    let (others, _hook) = watched(&other);
    let resource = host.init("HostThenProcess".into(), None);
    host.leave(host.enter(&resource)).unwrap();
    host.destroy(&resource);
    let expected = [
        "the host first",
        "init HostThenProcess",
        "before HostThenProcess",
        "after HostThenProcess",
        "destroy HostThenProcess",
    ];
    assert_eq!(process.take(), expected);
    assert!(
        others.take().is_empty(),
        "hooks of another host do not hear of it"
    );
}

/// The process's own are not told of to a host.
#[test]
fn its_hooks_hear_of_no_other_resources() {
    let host = HookRegistry::new();
    let (log, _hook) = watched(&host);
    AsyncResource::new("HOST").run_in_async_scope(|| ());
    assert!(log.take().is_empty());
}

#[test]
fn as_the_process_it_is_told_of_once() {
    let told = Told::of(["HostProcess"]);
    let process = HookRegistry::process();
    let resource = process.init("HostProcess".into(), None);
    process.leave(process.enter(&resource)).unwrap();
    process.destroy(&resource);
    let expected = [
        "init HostProcess",
        "before HostProcess",
        "after HostProcess",
        "destroy HostProcess",
    ];
    assert_eq!(told.take(), expected);
}

#[test]
fn its_callbacks_nest_with_those_of_other_hosts_and_of_resources() {
    let (host, other) = (HookRegistry::new(), HookRegistry::new());
    let job = host.init("JOB".into(), None);
    let entered = host.enter(&job);
    let query = AsyncResource::new("HOST");
    assert_eq!(query.trigger_async_id(), Some(job.async_id()));
    query.run_in_async_scope(|| {
        let inner = other.init(PROMISE, None);
        assert_eq!(inner.trigger_async_id(), Some(query.async_id()));
        let entered = other.enter(&inner);
        assert_eq!(
            (execution_async_id(), trigger_async_id()),
            (Some(inner.async_id()), Some(query.async_id()))
        );
        other.leave(entered).unwrap();
        assert_eq!(execution_async_id(), Some(query.async_id()));
    });
    assert_eq!(execution_async_id(), Some(job.async_id()));
    host.leave(entered).unwrap();
    assert_nothing_left();
}

#[test]
fn ids_and_triggers_may_be_the_hosts() {
    let host = HookRegistry::new();
    let (log, _hook) = watched(&host);
    let one = AsyncId::new(1).unwrap();
    // Its main program, which nobody saw being made.
    let main = host.resource(one, None, "MAIN".into());
    assert!(log.take().is_empty());
    let entered = host.enter(&main);
    let timer = host.init("Timeout".into(), None);
    let said = host.init("Timeout".into(), AsyncId::new(99));
    assert_eq!(timer.trigger_async_id(), Some(one));
    assert_eq!(said.trigger_async_id(), AsyncId::new(99));
    assert!(said.async_id() > timer.async_id());
    drop(entered);
    assert_eq!(
        log.take(),
        ["before MAIN", "init Timeout", "init Timeout", "after MAIN"]
    );
}

#[test]
fn it_can_ask_whether_anybody_watches() {
    let host = HookRegistry::new();
    let unwatched = ResourceType::new("HostUnwatched");
    let hook = host.create_hook().after(|_| ()).only([PROMISE]).build();
    hook.enable();
    assert!(host.is_watched(PROMISE));
    hook.disable();
    let told = Told::disabled(["HostUnwatched"]);
    told.hook().enable();
    assert!(host.is_watched(unwatched), "by the process");
}

/// `HK-18`. What is dropped out of order stays where it is for ever: such tests are in processes of their own.
mod out_of_order {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    #[test]
    fn leaving_what_is_not_on_top_is_refused_and_changes_nothing() {
        let host = HookRegistry::new();
        let [one, two] = ["One", "Two"].map(|name| host.init(name.into(), None));
        let (log, _hook) = watched(&host);
        let (outer, inner) = (host.enter(&one), host.enter(&two));
        let refused = host.leave(outer).unwrap_err();
        assert_eq!(
            refused.to_string(),
            format!("{one:?} was to be left, but {two:?} was entered after it")
        );
        assert_eq!(execution_async_resource(), Some(two));
        host.leave(inner).unwrap();
        assert_eq!(execution_async_resource(), Some(one));
        host.leave(refused.into_entered()).unwrap();
        assert_eq!(log.take(), ["before One", "before Two", "after Two", "after One"]);
        assert_nothing_left();
    }

    /// Another callback of the same resource is another callback.
    #[test]
    fn leaving_the_outer_of_two_callbacks_of_one_resource_is_refused() {
        let host = HookRegistry::new();
        let one = host.init("One".into(), None);
        let (log, _hook) = watched(&host);
        let (outer, inner) = (host.enter(&one), host.enter(&one));
        let outer = host.leave(outer).unwrap_err().into_entered();
        host.leave(inner).unwrap();
        assert_eq!(execution_async_resource(), Some(one));
        host.leave(outer).unwrap();
        assert_eq!(log.take(), ["before One", "before One", "after One", "after One"]);
        assert_nothing_left();
    }

    #[test]
    fn leaving_within_a_resources_scope_what_was_entered_outside_is_refused() {
        let host = HookRegistry::new();
        let one = host.init("One".into(), None);
        let query = AsyncResource::new("HOST");
        let outer = host.enter(&one);
        let outer = query.run_in_async_scope(|| {
            let refused = host.leave(outer).unwrap_err();
            assert_eq!(execution_async_id(), Some(query.async_id()));
            refused.into_entered()
        });
        host.leave(outer).unwrap();
        assert_nothing_left();
    }

    /// What was entered in a scope cannot be left after the scope, which put back what it found.
    #[test]
    fn leaving_after_a_resources_scope_what_was_entered_within_is_refused() {
        alone_in_a_process(
            "host_resources::out_of_order::leaving_after_a_resources_scope_what_was_entered_within_is_refused",
            || {
                let host = HookRegistry::new();
                let one = host.init("One".into(), None);
                let (log, _hook) = watched(&host);
                let inner = AsyncResource::new("HOST").run_in_async_scope(|| host.enter(&one));
                assert_nothing_left();
                let refused = host.leave(inner).unwrap_err();
                assert_eq!(
                    refused.to_string(),
                    format!("{one:?} was to be left, but no resource is entered on this thread")
                );
                assert!(format!("{refused:?}").contains("One"));
                drop(refused);
                assert_nothing_left();
                assert_eq!(log.take(), ["before One"]);
            },
        );
    }

    #[test]
    fn dropped_it_is_left_if_it_is_on_top() {
        let host = HookRegistry::new();
        let one = host.init("One".into(), None);
        let (log, _hook) = watched(&host);
        let panic = panic_of(|| {
            let _entered = host.enter(&one);
            panic!("of the callback");
        });
        assert_eq!(panic, "of the callback");
        assert_eq!(log.take(), ["before One", "after One"]);
        assert_nothing_left();
    }

    #[test]
    fn dropped_while_it_is_not_on_top_it_is_passed_over_later() {
        alone_in_a_process(
            "host_resources::out_of_order::dropped_while_it_is_not_on_top_it_is_passed_over_later",
            || {
                let host = HookRegistry::new();
                let [one, two] = ["One", "Two"].map(|name| host.init(name.into(), None));
                let (log, _hook) = watched(&host);
                let (outer, inner) = (host.enter(&one), host.enter(&two));
                drop(outer);
                assert_eq!(execution_async_resource(), Some(two));
                host.leave(inner).unwrap();
                assert_eq!(log.take(), ["before One", "before Two", "after Two"]);
                assert_nothing_left();
                host.leave(host.enter(&two)).unwrap();
                AsyncResource::new("HOST").run_in_async_scope(|| ());
                assert_nothing_left();
            },
        );
    }

    #[test]
    fn forgotten_it_stays_until_whoever_came_before_it_ends() {
        static KEPT: AtomicUsize = AtomicUsize::new(0);
        let host = HookRegistry::new();
        let one = host.init("One".into(), None);
        let query = AsyncResource::new("HOST");
        query.run_in_async_scope(|| {
            // Where tools that look for leaks find it.
            let forgotten = Box::leak(Box::new(host.enter(&one)));
            KEPT.store(std::ptr::from_mut(forgotten).addr(), Relaxed);
            std::hint::black_box(&KEPT);
            assert_eq!(execution_async_resource(), Some(one));
        });
        assert_nothing_left();
    }

    /// Law 7
    #[test]
    fn kept_until_the_thread_ends_it_is_left_then() {
        thread_local! {
            static KEPT: RefCell<Option<Entered>> = const { RefCell::new(None) };
        }
        let host = HookRegistry::new();
        let one = host.init("One".into(), None);
        let (log, _hook) = watched(&host);
        on_thread(|| KEPT.set(Some(host.enter(&one))));
        assert_eq!(log.take(), ["before One", "after One"]);
    }
}

mod destroyed {
    use super::*;

    /// `HK-20`
    #[test]
    fn it_waits_until_the_host_says_so() {
        let host = HookRegistry::new();
        let (log, _hook) = watched(&host);
        let [one, two] = ["One", "Two"].map(|name| host.init(name.into(), None));
        let entered = host.enter(&one);
        host.destroy(&two);
        log.take();
        host.leave(entered).unwrap();
        assert_eq!(log.take(), ["after One"]);
        host.flush_destroy_events();
        assert_eq!(log.take(), ["destroy Two"]);
    }

    #[test]
    fn in_a_resources_scope_it_waits_until_the_host_says() {
        let host = HookRegistry::new();
        let (log, _hook) = watched(&host);
        let one = host.init("One".into(), None);
        log.take();
        AsyncResource::new("HOST").run_in_async_scope(|| {
            host.destroy(&one);
            assert!(log.take().is_empty());
        });
        host.flush_destroy_events();
        assert_eq!(log.take(), ["destroy One"]);
    }

    /// In a process of its own, since those of the process are delivered too, of all threads.
    #[test]
    fn elsewhere_it_can_be_delivered_here() {
        alone_in_a_process(
            "host_resources::destroyed::elsewhere_it_can_be_delivered_here",
            || {
                let host = HookRegistry::new();
                let (log, _hook) = watched(&host);
                let one = host.init("One".into(), None);
                let (inside, is_inside) = mpsc::channel();
                let (go_on, may_go_on) = mpsc::channel::<()>();
                thread::scope(|s| {
                    let (host, one) = (&host, &one);
                    s.spawn(move || {
                        let entered = host.enter(one);
                        host.destroy(one);
                        inside.send(()).unwrap();
                        may_go_on.recv().unwrap();
                        host.leave(entered).unwrap();
                    });
                    is_inside.recv().unwrap();
                    log.take();
                    host.flush_destroy_events();
                    assert_eq!(log.take(), ["destroy One"]);
                    go_on.send(()).unwrap();
                });
                assert_eq!(log.take(), ["after One"]);
            },
        );
    }
}

mod panics {
    use super::*;

    fn panicking(host: &HookRegistry, policy: PanicPolicy) -> AsyncHook {
        let hook = host
            .create_hook()
            .before(|_| panic!("in before"))
            .after(|_| panic!("in after"))
            .on_panic(policy)
            .build();
        hook.enable();
        hook
    }

    #[test]
    fn of_a_hook_in_before_leave_nothing_entered() {
        let host = HookRegistry::new();
        let one = host.init("One".into(), None);
        let _hook = panicking(&host, PanicPolicy::Propagate);
        let reports = reports_of(|| assert_eq!(panic_of(|| host.enter(&one)), "in before"));
        // What came after it, in the same unwinding.
        assert_eq!(reports.len(), 1);
        assert!(reports[0].contains("hook `after`"), "{reports:?}");
        assert_nothing_left();
    }

    #[test]
    fn of_a_hook_in_after_leave_nothing_entered() {
        let host = HookRegistry::new();
        let one = host.init("One".into(), None);
        let entered = host.enter(&one);
        let _hook = panicking(&host, PanicPolicy::Propagate);
        assert_eq!(panic_of(|| host.leave(entered).unwrap()), "in after");
        assert_nothing_left();
    }

    /// A destructor that panics may end the process.
    #[test]
    fn of_a_hook_where_it_is_dropped_are_reported() {
        let host = HookRegistry::new();
        let one = host.init("One".into(), None);
        let entered = host.enter(&one);
        let _hook = panicking(&host, PanicPolicy::Propagate);
        let reports = reports_of(|| drop(entered));
        assert_eq!(reports.len(), 1, "{reports:?}");
        assert_nothing_left();
    }

    #[test]
    fn of_a_hook_are_reported_and_all_goes_on() {
        let host = HookRegistry::new();
        let one = host.init("One".into(), None);
        let _hook = panicking(&host, PanicPolicy::Report);
        let reports = reports_of(|| {
            let entered = host.enter(&one);
            assert_eq!(execution_async_resource(), Some(one));
            host.leave(entered).unwrap();
        });
        assert_eq!(reports.len(), 2);
        assert_nothing_left();
    }
}

/// `HK-6`, of each host for itself: a hook of one may change those of another at once.
#[test]
fn a_hook_changes_those_of_another_host_at_once() {
    let (host, other) = (HookRegistry::new(), HookRegistry::new());
    let (log, others) = watched(&other);
    others.disable();
    let hook = host
        .create_hook()
        .init({
            let (other, others) = (other.clone(), others.clone());
            move |_| {
                others.enable();
                other.init("Inner".into(), None);
            }
        })
        .build();
    hook.enable();
    host.init("Outer".into(), None);
    assert_eq!(log.take(), ["init Inner"]);
}
