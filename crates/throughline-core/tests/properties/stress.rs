//! Threads that really run at once, over frames they share: they capture, derive, enter and let go, in boundaries that
//! end meanwhile. Only values and counts can be checked here, and by tools that watch memory the rest.

use std::future::{Future, poll_fn};
use std::mem;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Barrier, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;
use throughline_core::host::{self, Resident};
use throughline_core::{
    AsyncLocalStorage, AsyncResource, BindOnce, FutureContextExt, FutureResourceExt, Snapshot, root,
    run_with, snapshot,
};

const STORAGES: usize = 6;

static STORAGE: [AsyncLocalStorage<Counted>; STORAGES] = [const { AsyncLocalStorage::new() }; STORAGES];

/// What each storage reads.
type Expected = [Option<u64>; STORAGES];

/// A store that tells whether it is whole.
struct Counted {
    value: u64,
    check: u64,
    shared: Arc<Shared>,
}

impl Counted {
    fn new(shared: &Arc<Shared>) -> (u64, Self) {
        let value = shared.made.fetch_add(1, Relaxed);
        let shared = shared.clone();
        let check = !value;
        (value, Counted { value, check, shared })
    }

    fn read(&self) -> u64 {
        assert_eq!(self.check, !self.value, "a store was read that is gone");
        self.value
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.read();
        self.check = self.value;
        self.shared.dropped.fetch_add(1, Relaxed);
    }
}

#[derive(Default)]
struct Shared {
    made: AtomicU64,
    dropped: AtomicU64,
    kept: Mutex<Vec<Kept>>,
}

/// What threads hand each other.
enum Kept {
    Snapshot(Snapshot, Expected),
    Resource(AsyncResource, Expected),
    Resident(Resident, Expected),
    Closure(Box<dyn FnOnce() + Send>),
    Future(Pin<Box<dyn Future<Output = ()> + Send>>),
}

/// How much is kept at a time. Little, so that threads meet.
const MOST_KEPT: usize = 6;

impl Shared {
    /// Keeps something in the place of something else, which is let go of on this thread.
    fn keep(&self, kept: Kept, random: &mut Random) {
        let mut all = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let former = if all.len() < MOST_KEPT {
            all.push(kept);
            None
        } else {
            let place = random.below(all.len());
            Some(mem::replace(&mut all[place], kept))
        };
        drop(all);
        drop(former);
    }

    fn take(&self, random: &mut Random) -> Option<Kept> {
        let mut all = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let place = random.below(all.len().max(1));
        match all.get(place)? {
            // Used by several threads at once.
            Kept::Snapshot(snapshot, expected) => Some(Kept::Snapshot(snapshot.clone(), *expected)),
            Kept::Resource(resource, expected) => Some(Kept::Resource(resource.clone(), *expected)),
            _ => Some(all.swap_remove(place)),
        }
    }
}

/// Runs so many rounds on each of so many threads.
pub(crate) fn threads_share_frames(threads: usize, rounds: usize) {
    let shared = Arc::new(Shared::default());
    let start = Barrier::new(threads);
    thread::scope(|scope| {
        for n in 0..threads {
            let (shared, start) = (&shared, &start);
            scope.spawn(move || {
                let mut random = Random(n as u64);
                start.wait();
                for _ in 0..rounds {
                    round(shared, &mut random);
                    read(&[None; STORAGES]);
                }
            });
        }
    });
    let left = mem::take(&mut *shared.kept.lock().unwrap_or_else(PoisonError::into_inner));
    drop(left);
    assert_eq!(shared.made.load(Relaxed), shared.dropped.load(Relaxed));
}

fn round(shared: &Arc<Shared>, random: &mut Random) {
    match shared.take(random) {
        None => walk(shared, random, 4, [None; STORAGES]),
        Some(Kept::Snapshot(snapshot, expected)) => {
            for (storage, expected) in STORAGE.iter().zip(expected) {
                assert_eq!(snapshot.with(storage, |s| s.map(Counted::read)), expected);
            }
            if random.below(2) == 0 {
                snapshot.run(|| walk(shared, random, 3, expected));
            } else {
                let (place, value, store) = random_store(shared, random);
                let derived = host::frame_with(&snapshot, &STORAGE[place], store);
                drop(snapshot);
                let expected = with(expected, place, value);
                derived.run(|| walk(shared, random, 2, expected));
                shared.keep(Kept::Snapshot(derived, expected), random);
            }
        }
        Some(Kept::Resource(resource, expected)) => match random.below(8) {
            0 => {
                resource.emit_destroy();
            }
            1 => drop(resource),
            2 => {
                if let Some(snapshot) = resource.snapshot() {
                    shared.keep(Kept::Snapshot(snapshot, expected), random);
                }
            }
            // It may be destroyed by then.
            _ => drop(resource.try_run_in_async_scope(|| walk(shared, random, 2, expected))),
        },
        Some(Kept::Resident(resident, expected)) => match random.below(4) {
            0 => drop(resident),
            // Ended by the boundary around it.
            1 => root(|| {
                mem::forget(resident.visit());
                read(&expected);
            }),
            _ => visit(shared, random, resident, expected),
        },
        Some(Kept::Closure(closure)) => closure(),
        Some(Kept::Future(mut future)) => {
            let mut cx = Context::from_waker(Waker::noop());
            if future.as_mut().poll(&mut cx).is_pending() && random.below(4) > 0 {
                shared.keep(Kept::Future(future), random);
            }
        }
    }
}

