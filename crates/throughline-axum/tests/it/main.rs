//! axum over real sockets, by HTTP/1.1 and HTTP/2: the context of each request, and how it ends.

mod bodies;
mod ends;
mod extractors;
mod ids;
mod setup;
mod support;
#[cfg(feature = "ws")]
mod web_socket;
mod wire;
