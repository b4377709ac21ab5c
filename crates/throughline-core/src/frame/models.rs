//! What two threads can do to one frame, explored by loom: `RUSTFLAGS="--cfg loom" cargo test -p throughline-core --lib --release`.
//!
//! A store here is watched: one that is read after it was dropped, or while it is, fails the model, as does one that is never
//! dropped. So are the frames themselves, by their `Watch`es, and their memory.

use super::closable::{Closable, Closed, End};
use super::{FrameRef, capture};
use crate::__private::{HeldBack, hold_back};
use crate::{AsyncLocalStorage, FutureContextExt, HandOver, Snapshot, host, root, run_with, snapshot};
use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::thread::{self, JoinHandle};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll, Waker};

static A: AsyncLocalStorage<Watched> = AsyncLocalStorage::new();
static B: AsyncLocalStorage<Watched> = AsyncLocalStorage::new();
static C: AsyncLocalStorage<Watched> = AsyncLocalStorage::new();

/// A store whose reads and end loom sees.
struct Watched {
    value: UnsafeCell<u32>,
    /// Leaked if this is.
    _counted: Arc<()>,
}

// SAFETY: it is only read, until it is dropped; loom checks just that.
unsafe impl Send for Watched {}
// SAFETY: the same.
unsafe impl Sync for Watched {}

impl Watched {
    fn new(value: u32) -> Self {
        Watched {
            value: UnsafeCell::new(value),
            _counted: Arc::new(()),
        }
    }

    fn read(&self) -> u32 {
        // SAFETY: nobody writes but `drop`.
        self.value.with(|value| unsafe { *value })
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        // SAFETY: nobody else has it.
        self.value.with_mut(|value| unsafe { *value = 0 });
    }
}

fn run<R>(storage: &AsyncLocalStorage<Watched>, value: u32, f: impl FnOnce() -> R) -> R {
    storage.run(Watched::new(value), f)
}

/// What `storage` reads.
fn get(storage: &AsyncLocalStorage<Watched>) -> Option<u32> {
    storage.with(|store| store.map(Watched::read))
}

/// What `storage` reads in a snapshot.
fn get_in(snapshot: &Snapshot, storage: &AsyncLocalStorage<Watched>) -> Option<u32> {
    snapshot.with(storage, |store| store.map(Watched::read))
}

fn model(f: impl Fn() + Send + Sync + 'static) {
    loom::model(f);
}

/// With three threads there are too many ways to try them all: those with `preemptions` at most.
fn model_of_three(preemptions: usize, f: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(
        builder
            .preemption_bound
            .map_or(preemptions, |bound| bound.min(preemptions)),
    );
    builder.check(f);
}

/// Hands the current snapshot to a new thread.
fn hand_over(f: impl FnOnce(Snapshot) + Send + 'static) -> JoinHandle<()> {
    let snapshot = snapshot();
    thread::spawn(move || f(snapshot))
}

/// Lends the current context to this thread and a new one, without a count.
fn in_both_halves(half: impl Fn() + Clone + Send + 'static) {
    hold_back(HandOver::Blocking, |here| {
        // SAFETY: the thread has ended when `here` does.
        let lent = unsafe { std::mem::transmute::<HeldBack<'_>, HeldBack<'static>>(here) };
        let other = half.clone();
        let other = thread::spawn(move || lent.run(other));
        here.run(half);
        other.join().unwrap();
    });
}

// What is held back for two threads is counted by neither.

#[test]
fn what_is_held_back_is_read_and_captured_by_two_threads() {
    model(|| {
        run(&A, 1, || {
            run(&B, 2, || {
                in_both_halves(|| {
                    let kept = run(&A, 3, snapshot);
                    assert_eq!((get(&A), get(&B)), (Some(1), Some(2)));
                    assert_eq!((get_in(&kept, &A), get_in(&kept, &B)), (Some(3), Some(2)));
                })
            })
        });
    });
}

