//! Diagnostics channels. Clauses `DC-…`.

mod auto_traits;
mod bounded;
mod by_name;
mod future;
mod guards;
mod like_node;
mod publish;
mod stores;
mod support;
mod threads;
mod trace_callback;
mod trace_future;
mod trace_sync;
