//! `WorkerPool`: whose context tasks and callbacks run in, room, panics, closing. Clauses `WP-…`, and law 4.

mod auto_traits;
mod awaited;
mod closing;
mod context;
mod events;
mod many;
mod panics;
mod reentry;
mod resource;
mod room;
mod support;
