//! What inherits, by the names that tokio has for it. `entry-points.txt` says which test stands for which function.
//!
//! It is laws 3 and 10 of `docs/laws.md` that these hold up, for tokio's whole surface; what a hand-over does at its worst moments is tested where it is made, in
//! `throughline`.

mod foreign;
mod local;
mod macros;
mod modules;
mod runtime;
mod sets;
mod tasks;
#[cfg(tokio_unstable)]
mod unstable;

pub(crate) use throughline_tokio_ordinary::REQUEST;
