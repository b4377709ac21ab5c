//! What clients can do on the wire: pipelines, upgrades by hand, hostile headers over HTTP/2.

use super::support::{BOTH, Protocol, Server, Witness, id, request, seen, text_of, with_ids};
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::get;
use futures_util::stream::{self, StreamExt as _};
use http_body_util::BodyExt as _;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use throughline::FutureContextExt as _;
use throughline::tower::{RequestContextLayer, RequestId};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A request as it is sent.
fn head(path: &str, id: &str, more: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: it\r\nx-request-id: {id}\r\n{more}\r\n")
}

#[tokio::test]
async fn pipelined_requests_are_each_in_their_own_context() {
    let (log, mut seen) = seen();
    let app = Router::new().route(
        "/",
        get(async move || {
            log.note_close();
            let first = id();
            tokio::task::yield_now().await;
            let rest = stream::iter(0..2).map(|_| Ok::<_, Infallible>(format!(" {}", id())));
            Body::from_stream(stream::iter([Ok(first)]).chain(rest))
        }),
    );
    let server = Server::start(with_ids(app)).await;
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    let all: String = (0..20).map(|n| head("/", &format!("r-{n}"), "")).collect();
    let last = head("/", "r-20", "connection: close\r\n");
    socket.write_all((all + &last).as_bytes()).await.unwrap();
    let mut answers = String::new();
    socket.read_to_string(&mut answers).await.unwrap();

    let heads: Vec<&str> = answers
        .lines()
        .filter_map(|line| line.strip_prefix("x-request-id: "))
        .collect();
    let chunks: Vec<&str> = answers
        .lines()
        .filter(|line| line.trim().starts_with("r-"))
        .collect();
    for n in 0..=20 {
        assert_eq!(heads[n], format!("r-{n}"));
        for chunk in &chunks[3 * n..3 * n + 3] {
            assert_eq!(chunk.trim(), format!("r-{n}"));
        }
        assert_eq!(seen.next().await, format!("Finished r-{n}"));
    }
}

// With a third request sent already, hyper would not see that the client has left before it writes.
#[tokio::test]
async fn a_client_that_leaves_at_the_last_of_its_pipelined_requests_hangs_up_on_that_one() {
    let (log, mut seen) = seen();
    let waits = log.clone();
    let wait = get(async move || {
        waits.note_close();
        let _witness = Witness(waits.clone());
        waits.note("waits");
        std::future::pending::<()>().await
    });
    let app = Router::new()
        .route("/", get(async move || log.note_close()))
        .route("/wait", wait);
    let server = Server::start(with_ids(app)).await;
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    let both = [head("/", "r-1", ""), head("/wait", "r-2", "")];
    socket.write_all(both.concat().as_bytes()).await.unwrap();
    assert_eq!(seen.next().await, "Finished r-1");
    assert_eq!(seen.next().await, "waits r-2");
    drop(socket);
    assert_eq!(seen.next().await, "drop r-2");
    assert_eq!(seen.next().await, "HungUp r-2");
}

#[tokio::test]
async fn hostile_ids_are_replaced_over_both_protocols() {
    let server = Server::start(with_ids(Router::new().route("/", get(async || id())))).await;
    let long = "x".repeat(10 * 1024);
    let wrong: [&[u8]; 6] = [
        b"",
        b"two words",
        b"tab\there",
        b"r-\xff\xfe",
        "r-ü".as_bytes(),
        long.as_bytes(),
    ];
    for protocol in BOTH {
        let mut client = server.client(protocol).await;
        for bad in wrong {
            let mut asked = request("/", "x");
            let value = HeaderValue::from_bytes(bad).unwrap();
            asked.headers_mut().insert("x-request-id", value);
            let answer = client.send(asked).await.unwrap();
            let said = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
            assert!(
                said.parse::<RequestId>().is_ok() && said.as_bytes() != bad,
                "{protocol:?} {said}"
            );
            assert_eq!(text_of(answer).await, said);
        }
        let mut twice = request("/", "r-1");
        twice.headers_mut().append("x-request-id", "r-2".parse().unwrap());
        let answer = client.send(twice).await.unwrap();
        let said: Vec<_> = answer.headers().get_all("x-request-id").iter().collect();
        assert_eq!(said, ["r-1"], "{protocol:?}");
        assert_eq!(text_of(answer).await, "r-1");
    }
}

