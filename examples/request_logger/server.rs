//! The listing's server: a request runs in a storage that holds its id, which one layer sets.

use std::convert::Infallible;
use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::serve::ListenerExt as _;
use futures_util::stream::{self, Stream};
use throughline::tower::{RequestContextLayer, X_REQUEST_ID};
use throughline::{BindOnce as _, FutureContextExt as _};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::{self, JoinError};
use tokio::time;

use crate::log::{REQUEST_ID, log_outside, log_with_id};
use crate::record::{CHUNKS, Place, Token, id_or_dash};

/// What the server forgets on purpose, to show that the demo's check notices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Forget {
    Nothing,
    /// To carry the context into the spawned task.
    Spawn,
}

/// The header in which the demo's client sends its token.
pub(crate) const TOKEN_HEADER: &str = "x-demo-token";

/// The listing's `idSeq`.
static ID_SEQ: AtomicU64 = AtomicU64::new(0);

/// How long requests that are under way may take after `stop`.
const GRACE: Duration = Duration::from_secs(5);

/// Serves until `stop` is ready, and says every `tick` how far it is.
pub(crate) async fn serve(
    listener: TcpListener,
    forget: Forget,
    tick: Duration,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    log_outside(format!("listening on http://{}", listener.local_addr()?));
    // `root_scope` says what is meant: whoever starts it, the ticker belongs to no request.
    let ticker = tokio::spawn(throughline::root_scope(tell_progress(tick)));
    let ended = accept_until(listener, forget, stop).await;
    ticker.abort();
    log_outside("stopped");
    ended
}

async fn accept_until(
    listener: TcpListener,
    forget: Forget,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let listener = listener.tap_io(|connection| {
        // The chunks of a body are small, and each shall leave at once.
        let _ = connection.set_nodelay(true);
        log_outside("accepted a connection");
    });
    // The listing's `asyncLocalStorage.run(idSeq++, …)`, for all of a request; and its client is told the id.
    let context = RequestContextLayer::new()
        .with(&REQUEST_ID, |_request| ID_SEQ.fetch_add(1, Ordering::Relaxed))
        .response_header(X_REQUEST_ID, &REQUEST_ID);
    let app = Router::new()
        .fallback(on_request)
        .with_state(forget)
        .layer(context);
    let (told, stopping) = oneshot::channel::<()>();
    let stop = async {
        stop.await;
        drop(told);
    };
    let out_of_patience = async {
        drop(stopping.await);
        time::sleep(GRACE).await;
    };
    tokio::select! {
        ended = axum::serve(listener, app).with_graceful_shutdown(stop).into_future() => ended,
        () = out_of_patience => Ok(()),
    }
}

/// The listing's request handler.
async fn on_request(State(forget): State<Forget>, headers: HeaderMap) -> Result<Body, StatusCode> {
    let answered = answer(token_of(&headers), forget).await;
    answered.map_err(|_panicked| StatusCode::INTERNAL_SERVER_ERROR)
}

/// The listing's callback, with all that a request may go through between `start` and `finish`.
async fn answer(by_hand: Option<Token>, forget: Forget) -> Result<Body, JoinError> {
    log_with_id(Place::Start, by_hand);
    pause().await;
    log_with_id(Place::AfterWait, by_hand);
    in_spawned_task(by_hand, forget).await?;
    in_blocking_call(by_hand).await?;
    // The body is polled after this function has returned, in hyper's task; the layer sees to it that it still is in its request.
    Ok(Body::from_stream(Chunks::stream(by_hand)))
}

async fn in_spawned_task(by_hand: Option<Token>, forget: Forget) -> Result<(), JoinError> {
    let work = async move {
        pause().await;
        log_with_id(Place::SpawnedTask, by_hand);
    };
    match forget {
        Forget::Nothing => tokio::spawn(work.in_context()).await,
        Forget::Spawn => tokio::spawn(work).await,
    }
}

async fn in_blocking_call(by_hand: Option<Token>) -> Result<(), JoinError> {
    let work = move || log_with_id(Place::BlockingCall, by_hand);
    task::spawn_blocking(work.bind_once()).await
}

/// The body: each chunk says which request it was made in, as far as our storage knows.
struct Chunks {
    by_hand: Option<Token>,
    made: u8,
    ended: bool,
}

impl Chunks {
    fn stream(by_hand: Option<Token>) -> impl Stream<Item = Result<String, Infallible>> + Send {
        let chunks = Chunks {
            by_hand,
            made: 0,
            ended: false,
        };
        stream::unfold(chunks, async |mut chunks| {
            let chunk = chunks.next().await?;
            Some((Ok(chunk), chunks))
        })
    }

    async fn next(&mut self) -> Option<String> {
        if self.made == CHUNKS {
            self.ended = true;
            return None;
        }
        pause().await;
        self.made += 1;
        log_with_id(Place::Chunk(self.made), self.by_hand);
        let id = id_or_dash(REQUEST_ID.get_store());
        Some(format!("{id}: chunk {}\n", self.made))
    }
}

impl Drop for Chunks {
    /// Logs the listing's `finish`, or that the client left before: bodies, too, are dropped in
    /// their context.
    fn drop(&mut self) {
        let place = if self.ended { Place::Finish } else { Place::CutOff };
        log_with_id(place, self.by_hand);
    }
}

async fn tell_progress(tick: Duration) {
    loop {
        time::sleep(tick).await;
        log_outside(format!("{} requests so far", ID_SEQ.load(Ordering::Relaxed)));
    }
}

/// Waits for nought to three milliseconds, so that requests overtake one another.
async fn pause() {
    let random = RandomState::new().hash_one(());
    time::sleep(Duration::from_millis(random % 4)).await;
}

fn token_of(headers: &HeaderMap) -> Option<Token> {
    headers.get(TOKEN_HEADER)?.to_str().ok()?.parse().ok()
}
