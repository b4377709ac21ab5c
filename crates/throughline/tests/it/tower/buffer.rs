//! Requests that are passed to another task, which calls the service for them.

use super::support::{Log, PATH, USER, get, layer};
use http::{Request, Response};
use http_body_util::Empty;
use std::convert::Infallible;
use throughline::FutureContextExt as _;
use throughline::tower::{CaptureContextLayer, RequestContextLayer, RestoreContextLayer};
use tower::{ServiceBuilder, ServiceExt as _, buffer::Buffer};
use tower_layer::Layer as _;
use tower_service::Service;

type Answer = Result<Response<Empty<bytes::Bytes>>, Infallible>;

fn handler(
    log: Log,
) -> impl Service<Request<()>, Response = Response<Empty<bytes::Bytes>>, Error = Infallible, Future: Send> {
    tower::service_fn(move |_: Request<()>| {
        log.note("call");
        let log = log.clone();
        async move {
            log.note("polled");
            Answer::Ok(Response::new(Empty::new()))
        }
    })
}

#[tokio::test]
async fn a_call_in_a_buffers_worker_is_in_its_request() {
    let log = Log::default();
    let service = ServiceBuilder::new()
        .layer(layer())
        .layer(tower::buffer::BufferLayer::new(4))
        .layer(RestoreContextLayer::new())
        .service(handler(log.clone()));
    service.clone().oneshot(get("/a")).await.unwrap();
    service.oneshot(get("/b")).await.unwrap();
    assert_eq!(
        log.take(),
        [
            "call /a -",
            "polled /a HTTPINCOMINGMESSAGE",
            "call /b -",
            "polled /b HTTPINCOMINGMESSAGE"
        ]
    );
}

#[tokio::test]
async fn without_the_inner_layer_a_buffers_worker_knows_no_request() {
    let log = Log::default();
    let service = ServiceBuilder::new()
        .layer(layer())
        .layer(tower::buffer::BufferLayer::new(4))
        .service(handler(log.clone()));
    service.oneshot(get("/a")).await.unwrap();
    assert_eq!(log.take()[0], "call - -");
}

// What happens where a runtime's hooks hand the first request's context to the worker that it starts.
#[tokio::test]
async fn a_request_that_brought_no_context_does_not_see_that_of_the_worker() {
    let log = Log::default();
    let inner = RestoreContextLayer::new().layer(handler(log.clone()));
    let (service, worker) = Buffer::pair(inner, 4);
    USER.run("mallory", || tokio::spawn(worker.in_context()));
    service.clone().oneshot(get("/a")).await.unwrap();
    layer().layer(service).oneshot(get("/b")).await.unwrap();
    assert_eq!(
        log.take(),
        [
            "call - -",
            "polled - -",
            "call /b -",
            "polled /b HTTPINCOMINGMESSAGE"
        ]
    );
}

#[tokio::test]
async fn what_is_set_between_the_layer_and_the_buffer_is_taken_along_by_a_layer_there() {
    let log = Log::default();
    let service = ServiceBuilder::new()
        .layer(layer())
        .map_future(|future| async move { USER.scope("ada", future).await })
        .layer(CaptureContextLayer::new())
        .layer(tower::buffer::BufferLayer::new(4))
        .layer(RestoreContextLayer::new())
        .service(handler(log.clone()));
    service.oneshot(get("/a")).await.unwrap();
    // The scope begins with the future's first poll, which is after the call.
    assert_eq!(log.take()[0], "call /a -");

    let between = tower::service_fn({
        let log = log.clone();
        move |request: Request<()>| {
            let inner = ServiceBuilder::new()
                .layer(CaptureContextLayer::new())
                .layer(tower::buffer::BufferLayer::new(4))
                .layer(RestoreContextLayer::new())
                .service(handler(log.clone()));
            USER.scope("ada", inner.oneshot(request))
        }
    });
    layer().layer(between).oneshot(get("/a")).await.unwrap();
    assert_eq!(log.take(), ["call /a ada -", "polled /a ada HTTPINCOMINGMESSAGE"]);
}

#[tokio::test]
async fn a_response_that_is_cancelled_in_the_buffer_is_dropped_in_its_request() {
    let log = Log::default();
    let noted = log.clone();
    let pending = tower::service_fn(move |_: Request<()>| {
        let witness = noted.witness("drop");
        async move {
            let _witness = witness;
            std::future::pending::<Answer>().await
        }
    });
    let inner = RestoreContextLayer::new().layer(pending);
    let context = PATH.run("/a".to_owned(), throughline::snapshot);
    let mut request = get("/");
    request.extensions_mut().insert(context);
    let mut inner = inner;
    drop(inner.call(request));
    assert_eq!(log.take(), ["drop /a -"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_requests_through_one_buffer_are_not_mixed_up() {
    let service = ServiceBuilder::new()
        .layer(RequestContextLayer::new().with(&PATH, |request| request.uri.path().to_owned()))
        .layer(tower::buffer::BufferLayer::new(8))
        .layer(RestoreContextLayer::new())
        .service(tower::service_fn(|request: Request<()>| {
            let in_call = PATH.get_store();
            async move {
                tokio::task::yield_now().await;
                let path = Some(request.uri().path().to_owned());
                assert_eq!((&in_call, &PATH.get_store()), (&path, &path));
                Answer::Ok(Response::new(Empty::new()))
            }
        }));
    let requests = (0..500).map(|n| tokio::spawn(service.clone().oneshot(get(&format!("/{n}")))));
    for request in requests.collect::<Vec<_>>() {
        request.await.unwrap().unwrap();
    }
}
