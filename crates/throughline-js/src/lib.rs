//! Node's `async_hooks` for an embedded JavaScript engine, on the frames of Throughline.

mod builtins;
mod compile;
mod crossing;
mod engine;
mod error;
pub mod event_loop;
mod files;
mod foreign;
mod host;
mod loader;
mod natives;
mod node;
mod runtime;

pub use crossing::{Crossing, crossing};
pub use error::Error;
pub use event_loop::LoopHandle;
pub use host::Options;
pub use node::Node;
pub use runtime::{Runtime, RuntimeBuilder};
