//! What actix spawns, and what ours inherits.

use crate::support::{Server, USER, over_both};
use actix_web::rt::System;
use std::sync::Mutex;
use throughline::{AsyncLocalStorage, Crossing, Propagation};

#[test]
fn tasks_and_blocking_calls_of_a_request_are_in_its_context() {
    over_both(async |server: Server| {
        let (_, body) = server.get("/spawned", &["r-1"]).await;
        assert_eq!(body, "- r-1, - r-1 r-1");
    });
}

/// Tells where it is dropped.
struct Witness(&'static Mutex<Vec<Option<&'static str>>>);

impl Drop for Witness {
    fn drop(&mut self) {
        self.0.lock().unwrap().push(USER.get_store());
    }
}

#[test]
fn a_task_is_dropped_in_its_context_aborted_or_panicked() {
    static SEEN: Mutex<Vec<Option<&str>>> = Mutex::new(Vec::new());
    System::new().block_on(async {
        let aborted = USER.run("ada", || {
            let witness = Witness(&SEEN);
            throughline_actix::spawn(async move {
                let _witness = witness;
                std::future::pending::<()>().await;
            })
        });
        actix_web::rt::task::yield_now().await;
        aborted.abort();
        assert!(aborted.await.unwrap_err().is_cancelled());

        let panicked = USER.run("grace", || {
            let witness = Witness(&SEEN);
            throughline_actix::spawn(async move {
                let _witness = witness;
                panic!("on purpose");
            })
        });
        assert!(panicked.await.is_err_and(|error| error.is_panic()));
    });
    assert_eq!(*SEEN.lock().unwrap(), [Some("ada"), Some("grace")]);
}

#[test]
fn a_blocking_call_that_panics_is_an_error_and_leaves_its_thread_clean() {
    System::new().block_on(async {
        let panicked = USER.run("ada", || throughline_actix::block(|| panic!("on purpose")));
        let panicked: Result<(), _> = panicked.await;
        assert!(panicked.is_err());
        assert_eq!(actix_web::web::block(|| USER.get_store()).await.unwrap(), None);
    });
}

#[test]
fn what_crosses_is_what_the_storage_says() {
    static NOT_TO_THREADS: AsyncLocalStorage<u8> =
        AsyncLocalStorage::new().propagation(Propagation::new().blocking(Crossing::Drop));
    System::new().block_on(async {
        let both = NOT_TO_THREADS.run(1, || {
            (
                throughline_actix::spawn(async { NOT_TO_THREADS.get_store() }),
                throughline_actix::block(|| NOT_TO_THREADS.get_store()),
            )
        });
        assert_eq!((both.0.await.unwrap(), both.1.await.unwrap()), (Some(1), None));
    });
}
