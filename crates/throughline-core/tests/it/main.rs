//! How the public interface behaves. Clauses (`ALS-…`, `MEM-…`) are Node's, laws are those of the design.

#[cfg(all(
    feature = "stream",
    feature = "sink",
    feature = "futures-io",
    feature = "tokio-io"
))]
mod adapters;
#[cfg(feature = "audit")]
mod audit;
mod auto_traits;
mod bind;
mod boundaries;
mod default;
mod hooks;
mod host;
mod host_resources;
mod ids;
mod lifetime;
#[cfg(feature = "test-util")]
mod live;
mod panics;
mod propagation;
mod resource;
mod snapshot;
mod storage;
mod stores;
mod support;
mod traps;
mod visit;
