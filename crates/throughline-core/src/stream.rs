//! Streams in a context of their own (feature `stream`).

use crate::InContext;
use crate::in_context::{Change, context_ext};
use futures_core::{FusedFuture, FusedStream, Stream};
use std::pin::Pin;
use std::task::{Context, Poll};

context_ext! {
    ///
    /// Its items are made in it, whoever asks for them.
    ///
    /// # Examples
    /// ```
    /// # use futures::{StreamExt, executor::block_on, stream};
    /// use throughline_core::{AsyncLocalStorage, stream::StreamContextExt};
    /// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
    ///
    /// let body = USER.run("ada", || stream::iter(0..2).map(|n| (n, USER.get_store())).in_context());
    /// assert_eq!(block_on(body.collect::<Vec<_>>()), [(0, Some("ada")), (1, Some("ada"))]);
    /// ```
    StreamContextExt for Stream, "stream"
}

impl<S: Stream, C: Change> Stream for InContext<S, C> {
    type Item = S::Item;

    #[inline]
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        self.enter(|stream| stream.poll_next(cx))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.get_ref().map_or((0, Some(0)), S::size_hint)
    }
}

impl<S: FusedStream, C: Change> FusedStream for InContext<S, C> {
    fn is_terminated(&self) -> bool {
        self.get_ref().is_none_or(S::is_terminated)
    }
}

impl<F: FusedFuture, C: Change> FusedFuture for InContext<F, C> {
    fn is_terminated(&self) -> bool {
        self.get_ref().is_none_or(F::is_terminated)
    }
}
