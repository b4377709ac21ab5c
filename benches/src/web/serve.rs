//! The server: an axum app whose log lines say which request they are of, with so many storages set by the layer, or without the layer.

use std::convert::{Infallible, identity};
use std::fmt;
use std::hint::black_box;
use std::io::{self, Read as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::num::ParseIntError;
use std::process;
use std::str::FromStr;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::serve::ListenerExt as _;
use futures::stream;
use http::request::Parts;
use http::{HeaderMap, HeaderValue};
use http_body_util::BodyExt as _;
use throughline::tower::source::Sources;
use throughline::tower::{RequestContextLayer, RequestId, X_REQUEST_ID};
use throughline::{AsyncLocalStorage, BindOnce as _, FutureContextExt as _};
use tokio::net::TcpListener;
use tokio::task::{spawn_blocking, yield_now};
use tower::util::MapResponseLayer;

static REQUEST_ID: AsyncLocalStorage<RequestId> = AsyncLocalStorage::new();
static PATH: AsyncLocalStorage<String> = AsyncLocalStorage::new();
static PEER: AsyncLocalStorage<SocketAddr> = AsyncLocalStorage::new();
/// What a larger service has beside these.
static MORE: [AsyncLocalStorage<usize>; MOST_STORAGES - 3] =
    [const { AsyncLocalStorage::new() }; MOST_STORAGES - 3];

/// What a server does for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// As little as can be: two log lines.
    Least,
    /// What the example `request_logger` does, without its waits: a spawned task, a blocking call, a body of three chunks, eight log lines.
    Logger,
}

impl Work {
    /// Where it is asked for.
    pub const fn path(self) -> &'static str {
        match self {
            Work::Least => "/least",
            Work::Logger => "/logger",
        }
    }

    /// What is answered.
    pub const fn answer(self) -> &'static [u8] {
        match self {
            Work::Least => b"hello\n",
            Work::Logger => b"chunk\nchunk\nchunk\n",
        }
    }
}

/// How many storages the server can set.
pub const MOST_STORAGES: usize = 16;

/// How a server's log knows its requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ids {
    /// The id is an argument of all that logs, and the only thing that is known.
    ByHand,
    /// A layer sets so many storages. Of none, there is no layer, and nothing is known.
    Layer(usize),
    /// Nothing is known; there is a layer, which follows the body as ours does, and does nothing: what axum asks for any.
    Idle,
}

impl Ids {
    /// Whether a request's answer says its id.
    pub(super) fn are_told(self) -> bool {
        !matches!(self, Ids::Layer(0) | Ids::Idle)
    }
}

impl fmt::Display for Ids {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ids::ByHand => f.write_str("by-hand"),
            Ids::Idle => f.write_str("idle"),
            Ids::Layer(storages) => storages.fmt(f),
        }
    }
}

impl FromStr for Ids {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        match text {
            "by-hand" => Ok(Ids::ByHand),
            "idle" => Ok(Ids::Idle),
            number => number.parse().map(Ids::Layer),
        }
    }
}

/// The first argument of a program that is to be a server; the second are its [`Ids`].
pub(super) const SERVE: &str = "web-serve";

/// Is a server, if that is what the command line asks for, and then does not return. What calls [`Compare::run`](super::Compare::run) calls this first: it starts itself.
pub fn serve_if_asked() {
    let mut args = std::env::args().skip(1);
    if args.next().as_deref() != Some(SERVE) {
        return;
    }
    let ids = args.next().and_then(|ids| ids.parse().ok());
    match ids.map(serve) {
        Some(Ok(())) => process::exit(0),
        Some(Err(error)) => eprintln!("web: the server failed: {error}"),
        None => eprintln!("web: how many storages, or by-hand?"),
    }
    process::exit(2);
}

/// Serves on a free port, which it says on its standard output, until its standard input ends.
///
/// # Errors
/// If there is no port, or no runtime.
///
/// # Panics
/// If there are more storages than [`MOST_STORAGES`].
pub fn serve(ids: Ids) -> io::Result<()> {
    std::thread::spawn(exit_at_end_of_input);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        println!("listening on {}", listener.local_addr()?);
        // The chunks of a body are small, and each shall leave at once, as Node's do.
        let listener = listener.tap_io(|connection| drop(connection.set_nodelay(true)));
        let app = app(ids).into_make_service_with_connect_info::<SocketAddr>();
        axum::serve(listener, app).await
    })
}

