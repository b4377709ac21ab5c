//! The layer among other people's layers: retries, timeouts, what catches panics, what makes services ready elsewhere.

use super::support::{End, Ends, Log, Script, Step, USER, get, in_a, layer, poll_frame};
use futures::FutureExt as _;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Empty, StreamBody};
use std::convert::Infallible;
use std::future::{Ready, pending, ready};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;
use throughline::tower::{
    CaptureContextLayer, Close, RequestContextLayer, RequestHandle, RestoreContextLayer,
};
use throughline::{AsyncLocalStorage, FutureContextExt as _, execution_async_id, in_boundary};
use tower::retry::{Policy, RetryLayer};
use tower::{ServiceBuilder, ServiceExt as _};
use tower_service::Service;

type Answer<B = Empty<bytes::Bytes>> = Result<Response<B>, Infallible>;

fn empty(status: StatusCode) -> Response<Empty<bytes::Bytes>> {
    let mut response = Response::new(Empty::new());
    *response.status_mut() = status;
    response
}

/// Tries again once.
#[derive(Clone)]
struct Again(usize);

impl<B, E> Policy<Request<()>, Response<B>, E> for Again {
    type Future = Ready<()>;

    fn retry(&mut self, _: &mut Request<()>, answer: &mut Result<Response<B>, E>) -> Option<Self::Future> {
        let failed = answer
            .as_ref()
            .is_ok_and(|it| it.status() == StatusCode::BAD_GATEWAY);
        let again = failed && self.0 > 0;
        self.0 -= usize::from(again);
        again.then(|| ready(()))
    }

    fn clone_request(&mut self, request: &Request<()>) -> Option<Request<()>> {
        Some(request.clone())
    }
}

/// A handler that fails at first, and enters a user each time. It keeps the ends of the requests that it saw.
fn flaky(
    log: &Log,
    ends: &Arc<Mutex<Vec<Ends>>>,
) -> impl Service<Request<()>, Response = Response<Empty<bytes::Bytes>>, Error = Infallible, Future: Send> + Clone
{
    let (log, seen) = (log.clone(), Arc::clone(ends));
    tower::service_fn(move |_: Request<()>| {
        let (log, seen) = (log.clone(), Arc::clone(&seen));
        async move {
            log.note("attempt");
            USER.enter_with("ada");
            let attempts = {
                let mut seen = seen.lock().unwrap();
                seen.push(Ends::of(&RequestHandle::current().unwrap()));
                seen.len()
            };
            Answer::Ok(empty(match attempts {
                1 => StatusCode::BAD_GATEWAY,
                _ => StatusCode::OK,
            }))
        }
    })
}

#[tokio::test]
async fn inside_of_the_layer_all_attempts_are_one_request() {
    let log = Log::default();
    let ends = Arc::default();
    let handler = flaky(&log, &ends);
    let service = ServiceBuilder::new()
        .layer(layer())
        .layer(RetryLayer::new(Again(1)))
        .service(handler);
    let response = service.oneshot(get("/a")).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    drop(response);
    // They share the boundary of the request, in which a retry awaits them one after the other.
    assert_eq!(
        log.take(),
        [in_a("attempt"), "attempt /a ada HTTPINCOMINGMESSAGE".to_owned()]
    );
    let ends = ends.lock().unwrap();
    assert_eq!(
        ends.iter().map(Ends::all).collect::<Vec<_>>(),
        [[Close::Finished]; 2]
    );
}

#[tokio::test]
async fn outside_of_the_layer_each_attempt_is_a_request_of_its_own() {
    let log = Log::default();
    let ends = Arc::default();
    let handler = flaky(&log, &ends);
    let service = ServiceBuilder::new()
        .layer(RetryLayer::new(Again(1)))
        .layer(layer())
        .service(handler);
    let response = service.oneshot(get("/a")).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(log.take(), [in_a("attempt"), in_a("attempt")]);
    let first = ends.lock().unwrap()[0].all();
    assert_eq!(
        first,
        [Close::Finished],
        "an attempt that is given up for another had its answer"
    );
}

