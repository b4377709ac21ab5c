//! For tests of programs that use resources and hooks: collect what happens, check it, count what is left. Feature `test-util`.
//!
//! In the spirit of the helpers that Node tests its own `async_hooks` with (`init-hooks`, `hook-checks`, `verify-graph`). An [`ActivityCollector`] is
//! a hook that keeps what it is told. Resources have symbolic names, since ids are different in each run: `query:2` is the
//! second resource of type `query` that the collector saw.
//!
//! # Tests that run side by side
//!
//! Hooks see the whole process, and so do the counts in [`live`]; tests of one binary run side by side in it. So a collector is told
//! which resources are its own: those of some [types](CollectorBuilder::only) that no other test makes, those that this
//! [thread](CollectorBuilder::made_on_this_thread) makes, or those that a given resource
//! [causes](CollectorBuilder::descending_from). Counts are for a test in a binary of its own.
//!
//! # Examples
//! ```
//! use throughline::AsyncResource;
//! use throughline::test_util::{ActivityCollector, EventKind::*};
//!
//! let collector = ActivityCollector::builder().made_on_this_thread().start();
//! let server = AsyncResource::new("server");
//! server.run_in_async_scope(|| {
//!     let request = AsyncResource::new("request");
//!     request.run_in_async_scope(|| ());
//! });
//!
//! collector.check_invocations("request:1", [(Init, 1), (Before, 1), (After, 1), (Destroy, 1)]);
//! collector.check_invocations("server:1", [(Init, 1), (Before, 1), (After, 1)]);
//! collector.verify_graph([("server:1", None), ("request:1", Some("server:1"))]);
//! collector.assert_well_formed();
//! ```

mod activity;
mod builder;
mod collector;
mod graph;
mod state;

pub use activity::{Activity, EventKind, Happened};
pub use builder::CollectorBuilder;
pub use collector::ActivityCollector;
pub use graph::Graph;

/// How many frames and resources there are in the process.
///
/// # Examples
/// ```
/// use throughline::AsyncResource;
/// use throughline::test_util::live;
///
/// let resource = AsyncResource::new("query");
/// assert_eq!(live::resources(), 1);
/// drop(resource);
/// assert_eq!((live::resources(), live::frames()), (0, 0));
/// ```
pub mod live {
    pub use throughline_core::live::{frames, resources};
}
