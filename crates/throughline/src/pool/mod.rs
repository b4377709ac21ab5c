//! A pool of threads in which every task, and every callback, runs in the context of whoever submitted it.
//!
//! The pattern of Node's `AsyncResource` documentation (clause `WP-1`), with its mistake mended: there the resource of a task that had
//! to wait is made when a worker gets to it, in the context of whatever ran before (clause `WP-2`). Here it is made at submission.

mod block_on;
mod builder;
mod error;
mod events;
mod job;
mod room;
mod run;
mod shared;
mod worker;
mod worker_pool;

pub use builder::WorkerPoolBuilder;
pub use error::{Refused, TaskError};
pub use events::{UnheardPanic, WORKER_FREED, WorkerFreed};
pub use run::Run;
pub use worker_pool::{CloseMode, WorkerPool};
