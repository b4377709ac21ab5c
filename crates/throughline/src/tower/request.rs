//! The handle of a request: who it is, and who wants to hear how it ends.

use crate::{AsyncId, AsyncLocalStorage, ResourceInfo, Snapshot};
use http::Extensions;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use throughline_core::__private::{InHand, isolate};

/// The request whose context is current.
pub(super) static REQUEST: AsyncLocalStorage<RequestHandle> = AsyncLocalStorage::new().named("request");

/// How a request ended.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Close {
    /// The response was handed to the server to its end. (Whether it reached the client is more than a server knows.)
    Finished,
    /// It was given up before that: the client hung up, or something around the layer gave up first (a timeout, a shutdown).
    HungUp,
    /// The service answered an error in place of a response.
    Failed,
    /// The body broke off with an error.
    BodyFailed,
    /// The service or the body panicked.
    Panicked,
}

impl fmt::Display for Close {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Close::Finished => "finished",
            Close::HungUp => "hung up",
            Close::Failed => "failed",
            Close::BodyFailed => "failed in its body",
            Close::Panicked => "panicked",
        })
    }
}

/// A request that is, or was, under way. Clones are handles of the same one.
///
/// [`current`](Self::current) finds it anywhere below, in tasks that inherited the context too, and [`of`](Self::of) in the request itself. It keeps nothing of the
/// request alive.
#[derive(Clone)]
pub struct RequestHandle(Arc<Shared>);

struct Shared {
    info: ResourceInfo,
    state: Mutex<State>,
}

enum State {
    Open(Vec<Callback>),
    Closed(Close),
}

type Callback = Box<dyn FnOnce(Close) + Send>;

impl RequestHandle {
    pub(super) fn new(info: ResourceInfo) -> Self {
        RequestHandle(Arc::new(Shared {
            info,
            state: Mutex::new(State::Open(Vec::new())),
        }))
    }

    /// The request in whose context this is called.
    #[must_use = "asking has no effect but its answer"]
    pub fn current() -> Option<Self> {
        REQUEST.get_store()
    }

    /// The request with these extensions, wherever that is looked at.
    #[must_use = "asking has no effect but its answer"]
    pub fn of(extensions: &Extensions) -> Option<Self> {
        extensions.get::<Snapshot>()?.get(&REQUEST)
    }

    /// The id of its resource.
    pub fn async_id(&self) -> AsyncId {
        self.0.info.async_id()
    }

    /// How it ended; none while it is under way.
    pub fn closed(&self) -> Option<Close> {
        match *self.state() {
            State::Open(_) => None,
            State::Closed(close) => Some(close),
        }
    }

    /// Calls `f` when the request has ended, and says how: after the handler and the body are dropped, once, in the order of these calls.
    ///
    /// `f` runs as a callback of the request's resource, in the request's context (what was set in the handler after that is not in it: for the context of
    /// this call say `f.bind_once()`). If it panics, that is [reported](crate::Report), and the others are called. If the request has ended, `f` is called at once, in a boundary
    /// on the caller's context.
    ///
    /// Node's `req.on('close', AsyncResource.bind(() => …))`, at the time of its `res.on('close')`: there a request with a body closes once that was read. What
    /// Node tells by `res.writableFinished` is [`Close::Finished`].
    ///
    /// # Examples
    /// ```
    /// use throughline::tower::{Close, RequestHandle};
    ///
    /// async fn handler() {
    ///     if let Some(request) = RequestHandle::current() {
    ///         request.on_close(|close| match close {
    ///             Close::Finished => {}
    ///             Close::HungUp => println!("the client did not wait"),
    ///             other => println!("the request {other}"),
    ///         });
    ///     }
    /// }
    /// # futures::executor::block_on(handler());
    /// ```
    #[doc(alias = "on")]
    pub fn on_close(&self, f: impl FnOnce(Close) + Send + 'static) {
        let close = match &mut *self.state() {
            State::Open(callbacks) => {
                callbacks.push(Box::new(f));
                return;
            }
            State::Closed(close) => *close,
        };
        self.tell(|| crate::boundary(|| f(close)));
    }

    /// Ends it, once, and calls who waited.
    pub(super) fn close(&self, resource: &InHand, close: Close) {
        let before = std::mem::replace(&mut *self.state(), State::Closed(close));
        let State::Open(callbacks) = before else { return };
        for f in callbacks {
            self.tell(|| resource.run(|| f(close)));
        }
    }

    /// Runs a callback, whose panic is nobody's here.
    fn tell(&self, f: impl FnOnce()) {
        isolate(|| format!("an `on_close` callback of {self:?}"), f);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for RequestHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RequestHandle({:?})", self.0.info)
    }
}
