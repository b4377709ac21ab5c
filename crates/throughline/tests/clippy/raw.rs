//! Each hand-over that `docs/clippy.toml` forbids, once. Nothing of it runs: clippy reads it.

#![allow(clippy::disallowed_macros, clippy::let_underscore_future, unused_must_use, deprecated)]

mod replacements;

use std::future::ready;

fn main() {
    println!("{:p}", replacements::ALL);
    let _ = (tokio_itself, tokio_unstable, tokio_util, guards);
    let _ = (threads, rayon_itself, rayon_pool, smol_and_futures);
}

async fn tokio_itself(handle: tokio::runtime::Handle, runtime: tokio::runtime::Runtime) {
    tokio::spawn(ready(()));
    tokio::task::spawn_blocking(|| ());
    tokio::task::spawn_local(ready(()));
    handle.spawn(ready(()));
    handle.spawn_blocking(|| ());
    runtime.spawn(ready(()));
    runtime.spawn_blocking(|| ());
    let local = tokio::runtime::LocalRuntime::new().unwrap();
    local.spawn_local(ready(()));
    local.spawn_blocking(|| ());
    let local = tokio::task::LocalSet::new();
    local.spawn_local(ready(()));
    let mut set = tokio::task::JoinSet::new();
    set.spawn(ready(()));
    set.spawn_on(ready(()), &handle);
    set.spawn_local(ready(()));
    set.spawn_local_on(ready(()), &local);
    set.spawn_blocking(|| ());
    set.spawn_blocking_on(|| (), &handle);
}

fn tokio_unstable(handle: &tokio::runtime::Handle, local: &tokio::task::LocalSet) {
    let builder = tokio::task::Builder::new;
    builder().spawn(ready(()));
    builder().spawn_on(ready(()), handle);
    builder().spawn_local(ready(()));
    builder().spawn_local_on(ready(()), local);
    builder().spawn_blocking(|| ());
    builder().spawn_blocking_on(|| (), handle);
    let mut set = tokio::task::JoinSet::new();
    set.build_task().spawn(ready(()));
    set.build_task().spawn_on(ready(()), handle);
    set.build_task().spawn_local(ready(()));
    set.build_task().spawn_local_on(ready(()), local);
    set.build_task().spawn_blocking(|| ());
    set.build_task().spawn_blocking_on(|| (), handle);
}

fn tokio_util(handle: &tokio::runtime::Handle, local: &tokio::task::LocalSet) {
    use tokio_util::task::{JoinMap, JoinQueue, LocalPoolHandle, TaskTracker};
    let mut map = JoinMap::new();
    map.spawn(1, ready(()));
    map.spawn_on(1, ready(()), handle);
    map.spawn_local(1, ready(()));
    map.spawn_local_on(1, ready(()), local);
    map.spawn_blocking(1, || ());
    map.spawn_blocking_on(1, || (), handle);
    let mut queue = JoinQueue::new();
    queue.spawn(ready(()));
    queue.spawn_on(ready(()), handle);
    queue.spawn_local(ready(()));
    queue.spawn_blocking(|| ());
    queue.spawn_blocking_on(|| (), handle);
    let tracker = TaskTracker::new();
    tracker.spawn(ready(()));
    tracker.spawn_on(ready(()), handle);
    tracker.spawn_local(ready(()));
    tracker.spawn_local_on(ready(()), local);
    tracker.spawn_blocking(|| ());
    tracker.spawn_blocking_on(|| (), handle);
    let pool = LocalPoolHandle::new(1);
    pool.spawn_pinned(|| ready(()));
    pool.spawn_pinned_by_idx(|| ready(()), 0);
}

fn threads() {
    use std::thread::{self, Builder};
    thread::spawn(|| ());
    thread::scope(|s| {
        s.spawn(|| ());
        Builder::new().spawn_scoped(s, || ());
    });
    Builder::new().spawn(|| ());
    // SAFETY: it borrows nothing.
    unsafe { Builder::new().spawn_unchecked(|| ()) };
}

fn rayon_itself() {
    rayon::join(|| (), || ());
    rayon::join_context(|_| (), |_| ());
    rayon::scope(|s| {
        s.spawn(|_| ());
        s.spawn_broadcast(|_, _| ());
    });
    rayon::scope_fifo(|s| {
        s.spawn_fifo(|_| ());
        s.spawn_broadcast(|_, _| ());
    });
    rayon::in_place_scope(|_| ());
    rayon::in_place_scope_fifo(|_| ());
    rayon::spawn(|| ());
    rayon::spawn_fifo(|| ());
    rayon::broadcast(|_| ());
    rayon::spawn_broadcast(|_| ());
    rayon::yield_now();
    rayon::yield_local();
}

fn rayon_pool(pool: &rayon::ThreadPool) {
    pool.install(|| ());
    pool.join(|| (), || ());
    pool.scope(|_| ());
    pool.scope_fifo(|_| ());
    pool.in_place_scope(|_| ());
    pool.in_place_scope_fifo(|_| ());
    pool.spawn(|| ());
    pool.spawn_fifo(|| ());
    pool.broadcast(|_| ());
    pool.spawn_broadcast(|_| ());
    pool.yield_now();
    pool.yield_local();
}

fn smol_and_futures(pool: &futures::executor::ThreadPool, local: &futures::executor::LocalSpawner) {
    use futures::task::{LocalSpawnExt, SpawnExt};
    smol::spawn(ready(()));
    let executor = smol::Executor::new();
    executor.spawn(ready(()));
    executor.spawn_many([ready(())], &mut Vec::new());
    let executor = smol::LocalExecutor::new();
    executor.spawn(ready(()));
    executor.spawn_many([ready(())], &mut Vec::new());
    smol::unblock(|| ());
    pool.spawn_ok(ready(()));
    SpawnExt::spawn(pool, ready(()));
    pool.spawn_with_handle(ready(()));
    LocalSpawnExt::spawn_local(local, ready(()));
    local.spawn_local_with_handle(ready(()));
}

async fn guards(
    storage: &throughline::AsyncLocalStorage<u32>,
    channel: &throughline::channel::Channel<u32>,
    bounded: &throughline::channel::BoundedChannel<u32>,
) {
    {
        let _scope = storage.with_scope(1);
        ready(()).await;
    }
    {
        let _scope = channel.with_store_scope(&1);
        ready(()).await;
    }
    {
        let _scope = bounded.with_scope(1);
        ready(()).await;
    }
}
