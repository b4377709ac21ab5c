//! How the public interface behaves. Clauses (`WP-…`) are Node's, laws are those of the design.

mod channel;
mod events;
mod facade;
mod hooks;
#[cfg(feature = "pool")]
mod pool;
#[cfg(feature = "rayon")]
mod rayon;
mod smol;
mod support;
#[cfg(feature = "test-util")]
mod test_util;
mod thread;
