//! Resources: things whose callbacks run later, each with an id, a cause, a life that hooks can watch.
//!
//! Safe code over `frame`, with words of its own on each thread: which resource's callback is running has nothing to do with which
//! frame is current (clause `M-3`), and a boundary without a resource touches nothing here.

mod async_resource;
mod builder;
pub(crate) mod deliver;
mod destroy_queue;
mod execution;
mod hook;
pub(crate) mod host;
mod id;
mod in_hand;
mod in_resource;
mod info;
mod registry;

pub use async_resource::{AsyncResource, Destroyed};
pub use builder::{AsyncResourceBuilder, EmptyTypeName};
pub use destroy_queue::flush_destroy_events;
pub use execution::{execution_async_id, execution_async_resource, trigger_async_id, with_default_trigger};
pub use hook::{AsyncHook, Enabled, HookBuilder, PanicPolicy, create_hook};
pub use id::AsyncId;
pub use in_hand::InHand;
pub use in_resource::{FutureResourceExt, InResource};
pub use info::{ResourceInfo, ResourceType, interned};
