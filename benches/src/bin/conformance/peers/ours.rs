//! Throughline, asked.

use std::any::Any;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::FutureExt as _;
use throughline::prelude::*;
use throughline::rayon::prelude::*;
use throughline::tokio::{self as task, tag_for};
use throughline::{
    AsyncLocalStorage, AsyncResource, HandOver, create_hook, execution_async_id, flush_destroy_events, root,
    snapshot, trigger_async_id,
};
use tokio::task::JoinHandle;

use crate::cell::Cell;
use crate::peer::{Callback, How, Items, Job, Kept, Peer, Speaks, Taker, Task};

static VALUE: AsyncLocalStorage<u64> = AsyncLocalStorage::new();
static OTHER: AsyncLocalStorage<u64> = AsyncLocalStorage::new();
static DEFAULT: AsyncLocalStorage<u64> = AsyncLocalStorage::with_default(|| 5);
static SPEAKS: AsyncLocalStorage<Speaks> = AsyncLocalStorage::new();

pub(crate) struct Ours;

impl Peer for Ours {
    const NAME: &'static str = "Throughline";
    const KEEPS_ALL: bool = true;

    fn get() -> Option<u64> {
        VALUE.get_store()
    }
    fn run(value: u64, f: &mut dyn FnMut()) {
        VALUE.run(value, f);
    }
    fn scope(value: u64, task: Task) -> Task {
        VALUE.scope(value, task).boxed()
    }
    fn inherit(task: Task) -> Task {
        task.in_context().boxed()
    }
    fn keep() -> Kept {
        let here = snapshot();
        Box::new(move |f| here.run(f))
    }
    fn boundary(f: &mut dyn FnMut()) {
        root(f);
    }
    fn lend(f: &mut dyn FnMut(Option<u64>)) -> Option<()> {
        VALUE.with(|value| f(value.copied()));
        Some(())
    }
    fn enter_with(value: u64) -> Option<()> {
        VALUE.enter_with(value);
        Some(())
    }
    fn exit(f: &mut dyn FnMut()) -> Option<How> {
        VALUE.exit(f);
        Some(How::Own)
    }
    fn guard(value: u64) -> Option<Box<dyn Any>> {
        Some(Box::new(VALUE.with_scope(value)))
    }
    fn run_speaking(value: Speaks, f: &mut dyn FnMut()) -> Option<()> {
        SPEAKS.run(value, f);
        Some(())
    }
    fn dynamic_keys() -> Cell {
        let seen: Vec<_> = (0..3)
            .map(|n| {
                let key = AsyncLocalStorage::new();
                let kept = key.run(n, snapshot);
                (kept.get(&key), key.get_store())
            })
            .collect();
        Cell::if_same(
            seen,
            vec![(Some(0), None), (Some(1), None), (Some(2), None)],
            How::Own,
        )
    }
    fn default_value() -> Cell {
        Cell::if_same(DEFAULT.get_store(), Some(5), How::Own)
    }
    fn two_keys() -> Option<(Option<u64>, Option<u64>)> {
        let kept = VALUE.run(1, || OTHER.run(2, snapshot));
        let seen = std::thread::spawn(move || kept.run(|| (VALUE.get_store(), OTHER.get_store())));
        Some(seen.join().unwrap())
    }
    fn bind_once(job: Job) -> Option<Job> {
        Some(Box::new(job.bind_once()))
    }
    fn bind(callback: Callback) -> Option<Callback> {
        Some(Box::new(callback.bind()))
    }
    fn call_bound_mut(value: u64, f: &mut (dyn FnMut() + Send)) -> Option<()> {
        let mut bound = VALUE.run(value, || f.bind_mut());
        bound();
        bound();
        Some(())
    }
    fn spawn(task: Task) -> Option<JoinHandle<()>> {
        Some(task::spawn(task))
    }
    fn spawn_local(task: Task) -> Option<JoinHandle<()>> {
        Some(task::spawn_local(task))
    }
    fn join_set(task: Task) -> Option<Task> {
        let mut set = task::task::JoinSet::new();
        set.spawn(task);
        Some(async move { set.join_next().await.unwrap().unwrap() }.boxed())
    }
    fn spawn_blocking(job: Job) -> Option<JoinHandle<()>> {
        Some(task::spawn_blocking(job))
    }
    fn thread(job: Job) -> Option<std::thread::JoinHandle<()>> {
        Some(throughline::thread::spawn(job))
    }
    fn scoped_thread(f: &mut (dyn FnMut() + Send)) -> Option<()> {
        throughline::thread::scope(|s| s.spawn(f).join().unwrap());
        Some(())
    }
    fn rayon_join(a: &(dyn Fn() + Sync), b: &(dyn Fn() + Sync)) -> Option<()> {
        throughline::rayon::join(a, b);
        Some(())
    }
    fn par_iter(items: usize, f: &(dyn Fn() + Sync)) -> Option<()> {
        (0..items).into_par_iter().in_context().for_each(|_| f());
        Some(())
    }
    fn stream(items: Items) -> Option<Items> {
        Some(Box::pin(throughline::stream::StreamContextExt::in_context(items)))
    }
    fn sink(takes: Taker) -> Option<Taker> {
        Some(Box::pin(throughline::sink::SinkContextExt::in_context(takes)))
    }
    #[cfg(not(tokio_unstable))]
    fn plain_spawn(task: Task) -> Option<JoinHandle<()>> {
        // tokio = { package = "throughline-tokio", … }
        use throughline_tokio as tokio;
        Some(tokio::spawn(task))
    }
    fn message(job: Job) -> Option<Job> {
        let tagged = tag_for(HandOver::Task, job);
        Some(Box::new(move || tagged.run(|job| job())))
    }
    fn detached() -> Option<(Option<u64>, How)> {
        let thread = VALUE.run(7, || throughline::thread::spawn_detached(Self::get));
        Some((thread.join().unwrap(), How::Own))
    }
    fn cause() -> Cell {
        let request = AsyncResource::new("REQUEST");
        let ids = async { (execution_async_id(), trigger_async_id()) };
        let task = request.run_in_async_scope(|| ids.in_resource("TASK"));
        let (own, cause) = futures::executor::block_on(task);
        let is_its_own = own.is_some_and(|own| own != request.async_id());
        Cell::if_same((is_its_own, cause), (true, Some(request.async_id())), How::Own)
    }
    fn lifecycle(task: Task) -> Option<[usize; 4]> {
        static TOLD: [AtomicUsize; 4] = [const { AtomicUsize::new(0) }; 4];
        let told = |n: usize| TOLD[n].fetch_add(1, Ordering::Relaxed);
        let hook = create_hook()
            .init(move |_| _ = told(0))
            .before(move |_| _ = told(1))
            .after(move |_| _ = told(2))
            .destroy(move |_| _ = told(3))
            .build();
        let _enabled = hook.enable();
        let resource = AsyncResource::new("TASK");
        futures::executor::block_on(resource.scope(task));
        drop(resource);
        flush_destroy_events();
        Some([0, 1, 2, 3].map(|n| TOLD[n].load(Ordering::Relaxed)))
    }
}
