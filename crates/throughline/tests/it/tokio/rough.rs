//! Rough handling: tasks that end themselves, that are ended while they run, that spawn while they are dropped; runtimes in runtimes.

use super::ways::{self, Ground};
use super::{HELD, ID, Tells, id};
use std::future::{pending, poll_fn};
use std::pin::Pin;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use throughline::tokio::task::{JoinSet, LocalSet};
use throughline::tokio::{HandleExt, spawn, spawn_blocking};
use throughline::{AsyncLocalStorage, in_boundary};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::oneshot;
use tokio::task::{AbortHandle, yield_now};

fn current_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn multi_thread(workers: usize) -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(workers)
        .enable_all()
        .build()
        .unwrap()
}

#[test]
fn on_a_current_thread_runtime_tasks_are_as_far_from_each_other_and_from_block_on() {
    let on = Ground {
        local: LocalSet::new(),
        runtime: current_thread(),
    };
    for way in ways::tasks() {
        let (sender, saw) = channel();
        let work = Box::pin(async move {
            let first = id();
            ID.enter_with(5);
            yield_now().await;
            sender.send((first, id())).unwrap();
        });
        on.block_on(ID.scope(1, async {
            let mut task = (way.spawn)(&on, work);
            ID.enter_with(2);
            yield_now().await;
            assert_eq!(id(), Some(2), "{}", way.name);
            let plain = tokio::spawn(async { id() });
            task.join().await.unwrap();
            // It runs inside `block_on`, between its polls: in no boundary, and in no context.
            assert_eq!(plain.await.unwrap(), None, "{}", way.name);
            assert_eq!(id(), Some(2), "{}", way.name);
        }));
        assert_eq!(saw.recv().unwrap(), (Some(1), Some(5)), "{}", way.name);
        assert_eq!((id(), in_boundary()), (None, false));
    }
}

#[test]
fn task_that_aborts_itself_is_dropped_in_its_context() {
    for runtime in [current_thread(), multi_thread(1)] {
        let itself = Arc::new(OnceLock::<AbortHandle>::new());
        let known = Arc::clone(&itself);
        let (tells, dropped) = Tells::new();
        let (go, wait) = oneshot::channel::<()>();
        let task = ID.run(1, || {
            runtime.spawn_in_context(async move {
                let _tells = tells;
                wait.await.unwrap();
                ID.enter_with(2);
                known.get().unwrap().abort();
                // It is in this poll still.
                assert_eq!(id(), Some(2));
                pending::<()>().await
            })
        });
        itself.set(task.abort_handle()).unwrap();
        go.send(()).unwrap();
        assert!(runtime.block_on(task).unwrap_err().is_cancelled());
        assert_eq!(dropped.recv().unwrap(), Some(2));
        assert_eq!(runtime.block_on(runtime.spawn(async { id() })).unwrap(), None);
    }
}

#[test]
fn task_that_is_aborted_while_it_runs_goes_on_in_its_context_to_the_end_of_its_poll() {
    let runtime = multi_thread(1);
    let (tells, dropped) = Tells::new();
    let (begun, is_begun) = channel();
    let (go, wait) = channel::<()>();
    let task = ID.run(1, || {
        runtime.spawn_in_context(async move {
            let _tells = tells;
            begun.send(()).unwrap();
            wait.recv().unwrap();
            ID.enter_with(2);
            assert_eq!(id(), Some(2));
            yield_now().await;
            unreachable!("it was aborted")
        })
    });
    is_begun.recv().unwrap();
    task.abort();
    ID.run(9, || go.send(()).unwrap());
    let ended: Result<(), _> = runtime.block_on(task);
    assert!(ended.unwrap_err().is_cancelled());
    assert_eq!(dropped.recv().unwrap(), Some(2));
}

/// When dropped, spawns a task that tells what it sees.
struct SpawnsAtDrop(Sender<Option<u64>>, Handle);

impl Drop for SpawnsAtDrop {
    fn drop(&mut self) {
        let told = Told(self.0.clone(), false);
        drop(self.1.spawn_in_context(told));
    }
}

/// Tells when it is polled, or dropped without that.
struct Told(Sender<Option<u64>>, bool);

impl Future for Told {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        self.1 = true;
        self.0.send(id()).unwrap();
        Poll::Ready(())
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        if !self.1 {
            self.0.send(id()).unwrap();
        }
    }
}

fn holds(what: impl Send + 'static) -> (impl Future<Output = ()> + Send, oneshot::Receiver<()>) {
    let (began, wait) = oneshot::channel();
    let work = async move {
        let _what = what;
        ID.enter_with(2);
        began.send(()).unwrap();
        pending().await
    };
    (work, wait)
}