/// Nobody is left who could end it otherwise.
fn exit_at_end_of_input() {
    let _ = io::stdin().read_to_end(&mut Vec::new());
    process::exit(0);
}

/// How the log knows the request.
#[derive(Clone)]
enum Id {
    /// It does not, or by the storage.
    Ambient,
    /// It is passed on by hand.
    ByHand(RequestId),
}

/// The least that a server can do: it answers at once, with two log lines.
async fn least(id: Id) -> &'static str {
    log(&id, "start");
    yield_now().await;
    log(&id, "finish");
    "hello\n"
}

/// The request logger of `examples/`, without its waits: a spawned task, a blocking call, a streamed body.
async fn logger(id: Id) -> Body {
    log(&id, "start");
    yield_now().await;
    log(&id, "after the wait");
    let of_task = id.clone();
    let task = async move {
        yield_now().await;
        log(&of_task, "in the spawned task");
    };
    tokio::spawn(task.in_context()).await.expect("it does not panic");
    let of_call = id.clone();
    let call = move || log(&of_call, "in the blocking call");
    spawn_blocking(call.bind_once()).await.expect("it does not panic");
    Body::from_stream(stream::unfold((0, id), async |(n, id)| {
        yield_now().await;
        log(&id, ["chunk 1", "chunk 2", "chunk 3", "finish"][n]);
        (n < 3).then_some((Ok::<_, Infallible>("chunk\n"), (n + 1, id)))
    }))
}

/// The lines go nowhere.
fn log(id: &Id, message: &str) {
    let line = match id {
        Id::ByHand(id) => format!("{id}: {message}"),
        Id::Ambient => REQUEST_ID.with(|id| match id {
            Some(id) => format!("{id}: {message}"),
            None => format!("-: {message}"),
        }),
    };
    black_box(line);
}

/// The handler, and what the layer does for the id, written out.
async fn by_hand<R: IntoResponse>(headers: HeaderMap, handler: impl AsyncFnOnce(Id) -> R) -> Response {
    let id = RequestId::from_headers(&headers, &X_REQUEST_ID).unwrap_or_else(RequestId::unique);
    let mut response = handler(Id::ByHand(id.clone())).await.into_response();
    let value = HeaderValue::from_str(id.as_str()).expect("an id is a header's text");
    response.headers_mut().insert(X_REQUEST_ID, value);
    response
}

fn app(ids: Ids) -> Router {
    let ambient = || {
        Router::new()
            .route(Work::Least.path(), get(async || least(Id::Ambient).await))
            .route(Work::Logger.path(), get(async || logger(Id::Ambient).await))
    };
    let layer = || RequestContextLayer::new().request_id(&REQUEST_ID);
    let path = |request: &Parts| request.uri.path().to_owned();
    match ids {
        Ids::ByHand => Router::new()
            .route(
                Work::Least.path(),
                get(async |headers| by_hand(headers, least).await),
            )
            .route(
                Work::Logger.path(),
                get(async |headers| by_hand(headers, logger).await),
            ),
        Ids::Layer(0) => ambient(),
        Ids::Idle => ambient().layer(MapResponseLayer::new(|response: Response| {
            response.map(|body| body.map_err(identity))
        })),
        Ids::Layer(1) => ambient().layer(layer()),
        Ids::Layer(2) => ambient().layer(layer().with(&PATH, path)),
        Ids::Layer(3) => ambient().layer(layer().with(&PATH, path).with_some(&PEER, peer)),
        Ids::Layer(storages) => ambient().layer(and_more(
            layer().with(&PATH, path).with_some(&PEER, peer),
            storages - 3,
        )),
    }
}

fn peer(request: &Parts) -> Option<SocketAddr> {
    request
        .extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map(|info| info.0)
}

/// The layer with so many more storages.
fn and_more<S: Sources + Clone>(layer: RequestContextLayer<S>, more: usize) -> RequestContextLayer<S> {
    MORE[..more]
        .iter()
        .enumerate()
        .fold(layer, |layer, (n, storage)| {
            layer.with_some(storage, move |_| Some(n))
        })
}
