#![doc = include_str!("../README.md")]
#![doc(test(attr(deny(warnings))))]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod interceptor;
#[cfg(feature = "server")]
mod sources;

pub use interceptor::ContextInterceptor;
#[cfg(feature = "server")]
pub use sources::peer;
