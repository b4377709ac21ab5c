#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod runtime;
pub mod task;

// What is named here comes before what the glob brings: all else is tokio's own, in whatever version of it.
pub use ::tokio::*;

pub use task::spawn;

/// tokio itself, for a type of its own that another crate's function wants by value, or for a task that is to inherit nothing.
///
/// See [what differs](crate#what-differs).
pub mod real {
    pub use ::tokio::*;
}
