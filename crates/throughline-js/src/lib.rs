// Its server needs the feature; what is tested is the whole of it.
#![cfg_attr(any(not(doctest), feature = "async-runtime"), doc = include_str!("../README.md"))]

#[cfg(feature = "async-runtime")]
mod async_with;
mod builtins;
#[cfg(feature = "async-runtime")]
mod call;
mod children;
mod codec;
mod compile;
mod crossing;
mod descriptors;
#[cfg(feature = "async-runtime")]
mod drive;
mod engine;
mod error;
pub mod event_loop;
mod files;
mod foreign;
mod host;
#[cfg(feature = "http")]
mod http;
mod loader;
mod natives;
mod node;
mod runtime;
mod shared;
mod tasks;
#[cfg(feature = "worker-threads")]
mod threads;
mod turn;

#[cfg(feature = "async-runtime")]
pub use async_with::{AsyncWith, async_with};
pub use crossing::{Crossing, crossing};
#[cfg(feature = "async-runtime")]
pub use drive::drive;
pub use error::Error;
pub use event_loop::LoopHandle;
pub use host::Options;
pub use node::Node;
pub use runtime::{Runtime, RuntimeBuilder};
pub use tasks::{Promising, promise};
pub use turn::Waits;
