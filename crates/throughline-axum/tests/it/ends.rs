//! How requests end: the client hangs up, the server gives up, something breaks.

use super::support::{BOTH, Log, Protocol, Server, Witness, request, seen, text_of, with_ids};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use axum::routing::get;
use futures_util::FutureExt as _;
use futures_util::stream::{self, StreamExt as _};
use http_body_util::BodyExt as _;
use std::io;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

/// A handler that never answers.
async fn wait(log: Log) -> &'static str {
    log.note_close();
    let _witness = Witness(log.clone());
    log.note("waiting");
    std::future::pending().await
}

/// A body that begins, and goes on with `rest`.
fn begun(log: &Log, rest: stream::BoxStream<'static, io::Result<Bytes>>) -> Body {
    log.note_close();
    let witness = Witness(log.clone());
    let first = stream::iter([Ok(Bytes::from("first"))]);
    Body::from_stream(first.chain(rest).inspect(move |_| {
        let _ = &witness;
    }))
}

// Listing 4.
#[tokio::test]
async fn a_client_that_hangs_up_while_the_handler_waits_is_told_of_in_its_request() {
    let (log, mut seen) = seen();
    let app = with_ids(Router::new().route("/", get(async move || wait(log).await)));
    let server = Server::start(app).await;
    for protocol in BOTH {
        let mut client = server.client(protocol).await;
        let asking = tokio::spawn(async move { drop(client.get("/", "r-1").await) });
        assert_eq!(seen.next().await, "waiting r-1");
        asking.abort();
        assert_eq!(seen.next().await, "drop r-1", "{protocol:?}");
        assert_eq!(seen.next().await, "HungUp r-1", "{protocol:?}");
    }
}

#[tokio::test]
async fn a_client_that_resets_one_stream_hangs_up_on_one_request() {
    let (log, mut seen) = seen();
    let there = log.clone();
    let app = Router::new()
        .route("/", get(async move || wait(log).await))
        .route("/other", get(async move || there.note("other")));
    let server = Server::start(with_ids(app)).await;
    let mut client = server.client(Protocol::Http2).await;
    {
        let mut asking = Box::pin(client.get("/", "r-1"));
        tokio::select! {
            _ = &mut asking => panic!("it never answers"),
            waiting = seen.next() => assert_eq!(waiting, "waiting r-1"),
        }
    }
    assert_eq!(seen.next().await, "drop r-1");
    assert_eq!(seen.next().await, "HungUp r-1");
    client.text("/other", "r-2").await;
    assert_eq!(seen.next().await, "other r-2");
}

