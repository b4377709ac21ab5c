//! The id of a request: in its handler, in what that calls, and back at the client.

use super::support::{BOTH, Protocol, REQUEST_ID, Server, id, request, seen, text_of, with_ids};
use axum::Router;
use axum::http::{Method, StatusCode};
use axum::routing::{get, post};
use std::collections::HashSet;
use std::time::Duration;
use throughline::tower::RequestId;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

fn app() -> Router {
    with_ids(
        Router::new()
            .route("/", get(async || id()))
            .route("/post", post(async || id())),
    )
}

#[tokio::test]
async fn a_handler_knows_the_id_and_the_client_gets_it_back() {
    let server = Server::start(app()).await;
    for protocol in BOTH {
        let mut client = server.client(protocol).await;
        // Several on one connection, none of which keeps another's.
        for sent in ["r-1", "r-2", "r-3"] {
            assert_eq!(client.text("/", sent).await, sent, "{protocol:?}");
        }
    }
}

#[tokio::test]
async fn a_request_without_an_id_gets_a_new_one() {
    let server = Server::start(app()).await;
    let mut ids = HashSet::new();
    for protocol in BOTH {
        let mut client = server.client(protocol).await;
        for _ in 0..10 {
            let mut asked = request("/", "x");
            asked.headers_mut().remove("x-request-id");
            let response = client.send(asked).await.unwrap();
            let said = response.headers()["x-request-id"].to_str().unwrap().to_owned();
            assert!(said.parse::<RequestId>().is_ok());
            assert_eq!(text_of(response).await, said);
            ids.insert(said);
        }
    }
    assert_eq!(ids.len(), 20);
}

#[tokio::test]
async fn the_id_goes_back_with_errors_too() {
    let server = Server::start(app()).await;
    for protocol in BOTH {
        let mut client = server.client(protocol).await;
        let missing = client.get("/nowhere", "r-404").await.unwrap();
        assert_eq!(missing.status(), StatusCode::NOT_FOUND);
        assert_eq!(missing.headers()["x-request-id"], "r-404");
        drop(text_of(missing).await);
        let wrong = client.get("/post", "r-405").await.unwrap();
        assert_eq!(wrong.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(wrong.headers()["x-request-id"], "r-405");
        drop(text_of(wrong).await);
        let mut head = request("/", "r-head");
        *head.method_mut() = Method::HEAD;
        assert_eq!(
            client.send(head).await.unwrap().headers()["x-request-id"],
            "r-head"
        );
    }
}

/// What the server says to a request with those lines in its head: the ids in its head, and its body.
async fn raw(server: &Server, lines: &[u8]) -> (Vec<String>, String) {
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    let mut head = b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n".to_vec();
    head.extend_from_slice(lines);
    head.extend_from_slice(b"\r\n");
    socket.write_all(&head).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let ids = head
        .lines()
        .filter_map(|line| line.strip_prefix("x-request-id: "));
    (ids.map(str::to_owned).collect(), body.to_owned())
}

#[tokio::test]
async fn an_id_that_is_none_is_replaced_and_never_comes_back() {
    let server = Server::start(app()).await;
    let ten_kb = format!("x-request-id: {}\r\n", "x".repeat(10 * 1024));
    let wrong: [&[u8]; 6] = [
        b"",
        b"x-request-id:\r\n",
        b"x-request-id: \xff\xfe\r\n",
        b"x-request-id: two words\r\n",
        ten_kb.as_bytes(),
        b"x-request-id: \tone\ttwo\r\nx-request-id: three\r\n",
    ];
    for lines in wrong {
        let (said, body) = raw(&server, lines).await;
        assert_eq!(said, std::slice::from_ref(&body));
        assert!(body.len() < 64 && body.parse::<RequestId>().is_ok(), "{body}");
        assert_ne!(body, "three");
    }
    let (said, body) = raw(&server, b"x-request-id: one\r\nX-Request-ID: two\r\n").await;
    assert_eq!((said, body.as_str()), (vec!["one".to_owned()], "one"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_requests_at_once_on_one_connection_are_not_mixed_up() {
    let app = with_ids(Router::new().route(
        "/{n}",
        get(async |axum::extract::Path(n): axum::extract::Path<u64>| {
            let (before, seen) = (
                id(),
                tokio::spawn(throughline::FutureContextExt::in_context(async { id() })),
            );
            tokio::time::sleep(Duration::from_micros(n % 7 * 300)).await;
            format!("{before} {} {}", seen.await.unwrap(), id())
        }),
    ));
    let server = Server::start(app).await;
    let mut clients = tokio::task::JoinSet::new();
    for connection in 0..4 {
        let client = server.client(Protocol::Http2).await;
        for n in 0..50 {
            let mut client = client.twin();
            clients.spawn(async move {
                let sent = format!("c{connection}-{n}");
                let text = client.text(&format!("/{n}"), &sent).await;
                assert_eq!(text, format!("{sent} {sent} {sent}"));
            });
        }
    }
    while let Some(client) = clients.join_next().await {
        client.unwrap();
    }
}

#[tokio::test]
async fn nothing_is_left_on_the_threads_of_the_server() {
    let (log, mut seen) = seen();
    let app = with_ids(Router::new().route("/", get(async move || log.note("handler"))));
    let server = Server::start(app).await;
    server.client(Protocol::Http1).await.text("/", "r-1").await;
    assert_eq!(seen.next().await, "handler r-1");
    // The test's runtime has one thread: the server ran on this one.
    assert!(REQUEST_ID.get_store().is_none() && !throughline::in_boundary());
}
