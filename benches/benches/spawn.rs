//! Goals 9 and 10: what does it cost to spawn a task that inherits, beside a bare one?

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Duration;

use throughline::FutureContextExt;
use throughline::tokio::spawn;
use throughline_benches::live::{Storage, with_live};
use throughline_benches::{Bench, Meter, Op, run};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

/// In one `block_on`, whose own cost is so spread.
const TASKS: usize = 100;

fn main() -> ExitCode {
    run("spawn", |bench| {
        bench.batch(Duration::from_millis(2));
        let bare = [1, 64].map(|live| {
            let name = format!("100 bare spawns, each awaited, {live} live");
            bench.op(name, move |m| spawns(m, live, |_| tokio::spawn(task())))
        });
        inherits(bench, bare);
        fresh(bench, bare);
    })
}

/// What a task does: is woken once.
async fn task() {
    black_box(());
}

fn inherits(bench: &mut Bench, bare: [Op; 2]) {
    for (live, bare) in [1, 64].into_iter().zip(bare) {
        let ours = bench.op(format!("100 of ours, {live} live"), move |m| {
            spawns(m, live, |_| spawn(task()))
        });
        bench
            .goal(9, format!("spawn that inherits, {live} live / bare spawn"))
            .ratio(ours, bare)
            .prototype(1.02)
            .at_most(1.12);
    }
}

fn fresh(bench: &mut Bench, bare: [Op; 2]) {
    for (live, bare) in [1, 64].into_iter().zip(bare) {
        let ours = bench.op(
            format!("100 of ours with a store of their own, {live} live"),
            move |m| {
                spawns(m, live, |storage| {
                    tokio::spawn(storage.run(7, || task().in_context()))
                });
            },
        );
        bench
            .goal(10, format!("spawn with a fresh store, {live} live / bare spawn"))
            .ratio(ours, bare)
            .prototype(1.18)
            .at_most(1.4);
    }
}

fn spawns(m: &mut Meter, live: usize, one: impl Fn(&'static Storage) -> JoinHandle<()>) {
    let runtime: Runtime = Builder::new_current_thread().build().unwrap();
    with_live(live, &mut |storage| {
        m.each(|_| {
            runtime.block_on(async {
                for _ in 0..TASKS {
                    one(storage).await.unwrap();
                }
            });
        });
    });
}
