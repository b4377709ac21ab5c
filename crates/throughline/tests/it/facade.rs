//! What the crate that users add has: all of the core, under its own name.

use throughline::{AsyncLocalStorage, Snapshot, bind, prelude::*, snapshot};

static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();

#[test]
fn macros_of_the_core_work_through_this_crate() {
    let greet = USER.run("ada", || {
        bind!(|word: &str| -> String { format!("{word} {}", USER.get_store().unwrap()) })
    });
    assert_eq!(greet("hello"), "hello ada");
}

#[test]
fn a_snapshot_of_the_core_is_a_snapshot_of_this_crate() {
    let taken: throughline_core::Snapshot = USER.run("ada", snapshot);
    let same: Snapshot = taken.clone();
    assert_eq!(same.get(&USER), Some("ada"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn context_follows_a_chain_of_hand_overs_between_threads() {
    let seen = USER
        .scope("ada", async {
            let inner = async {
                let on_blocking = tokio::task::spawn_blocking(
                    (|| {
                        std::thread::spawn((|| USER.get_store()).bind_once())
                            .join()
                            .unwrap()
                    })
                    .bind_once(),
                );
                on_blocking.await.unwrap()
            };
            tokio::spawn(inner.in_context()).await.unwrap()
        })
        .await;
    assert_eq!(seen, Some("ada"));
    assert_eq!(USER.get_store(), None);
}
