//! A resource that is in one hand: its callbacks are not counted in and out, since nobody else can destroy it meanwhile.

use super::async_resource::Life;
use super::execution::default_trigger;
use super::{AsyncId, ResourceInfo, ResourceType};
use crate::Snapshot;
use crate::frame::{FrameRef, enter};
use std::fmt;

/// A resource from its first callback to its last, for an adapter that owns it. Dropped, it is destroyed, and what it captured is let go of.
///
/// An [`AsyncResource`](crate::AsyncResource) is shared: it is a block of its own, and each callback counts itself in and out, by two locked instructions, lest it be destroyed under it.
/// This one is neither.
pub struct InHand {
    // It goes before the life does, and after hooks were told.
    context: FrameRef,
    life: Life,
}

impl InHand {
    /// Begins a resource of that type, made by the resource whose callback is running, in the context that `context` makes, who hears first what it will be.
    ///
    /// # Panics
    /// Only if `context`, or a hook, does; of a context that panics, hooks hear nothing.
    pub fn begin(type_name: ResourceType, context: impl FnOnce(ResourceInfo) -> Snapshot) -> Self {
        let info = ResourceInfo::new(AsyncId::unique(), default_trigger(), type_name);
        let Snapshot(context) = context(info);
        let resource = InHand {
            context,
            life: Life::new(info),
        };
        resource.life.began();
        resource
    }

    /// What hooks are told of it.
    pub fn info(&self) -> ResourceInfo {
        *self.life.info()
    }

    /// The context of its callbacks.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot(self.context.clone())
    }

    /// Runs `f` as a callback, in its context.
    ///
    /// # Panics
    /// Only if `f`, or a hook, does.
    #[inline]
    pub fn run<R>(&self, f: impl FnOnce() -> R) -> R {
        self.life.within(|| enter(&self.context, f))
    }

    /// Runs `f` as a callback, in a context that `f` brings itself: that of an [`InContext`](crate::InContext), say.
    ///
    /// # Panics
    /// As [`run`](Self::run).
    #[inline]
    pub fn callback<R>(&self, f: impl FnOnce() -> R) -> R {
        self.life.within(f)
    }
}

impl Drop for InHand {
    fn drop(&mut self) {
        self.life.ended();
    }
}

impl fmt::Debug for InHand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("InHand").field(&self.info()).finish()
    }
}
