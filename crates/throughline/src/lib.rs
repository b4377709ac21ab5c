// Where the README leads to files of the repository, its documentation leads to itself: of two definitions of a link, the first one counts.
//! [`throughline-js`]: https://docs.rs/throughline-js
//! [`throughline-tokio`]: https://docs.rs/throughline-tokio
//! [crossing]: docs/guide/crossing/index.html
//! [differences]: docs::differences
//! [guide]: docs/guide/index.html
//! [laws]: docs::laws
//! [limitations]: docs::limitations
//! [migrating]: docs/guide/migrating/index.html
//!
#![doc = include_str!("../README.md")]
#![doc(test(attr(deny(warnings))))]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[doc(inline)]
pub use throughline_core::*;

mod boundaries;
pub mod channel;
pub mod docs;
pub mod events;
#[cfg(feature = "hyper")]
pub mod hyper;
pub mod panic_hook;
#[cfg(feature = "pool")]
pub mod pool;
#[cfg(feature = "rayon")]
pub mod rayon;
pub mod stamp;
#[cfg(feature = "test-util")]
pub mod test_util;
pub mod thread;
#[cfg(feature = "tokio")]
pub mod tokio;
#[cfg(feature = "tower")]
pub mod tower;

#[doc(inline)]
pub use events::{Event, EventEmitter, EventEmitterAsyncResource};
#[cfg(feature = "pool")]
#[doc(inline)]
pub use pool::WorkerPool;
#[doc(inline)]
pub use stamp::Stamp;

/// The extension traits, for `use throughline::prelude::*`: `in_context()` and `in_resource()` on futures (and, with feature `stream`, on streams), and
/// `bind()` with its kin on closures. (Not `use throughline::*`: its modules are named after the crates that they stand in for, and `tokio` would be two things.)
///
/// Those for sinks, readers and writers are in the modules of their features: a type may be several of these, and the method of
/// two traits in scope would be ambiguous.
pub mod prelude {
    #[cfg(feature = "stream")]
    pub use throughline_core::stream::StreamContextExt as _;
    pub use throughline_core::{
        Bind as _, BindAsync as _, BindFuture as _, BindMut as _, BindOnce as _, FutureContextExt as _,
        FutureResourceExt as _,
    };
}
