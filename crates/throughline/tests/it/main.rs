//! How the public interface behaves. Clauses (`WP-…`) are Node's, laws are those of the design.

mod facade;
#[cfg(feature = "pool")]
mod pool;
