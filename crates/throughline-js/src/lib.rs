//! Node's `async_hooks` for an embedded JavaScript engine, on the frames of Throughline.

mod engine;
mod foreign;
