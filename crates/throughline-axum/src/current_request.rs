//! The extractor of the request's handle.

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use std::fmt;
use throughline::tower::RequestHandle;

/// An extractor: the handle of the request, which tells how it ends.
///
/// The same as [`RequestHandle::current`] in the handler, and refused with a 500 where no
/// [`RequestContextLayer`](throughline::tower::RequestContextLayer) is.
///
/// # Examples
/// ```
/// use throughline::tower::Close;
/// use throughline_axum::CurrentRequest;
///
/// async fn export(CurrentRequest(request): CurrentRequest) -> &'static str {
///     request.on_close(|close| if close == Close::HungUp {
///         println!("nobody waited for the export");
///     });
///     "…"
/// }
/// # let _: axum::Router = axum::Router::new().route("/", axum::routing::get(export));
/// ```
#[derive(Clone, Debug)]
pub struct CurrentRequest(
    /// The handle.
    pub RequestHandle,
);

impl<S: Sync> FromRequestParts<S> for CurrentRequest {
    type Rejection = NoRequest;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, NoRequest> {
        let handle = RequestHandle::of(&parts.extensions);
        handle.map(CurrentRequest).ok_or(NoRequest(()))
    }
}

/// The rejection of [`CurrentRequest`]: there is no layer that gives requests a context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoRequest(());

impl fmt::Display for NoRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "this request has no context: is there a `RequestContextLayer`, and is it added after the route?",
        )
    }
}

impl std::error::Error for NoRequest {}

impl IntoResponse for NoRequest {
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, self.to_string()).into_response()
    }
}
