//! The emitter that is a resource.

use super::EventEmitter;
use crate::{AsyncId, AsyncResource, ResourceType};
use std::fmt;
use std::ops::Deref;

/// An [`EventEmitter`] whose listeners run in the context where it was made, as callbacks of a resource of its own.
///
/// Each emission is one scope of the resource, with its `before` and `after`: also one that nobody listens for, and those of
/// [`NEW_LISTENER`](super::NEW_LISTENER) and [`REMOVE_LISTENER`](super::REMOVE_LISTENER) (clause `EEA-3`). It makes no difference through which
/// handle it is emitted: what this one dereferences to is an `EventEmitter` that knows its resource, and so are its clones.
///
/// The resource is destroyed with the last handle, or by [`emit_destroy`](Self::emit_destroy). What is emitted after that is emitted as by an
/// emitter without a resource, in the context of the emission: what was captured is let go of (Node goes on in the resource's scope, clause
/// `EEA-5`).
///
/// # Examples
/// ```
/// use throughline::{AsyncLocalStorage, Event, EventEmitterAsyncResource, execution_async_id};
/// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
/// const DATA: Event<str> = Event::new("data");
///
/// let socket = USER.run("ada", || EventEmitterAsyncResource::new("Socket"));
/// let id = socket.async_id();
/// socket.on(&DATA, move |_| {
///     assert_eq!(USER.get_store(), Some("ada"));
///     assert_eq!(execution_async_id(), Some(id));
/// });
/// assert!(USER.run("bob", || socket.emit(&DATA, "hello")));
/// ```
#[derive(Clone)]
pub struct EventEmitterAsyncResource {
    emitter: EventEmitter,
    resource: AsyncResource,
}

impl EventEmitterAsyncResource {
    /// An emitter with a resource of that type, made here and now (clause `EEA-2`).
    ///
    /// # Panics
    /// If the type's name is empty.
    #[track_caller]
    #[must_use = "an emitter does nothing until somebody listens and something is emitted"]
    pub fn new(type_name: impl Into<ResourceType>) -> Self {
        Self::with_resource(AsyncResource::new(type_name))
    }

    /// An emitter with that resource: for one with another cause or end than the usual ones, see
    /// [`AsyncResource::builder`].
    #[must_use = "an emitter does nothing until somebody listens and something is emitted"]
    pub fn with_resource(resource: AsyncResource) -> Self {
        EventEmitterAsyncResource {
            emitter: EventEmitter::in_resource(resource.clone()),
            resource,
        }
    }

    /// The resource.
    #[doc(alias = "asyncResource")]
    #[must_use = "reading has no effect but its answer"]
    pub fn async_resource(&self) -> &AsyncResource {
        &self.resource
    }

    /// The id of the resource.
    #[doc(alias = "asyncId")]
    #[must_use = "reading has no effect but its answer"]
    pub fn async_id(&self) -> AsyncId {
        self.resource.async_id()
    }

    /// The id of what caused the resource.
    #[doc(alias = "triggerAsyncId")]
    #[must_use = "reading has no effect but its answer"]
    pub fn trigger_async_id(&self) -> Option<AsyncId> {
        self.resource.trigger_async_id()
    }

    /// Destroys the resource: see [`AsyncResource::emit_destroy`]. Answers whether it was this call.
    ///
    /// # Panics
    /// Only if the `Drop` of a store does, whose last capture this was.
    #[doc(alias = "emitDestroy")]
    pub fn emit_destroy(&self) -> bool {
        self.resource.emit_destroy()
    }
}

impl Deref for EventEmitterAsyncResource {
    type Target = EventEmitter;

    fn deref(&self) -> &EventEmitter {
        &self.emitter
    }
}

impl fmt::Debug for EventEmitterAsyncResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventEmitterAsyncResource")
            .field("emitter", &self.emitter)
            .field("resource", &self.resource)
            .finish()
    }
}
