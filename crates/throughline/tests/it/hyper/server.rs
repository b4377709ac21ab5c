//! A server over HTTP/1.1 and HTTP/2: its requests in their connection's context, and each in its own.

use super::support::{Exec, Log, PooledClient, REQUEST, Server, client, get, seen};
use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioExecutor;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use throughline::AsyncLocalStorage;
use throughline::hyper::ContextExecutor;
use throughline::tower::{Close, RequestContextLayer, RequestHandle, RequestId, X_REQUEST_ID};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tower_layer::Layer as _;

static ID: AsyncLocalStorage<RequestId> = AsyncLocalStorage::new().named("request_id");

fn http_client(is_http2: bool) -> PooledClient {
    client(
        ContextExecutor::detached(TokioExecutor::new()),
        is_http2,
        &Log::default(),
    )
}

/// What a handler sees that answers what it sees.
async fn seen_by_handler(executor: fn(TokioExecutor) -> Exec, is_http2: bool) -> Bytes {
    let service = tower::service_fn(async |_: Request<Incoming>| {
        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(seen()))))
    });
    let server = Server::start(executor(TokioExecutor::new()), service).await;
    get(&http_client(is_http2), server.uri("/")).await
}

#[tokio::test]
async fn requests_inherit_their_connection_s_context_over_http2_as_over_http1() {
    assert_eq!(
        seen_by_handler(ContextExecutor::current, false).await,
        "connection -"
    );
    assert_eq!(
        seen_by_handler(ContextExecutor::current, true).await,
        "connection -"
    );
}

// HTTP/1.1 spawns nothing: its requests are the connection's own task.
#[tokio::test]
async fn detached_requests_over_http2_do_not() {
    assert_eq!(
        seen_by_handler(ContextExecutor::detached, false).await,
        "connection -"
    );
    assert_eq!(seen_by_handler(ContextExecutor::detached, true).await, "- -");
}

fn id() -> String {
    ID.get_store().map_or("-".to_owned(), |id| id.to_string())
}

/// Says in each frame, and at last in a trailer, in which request it was made; where it was dropped, to `dropped`.
struct Frames {
    left: usize,
    is_endless: bool,
    dropped: UnboundedSender<String>,
}

impl Body for Frames {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.left == 0 {
            // A client that waits, until it waits no more.
            return match self.is_endless {
                true => Poll::Pending,
                false => Poll::Ready(None),
            };
        }
        self.left -= 1;
        Poll::Ready(Some(Ok(match self.left {
            0 if !self.is_endless => Frame::trailers(
                [("x-of".parse().unwrap(), id().parse().unwrap())]
                    .into_iter()
                    .collect(),
            ),
            _ => Frame::data(format!("{};", id()).into()),
        })))
    }
}

impl Drop for Frames {
    fn drop(&mut self) {
        let _ = self.dropped.send(format!("dropped in {}", id()));
    }
}

/// A server with the layer whose responses are `Frames`, and what it tells.
async fn layered(is_endless: bool) -> (Server, UnboundedReceiver<String>) {
    let (tell, told) = unbounded_channel();
    let service = tower::service_fn(move |request: Request<Incoming>| {
        let tell = tell.clone();
        async move {
            let of_close = tell.clone();
            let on_close = move |close: Close| {
                let _ = of_close.send(format!("{close} {}", id()));
            };
            RequestHandle::current().unwrap().on_close(on_close);
            match request.uri().path() {
                "/panic" => panic!("on purpose"),
                "/wait" => {
                    let _dropped = Frames {
                        left: 0,
                        is_endless,
                        dropped: tell.clone(),
                    };
                    let _ = tell.send(format!("waiting in {}", id()));
                    std::future::pending::<()>().await;
                }
                _ => {}
            }
            Ok::<_, Infallible>(Response::new(Frames {
                left: 3,
                is_endless,
                dropped: tell,
            }))
        }
    });
    let layer = RequestContextLayer::new().request_id(&ID);
    let executor = ContextExecutor::current(TokioExecutor::new());
    (Server::start(executor, layer.layer(service)).await, told)
}