/// Takes the connection over from hyper, and repeats what it is sent, with the id.
async fn upgrade(log: super::support::Log, request: Request) -> Response {
    log.note_close();
    let upgraded = hyper::upgrade::on(request);
    let echo = async move {
        let mut socket = TokioIo::new(upgraded.await.unwrap());
        let mut word = [0; 4];
        while socket.read_exact(&mut word).await.is_ok() {
            let word = String::from_utf8_lossy(&word).into_owned();
            socket
                .write_all(format!("{word} {}\n", id()).as_bytes())
                .await
                .unwrap();
        }
        log.note("over");
    };
    tokio::spawn(echo.in_context());
    let response = Response::builder()
        .status(StatusCode::SWITCHING_PROTOCOLS)
        .header(header::CONNECTION, "upgrade")
        .header(header::UPGRADE, "echo");
    response.body(Body::empty()).unwrap()
}

#[tokio::test]
async fn an_upgrade_by_hand_goes_on_in_its_request_when_that_is_finished() {
    let (log, mut seen) = seen();
    let app = Router::new().route("/", get(async move |request| upgrade(log, request).await));
    let server = Server::start(with_ids(app)).await;
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    let ask = head("/", "r-1", "connection: upgrade\r\nupgrade: echo\r\n");
    socket.write_all(ask.as_bytes()).await.unwrap();
    assert_eq!(seen.next().await, "Finished r-1");
    socket.write_all(b"one.two.").await.unwrap();
    socket.shutdown().await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    let (head, echo) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("x-request-id: r-1"), "{head}");
    assert_eq!(echo, "one. r-1\ntwo. r-1\n");
    assert_eq!(seen.next().await, "over r-1");
}

#[tokio::test]
async fn a_body_that_panics_ends_its_request_and_leaves_nothing_to_the_next() {
    let (log, mut seen) = seen();
    let there = log.clone();
    let panics = get(async move || {
        log.note_close();
        let witness = Witness(log.clone());
        let body = stream::iter(0..2).map(move |n| {
            let _ = &witness;
            assert!(n == 0, "on purpose");
            Ok::<_, Infallible>("first")
        });
        Body::from_stream(body)
    });
    let app = Router::new()
        .route("/", panics)
        .route("/other", get(async move || there.note("other")));
    let server = Server::start(with_ids(app)).await;
    for protocol in BOTH {
        let mut client = server.client(protocol).await;
        if let Ok(response) = client.get("/", "r-1").await {
            assert!(response.into_body().collect().await.is_err(), "{protocol:?}");
        }
        assert_eq!(seen.next().await, "drop r-1", "{protocol:?}");
        assert_eq!(seen.next().await, "Panicked r-1", "{protocol:?}");
        server.client(protocol).await.text("/other", "r-2").await;
        assert_eq!(seen.next().await, "other r-2", "{protocol:?}");
    }
}

// The outer one makes the id, and says it to the inner one in the request's header.
#[tokio::test]
async fn layers_around_each_other_agree_on_the_id_and_each_has_its_own_end() {
    let (log, mut seen) = seen();
    let around = log.clone();
    let inner = with_ids(Router::new().route(
        "/",
        get(async move || {
            log.note_close();
            id()
        }),
    ));
    let between = axum::middleware::from_fn(move |request: Request, next: axum::middleware::Next| {
        around.note_close();
        next.run(request)
    });
    let outer = inner
        .layer(between)
        .layer(RequestContextLayer::new().request_id(&super::support::REQUEST_ID));
    let server = Server::start(outer).await;
    let mut client = server.client(Protocol::Http1).await;
    let mut asked = request("/", "x");
    asked.headers_mut().remove("x-request-id");
    let answer = client.send(asked).await.unwrap();
    let said = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
    assert_eq!(text_of(answer).await, said);
    for _ in 0..2 {
        assert_eq!(seen.next().await, format!("Finished {said}"));
    }
}
