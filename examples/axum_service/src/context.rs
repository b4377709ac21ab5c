//! What a request carries, where it comes from, and how the log says it.

use std::fmt;
use std::sync::Arc;

use axum::extract::MatchedPath;
use axum::http::request::Parts;
use throughline::tower::source::Sources;
use throughline::tower::{RequestContextLayer, RequestId};
use throughline::{AsyncLocalStorage, Crossing, Propagation, Stamp};
use throughline_axum::{Stored, matched_path};
use throughline_tracing::Stamped;
use tracing_subscriber::fmt::MakeWriter;

/// The id that the client sent, or that was made for it. Jobs in queues are told.
pub(crate) static REQUEST_ID: AsyncLocalStorage<RequestId> = AsyncLocalStorage::new()
    .named("request_id")
    .propagation(Propagation::new().job(Crossing::Inherit));

/// Who is asking. A job is none of theirs: it is not told.
static CALLER: AsyncLocalStorage<Caller> = AsyncLocalStorage::new().named("caller");

/// By which route.
static ROUTE: AsyncLocalStorage<MatchedPath> = AsyncLocalStorage::new();

/// The header by which callers name themselves.
pub(crate) const X_CALLER: &str = "x-caller";

/// A caller's name.
#[derive(Clone, Debug)]
pub(crate) struct Caller(Arc<str>);

impl Caller {
    fn of(request: &Parts) -> Self {
        let said = request.headers.get(X_CALLER);
        Caller(
            said.and_then(|said| said.to_str().ok())
                .unwrap_or("nobody")
                .into(),
        )
    }
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// For handlers that ask for a `Store<Caller>`.
impl Stored for Caller {
    fn storage() -> &'static AsyncLocalStorage<Self> {
        &CALLER
    }
}

/// The layer that gives each request its context.
pub(crate) fn layer() -> RequestContextLayer<impl Sources + Clone> {
    RequestContextLayer::new()
        .request_id(&REQUEST_ID)
        .with(&CALLER, Caller::of)
        .with_some(&ROUTE, matched_path())
}

/// The log: each line says whose it is.
pub(crate) fn log_to(writer: impl for<'a> MakeWriter<'a> + Send + Sync + 'static) {
    let stamp = Stamp::new()
        .with(&REQUEST_ID)
        .with(&CALLER)
        .with_fn("route", &ROUTE, |route, f| f.write_str(route.as_str()));
    let lines = tracing_subscriber::fmt()
        .with_writer(writer)
        .with_ansi(false)
        .with_target(false);
    lines
        .map_event_format(|format| Stamped::text(stamp, format))
        .init();
}
