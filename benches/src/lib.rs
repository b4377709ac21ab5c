//! Throughline beside its neighbours; `benches/README.md` says how to run and read it.

mod harness;
pub mod live;
pub mod peers;
pub mod poll;
pub mod questions;
pub mod scale;
pub mod table;
pub mod web;

pub use harness::*;
