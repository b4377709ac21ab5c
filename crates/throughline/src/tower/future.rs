//! The response future: polled, and dropped, in the request's context.

use super::OpenRequest;
use super::body::ResponseBody;
use super::request::Close;
use super::sources::Plan;
use crate::{InContext, Snapshot, snapshot};
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
    pub struct ResponseFuture<F, S = ()>
    where
        F: Future,
    {
        #[pin]
        answer: Option<InContext<Answer<F, S>>>,
        open: Option<OpenRequest>,
        method: Method,
    }

    impl<F, S> PinnedDrop for ResponseFuture<F, S>
    where
        F: Future,
    {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            // A local: the request closes after its handler is dropped, also if that panics.
            if let Some(mut open) = this.open.take() {
                open.callback(|| this.answer.set(None));
            }
        }
    }
}

impl<F: Future, S> ResponseFuture<F, S> {
    #[inline]
    pub(super) fn new(open: OpenRequest, answer: Option<InContext<Answer<F, S>>>, method: Method) -> Self {
        ResponseFuture {
            answer,
            open: Some(open),
            method,
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
        let mut this = self.project();
        let (Some(open), Some(mut answer)) = (&mut this.open, this.answer.as_mut().as_pin_mut()) else {
            panic!("a `ResponseFuture` was polled again after it was ready");
        };
        // It is pending in any case.
        let _ = open.callback(|| answer.as_mut().poll(cx));
        let made = answer
            .get_pin_mut()
            .and_then(|answer| answer.project().made.take());
        let Some((made, context)) = made else {
            return Poll::Pending;
        };
        // The handler's destructors see the context they ran in.
        open.callback(|| this.answer.set(None));
        let mut open = this.open.take().expect("it was there");
        Poll::Ready(match made {
            Ok(response) => {
                let (parts, body) = response.into_parts();
                let body = ResponseBody::new(open, body, context, this.method, &parts);
                Ok(Response::from_parts(parts, body))
            }
            Err(error) => {
                open.ends_with(Close::Failed);
                Err(error)
            }
        })
    }
}

impl<F: Future + fmt::Debug, S> fmt::Debug for ResponseFuture<F, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let answer = self.answer.as_ref().and_then(InContext::get_ref);
        let future = answer.map(|answer| &answer.future);
        f.debug_tuple("ResponseFuture").field(&future).finish()
    }
}

pin_project! {
    /// The inner future, and what is done to its response while its context is current. It stays pending, and leaves the response in `made`: handed from
    /// boundary to boundary, it would be copied at each.
    pub struct Answer<F, S>
    where
        F: Future,
    {
        #[pin]
        future: F,
        plan: Arc<Plan<S>>,
        made: Option<(F::Output, Snapshot)>,
    }
}

impl<F: Future, S> Answer<F, S> {
    #[inline]
    pub(super) fn new(future: F, plan: Arc<Plan<S>>) -> Self {
        Answer {
            future,
            plan,
            made: None,
        }
    }
}

impl<F, S, B, E> Future for Answer<F, S>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        let mut made = ready!(this.future.poll(cx));
        if let Ok(response) = &mut made {
            for header in &this.plan.headers {
                header.put_in_response(response.headers_mut());
            }
        }
        // The body goes on with what the handler entered.
        *this.made = Some((made, snapshot()));
        Poll::Pending
    }
}

impl<F: Future, S> fmt::Debug for Answer<F, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").finish_non_exhaustive()
    }
}
