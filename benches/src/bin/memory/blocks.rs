//! How often is memory asked for? The allocating halves of goals 4, 7, 9, 10 and 16, to the block.

use std::hint::black_box;
use std::pin::{Pin, pin};
use std::task::{Context, Waker};

use throughline::{
    AsyncLocalStorage, AsyncResource, Bind as _, FutureContextExt as _, create_hook, snapshot,
};
use throughline_benches::Memory;
use throughline_benches::live::with_live;
use throughline_benches::poll::Counter;
use tokio::runtime::Builder;
use tokio::task::JoinHandle;

pub(crate) fn measure(memory: &mut Memory) {
    larger_stores(memory);
    for live in [1, 16, 64] {
        nothing(memory, live);
        frames(memory, live);
        spawn(memory, live);
    }
}

/// What never allocates.
fn nothing(memory: &mut Memory, live: usize) {
    with_live(live, &mut |storage| {
        let mut none = |goal, what: &str, op: &mut dyn FnMut()| at_most(memory, goal, what, live, op, 0.0);
        none(1, "get_store", &mut || _ = black_box(storage.get_store()));
        none(2, "with", &mut || {
            _ = black_box(storage.with(|store| store.copied()))
        });
        none(9, "in_context", &mut || {
            drop(black_box(Counter::default().in_context()))
        });
        none(11, "snapshot", &mut || drop(black_box(snapshot())));
        none(14, "bind and call", &mut || {
            _ = black_box((|x: u64| x + 1).bind()(1))
        });
        let snapshot = snapshot();
        none(13, "Snapshot::run", &mut || snapshot.run(|| black_box(())));
        let resource = AsyncResource::new("Measured");
        let hook = create_hook()
            .before(|_| ())
            .after(|_| ())
            .only(["Measured"])
            .build();
        none(15, "a callback of a resource, no hook", &mut || {
            resource.run_in_async_scope(|| black_box(()))
        });
        hook.enable();
        none(15, "a callback of a resource, watched", &mut || {
            resource.run_in_async_scope(|| black_box(()))
        });
        hook.disable();
        polls(pin!(Counter::default().in_context()), |op| {
            none(7, "poll of in_context", op)
        });
        polls(pin!(storage.scope(7, Counter::default())), |op| {
            none(7, "poll of scope", op)
        });
    });
}

/// What takes a frame: one block, however much is live; or none, where the thread has kept one.
fn frames(memory: &mut Memory, live: usize) {
    with_live(live, &mut |storage| {
        let mut one = |goal, what: &str, op: &mut dyn FnMut()| at_most(memory, goal, what, live, op, 1.0);
        one(4, "run", &mut || storage.run(7, || black_box(())));
        one(12, "run, snapshot kept", &mut || {
            drop(black_box(storage.run(7, snapshot)))
        });
        let mut context = Context::from_waker(Waker::noop());
        one(10, "scope, first poll and drop", &mut || {
            let future = pin!(storage.scope(7, Counter::default()));
            _ = black_box(future.poll(&mut context));
        });
    });
}

/// The first stretch goal: of which sizes does a thread keep frames?
fn larger_stores(memory: &mut Memory) {
    fn of<const WORDS: usize>(memory: &mut Memory) {
        let storage = AsyncLocalStorage::<[u64; WORDS]>::new();
        with_live(15, &mut |_| {
            let blocks = blocks(&mut || storage.run([7; WORDS], || black_box(())));
            memory.push_blocks(format!("run with {} bytes, 15 live", WORDS * 8), blocks);
            if WORDS <= 8 {
                memory.stretch(
                    1,
                    &format!("blocks of a run with {} bytes, 16 storages", WORDS * 8),
                    blocks,
                    0.0,
                );
            }
        });
    }
    of::<1>(memory);
    of::<3>(memory);
    of::<8>(memory);
    of::<32>(memory);
}

/// What tokio asks for is no matter of ours.
fn spawn(memory: &mut Memory, live: usize) {
    use throughline::tokio as ours;
    with_live(live, &mut |storage| {
        let runtime = Builder::new_current_thread().build().unwrap();
        let blocks_of = |spawn: &dyn Fn() -> JoinHandle<()>| {
            blocks(&mut || runtime.block_on(async { spawn().await.unwrap() }))
        };
        let mut beyond = |goal, what: &str, found: f64, limit| {
            let what = format!("{what}, beyond a bare one, {live} live");
            memory.push_blocks(&what, found);
            memory.at_most(goal, &format!("blocks of {what}"), found, limit);
        };
        let bare = blocks_of(&|| tokio::spawn(async {}));
        let inherits = blocks_of(&|| ours::spawn(async {})) - bare;
        beyond(9, "spawn", inherits, 0.0);
        let fresh = blocks_of(&|| storage.run(7, || ours::spawn(async {}))) - bare;
        beyond(10, "spawn with a store of its own", fresh, 1.0);
    });
}

/// Hands `check` an operation that polls `future`, which was polled once before: a `scope` takes its frame then.
fn polls(mut future: Pin<&mut impl Future>, check: impl FnOnce(&mut dyn FnMut())) {
    let mut context = Context::from_waker(Waker::noop());
    let mut poll = || _ = black_box(future.as_mut().poll(&mut context).is_pending());
    poll();
    check(&mut poll);
}

fn at_most(memory: &mut Memory, goal: u8, what: &str, live: usize, op: &mut dyn FnMut(), limit: f64) {
    let what = format!("{what}, {live} live");
    let blocks = blocks(op);
    memory.push_blocks(&what, blocks);
    memory.at_most(goal, &format!("blocks of {what}"), blocks, limit);
}

/// Blocks that one `op` asks for, what is made on first use left out.
fn blocks(op: &mut dyn FnMut()) -> f64 {
    const TIMES: u32 = 1000;
    op();
    let counted = allocation_counter::measure(|| (0..TIMES).for_each(|_| op()));
    counted.count_total as f64 / f64::from(TIMES)
}