/// A handler that waits for ever, and notes where it is dropped.
fn waiting(
    log: &Log,
) -> impl Service<Request<()>, Response = Response<Empty<bytes::Bytes>>, Error = Infallible, Future: Send> + Clone
{
    let log = log.clone();
    tower::service_fn(move |_: Request<()>| {
        let log = log.clone();
        async move {
            log.note_close();
            let _witness = log.witness("drop");
            pending::<Answer>().await
        }
    })
}

#[tokio::test(start_paused = true)]
async fn a_timeout_inside_of_the_layer_fails_the_request_and_one_around_it_gives_it_up() {
    let limit = Duration::from_secs(1);
    let log = Log::default();
    let inside = ServiceBuilder::new()
        .layer(layer())
        .timeout(limit)
        .service(waiting(&log));
    assert!(inside.oneshot(get("/a")).await.is_err());
    assert_eq!(log.take(), [in_a("drop"), in_a("Failed")]);

    let around = ServiceBuilder::new()
        .timeout(limit)
        .layer(layer())
        .service(waiting(&log));
    assert!(around.oneshot(get("/a")).await.is_err());
    assert_eq!(log.take(), [in_a("drop"), in_a("HungUp")]);
}

// tower-http's `TimeoutLayer` and axum's `HandleError` do so: the answer is a response, and all is well.
#[tokio::test(start_paused = true)]
async fn what_makes_a_response_of_a_timeout_inside_of_the_layer_finishes_the_request() {
    let log = Log::default();
    let service = ServiceBuilder::new()
        .layer(layer().response_header(http::HeaderName::from_static("x-path"), &super::support::PATH))
        .map_result(|answered: Result<Response<_>, tower::BoxError>| {
            Ok::<_, tower::BoxError>(answered.unwrap_or_else(|_| empty(StatusCode::GATEWAY_TIMEOUT)))
        })
        .timeout(Duration::from_secs(1))
        .service(waiting(&log));
    let response = service.oneshot(get("/a")).await.unwrap();
    assert_eq!(response.status(), StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(response.headers()["x-path"], "/a");
    drop(response);
    assert_eq!(log.take(), [in_a("drop"), in_a("Finished")]);
}

#[tokio::test]
async fn what_catches_a_panic_around_the_layer_finds_a_clean_thread_and_a_request_that_panicked() {
    let log = Log::default();
    let noted = log.clone();
    let service = layer_of(tower::service_fn(move |_: Request<()>| {
        let log = noted.clone();
        async move {
            log.note_close();
            let _witness = log.witness("drop");
            tokio::task::yield_now().await;
            if in_boundary() {
                panic!("on purpose");
            }
            Answer::Ok(empty(StatusCode::OK))
        }
    }));
    let caught = AssertUnwindSafe(service.oneshot(get("/a"))).catch_unwind().await;
    assert!(caught.is_err());
    assert!(!in_boundary() && execution_async_id().is_none());
    assert_eq!(log.take(), [in_a("drop"), in_a("Panicked")]);
}

fn layer_of<S>(
    service: S,
) -> throughline::tower::RequestContext<S, impl throughline::tower::source::Sources + Clone>
where
    S: Clone,
{
    tower_layer::Layer::layer(&layer(), service)
}

// Its task makes the service ready, and calls nothing.
#[tokio::test]
async fn a_service_that_is_made_ready_in_a_task_is_called_in_its_request() {
    let log = Log::default();
    let noted = log.clone();
    let service = ServiceBuilder::new()
        .layer(layer())
        .layer_fn(tower::spawn_ready::SpawnReady::new)
        .concurrency_limit(1)
        .service_fn(move |_: Request<()>| {
            noted.note("call");
            ready(Answer::Ok(empty(StatusCode::OK)))
        });
    service.oneshot(get("/a")).await.unwrap();
    assert_eq!(log.take(), [in_a("call")]);
}

// In between, several requests' contexts may be under way at once: each has its own permit, boundary and end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_through_every_kind_of_layer_at_once_are_not_mixed_up() {
    static N: AsyncLocalStorage<String> = AsyncLocalStorage::new();
    let service = ServiceBuilder::new()
        .boxed_clone()
        .layer(RequestContextLayer::new().with(&N, |request| request.uri.path().to_owned()))
        .layer(RequestContextLayer::new().with(&USER, |_| "ada"))
        .map_future(throughline::FutureContextExt::in_context)
        .layer(CaptureContextLayer::new())
        .buffer(8)
        .layer(RestoreContextLayer::new())
        .timeout(Duration::from_secs(60))
        .layer_fn(tower::spawn_ready::SpawnReady::new)
        .concurrency_limit(3)
        .load_shed()
        .service_fn(|request: Request<()>| async move {
            let path = request.uri().path().to_owned();
            for _ in 0..3 {
                assert_eq!(
                    (N.get_store().as_ref(), USER.get_store()),
                    (Some(&path), Some("ada"))
                );
                tokio::task::yield_now().await;
            }
            Answer::Ok(empty(StatusCode::OK))
        });
    let requests = (0..200).map(|n| {
        let service = service.clone();
        tokio::spawn(async move {
            match n % 5 {
                // Some leave.
                0 => drop(service.oneshot(get(&format!("/{n}"))).now_or_never()),
                // The limit may shed some; what is answered was answered in its own context.
                _ => drop(service.oneshot(get(&format!("/{n}"))).await),
            }
            assert!(!in_boundary());
        })
    });
    for request in requests.collect::<Vec<_>>() {
        request.await.unwrap();
    }
}

