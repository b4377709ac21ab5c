//! A pooling client: connections outlive the requests that opened them.

use super::support::{Exec, Log, REGION, REQUEST, Server, client, get};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::rt::TokioExecutor;
use std::convert::Infallible;
use std::sync::Arc;
use throughline::hyper::ContextExecutor;

async fn server() -> Server {
    let service = tower::service_fn(async |_: Request<Incoming>| {
        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(b"hello"))))
    });
    Server::start(ContextExecutor::current(TokioExecutor::new()), service).await
}

/// Two requests over one connection.
struct Two {
    /// What the first had set, if it is still kept when that is over.
    is_kept: bool,
    /// What the connection saw while the second was under way.
    seen: Vec<String>,
}

async fn two_requests(executor: fn(TokioExecutor) -> Exec, is_http2: bool) -> Two {
    let server = server().await;
    let log = Log::default();
    let client = client(executor(TokioExecutor::new()), is_http2, &log);

    let one: Arc<str> = "one".into();
    let kept = Arc::downgrade(&one);
    let first = REGION.scope("eu", REQUEST.scope(one, get(&client, server.uri("/"))));
    assert_eq!(first.await, "hello");
    let is_kept = kept.upgrade().is_some();

    log.take();
    let second = REQUEST.scope("two".into(), get(&client, server.uri("/")));
    assert_eq!(second.await, "hello");
    let seen = log.take();
    assert_eq!(
        server.connections(),
        1,
        "the second went over the first one's connection"
    );
    assert!(!seen.is_empty(), "the connection was polled");
    Two { is_kept, seen }
}

// hyper #3904, hyper-util #311: pooled connections kept the first request's span.
#[tokio::test]
async fn a_pooled_http2_connection_keeps_nothing_of_the_request_that_opened_it() {
    let two = two_requests(ContextExecutor::root, true).await;
    assert!(!two.is_kept);
    assert_eq!(two.seen, ["- -"]);
}

#[tokio::test]
async fn a_detached_connection_keeps_what_asks_for_it_and_no_more() {
    let two = two_requests(ContextExecutor::detached, true).await;
    assert!(!two.is_kept);
    assert_eq!(two.seen, ["- eu"]);
}

#[tokio::test]
async fn a_pooled_http1_connection_keeps_no_more() {
    let two = two_requests(ContextExecutor::detached, false).await;
    assert!(!two.is_kept);
    assert_eq!(two.seen, ["- eu"]);
}

// Why `current` is not for clients; and that these tests see a leak where there is one.
#[tokio::test]
async fn a_connection_that_inherits_shows_the_first_request_to_the_second() {
    let two = two_requests(ContextExecutor::current, true).await;
    assert!(two.is_kept);
    assert_eq!(two.seen, ["one eu"]);
}

#[tokio::test]
async fn requests_at_once_over_one_connection_answer_in_their_callers_contexts() {
    let server = server().await;
    let client = client(
        ContextExecutor::detached(TokioExecutor::new()),
        true,
        &Log::default(),
    );
    get(&client, server.uri("/")).await;
    let all = (0..50).map(|n| {
        let (client, uri) = (client.clone(), server.uri("/"));
        let name: Arc<str> = n.to_string().into();
        tokio::spawn(REQUEST.scope(Arc::clone(&name), async move {
            get(&client, uri).await;
            assert_eq!(REQUEST.get_store(), Some(name));
        }))
    });
    for task in futures::future::join_all(all).await {
        task.unwrap();
    }
    assert_eq!(server.connections(), 1);
}
