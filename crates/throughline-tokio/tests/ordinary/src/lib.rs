//! Ordinary tokio code: a little service that spawns by all that tokio has. It names tokio as every program does, and Throughline only where it sets
//! and reads what follows the work.
//!
//! That it inherits is due to one line of `Cargo.toml`. The tests beside it take each way to spawn by itself.

use throughline::AsyncLocalStorage;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// Which request this is done for.
pub static REQUEST: AsyncLocalStorage<u64> = AsyncLocalStorage::new();

/// Answers one request: `parts` tasks, each with a blocking call of its own, tell what they did it for.
///
/// # Panics
/// If one of them does.
pub async fn answer(request: u64, parts: usize) -> Vec<Option<u64>> {
    REQUEST.scope(request, work(parts)).await
}

async fn work(parts: usize) -> Vec<Option<u64>> {
    let (done, mut told) = mpsc::channel(1);
    let mut tasks = JoinSet::new();
    for _ in 0..parts {
        let done = done.clone();
        tasks.spawn(async move {
            tokio::task::yield_now().await;
            let read = tokio::task::spawn_blocking(|| REQUEST.get_store()).await.unwrap();
            done.send(read).await.unwrap();
        });
    }
    drop(done);
    let collector = tokio::spawn(async move {
        let mut all = vec![REQUEST.get_store()];
        while let Some(read) = told.recv().await {
            all.push(read);
        }
        all
    });
    tasks.join_all().await;
    collector.await.unwrap()
}
