//! `live`: how many frames and resources are left. Each test in a process of its own, since they are the process's.

use crate::support::{alone_in_a_process, on_thread, panic_of, pause, poll};
use throughline_core::live::{frames, resources};
use throughline_core::{
    AsyncLocalStorage, AsyncResource, Bind, FutureContextExt, FutureResourceExt, host, root, run_with,
    snapshot,
};

static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
static B: AsyncLocalStorage<u32> = AsyncLocalStorage::new();

fn live() -> (usize, usize) {
    (frames(), resources())
}

#[test]
fn frames_are_counted_as_long_as_somebody_holds_them() {
    alone_in_a_process("live::frames_are_counted_as_long_as_somebody_holds_them", || {
        assert_eq!(live(), (0, 0));
        root(|| assert_eq!(frames(), 0, "a root sets nothing"));
        let kept = A.run(1, || {
            assert_eq!(frames(), 1);
            B.run(2, || {
                assert_eq!(frames(), 2);
                snapshot()
            })
        });
        assert_eq!(frames(), 2, "one is made of the other");
        drop(kept);
        assert_eq!(frames(), 0);
        // Several stores at once are one frame.
        run_with(((&A, 1), (&B, 2)), || assert_eq!(frames(), 1));
        let made = host::frame_with(&snapshot(), &A, 3);
        assert_eq!(frames(), 1);
        let elsewhere = made.clone();
        on_thread(move || drop(elsewhere));
        assert_eq!(frames(), 1);
        on_thread(move || drop(made));
        assert_eq!(live(), (0, 0));
    });
}

#[test]
fn resources_are_counted_as_long_as_somebody_has_a_handle() {
    alone_in_a_process(
        "live::resources_are_counted_as_long_as_somebody_has_a_handle",
        || {
            let resource = A.run(1, || AsyncResource::new("LIVE"));
            let clone = resource.clone();
            assert_eq!(live(), (1, 1));
            // `MEM-5`: the frame goes, the handles are there.
            resource.emit_destroy();
            assert_eq!(live(), (0, 1));
            drop(resource);
            assert_eq!(live(), (0, 1));
            drop(clone);
            assert_eq!(live(), (0, 0));
            let manual = AsyncResource::builder("LIVE").require_manual_destroy().build();
            assert_eq!(resources(), 1);
            drop(manual);
            assert_eq!(live(), (0, 0));
        },
    );
}

/// MEM-3
#[test]
fn a_resource_makes_no_frame_however_many_storages_are_set() {
    alone_in_a_process(
        "live::a_resource_makes_no_frame_however_many_storages_are_set",
        || {
            fn within(storages: &[AsyncLocalStorage<u32>], f: &dyn Fn()) {
                match storages {
                    [] => f(),
                    [first, rest @ ..] => first.run(1, || within(rest, f)),
                }
            }
            let storages = [const { AsyncLocalStorage::new() }; 100];
            within(&storages, &|| {
                assert_eq!(frames(), 100);
                let resources = [(); 10].map(|()| AsyncResource::new("LIVE"));
                let futures = [(); 10].map(|()| pause().in_context().in_resource("LIVE"));
                resources[0].run_in_async_scope(|| assert_eq!(frames(), 100));
                drop(futures);
            });
            assert_eq!(live(), (0, 0));
        },
    );
}

#[test]
fn nothing_is_left_when_all_is_over() {
    alone_in_a_process("live::nothing_is_left_when_all_is_over", || {
        let mut ready = Box::pin(A.run(1, || async {}.in_resource("LIVE")));
        assert!(poll(ready.as_mut()).is_ready());
        assert_eq!(live(), (0, 0), "a future that is ready keeps nothing");
        A.run(1, || {
            // What was cancelled, panicked, moved to another thread and ended there.
            let mut pending = Box::pin(pause().in_resource("LIVE"));
            assert!(poll(pending.as_mut()).is_pending());
            drop(pending);
            let mut panics = Box::pin(async { panic!("of the future") }.in_resource("LIVE"));
            assert_eq!(panic_of(|| poll(panics.as_mut())), "of the future");
            let mut moves = Box::pin(pause().in_context().in_resource("LIVE"));
            assert!(poll(moves.as_mut()).is_pending());
            on_thread(move || assert!(poll(moves.as_mut()).is_ready()));
            // What was entered, and bound.
            B.enter_with(2);
            let bound = (|| B.get_store()).bind_to("LIVE");
            assert_eq!(bound(), Some(2));
            let panic =
                panic_of(|| AsyncResource::new("LIVE").run_in_async_scope(|| B.run(3, || panic!("in it"))));
            assert_eq!(panic, "in it");
        });
        assert_eq!(live(), (0, 0));
    });
}
