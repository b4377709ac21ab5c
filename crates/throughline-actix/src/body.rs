//! The response's body: each part is made, and the body dropped, in the request's context.

use actix_web::body::{BodySize, MessageBody};
use actix_web::http::{Method, StatusCode};
use bytes::Bytes;
use futures_core::Stream;
use pin_project_lite::pin_project;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use throughline::InContext;
use throughline::tower::{Close, OpenRequest};

pin_project! {
    /// The body of a response of a [`RequestContextService`](crate::RequestContextService).
    ///
    /// Its parts are made in the request's context, with what the handler had entered when it answered. The request closes at its end, or when it is dropped.
    ///
    /// # Cancel safety
    /// Dropping it drops the inner body in its context, and then closes the request: [`Close::Finished`] if all was taken out of it that the client is to get, or
    /// [`Close::HungUp`].
    pub struct ResponseBody<B>
    where
        B: MessageBody,
    {
        #[pin]
        parts: Option<InContext<Parts<B>>>,
        size: BodySize,
        // How many bytes the server still takes, where that is known: it may not ask for more.
        owed: Option<u64>,
        open: Option<OpenRequest>,
    }

    impl<B> PinnedDrop for ResponseBody<B>
    where
        B: MessageBody,
    {
        fn drop(this: Pin<&mut Self>) {
            let is_all = this.owed == Some(0);
            this.close(is_all);
        }
    }
}

impl<B: MessageBody> ResponseBody<B> {
    pub(crate) fn new(
        mut open: OpenRequest,
        parts: InContext<Parts<B>>,
        asked: &Method,
        status: StatusCode,
    ) -> Self {
        let size = parts
            .get_ref()
            .map_or(BodySize::None, |parts| open.run(|| parts.body.size()));
        let has_no_body = asked == Method::HEAD
            || status.is_informational()
            || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        let owed = match size {
            _ if has_no_body => Some(0),
            BodySize::None => Some(0),
            BodySize::Sized(bytes) => Some(bytes),
            BodySize::Stream => None,
        };
        ResponseBody {
            parts: Some(parts),
            size,
            owed,
            open: Some(open),
        }
    }

    /// Drops the body in its context, and then closes the request.
    fn close(self: Pin<&mut Self>, is_all: bool) {
        let mut this = self.project();
        // A local: it goes also if the body's destructor panics.
        let Some(mut open) = this.open.take() else { return };
        if is_all {
            open.ends_with(Close::Finished);
        }
        open.callback(|| this.parts.set(None));
    }
}

impl<B: MessageBody> MessageBody for ResponseBody<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.size
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, B::Error>>> {
        let this = self.as_mut().project();
        let (Some(open), Some(parts)) = (this.open, this.parts.as_pin_mut()) else {
            return Poll::Ready(None);
        };
        let made = ready!(open.callback(|| parts.poll_next(cx)));
        match &made {
            None => self.close(true),
            Some(Err(_)) => open.ends_with(Close::BodyFailed),
            Some(Ok(part)) => {
                if let Some(owed) = this.owed {
                    *owed = owed.saturating_sub(part.len() as u64);
                }
            }
        }
        Poll::Ready(made)
    }
}

impl<B: MessageBody + fmt::Debug> fmt::Debug for ResponseBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = self.parts.as_ref().and_then(InContext::get_ref);
        f.debug_tuple("ResponseBody")
            .field(&body.map(|parts| &parts.body))
            .finish()
    }
}

pin_project! {
    /// A body as a stream, which is what a context can be put around.
    pub struct Parts<B> {
        #[pin]
        body: B,
    }
}

impl<B> Parts<B> {
    pub(crate) fn new(body: B) -> Self {
        Parts { body }
    }
}

impl<B: MessageBody> Stream for Parts<B> {
    type Item = Result<Bytes, B::Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.project().body.poll_next(cx)
    }
}

impl<B> fmt::Debug for Parts<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts").finish_non_exhaustive()
    }
}
