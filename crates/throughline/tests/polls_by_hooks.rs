//! A poll whose context comes by tokio's hooks asks for no memory. In a process of its own, whose allocator counts.
#![cfg(all(feature = "tokio", tokio_unstable))]

use throughline::AsyncLocalStorage;
use throughline::tokio::hooks;
use tokio::runtime::{Builder, Runtime};
use tokio::task::yield_now;

static STORAGES: [AsyncLocalStorage<u64>; 64] = [const { AsyncLocalStorage::new() }; 64];

/// Blocks that one task asks for, which is polled so often.
fn blocks(runtime: &Runtime, polls: usize) -> u64 {
    let task = || async move {
        let inherited = STORAGES[0].get_store();
        for _ in 1..polls {
            yield_now().await;
            assert_eq!(STORAGES[0].get_store(), inherited);
        }
    };
    let run = || runtime.block_on(async { tokio::spawn(task()).await.unwrap() });
    run();
    allocation_counter::measure(run).count_total
}

fn in_all<R>(storages: &'static [AsyncLocalStorage<u64>], f: impl FnOnce() -> R) -> R {
    match storages.split_first() {
        Some((first, rest)) => first.run(1, || in_all(rest, f)),
        None => f(),
    }
}

#[test]
fn polls_ask_for_no_memory_however_many_storages_are_set() {
    let mut builder = Builder::new_current_thread();
    hooks::install(&mut builder).unwrap();
    let runtime = builder.build().unwrap();
    for live in [0, 1, 64] {
        let of = |polls| in_all(&STORAGES[..live], || blocks(&runtime, polls));
        assert_eq!(of(2), of(1000), "{live} live");
    }
}