#[test]
fn a_run_ends_while_a_snapshot_of_what_it_held_back_is_dropped() {
    model_of_three(2, || {
        let others = Arc::new(loom::sync::Mutex::new(Vec::new()));
        run(&A, 1, || {
            run(&A, 2, || {
                let others = others.clone();
                in_both_halves(move || others.lock().unwrap().push(hand_over(drop)));
            })
        });
        let others = std::mem::take(&mut *others.lock().unwrap());
        others.into_iter().for_each(|other| other.join().unwrap());
    });
}

// A boundary ends (and its frame settles) while another thread has a snapshot of it.

#[test]
fn a_run_ends_while_its_snapshot_is_dropped() {
    model(|| {
        let other = run(&A, 1, || run(&B, 2, || hand_over(drop)));
        other.join().unwrap();
    });
}

#[test]
fn a_run_ends_while_its_snapshot_is_cloned() {
    model(|| {
        let other = run(&A, 1, || {
            hand_over(|snapshot| {
                let clone = snapshot.clone();
                drop(snapshot);
                assert_eq!(get_in(&clone, &A), Some(1));
            })
        });
        other.join().unwrap();
    });
}

#[test]
fn a_run_ends_while_its_snapshot_is_entered() {
    model(|| {
        let other = run(&A, 1, || {
            run(&B, 2, || {
                hand_over(|snapshot| {
                    snapshot.run(|| assert_eq!((get(&A), get(&B)), (Some(1), Some(2))));
                    drop(snapshot);
                })
            })
        });
        other.join().unwrap();
    });
}

#[test]
fn a_run_that_hides_a_store_ends_while_its_snapshot_is_read() {
    model(|| {
        let other = run(&B, 1, || {
            run(&A, 2, || {
                run(&A, 3, || {
                    hand_over(|snapshot| {
                        assert_eq!((get_in(&snapshot, &A), get_in(&snapshot, &B)), (Some(3), Some(1)));
                    })
                })
            })
        });
        other.join().unwrap();
    });
}

#[test]
fn an_exit_ends_while_its_snapshot_is_read() {
    model(|| {
        let other = run(&B, 1, || {
            run(&A, 2, || {
                A.exit(|| {
                    hand_over(|snapshot| {
                        assert_eq!((get_in(&snapshot, &A), get_in(&snapshot, &B)), (None, Some(1)));
                    })
                })
            })
        });
        other.join().unwrap();
    });
}

#[test]
fn a_run_with_several_stores_ends_while_its_snapshot_is_read() {
    model(|| {
        let other = run(&C, 1, || {
            run_with(((&A, Watched::new(2)), (&B, Watched::new(3))), || {
                hand_over(|snapshot| {
                    assert_eq!((get_in(&snapshot, &B), get_in(&snapshot, &C)), (Some(3), Some(1)));
                })
            })
        });
        other.join().unwrap();
    });
}

#[test]
fn a_run_that_hides_one_of_several_stores_ends_while_snapshots_of_both_are_dropped() {
    model(|| {
        let others = run_with(((&A, Watched::new(1)), (&B, Watched::new(2))), || {
            let both = hand_over(drop);
            let hiding = run(&A, 3, || {
                hand_over(|snapshot| {
                    assert_eq!((get_in(&snapshot, &A), get_in(&snapshot, &B)), (Some(3), Some(2)));
                })
            });
            [both, hiding]
        });
        for other in others {
            other.join().unwrap();
        }
    });
}

// Another thread makes frames on top of one whose boundary ends.

#[test]
fn a_run_ends_while_another_thread_derives_a_frame() {
    model(|| {
        let other = run(&A, 1, || {
            hand_over(|snapshot| {
                let derived = host::frame_with(&snapshot, &B, Watched::new(2));
                drop(snapshot);
                assert_eq!((get_in(&derived, &A), get_in(&derived, &B)), (Some(1), Some(2)));
            })
        });
        other.join().unwrap();
    });
}

#[test]
fn a_run_ends_while_another_thread_derives_a_frame_that_hides() {
    model(|| {
        let other = run(&B, 1, || {
            run(&A, 2, || {
                hand_over(|snapshot| {
                    let derived = host::frame_with(&snapshot, &A, Watched::new(3));
                    drop(snapshot);
                    assert_eq!((get_in(&derived, &A), get_in(&derived, &B)), (Some(3), Some(1)));
                })
            })
        });
        other.join().unwrap();
    });
}

