//! What holds the drop-in complete: tokio's own source and manifest, as Cargo resolved them, beside ours.
//!
//! That what is covered inherits is shown by `tests/ordinary`, which is ordinary tokio code.

mod entry_points;
mod features;
mod shape;
mod signatures;
mod source;
mod tokio_package;
