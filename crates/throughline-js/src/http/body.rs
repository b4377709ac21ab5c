//! Bodies: what the script sends, and what it is sent.

use super::Net;
use super::exchange::{Alive, Exchange};
use crate::event_loop::{Request, values};
use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame};
use hyper::body::Incoming;
use rquickjs::convert::List;
use rquickjs::{ArrayBuffer, Ctx, IntoJs, Value};
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::mpsc::UnboundedReceiver;

/// A piece of a body to send.
#[derive(Debug)]
pub(super) struct Piece {
    bytes: Option<Bytes>,
    is_last: bool,
    /// The script wants to know when it is on its way.
    is_awaited: bool,
    trailers: Option<HeaderMap>,
}

impl Piece {
    pub(super) fn new(
        bytes: Option<Bytes>,
        is_last: bool,
        is_awaited: bool,
        trailers: Option<HeaderMap>,
    ) -> Self {
        Piece {
            bytes: bytes.filter(|bytes| !bytes.is_empty()),
            is_last,
            is_awaited,
            trailers,
        }
    }

    pub(super) fn is_last(&self) -> bool {
        self.is_last
    }
}

/// A body that the script sends.
pub(super) struct Outgoing {
    next: Option<Piece>,
    more: Option<UnboundedReceiver<Piece>>,
    exchange: u32,
    /// Who is told of what is on its way.
    request: Arc<Request>,
    /// Its head promises chunks, if only the last, which is empty.
    is_chunked: bool,
}

impl Outgoing {
    /// The body of a message with these headers, which begins with `first`, and goes on with what comes from `more`.
    pub(super) fn new(
        exchange: u32,
        request: Arc<Request>,
        headers: &HeaderMap,
        first: Piece,
        more: UnboundedReceiver<Piece>,
    ) -> Self {
        Outgoing {
            is_chunked: headers.contains_key(http::header::TRANSFER_ENCODING),
            more: (!first.is_last).then_some(more),
            next: Some(first),
            exchange,
            request,
        }
    }

    fn take(&mut self, mut piece: Piece) -> Option<Frame<Bytes>> {
        let bytes = piece.bytes.take();
        let is_told = piece.is_awaited;
        let trailers = piece.trailers.take();
        if piece.is_last {
            self.more = None;
        }
        if is_told {
            let exchange = self.exchange;
            let _ = self.request.emit(move |ctx| values!(ctx, "sent", exchange));
        }
        match (bytes, trailers) {
            (Some(bytes), Some(trailers)) => {
                self.next = Some(Piece::new(None, true, false, Some(trailers)));
                Some(Frame::data(bytes))
            }
            (Some(bytes), None) => Some(Frame::data(bytes)),
            (None, Some(trailers)) => Some(Frame::trailers(trailers)),
            (None, None) => None,
        }
    }
}

/// The script let go of a message before its end.
#[derive(Debug)]
pub(super) struct Unfinished;

impl fmt::Display for Unfinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the message has no end")
    }
}

impl std::error::Error for Unfinished {}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Unfinished;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Unfinished>>> {
        loop {
            let piece = match (self.next.take(), &mut self.more) {
                (Some(piece), _) => piece,
                (None, None) => return Poll::Ready(None),
                (None, Some(more)) => match more.poll_recv(cx) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(Some(piece)) => piece,
                    Poll::Ready(None) => return Poll::Ready(Some(Err(Unfinished))),
                },
            };
            if let Some(frame) = self.take(piece) {
                return Poll::Ready(Some(Ok(frame)));
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        let is_nothing =
            |piece: &Piece| piece.bytes.is_none() && piece.trailers.is_none() && !piece.is_awaited;
        !self.is_chunked && self.more.is_none() && self.next.as_ref().is_none_or(is_nothing)
    }
}

/// What of a body has come.
#[derive(Default)]
pub(super) struct Arrived {
    chunks: Vec<Bytes>,
    /// Its end, and the trailers.
    end: Option<HeaderMap>,
    failed: bool,
}

