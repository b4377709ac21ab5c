//! The drop-in under tokio's own name, so that `[patch.crates-io]` can put it in the place of tokio in crates that are not yours.
//!
//! It is made of the source of `throughline-tokio`, and of that module of `throughline`'s which it uses: depending on them would go round in a circle, since
//! they depend on tokio, which is this.

// By this name that source finds what it needs.
extern crate self as throughline;
#[allow(unused_imports)]
pub(crate) use throughline_core::{
    __private, AsyncLocalStorage, FutureContextExt, HandOver, InContext, Report, Snapshot, host, in_boundary,
    snapshot, snapshot_for,
};

#[allow(dead_code, unused_imports)]
#[path = "../../../throughline/src/tokio/mod.rs"]
mod tokio;

#[path = "../../src/runtime/mod.rs"]
pub mod runtime;
#[path = "../../src/task.rs"]
pub mod task;

pub use ::tokio::*;

pub use task::spawn;

/// tokio itself.
pub mod real {
    pub use ::tokio::*;
}
