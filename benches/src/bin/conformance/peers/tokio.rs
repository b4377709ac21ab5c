//! tokio's `task_local!`, asked.

use futures::FutureExt as _;

use crate::peer::{Kept, Peer, Speaks, Task};

tokio::task_local! {
    static VALUE: u64;
    static SPEAKS: Speaks;
}

pub(crate) struct Tokio;

impl Peer for Tokio {
    const NAME: &'static str = "tokio task_local";
    const KEEPS_ALL: bool = false;

    fn get() -> Option<u64> {
        VALUE.try_with(|value| *value).ok()
    }
    fn run(value: u64, f: &mut dyn FnMut()) {
        VALUE.sync_scope(value, f);
    }
    fn scope(value: u64, task: Task) -> Task {
        VALUE.scope(value, task).boxed()
    }
    fn inherit(task: Task) -> Task {
        match Self::get() {
            Some(value) => Self::scope(value, task),
            None => task,
        }
    }
    fn keep() -> Kept {
        let value = Self::get();
        Box::new(move |f| match value {
            Some(value) => VALUE.sync_scope(value, f),
            None => f(),
        })
    }
    fn lend(f: &mut dyn FnMut(Option<u64>)) -> Option<()> {
        VALUE.with(|value| f(Some(*value)));
        Some(())
    }
    fn run_speaking(value: Speaks, f: &mut dyn FnMut()) -> Option<()> {
        SPEAKS.sync_scope(value, f);
        Some(())
    }
}
