//! Tokio's readers and writers in a context of their own (feature `tokio-io`; the traits alone, no runtime).

use crate::InContext;
use crate::in_context::{Change, context_ext};
use std::io::{IoSlice, Result, SeekFrom};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncBufRead, AsyncRead, AsyncSeek, AsyncWrite, ReadBuf};

context_ext! {
    AsyncReadContextExt for AsyncRead, "reader"
}

context_ext! {
    AsyncWriteContextExt for AsyncWrite, "writer"
}

impl<R: AsyncRead, C: Change> AsyncRead for InContext<R, C> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        self.enter(|reader| reader.poll_read(cx, buf))
    }
}

impl<R: AsyncBufRead, C: Change> AsyncBufRead for InContext<R, C> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<&[u8]>> {
        self.enter(|reader| reader.poll_fill_buf(cx))
    }

    fn consume(self: Pin<&mut Self>, amount: usize) {
        self.enter(|reader| reader.consume(amount));
    }
}

impl<W: AsyncWrite, C: Change> AsyncWrite for InContext<W, C> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<Result<usize>> {
        self.enter(|writer| writer.poll_write(cx, buf))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        self.enter(|writer| writer.poll_write_vectored(cx, bufs))
    }

    fn is_write_vectored(&self) -> bool {
        self.get_ref().is_some_and(W::is_write_vectored)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.enter(|writer| writer.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.enter(|writer| writer.poll_shutdown(cx))
    }
}

impl<S: AsyncSeek, C: Change> AsyncSeek for InContext<S, C> {
    fn start_seek(self: Pin<&mut Self>, pos: SeekFrom) -> Result<()> {
        self.enter(|seeker| seeker.start_seek(pos))
    }

    fn poll_complete(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<u64>> {
        self.enter(|seeker| seeker.poll_complete(cx))
    }
}
