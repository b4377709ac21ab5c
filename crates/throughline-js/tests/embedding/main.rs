//! What a Rust program that embeds scripts relies on.

#[cfg(feature = "async-runtime")]
mod async_runtime;
mod crossing;
mod event_loop;
mod futures;
mod limits;
mod nesting;
mod shared;
mod support;
