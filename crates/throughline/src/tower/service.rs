//! The service: `call` in the request's context.

use super::OpenRequest;
use super::future::{Answer, ResponseFuture};
use super::sources::{Plan, Sources};
use crate::{FutureContextExt as _, snapshot};
use http::{Request, Response};
use http_body::Body;
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};
use tower_service::Service;

/// A service whose requests each run in a context of their own: what [`RequestContextLayer`](super::RequestContextLayer) makes.
pub struct RequestContext<Inner, S = ()> {
    inner: Inner,
    plan: Arc<Plan<S>>,
}

impl<Inner, S> RequestContext<Inner, S> {
    pub(super) fn new(inner: Inner, plan: Arc<Plan<S>>) -> Self {
        RequestContext { inner, plan }
    }

    /// The service inside.
    pub fn get_ref(&self) -> &Inner {
        &self.inner
    }

    /// The service inside.
    pub fn get_mut(&mut self) -> &mut Inner {
        &mut self.inner
    }

    /// The service inside.
    #[must_use = "the service is dropped unless it is kept"]
    pub fn into_inner(self) -> Inner {
        self.inner
    }
}

impl<Inner, S, ReqBody, ResBody> Service<Request<ReqBody>> for RequestContext<Inner, S>
where
    Inner: Service<Request<ReqBody>, Response = Response<ResBody>>,
    S: Sources,
    ResBody: Body,
{
    type Response = Response<super::ResponseBody<ResBody>>;
    type Error = Inner::Error;
    type Future = ResponseFuture<Inner::Future, S>;

    /// Outside of any request's context: a service may be made ready for one request, and called with another.
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let (mut parts, body) = request.into_parts();
        let mut open = OpenRequest::begin_with(|handle| self.plan.frame(&parts, handle));
        parts.extensions.insert(open.snapshot());
        let method = parts.method.clone();
        let (inner, plan) = (&mut self.inner, &self.plan);
        // Both are large: they are taken and put where they are, not passed through the scopes around the call.
        let (mut request, mut answer) = (Some(Request::from_parts(parts, body)), None);
        open.run(|| {
            let Some(mut request) = request.take() else { return };
            for header in &plan.headers {
                header.put_in_request(request.headers_mut());
            }
            let future = inner.call(request);
            // With what the call entered.
            answer = Some(Answer::new(future, Arc::clone(plan)).with_snapshot(snapshot()));
        });
        ResponseFuture::new(open, answer, method)
    }
}

impl<Inner: Clone, S> Clone for RequestContext<Inner, S> {
    fn clone(&self) -> Self {
        RequestContext {
            inner: self.inner.clone(),
            plan: Arc::clone(&self.plan),
        }
    }
}

impl<Inner: fmt::Debug, S> fmt::Debug for RequestContext<Inner, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RequestContext").field(&self.inner).finish()
    }
}
