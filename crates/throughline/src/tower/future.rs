//! The response future: polled, and dropped, in the request's context.

use super::OpenRequest;
use super::body::ResponseBody;
use super::request::Close;
use super::sources::Plan;
use crate::{InContext, InResource};
use http::{Method, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

pin_project! {
    /// The response of a [`RequestContext`](super::RequestContext).
    ///
    /// # Panics
    /// When it is polled again after it was ready.
    ///
    /// # Cancel safety
    /// Dropping it drops the inner future in the request's context, and closes the request: [`Close::HungUp`].
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F, S = ()> {
        // The fields go in this order: the request closes after its handler is dropped.
        #[pin]
        answer: InResource<InContext<Answer<F, S>>>,
        open: Option<OpenRequest>,
    }
}

impl<F, S> ResponseFuture<F, S>
where
    Answer<F, S>: Future,
{
    pub(super) fn new(open: OpenRequest, answer: InContext<Answer<F, S>>) -> Self {
        ResponseFuture {
            answer: open.scope(answer),
            open: Some(open),
        }
    }
}

impl<F, S, B, E> Future for ResponseFuture<F, S>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
{
    type Output = Result<Response<ResponseBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let answered = match this.open {
            Some(open) => ready!(open.watch(|| this.answer.poll(cx))),
            None => panic!("a `ResponseFuture` was polled again after it was ready"),
        };
        let mut open = this.open.take().expect("it was there");
        Poll::Ready(match answered {
            Ok(mut response) => {
                response.body_mut().carry(open);
                Ok(response)
            }
            Err(error) => {
                open.ends_with(Close::Failed);
                Err(error)
            }
        })
    }
}

impl<F: fmt::Debug, S> fmt::Debug for ResponseFuture<F, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ResponseFuture").field(&self.answer).finish()
    }
}

pin_project! {
    /// What runs inside: the inner future, and what is done to its response while its context is current.
    pub struct Answer<F, S> {
        #[pin]
        future: F,
        plan: Arc<Plan<S>>,
        method: Method,
    }
}

impl<F, S> Answer<F, S> {
    pub(super) fn new(future: F, plan: Arc<Plan<S>>, method: Method) -> Self {
        Answer { future, plan, method }
    }
}

impl<F, S, B, E> Future for Answer<F, S>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
{
    type Output = Result<Response<ResponseBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut response = ready!(this.future.poll(cx))?;
        for header in &this.plan.headers {
            header.put_in_response(response.headers_mut());
        }
        let (parts, body) = response.into_parts();
        let body = ResponseBody::new(body, this.method, &parts);
        Poll::Ready(Ok(Response::from_parts(parts, body)))
    }
}

impl<F: fmt::Debug, S> fmt::Debug for Answer<F, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.future.fmt(f)
    }
}
