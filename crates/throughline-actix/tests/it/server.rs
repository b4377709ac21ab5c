//! Requests, their bodies, and how they end.

use crate::support::{ID, Server, id, over_both};
use actix_web::dev::{Service as _, ServiceFactory as _, ServiceRequest, Transform as _, fn_service};
use actix_web::rt::System;
use actix_web::test::TestRequest;
use actix_web::{HttpMessage as _, HttpResponse};
use http_body_util::BodyExt as _;
use std::cell::RefCell;
use std::rc::Rc;
use std::task::{Context, Waker};
use throughline::AsyncLocalStorage;
use throughline::tower::{Close, RequestHandle};
use throughline_actix::RequestContext;

#[test]
fn the_id_comes_in_a_header_and_goes_back_in_one() {
    over_both(async |mut server: Server| {
        let said = server.get("/id", &["r-1"]).await;
        assert_eq!(said, ("r-1".to_owned(), "r-1".to_owned()));
        assert_eq!(server.told().await, "dropped in r-1");
        assert_eq!(server.told().await, "finished r-1");
    });
}

#[test]
fn a_request_without_an_id_gets_one_and_so_does_one_with_a_bad_one() {
    over_both(async |server: Server| {
        let long = "x".repeat(10_000);
        let cases: [&[&str]; 5] = [&[], &[""], &["two words"], &["a\tb"], &[&long]];
        for ids in cases {
            let (header, body) = server.get("/id", ids).await;
            assert_eq!(header, body);
            assert!(body.bytes().all(|c| c.is_ascii_graphic()), "{body:?}");
            assert!(
                (1..=128).contains(&body.len()) && !ids.contains(&&*body),
                "{body:?}"
            );
        }
    });
}

#[test]
fn of_several_ids_the_first_is_taken_and_a_header_beyond_ascii_is_none() {
    over_both(async |server: Server| {
        let (_, body) = server.get("/id", &["r-1", "r-2"]).await;
        assert_eq!(body, "r-1");
        let mut request = server.request("/id", &[]);
        let bad = hyper::header::HeaderValue::from_bytes(b"r-\xff").unwrap();
        request.headers_mut().insert("x-request-id", bad);
        let response = server.send(request).await.unwrap();
        let id = response.headers()["x-request-id"].to_str().unwrap();
        assert!(id.bytes().all(|c| c.is_ascii_graphic()), "{id:?}");
    });
}

#[test]
fn the_route_is_known() {
    over_both(async |server: Server| {
        assert_eq!(server.get("/route/a", &[]).await.1, "/route/{name}");
    });
}

#[test]
fn the_answer_of_a_404_and_of_a_handler_s_error_carries_the_id() {
    over_both(async |mut server: Server| {
        assert_eq!(server.get("/nowhere", &["r-1"]).await.0, "r-1");
        assert_eq!(
            server.get("/fail", &["r-2"]).await,
            ("r-2".to_owned(), "nobody".to_owned())
        );
        assert_eq!(server.told().await, "finished r-2");
    });
}

#[test]
fn parts_of_a_body_are_made_in_context_with_what_the_handler_entered() {
    over_both(async |mut server: Server| {
        let (id, body) = server.get("/parts/all", &["r-1"]).await;
        assert_eq!((&*id, &*body), ("r-1", "r-1 ada;r-1 ada;r-1 ada;"));
        assert_eq!(server.told().await, "dropped in r-1");
        assert_eq!(server.told().await, "finished r-1");
    });
}

#[test]
fn a_head_request_is_finished_without_its_body() {
    over_both(async |mut server: Server| {
        let response = server.head("/id", "r-1").await;
        assert_eq!(response.headers()["x-request-id"], "r-1");
        assert_eq!(response.headers()["content-length"], "3");
        assert_eq!(server.told().await, "dropped in r-1");
        assert_eq!(server.told().await, "finished r-1");
    });
}

