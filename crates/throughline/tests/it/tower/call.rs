//! The call and the response future, at each moment of their life.

use super::support::{Log, USER, get, in_a, layer, panics, poll};
use http::{Request, Response};
use std::convert::Infallible;
use std::future::{pending, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use throughline::tower::RequestContext;
use throughline::{AsyncResource, execution_async_id, in_boundary};
use tower_layer::Layer as _;
use tower_service::Service;

type Answer = Result<Response<String>, Infallible>;

fn ok() -> Answer {
    Ok(Response::new(String::new()))
}

#[test]
fn the_synchronous_part_of_a_call_runs_in_the_request() {
    let log = Log::default();
    let mut service = layer().layer(tower::service_fn(|_: Request<()>| {
        log.note("call");
        ready(ok())
    }));
    drop(service.call(get("/a")));
    assert_eq!(log.take(), [in_a("call")]);
}

#[test]
fn each_poll_of_the_response_runs_in_the_request() {
    let log = Log::default();
    let mut service = layer().layer(tower::service_fn(async |_: Request<()>| {
        log.note("first");
        let mut paused = false;
        std::future::poll_fn(|_| {
            if std::mem::replace(&mut paused, true) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
        log.note("second");
        ok()
    }));
    let mut response = pin!(service.call(get("/a")));
    assert!(poll(response.as_mut()).is_pending());
    assert!(!in_boundary());
    assert!(poll(response.as_mut()).is_ready());
    assert_eq!(log.take(), [in_a("first"), in_a("second")]);
}

#[test]
fn a_response_that_is_polled_on_another_thread_stays_in_its_request() {
    let log = Log::default();
    let (there, here) = (log.clone(), log.clone());
    let mut service = layer().layer(tower::service_fn(move |_: Request<()>| {
        let log = there.clone();
        async move {
            log.note("polled");
            ok()
        }
    }));
    let response = service.call(get("/a"));
    std::thread::spawn(move || futures::executor::block_on(response))
        .join()
        .unwrap()
        .unwrap();
    here.note("here");
    assert_eq!(log.take(), [in_a("polled"), "here - -".to_owned()]);
}

#[test]
fn requests_that_are_polled_in_turn_do_not_see_each_other() {
    let log = Log::default();
    let mut service = layer().layer(tower::service_fn(async |request: Request<()>| {
        USER.enter_with(if request.uri().path() == "/a" {
            "ada"
        } else {
            "bob"
        });
        for _ in 0..2 {
            log.note("turn");
            futures::pending!();
        }
        ok()
    }));
    let mut a = pin!(service.call(get("/a")));
    let mut b = pin!(service.call(get("/b")));
    for _ in 0..2 {
        assert!(poll(a.as_mut()).is_pending());
        assert!(poll(b.as_mut()).is_pending());
    }
    let turn = [
        "turn /a ada HTTPINCOMINGMESSAGE",
        "turn /b bob HTTPINCOMINGMESSAGE",
    ];
    assert_eq!(log.take(), [turn, turn].concat());
}

// Law 4.
#[test]
fn a_request_that_is_cancelled_before_its_first_poll_is_dropped_in_its_context() {
    let log = Log::default();
    let mut service = layer().layer(tower::service_fn(|_: Request<()>| {
        log.note_close();
        let witness = log.witness("drop");
        async move {
            witness.note("never");
            ok()
        }
    }));
    drop(service.call(get("/a")));
    assert_eq!(log.take(), [in_a("drop"), in_a("HungUp")]);
}

#[test]
fn a_request_that_is_cancelled_while_it_is_pending_is_dropped_in_its_context() {
    let log = Log::default();
    let mut service = layer().layer(tower::service_fn(async |_: Request<()>| {
        log.note_close();
        let _witness = log.witness("drop");
        USER.enter_with("ada");
        pending::<Answer>().await
    }));
    {
        let mut response = pin!(service.call(get("/a")));
        assert!(poll(response.as_mut()).is_pending());
    }
    // What was entered is there for destructors; who waits for the end runs in the request's own context.
    assert_eq!(log.take(), ["drop /a ada HTTPINCOMINGMESSAGE", &in_a("HungUp")]);
}

#[test]
fn a_handler_that_is_ready_is_dropped_in_its_context_before_the_response_is_there() {
    /// Keeps what it owns until it is dropped itself, as an async block does not.
    struct Held(super::support::Witness);
    impl Future for Held {
        type Output = Answer;

        fn poll(self: std::pin::Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Answer> {
            self.0.note("ready");
            Poll::Ready(ok())
        }
    }
    let log = Log::default();
    let mut service = layer().layer(tower::service_fn(|_: Request<()>| Held(log.witness("drop"))));
    let mut response = pin!(service.call(get("/a")));
    assert!(poll(response.as_mut()).is_ready());
    assert_eq!(log.take(), [in_a("ready"), in_a("drop")]);
}

#[test]
fn a_handler_that_panics_leaves_no_context_behind_and_closes_its_request() {
    let log = Log::default();
    let mut service = layer().layer(tower::service_fn(|_: Request<()>| {
        log.note_close();
        let _witness = log.witness("drop");
        async move {
            let _witness = _witness;
            if in_boundary() {
                panic!("on purpose");
            }
            ok()
        }
    }));
    {
        let mut response = pin!(service.call(get("/a")));
        assert!(panics(|| drop(poll(response.as_mut()))));
        assert!(!in_boundary() && execution_async_id().is_none());
        assert_eq!(log.take(), [in_a("drop")]);
    }
    assert_eq!(log.take(), [in_a("Panicked")]);
}

#[test]
fn a_call_that_panics_closes_its_request() {
    let log = Log::default();
    let mut service = layer().layer(tower::service_fn(
        |_: Request<()>| -> std::future::Ready<Answer> {
            log.note_close();
            panic!("on purpose")
        },
    ));
    assert!(panics(|| drop(service.call(get("/a")))));
    assert!(!in_boundary());
    assert_eq!(log.take(), [in_a("Panicked")]);
}

#[test]
fn what_the_call_enters_goes_on_in_the_response() {
    let log = Log::default();
    let service = layer().layer(tower::service_fn(|_: Request<()>| {
        USER.enter_with("ada");
        async {
            log.note("polled");
            ok()
        }
    }));
    let _response = super::support::answer(service, get("/a")).unwrap();
    assert_eq!(log.take(), ["polled /a ada HTTPINCOMINGMESSAGE"]);
    assert_eq!(USER.get_store(), None);
}

#[test]
fn the_stores_come_on_top_of_what_is_set_around_the_call() {
    let log = Log::default();
    let mut service = layer().layer(tower::service_fn(async |_: Request<()>| {
        log.note("polled");
        ok()
    }));
    let response = USER.run("ada", || service.call(get("/a")));
    // Polled outside: what was set at the call counts, as for any resource.
    let _response = futures::executor::block_on(response).unwrap();
    assert_eq!(log.take(), ["polled /a ada HTTPINCOMINGMESSAGE"]);
}

// A service is made ready for one request, and called with another.
#[test]
fn poll_ready_runs_outside_of_the_request_and_the_ready_service_is_called() {
    /// Panics if it is called without having been made ready; a clone is not ready.
    #[derive(Debug)]
    struct Once {
        ready: bool,
        log: Log,
    }
    impl Clone for Once {
        fn clone(&self) -> Self {
            Once {
                ready: false,
                log: self.log.clone(),
            }
        }
    }
    impl Service<Request<()>> for Once {
        type Response = Response<String>;
        type Error = Infallible;
        type Future = std::future::Ready<Answer>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            self.log.note("ready");
            self.ready = true;
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, _: Request<()>) -> Self::Future {
            assert!(std::mem::take(&mut self.ready), "not ready");
            self.log.note("call");
            ready(ok())
        }
    }
    let log = Log::default();
    let mut service: RequestContext<Once, _> = layer().layer(Once {
        ready: false,
        log: log.clone(),
    });
    for _ in 0..2 {
        let polled = service.poll_ready(&mut Context::from_waker(Waker::noop()));
        assert_eq!(polled, Poll::Ready(Ok(())));
        drop(service.call(get("/a")));
    }
    assert_eq!(
        log.take(),
        ["ready - -", &in_a("call"), "ready - -", &in_a("call")]
    );
}

// RES-2
#[test]
fn what_is_made_in_a_request_is_caused_by_it() {
    let service = layer().layer(tower::service_fn(async |request: Request<()>| {
        let handle = throughline::tower::RequestHandle::of(request.extensions()).unwrap();
        assert_eq!(Some(handle.async_id()), execution_async_id());
        let query = AsyncResource::new("DBQuery");
        assert_eq!(query.trigger_async_id(), Some(handle.async_id()));
        ok()
    }));
    let _response = super::support::answer(service, get("/a")).unwrap();
}

#[test]
fn a_layer_within_a_layer_has_requests_of_its_own() {
    let log = Log::default();
    let inner = layer().layer(tower::service_fn(async |_: Request<()>| {
        log.note_close();
        log.note("inner");
        ok()
    }));
    let outer = throughline::tower::RequestContextLayer::new()
        .with(&USER, |_| "ada")
        .layer(inner);
    let response = super::support::answer(outer, get("/a")).unwrap();
    assert_eq!(log.take(), ["inner /a ada HTTPINCOMINGMESSAGE"]);
    drop(response);
    assert_eq!(log.take(), ["Finished /a ada HTTPINCOMINGMESSAGE"]);
}

#[test]
#[should_panic(expected = "polled again after it was ready")]
fn a_response_that_was_ready_is_not_polled_again() {
    let mut service = layer().layer(tower::service_fn(|_: Request<()>| ready(ok())));
    let mut response = pin!(service.call(get("/a")));
    assert!(poll(response.as_mut()).is_ready());
    let _ = poll(response.as_mut());
}
