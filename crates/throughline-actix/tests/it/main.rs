//! A real server of actix-web, over HTTP/1.1 and HTTP/2.

mod rt;
mod server;
mod support;