#[test]
fn a_client_that_hangs_up_in_the_body_closes_the_request() {
    over_both(async |server: Server| {
        let response = server
            .send(server.request("/parts/endless", &["r-1"]))
            .await
            .unwrap();
        let mut body = response.into_body();
        body.frame().await.unwrap().unwrap();
        drop(body);
        let mut told = server.hang_up();
        assert_eq!(told.recv().await.unwrap(), "dropped in r-1");
        assert_eq!(told.recv().await.unwrap(), "hung up r-1");
    });
}

#[test]
fn a_body_that_breaks_off_closes_the_request() {
    over_both(async |mut server: Server| {
        assert!(server.try_get("/parts/broken", "r-1").await.is_err());
        assert_eq!(server.told().await, "dropped in r-1");
        assert_eq!(server.told().await, "failed in its body r-1");
    });
}

#[test]
fn a_panic_closes_its_request_and_no_other() {
    over_both(async |mut server: Server| {
        assert!(server.try_get("/panic", "r-1").await.is_err());
        assert_eq!(server.told().await, "panicked r-1");
        assert!(server.try_get("/parts/panic", "r-2").await.is_err());
        assert_eq!(server.told().await, "dropped in r-2");
        assert_eq!(server.told().await, "panicked r-2");
        assert_eq!(server.get("/id", &["r-3"]).await.1, "r-3");
    });
}

#[test]
fn requests_at_once_are_not_mixed() {
    over_both(async |server: Server| {
        let server = std::rc::Rc::new(server);
        let all: Vec<_> = (0..100)
            .map(|n| {
                let server = std::rc::Rc::clone(&server);
                actix_web::rt::spawn(async move {
                    let id = format!("r-{n}");
                    let said = server.get("/id", &[&id]).await;
                    assert_eq!(said, (id.clone(), id));
                })
            })
            .collect();
        for one in all {
            one.await.unwrap();
        }
    });
}

// No server needed: these are told before there is one, or are the same with none.

#[test]
#[should_panic(expected = "has two sources")]
fn two_sources_of_one_storage_are_refused() {
    static TWICE: AsyncLocalStorage<u8> = AsyncLocalStorage::new();
    let _ = RequestContext::new()
        .with(&TWICE, |_| 1)
        .with_some(&TWICE, |_| None);
}

#[test]
fn debug_names_storages_and_headers() {
    let context = RequestContext::new().request_id(&ID);
    assert_eq!(
        format!("{context:?}"),
        r#"RequestContext { storages: ["request_id"], headers: ["x-request-id"] }"#
    );
}

/// What is told of a call of a handler that waits, which is given up after so many polls.
async fn given_up_after(polls: usize) -> Vec<String> {
    struct Witness(Rc<RefCell<Vec<String>>>);
    impl Drop for Witness {
        fn drop(&mut self) {
            self.0.borrow_mut().push(format!("dropped in {}", id()));
        }
    }
    let told = Rc::default();
    let handler = {
        let told = Rc::clone(&told);
        fn_service(move |request: ServiceRequest| {
            let witness = Witness(Rc::clone(&told));
            async move {
                let _witness = witness;
                std::future::pending::<()>().await;
                Ok::<_, actix_web::Error>(request.into_response(HttpResponse::Ok().finish()))
            }
        })
    };
    let context = RequestContext::new().request_id(&ID);
    let service = context
        .new_transform(handler.new_service(()).await.unwrap())
        .await
        .unwrap();
    let request = TestRequest::default()
        .insert_header(("x-request-id", "r-1"))
        .to_srv_request();
    // As outer middleware may: then nobody can change the request.
    let kept = request.request().clone();
    let mut call = Box::pin(service.call(request));
    let handle = kept.extensions().get::<RequestHandle>().unwrap().clone();
    for _ in 0..polls {
        let poll = call.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(poll.is_pending());
    }
    assert_eq!(handle.closed(), None);
    drop(call);
    assert_eq!(handle.closed(), Some(Close::HungUp));
    told.take()
}

#[test]
fn a_call_that_is_given_up_unpolled_or_pending_is_dropped_in_its_context_and_closes() {
    System::new().block_on(async {
        assert_eq!(given_up_after(0).await, ["dropped in r-1"]);
        assert_eq!(given_up_after(2).await, ["dropped in r-1"]);
    });
}
