//! Goes on in the context that a request brought along.

use crate::{InContext, Snapshot, snapshot};
use http::Request;
use std::task::{Context, Poll};
use tower_layer::Layer;
use tower_service::Service;

/// Calls its service, and polls the response, in the context that the request brought along in its extensions: goes just inside of a `Buffer`, or whatever calls
/// its service in another task.
///
/// A request that brought none runs where nothing is set: the task may have been started by another request.
///
/// # Examples
/// ```
/// # use http::{Request, Response};
/// use throughline::{AsyncLocalStorage, tower::{RequestContextLayer, RequestId, RestoreContextLayer}};
/// use tower::ServiceBuilder;
/// static REQUEST_ID: AsyncLocalStorage<RequestId> = AsyncLocalStorage::new();
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let service = ServiceBuilder::new()
///     .layer(RequestContextLayer::new().request_id(&REQUEST_ID))
///     .buffer(64)
///     .layer(RestoreContextLayer::new())
///     .service_fn(async |_: Request<()>| {
///         assert!(REQUEST_ID.get_store().is_some());
///         Ok::<_, tower::BoxError>(Response::new(String::new()))
///     });
/// # tower::ServiceExt::oneshot(service, Request::new(())).await.unwrap();
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[must_use = "a layer does nothing until it is put around a service"]
pub struct RestoreContextLayer(());

impl RestoreContextLayer {
    /// The layer.
    pub const fn new() -> Self {
        RestoreContextLayer(())
    }
}

impl<Inner> Layer<Inner> for RestoreContextLayer {
    type Service = RestoreContext<Inner>;

    fn layer(&self, inner: Inner) -> Self::Service {
        RestoreContext { inner }
    }
}

/// A service that goes on in the context that each request brought along: see [`RestoreContextLayer`].
#[derive(Clone, Debug)]
pub struct RestoreContext<Inner> {
    inner: Inner,
}

impl<Inner: Service<Request<B>>, B> Service<Request<B>> for RestoreContext<Inner> {
    type Response = Inner::Response;
    type Error = Inner::Error;
    type Future = InContext<Inner::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let context = request.extensions().get::<Snapshot>().cloned();
        context.unwrap_or_default().run(|| {
            let future = self.inner.call(request);
            // With what the call entered.
            snapshot().scope(future)
        })
    }
}
