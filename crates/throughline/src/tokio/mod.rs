//! tokio whose tasks inherit: what is here is used in place of tokio's own of the same name, and hands the context over.
//!
//! | here | hands over as |
//! | --- | --- |
//! | [`spawn`], [`spawn_local`], [`task::JoinSet`], [`task::LocalSet`], [`HandleExt`], `JoinMap`, `JoinQueue`, `TaskTracker`, `LocalPoolHandle` (feature `tokio-util`), `task::Builder` | [`HandOver::Task`] |
//! | [`spawn_detached`]: a task that outlives the work that spawned it | [`HandOver::Detached`] |
//! | [`spawn_blocking`], on all of these | [`HandOver::Blocking`] |
//! | [`Tagged`]: an item in a channel, with its sender's context | [`HandOver::Job`], or as you say |
//!
//! The hand-over takes place where the function is called, so a function of a storage that maps its value for the other side
//! ([`Propagation`](crate::Propagation)) runs there; if it panics, nothing is spawned. What is handed over runs, and is dropped, in its own context: when it is
//! cancelled, when it panics, when its runtime shuts down, and when the runtime has shut down already. What it *answers* is its receiver's: dropped in a
//! [`JoinHandle`](::tokio::task::JoinHandle), that is in the context of whoever drops the handle.
//!
//! It works on stable Rust with any flavour of runtime, from tokio 1.51 on (tokio-util: 0.7.17). For code that you do not want to change, or cannot, there are
//! [`hooks`].
//!
//! # What needs nothing
//! These run on the task that awaits them, in its context:
//!
//! - `timeout`, `select!`, `join!`, `block_on`, [`task::block_in_place`], `unconstrained`, `task_local!`. What is `select!`ed or timed out is dropped in that context
//!   too. What is joined shares it: what one branch enters, its siblings see. To keep them apart, give each a boundary of its own:
//!   [`in_context()`](crate::FutureContextExt::in_context).
//! - `interval`: a timer keeps no callback and no context, so that after `tick().await` the task goes on in its own. Where Node's `setInterval` would
//!   keep the context of the request that happened to start it, ask who the loop belongs to: started by a request but not for it, it is
//!   [`spawn_detached`], or [`root_scope`](crate::root_scope) to inherit nothing at all.
//! - Channels: an item is a value, and its receiver goes on in its own context. An item that is worked off for its sender can be
//!   [`Tagged`] with the sender's.
//! - Pools of connections and caches: what they spawn belongs to all who use them: [`spawn_detached`], or `root_scope`.
//!
//! # Examples
//! ```
//! use throughline::{AsyncLocalStorage, tokio::{spawn, spawn_blocking}};
//! static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! USER.scope("ada", async {
//!     let task = spawn(async { USER.get_store() });
//!     let thread = spawn_blocking(|| USER.get_store());
//!     assert_eq!(task.await.unwrap(), Some("ada"));
//!     assert_eq!(thread.await.unwrap(), Some("ada"));
//! }).await;
//! # }
//! ```
//!
//! [`HandOver::Task`]: crate::HandOver::Task
//! [`HandOver::Detached`]: crate::HandOver::Detached
//! [`HandOver::Blocking`]: crate::HandOver::Blocking
//! [`HandOver::Job`]: crate::HandOver::Job

mod handed;
mod handle;
pub mod hooks;
mod tagged;
pub mod task;

pub use handle::{HandleExt, LocalRuntimeExt};
pub use tagged::{Tagged, tag, tag_for};
#[doc(inline)]
pub use task::{spawn, spawn_blocking, spawn_detached, spawn_local};
