//! The making of a resource that is not made the usual way.

use super::execution::default_trigger;
use super::{AsyncId, AsyncResource, ResourceInfo, ResourceType};
use crate::{HandOver, Snapshot, snapshot_for};
use std::fmt;

/// An [`AsyncResource`] in the making: see [`AsyncResource::builder`].
#[derive(Debug)]
#[must_use = "there is no resource until it is built"]
pub struct AsyncResourceBuilder {
    type_name: ResourceType,
    /// None: what causes a resource by default.
    trigger: Option<Option<AsyncId>>,
    manual: bool,
    snapshot: Option<Snapshot>,
}

impl AsyncResourceBuilder {
    #[inline]
    pub(super) fn new(type_name: ResourceType) -> Self {
        AsyncResourceBuilder {
            type_name,
            trigger: None,
            manual: false,
            snapshot: None,
        }
    }

    /// What causes it, or that nothing does; by default the resource whose callback is running (clauses `RES-2`, `ID-6`). Any id will do.
    #[doc(alias = "triggerAsyncId")]
    pub fn trigger_async_id(mut self, trigger: impl Into<Option<AsyncId>>) -> Self {
        self.trigger = Some(trigger.into());
        self
    }

    /// Dropping it does not destroy it: nobody is told that it is gone, unless [`emit_destroy`](AsyncResource::emit_destroy) is called
    /// (clause `RES-5`).
    #[doc(alias = "requireManualDestroy")]
    pub fn require_manual_destroy(mut self) -> Self {
        self.manual = true;
        self
    }

    /// The context of its callbacks; by default that of the place where it is built.
    pub fn snapshot(mut self, snapshot: Snapshot) -> Self {
        self.snapshot = Some(snapshot);
        self
    }

    /// The resource. Hooks are told of it before this returns (clause `RES-4`).
    ///
    /// # Panics
    /// If the type's name is empty.
    #[track_caller]
    pub fn build(self) -> AsyncResource {
        self.try_build().unwrap_or_else(|error| panic!("{error}"))
    }

    /// As [`build`](Self::build).
    ///
    /// # Errors
    /// If the type's name is empty (clause `RES-1`, there only while a hook is enabled). No id was used then.
    #[inline]
    #[cfg_attr(feature = "audit", track_caller)]
    pub fn try_build(self) -> Result<AsyncResource, EmptyTypeName> {
        if self.type_name.name().is_empty() {
            return Err(EmptyTypeName(()));
        }
        let Snapshot(frame) = match self.snapshot {
            Some(snapshot) => snapshot,
            None => snapshot_for(HandOver::Task),
        };
        let info = ResourceInfo::new(
            AsyncId::unique(),
            self.trigger.unwrap_or_else(default_trigger),
            self.type_name,
        );
        Ok(AsyncResource::begin(frame, info, self.manual))
    }
}

/// The error of making a resource whose type has no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmptyTypeName(());

impl fmt::Display for EmptyTypeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the type name of an `AsyncResource` is empty: give it one, such as \"DBQuery\", by which hooks can choose")
    }
}

impl std::error::Error for EmptyTypeName {}
