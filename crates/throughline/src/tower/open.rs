//! A request under way, held by whoever carries it: the future, then the body.

use super::{Close, RequestHandle};
use crate::{ResourceType, Snapshot};
use throughline_core::__private::InHand;

/// A request under way, for whoever writes a layer: it has the request's resource, and dropping it closes the request.
///
/// [`RequestContext`](super::RequestContext) moves it from the call to the response future, and from there to the body, whose polls and destructors each
/// [`run`](Self::run) in it. An integration whose types are not tower's does the same.
///
/// # Examples
/// ```
/// use throughline::{AsyncLocalStorage, host};
/// use throughline::tower::{Close, OpenRequest, RequestHandle};
/// static PATH: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
///
/// let mut open = OpenRequest::begin(|base| host::frame_with(&base, &PATH, "/a"));
/// open.run(|| {
///     RequestHandle::current().unwrap().on_close(|close| {
///         assert_eq!((close, PATH.get_store()), (Close::Finished, Some("/a")));
///     });
/// });
/// open.ends_with(Close::Finished);
/// drop(open);
/// ```
#[derive(Debug)]
#[must_use = "dropping it closes the request"]
pub struct OpenRequest {
    handle: RequestHandle,
    resource: InHand,
    /// How it has ended if it ends now.
    close: Close,
}

impl OpenRequest {
    /// The type of a request's resource: Node's name for it.
    pub const RESOURCE_TYPE: ResourceType = ResourceType::new("HTTPINCOMINGMESSAGE");

    /// Begins a request, in the context that `context` makes out of the current one (with the request's handle in it).
    ///
    /// # Panics
    /// Only if `context` does.
    pub fn begin(context: impl FnOnce(Snapshot) -> Snapshot) -> Self {
        Self::begin_with(|handle| {
            crate::boundary(|| {
                let base =
                    crate::host::frame_with(&crate::snapshot(), &super::request::REQUEST, handle.clone());
                context(base)
            })
        })
    }

    /// Begins a request in a context that has the request's handle.
    pub(super) fn begin_with(context: impl FnOnce(&RequestHandle) -> Snapshot) -> Self {
        let mut handle = None;
        let resource = InHand::begin(Self::RESOURCE_TYPE, |info| {
            context(handle.insert(RequestHandle::new(info)))
        });
        OpenRequest {
            handle: handle.expect("it was made for the context"),
            resource,
            close: Close::HungUp,
        }
    }

    /// Its handle.
    pub fn handle(&self) -> &RequestHandle {
        &self.handle
    }

    /// Its context.
    pub fn snapshot(&self) -> Snapshot {
        self.resource.snapshot()
    }

    /// Runs `f` as a callback of the request. If it panics, the request has [panicked](Close::Panicked), whatever is said after that.
    ///
    /// # Panics
    /// Only if `f` does.
    pub fn run<R>(&mut self, f: impl FnOnce() -> R) -> R {
        self.unless_it_panics(|resource| resource.run(f))
    }

    /// As [`run`](Self::run), in a context that `f` brings itself: it polls, or drops, an [`InContext`](crate::InContext) that was made in the request.
    ///
    /// # Panics
    /// Only if `f` does.
    pub fn callback<R>(&mut self, f: impl FnOnce() -> R) -> R {
        self.unless_it_panics(|resource| resource.callback(f))
    }

    #[inline(always)]
    fn unless_it_panics<R>(&mut self, f: impl FnOnce(&InHand) -> R) -> R {
        let before = std::mem::replace(&mut self.close, Close::Panicked);
        let answer = f(&self.resource);
        self.close = before;
        answer
    }

    /// Says how it has ended, should it be dropped now; by default [`Close::HungUp`]. What was said first holds.
    pub fn ends_with(&mut self, close: Close) {
        if self.close == Close::HungUp {
            self.close = close;
        }
    }
}

impl Drop for OpenRequest {
    fn drop(&mut self) {
        self.handle.close(&self.resource, self.close);
    }
}
