//! Diagnostics channels: a library says what happens in it, by name, to whoever listens, and lets them set stores for it.
//!
//! The counterpart of Node's [`diagnostics_channel`](https://nodejs.org/api/diagnostics_channel.html):
//!
//! - [`Channel`]: `publish` and `subscribe`; `bind_store` and `run_stores`, by which a tracer, say, sets its span for a piece of
//!   work of a library that knows nothing of it.
//! - [`BoundedChannel`]: the start and the end of a stretch of work.
//! - [`TracingChannel`]: a call, a future or a callback, with its outcome.
//!
//! While nobody listens, each costs two relaxed loads and a branch, and what they wrap is a plain call. Subscribing never changes what the
//! watched program does; binding a store makes a boundary of what is run.
//!
//! # Where it differs from Node
//! - A channel is a name *and a payload type*: see [`channel`]. Names are texts.
//! - Where Node's versions differ we follow Node 26: a transform sees the stores bound before its own (`DC-7`), a store bound to
//!   `asyncStart` is set (`DC-16`). What Node does about a traced function that answers no promise (`DC-15`) cannot come up: `trace_future` takes a future.
//! - What Node raises as an uncaught exception (`DC-3`, `DC-8`) is [reported](throughline_core::set_reporter).
//! - With stores bound, `run_stores` is a boundary, after which *all* stores are what they were; Node puts back the bound ones.
//! - Guards (`with_store_scope`, `with_scope`) need a boundary, whether or not anybody listens.
//! - A `subscribe` ends when its [`Subscription`] is dropped, unless that is detached.
//! - Rust can drop a future or a callback; a trace tells so ([`Trace::is_cancelled`]) where Node stays silent. Panics are told of as failures.
//! - After a traced callback was called, `async_end` does not know the outcome: the callback has it.

#![doc(alias = "diagnostics_channel")]

mod binding;
mod bounded;
mod callback;
mod caught;
mod handle;
mod peaceful;
mod quiet;
mod registry;
mod scope;
mod shared;
mod subscription;
mod trace;
mod tracing;
mod wiring;

pub mod future;

pub use bounded::{BoundedChannel, BoundedScope, bounded_channel};
pub use callback::TracedCallback;
pub use handle::Channel;
pub use registry::{channel, has_subscribers, subscribe};
pub use scope::StoreScope;
pub use subscription::Subscription;
pub use trace::Trace;
pub use tracing::{TraceEvents, TraceSubscriber, TracingChannel, tracing_channel};