#[test]
fn a_run_ends_while_another_thread_runs_on_top_of_it_and_captures() {
    model(|| {
        let other = run(&A, 1, || {
            hand_over(|snapshot| {
                let captured = snapshot.run(|| run(&B, 2, crate::snapshot));
                drop(snapshot);
                assert_eq!((get_in(&captured, &A), get_in(&captured, &B)), (Some(1), Some(2)));
            })
        });
        other.join().unwrap();
    });
}

#[test]
fn a_run_ends_while_two_threads_derive_frames_that_hide() {
    model_of_three(3, || {
        let others = run(&B, 1, || {
            run(&A, 2, || {
                let one = hand_over(|snapshot| {
                    let derived = host::frame_with(&snapshot, &A, Watched::new(3));
                    drop(snapshot);
                    assert_eq!((get_in(&derived, &A), get_in(&derived, &B)), (Some(3), Some(1)));
                });
                let other = hand_over(|snapshot| {
                    let derived = host::frame_without(&snapshot, &B);
                    drop(snapshot);
                    assert_eq!((get_in(&derived, &A), get_in(&derived, &B)), (Some(2), None));
                });
                [one, other]
            })
        });
        for other in others {
            other.join().unwrap();
        }
    });
}

// References are given back on two threads, or three.

#[test]
fn two_threads_let_go_of_a_chain() {
    model(|| {
        let one = run(&A, 1, || run(&B, 2, snapshot));
        let other = one.clone();
        let other = thread::spawn(move || assert_eq!(get_in(&other, &A), Some(1)));
        assert_eq!(get_in(&one, &B), Some(2));
        drop(one);
        other.join().unwrap();
    });
}

#[test]
fn three_threads_let_go_of_a_frame_of_one_on_top_of_it_and_of_its_values() {
    model_of_three(5, || {
        let (one, second) = run(&A, 1, || (snapshot(), run(&B, 2, snapshot)));
        let third = host::frame_with(&second, &B, Watched::new(3));
        let second = thread::spawn(move || assert_eq!(get_in(&second, &A), Some(1)));
        let third = thread::spawn(move || assert_eq!(get_in(&third, &A), Some(1)));
        drop(one);
        second.join().unwrap();
        third.join().unwrap();
    });
}

#[test]
fn two_threads_let_go_of_a_frame_and_of_one_on_top_of_it() {
    model(|| {
        let (one, other) = run(&A, 1, || (snapshot(), run(&B, 2, snapshot)));
        let other = thread::spawn(move || assert_eq!(get_in(&other, &A), Some(1)));
        assert_eq!(get_in(&one, &A), Some(1));
        drop(one);
        other.join().unwrap();
    });
}

#[test]
fn two_threads_let_go_of_a_value() {
    model(|| {
        let base = run(&A, 1, || run(&C, 2, snapshot));
        // Neither owns the base, both own the store of A.
        let one = host::frame_with(&base, &C, Watched::new(3));
        let other = host::frame_without(&base, &C);
        drop(base);
        let other = thread::spawn(move || assert_eq!(get_in(&other, &A), Some(1)));
        assert_eq!(get_in(&one, &A), Some(1));
        drop(one);
        other.join().unwrap();
    });
}

#[test]
fn two_threads_let_go_of_a_frame_and_of_its_value() {
    model(|| {
        let one = run(&C, 1, || run(&A, 2, snapshot));
        let other = host::frame_without(&one, &C);
        let other = thread::spawn(move || assert_eq!(get_in(&other, &A), Some(2)));
        assert_eq!(get_in(&one, &A), Some(2));
        drop(one);
        other.join().unwrap();
    });
}

#[test]
fn two_threads_let_go_of_two_parts() {
    model(|| {
        let both = run_with(((&A, Watched::new(1)), (&B, Watched::new(2))), snapshot);
        let one = host::frame_without(&both, &B);
        let other = host::frame_without(&both, &A);
        drop(both);
        let other = thread::spawn(move || assert_eq!(get_in(&other, &B), Some(2)));
        assert_eq!(get_in(&one, &A), Some(1));
        drop(one);
        other.join().unwrap();
    });
}

