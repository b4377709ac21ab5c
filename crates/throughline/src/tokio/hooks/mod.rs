//! Plain `tokio::spawn` that inherits, by tokio's task hooks: for code that you do not want to change, or cannot.
//!
//! tokio's hooks are unstable, so the *program* has to opt in, in its `.cargo/config.toml`:
//! ```toml
//! [build]
//! rustflags = ["--cfg", "tokio_unstable"]
//! ```
//! and to [`install`] them in the [`Builder`] of each runtime (which `#[tokio::main]` does not let you reach):
//! ```
//! # use throughline::{AsyncLocalStorage, tokio::hooks};
//! static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
//!
//! let mut builder = tokio::runtime::Builder::new_current_thread();
//! match hooks::install(&mut builder) {
//!     Ok(()) => {
//!         let task = async { tokio::spawn(async { USER.get_store() }).await.unwrap() };
//!         assert_eq!(builder.build().unwrap().block_on(USER.scope("ada", task)), Some("ada"));
//!     }
//!     // Says what is above, if that was forgotten.
//!     Err(unavailable) => eprintln!("{unavailable}"),
//! }
//! ```
//! Ask [`is_automatic`] once at start-up, so that a lost flag is not found out in production.
//!
//! # What they do
//! Each poll of each task of the runtime is a boundary. A task that is spawned where something is set begins with what crosses to a
//! [`Task`](crate::HandOver::Task); what is entered in it stays from poll to poll, and goes with it. If a storage's map panics, that is
//! [reported](crate::Report), and the task, which is spawned all the same, has no context. What is spawned by [the functions](super) that hand over by
//! themselves is left to them.
//!
//! To inherit everywhere is wrong somewhere: a pool's connection that is opened for one request serves all. So what is spawned by crates that are known for that (hyper, tower,
//! sqlx and others: `hand_over_of`) is [detached](crate::HandOver::Detached), and you can say so of more, with `Hooks::hand_over`.
//!
//! # What they do not
//! tokio calls no hooks for `spawn_blocking` (and `tokio::fs`) and for tasks of a `LocalSet`: use [the functions](super) there. What
//! [`block_on`](::tokio::runtime::Runtime::block_on) is given is no task: it runs in its caller's context, or in none.
//!
//! Nor does tokio call hooks when it drops the tasks that are pending at the runtime's shutdown. Their destructors read their task's context all the same, and can hand it
//! over; but they are in no boundary, so that [`enter_with`](crate::AsyncLocalStorage::enter_with) is refused. (And where the runtime is dropped inside of a boundary by
//! a thread that runs its tasks, as a current-thread one is, they see what is set there.)
//!
//! A poll by hooks alone takes nearly two hundred instructions more than a bare one, where a wrapped task's takes twenty; and no memory
//! (`benches/src/questions/hooks.rs`).
//!
//! # Which spawns were forgotten
//! With the feature `audit`, install them with a `Hooks::hand_over` that answers `None`: nothing is inherited, and what tasks miss of
//! [expected](crate::AsyncLocalStorage::expected) storages is counted by the place of their spawn.

#[cfg(tokio_unstable)]
mod frames;
#[cfg(tokio_unstable)]
mod install;
#[cfg(tokio_unstable)]
mod on;
#[cfg(tokio_unstable)]
mod place;
#[cfg(tokio_unstable)]
mod polled;
#[cfg(tokio_unstable)]
mod recent;
#[cfg(tokio_unstable)]
mod shutdown;

#[cfg(tokio_unstable)]
pub use install::Hooks;
#[cfg(tokio_unstable)]
pub use place::hand_over_of;
#[cfg(tokio_unstable)]
pub(super) use polled::Already;
#[cfg(tokio_unstable)]
pub use polled::TaskContexts;

use crate::AsyncLocalStorage;
use ::tokio::runtime::Builder;
use std::fmt;

/// Makes all tasks of the runtime that `builder` builds inherit.
///
/// It sets all four task hooks, in place of those that `builder` has: hooks of your own go through `Hooks`, which has them beside ours.
///
/// # Errors
/// If the program was not built with `--cfg tokio_unstable`: tokio has no hooks then, and nothing is changed.
#[cfg_attr(not(tokio_unstable), allow(unused_variables))]
pub fn install(builder: &mut Builder) -> Result<(), Unavailable> {
    #[cfg(tokio_unstable)]
    {
        Hooks::new().install(builder);
        Ok(())
    }
    #[cfg(not(tokio_unstable))]
    Err(Unavailable(()))
}

/// Whether a plain [`tokio::spawn`] inherits on the runtime that this is awaited on: spawns one, and looks.
///
/// # Panics
/// Outside of a runtime.
///
/// # Examples
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// // This runtime was built by an attribute, without our hooks.
/// assert!(!throughline::tokio::hooks::is_automatic().await);
/// # }
/// ```
pub async fn is_automatic() -> bool {
    static PROBE: AsyncLocalStorage<()> = AsyncLocalStorage::new();
    // In a boundary inside the task's, so that a current-thread runtime does not seem to inherit where it merely runs inside `block_on`.
    let inherited = PROBE.run((), || ::tokio::spawn(async { PROBE.get_store().is_some() }));
    inherited.await.unwrap_or(false)
}

/// The error of [`install`]: this program has no tokio hooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unavailable(#[cfg_attr(tokio_unstable, allow(dead_code))] ());

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "tokio has no task hooks in this build, and `tokio::spawn` does not inherit: add to `.cargo/config.toml` (a `RUSTFLAGS` in the \
             environment overrides it)\n\n    [build]\n    rustflags = [\"--cfg\", \"tokio_unstable\"]\n",
        )
    }
}

impl std::error::Error for Unavailable {}
