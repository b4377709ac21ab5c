//! [`tokio::runtime`], whose tasks inherit.
//!
//! [`Runtime`], [`LocalRuntime`], [`Handle`] and the [`Builder`] that makes them are tokio's, spawn by [`throughline::tokio`] and dereference to tokio's, so that
//! `&handle` goes wherever `&tokio::runtime::Handle` is asked for. All else is tokio's own.

mod builder;
mod handle;
mod local_runtime;
#[allow(clippy::module_inception)] // As tokio names it.
mod runtime;

pub use ::tokio::runtime::*;

pub use builder::Builder;
pub use handle::Handle;
pub use local_runtime::LocalRuntime;
pub use runtime::Runtime;