// What was entered moves with its future.

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

fn poll(task: &mut Task) -> Poll<()> {
    task.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

async fn yield_once() {
    let mut yielded = false;
    poll_fn(|_| {
        if std::mem::replace(&mut yielded, true) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await
}

#[test]
fn a_run_ends_while_a_future_that_entered_something_is_polled_elsewhere() {
    model(|| {
        let other = run(&A, 1, || {
            let body = async {
                B.enter_with(Watched::new(2));
                yield_once().await;
                assert_eq!((get(&A), get(&B)), (Some(1), Some(2)));
                B.enter_with(Watched::new(3));
            };
            let mut task: Task = Box::pin(body.in_context());
            assert!(poll(&mut task).is_pending());
            thread::spawn(move || assert!(poll(&mut task).is_ready()))
        });
        other.join().unwrap();
    });
}

#[test]
fn a_run_ends_while_a_future_that_entered_over_its_store_is_dropped_elsewhere() {
    model(|| {
        let other = run(&A, 1, || {
            let body = async {
                // What is below is kept by the guard, which ends with the future.
                std::mem::forget(A.with_scope(Watched::new(2)));
                yield_once().await;
            };
            let mut task: Task = Box::pin(body.in_context());
            assert!(poll(&mut task).is_pending());
            thread::spawn(move || drop(task))
        });
        other.join().unwrap();
    });
}

#[test]
fn what_a_future_entered_is_captured_there_and_let_go_of_here() {
    model(|| {
        let mut task: Task = Box::pin(crate::root_scope(async {
            A.enter_with(Watched::new(1));
            let other = hand_over(|snapshot| assert_eq!(get_in(&snapshot, &A), Some(1)));
            A.enter_with(Watched::new(2));
            yield_once().await;
            other.join().unwrap();
        }));
        assert!(poll(&mut task).is_pending());
        assert!(poll(&mut task).is_ready());
    });
}

#[test]
fn a_root_ends_while_what_was_entered_in_it_is_read_elsewhere() {
    model(|| {
        let other = root(|| {
            A.enter_with(Watched::new(1));
            let other = hand_over(|snapshot| assert_eq!(get_in(&snapshot, &A), Some(1)));
            B.enter_with(Watched::new(2));
            other
        });
        other.join().unwrap();
    });
}

// What a resource keeps: scopes run in it, until somebody closes it.

/// Counts how often the frame went with the `Closable`. Loom does not see it; it is read when the threads have ended.
#[derive(Default)]
struct Ends(AtomicUsize);

impl End for Ends {
    fn dropped(&self) {
        self.0.fetch_add(1, Relaxed);
    }
}

type Kept = std::sync::Arc<Closable<Ends>>;

/// A and B are set in its frame, which nobody else has.
fn kept() -> Kept {
    let frame = run(&A, 1, || run(&B, 2, capture));
    std::sync::Arc::new(Closable::new(frame, Ends::default()))
}

/// Runs a scope, if it begins. Answers whether the frame came out, and drops it.
fn run_scope(kept: &Kept) -> bool {
    let frame = match kept.begin() {
        Ok(scope) => {
            scope.run(|| assert_eq!((get(&A), get(&B)), (Some(1), Some(2))));
            scope.end()
        }
        Err(frame) => frame,
    };
    drop_whole(frame)
}

/// Answers whether this closed it, and whether the frame came out, and drops it.
fn close(kept: &Kept) -> (bool, bool) {
    match kept.close() {
        Closed::Before => (false, false),
        Closed::WhenScopesEnd => (true, false),
        Closed::Now(frame) => (true, drop_whole(Some(frame))),
    }
}

/// Drops a frame whose stores are all there.
fn drop_whole(frame: Option<FrameRef>) -> bool {
    let snapshot = frame.map(Snapshot);
    if let Some(snapshot) = &snapshot {
        assert_eq!((get_in(snapshot, &A), get_in(snapshot, &B)), (Some(1), Some(2)));
    }
    snapshot.is_some()
}

/// What one of several threads does to it, and whether it got the frame.
fn on_thread(kept: &Kept, f: impl FnOnce(&Kept) -> bool + Send + 'static) -> JoinHandle<bool> {
    let kept = kept.clone();
    thread::spawn(move || f(&kept))
}

#[test]
fn a_scope_runs_while_its_resource_is_closed() {
    model(|| {
        let kept = kept();
        let scope = on_thread(&kept, run_scope);
        let (closed, here) = close(&kept);
        let there = scope.join().unwrap();
        assert!(closed && here != there, "the frame comes out once");
        assert_eq!(kept.0.load(Relaxed), 0);
    });
}

#[test]
fn two_threads_close_a_resource() {
    model(|| {
        let kept = kept();
        let other = on_thread(&kept, |kept| close(kept) == (true, true));
        let (closed, frame) = close(&kept);
        let by_other = other.join().unwrap();
        // Nobody runs a scope: who closes it gets the frame.
        assert!(closed == frame && closed != by_other);
    });
}

#[test]
fn two_threads_close_a_resource_from_within_scopes() {
    model(|| {
        fn from_within(kept: &Kept) -> bool {
            let scope = match kept.begin() {
                Ok(scope) => scope,
                Err(frame) => return drop_whole(frame),
            };
            let frame = scope.run(|| {
                let (_, frame) = close(kept);
                assert_eq!(get(&A), Some(1));
                frame
            });
            assert!(!frame, "this scope runs");
            drop_whole(scope.end())
        }
        let kept = kept();
        let other = on_thread(&kept, from_within);
        let here = from_within(&kept);
        assert!(here != other.join().unwrap(), "the frame comes out once");
    });
}

#[test]
fn scopes_on_two_threads_run_while_their_resource_is_closed() {
    model_of_three(5, || {
        let kept = kept();
        let scopes = [(); 2].map(|()| on_thread(&kept, run_scope));
        let (closed, here) = close(&kept);
        let got = scopes.map(|scope| scope.join().unwrap());
        let times = [here, got[0], got[1]].iter().filter(|&&got| got).count();
        assert!(closed && times == 1);
    });
}

#[test]
fn two_threads_close_a_resource_while_a_scope_runs() {
    model_of_three(5, || {
        let kept = kept();
        let scope = on_thread(&kept, run_scope);
        let other = on_thread(&kept, |kept| close(kept).1);
        let (_, here) = close(&kept);
        let got = [here, scope.join().unwrap(), other.join().unwrap()];
        assert_eq!(got.iter().filter(|&&got| got).count(), 1);
    });
}

#[test]
fn the_last_handle_of_a_resource_goes_where_another_ran_a_scope() {
    model(|| {
        let kept = kept();
        let other = on_thread(&kept, run_scope);
        assert!(!run_scope(&kept));
        drop(kept);
        assert!(!other.join().unwrap());
    });
}

#[test]
fn a_future_ends_its_scope_while_its_resource_is_closed_and_let_go_of() {
    model(|| {
        let kept = kept();
        let Ok(scope) = kept.begin_owned() else {
            panic!("it is open");
        };
        let other = thread::spawn(move || {
            let snapshot = Snapshot(scope.frame());
            assert_eq!(get_in(&snapshot, &B), Some(2));
            let (frame, kept) = scope.end();
            drop(kept);
            drop_whole(frame)
        });
        let (closed, here) = close(&kept);
        drop(kept);
        assert!(closed && here != other.join().unwrap());
    });
}

#[test]
fn a_snapshot_of_a_resource_outlives_it() {
    model(|| {
        let kept = kept();
        let Ok(scope) = kept.begin_owned() else {
            panic!("it is open");
        };
        let snapshot = Snapshot(scope.frame());
        let other = thread::spawn(move || assert_eq!(get_in(&snapshot, &A), Some(1)));
        let (frame, _) = scope.end();
        assert!(frame.is_none());
        assert_eq!(close(&kept), (true, true));
        other.join().unwrap();
    });
}