/// Wanders into boundaries; what is kept on the way is used by other threads while they last, and while they end.
fn walk(shared: &Arc<Shared>, random: &mut Random, depth: usize, mut expected: Expected) {
    read(&expected);
    if depth == 0 {
        return;
    }
    for _ in 0..2 {
        match random.below(11) {
            0 | 1 => shared.keep(Kept::Snapshot(snapshot(), expected), random),
            2 | 3 => {
                let (place, value, store) = random_store(shared, random);
                let expected = with(expected, place, value);
                STORAGE[place].run(store, || walk(shared, random, depth - 1, expected));
            }
            4 => {
                let (a, first, one) = random_store(shared, random);
                let (b, second, other) = random_store(shared, random);
                if a != b {
                    let expected = with(with(expected, a, first), b, second);
                    run_with(((&STORAGE[a], one), (&STORAGE[b], other)), || {
                        walk(shared, random, depth - 1, expected)
                    });
                }
            }
            5 => {
                let place = random.below(STORAGES);
                let mut expected = expected;
                expected[place] = None;
                STORAGE[place].exit(|| walk(shared, random, depth - 1, expected));
            }
            6 => {
                let (place, value, store) = random_store(shared, random);
                if STORAGE[place].try_enter_with(store).is_ok() {
                    expected[place] = Some(value);
                }
            }
            7 => visit(shared, random, Resident::new(snapshot()), expected),
            8 => shared.keep(Kept::Resource(AsyncResource::new("STRESS"), expected), random),
            9 => {
                let future = wander(shared.clone(), Random(random.next()), expected);
                shared.keep(Kept::Future(Box::pin(future.in_resource("STRESS"))), random);
            }
            _ if random.below(2) == 0 => {
                let closure = (move || read(&expected)).bind_once();
                shared.keep(Kept::Closure(Box::new(closure)), random);
            }
            _ => {
                let future = wander(shared.clone(), Random(random.next()), expected);
                shared.keep(Kept::Future(Box::pin(future.in_context())), random);
            }
        }
        read(&expected);
    }
}

/// Enters something in a boundary that no closure bounds, and keeps what is left of it.
fn visit(shared: &Arc<Shared>, random: &mut Random, resident: Resident, mut expected: Expected) {
    let visit = resident.visit();
    read(&expected);
    let (place, value, store) = random_store(shared, random);
    STORAGE[place].enter_with(store);
    expected[place] = Some(value);
    let (place, value, store) = random_store(shared, random);
    let inside = with(expected, place, value);
    STORAGE[place].run(store, || walk(shared, random, 1, inside));
    read(&expected);
    let left = visit.leave().expect("no boundary is open in it");
    shared.keep(Kept::Resident(left, expected), random);
}

/// Enters and reads, and is polled on one thread and another.
async fn wander(shared: Arc<Shared>, mut random: Random, mut expected: Expected) {
    for _ in 0..4 {
        read(&expected);
        let (place, value, store) = random_store(&shared, &mut random);
        STORAGE[place].enter_with(store);
        expected[place] = Some(value);
        if random.below(2) == 0 {
            shared.keep(Kept::Snapshot(snapshot(), expected), &mut random);
        }
        let mut yielded = false;
        poll_fn(|_| {
            if mem::replace(&mut yielded, true) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }
}

fn read(expected: &Expected) {
    for (storage, expected) in STORAGE.iter().zip(expected) {
        assert_eq!(storage.with(|s| s.map(Counted::read)), *expected);
    }
}

fn with(mut expected: Expected, place: usize, value: u64) -> Expected {
    expected[place] = Some(value);
    expected
}

fn random_store(shared: &Arc<Shared>, random: &mut Random) -> (usize, u64, Counted) {
    let (value, store) = Counted::new(shared);
    (random.below(STORAGES), value, store)
}

/// SplitMix64: the threads' ways are the same each time, and only how they meet is chance.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }
}