#[test]
fn what_a_destructor_spawns_has_the_context_of_the_task_that_is_dropped() {
    for runtime in [current_thread(), multi_thread(2)] {
        let (sender, saw): (_, Receiver<Option<u64>>) = channel();
        let (work, began) = holds(SpawnsAtDrop(sender, runtime.handle().clone()));
        let task = ID.run(1, || runtime.spawn_in_context(work));
        runtime.block_on(async {
            began.await.unwrap();
            task.abort();
            assert!(task.await.unwrap_err().is_cancelled());
            yield_now().await;
        });
        runtime.block_on(runtime.spawn(async {})).unwrap();
        assert_eq!(saw.recv().unwrap(), Some(2));

        // And at the runtime's shutdown, where what is spawned is dropped at once.
        let (sender, saw): (_, Receiver<Option<u64>>) = channel();
        let (work, began) = holds(SpawnsAtDrop(sender, runtime.handle().clone()));
        let task = ID.run(1, || runtime.spawn_in_context(work));
        runtime.block_on(began).unwrap();
        ID.run(9, || drop(runtime));
        assert_eq!(saw.recv().unwrap(), Some(2));
        drop(task);
        assert_eq!((id(), in_boundary()), (None, false));
    }
}

#[test]
fn destructor_that_panics_is_its_tasks_join_error_and_leaves_nothing_behind() {
    struct Panics;
    impl Drop for Panics {
        fn drop(&mut self) {
            panic!("in {:?}", id());
        }
    }
    let held = Arc::new(());
    for runtime in [current_thread(), multi_thread(1)] {
        let (work, began) = holds(Panics);
        let task = HELD.run(Arc::clone(&held), || ID.run(1, || runtime.spawn_in_context(work)));
        let error = runtime.block_on(async {
            began.await.unwrap();
            task.abort();
            task.await.unwrap_err()
        });
        assert_eq!(error.into_panic().downcast_ref::<String>().unwrap(), "in Some(2)");
        assert_eq!(Arc::strong_count(&held), 1);
        assert_eq!(runtime.block_on(runtime.spawn(async { id() })).unwrap(), None);
    }
}

/// Law 3: on the stack of a task, other tasks run.
#[test]
fn runtimes_in_runtimes_keep_their_tasks_apart() {
    let outer = multi_thread(2);
    let task = async {
        ID.enter_with(2);
        let inside = tokio::task::block_in_place(|| {
            // As `block_on` has it, a future is part of the task that calls it.
            let here = Handle::current().block_on(async {
                yield_now().await;
                let spawned = spawn(async { id() }).await.unwrap();
                (id(), spawned)
            });
            let inner = current_thread();
            let enters = inner.spawn_in_context(async {
                let inherited = id();
                ID.enter_with(3);
                yield_now().await;
                (inherited, id())
            });
            let plain = inner.spawn(async { id() });
            let there = inner.block_on(async {
                ID.enter_with(4);
                (enters.await.unwrap(), plain.await.unwrap(), id())
            });
            (here, there, id())
        });
        yield_now().await;
        (inside, id())
    };
    let seen = ID.run(1, || outer.spawn_in_context(task));
    let ((here, there, after), at_the_end) = outer.block_on(seen).unwrap();
    assert_eq!(here, (Some(2), Some(2)));
    let (enters, _plain, entered) = there;
    assert_eq!((enters, entered), ((Some(2), Some(3)), Some(4)));
    // tokio's own `block_on` is no boundary.
    assert_eq!((after, at_the_end), (Some(4), Some(4)));
}

#[test]
fn set_that_is_dropped_while_its_tasks_run_drops_each_in_its_own_context() {
    static OWN: AsyncLocalStorage<u64> = AsyncLocalStorage::new();
    struct Checks(u64, Sender<bool>);
    impl Drop for Checks {
        fn drop(&mut self) {
            self.1.send(OWN.get_store() == Some(self.0)).unwrap();
        }
    }
    let runtime = multi_thread(3);
    let (sender, dropped) = channel();
    for round in 0..20 {
        let mut set = JoinSet::new();
        for n in 0..50 {
            let checks = Checks(n, sender.clone());
            let work = poll_fn(move |cx| {
                // All of it is the task's, not its number alone.
                let Checks(n, _) = &checks;
                assert_eq!(OWN.get_store(), Some(*n));
                cx.waker().wake_by_ref();
                Poll::<()>::Pending
            });
            OWN.run(n, || set.spawn_on(work, runtime.handle()));
        }
        OWN.run(1000 + round, || drop(set));
    }
    drop((runtime, sender));
    let dropped: Vec<_> = dropped.iter().collect();
    assert_eq!(dropped.len(), 1000);
    assert!(dropped.into_iter().all(|in_its_own| in_its_own));
}

#[test]
fn blocking_call_that_blocks_on_its_runtime_and_spawns_there_stays_in_its_context() {
    let runtime = multi_thread(1);
    let seen = runtime.block_on(ID.scope(1, async {
        let call = || {
            ID.enter_with(2);
            Handle::current().block_on(async {
                let spawned = spawn(async { spawn_blocking(id).await.unwrap() });
                (id(), spawned.await.unwrap())
            })
        };
        (spawn_blocking(call).await.unwrap(), id())
    }));
    assert_eq!(seen, ((Some(2), Some(2)), Some(1)));
}
