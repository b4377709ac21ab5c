//! Clients who may hang up: what is dropped is given up.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Bytes;
use axum::http::{HeaderValue, Method, Request, Response};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use throughline::tower::X_REQUEST_ID;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::Failure;
use crate::context::X_CALLER;

/// One connection. When the last of those who share it is dropped, it hangs up.
pub(crate) struct Connection {
    sender: Sender,
    task: Arc<Task>,
}

/// What carries a connection; it ends with this.
struct Task(JoinHandle<()>);

enum Sender {
    Http1(http1::SendRequest<Empty<Bytes>>),
    Http2(http2::SendRequest<Empty<Bytes>>),
}

/// Who asks, and under which id.
#[derive(Clone, Debug)]
pub(crate) struct Asking {
    pub(crate) id: String,
    pub(crate) caller: String,
}

pub(crate) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

impl Connection {
    pub(crate) async fn http1(address: SocketAddr) -> Result<Self, Failure> {
        let socket = TokioIo::new(TcpStream::connect(address).await?);
        let (sender, connection) = http1::handshake(socket).await?;
        let task = Task::spawn(async { drop(connection.await) });
        Ok(Connection {
            sender: Sender::Http1(sender),
            task,
        })
    }

    pub(crate) async fn http2(address: SocketAddr) -> Result<Self, Failure> {
        let socket = TokioIo::new(TcpStream::connect(address).await?);
        let (sender, connection) = http2::handshake(TokioExecutor::new(), socket).await?;
        let task = Task::spawn(async { drop(connection.await) });
        Ok(Connection {
            sender: Sender::Http2(sender),
            task,
        })
    }

    /// The same connection, for another request at the same time; none over HTTP/1.1.
    pub(crate) fn share(&self) -> Option<Self> {
        let Sender::Http2(sender) = &self.sender else {
            return None;
        };
        Some(Connection {
            sender: Sender::Http2(sender.clone()),
            task: Arc::clone(&self.task),
        })
    }

    pub(crate) async fn send(
        &mut self,
        method: Method,
        path: &str,
        asking: &Asking,
    ) -> Result<Response<Incoming>, Failure> {
        let request = Request::builder()
            .method(method)
            .uri(format!("http://localhost{path}"))
            .header("host", "localhost")
            .header(X_REQUEST_ID, &asking.id)
            .header(X_CALLER, &asking.caller)
            .body(Empty::new())?;
        Ok(match &mut self.sender {
            Sender::Http1(sender) => {
                sender.ready().await?;
                sender.send_request(request).await?
            }
            Sender::Http2(sender) => {
                sender.ready().await?;
                sender.send_request(request).await?
            }
        })
    }
}

impl Task {
    fn spawn(connection: impl Future<Output = ()> + Send + 'static) -> Arc<Self> {
        Arc::new(Task(tokio::spawn(connection)))
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The text of a body, to its end.
pub(crate) async fn text_of(response: Response<Incoming>) -> Result<String, Failure> {
    let body = response.into_body().collect().await?.to_bytes();
    Ok(String::from_utf8(body.into())?)
}

/// Opens a WebSocket; with it comes the id that the answer said.
pub(crate) async fn open_socket(
    address: SocketAddr,
    path: &str,
    asking: &Asking,
) -> Result<(Socket, Option<HeaderValue>), Failure> {
    let mut request = format!("ws://{address}{path}").into_client_request()?;
    request.headers_mut().insert(X_REQUEST_ID, asking.id.parse()?);
    request.headers_mut().insert(X_CALLER, asking.caller.parse()?);
    let (socket, response) = tokio_tungstenite::connect_async(request).await?;
    Ok((socket, response.headers().get(X_REQUEST_ID).cloned()))
}
