//! Tasks that inherit, and tasks that are detached, however they are spawned.

use super::ways::{self, Ground, Task, Way, Work};
use super::{HELD, ID, Tells, id};
use std::future::{pending, poll_fn};
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::thread::{self, ThreadId};
use throughline::{AsyncLocalStorage, Crossing, Propagation, in_boundary};
use tokio::sync::oneshot;

static DROPPED: AsyncLocalStorage<u64> =
    AsyncLocalStorage::new().propagation(Propagation::everywhere().task(Crossing::Drop));
static HALVED: AsyncLocalStorage<u64> = AsyncLocalStorage::new().propagation(
    Propagation::new()
        .task(Crossing::Map(|left| Some(left / 2)))
        .detached(Crossing::Map(|left| left.checked_sub(90))),
);

/// Work that tells what `f` answers.
fn tell<R: Send + 'static>(f: impl Future<Output = R> + Send + 'static) -> (Work, Receiver<R>) {
    let (sender, receiver) = channel();
    let work = async move { sender.send(f.await).unwrap() };
    (Box::pin(work), receiver)
}

/// Comes back on another worker: gives this one something to wait with, until the task has left it.
async fn move_to_another_worker() {
    let here = thread::current().id();
    while thread::current().id() == here {
        let (left, wait) = channel::<()>();
        // Next on this worker, and nobody else's to take.
        tokio::spawn(async move { _ = wait.recv() });
        let mut has_yielded = false;
        poll_fn(|cx| {
            if has_yielded {
                return Poll::Ready(());
            }
            has_yielded = true;
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
        drop(left);
    }
}

fn here() -> ThreadId {
    thread::current().id()
}

#[test]
fn task_inherits_and_a_later_change_of_its_spawner_is_not_seen() {
    let on = Ground::new(2);
    for way in ways::tasks() {
        let (go, wait) = oneshot::channel::<()>();
        let (work, saw) = tell(async move {
            let first = (id(), in_boundary());
            wait.await.unwrap();
            (first, id())
        });
        on.block_on(ID.scope(1, async {
            let mut task = (way.spawn)(&on, work);
            ID.enter_with(2);
            go.send(()).unwrap();
            task.join().await.unwrap();
            assert_eq!(id(), Some(2), "{}", way.name);
        }));
        assert_eq!(saw.recv().unwrap(), ((Some(1), true), Some(1)), "{}", way.name);
    }
}

#[test]
fn task_without_a_context_is_in_a_boundary_where_nothing_is_set() {
    let on = Ground::new(1);
    for way in ways::tasks().into_iter().chain(ways::detached()) {
        let (work, saw) = tell(async { (id(), in_boundary()) });
        on.block_on(async { (way.spawn)(&on, work).join().await.unwrap() });
        assert_eq!(saw.recv().unwrap(), (None, true), "{}", way.name);
    }
}

// Law 3.
#[test]
fn what_a_task_enters_is_seen_by_it_across_awaits_and_threads_and_by_nobody_else() {
    let on = Ground::new(2);
    for way in ways::tasks() {
        let is_local = way.is_local;
        let (entered, wait) = oneshot::channel::<()>();
        let (looked, go_on) = oneshot::channel::<()>();
        let (work, saw) = tell(async move {
            let began = here();
            ID.enter_with(2);
            entered.send(()).unwrap();
            let mut seen = vec![id()];
            go_on.await.unwrap();
            seen.push(id());
            let mut has_moved = false;
            if is_local {
                tokio::task::yield_now().await;
            } else {
                let before = here();
                move_to_another_worker().await;
                has_moved = here() != before;
            }
            seen.push(id());
            (seen, has_moved, !is_local || began == here())
        });
        on.block_on(ID.scope(1, async {
            let mut task = (way.spawn)(&on, work);
            wait.await.unwrap();
            let (look, sibling) = tell(async { id() });
            let mut other = (way.spawn)(&on, look);
            // Plain ones, where the task was polled.
            let plain = tokio::spawn(async { id() });
            let plain_local = tokio::task::spawn_local(async { id() });
            other.join().await.unwrap();
            assert_eq!(sibling.recv().unwrap(), Some(1), "{}", way.name);
            assert_eq!(plain.await.unwrap(), None, "{}", way.name);
            assert_eq!(plain_local.await.unwrap(), None, "{}", way.name);
            looked.send(()).unwrap();
            task.join().await.unwrap();
            assert_eq!(id(), Some(1), "{}", way.name);
        }));
        let (seen, has_moved, stayed) = saw.recv().unwrap();
        assert_eq!(seen, [Some(2); 3], "{}", way.name);
        assert_eq!(has_moved, !is_local, "{}", way.name);
        assert!(stayed, "{}", way.name);
    }
}

fn crossed() -> [Option<u64>; 3] {
    [ID.get_store(), DROPPED.get_store(), HALVED.get_store()]
}

fn crossed_by(ways: Vec<Way<Work>>) -> Vec<(&'static str, [Option<u64>; 3])> {
    let on = Ground::new(1);
    let seen_by = |way: Way<Work>| {
        let (work, saw) = tell(async { crossed() });
        let spawner = async { (way.spawn)(&on, work).join().await.unwrap() };
        on.block_on(ID.scope(1, DROPPED.scope(2, HALVED.scope(100, spawner))));
        (way.name, saw.recv().unwrap())
    };
    ways.into_iter().map(seen_by).collect()
}

#[test]
fn storage_that_stays_behind_or_is_mapped_does_so_at_every_task() {
    for (name, crossed) in crossed_by(ways::tasks()) {
        assert_eq!(crossed, [Some(1), None, Some(50)], "{name}");
    }
}

#[test]
fn detached_task_has_only_what_asks_to_be_there() {
    for (name, crossed) in crossed_by(ways::detached()) {
        assert_eq!(crossed, [None, Some(2), Some(10)], "{name}");
    }
}

#[test]
fn where_a_map_panics_nothing_is_spawned() {
    static PANICS: AsyncLocalStorage<u64> = AsyncLocalStorage::new().propagation(
        Propagation::new()
            .task(Crossing::Map(|_| panic!("map")))
            .detached(Crossing::Map(|_| panic!("map"))),
    );
    let on = Ground::new(1);
    for way in ways::tasks().into_iter().chain(ways::detached()) {
        let (tells, dropped) = Tells::new();
        let (work, saw) = tell(async move { drop(tells) });
        on.block_on(ID.scope(1, async {
            let spawn = AssertUnwindSafe(|| (way.spawn)(&on, work));
            let caught = PANICS.run(0, || catch_unwind(spawn)).map(|_| ());
            assert_eq!(caught.unwrap_err().downcast_ref(), Some(&"map"), "{}", way.name);
            assert_eq!(id(), Some(1), "{}", way.name);
        }));
        assert!(saw.recv().is_err(), "{}", way.name);
        assert_eq!(dropped.recv().unwrap(), Some(1), "{}: by the spawner", way.name);
    }
}

/// Spawns work that holds and enters `held`, and then does as `rest`; joined by `end`.
fn held_by(way: &Way<Work>, on: &Ground, held: &Arc<()>, rest: Work, end: impl AsyncFnOnce(&mut Task)) {
    let (began, wait) = oneshot::channel::<()>();
    let other = Arc::clone(held);
    let work = Box::pin(async move {
        HELD.enter_with(other);
        began.send(()).unwrap();
        rest.await;
    });
    on.block_on(async {
        let mut task = HELD.run(Arc::clone(held), || (way.spawn)(on, work));
        wait.await.unwrap();
        end(&mut task).await;
        // The error may be there still, and the set.
        assert_eq!(Arc::strong_count(held), 1, "{}", way.name);
        let plain = tokio::spawn(async { HELD.get_store().is_some() });
        assert!(!plain.await.unwrap(), "{}", way.name);
        let plain_local = tokio::task::spawn_local(async { HELD.get_store().is_some() });
        assert!(!plain_local.await.unwrap(), "{}", way.name);
    });
}

#[test]
fn panic_is_its_join_error_and_leaves_nothing_behind() {
    let on = Ground::new(1);
    let held = Arc::new(());
    for way in ways::tasks() {
        let (tells, dropped) = Tells::new();
        let rest = Box::pin(async move {
            let _tells = tells;
            ID.enter_with(3);
            tokio::task::yield_now().await;
            panic!("work");
        });
        held_by(&way, &on, &held, rest, async |task| {
            let error = task.join().await.unwrap_err();
            assert_eq!(Arc::strong_count(&held), 1, "{}", way.name);
            assert_eq!(error.into_panic().downcast_ref(), Some(&"work"), "{}", way.name);
        });
        // Law 4.
        assert_eq!(dropped.recv().unwrap(), Some(3), "{}", way.name);
    }
}

#[test]
fn aborted_task_is_dropped_in_its_context_and_leaves_nothing_behind() {
    let on = Ground::new(1);
    let held = Arc::new(());
    for way in ways::tasks() {
        let (tells, dropped) = Tells::new();
        let rest = Box::pin(async move {
            let _tells = tells;
            ID.enter_with(3);
            pending().await
        });
        held_by(&way, &on, &held, rest, async |task| {
            task.abort();
            let error = task.join().await.unwrap_err();
            assert!(error.is_cancelled(), "{}", way.name);
        });
        assert_eq!(dropped.recv().unwrap(), Some(3), "{}", way.name);
    }
}

// Law 4.
#[test]
fn task_that_is_aborted_before_its_first_poll_is_dropped_in_its_context() {
    let on = Ground::new(1);
    let held = Arc::new(());
    for way in ways::tasks() {
        // The one worker waits; and so does this thread, until it joins.
        let (go, wait) = channel::<()>();
        let (begun, waits) = oneshot::channel::<()>();
        let worker = on.runtime.spawn(async move {
            begun.send(()).unwrap();
            _ = wait.recv();
        });
        let polled = Arc::new(AtomicBool::new(false));
        let (tells, dropped) = Tells::new();
        let flag = Arc::clone(&polled);
        let work = Box::pin(async move {
            flag.store(true, SeqCst);
            drop(tells);
        });
        on.block_on(async {
            waits.await.unwrap();
            let spawn = || ID.run(1, || (way.spawn)(&on, work));
            let mut task = HELD.run(Arc::clone(&held), spawn);
            task.abort();
            go.send(()).unwrap();
            assert!(task.join().await.unwrap_err().is_cancelled(), "{}", way.name);
            worker.await.unwrap();
        });
        assert!(!polled.load(SeqCst), "{}", way.name);
        assert_eq!(dropped.recv().unwrap(), Some(1), "{}", way.name);
        assert_eq!(Arc::strong_count(&held), 1, "{}", way.name);
    }
}

// Law 4.
#[test]
fn task_that_is_pending_at_its_runtimes_shutdown_is_dropped_in_its_context() {
    let held = Arc::new(());
    for way in ways::tasks() {
        let on = Ground::new(1);
        let (tells, dropped) = Tells::new();
        let (began, wait) = oneshot::channel::<()>();
        let work = Box::pin(async move {
            let _tells = tells;
            began.send(()).unwrap();
            pending().await
        });
        let task = on.block_on(async {
            let spawn = || ID.run(1, || (way.spawn)(&on, work));
            let task = HELD.run(Arc::clone(&held), spawn);
            wait.await.unwrap();
            task
        });
        assert_eq!(Arc::strong_count(&held), 2, "{}", way.name);
        let Ground { local, runtime } = on;
        drop(local);
        drop(runtime);
        assert_eq!(dropped.recv().unwrap(), Some(1), "{}", way.name);
        assert_eq!(Arc::strong_count(&held), 1, "{}", way.name);
        drop(task);
    }
}

// Law 4.
#[test]
fn task_of_a_runtime_that_has_shut_down_is_dropped_in_its_context() {
    use throughline::tokio::HandleExt;
    let handle = Ground::new(1).handle().clone();
    let (tells, dropped) = Tells::new();
    let task = ID.run(1, || handle.spawn_in_context(async move { drop(tells) }));
    assert_eq!(dropped.try_recv().unwrap(), Some(1));
    drop(task);
}

/// Where `f` panics, and it does.
fn place_of_panic(f: impl FnOnce()) -> String {
    // There is one hook in a process: it tells whoever asked on the panicking thread, and leaves others to the one before it.
    let before = Arc::new(panic::take_hook());
    let (places, hook, me) = (Arc::new(Mutex::new(None)), Arc::clone(&before), here());
    let place = Arc::clone(&places);
    panic::set_hook(Box::new(move |info| {
        if here() == me {
            *place.lock().unwrap() = info.location().map(|at| at.file().to_owned());
        } else {
            hook(info);
        }
    }));
    let caught = catch_unwind(AssertUnwindSafe(f));
    let _ = panic::take_hook();
    panic::set_hook(Box::new(move |info| before(info)));
    assert!(caught.is_err());
    let place = places.lock().unwrap().take();
    place.unwrap()
}

#[test]
fn outside_of_a_runtime_the_panic_is_at_whoever_spawns() {
    let on = Ground::new(1);
    let tasks = ways::tasks().into_iter().chain(ways::detached());
    for way in tasks.filter(|way| way.needs_runtime) {
        let place = place_of_panic(|| drop((way.spawn)(&on, Box::pin(async {}))));
        assert!(place.ends_with("ways.rs"), "{}: {place}", way.name);
    }
    for way in ways::blocking().into_iter().filter(|way| way.needs_runtime) {
        let place = place_of_panic(|| drop((way.spawn)(&on, Box::new(|| ()))));
        assert!(place.ends_with("ways.rs"), "{}: {place}", way.name);
    }
}