#[tokio::test]
async fn a_client_that_hangs_up_in_the_body_is_told_of_in_its_request() {
    let (log, mut seen) = seen();
    let app = with_ids(Router::new().route("/", get(async move || begun(&log, stream::pending().boxed()))));
    let server = Server::start(app).await;
    for protocol in BOTH {
        let mut client = server.client(protocol).await;
        let mut response = client.get("/", "r-1").await.unwrap();
        let first = response.body_mut().frame().await.unwrap().unwrap();
        assert_eq!(first.data_ref().unwrap(), "first");
        drop(response);
        drop(client);
        assert_eq!(seen.next().await, "drop r-1", "{protocol:?}");
        assert_eq!(seen.next().await, "HungUp r-1", "{protocol:?}");
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_fails_for_both_sides() {
    let (log, mut seen) = seen();
    let app = with_ids(Router::new().route(
        "/",
        get(async move || begun(&log, stream::iter([Err(io::Error::other("broken"))]).boxed())),
    ));
    let server = Server::start(app).await;
    for protocol in BOTH {
        let mut client = server.client(protocol).await;
        let answer = client.get("/", "r-1").await;
        // What breaks at once may reach the client before the head does.
        if let Ok(response) = answer {
            assert!(response.into_body().collect().await.is_err(), "{protocol:?}");
        }
        assert_eq!(seen.next().await, "drop r-1", "{protocol:?}");
        assert_eq!(seen.next().await, "BodyFailed r-1", "{protocol:?}");
    }
}

fn panicking(log: Log) -> Router {
    let handler = async move || -> &'static str {
        log.note_close();
        let _witness = Witness(log.clone());
        tokio::task::yield_now().await;
        panic!("on purpose")
    };
    Router::new().route("/", get(handler))
}

#[tokio::test]
async fn a_handler_that_panics_ends_its_request_and_leaves_nothing_to_the_next() {
    let (log, mut seen) = seen();
    let app = panicking(log.clone()).route("/other", get(async move || log.note("other")));
    let server = Server::start(with_ids(app)).await;
    for protocol in BOTH {
        let mut client = server.client(protocol).await;
        assert!(client.get("/", "r-1").await.is_err(), "{protocol:?}");
        assert_eq!(seen.next().await, "drop r-1", "{protocol:?}");
        assert_eq!(seen.next().await, "Panicked r-1", "{protocol:?}");
        server.client(protocol).await.text("/other", "r-2").await;
        assert_eq!(seen.next().await, "other r-2");
    }
}

#[tokio::test]
async fn what_makes_a_response_of_a_panic_inside_of_the_layer_has_the_id() {
    let (log, mut seen) = seen();
    let catch = axum::middleware::from_fn(
        async |request: axum::extract::Request, next: axum::middleware::Next| {
            let answered = AssertUnwindSafe(next.run(request)).catch_unwind().await;
            answered.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
        },
    );
    let server = Server::start(with_ids(panicking(log).layer(catch))).await;
    for protocol in BOTH {
        let mut client = server.client(protocol).await;
        let response = client.get("/", "r-1").await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(response.headers()["x-request-id"], "r-1");
        drop(text_of(response).await);
        assert_eq!(seen.next().await, "drop r-1", "{protocol:?}");
        assert_eq!(seen.next().await, "Finished r-1", "{protocol:?}");
    }
}

#[tokio::test]
async fn a_timeout_around_the_layer_gives_the_request_up() {
    let (log, mut seen) = seen();
    let app = with_ids(Router::new().route("/", get(async move || wait(log).await)));
    let limit = tower::ServiceBuilder::new()
        .layer(axum::error_handling::HandleErrorLayer::new(
            async |_: tower::BoxError| StatusCode::GATEWAY_TIMEOUT,
        ))
        .timeout(Duration::from_millis(5));
    let server = Server::start(app.layer(limit)).await;
    let mut client = server.client(Protocol::Http1).await;
    let response = client.send(request("/", "r-1")).await.unwrap();
    assert_eq!(response.status(), StatusCode::GATEWAY_TIMEOUT);
    for expected in ["waiting r-1", "drop r-1", "HungUp r-1"] {
        assert_eq!(seen.next().await, expected);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_of_many_requests_ends_once_in_its_own_context_whoever_hangs_up() {
    let (log, mut seen) = seen();
    let app = with_ids(Router::new().route(
        "/{n}",
        get(async move |axum::extract::Path(n): axum::extract::Path<u64>| {
            log.note_close();
            tokio::time::sleep(Duration::from_micros(n % 5 * 400)).await;
            super::support::chunks(log.clone(), 20)
        }),
    ));
    let server = Server::start(app).await;
    let count: u64 = 120;
    let mut clients = tokio::task::JoinSet::new();
    for n in 0..count {
        let mut client = server.client(BOTH[n as usize % 2]).await;
        clients.spawn(async move {
            let id = format!("r-{n}");
            let path = format!("/{n}");
            let asked = client.get(&path, &id);
            // Some leave before the head, some after it, some stay.
            match n % 3 {
                0 => drop(tokio::time::timeout(Duration::from_micros(n * 20), asked).await),
                1 => drop(asked.await.unwrap()),
                _ => {
                    let all = text_of(asked.await.unwrap()).await;
                    assert_eq!(all, format!("{id} ").repeat(20));
                }
            }
        });
    }
    while let Some(client) = clients.join_next().await {
        client.unwrap();
    }
    // Some never came as far as the handler; each that did ended, once, under its own id.
    drop(server);
    let mut ended = std::collections::HashMap::new();
    while ended.len() < usize::try_from(count).unwrap() * 2 / 3 {
        let line = seen.next().await;
        let (what, id) = line.split_once(' ').unwrap();
        if what != "drop" {
            assert!(matches!(what, "Finished" | "HungUp"), "{line}");
            assert!(id.starts_with("r-"), "{line}");
            assert_eq!(ended.insert(id.to_owned(), what.to_owned()), None, "{line}");
        }
    }
    for n in (2..count).step_by(3) {
        let id = format!("r-{n}");
        if let Some(what) = ended.get(&id) {
            assert_eq!(what, "Finished", "{id}");
        }
    }
}
