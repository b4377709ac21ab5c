#![doc = include_str!("../README.md")]
#![doc(test(attr(deny(warnings))))]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "audit")]
pub mod audit;
mod bind;
mod busy;
mod default;
mod error;
mod frame;
pub mod host;
mod in_context;
mod key;
mod label;
pub mod live;
mod payload;
mod propagation;
mod report;
mod resource;
mod snapshot;
mod storage;
mod store;
mod stores;
mod sync;

#[cfg(feature = "futures-io")]
pub mod futures_io;
#[cfg(feature = "sink")]
pub mod sink;
#[cfg(feature = "stream")]
pub mod stream;
#[cfg(feature = "tokio-io")]
pub mod tokio_io;

pub use bind::{Bind, BindAsync, BindFuture, BindMut, BindOnce};
pub use error::NoBoundary;
pub use in_context::{ExitScope, FutureContextExt, InContext, Scope, ScopeWith};
pub use propagation::{Crossing, HandOver, Propagation};
pub use report::{Report, reset_reporter, set_reporter};
pub use resource::{
    AsyncHook, AsyncId, AsyncResource, AsyncResourceBuilder, Destroyed, EmptyTypeName, Enabled,
    FutureResourceExt, HookBuilder, InResource, PanicPolicy, ResourceInfo, ResourceType, create_hook,
    execution_async_id, execution_async_resource, flush_destroy_events, trigger_async_id,
    with_default_trigger,
};
pub use snapshot::{Snapshot, boundary, in_boundary, root, root_scope, snapshot, snapshot_for};
pub use storage::{AsyncLocalStorage, RunScope};
pub use store::Store;
pub use stores::{Stores, run_with, scope_with};

/// The types behind [`Scope`], [`ExitScope`] and [`ScopeWith`], seldom named.
pub mod change {
    pub use crate::in_context::{Captured, Change, Put, PutAll, Remove};
}

#[doc(hidden)]
pub mod __private {
    pub use crate::bind::Bound;
    pub use crate::report::{isolate, report};
    pub use crate::resource::{InHand, interned};
    pub use crate::snapshot::{HeldBack, hold_back};
}