// The frames pass through the request's body, and are made where their maker is.
#[tokio::test]
async fn a_body_whose_frames_a_task_sends_is_in_the_request_and_so_is_the_task_if_it_inherited() {
    let log = Log::default();
    let noted = log.clone();
    let service = layer_of(tower::service_fn(move |_: Request<()>| {
        let (log, there) = (noted.clone(), noted.clone());
        async move {
            let (sender, mut frames) = tokio::sync::mpsc::channel::<bytes::Bytes>(1);
            let send = async move {
                for data in ["one", "two"] {
                    there.note("sends");
                    sender.send(data.into()).await.unwrap();
                }
            };
            tokio::spawn(send.in_context());
            let frames = futures::stream::poll_fn(move |cx| {
                let frame = frames.poll_recv(cx);
                if let Poll::Ready(Some(_)) = frame {
                    log.note("frame");
                }
                frame.map(|frame| frame.map(|data| Ok::<_, Infallible>(http_body::Frame::data(data))))
            });
            Ok::<_, Infallible>(Response::new(StreamBody::new(frames)))
        }
    }));
    let response = service.oneshot(get("/a")).await.unwrap();
    let all = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(all, "onetwo");
    let mut lines = log.take();
    lines.sort();
    // A task is no callback of the request's resource: it has its stores alone.
    let sends = "sends /a -".to_owned();
    assert_eq!(lines, [in_a("frame"), in_a("frame"), sends.clone(), sends]);
}

#[test]
fn a_body_that_is_dropped_on_another_thread_is_dropped_in_its_request_and_closes_there() {
    let log = Log::default();
    let noted = log.clone();
    let service = layer_of(tower::service_fn(move |_: Request<()>| {
        noted.note_close();
        let steps = [Step::Data("one"), Step::Data("two")];
        ready(Ok::<_, Infallible>(Response::new(Script::new(
            &noted,
            End::Asked,
            steps,
        ))))
    }));
    let response = futures::executor::block_on(service.oneshot(get("/a"))).unwrap();
    let mut body = Box::pin(response.into_body());
    assert!(poll_frame(body.as_mut()).is_ready());
    let there = log.clone();
    let elsewhere = move || {
        // Even in the middle of another request, which goes on as it was.
        throughline::tower::OpenRequest::begin(|base| base).run(|| {
            USER.run("bob", || {
                drop(body);
                there.note("after it");
            });
        });
    };
    std::thread::spawn(elsewhere).join().unwrap();
    let lines = ["data", "drop", "HungUp"].map(in_a);
    assert_eq!(
        log.take(),
        [&lines[..], &["after it - bob HTTPINCOMINGMESSAGE".to_owned()]].concat()
    );
}
