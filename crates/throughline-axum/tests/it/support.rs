//! A server whose handlers say what they see, and a client that may hang up.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Request, Response};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use throughline::tower::{RequestContextLayer, RequestHandle, RequestId};
use throughline::{AsyncLocalStorage, execution_async_resource};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

pub(crate) static REQUEST_ID: AsyncLocalStorage<RequestId> = AsyncLocalStorage::new().named("request id");

/// Long enough for anything here: what takes longer does not come.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Http1,
    Http2,
}

pub(crate) const BOTH: [Protocol; 2] = [Protocol::Http1, Protocol::Http2];

/// What handlers saw. It goes along by hand, in closures.
#[derive(Clone, Debug)]
pub(crate) struct Log(mpsc::UnboundedSender<String>);

impl Log {
    pub(crate) fn note(&self, place: &str) {
        // A test that is over listens no more.
        let _ = self.0.send(format!("{place} {}", id()));
    }

    /// Notes how the current request ends.
    pub(crate) fn note_close(&self) {
        let log = self.clone();
        let request = RequestHandle::current().expect("a request is current");
        request.on_close(move |close| {
            let resource = execution_async_resource().map(|resource| resource.type_name());
            assert_eq!(resource, Some("HTTPINCOMINGMESSAGE"));
            log.note(&format!("{close:?}"));
        });
    }
}

/// The id of the request whose context is current.
pub(crate) fn id() -> String {
    REQUEST_ID.get_store().map_or("-".to_owned(), |id| id.to_string())
}

pub(crate) fn seen() -> (Log, Seen) {
    let (tell, told) = mpsc::unbounded_channel();
    (Log(tell), Seen(Mutex::new(told)))
}

#[derive(Debug)]
pub(crate) struct Seen(Mutex<mpsc::UnboundedReceiver<String>>);

impl Seen {
    /// What was noted next.
    pub(crate) async fn next(&mut self) -> String {
        let next = timeout(PATIENCE, self.0.get_mut().unwrap().recv()).await;
        next.expect("nothing was noted")
            .expect("nobody is left to note anything")
    }
}

/// The app with the layer around it.
pub(crate) fn with_ids(app: Router) -> Router {
    app.layer(RequestContextLayer::new().request_id(&REQUEST_ID))
}

/// A server that ends with the test.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    task: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start(app: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = app.into_make_service_with_connect_info::<SocketAddr>();
        let task = tokio::spawn(async { axum::serve(listener, app).await.unwrap() });
        Server { address, task }
    }

    pub(crate) async fn client(&self, protocol: Protocol) -> Client {
        let socket = TcpStream::connect(self.address).await.unwrap();
        let local = socket.local_addr().unwrap();
        let socket = TokioIo::new(socket);
        let (sender, connection) = match protocol {
            Protocol::Http1 => {
                let (sender, connection) = http1::handshake(socket).await.unwrap();
                (
                    Sender::Http1(sender),
                    tokio::spawn(async { drop(connection.await) }),
                )
            }
            Protocol::Http2 => {
                let (sender, connection) = http2::handshake(TokioExecutor::new(), socket).await.unwrap();
                (
                    Sender::Http2(sender),
                    tokio::spawn(async { drop(connection.await) }),
                )
            }
        };
        Client {
            sender,
            connection: Arc::new(Connection(connection)),
            local,
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One connection. Dropped, it hangs up.
#[derive(Debug)]
pub(crate) struct Client {
    sender: Sender,
    connection: Arc<Connection>,
    pub(crate) local: SocketAddr,
}

#[derive(Debug)]
enum Sender {
    Http1(http1::SendRequest<Empty<Bytes>>),
    Http2(http2::SendRequest<Empty<Bytes>>),
}

#[derive(Debug)]
struct Connection(JoinHandle<()>);

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Client {
    /// For another request on the same connection at the same time.
    pub(crate) fn twin(&self) -> Self {
        let Sender::Http2(sender) = &self.sender else {
            panic!("HTTP/1.1 has one request at a time");
        };
        Client {
            sender: Sender::Http2(sender.clone()),
            connection: Arc::clone(&self.connection),
            local: self.local,
        }
    }

    pub(crate) async fn send(&mut self, request: Request<Empty<Bytes>>) -> hyper::Result<Response<Incoming>> {
        let answer = async {
            match &mut self.sender {
                Sender::Http1(sender) => sender.send_request(request).await,
                Sender::Http2(sender) => sender.send_request(request).await,
            }
        };
        timeout(PATIENCE, answer).await.expect("no answer")
    }

    pub(crate) async fn get(&mut self, path: &str, id: &str) -> hyper::Result<Response<Incoming>> {
        self.send(request(path, id)).await
    }

    /// The text of an answer, whose header must say the id that was sent.
    pub(crate) async fn text(&mut self, path: &str, id: &str) -> String {
        let response = self.get(path, id).await.unwrap();
        assert_eq!(response.headers()["x-request-id"], id);
        text_of(response).await
    }
}

pub(crate) async fn text_of(response: Response<Incoming>) -> String {
    let body = timeout(PATIENCE, response.into_body().collect()).await;
    String::from_utf8(body.expect("no end of the body").unwrap().to_bytes().into()).unwrap()
}

/// Both protocols' requests name their host, each in its way.
pub(crate) fn request(path: &str, id: &str) -> Request<Empty<Bytes>> {
    Request::get(format!("http://localhost{path}"))
        .header("host", "localhost")
        .header("x-request-id", id)
        .body(Empty::new())
        .unwrap()
}

/// A body of chunks that each say the id of the request in whose context it was made, and of trailers that do.
pub(crate) fn chunks(log: Log, count: usize) -> Body {
    use futures_util::stream::{self, StreamExt as _};
    use hyper::body::Frame;
    let witness = Witness(log);
    let data = stream::iter(0..count).then(async |_| {
        tokio::task::yield_now().await;
        Frame::data(Bytes::from(format!("{} ", id())))
    });
    let trailers = stream::once(async move {
        let _witness = witness;
        let mut trailers = axum::http::HeaderMap::new();
        trailers.insert("x-made-by", id().parse().unwrap());
        Frame::trailers(trailers)
    });
    let frames = data.chain(trailers).map(Ok::<_, std::convert::Infallible>);
    Body::new(http_body_util::StreamBody::new(frames.boxed()))
}

/// Notes where it is dropped.
#[derive(Debug)]
pub(crate) struct Witness(pub(crate) Log);

impl Drop for Witness {
    fn drop(&mut self) {
        self.0.note("drop");
    }
}
