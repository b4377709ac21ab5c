//! rayon's entry points, whose jobs run in the context of whoever gives them (feature `rayon`).
//!
//! rayon steals: a thread that waits in `join` or `scope` runs whatever job it finds, on top of what it was doing. So a job that is
//! not told its context sees that of a stranger, or none, as it happens; and one that *is* told "only if there is one" sees a stranger's when there
//! is none. Here
//!
//! - every job runs in a boundary on the context it was given in, also where nothing was set;
//! - a thread that waits holds its own context back, so that a job of somebody else, ours or not, sees nothing of it, and enters nothing there;
//! - what a job enters ends with the job: neither the other half of a `join` sees it nor the caller.
//!
//! The hand-over is of kind [`Blocking`](crate::HandOver::Blocking), taken (and filtered) once for a call, not for each job of it. Names and shapes are
//! rayon's, and what of rayon has nothing to do with context is here as it is there: `use throughline::rayon` will do.
//!
//! | rayon | here |
//! | --- | --- |
//! | [`join`], [`join_context`], [`scope`], [`scope_fifo`], [`in_place_scope`], [`in_place_scope_fifo`], [`spawn`], [`spawn_fifo`], [`broadcast`], [`spawn_broadcast`], [`yield_now`], [`yield_local`] | the same names |
//! | `pool.install(…)`, `pool.spawn(…)` … | `pool.in_context().install(…)` …: see [`PoolContextExt`] |
//! | `x.par_iter().map(…)` … | `x.par_iter().in_context().map(…)` …: see [`ParallelContextExt`] |
//! | `x.par_sort_by(…)` and others that take closures | `let by = bind!(|a: &T, b: &T| …); outside(|| x.par_sort_by(by))`: see [`bind!`](crate::bind!), [`outside`](crate::host::outside) |
//!
//! # Limits
//!
//! - **A raw `rayon::spawn`, `scope.spawn` or `par_iter` inside a job inherits nothing**, unless it happens to run on the thread that gave it, on top of it.
//! - **A raw `rayon::join`, `scope` or `par_iter` inside a context waits *in* it**: a raw job of somebody else that is stolen meanwhile sees that context,
//!   and what it enters stays there. (One that was given through this module does neither.) Nobody can mend that from elsewhere: say them through this module, or put
//!   [`outside`](crate::host::outside) round the call. The lines of `clippy.toml` that come with Throughline find them.
//! - A panic that leaves a job of [`spawn`] goes where rayon sends it: to the pool's panic handler, or it aborts. The context has ended by then.
//!
//! # Examples
//! ```
//! use throughline::rayon::{self, prelude::*};
//! use throughline::AsyncLocalStorage;
//! static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
//!
//! USER.run("ada", || {
//!     let both = rayon::join(|| USER.get_store(), || USER.get_store());
//!     assert_eq!(both, (Some("ada"), Some("ada")));
//!
//!     let each = (0..1000).into_par_iter().in_context().map(|_| USER.get_store());
//!     assert!(each.all(|seen| seen == Some("ada")));
//! });
//! ```

mod broadcast;
mod join;
mod par_iter;
mod pool;
mod scope;
mod spawn;
mod yields;

// What is named below comes before what a glob brings.
pub use ::rayon::*;

pub use broadcast::{broadcast, spawn_broadcast};
pub use join::{join, join_context};
pub use par_iter::{InContext, ParallelContextExt};
pub use pool::{PoolContextExt, PoolInContext};
pub use scope::{Scope, ScopeFifo, in_place_scope, in_place_scope_fifo, scope, scope_fifo};
pub use spawn::{spawn, spawn_fifo};
pub use yields::{yield_local, yield_now};

/// rayon's prelude, and `in_context()` on parallel iterators and pools.
pub mod prelude {
    pub use super::{ParallelContextExt as _, PoolContextExt as _};
    pub use ::rayon::prelude::*;
}
