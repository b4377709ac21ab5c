//! WebSockets: the task that they go on in.

use super::support::{Server, id, seen, with_ids};
use axum::Router;
use axum::extract::ws::WebSocketUpgrade;
use axum::routing::any;
use futures_util::{SinkExt as _, StreamExt as _};
use throughline::tower::RequestHandle;
use throughline::{AsyncLocalStorage, BindOnce as _, execution_async_resource};
use throughline_axum::WebSocketUpgradeExt as _;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();

/// What the socket is sent, for each path.
fn sight() -> String {
    let resource = execution_async_resource().map_or("-", |resource| resource.type_name());
    format!("{} {:?} {resource}", id(), USER.get_store())
}

async fn connect(
    server: &Server,
    path: &str,
) -> (
    tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>,
    String,
) {
    let mut request = format!("ws://{}{path}", server.address)
        .into_client_request()
        .unwrap();
    request
        .headers_mut()
        .insert("x-request-id", "r-1".parse().unwrap());
    let (socket, response) = tokio_tungstenite::connect_async(request).await.unwrap();
    (
        socket,
        response.headers()["x-request-id"].to_str().unwrap().to_owned(),
    )
}

#[tokio::test]
async fn an_upgraded_socket_goes_on_in_its_request() {
    let (log, mut seen) = seen();
    let chat = any(async move |ws: WebSocketUpgrade| {
        log.note_close();
        let request = RequestHandle::current().unwrap().async_id();
        USER.enter_with("ada");
        let log = log.clone();
        ws.on_upgrade_in_context(async move |mut socket| {
            let cause = execution_async_resource().unwrap().trigger_async_id();
            assert_eq!(cause, Some(request));
            while let Some(Ok(message)) = socket.recv().await {
                let text = format!("{} {}", message.into_text().unwrap(), sight());
                socket.send(text.into()).await.unwrap();
            }
            log.note("socket is closed");
        })
    });
    let server = Server::start(with_ids(Router::new().route("/", chat))).await;
    let (mut socket, said) = connect(&server, "/").await;
    assert_eq!(said, "r-1");
    // The request is over; what it opened goes on in its context.
    assert_eq!(seen.next().await, "Finished r-1");
    for word in ["one", "two"] {
        socket.send(word.into()).await.unwrap();
        let answer = socket.next().await.unwrap().unwrap().into_text().unwrap();
        assert_eq!(answer.as_str(), format!("{word} r-1 Some(\"ada\") WEBSOCKET"));
    }
    drop(socket);
    assert_eq!(seen.next().await, "socket is closed r-1");
}

#[tokio::test]
async fn axums_own_upgrade_inherits_nothing() {
    let chat = any(async |ws: WebSocketUpgrade| {
        ws.on_upgrade(async |mut socket| socket.send(sight().into()).await.unwrap())
    });
    let server = Server::start(with_ids(Router::new().route("/", chat))).await;
    let (mut socket, _) = connect(&server, "/").await;
    let answer = socket.next().await.unwrap().unwrap().into_text().unwrap();
    assert_eq!(answer.as_str(), "- None -");
}

#[tokio::test]
async fn an_upgrade_that_fails_tells_in_its_request_and_drops_the_callback_there() {
    let (log, mut seen) = seen();
    let chat = any(async move |ws: WebSocketUpgrade| {
        let (failed, witness) = (log.clone(), super::support::Witness(log.clone()));
        let ws = ws.on_failed_upgrade((move |_: axum::Error| failed.note("failed")).bind_once());
        ws.on_upgrade_in_context(async move |_| {
            let _witness = witness;
        })
    });
    let server = Server::start(with_ids(Router::new().route("/", chat))).await;
    // It leaves as soon as the server has begun to answer.
    let socket = tokio::net::TcpStream::connect(server.address).await.unwrap();
    let head = "GET / HTTP/1.1\r\nhost: it\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
                sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nx-request-id: r-1\r\n\r\n";
    socket.writable().await.unwrap();
    socket.try_write(head.as_bytes()).unwrap();
    drop(socket);
    let mut lines = vec![seen.next().await];
    if lines[0] == "failed r-1" {
        lines.push(seen.next().await);
    }
    assert_eq!(lines.last().unwrap(), "drop r-1");
}
