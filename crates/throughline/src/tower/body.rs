//! The response's body: each frame is made, and the body dropped, in the request's context.

use super::OpenRequest;
use super::request::Close;
use crate::{FutureContextExt as _, InContext, Snapshot};
use http::{Method, StatusCode, header, response};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

pin_project! {
    /// The body of a response of a [`RequestContext`](super::RequestContext).
    ///
    /// Its frames, data and trailers, are made in the request's context, with what the handler had entered when it answered. The request closes when the body
    /// says that it is at its end, or is dropped.
    ///
    /// # Cancel safety
    /// Dropping it drops the inner body in its context, and then closes the request: [`Close::Finished`] if all was taken out of it that the client is to get, or
    /// [`Close::HungUp`].
    pub struct ResponseBody<B>
    where
        B: Body,
    {
        #[pin]
        frames: Option<InContext<Frames<B>>>,
        owed: Owed,
        open: Option<OpenRequest>,
    }

    impl<B> PinnedDrop for ResponseBody<B>
    where
        B: Body,
    {
        fn drop(this: Pin<&mut Self>) {
            this.close();
        }
    }
}

impl<B: Body> ResponseBody<B> {
    /// The body of such a response, in `context`.
    pub(super) fn new(
        open: OpenRequest,
        body: B,
        context: Snapshot,
        asked: &Method,
        response: &response::Parts,
    ) -> Self {
        let length = body.size_hint().exact();
        ResponseBody {
            frames: Some(Frames::new(body).with_snapshot(context)),
            owed: Owed::of(asked, response, length),
            open: Some(open),
        }
    }

    fn frames(&self) -> Option<&Frames<B>> {
        self.frames.as_ref()?.get_ref()
    }

    /// Drops the body in its context, and then closes the request.
    fn close(self: Pin<&mut Self>) {
        let is_all = self.owed.is_nothing() || self.frames().is_none_or(|frames| frames.is_last);
        let mut this = self.project();
        // A local: it goes also if the body's destructor panics.
        let Some(mut open) = this.open.take() else { return };
        if is_all {
            open.ends_with(Close::Finished);
        }
        open.callback(|| this.frames.set(None));
    }
}

impl<B: Body> Body for ResponseBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.as_mut().project();
        let (Some(open), Some(mut frames)) = (this.open, this.frames.as_pin_mut()) else {
            return Poll::Ready(None);
        };
        if open.callback(|| frames.as_mut().poll(cx)).is_ready() {
            self.close();
            return Poll::Ready(None);
        }
        let made = frames
            .get_pin_mut()
            .and_then(|frames| frames.project().made.take());
        match &made {
            None => return Poll::Pending,
            Some(Ok(frame)) => this.owed.pay(frame),
            Some(Err(_)) => open.ends_with(Close::BodyFailed),
        }
        Poll::Ready(made)
    }

    fn is_end_stream(&self) -> bool {
        self.frames().is_none_or(|frames| frames.body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        self.frames()
            .map_or_else(|| SizeHint::with_exact(0), |frames| frames.body.size_hint())
    }
}

impl<B: Body + fmt::Debug> fmt::Debug for ResponseBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = self.frames().map(|frames| &frames.body);
        f.debug_tuple("ResponseBody").field(&body).finish()
    }
}

/// How many bytes the server still takes out of the body, where that is known: a server does not ask for more, not even whether it was all.
#[derive(Debug)]
struct Owed(Option<u64>);

impl Owed {
    fn of(asked: &Method, response: &response::Parts, length: Option<u64>) -> Self {
        let has_no_body = asked == Method::HEAD
            || (asked == Method::CONNECT && response.status.is_success())
            || response.status.is_informational()
            || matches!(response.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        if has_no_body {
            return Owed(Some(0));
        }
        let said = response.headers.get(header::CONTENT_LENGTH);
        Owed(said.and_then(|said| said.to_str().ok()?.parse().ok()).or(length))
    }

    fn pay<D: bytes::Buf>(&mut self, frame: &Frame<D>) {
        if frame.is_trailers() {
            self.0 = Some(0);
        }
        if let (Some(owed), Some(data)) = (&mut self.0, frame.data_ref()) {
            *owed = owed.saturating_sub(data.remaining() as u64);
        }
    }

    fn is_nothing(&self) -> bool {
        self.0 == Some(0)
    }
}

pin_project! {
    /// A body as a future, which is what a context can be put around: it is pending while there are frames, each of which it leaves
    /// in `made`, and ready at the body's end.
    pub struct Frames<B>
    where
        B: Body,
    {
        #[pin]
        body: B,
        made: Option<Result<Frame<B::Data>, B::Error>>,
        // Whether the body says that no frame is to come: nobody may ask for one then.
        is_last: bool,
    }
}

impl<B: Body> Frames<B> {
    pub(super) fn new(body: B) -> Self {
        Frames {
            is_last: body.is_end_stream(),
            body,
            made: None,
        }
    }
}

impl<B: Body> Future for Frames<B> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        match ready!(this.body.as_mut().poll_frame(cx)) {
            Some(frame) => {
                *this.is_last = this.body.is_end_stream();
                *this.made = Some(frame);
                Poll::Pending
            }
            None => Poll::Ready(()),
        }
    }
}

impl<B: Body> fmt::Debug for Frames<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frames")
            .field("is_last", &self.is_last)
            .finish_non_exhaustive()
    }
}
