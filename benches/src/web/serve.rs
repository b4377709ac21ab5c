//! The server: an axum app whose log lines say which request they are of, with so many storages set by the layer, or without the layer.

use std::convert::Infallible;
use std::hint::black_box;
use std::io::{self, Read as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::process;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::routing::get;
use axum::serve::ListenerExt as _;
use futures::stream;
use http::request::Parts;
use throughline::tower::source::Sources;
use throughline::tower::{RequestContextLayer, RequestId};
use throughline::{AsyncLocalStorage, BindOnce as _, FutureContextExt as _};
use tokio::net::TcpListener;
use tokio::task::{spawn_blocking, yield_now};

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

/// The first argument of a program that is to be a server; the second is the number of storages.
pub(super) const SERVE: &str = "web-serve";

/// Is a server, if that is what the command line asks for, and then does not return. What calls [`Compare::run`](super::Compare::run) calls this first: it starts itself.
pub fn serve_if_asked() {
    let mut args = std::env::args().skip(1);
    if args.next().as_deref() != Some(SERVE) {
        return;
    }
    let storages = args.next().and_then(|number| number.parse().ok());
    match storages.map(serve) {
        Some(Ok(())) => process::exit(0),
        Some(Err(error)) => eprintln!("web: the server failed: {error}"),
        None => eprintln!("web: how many storages?"),
    }
    process::exit(2);
}

/// Serves on a free port, which it says on its standard output, until its standard input ends.
///
/// # Errors
/// If there is no port, or no runtime.
///
/// # Panics
/// If `storages` are more than [`MOST_STORAGES`].
pub fn serve(storages: usize) -> io::Result<()> {
    std::thread::spawn(exit_at_end_of_input);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        println!("listening on {}", listener.local_addr()?);
        // The chunks of a body are small, and each shall leave at once, as Node's do.
        let listener = listener.tap_io(|connection| drop(connection.set_nodelay(true)));
        let app = app(storages).into_make_service_with_connect_info::<SocketAddr>();
        axum::serve(listener, app).await
    })
}

/// Nobody is left who could end it otherwise.
fn exit_at_end_of_input() {
    let _ = io::stdin().read_to_end(&mut Vec::new());
    process::exit(0);
}

/// The least that a server can do: it answers at once, with two log lines.
async fn least() -> &'static str {
    log("start");
    yield_now().await;
    log("finish");
    "hello\n"
}

/// The request logger of `examples/`, without its waits: a spawned task, a blocking call, a streamed body.
async fn logger() -> Body {
    log("start");
    yield_now().await;
    log("after the wait");
    let task = async {
        yield_now().await;
        log("in the spawned task");
    };
    tokio::spawn(task.in_context()).await.expect("it does not panic");
    let call = || log("in the blocking call");
    spawn_blocking(call.bind_once()).await.expect("it does not panic");
    Body::from_stream(stream::unfold(0, async |n| {
        yield_now().await;
        log(["chunk 1", "chunk 2", "chunk 3", "finish"][n]);
        (n < 3).then_some((Ok::<_, Infallible>("chunk\n"), n + 1))
    }))
}

/// The lines go nowhere.
fn log(message: &str) {
    let line = REQUEST_ID.with(|id| match id {
        Some(id) => format!("{id}: {message}"),
        None => format!("-: {message}"),
    });
    black_box(line);
}

fn app(storages: usize) -> Router {
    let app = Router::new()
        .route(Work::Least.path(), get(least))
        .route(Work::Logger.path(), get(logger));
    let layer = || RequestContextLayer::new().request_id(&REQUEST_ID);
    let path = |request: &Parts| request.uri.path().to_owned();
    match storages {
        0 => app,
        1 => app.layer(layer()),
        2 => app.layer(layer().with(&PATH, path)),
        3 => app.layer(layer().with(&PATH, path).with_some(&PEER, peer)),
        _ => app.layer(and_more(
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
