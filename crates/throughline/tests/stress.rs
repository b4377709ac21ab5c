//! Tasks of many tenants on a multi-thread runtime that yield, spawn, panic, abort, set and exit as chance will have it: no read ever sees
//! another tenant, and nothing is left. In a process of its own, where frames can be counted.
#![cfg(all(feature = "tokio", feature = "tokio-rt-multi-thread", feature = "test-util"))]

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};
use throughline::AsyncLocalStorage;
use throughline::test_util::live;
use throughline::tokio::{spawn_blocking, spawn_detached};
use tokio::runtime::{Builder, Runtime};
use tokio::task::{JoinHandle, yield_now};

static TENANT: AsyncLocalStorage<u64> = AsyncLocalStorage::new();
/// Entered and left again by everybody.
static NOTE: AsyncLocalStorage<u64> = AsyncLocalStorage::new();

static READS: AtomicU64 = AtomicU64::new(0);
static MIXED: AtomicU64 = AtomicU64::new(0);
static DROPS: AtomicU64 = AtomicU64::new(0);

const TENANTS: u64 = 1000;
const TASKS: u64 = 10_000;

fn check(tenant: Option<u64>) {
    READS.fetch_add(1, Relaxed);
    if TENANT.get_store() != tenant {
        MIXED.fetch_add(1, Relaxed);
    }
}

/// Whether tasks are spawned by tokio itself, whose hooks hand over.
static BY_HOOKS: AtomicBool = AtomicBool::new(false);

fn spawn(work: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    if BY_HOOKS.load(Relaxed) {
        tokio::spawn(work)
    } else {
        throughline::tokio::spawn(work)
    }
}

/// Law 4: wherever its task ends, and however.
struct Last(u64);

impl Drop for Last {
    fn drop(&mut self) {
        DROPS.fetch_add(1, Relaxed);
        check(Some(self.0));
    }
}

struct Dice(u64);

impl Dice {
    /// xorshift64*
    fn throw(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % sides
    }
}

/// Who it works for, it knows by hand too.
fn work(tenant: u64, mut dice: Dice, depth: u32) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move {
        let _last = Last(tenant);
        for _ in 0..dice.throw(8) {
            check(Some(tenant));
            let seed = Dice(dice.throw(u64::MAX) | 1);
            match dice.throw(9) {
                0 | 1 => yield_now().await,
                2 if depth > 0 => spawn(work(tenant, seed, depth - 1)).await.unwrap_or(()),
                3 if depth > 0 => drop(spawn(work(tenant, seed, depth - 1))),
                4 if depth > 0 => {
                    let child = spawn(work(tenant, seed, depth - 1));
                    yield_now().await;
                    child.abort();
                }
                5 => {
                    let note = dice.throw(u64::MAX);
                    NOTE.enter_with(note);
                    yield_now().await;
                    assert_eq!(NOTE.get_store(), Some(note), "what a task enters stays its own");
                }
                6 => {
                    let other = dice.throw(TENANTS);
                    let inner = async move {
                        yield_now().await;
                        check(Some(other));
                    };
                    TENANT.scope(other, inner).await;
                }
                7 => {
                    TENANT
                        .exit_scope(async {
                            yield_now().await;
                            check(None);
                        })
                        .await;
                    spawn_detached(async { check(None) }).await.unwrap();
                }
                _ => match dice.throw(40) {
                    0 => std::panic::resume_unwind(Box::new("as chance will have it")),
                    1 => spawn_blocking(move || check(Some(tenant))).await.unwrap(),
                    _ => {}
                },
            }
        }
        check(Some(tenant));
    })
}

fn runtime() -> Runtime {
    let mut builder = Builder::new_multi_thread();
    if BY_HOOKS.load(Relaxed) {
        throughline::tokio::hooks::install(&mut builder).unwrap();
    }
    builder.worker_threads(4).build().unwrap()
}

fn start(task: u64) -> JoinHandle<()> {
    let tenant = task % TENANTS;
    let dice = Dice((task + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    TENANT.run(tenant, || spawn(work(tenant, dice, 3)))
}

/// One after the other, since what is left is counted.
#[test]
fn no_tenant_sees_another_and_nothing_is_left() {
    for by_hooks in [false, true] {
        if by_hooks && cfg!(not(tokio_unstable)) {
            continue;
        }
        BY_HOOKS.store(by_hooks, Relaxed);
        for counter in [&READS, &MIXED, &DROPS] {
            counter.store(0, Relaxed);
        }
        to_the_end();
        let reads = READS.load(Relaxed);
        assert!(reads > 2 * TASKS, "{reads} reads: the tasks did something");
        shut_down_in_the_middle();
        assert!(READS.load(Relaxed) > reads, "it was shut down while they ran");
        assert!(
            DROPS.load(Relaxed) >= 2 * TASKS,
            "each task's last value was dropped"
        );
        assert_eq!(MIXED.load(Relaxed), 0, "of {} reads", READS.load(Relaxed));
        assert_eq!((live::frames(), live::resources()), (0, 0));
    }
}

fn to_the_end() {
    let runtime = runtime();
    runtime.block_on(async {
        let tasks: Vec<_> = (0..TASKS).map(start).collect();
        for task in tasks {
            // Some panic.
            let _ = task.await;
        }
    });
}

fn shut_down_in_the_middle() {
    let before = READS.load(Relaxed);
    let runtime = runtime();
    let entered = runtime.enter();
    let tasks: Vec<_> = (0..TASKS).map(start).collect();
    let until = Instant::now() + Duration::from_secs(10);
    while READS.load(Relaxed) < before + TASKS / 2 && Instant::now() < until {
        std::thread::yield_now();
    }
    drop(entered);
    drop(runtime);
    drop(tasks);
}