fn request(server: &Server, path: &str) -> Request<http_body_util::Empty<Bytes>> {
    Request::get(server.uri(path))
        .header(X_REQUEST_ID, "r-1")
        .header("te", "trailers")
        .body(Default::default())
        .unwrap()
}

async fn frames_and_trailers_are_in_context(is_http2: bool) {
    let (server, mut told) = layered(false).await;
    let response = http_client(is_http2)
        .request(request(&server, "/"))
        .await
        .unwrap();
    assert_eq!(response.headers()[X_REQUEST_ID], "r-1");
    let body = response.into_body().collect().await.unwrap();
    if is_http2 {
        assert_eq!(body.trailers().unwrap()["x-of"], "r-1");
    }
    assert_eq!(body.to_bytes(), "r-1;r-1;");
    assert_eq!(told.recv().await.unwrap(), "dropped in r-1");
    assert_eq!(told.recv().await.unwrap(), "finished r-1");
}

#[tokio::test]
async fn frames_and_trailers_are_in_context_over_http1() {
    frames_and_trailers_are_in_context(false).await;
}

#[tokio::test]
async fn frames_and_trailers_are_in_context_over_http2() {
    frames_and_trailers_are_in_context(true).await;
}

async fn a_client_that_hangs_up_in_the_body_closes_the_request(is_http2: bool) {
    let (server, mut told) = layered(true).await;
    let client = http_client(is_http2);
    let response = client.request(request(&server, "/")).await.unwrap();
    let mut body = response.into_body();
    body.frame().await.unwrap().unwrap();
    drop((body, client));
    assert_eq!(told.recv().await.unwrap(), "dropped in r-1");
    assert_eq!(told.recv().await.unwrap(), "hung up r-1");
}

#[tokio::test]
async fn a_client_that_hangs_up_in_the_body_closes_the_request_over_http1() {
    a_client_that_hangs_up_in_the_body_closes_the_request(false).await;
}

#[tokio::test]
async fn a_client_that_hangs_up_in_the_body_closes_the_request_over_http2() {
    a_client_that_hangs_up_in_the_body_closes_the_request(true).await;
}

async fn a_client_that_does_not_wait_for_the_handler_closes_the_request(is_http2: bool) {
    let (server, mut told) = layered(false).await;
    let client = http_client(is_http2);
    let waiting = tokio::spawn(client.request(request(&server, "/wait")));
    assert_eq!(told.recv().await.unwrap(), "waiting in r-1");
    waiting.abort();
    assert!(waiting.await.unwrap_err().is_cancelled());
    drop(client);
    assert_eq!(told.recv().await.unwrap(), "dropped in r-1");
    assert_eq!(told.recv().await.unwrap(), "hung up r-1");
}

#[tokio::test]
async fn a_client_that_does_not_wait_for_the_handler_closes_the_request_over_http1() {
    a_client_that_does_not_wait_for_the_handler_closes_the_request(false).await;
}

#[tokio::test]
async fn a_client_that_does_not_wait_for_the_handler_closes_the_request_over_http2() {
    a_client_that_does_not_wait_for_the_handler_closes_the_request(true).await;
}

#[tokio::test]
async fn a_handler_that_panics_closes_its_request_and_no_other() {
    let (server, mut told) = layered(false).await;
    let client = http_client(true);
    let answer = client.request(request(&server, "/panic")).await;
    assert!(answer.is_err());
    assert_eq!(told.recv().await.unwrap(), "panicked r-1");
    assert_eq!(REQUEST.get_store(), None);
    let response = client.request(request(&server, "/")).await.unwrap();
    assert_eq!(
        response.into_body().collect().await.unwrap().to_bytes(),
        "r-1;r-1;"
    );
}
