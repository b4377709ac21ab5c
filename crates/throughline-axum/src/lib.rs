#![doc = include_str!("../README.md")]
#![doc(test(attr(deny(warnings))))]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod current_request;
mod sources;
mod sse;
mod store;
#[cfg(feature = "ws")]
mod ws;

pub use current_request::{CurrentRequest, NoRequest};
pub use sources::{matched_path, peer};
pub use sse::sse;
pub use store::{NotSet, Store, Stored};
#[cfg(feature = "ws")]
pub use ws::WebSocketUpgradeExt;
