//! The functions.

use crate::REQUEST;
use std::cell::Cell;
use std::panic::{self, Location};
use std::sync::mpsc;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task;

#[tokio::test]
async fn spawn_inherits() {
    let spawned = REQUEST.run(7, || [tokio::spawn(read_later()), task::spawn(read_later())]);
    for task in spawned {
        assert_eq!(task.await.unwrap(), Some(7));
    }
    assert_eq!(tokio::spawn(read_later()).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spawn_inherits_on_many_threads_however_deep() {
    let task = REQUEST.run(7, || {
        tokio::spawn(async { tokio::spawn(async { tokio::spawn(read_later()).await }).await })
    });
    assert_eq!(task.await.unwrap().unwrap().unwrap(), Some(7));
}

#[tokio::test]
async fn what_a_task_enters_is_its_own() {
    REQUEST
        .scope(7, async {
            let task = tokio::spawn(async {
                REQUEST.enter_with(8);
                task::yield_now().await;
                (REQUEST.get_store(), tokio::spawn(read_later()).await.unwrap())
            });
            assert_eq!(task.await.unwrap(), (Some(8), Some(8)));
            assert_eq!(REQUEST.get_store(), Some(7));
        })
        .await;
}

#[tokio::test]
async fn spawn_blocking_inherits() {
    let thread = REQUEST.run(7, || task::spawn_blocking(|| REQUEST.get_store()));
    assert_eq!(thread.await.unwrap(), Some(7));
    assert_eq!(task::spawn_blocking(|| REQUEST.get_store()).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn block_in_place_keeps_the_context() {
    let task = REQUEST.run(7, || {
        tokio::spawn(async { task::block_in_place(|| REQUEST.get_store()) })
    });
    assert_eq!(task.await.unwrap(), Some(7));
}

#[tokio::test]
async fn destructors_of_an_aborted_task_see_its_context() {
    struct Tells(mpsc::Sender<Option<u64>>);
    impl Drop for Tells {
        fn drop(&mut self) {
            self.0.send(REQUEST.get_store()).unwrap();
        }
    }

    let (told, hear) = mpsc::channel();
    let tells = Tells(told);
    let task = REQUEST.run(7, || {
        tokio::spawn(async move {
            let _tells = tells;
            std::future::pending::<()>().await;
        })
    });
    task::yield_now().await;
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    assert_eq!(hear.recv().unwrap(), Some(7));
}

#[tokio::test]
async fn a_service_of_all_these_answers_each_request_for_itself() {
    let all = (0..20).map(|request| tokio::spawn(throughline_tokio_ordinary::answer(request, 3)));
    for (request, task) in all.collect::<Vec<_>>().into_iter().enumerate() {
        assert_eq!(task.await.unwrap(), vec![Some(request as u64); 4]);
    }
}

/// What `#[track_caller]` is for: a panic names the line that made the mistake. Each is called where there is no runtime, or in one where it must not be.
#[test]
fn panics_name_the_callers_line() {
    thread_local!(static PANICKED_AT: Cell<Option<(String, u32)>> = const { Cell::new(None) });
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        PANICKED_AT.set(panic.location().map(|at| (at.file().to_owned(), at.line())));
        if std::thread::current().name() != Some("quiet") {
            usual(panic);
        }
    }));
    /// Where it is expected to panic, and where it does.
    #[track_caller]
    fn both<R>(f: impl FnOnce() -> R) -> [Option<(String, u32)>; 2] {
        let here = Location::caller();
        let panicked = panic::catch_unwind(panic::AssertUnwindSafe(f)).is_err();
        [
            Some((here.file().to_owned(), here.line())),
            PANICKED_AT.take().filter(|_| panicked),
        ]
    }

    let thread = std::thread::Builder::new().name("quiet".to_owned()).spawn(|| {
        let mut all = vec![
            both(|| tokio::spawn(async {})),
            both(|| task::spawn_local(async {})),
            both(|| task::spawn_blocking(|| ())),
            both(|| task::JoinSet::new().spawn(async {})),
            both(|| _ = Handle::current()),
            both(|| Builder::new_multi_thread().worker_threads(0).build()),
        ];
        let runtime = Runtime::new().unwrap();
        let inner = Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            all.push(both(|| inner.block_on(async {})));
            all.push(both(|| inner.handle().block_on(async {})));
        });
        inner.shutdown_background();
        all
    });
    for [expected, found] in thread.unwrap().join().unwrap() {
        assert_eq!(found, expected);
    }
}

async fn read_later() -> Option<u64> {
    task::yield_now().await;
    REQUEST.get_store()
}
