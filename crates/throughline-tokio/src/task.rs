//! [`tokio::task`], whose tasks inherit.
//!
//! What spawns is that of [`throughline::tokio`]; all else is tokio's own.

pub use ::tokio::task::*;

#[cfg(tokio_unstable)]
#[doc(inline)]
pub use throughline::tokio::task::Builder;
#[doc(inline)]
pub use throughline::tokio::task::{JoinSet, LocalSet, spawn, spawn_blocking, spawn_local};

/// [`JoinSet`] and its builder.
#[cfg(tokio_unstable)]
pub mod join_set {
    #[allow(unused_imports, unreachable_pub)] // It brings what a release of tokio adds.
    pub use ::tokio::task::join_set::*;

    #[doc(inline)]
    pub use throughline::tokio::task::JoinSet;
    #[doc(inline)]
    pub use throughline::tokio::task::join_set::Builder;
}
