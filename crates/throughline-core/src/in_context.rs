//! The adapter: a future (or stream, sink, reader, writer) with a frame of its own.

use crate::Store;
use crate::frame::{self, Carried, FrameRef, Resident};
use crate::key::Place;
use crate::stores::Stores;
use pin_project_lite::pin_project;
use std::fmt;
use std::future::Future;
use std::mem;
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
    pub struct InContext<F, B = Captured>
    where
        B: Base,
    {
        #[pin]
        carried: Carried<B, F>,
    }
}

/// What [`AsyncLocalStorage::scope`](crate::AsyncLocalStorage::scope) gives.
pub type Scope<T, F> = InContext<F, Deferred<Put<T>>>;
/// What [`AsyncLocalStorage::exit_scope`](crate::AsyncLocalStorage::exit_scope) gives.
pub type ExitScope<F> = InContext<F, Deferred<Remove>>;
/// What [`scope_with`](crate::scope_with) gives.
pub type ScopeWith<S, F> = InContext<F, Deferred<PutAll<S>>>;

impl<F, B: Base> InContext<F, B> {
    #[inline]
    pub(crate) fn new(base: B, inner: F) -> Self {
        InContext {
            carried: Carried::new(base, inner),
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

    /// The inner value, out of its context; none if it was a future and is ready.
    pub fn into_inner(self) -> Option<F> {
        self.carried.into_inner()
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

impl<F: Future, B: Base> Future for InContext<F, B> {
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

impl<F: fmt::Debug, B: Base> fmt::Debug for InContext<F, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("InContext").field(&self.get_ref()).finish()
    }
}

/// The extension trait that puts values of one kind into a context. One macro for all kinds, so that they stay alike.
macro_rules! context_ext {
    ($(#[$example:meta])* $Ext:ident $(<$Item:ident>)? for $Trait:ident, $what:literal) => {
        #[doc = concat!("Puts a ", $what, " into a context: see [`InContext`](crate::InContext).")]
        pub trait $Ext $(<$Item>)?: $Trait $(<$Item>)? + Sized {
            #[doc = concat!("Gives this ", $what, " the context of the place where this is called.")]
            ///
            /// # Cancel safety
            #[doc = concat!("Dropping the answer drops this ", $what, " in that context.")]
            $(#[$example])*
            #[inline]
            fn in_context(self) -> $crate::InContext<Self> {
                self.with_snapshot($crate::snapshot())
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

/// Where the context of an [`InContext`] comes from: [`Captured`] or [`Deferred`].
pub trait Base: sealed::Base {}

pub(crate) mod sealed {
    use crate::frame::FrameRef;

    pub trait Base: Sized {
        /// Runs `f` in the context; does not if that is done.
        fn enter<R>(&mut self, f: impl FnOnce() -> R) -> Option<R>;
        /// Takes the context out, and leaves one that is done.
        fn take(&mut self) -> Self;
        fn is_done(&self) -> bool;
    }

    pub trait Change {
        fn apply(self, base: &Frame) -> Frame;
    }

    /// Keeps a private type out of the signatures of a trait that has to be public.
    #[derive(Debug)]
    pub struct Frame(pub(crate) FrameRef);

    impl std::fmt::Debug for FrameRef {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("FrameRef")
        }
    }
}

/// A context taken when the adapter was made.
pub struct Captured(Resident);

impl Captured {
    #[inline]
    pub(crate) fn new(frame: FrameRef) -> Self {
        Captured(Resident::new(frame))
    }
}

impl Base for Captured {}
impl sealed::Base for Captured {
    #[inline(always)]
    fn enter<R>(&mut self, f: impl FnOnce() -> R) -> Option<R> {
        if self.0.is_done() {
            return None;
        }
        Some(self.0.enter(f))
    }

    #[inline]
    fn take(&mut self) -> Self {
        Captured(mem::replace(&mut self.0, Resident::DONE))
    }

    #[inline(always)]
    fn is_done(&self) -> bool {
        self.0.is_done()
    }
}

impl fmt::Debug for Captured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Captured")
    }
}

/// A context taken, and changed, at the first poll (or when dropped, if there was none).
pub struct Deferred<C> {
    change: Option<C>,
    /// Done as long as there is a change to make, so that later polls look at one word.
    resident: Resident,
}

impl<C: sealed::Change> Deferred<C> {
    #[inline]
    pub(crate) fn new(change: C) -> Self {
        Deferred {
            change: Some(change),
            resident: Resident::DONE,
        }
    }

    /// Makes the change, if there is one to make.
    #[cold]
    #[inline(never)]
    fn begin(&mut self) -> bool {
        let Some(change) = self.change.take() else {
            return false;
        };
        let base = sealed::Frame(frame::capture());
        self.resident = Resident::new(change.apply(&base).0);
        true
    }
}

impl<C: sealed::Change> Base for Deferred<C> {}
impl<C: sealed::Change> sealed::Base for Deferred<C> {
    #[inline(always)]
    fn enter<R>(&mut self, f: impl FnOnce() -> R) -> Option<R> {
        if self.resident.is_done() && !self.begin() {
            return None;
        }
        Some(self.resident.enter(f))
    }

    fn take(&mut self) -> Self {
        Deferred {
            change: self.change.take(),
            resident: mem::replace(&mut self.resident, Resident::DONE),
        }
    }

    #[inline(always)]
    fn is_done(&self) -> bool {
        self.resident.is_done() && self.change.is_none()
    }
}

impl<C> fmt::Debug for Deferred<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Deferred")
    }
}

/// One store to be set.
pub struct Put<T> {
    pub(crate) place: Place,
    pub(crate) store: T,
}

impl<T: Store> sealed::Change for Put<T> {
    #[inline]
    fn apply(self, base: &sealed::Frame) -> sealed::Frame {
        // A storage made at run time may be gone by the first poll, and another one have its slot: nobody can read this store then.
        if frame::is_taken(&base.0, self.place) {
            return sealed::Frame(base.0.clone());
        }
        sealed::Frame(frame::bind_on(&base.0, self.place, self.store))
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
    fn apply(self, base: &sealed::Frame) -> sealed::Frame {
        sealed::Frame(frame::without_on(&base.0, self.place))
    }
}

/// Several stores to be set.
#[derive(Debug)]
pub struct PutAll<S>(pub(crate) S);

impl<S: Stores> sealed::Change for PutAll<S> {
    fn apply(self, base: &sealed::Frame) -> sealed::Frame {
        sealed::Frame(frame::bind_all_on(&base.0, self.0))
    }
}