/// How much of a body is handed to the script at once.
const MOST: usize = 64 * 1024;

impl Arrived {
    /// What is there without waiting: of a small message all of it, so that the script gets it in one go with the head, as from one packet.
    pub(super) async fn at_once(body: &mut Incoming) -> Self {
        let mut arrived = Arrived::default();
        // hyper hands over what it has read when it is asked a second time, after it ran.
        for _ in 0..3 {
            arrived.take_ready(body).await;
            if arrived.is_over() || !arrived.chunks.is_empty() {
                break;
            }
            tokio::task::yield_now().await;
        }
        arrived
    }

    /// Waits for something, and takes what is there with it.
    pub(super) async fn next(body: &mut Incoming) -> Self {
        let mut arrived = Arrived::default();
        let frame = poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await;
        arrived.take(frame);
        arrived.take_ready(body).await;
        arrived
    }

    async fn take_ready(&mut self, body: &mut Incoming) {
        while !self.is_over() && self.chunks.iter().map(Bytes::len).sum::<usize>() < MOST {
            if body.is_end_stream() {
                self.end = Some(HeaderMap::new());
                return;
            }
            let ready = poll_fn(|cx| {
                Poll::Ready(match Pin::new(&mut *body).poll_frame(cx) {
                    Poll::Ready(frame) => Some(frame),
                    Poll::Pending => None,
                })
            });
            match ready.await {
                Some(frame) => self.take(frame),
                None => return,
            }
        }
    }

    fn take(&mut self, frame: Option<hyper::Result<Frame<Bytes>>>) {
        match frame {
            None => self.end = Some(HeaderMap::new()),
            Some(Err(_)) => self.failed = true,
            Some(Ok(frame)) => match frame.into_data() {
                Ok(bytes) => self.chunks.push(bytes),
                Err(frame) => self.end = Some(frame.into_trailers().unwrap_or_default()),
            },
        }
    }

    /// Nothing more of it will come.
    pub(super) fn is_over(&self) -> bool {
        self.end.is_some() || self.failed
    }

    /// It broke off.
    pub(super) fn is_failed(&self) -> bool {
        self.failed
    }
}

impl Arrived {
    /// The events of a body's parts: `['body', exchange, chunk]`, and at its end `['body', exchange, undefined, trailers]`.
    pub(super) fn into_parts<'js>(self, ctx: &Ctx<'js>, exchange: u32) -> rquickjs::Result<Vec<Value<'js>>> {
        let mut parts = Vec::new();
        for bytes in self.chunks {
            let chunk = ArrayBuffer::new(ctx.clone(), Vec::from(bytes))?;
            parts.push(List(("body", exchange, chunk)).into_js(ctx)?);
        }
        if let Some(trailers) = self.end {
            parts.push(
                List(("body", exchange, rquickjs::Undefined, super::head::raw(&trailers))).into_js(ctx)?,
            );
        }
        Ok(parts)
    }
}

/// The rest of a body that the other side sends.
pub(super) struct Rest {
    pub(super) connection: u32,
    pub(super) exchange: u32,
    pub(super) request: Arc<Request>,
    pub(super) body: Incoming,
    /// The script wants more.
    pub(super) asked: UnboundedReceiver<()>,
    pub(super) alive: Alive,
}

impl Rest {
    /// Hands it to the script, a part whenever it asks.
    pub(super) async fn pump(mut self, net: Arc<Net>) {
        let exchange = self.exchange;
        while self.asked.recv().await.is_some() {
            let arrived = Arrived::next(&mut self.body).await;
            if arrived.is_failed() {
                // hyper would wait for the answer to what it knows not all of.
                net.servers.remove(&self.connection);
                net.clients.remove(&self.connection);
                break;
            }
            let is_over = arrived.is_over();
            if is_over {
                net.exchanges.settle(exchange, Exchange::is_received);
            }
            let told = self
                .request
                .emit_parts(false, move |ctx| arrived.into_parts(ctx, exchange));
            if is_over || told.is_err() {
                break;
            }
        }
        drop(self.alive);
    }
}
