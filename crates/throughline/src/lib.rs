#![doc = include_str!("../README.md")]
#![doc(test(attr(deny(warnings))))]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[doc(inline)]
pub use throughline_core::*;

/// The extension traits, for `use throughline::prelude::*`: `in_context()` on futures (and, with feature `stream`, on streams), and
/// `bind()` with its kin on closures.
pub mod prelude {
    #[cfg(feature = "stream")]
    pub use throughline_core::stream::StreamContextExt as _;
    pub use throughline_core::{
        Bind as _, BindAsync as _, BindFuture as _, BindMut as _, BindOnce as _, FutureContextExt as _,
    };
}
