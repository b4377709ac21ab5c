//! tokio-inherit-task-local, asked.

use futures::FutureExt as _;
use tokio_inherit_task_local::{FutureInheritTaskLocal as _, inherit_task_local, inheritable_task_local};

use crate::peer::{Job, Kept, Peer, Speaks, Task};

inheritable_task_local! {
    static VALUE: u64;
    static OTHER: u64;
    static SPEAKS: Speaks;
}

pub(crate) struct Inherit;

impl Peer for Inherit {
    const NAME: &'static str = "tokio-inherit-task-local";
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
        task.inherit_task_local().boxed()
    }
    /// What it binds can be called once: of what can be called again, key by key.
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
    fn two_keys() -> Option<(Option<u64>, Option<u64>)> {
        let seen = || (Self::get(), OTHER.try_with(|value| *value).ok());
        let bound = VALUE.sync_scope(1, || OTHER.sync_scope(2, || inherit_task_local(seen)));
        Some(std::thread::spawn(bound).join().unwrap())
    }
    fn bind_once(job: Job) -> Option<Job> {
        Some(Box::new(inherit_task_local(job)))
    }
}
