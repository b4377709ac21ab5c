//! The adapter: a future (or stream, sink, reader, writer) with a frame of its own.

use crate::Store;
use crate::frame::{self, Carried, FrameRef};
use crate::key::Place;
use crate::stores::Stores;
use pin_project_lite::pin_project;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

pin_project! {
    /// A future (or stream, sink, reader, writer) with a context of its own, one word beside it.
    ///
    /// Made by [`in_context`](FutureContextExt::in_context), [`with_snapshot`](FutureContextExt::with_snapshot),
    /// [`Snapshot::scope`], [`AsyncLocalStorage::scope`](crate::AsyncLocalStorage::scope) and their like. Each poll is a
    /// boundary: its stores are in place at every poll *and while the inner value is dropped*; what is entered inside
    /// moves with it from poll to poll and from thread to thread, and is seen by nobody else.
    ///
    /// It is `Send` if the inner value is, and offers what the inner value offers: `Future`, `Stream` and the fused ones
    /// (feature `stream`), `Sink` (`sink`), `AsyncRead` and `AsyncWrite` with their kin (`futures-io`, `tokio-io`).
    ///
    /// # Panics
    /// When it is polled again after it was ready.
    ///
    /// # Cancel safety
    /// Dropping it drops the inner value in its context, whether it was never polled, is pending, or panicked; one that is
    /// ready has dropped its inner value, in its context, and let go of that context, before it answered.
    #[must_use = "futures do nothing unless polled; dropped, it runs nothing in its context"]
    pub struct InContext<F, C = Captured>
    where
        C: Change,
    {
        #[pin]
        carried: Carried<C, F>,
    }
}

/// What [`AsyncLocalStorage::scope`](crate::AsyncLocalStorage::scope) gives.
pub type Scope<T, F> = InContext<F, Put<T>>;
/// What [`AsyncLocalStorage::exit_scope`](crate::AsyncLocalStorage::exit_scope) gives.
pub type ExitScope<F> = InContext<F, Remove>;
/// What [`scope_with`](crate::scope_with) gives.
pub type ScopeWith<S, F> = InContext<F, PutAll<S>>;

impl<F> InContext<F> {
    #[inline]
    pub(crate) fn captured(frame: FrameRef, inner: F) -> Self {
        InContext {
            carried: Carried::captured(frame, inner),
        }
    }
}

impl<F, C: Change> InContext<F, C> {
    #[inline]
    pub(crate) fn deferred(change: C, inner: F) -> Self {
        InContext {
            carried: Carried::deferred(change, inner),
        }
    }

    /// The inner value; none if it was a future and is ready.
    pub fn get_ref(&self) -> Option<&F> {
        self.carried.get_ref()
    }

    /// The inner value; none if it was a future and is ready.
    pub fn get_mut(&mut self) -> Option<&mut F> {
        self.carried.get_mut()
    }

    /// The inner value, pinned; none if it was a future and is ready.
    pub fn get_pin_mut(self: Pin<&mut Self>) -> Option<Pin<&mut F>> {
        self.project().carried.get_pin_mut()
    }

    /// The inner value, out of its context, which is let go of; none if it was a future and is ready.
    ///
    /// # Panics
    /// Only if the `Drop` of a store does that went with the context; the inner value is dropped then, outside of it.
    #[must_use = "the inner value is dropped outside its context unless it is kept"]
    pub fn into_inner(self) -> Option<F> {
        self.carried.into_inner()
    }

    /// Drops the inner value in its context, if it is still there, and lets go of that.
    pub(crate) fn finish(self: Pin<&mut Self>) {
        self.project().carried.finish();
    }

    /// Runs `f` on the inner value in its context.
    #[cfg(any(
        feature = "stream",
        feature = "sink",
        feature = "futures-io",
        feature = "tokio-io"
    ))]
    #[inline]
    #[track_caller]
    pub(crate) fn enter<'a, R>(self: Pin<&'a mut Self>, f: impl FnOnce(Pin<&'a mut F>) -> R) -> R {
        self.project().carried.enter(f).expect(POLLED_AGAIN)
    }
}

const POLLED_AGAIN: &str = "an `InContext` future was polled again after it was ready";

impl<F: Future, C: Change> Future for InContext<F, C> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let mut carried = self.project().carried;
        let poll = carried.as_mut().enter(|future| future.poll(cx));
        let poll = poll.expect(POLLED_AGAIN);
        if poll.is_ready() {
            // Its destructors see the context they ran in.
            carried.finish();
        }
        poll
    }
}

