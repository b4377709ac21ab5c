//! The response future: polled, and dropped, in the request's context.

use crate::ResponseBody;
use crate::body::Parts;
use crate::plan::Plan;
use actix_web::body::MessageBody;
use actix_web::dev::ServiceResponse;
use pin_project_lite::pin_project;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use throughline::tower::{Close, OpenRequest};
use throughline::{InContext, snapshot};

pin_project! {
    /// The response of a [`RequestContextService`](crate::RequestContextService).
    ///
    /// # Panics
    /// When it is polled again after it was ready.
    ///
    /// # Cancel safety
    /// Dropping it drops the inner future in the request's context, and closes the request: [`Close::HungUp`].
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F> {
        #[pin]
        answer: Option<InContext<Answer<F>>>,
        open: Option<OpenRequest>,
    }

    impl<F> PinnedDrop for ResponseFuture<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            // A local: the request closes after its handler is dropped, also if that panics.
            if let Some(mut open) = this.open.take() {
                open.callback(|| this.answer.set(None));
            }
        }
    }
}

impl<F> ResponseFuture<F> {
    pub(crate) fn new(open: OpenRequest, answer: InContext<Answer<F>>) -> Self {
        ResponseFuture {
            answer: Some(answer),
            open: Some(open),
        }
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<ServiceResponse<B>, E>>,
    B: MessageBody,
{
    type Output = Result<ServiceResponse<ResponseBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let (Some(open), Some(answer)) = (&mut this.open, this.answer.as_mut().as_pin_mut()) else {
            panic!("a `ResponseFuture` was polled again after it was ready");
        };
        let answered = ready!(open.callback(|| answer.poll(cx)));
        let mut open = this.open.take().expect("it was there");
        Poll::Ready(match answered {
            Ok(response) => {
                let method = response.request().method().clone();
                Ok(response.map_body(|head, parts| ResponseBody::new(open, parts, &method, head.status)))
            }
            Err(error) => {
                open.ends_with(Close::Failed);
                Err(error)
            }
        })
    }
}

impl<F: fmt::Debug> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ResponseFuture").field(&self.answer).finish()
    }
}

pin_project! {
    /// What runs inside: the inner future, and what is done to its response while its context is current.
    pub struct Answer<F> {
        #[pin]
        future: F,
        plan: Rc<Plan>,
    }
}

impl<F> Answer<F> {
    pub(crate) fn new(future: F, plan: Rc<Plan>) -> Self {
        Answer { future, plan }
    }
}

impl<F, B, E> Future for Answer<F>
where
    F: Future<Output = Result<ServiceResponse<B>, E>>,
{
    type Output = Result<ServiceResponse<InContext<Parts<B>>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut response = ready!(this.future.poll(cx))?;
        this.plan.put_in_response(response.headers_mut());
        // The body goes on with what the handler entered.
        Poll::Ready(Ok(response.map_body(|_, body| snapshot().scope(Parts::new(body)))))
    }
}

impl<F: fmt::Debug> fmt::Debug for Answer<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.future.fmt(f)
    }
}
