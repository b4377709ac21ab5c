//! Readers and writers of the futures crates in a context of their own (feature `futures-io`).

use crate::InContext;
use crate::in_context::{Change, context_ext};
use futures_io::{AsyncBufRead, AsyncRead, AsyncSeek, AsyncWrite, IoSlice, IoSliceMut, SeekFrom};
use std::io::Result;
use std::pin::Pin;
use std::task::{Context, Poll};

context_ext! {
    AsyncReadContextExt for AsyncRead, "reader"
}

context_ext! {
    AsyncWriteContextExt for AsyncWrite, "writer"
}

impl<R: AsyncRead, C: Change> AsyncRead for InContext<R, C> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<Result<usize>> {
        self.enter(|reader| reader.poll_read(cx, buf))
    }

    fn poll_read_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<Result<usize>> {
        self.enter(|reader| reader.poll_read_vectored(cx, bufs))
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

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.enter(|writer| writer.poll_flush(cx))
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.enter(|writer| writer.poll_close(cx))
    }
}

impl<S: AsyncSeek, C: Change> AsyncSeek for InContext<S, C> {
    fn poll_seek(self: Pin<&mut Self>, cx: &mut Context<'_>, pos: SeekFrom) -> Poll<Result<u64>> {
        self.enter(|seeker| seeker.poll_seek(cx, pos))
    }
}