impl<F: fmt::Debug, C: Change> fmt::Debug for InContext<F, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("InContext").field(&self.get_ref()).finish()
    }
}

/// The extension trait that puts values of one kind into a context. One macro for all kinds, so that they stay alike.
macro_rules! context_ext {
    ($(#[$example:meta])* $Ext:ident $(<$Item:ident>)? for $Trait:ident, $what:literal) => {
        #[doc = concat!("Puts a ", $what, " into a context: see [`InContext`](crate::InContext).")]
        pub trait $Ext $(<$Item>)?: $Trait $(<$Item>)? + Sized {
            #[doc = concat!("Gives this ", $what, " the context of the place where this is called, as handed over to a [task](crate::HandOver::Task).")]
            ///
            /// # Panics
            /// The answer panics if it is a future and polled again after it was ready.
            ///
            /// # Cancel safety
            #[doc = concat!("Dropping the answer drops this ", $what, " in that context.")]
            $(#[$example])*
            #[inline]
            #[cfg_attr(feature = "audit", track_caller)]
            fn in_context(self) -> $crate::InContext<Self> {
                self.with_snapshot($crate::snapshot_for($crate::HandOver::Task))
            }

            #[doc = concat!("Gives this ", $what, " the context that `snapshot` holds.")]
            ///
            /// # Cancel safety
            #[doc = concat!("Dropping the answer drops this ", $what, " in that context.")]
            #[inline]
            fn with_snapshot(self, snapshot: $crate::Snapshot) -> $crate::InContext<Self> {
                snapshot.into_scope(self)
            }
        }

        impl<$($Item,)? Inner: $Trait $(<$Item>)?> $Ext $(<$Item>)? for Inner {}
    };
}
#[cfg(any(
    feature = "stream",
    feature = "sink",
    feature = "futures-io",
    feature = "tokio-io"
))]
pub(crate) use context_ext;

context_ext! {
    ///
    /// # Examples
    /// A spawned task starts without context; this hands it over.
    /// ```
    /// use throughline_core::{AsyncLocalStorage, FutureContextExt};
    /// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// USER.scope("ada", async {
    ///     let lost = tokio::spawn(async { USER.get_store() });
    ///     assert_eq!(lost.await.unwrap(), None);
    ///     let kept = tokio::spawn(async { USER.get_store() }.in_context());
    ///     assert_eq!(kept.await.unwrap(), Some("ada"));
    /// }).await;
    /// # }
    /// ```
    FutureContextExt for Future, "future"
}

/// What an [`InContext`] changes about the context of its first poll: [`Put`], [`PutAll`], [`Remove`]; or [`Captured`], nothing.
pub trait Change: sealed::Change {}
impl<C: sealed::Change> Change for C {}

pub(crate) mod sealed {
    use crate::frame::FrameRef;

    pub trait Change {
        /// Panics only where a store's `Drop` does: `base` may be the last to hold it, if a host gave it away.
        fn apply(self, base: FrameRef) -> FrameRef;
    }
}

/// Nothing is to be changed: the context was taken when the adapter was made. There is no value of this type.
#[derive(Debug)]
pub enum Captured {}

impl sealed::Change for Captured {
    fn apply(self, _: FrameRef) -> FrameRef {
        match self {}
    }
}

/// One store to be set.
pub struct Put<T> {
    pub(crate) place: Place<T>,
    pub(crate) store: T,
}

impl<T: Store> sealed::Change for Put<T> {
    #[inline]
    fn apply(self, base: FrameRef) -> FrameRef {
        frame::bind_on(base, self.place, self.store)
    }
}

impl<T> fmt::Debug for Put<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Put")
    }
}

/// One store to be taken out.
#[derive(Debug)]
pub struct Remove {
    pub(crate) place: Place,
}

impl sealed::Change for Remove {
    fn apply(self, base: FrameRef) -> FrameRef {
        frame::without_on(base, self.place)
    }
}

/// Several stores to be set.
#[derive(Debug)]
pub struct PutAll<S>(pub(crate) S);

impl<S: Stores> sealed::Change for PutAll<S> {
    fn apply(self, base: FrameRef) -> FrameRef {
        frame::bind_all_on(base, self.0)
    }
}
