//! `WorkerPool`: whose context tasks and callbacks run in, room, panics, closing. Clauses `WP-…`, and law 4.

mod auto_traits;
mod awaited;
mod closing;
mod context;
mod many;
mod panics;
mod reentry;
mod room;
mod support;
