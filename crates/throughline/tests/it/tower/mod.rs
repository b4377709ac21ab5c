//! Requests whose context follows them through tower's services: the call, the response, the body, the end.

mod auto_traits;
mod body;
mod buffer;
mod call;
mod close;
mod composed;
mod headers;
mod request_id;
mod sources;
mod support;
