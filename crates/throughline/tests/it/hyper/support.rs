//! A server and a client that say what their connections see.

use bytes::Bytes;
use http::{Request, Response, Uri};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::rt::{Executor, Read, ReadBufCursor, Write};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use throughline::hyper::ContextExecutor;
use throughline::{AsyncLocalStorage, Crossing, Propagation};
use tokio::net::{TcpListener, TcpStream};
use tower_service::Service;

pub(super) static REQUEST: AsyncLocalStorage<Arc<str>> = AsyncLocalStorage::new().named("request");
/// Asks to cross to detached tasks.
pub(super) static REGION: AsyncLocalStorage<&str> =
    AsyncLocalStorage::new().propagation(Propagation::new().detached(Crossing::Inherit));

pub(super) type Exec = ContextExecutor<TokioExecutor>;

/// What `REQUEST` and `REGION` hold here.
pub(super) fn seen() -> String {
    let request = REQUEST.get_store();
    format!(
        "{} {}",
        request.as_deref().unwrap_or("-"),
        REGION.get_store().unwrap_or("-")
    )
}

/// A server of HTTP/1.1 and HTTP/2 that runs each connection in the context `REQUEST = "connection"`.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl Server {
    pub(super) async fn start<S, B>(executor: Exec, service: S) -> Self
    where
        S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
        S::Future: Send,
        S::Error: std::error::Error + Send + Sync,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: std::error::Error + Send + Sync,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let accepted = Arc::clone(&connections);
        tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                accepted.fetch_add(1, Ordering::SeqCst);
                let (service, executor) = (service.clone(), executor.clone());
                let connection = async move {
                    let builder = auto::Builder::new(executor);
                    let service = hyper_util::service::TowerToHyperService::new(service);
                    // What a client that hangs up leaves is no matter of the test.
                    let _ = builder.serve_connection(TokioIo::new(socket), service).await;
                };
                tokio::spawn(REQUEST.scope(Arc::from("connection"), connection));
            }
        });
        Server { address, connections }
    }

    /// How many there were.
    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub(super) fn uri(&self, path: &str) -> Uri {
        format!("http://{}{path}", self.address).parse().unwrap()
    }
}

/// What was seen in which context, in its order.
#[derive(Clone, Debug, Default)]
pub(super) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub(super) fn note(&self) {
        let seen = seen();
        self.0.lock().unwrap().push(seen);
    }

    /// What was seen since the last time, each once.
    pub(super) fn take(&self) -> Vec<String> {
        let mut all = std::mem::take(&mut *self.0.lock().unwrap());
        all.sort();
        all.dedup();
        all
    }
}

pub(super) type PooledClient = Client<Connector, Empty<Bytes>>;

/// hyper-util's pooling client, whose connections note what they see whenever they are polled.
pub(super) fn client(executor: Exec, is_http2: bool, log: &Log) -> PooledClient {
    Client::builder(executor)
        .http2_only(is_http2)
        .build(Connector(log.clone()))
}

/// The response's body, with the request's context.
pub(super) async fn get(client: &PooledClient, uri: Uri) -> Bytes {
    let response = client.get(uri).await.unwrap();
    response.into_body().collect().await.unwrap().to_bytes()
}

#[derive(Clone)]
pub(super) struct Connector(Log);

impl Service<Uri> for Connector {
    type Response = NotingIo;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<NotingIo>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let log = self.0.clone();
        Box::pin(async move {
            let socket = TcpStream::connect(uri.authority().unwrap().as_str()).await?;
            Ok(NotingIo {
                io: TokioIo::new(socket),
                log,
            })
        })
    }
}

/// A connection that notes what it sees.
pub(super) struct NotingIo {
    io: TokioIo<TcpStream>,
    log: Log,
}

impl Connection for NotingIo {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl Read for NotingIo {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        self.log.note();
        Pin::new(&mut self.io).poll_read(cx, buffer)
    }
}

impl Write for NotingIo {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.log.note();
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

/// Keeps what it is given to run, and what it saw when it was given that.
#[derive(Clone, Default)]
pub(super) struct Queue(Arc<Mutex<Vec<Job>>>);

type Job = (String, Pin<Box<dyn Future<Output = ()> + Send>>);

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Queue {
    fn execute(&self, future: F) {
        self.0.lock().unwrap().push((seen(), Box::pin(future)));
    }
}

impl Queue {
    pub(super) fn take(&self) -> Job {
        self.0.lock().unwrap().pop().expect("something was given to run")
    }
}
