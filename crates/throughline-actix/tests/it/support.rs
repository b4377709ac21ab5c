//! The server, its handlers, and clients of both protocols.

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, error, web};
use bytes::Bytes;
use futures_core::Stream;
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::{Method, Request, Response};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use throughline::AsyncLocalStorage;
use throughline::tower::{Close, RequestHandle, RequestId};
use throughline_actix::RequestContext;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

pub(crate) static ID: AsyncLocalStorage<RequestId> = AsyncLocalStorage::new().named("request_id");
pub(crate) static ROUTE: AsyncLocalStorage<String> = AsyncLocalStorage::new().named("route");
/// Entered by handlers.
pub(crate) static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();

pub(crate) fn id() -> String {
    ID.get_store().map_or("-".to_owned(), |id| id.to_string())
}

type Tell = web::Data<UnboundedSender<String>>;

/// A server under test, and a client of it.
pub(crate) struct Server {
    address: SocketAddr,
    handle: ServerHandle,
    client: Client<HttpConnector, Empty<Bytes>>,
    /// What handlers tell, in its order.
    pub(crate) told: UnboundedReceiver<String>,
}

/// Runs `test` with a server, once over HTTP/1.1 and once over HTTP/2.
pub(crate) fn over_both(test: impl AsyncFn(Server)) {
    for is_http2 in [false, true] {
        actix_web::rt::System::new().block_on(async {
            let server = Server::start(is_http2);
            let handle = server.handle.clone();
            test(server).await;
            handle.stop(false).await;
        });
    }
}

impl Server {
    fn start(is_http2: bool) -> Self {
        let (tell, told) = unbounded_channel();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let app = move || {
            let context = RequestContext::new()
                .request_id(&ID)
                .with_some(&ROUTE, HttpRequest::match_pattern);
            App::new()
                .app_data(web::Data::new(tell.clone()))
                .wrap(context)
                .route("/id", web::route().to(say_id))
                .route("/route/{name}", web::get().to(say_route))
                .route("/fail", web::get().to(fail))
                .route("/panic", web::get().to(panic))
                .route("/parts/{kind}", web::get().to(parts))
                .route("/spawned", web::get().to(spawned))
        };
        let server = HttpServer::new(app)
            .workers(1)
            .disable_signals()
            .listen_auto_h2c(listener)
            .unwrap()
            .run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        let client = Client::builder(TokioExecutor::new())
            .http2_only(is_http2)
            .build_http();
        Server {
            address,
            handle,
            client,
            told,
        }
    }

    pub(crate) fn request(&self, path: &str, ids: &[&str]) -> Request<Empty<Bytes>> {
        let mut request = Request::get(format!("http://{}{path}", self.address));
        for id in ids {
            request = request.header("x-request-id", *id);
        }
        request.body(Empty::new()).unwrap()
    }

    /// As long as it is not awaited, nothing is sent.
    pub(crate) fn send(
        &self,
        request: Request<Empty<Bytes>>,
    ) -> impl Future<Output = Result<Response<Incoming>, hyper_util::client::legacy::Error>> + use<> {
        self.client.request(request)
    }

    /// The id that the response says, and its body.
    pub(crate) async fn get(&self, path: &str, ids: &[&str]) -> (String, String) {
        let response = self.send(self.request(path, ids)).await.unwrap();
        let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (id, String::from_utf8(body.into()).unwrap())
    }

    /// The body, if it comes to its end.
    pub(crate) async fn try_get(&self, path: &str, id: &str) -> Result<Bytes, Box<dyn std::error::Error>> {
        let response = self.send(self.request(path, &[id])).await?;
        Ok(response.into_body().collect().await?.to_bytes())
    }

    pub(crate) async fn head(&self, path: &str, id: &str) -> Response<Incoming> {
        let mut request = self.request(path, &[id]);
        *request.method_mut() = Method::HEAD;
        self.send(request).await.unwrap()
    }

    pub(crate) async fn told(&mut self) -> String {
        self.told.recv().await.unwrap()
    }

    /// Without the client no connection is kept.
    pub(crate) fn hang_up(self) -> UnboundedReceiver<String> {
        self.told
    }
}

/// Tells how the request ends.
fn tell_close(tell: &Tell) {
    let tell = tell.clone();
    let request = RequestHandle::current().unwrap();
    request.on_close(move |close: Close| drop(tell.send(format!("{close} {}", id()))));
}

/// Tells where it is dropped. It is not `Send`.
struct Witness(Tell, #[allow(dead_code)] Rc<()>);

impl Witness {
    fn new(tell: &Tell) -> Self {
        Witness(tell.clone(), Rc::new(()))
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        let _ = self.0.send(format!("dropped in {}", id()));
    }
}

async fn say_id(tell: Tell) -> String {
    tell_close(&tell);
    let _witness = Witness::new(&tell);
    actix_web::rt::task::yield_now().await;
    id()
}

async fn say_route() -> Option<String> {
    ROUTE.get_store()
}

async fn fail(tell: Tell) -> actix_web::Result<String> {
    tell_close(&tell);
    Err(error::ErrorNotFound("nobody"))
}

async fn panic(tell: Tell) -> String {
    tell_close(&tell);
    panic!("on purpose")
}

async fn parts(tell: Tell, kind: web::Path<String>) -> HttpResponse {
    tell_close(&tell);
    USER.enter_with("ada");
    HttpResponse::Ok().streaming(Parts {
        left: 3,
        kind: kind.into_inner(),
        _witness: Witness::new(&tell),
    })
}

/// Three parts that say in which request they were made, and for which user; then what `kind` says. (It is as it writes that actix notices who has hung up.)
struct Parts {
    left: u32,
    kind: String,
    _witness: Witness,
}

impl Stream for Parts {
    type Item = Result<Bytes, Box<dyn std::error::Error>>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.left > 0 || self.kind == "endless" {
            self.left = self.left.saturating_sub(1);
            let part = format!("{} {};", id(), USER.get_store().unwrap_or("-"));
            return Poll::Ready(Some(Ok(part.into())));
        }
        match self.kind.as_str() {
            "all" => Poll::Ready(None),
            "broken" => Poll::Ready(Some(Err("broken".into()))),
            "panic" => panic!("on purpose"),
            other => unreachable!("{other}"),
        }
    }
}

/// What plain tasks and blocking calls see, and ours.
async fn spawned() -> Result<String, Infallible> {
    let local = Rc::new(());
    let plain = actix_web::rt::spawn(async { id() }).await.unwrap();
    let ours = throughline_actix::spawn(async move {
        let _local = local;
        actix_web::rt::task::yield_now().await;
        id()
    });
    let ours = ours.await.unwrap();
    let plain_block = web::block(id).await.unwrap();
    let block = throughline_actix::block(id).await.unwrap();
    let blocking = throughline_actix::spawn_blocking(id).await.unwrap();
    Ok(format!("{plain} {ours}, {plain_block} {block} {blocking}"))
}
