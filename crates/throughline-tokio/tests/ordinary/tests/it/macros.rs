//! The macros, and what goes on in one task without being handed over.

use crate::REQUEST;
use std::time::Duration;
use tokio::time;

#[tokio::main(flavor = "current_thread")]
async fn ordinary_main() -> Option<u64> {
    // The outermost future is a task like any other.
    REQUEST.enter_with(7);
    tokio::spawn(async { REQUEST.get_store() }).await.unwrap()
}

#[tokio::main(worker_threads = 2)]
async fn ordinary_main_on_many_threads() -> Option<u64> {
    REQUEST.enter_with(7);
    tokio::spawn(async { REQUEST.get_store() }).await.unwrap()
}

#[tokio::main(flavor = "local")]
async fn ordinary_main_on_a_local_runtime() -> Option<u64> {
    REQUEST.enter_with(7);
    tokio::task::spawn_local(async { REQUEST.get_store() })
        .await
        .unwrap()
}

#[test]
fn tokio_main_inherits() {
    assert_eq!(ordinary_main(), Some(7));
    assert_eq!(ordinary_main_on_many_threads(), Some(7));
    assert_eq!(ordinary_main_on_a_local_runtime(), Some(7));
    assert_eq!(REQUEST.get_store(), None);
}

#[tokio::test(start_paused = true)]
async fn tokio_test_inherits() {
    REQUEST.enter_with(7);
    time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(
        tokio::spawn(async { REQUEST.get_store() }).await.unwrap(),
        Some(7)
    );
}

#[tokio::test]
async fn select_join_and_pin_stay_in_their_task() {
    let read = || async {
        tokio::task::yield_now().await;
        REQUEST.get_store()
    };
    let all = REQUEST.scope(7, async {
        let selected = tokio::select! {
            biased;
            read = read() => read,
            () = std::future::pending() => unreachable!(),
        };
        let joined = tokio::join!(read(), async { tokio::spawn(read()).await.unwrap() });
        let tried = tokio::try_join!(tokio::spawn(read()), tokio::spawn(read())).unwrap();
        let pinned = read();
        tokio::pin!(pinned);
        let timed = time::timeout(Duration::from_secs(60), &mut pinned).await.unwrap();
        [selected, joined.0, joined.1, tried.0, tried.1, timed]
    });
    assert_eq!(all.await, [Some(7); 6]);
}

tokio::task_local! {
    static BESIDE: u64;
}

/// tokio's own storages are as they were: of one task, not inherited.
#[tokio::test]
async fn task_local_is_tokios() {
    let both = BESIDE.scope(
        1,
        REQUEST.scope(7, async {
            let spawned = tokio::spawn(async { (BESIDE.try_with(|it| *it).is_ok(), REQUEST.get_store()) });
            (BESIDE.get(), REQUEST.get_store(), spawned.await.unwrap())
        }),
    );
    assert_eq!(both.await, (1, Some(7), (false, Some(7))));
}
