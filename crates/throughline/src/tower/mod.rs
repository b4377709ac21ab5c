//! A request's context for tower's services (feature `tower`): axum, hyper, tonic, and whoever else takes a [`Layer`](tower_layer::Layer).
//!
//! [`RequestContextLayer`] sets storages for each request, each with a value out of the request, and runs all of it in that context: the synchronous
//! part of `call`, the response future, every frame and the trailers of the body, and the destructors of what was cancelled.
//!
//! ```
//! # use http::{Request, Response};
//! # use tower_layer::Layer;
//! # use tower_service::Service;
//! use throughline::AsyncLocalStorage;
//! use throughline::tower::{RequestContextLayer, RequestHandle, RequestId, extension};
//! use std::net::SocketAddr;
//!
//! static REQUEST_ID: AsyncLocalStorage<RequestId> = AsyncLocalStorage::new();
//! static PATH: AsyncLocalStorage<String> = AsyncLocalStorage::new();
//! static PEER: AsyncLocalStorage<SocketAddr> = AsyncLocalStorage::new();
//!
//! let layer = RequestContextLayer::new()
//!     .request_id(&REQUEST_ID) // taken from `x-request-id` or made; the answer says it
//!     .with(&PATH, |request| request.uri.path().to_owned())
//!     .with_some(&PEER, extension());
//!
//! # let handler = tower::service_fn(async |_: Request<String>| {
//! // Anywhere below:
//! let path = PATH.get_store();
//! RequestHandle::current().unwrap().on_close(move |close| println!("{close} {path:?} of {}", REQUEST_ID.get_store().unwrap()));
//! # assert_eq!(PATH.get_store().as_deref(), Some("/a"));
//! # Ok::<_, std::convert::Infallible>(Response::new(String::new()))
//! # });
//! # let request = Request::get("/a").header("x-request-id", "r-1").body(String::new()).unwrap();
//! # let response = futures::executor::block_on(layer.layer(handler).call(request)).unwrap();
//! # assert_eq!(response.headers()["x-request-id"], "r-1");
//! ```
//!
//! # Where it goes
//!
//! Outside of what shall know the request, and outside of what makes responses of errors and panics (tower-http's `CatchPanic`, axum's
//! `HandleError`), so that those carry the id too. `poll_ready` runs outside of any request: it may be called for one request and used by
//! another. A service error and a panic that leaves the service are no responses: no header goes with them.
//!
//! What passes requests to another task ([`Buffer`](https://docs.rs/tower/0.5/tower/buffer) and its like) calls the service there, in a context that is not the request's.
//! The request carries its [`Snapshot`](crate::Snapshot) in its extensions, and [`RestoreContextLayer`], inside of the buffer, goes on in it. Where stores were set
//! between the two layers, [`CaptureContextLayer`], just outside of the buffer, takes those along. (Stores, that is: whose callback runs there, as
//! [`execution_async_id`](crate::execution_async_id) says it, is the worker's affair.)
//!
//! Around what tries a request again, all attempts are one request; inside of it, each is one.
//!
//! # Which request id is taken
//!
//! The first `x-request-id` header, if it is 1 to 128 visible ASCII characters (`!` to `~`); further ones are not looked at. If it is missing, empty, longer,
//! or has anything else in it (spaces, bytes beyond ASCII, control characters), a new id is made. So whatever is logged as the id has no line break
//! in it, and a client that sends nonsense is served under a new id. [`RequestContextLayer::request_id`] also puts the id in the place of what the request's headers said.
//! To believe no client, make each: `.with(&REQUEST_ID, |_| RequestId::unique())`.
//!
//! # How a request ends
//!
//! Each request is an [`AsyncResource`](crate::AsyncResource) of type `HTTPINCOMINGMESSAGE`, as in Node: hooks see it, and what is made in it has it for its cause.
//! [`RequestHandle::on_close`] is Node's `req.on('close', …)`, and says how it ended: [`Close`].
//!
//! That a client has hung up is for the server to notice. hyper does so at once, and drops the handler; over HTTP/1.1 only as it writes, if the client has sent another request already
//! (a pipeline).
//!
//! # For who builds on this
//!
//! [`OpenRequest`] is the life of a request without any of tower's types; a source of a store is a function of the request's
//! [`Parts`](http::request::Parts), and a response header one of a storage.

mod body;
mod capture;
mod future;
mod headers;
mod layer;
mod open;
mod request;
mod request_id;
mod restore;
mod service;
mod sources;

pub use body::ResponseBody;
pub use capture::{CaptureContext, CaptureContextLayer};
pub use future::ResponseFuture;
pub use layer::RequestContextLayer;
pub use open::OpenRequest;
pub use request::{Close, RequestHandle};
pub use request_id::{InvalidRequestId, RequestId, X_REQUEST_ID, request_id};
pub use restore::{RestoreContext, RestoreContextLayer};
pub use service::RequestContext;
pub use sources::extension;

/// The types behind [`RequestContextLayer::with`], seldom named.
pub mod source {
    pub use super::sources::{Append, Set, Sources};
}
