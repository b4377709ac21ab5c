//! Takes the context along with a request, for a task that it is passed to.

use crate::snapshot;
use http::Request;
use std::task::{Context, Poll};
use tower_layer::Layer;
use tower_service::Service;

/// Puts the context of the call into the request's extensions, where [`RestoreContextLayer`](super::RestoreContextLayer) finds it: goes just outside of
/// a `Buffer`, or whatever calls its service in another task.
///
/// [`RequestContextLayer`](super::RequestContextLayer) does so by itself. This is for what is set between that and the buffer, or without it.
#[derive(Clone, Copy, Debug, Default)]
#[must_use = "a layer does nothing until it is put around a service"]
pub struct CaptureContextLayer(());

impl CaptureContextLayer {
    /// The layer.
    pub const fn new() -> Self {
        CaptureContextLayer(())
    }
}

impl<Inner> Layer<Inner> for CaptureContextLayer {
    type Service = CaptureContext<Inner>;

    fn layer(&self, inner: Inner) -> Self::Service {
        CaptureContext { inner }
    }
}

/// A service that takes the context along with each request: see [`CaptureContextLayer`].
#[derive(Clone, Debug)]
pub struct CaptureContext<Inner> {
    inner: Inner,
}

impl<Inner: Service<Request<B>>, B> Service<Request<B>> for CaptureContext<Inner> {
    type Response = Inner::Response;
    type Error = Inner::Error;
    type Future = Inner::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        request.extensions_mut().insert(snapshot());
        self.inner.call(request)
    }
}
