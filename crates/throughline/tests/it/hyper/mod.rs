//! What hyper's tasks inherit, over real connections.

mod client;
mod executor;
mod server;
mod support;
