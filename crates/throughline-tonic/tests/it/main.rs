//! gRPC over a socket: the context of calls on both sides.

mod client;
mod server;
mod support;
