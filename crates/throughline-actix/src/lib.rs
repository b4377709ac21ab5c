#![doc = include_str!("../README.md")]
#![doc(test(attr(deny(warnings))))]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod body;
mod future;
mod middleware;
mod plan;
mod rt;

pub use body::ResponseBody;
pub use future::ResponseFuture;
pub use middleware::{RequestContext, RequestContextService};
pub use rt::{block, spawn, spawn_blocking};
