//! Sources of stores that axum knows of.

use axum::extract::{ConnectInfo, MatchedPath};
use axum::http::request::Parts;
use std::net::SocketAddr;

/// A source for [`with_some`](throughline::tower::RequestContextLayer::with_some): the address of who is asking, if the app is served with
/// [`into_make_service_with_connect_info::<SocketAddr>()`](axum::Router::into_make_service_with_connect_info).
pub fn peer() -> fn(&Parts) -> Option<SocketAddr> {
    |request| {
        request
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map(|info| info.0)
    }
}

/// A source for [`with_some`](throughline::tower::RequestContextLayer::with_some): the route by which the request came, such as `/users/{id}`; none for
/// the fallback. Inside of `nest`, a layer outside of it sees what [`MatchedPath`] does there.
///
/// # Examples
/// ```
/// use axum::extract::MatchedPath;
/// use throughline::{AsyncLocalStorage, Stamp, tower::RequestContextLayer};
/// use throughline_axum::matched_path;
/// static ROUTE: AsyncLocalStorage<MatchedPath> = AsyncLocalStorage::new();
///
/// let layer = RequestContextLayer::new().with_some(&ROUTE, matched_path());
/// // And in log lines:
/// let stamp = Stamp::new().with_fn("route", &ROUTE, |route, f| f.write_str(route.as_str()));
/// # let _ = stamp;
/// # let _: axum::Router = axum::Router::new().layer(layer);
/// ```
pub fn matched_path() -> fn(&Parts) -> Option<MatchedPath> {
    |request| request.extensions.get::<MatchedPath>().cloned()
}
