//! The harness that all benches share; `benches/README.md` says how to run and read them.
//!
//! A bench is a list of [operations](Bench::op) and of [goals](Bench::goal) over them. The same list is
//! timed (`cargo bench`), counted in instructions (`cargo bench -- --count`, under callgrind) or tried
//! once (`cargo test --benches`).

mod bench;
mod count;
mod goal;
pub mod live;
mod meter;
mod mode;
pub mod peers;
pub mod poll;
mod report;
mod stamp;
mod time;
pub mod web;

pub use bench::{Bench, Op};
pub use goal::Goal;
pub use meter::Meter;
pub use mode::run;
pub use report::Checks;
pub use time::Spread;
