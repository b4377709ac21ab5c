//! How the public interface behaves. Clauses (`WP-…`) are Node's, laws are those of the design.

#[cfg(feature = "audit")]
mod audit;
mod channel;
mod clauses;
// It builds what spawns, so it waits for those who build that anyway.
#[cfg(all(feature = "rayon", feature = "tokio-util"))]
mod clippy;
mod events;
mod facade;
mod guide;
mod hooks;
#[cfg(all(feature = "hyper", feature = "tower"))]
mod hyper;
mod panic_hook;
mod paths;
#[cfg(feature = "pool")]
mod pool;
mod random;
#[cfg(feature = "rayon")]
mod rayon;
mod smol;
mod stamp;
mod support;
#[cfg(feature = "test-util")]
mod test_util;
mod thread;
#[cfg(feature = "tokio")]
mod tokio;
#[cfg(feature = "tower")]
mod tower;
