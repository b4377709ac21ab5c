//! What `tokio::task` (and tokio-util's `task`) has for spawning, under the same names.

#[cfg(all(tokio_unstable, feature = "tokio-tracing"))]
mod builder;
#[cfg(feature = "tokio-util")]
mod join_map;
#[cfg(feature = "tokio-util")]
mod join_queue;
pub mod join_set;
#[cfg(feature = "tokio-util")]
mod local_pool;
mod local_set;
mod spawn;
#[cfg(feature = "tokio-util")]
mod task_tracker;

#[cfg(all(tokio_unstable, feature = "tokio-tracing"))]
pub use builder::Builder;
#[cfg(feature = "tokio-util")]
pub use join_map::JoinMap;
#[cfg(feature = "tokio-util")]
pub use join_queue::JoinQueue;
pub use join_set::JoinSet;
#[cfg(feature = "tokio-util")]
pub use local_pool::LocalPoolHandle;
pub use local_set::LocalSet;
#[cfg(feature = "tokio-rt-multi-thread")]
pub use spawn::block_in_place;
pub use spawn::{spawn, spawn_blocking, spawn_detached, spawn_local};
#[cfg(feature = "tokio-util")]
pub use task_tracker::TaskTracker;

/// A type of tokio's in ours: its own spawning methods are ours, all others tokio's, in whatever version of tokio.
macro_rules! in_place_of {
    ($($tokio:ident)::+, $Ours:ident $(<$($T:ident),+>)?) => {
        impl $(<$($T),+>)? ::std::ops::Deref for $Ours $(<$($T),+>)? {
            type Target = ::$($tokio)::+ $(<$($T),+>)?;

            #[inline]
            fn deref(&self) -> &Self::Target {
                &self.0
            }
        }

        impl $(<$($T),+>)? ::std::ops::DerefMut for $Ours $(<$($T),+>)? {
            #[inline]
            fn deref_mut(&mut self) -> &mut Self::Target {
                &mut self.0
            }
        }

        /// What tokio's has spawned already keeps the context it was spawned with, if any.
        impl $(<$($T),+>)? From<::$($tokio)::+ $(<$($T),+>)?> for $Ours $(<$($T),+>)? {
            #[inline]
            fn from(tokio: ::$($tokio)::+ $(<$($T),+>)?) -> Self {
                $Ours(tokio)
            }
        }

        impl $(<$($T),+>)? $Ours $(<$($T),+>)? {
            /// tokio's own, for a function that takes it by value. What is spawned with that inherits nothing.
            #[inline]
            pub fn into_inner(self) -> ::$($tokio)::+ $(<$($T),+>)? {
                self.0
            }
        }
    };
}
use in_place_of;
