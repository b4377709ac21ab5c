//! Requests per second of a server with [`RequestContextLayer`](throughline::tower::RequestContextLayer) and of the same server without it; and of Node's, with
//! and without AsyncLocalStorage.
//!
//! Each server is a process of its own with one thread, so that ours and Node's are given the same, and `load` is another one. `compare` lets them take turns.

mod compare;
mod load;
mod process;
mod serve;

pub use compare::{Compare, NODE_BINARIES_FROM, Row, node_binaries};
pub use load::{Load, Loaded};
pub use process::{Engine, Process};
pub use serve::{Ids, MOST_STORAGES, Work, serve, serve_if_asked};
