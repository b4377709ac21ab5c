//! Node's `req.on('close', AsyncResource.bind(() => { ... }))` on real connections, whose clients hang up in the midst of their request.
//!
//! ```sh
//! cargo run --example event_emitter
//! ```

use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::{Response, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use throughline::{AsyncLocalStorage, Event, EventEmitter, bind, execution_async_resource};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

static REQUEST_ID: AsyncLocalStorage<u64> = AsyncLocalStorage::new();

const CLOSE: Event = Event::new("close");

/// What the listeners saw: the request's id, and the type of the resource whose callback they are.
type Seen = Arc<Mutex<Vec<(&'static str, Option<u64>, Option<&'static str>)>>>;

fn note(seen: &Seen, listener: &'static str) {
    let resource = execution_async_resource().map(|resource| resource.type_name());
    println!(
        "{listener:<8} request {:?}, resource {resource:?}",
        REQUEST_ID.get_store()
    );
    seen.lock()
        .unwrap()
        .push((listener, REQUEST_ID.get_store(), resource));
}

/// Waits for something that will not come before the client has lost patience.
async fn handle(
    req: EventEmitter,
    seen: Seen,
    started: Arc<Notify>,
) -> Result<Response<Empty<Bytes>>, Infallible> {
    let (bound, plain) = (seen.clone(), seen);
    req.on(&CLOSE, bind!(to "CLOSE", |_end: &()| note(&bound, "bound")));
    req.on(&CLOSE, move |()| note(&plain, "plain"));
    started.notify_one();
    std::future::pending().await
}

/// Serves a connection until it ends, for which the listeners wait. This knows nothing of requests and their ids.
async fn serve(socket: TcpStream, id: u64, seen: Seen, started: Arc<Notify>) {
    let req = EventEmitter::new();
    let emitter = req.clone();
    let service =
        service_fn(move |_| REQUEST_ID.scope(id, handle(emitter.clone(), seen.clone(), started.clone())));
    let ended = http1::Builder::new()
        .serve_connection(TokioIo::new(socket), service)
        .await;
    assert!(ended.is_err(), "the client hung up");
    assert_eq!(REQUEST_ID.get_store(), None);
    assert!(req.emit(&CLOSE, &()));
}

#[tokio::main]
async fn main() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let seen = Seen::default();
    for id in 1..=3 {
        let started = Arc::new(Notify::new());
        let mut client = TcpStream::connect(address).await.unwrap();
        client
            .write_all(b"GET / HTTP/1.1\r\nhost: here\r\n\r\n")
            .await
            .unwrap();
        let (socket, _) = listener.accept().await.unwrap();
        let server = tokio::spawn(serve(socket, id, seen.clone(), started.clone()));
        started.notified().await;
        drop(client);
        server.await.unwrap();

        // Bound, it runs in the context of the request; plain, in that of whoever emits, as in Node.
        let expected = [("bound", Some(id), Some("CLOSE")), ("plain", None, None)];
        assert_eq!(*seen.lock().unwrap(), expected);
        seen.lock().unwrap().clear();
    }
}
