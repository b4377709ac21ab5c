//! Ids, and whose callback is running (clauses `ID-…`, `M-3`).

use crate::support::{Told, assert_nothing_left, on_a_large_stack, on_thread, panic_of, pause, poll};
use std::cell::RefCell;
use std::collections::HashSet;
use std::pin::pin;
use std::sync::Barrier;
use std::thread;
use throughline_core::{
    AsyncId, AsyncLocalStorage, AsyncResource, FutureResourceExt, execution_async_id,
    execution_async_resource, root, snapshot, trigger_async_id, with_default_trigger,
};

fn make(name: &'static str) -> AsyncResource {
    AsyncResource::new(name)
}

/// `ID-1`.
#[test]
fn no_two_resources_have_the_same_id_on_any_thread_at_any_time() {
    const EACH: usize = 5000;
    let start = Barrier::new(8);
    let ids = thread::scope(|s| {
        let make_many = || {
            start.wait();
            // Each is gone before the next is made: an id is not used again.
            let ids: Vec<AsyncId> = (0..EACH).map(|_| make("ID").async_id()).collect();
            assert!(ids.is_sorted(), "those of one thread grow");
            ids
        };
        let threads: Vec<_> = (0..8).map(|_| s.spawn(make_many)).collect();
        threads
            .into_iter()
            .flat_map(|t| t.join().unwrap())
            .collect::<Vec<_>>()
    });
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 8 * EACH);
}

/// `ID-1`: 0 is no id, and 1 is left to the main program of a host.
#[test]
fn no_resource_has_the_id_0_or_1() {
    assert_eq!(AsyncId::new(0), None);
    let one = AsyncId::new(1).unwrap();
    assert_eq!(
        (one.get(), u64::from(one), one.to_string()),
        (1, 1, "1".to_owned())
    );
    assert_eq!(format!("{one:?}"), "AsyncId(1)");
    assert!(make("ID").async_id() > one);
}

/// `ID-1`: ids are used up with no hook enabled too.
#[test]
fn ids_are_used_whether_somebody_watches_or_not() {
    on_thread(|| {
        let first = make("ID").async_id().get();
        let told = Told::of(["IdWatched"]);
        let second = make("IdWatched").async_id().get();
        drop(told);
        let third = make("ID").async_id().get();
        assert_eq!((second, third), (first + 1, first + 2));
    });
}

#[test]
fn outside_of_all_resources_there_is_no_id() {
    root(|| {
        assert_eq!(execution_async_id(), None);
        assert_eq!(trigger_async_id(), None);
        assert_eq!(execution_async_resource(), None);
    });
    // `ID-2`
    let resource = make("ID");
    resource.run_in_async_scope(|| on_thread(assert_nothing_left));
}

/// `ID-3`
#[test]
fn the_execution_id_says_whose_callback_runs_and_the_trigger_id_why() {
    let cause = make("IdCause");
    let resource = AsyncResource::builder("IdEffect")
        .trigger_async_id(cause.async_id())
        .build();
    make("IdOther").run_in_async_scope(|| {
        resource.run_in_async_scope(|| {
            assert_eq!(execution_async_id(), Some(resource.async_id()));
            assert_eq!(trigger_async_id(), Some(cause.async_id()));
            let current = execution_async_resource().unwrap();
            assert_eq!(current, resource.info());
            assert_eq!(current.type_name(), "IdEffect");
        });
    });
    assert_nothing_left();
}

/// `ID-4`
#[test]
fn what_is_made_in_one_callback_has_one_trigger() {
    let parent = make("IdParent");
    let children = parent.run_in_async_scope(|| [make("IdChild"), make("IdChild")]);
    for child in &children {
        assert_eq!(child.trigger_async_id(), Some(parent.async_id()));
    }
    assert_ne!(children[0].async_id(), children[1].async_id());
}

/// `ID-5`
#[test]
fn the_current_resource_is_that_of_the_innermost_scope() {
    let [outer, inner] = [make("IdOuter"), make("IdInner")];
    let name = || execution_async_resource().map(|r| r.type_name());
    outer.run_in_async_scope(|| {
        inner.run_in_async_scope(|| assert_eq!(name(), Some("IdInner")));
        assert_eq!(name(), Some("IdOuter"));
    });
    assert_eq!(name(), None);
}

mod default_trigger {
    use super::*;

    fn trigger_of_new() -> Option<AsyncId> {
        make("IdTriggered").trigger_async_id()
    }

    /// `ID-6`
    #[test]
    fn said_at_the_resource_comes_before_said_for_the_scope_before_who_runs() {
        let [runs, scoped, said] = [make("ID"), make("ID"), make("ID")].map(|r| (r.async_id(), r));
        runs.1.run_in_async_scope(|| {
            assert_eq!(trigger_of_new(), Some(runs.0));
            with_default_trigger(Some(scoped.0), || {
                assert_eq!(trigger_of_new(), Some(scoped.0));
                let builder = AsyncResource::builder("ID").trigger_async_id(said.0);
                assert_eq!(builder.build().trigger_async_id(), Some(said.0));
                // It says what causes others, not who runs.
                assert_eq!(execution_async_id(), Some(runs.0));
            });
            assert_eq!(trigger_of_new(), Some(runs.0));
        });
        assert_eq!(trigger_of_new(), None);
    }

