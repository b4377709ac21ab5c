//! Polls whose context comes by the hooks of tokio's runtime. With `--cfg tokio_unstable`, since tokio has no hooks without it.

use std::time::Duration;

use throughline::tokio::{hooks, spawn};
use tokio::runtime::{Builder, Runtime};
use tokio::task::{JoinHandle, yield_now};

use crate::Under::Live;
use crate::live::with_live;
use crate::{Bench, Meter};

/// Of one task, whose spawn is so spread.
const POLLS: usize = 1000;
/// Of a poll, beyond a bare one.
const INSTRUCTIONS: usize = 200;

pub(super) fn define(bench: &mut Bench) {
    bench.batch(Duration::from_millis(5));
    let bare = bench.floor(|m| polls(m, &bare(), plain));
    for live in [0, 1, 64] {
        bench.row("a poll by hooks", Live(live));
        let hooked = bench.ours(move |m| with_live(live, &mut |_| polls(m, &hooked(), plain)));
        bench.each_does(POLLS);
        bench.why("tokio keeps nothing for a hook: the context is looked up by the task's id, and put back");
        let goal = bench.own_goal(format!("{POLLS} polls by hooks, {live} live, beyond bare ones"));
        goal.instructions(hooked, &[bare])
            .at_most((POLLS * INSTRUCTIONS) as f64);
    }
    bench.row("a poll of a wrapped task", Live(1));
    bench.ours(|m| with_live(1, &mut |_| polls(m, &self::bare(), || spawn(task()))));
    bench.each_does(POLLS);
}

async fn task() {
    for _ in 1..POLLS {
        yield_now().await;
    }
}

fn plain() -> JoinHandle<()> {
    tokio::spawn(task())
}

fn polls(m: &mut Meter, runtime: &Runtime, one: fn() -> JoinHandle<()>) {
    m.each(|_| runtime.block_on(async { one().await.unwrap() }));
}

fn bare() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

fn hooked() -> Runtime {
    let mut builder = Builder::new_current_thread();
    hooks::install(&mut builder).unwrap();
    builder.build().unwrap()
}
