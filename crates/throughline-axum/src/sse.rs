//! Server-sent events.

use axum::BoxError;
use axum::response::sse::{Event, Sse};
use futures_core::Stream;
use throughline::InContext;
use throughline::stream::StreamContextExt as _;

/// Server-sent events whose stream is polled, and dropped, in the context of this call.
///
/// In an app with a [`RequestContextLayer`](throughline::tower::RequestContextLayer) a plain [`Sse`] is in the request's context as any body is. This
/// also keeps what is set by the scopes around the call, which end before the body begins.
///
/// # Examples
/// ```
/// use axum::response::{IntoResponse, sse::{Event, KeepAlive}};
/// use futures_util::stream::{self, StreamExt as _};
/// use std::convert::Infallible;
/// use throughline::AsyncLocalStorage;
/// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
///
/// async fn events() -> impl IntoResponse {
///     USER.run("ada", || {
///         let events = stream::iter(0..3).map(|_| Ok::<_, Infallible>(Event::default().data(USER.get_store().unwrap())));
///         throughline_axum::sse(events).keep_alive(KeepAlive::default())
///     })
/// }
/// # let _: axum::Router = axum::Router::new().route("/", axum::routing::get(events));
/// ```
pub fn sse<S, E>(stream: S) -> Sse<InContext<S>>
where
    S: Stream<Item = Result<Event, E>> + Send + 'static,
    E: Into<BoxError>,
{
    Sse::new(stream.in_context())
}
