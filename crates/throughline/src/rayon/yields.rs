//! Letting other jobs run, which see nothing of the caller's context.

use ::rayon::Yield;
use throughline_core::host::outside;

/// As [`rayon::yield_now`](::rayon::yield_now); the job that runs meanwhile sees nothing of the caller's context.
///
/// # Examples
/// ```
/// // Outside of a pool there is nothing to run.
/// assert!(throughline::rayon::yield_now().is_none());
/// ```
pub fn yield_now() -> Option<Yield> {
    outside(::rayon::yield_now)
}

/// As [`rayon::yield_local`](::rayon::yield_local); the job that runs meanwhile sees nothing of the caller's context.
pub fn yield_local() -> Option<Yield> {
    outside(::rayon::yield_local)
}
