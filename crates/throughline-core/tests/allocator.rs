//! A global allocator that reads storages, so as to say whose memory it is: reading is safe everywhere (law 7), in the midst of the library's own
//! work too, since nothing is half-changed there while memory is asked for or given back (law 5).

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::pin::pin;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll, Waker};
use throughline_core::host::{self, Resident};
use throughline_core::{
    AsyncLocalStorage, AsyncResource, Bind, FutureContextExt, HandOver, Snapshot, root, run_with, snapshot,
    snapshot_for,
};

/// Whose memory it is.
static TENANT: AsyncLocalStorage<usize> = AsyncLocalStorage::new();
/// With a default that allocates, so that its first read does.
static DEFAULT: AsyncLocalStorage<Vec<u8>> = AsyncLocalStorage::with_default(|| vec![7; 100]);
static OTHER: AsyncLocalStorage<String> = AsyncLocalStorage::new();
/// With feature `audit` it is counted where it is missed, in a list that grows.
static EXPECTED: AsyncLocalStorage<u8> = AsyncLocalStorage::new().expected();

const TENANTS: usize = 8;
static BYTES: [AtomicU64; TENANTS] = [const { AtomicU64::new(0) }; TENANTS];

struct Attributing;

#[global_allocator]
static ALLOCATOR: Attributing = Attributing;

// SAFETY: the system's allocator, and no allocation of our own.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Attributing {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        attribute(layout);
        // SAFETY: the contract is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, p: *mut u8, layout: Layout) {
        attribute(layout);
        // SAFETY: the contract is the same.
        unsafe { System.dealloc(p, layout) }
    }
}

fn attribute(layout: Layout) {
    let tenant = TENANT.get_store().unwrap_or(0);
    BYTES[tenant].fetch_add(layout.size() as u64, Relaxed);
    OTHER.with(|other| assert!(other.is_none_or(|other| other == "other")));
    let first = DEFAULT.with(|store| store.map(|store| store[0]));
    assert!(matches!(first, None | Some(7 | 8)));
    assert!(EXPECTED.with(|expected| expected.is_none_or(|&expected| expected == 9)));
}

fn bytes(tenant: usize) -> u64 {
    BYTES[tenant].load(Relaxed)
}

/// What `f` asks for on behalf of a tenant, on this thread and others.
fn asked_for(tenant: usize, f: impl FnOnce()) -> u64 {
    let before = bytes(tenant);
    f();
    bytes(tenant) - before
}

#[test]
fn memory_is_asked_for_in_the_name_of_whoever_is_current() {
    let asked = asked_for(1, || {
        TENANT.run(1, || drop(std::hint::black_box(vec![0_u8; 5000])))
    });
    assert!(asked >= 10_000, "{asked}");
    assert_eq!(asked_for(1, || drop(std::hint::black_box(vec![0_u8; 5000]))), 0);
}

/// Enough of everything that lists of free blocks run empty and full.
#[test]
fn frames_come_and_go_while_it_reads() {
    for n in 0..40 {
        let mut kept = Vec::new();
        TENANT.run(2, || {
            for _ in 0..n {
                run_with(((&OTHER, "other".to_owned()), (&DEFAULT, vec![8; 10])), || {
                    TENANT.enter_with(2);
                    let guard = OTHER.with_scope("other".to_owned());
                    kept.push(snapshot());
                    kept.push(snapshot_for(HandOver::Job));
                    TENANT.disable();
                    drop(guard);
                });
            }
        });
        let residents: Vec<_> = kept.drain(..).map(Resident::new).collect();
        root(|| {
            for resident in residents {
                let visit = resident.visit();
                OTHER.enter_with("other".to_owned());
                kept.extend(visit.leave().map(|resident| resident.snapshot()));
            }
        });
        let resource = AsyncResource::new("ALLOCATES");
        let bound = (|| vec![1]).bind_to(&resource);
        assert_eq!(bound(), [1]);
    }
}

#[test]
fn futures_are_polled_and_dropped_while_it_reads() {
    TENANT.run(3, || {
        let mut future = pin!(
            async {
                OTHER.enter_with("other".to_owned());
                let text = "kept".repeat(10);
                throughline_core::root_scope(async { vec![0; 10] }).await;
                text
            }
            .in_context()
        );
        let poll = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(poll, Poll::Ready(text) if text.len() == 40));
    });
}

#[cfg(feature = "audit")]
#[test]
fn what_is_missed_is_counted_while_it_reads() {
    use throughline_core::audit;
    let handed_over = EXPECTED.run(9, || [(); 20].map(|()| snapshot_for(HandOver::Detached)));
    for snapshot in handed_over {
        snapshot.run(|| drop(std::hint::black_box(vec![0; 10])));
    }
    assert!(audit::summary().iter().map(audit::Missed::count).sum::<u64>() >= 20);
}

#[test]
fn hosts_are_asked_while_it_reads() {
    host::ask_outside(|| {
        drop(std::hint::black_box(vec![0; 10]));
        None
    });
    static KNOWN: OnceLock<Snapshot> = OnceLock::new();
    KNOWN.get_or_init(|| TENANT.run(5, snapshot));
    std::thread_local!(static IS_KNOWN: Cell<bool> = const { Cell::new(false) });
    host::ask_outside(|| KNOWN.get().filter(|_| IS_KNOWN.get()).cloned());
    IS_KNOWN.set(true);
    assert!(asked_for(5, || drop(std::hint::black_box(vec![0_u8; 5000]))) >= 10_000);
    assert_eq!(TENANT.get_store(), Some(5));
    IS_KNOWN.set(false);
}

/// A thread gives its free blocks back when it ends, after its thread-locals have begun to go.
#[test]
fn threads_end_while_it_reads() {
    thread_local! {
        static LATE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
    }
    for _ in 0..10 {
        let thread = std::thread::spawn(|| {
            LATE.set(vec![0; 10]);
            TENANT.run(4, || OTHER.run("other".to_owned(), || drop(snapshot())));
        });
        thread.join().unwrap();
    }
}