    #[test]
    fn can_be_nobody() {
        make("ID").run_in_async_scope(|| {
            with_default_trigger(None, || assert_eq!(trigger_of_new(), None));
            assert!(trigger_of_new().is_some());
        });
    }

    #[test]
    fn holds_in_scopes_that_are_run_in_it() {
        let (cause, other) = (make("ID"), make("ID"));
        with_default_trigger(Some(cause.async_id()), || {
            other.run_in_async_scope(|| assert_eq!(trigger_of_new(), Some(cause.async_id())));
        });
    }

    #[test]
    fn nests_and_is_put_back_by_a_panic() {
        let [one, two] = [make("ID"), make("ID")].map(|r| r.async_id());
        with_default_trigger(Some(one), || {
            let panic = panic_of(|| with_default_trigger(Some(two), || panic!("in the scope")));
            assert_eq!(panic, "in the scope");
            assert_eq!(trigger_of_new(), Some(one));
        });
        assert_eq!(trigger_of_new(), None);
    }

    #[test]
    fn is_of_this_thread_alone() {
        with_default_trigger(AsyncId::new(7), || {
            on_thread(|| assert_eq!(trigger_of_new(), None));
        });
    }
}

/// `ID-7`, `RES-6`
#[test]
fn scopes_may_nest_a_thousand_deep_and_deeper() {
    fn nest(depth: usize, resource: &AsyncResource) {
        if depth == 0 {
            return;
        }
        let inner = make("ID");
        assert_eq!(inner.trigger_async_id(), Some(resource.async_id()));
        inner.run_in_async_scope(|| nest(depth - 1, &inner));
        assert_eq!(execution_async_id(), Some(resource.async_id()));
    }
    on_a_large_stack(|| {
        let first = make("ID");
        first.run_in_async_scope(|| nest(3000, &first));
        assert_nothing_left();
    });
}

mod stack_and_frame {
    use super::*;
    static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();

    /// `M-3`
    #[test]
    fn a_frame_says_nothing_of_who_runs() {
        let resource = make("ID");
        resource.run_in_async_scope(|| {
            let id = Some(resource.async_id());
            A.run(1, || assert_eq!(execution_async_id(), id));
            root(|| assert_eq!(execution_async_id(), id));
            let then = snapshot();
            on_thread(move || then.run(|| assert_eq!(execution_async_id(), None)));
        });
    }

    /// `M-3`
    #[test]
    fn who_runs_says_nothing_of_the_frame_but_what_it_captured() {
        let resource = make("ID");
        A.run(1, || {
            resource.run_in_async_scope(|| assert_eq!(A.get_store(), None));
            assert_eq!(A.get_store(), Some(1));
        });
    }
}

/// A future polled on two threads is the current resource on that which polls it, while it does.
#[test]
fn ids_follow_a_future_from_thread_to_thread() {
    let mut future = Box::pin(
        async {
            let first = execution_async_id().unwrap();
            pause().await;
            [first, execution_async_id().unwrap()]
        }
        .in_resource("IdMoved"),
    );
    on_thread(|| {
        assert!(poll(future.as_mut()).is_pending());
        assert_nothing_left();
    });
    let mut future = pin!(future);
    let std::task::Poll::Ready([first, second]) = poll(future.as_mut()) else {
        panic!("it is ready at its second poll");
    };
    assert_eq!(first, second);
    assert_nothing_left();
}

/// Law 7: also when thread-locals that were made later, and earlier, are gone.
#[test]
fn ids_can_be_asked_for_and_resources_made_at_thread_exit() {
    struct AtExit(Option<AsyncResource>);
    impl Drop for AtExit {
        fn drop(&mut self) {
            assert_nothing_left();
            let resource = self.0.take().unwrap();
            resource.run_in_async_scope(|| {
                assert_eq!(execution_async_id(), Some(resource.async_id()));
                let child = make("IdExitChild");
                assert_eq!(child.trigger_async_id(), Some(resource.async_id()));
            });
        }
    }
    thread_local! {
        static EARLY: RefCell<Option<AtExit>> = const { RefCell::new(None) };
        static LATE: RefCell<Option<AtExit>> = const { RefCell::new(None) };
    }
    let told = Told::of(["IdExit", "IdExitChild"]);
    on_thread(|| {
        EARLY.set(Some(AtExit(Some(make("IdExit")))));
        make("IdExit").run_in_async_scope(|| ());
        LATE.set(Some(AtExit(Some(make("IdExit")))));
    });
    let told = told.take();
    let count = |entry: &str| told.iter().filter(|told| *told == entry).count();
    for (event, times) in [("init", 3), ("before", 3), ("after", 3), ("destroy", 3)] {
        assert_eq!(count(&format!("{event} IdExit")), times, "{told:?}");
    }
    for (event, times) in [("init", 2), ("destroy", 2)] {
        assert_eq!(count(&format!("{event} IdExitChild")), times, "{told:?}");
    }
}
