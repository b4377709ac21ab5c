//! The adapter: a future whose polls are callbacks of a resource.

use super::AsyncResource;
use super::async_resource::{Destroyed, Life, end};
use super::deliver::{in_destructor, raise};
use super::registry::{Event, PROCESS, emit};
use crate::InContext;
use crate::frame::{FrameRef, OwnedScope};
use pin_project_lite::pin_project;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

pin_project! {
    /// A future whose polls, and whose drop, are callbacks of a resource, in its context.
    ///
    /// Made by [`in_resource`](FutureResourceExt::in_resource) and [`AsyncResource::scope`]. Hooks are told `before` and `after` each poll, so how often depends on
    /// who wakes it; `promise_resolve` when it is ready, before that poll's `after`; `cancelled` when it is dropped before. As long as it is there,
    /// its resource is not destroyed.
    ///
    /// # Panics
    /// When it is polled again after it was ready.
    ///
    /// # Cancel safety
    /// Dropping it drops the inner future in the resource's scope, whether it was never polled, is pending, or panicked; one that is
    /// ready has dropped its inner future, in that scope, and let go of resource and context before it answered.
    #[must_use = "futures do nothing unless polled; dropped, it runs nothing in its resource"]
    pub struct InResource<F> {
        #[pin]
        inner: InContext<F>,
        // None when it is ready.
        scope: Option<OwnedScope<Life>>,
    }

    impl<F> PinnedDrop for InResource<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if let Some(scope) = this.scope.take() {
                // Also when the inner future's destructor panics.
                let scope = Ending(Some(scope));
                let life = scope.life();
                in_destructor(|| {
                    emit(Event::Cancelled, life.info());
                    life.within(|| this.inner.as_mut().finish());
                });
            }
        }
    }
}

/// The scope of a future that has ended.
struct Ending(Option<OwnedScope<Life>>);

impl Ending {
    fn life(&self) -> &Life {
        self.0.as_ref().expect("it is taken out when this is dropped")
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.take().into_iter().for_each(end);
    }
}

impl<F> InResource<F> {
    /// In `frame`, or else the resource's own.
    pub(super) fn new(
        resource: &AsyncResource,
        frame: Option<FrameRef>,
        future: F,
    ) -> Result<Self, Destroyed<F>> {
        let Some(scope) = resource.begin_owned() else {
            return Err(Destroyed::new(resource.info(), future));
        };
        let inner = InContext::captured(frame.unwrap_or_else(|| scope.frame()), future);
        Ok(InResource {
            inner,
            scope: Some(scope),
        })
    }
}

const POLLED_AGAIN: &str = "an `InResource` future was polled again after it was ready";

impl<F: Future> Future for InResource<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let life: &Life = this.scope.as_ref().expect(POLLED_AGAIN);
        let mut resolved = None;
        let poll = life.within(|| {
            let poll = this.inner.poll(cx);
            if poll.is_ready() {
                resolved = PROCESS.tell(Event::PromiseResolve, life.info());
            }
            poll
        });
        if poll.is_ready() {
            this.scope.take().into_iter().for_each(end);
            // Now, when it has ended, and will not be told to be cancelled.
            raise(resolved);
        }
        poll
    }
}

#[cfg(feature = "stream")]
impl<F: futures_core::FusedFuture> futures_core::FusedFuture for InResource<F> {
    fn is_terminated(&self) -> bool {
        self.scope.is_none() || self.inner.is_terminated()
    }
}

impl<F: fmt::Debug> fmt::Debug for InResource<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("InResource").field(&self.inner.get_ref()).finish()
    }
}

/// Wraps a resource around a future: see [`InResource`].
pub trait FutureResourceExt: Future + Sized {
    /// Makes the polls of this future callbacks of `resource`: one that is there (`&resource`), or, given a type name, one of its own, with the context
    /// of the place where this is called. The future keeps the resource.
    ///
    /// # Panics
    /// If the resource is destroyed, or the type name empty. The answer panics when polled again after it was ready.
    ///
    /// # Cancel safety
    /// Dropping the answer drops this future in the resource's scope.
    ///
    /// # Examples
    /// ```
    /// # use futures::executor::block_on;
    /// use throughline_core::{AsyncResource, FutureResourceExt, execution_async_resource};
    ///
    /// let upload = async { execution_async_resource().unwrap().type_name() }.in_resource("Upload");
    /// assert_eq!(block_on(upload), "Upload");
    ///
    /// let request = AsyncResource::new("Request");
    /// let part = async { execution_async_resource() }.in_resource(&request);
    /// assert_eq!(block_on(part), Some(request.info()));
    /// ```
    #[track_caller]
    fn in_resource(self, resource: impl Into<AsyncResource>) -> InResource<Self> {
        resource.into().scope(self)
    }
}

impl<F: Future> FutureResourceExt for F {}
