//! Emitters. Clauses (`EE-…`, `EEA-…`) are Node's.

mod async_listeners;
mod auto_traits;
mod emission;
mod errors;
mod limit;
mod node;
mod on;
mod once;
mod registration;
mod resource;
mod support;
