//! Node's `events`: emitters, whose listeners run in the context of the emission or, by choice, of their registration.
//!
//! An [`Event`] is a name and the type of what its listeners are handed; an [`EventEmitter`] calls them. [`once`] is the next event as a
//! future, [`on`] are all of them as a stream. Four events are the emitter's own: [`ERROR`], [`ERROR_MONITOR`], [`NEW_LISTENER`] and
//! [`REMOVE_LISTENER`].

mod async_listener;
mod emitter;
mod error;
mod event;
mod limit;
mod listener;
mod lists;
mod mailbox;
mod on;
mod once;
mod post;
mod resource;

pub use async_listener::ListenerTask;
pub use emitter::{EventEmitter, WeakEventEmitter};
pub use error::{EmittedError, UnhandledError};
pub use event::{
    ERROR, ERROR_MONITOR, Event, ListenerId, ListenerInfo, NEW_LISTENER, Open, REMOVE_LISTENER, Reserved,
};
pub use limit::{default_max_listeners, set_default_max_listeners};
pub use on::{On, OnError, on};
pub use once::{Once, OnceError, once};
pub use resource::EventEmitterAsyncResource;
