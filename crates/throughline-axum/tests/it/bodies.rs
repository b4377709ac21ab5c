//! Streamed bodies and server-sent events.

use super::support::{BOTH, Protocol, Server, chunks, id, seen, text_of, with_ids};
use axum::Router;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::routing::get;
use futures_util::stream::{self, StreamExt as _};
use http_body_util::BodyExt as _;
use std::convert::Infallible;
use throughline::AsyncLocalStorage;

static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();

#[tokio::test]
async fn frames_and_trailers_are_made_in_the_request() {
    let (log, mut seen) = seen();
    let app = with_ids(Router::new().route(
        "/",
        get(async move || {
            log.note_close();
            chunks(log.clone(), 3)
        }),
    ));
    let server = Server::start(app).await;
    for protocol in BOTH {
        let mut client = server.client(protocol).await;
        let response = client.get("/", "r-1").await.unwrap();
        let body = response.into_body().collect().await.unwrap();
        // HTTP/1.1 sends none but those that it was told of before.
        if protocol == Protocol::Http2 {
            assert_eq!(body.trailers().unwrap()["x-made-by"], "r-1");
        }
        assert_eq!(body.to_bytes(), "r-1 r-1 r-1 ", "{protocol:?}");
        assert_eq!(seen.next().await, "drop r-1", "{protocol:?}");
        assert_eq!(seen.next().await, "Finished r-1", "{protocol:?}");
    }
}

#[tokio::test]
async fn a_body_of_known_length_says_it_and_is_finished() {
    let (log, mut seen) = seen();
    let app = with_ids(Router::new().route(
        "/",
        get(async move || {
            log.note_close();
            "hello"
        }),
    ));
    let server = Server::start(app).await;
    for protocol in BOTH {
        let mut client = server.client(protocol).await;
        let response = client.get("/", "r-1").await.unwrap();
        assert_eq!(response.headers()["content-length"], "5", "{protocol:?}");
        assert_eq!(text_of(response).await, "hello");
        assert_eq!(seen.next().await, "Finished r-1", "{protocol:?}");

        let mut head = super::support::request("/", "r-2");
        *head.method_mut() = axum::http::Method::HEAD;
        client.send(head).await.unwrap();
        assert_eq!(seen.next().await, "Finished r-2", "{protocol:?}");
    }
}

// The server takes no more out of the body than the header says, and does not ask whether that was all.
#[tokio::test]
async fn a_stream_whose_length_a_header_says_is_finished() {
    let (log, mut seen) = seen();
    let app = with_ids(Router::new().route(
        "/",
        get(async move || {
            log.note_close();
            let words = stream::iter(["one", "two"]).map(Ok::<_, Infallible>);
            let body = axum::body::Body::from_stream(words.chain(stream::pending()));
            ([("content-length", "6")], body)
        }),
    ));
    let server = Server::start(app).await;
    let mut client = server.client(Protocol::Http1).await;
    assert_eq!(client.text("/", "r-1").await, "onetwo");
    assert_eq!(seen.next().await, "Finished r-1");
}

#[tokio::test]
async fn server_sent_events_are_made_in_the_request() {
    let app = with_ids(Router::new().route(
        "/",
        get(async || {
            let events = stream::iter(0..2).map(|_| Ok::<_, Infallible>(Event::default().data(id())));
            Sse::new(events).keep_alive(KeepAlive::default())
        }),
    ));
    let server = Server::start(app).await;
    for protocol in BOTH {
        let mut client = server.client(protocol).await;
        assert_eq!(client.text("/", "r-1").await, "data: r-1\n\ndata: r-1\n\n");
    }
}

#[tokio::test]
async fn server_sent_events_keep_the_scopes_around_their_making() {
    async fn events() -> impl axum::response::IntoResponse {
        USER.run("ada", || {
            let user =
                |_| Ok::<_, Infallible>(Event::default().data(format!("{:?} {}", USER.get_store(), id())));
            throughline_axum::sse(stream::iter(0..1).map(user)).keep_alive(KeepAlive::default())
        })
    }
    async fn plain() -> impl axum::response::IntoResponse {
        USER.run("ada", || {
            let user =
                |_| Ok::<_, Infallible>(Event::default().data(format!("{:?} {}", USER.get_store(), id())));
            Sse::new(stream::iter(0..1).map(user))
        })
    }
    let app = Router::new().route("/", get(events)).route("/plain", get(plain));
    let server = Server::start(with_ids(app)).await;
    for protocol in BOTH {
        let mut client = server.client(protocol).await;
        assert_eq!(client.text("/", "r-1").await, "data: Some(\"ada\") r-1\n\n");
        assert_eq!(client.text("/plain", "r-2").await, "data: None r-2\n\n");
    }
}
