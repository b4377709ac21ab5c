//! How often is memory asked for? The allocating halves of goals 4, 7, 9, 10 and 16, to the block.

use std::hint::black_box;
use std::pin::{Pin, pin};
use std::process::ExitCode;
use std::task::{Context, Waker};

use throughline::{AsyncResource, Bind, FutureContextExt, create_hook, snapshot};
use throughline_benches::Checks;
use throughline_benches::live::with_live;
use throughline_benches::poll::Counter;
use tokio::runtime::Builder;

fn main() -> ExitCode {
    let mut checks = Checks::new("allocations");
    for live in [1, 64] {
        nothing(&mut checks, live);
        one_block(&mut checks, live);
        spawn(&mut checks, live);
    }
    checks.finish()
}

/// What never allocates.
fn nothing(checks: &mut Checks, live: usize) {
    with_live(live, &mut |storage| {
        let mut none = |goal, what: &str, op: &mut dyn FnMut()| {
            checks.at_most(goal, &format!("{what}, {live} live"), blocks(op), 0.0);
        };
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
        none(21, "scope, no hook", &mut || {
            resource.run_in_async_scope(|| black_box(()))
        });
        hook.enable();
        none(21, "scope, watched", &mut || {
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

/// What tokio asks for is no matter of ours.
fn spawn(checks: &mut Checks, live: usize) {
    with_live(live, &mut |_| {
        let runtime = Builder::new_current_thread().build().unwrap();
        let bare = blocks(&mut || runtime.block_on(async { tokio::spawn(async {}).await.unwrap() }));
        let ours = blocks(&mut || {
            runtime.block_on(async { throughline::tokio::spawn(async {}).await.unwrap() });
        });
        checks.at_most(
            9,
            &format!("spawn, beyond a bare one, {live} live"),
            ours - bare,
            0.0,
        );
    });
}

/// Hands `check` an operation that polls `future`, which was polled once before: a `scope` takes its frame then.
fn polls(mut future: Pin<&mut impl Future>, check: impl FnOnce(&mut dyn FnMut())) {
    let mut context = Context::from_waker(Waker::noop());
    let mut poll = || _ = black_box(future.as_mut().poll(&mut context).is_pending());
    poll();
    check(&mut poll);
}

/// What takes a frame: one block, however much is live.
fn one_block(checks: &mut Checks, live: usize) {
    with_live(live, &mut |storage| {
        let mut one = |goal, what: &str, op: &mut dyn FnMut()| {
            checks.at_most(goal, &format!("{what}, {live} live"), blocks(op), 1.0);
        };
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

/// Blocks that one `op` asks for, what is made on first use left out.
fn blocks(op: &mut dyn FnMut()) -> f64 {
    const TIMES: u32 = 1000;
    op();
    let counted = allocation_counter::measure(|| (0..TIMES).for_each(|_| op()));
    counted.count_total as f64 / f64::from(TIMES)
}
