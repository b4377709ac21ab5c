//! A resource that is in one hand: its callbacks are not counted in and out, since nobody else can destroy it meanwhile.

use super::async_resource::{Life, end};
use super::{AsyncResource, ResourceInfo};
use crate::Snapshot;
use crate::frame::OwnedScope;
use std::fmt;

/// A resource from its first callback to its last, for an adapter that owns it. Dropped, it lets go of the resource.
///
/// A callback of an [`AsyncResource`] counts itself in and out, by two locked instructions, lest the resource be destroyed under it. Here one scope lasts for all.
pub struct InHand(Option<OwnedScope<Life>>);

impl InHand {
    /// Takes the resource.
    ///
    /// # Panics
    /// If it is destroyed.
    #[track_caller]
    pub fn new(resource: AsyncResource) -> Self {
        let scope = resource.begin_owned();
        InHand(Some(scope.expect("the resource is destroyed")))
    }

    #[inline(always)]
    fn scope(&self) -> &OwnedScope<Life> {
        self.0.as_ref().expect("it is taken out when this is dropped")
    }

    /// What hooks are told of it.
    pub fn info(&self) -> ResourceInfo {
        *self.scope().info()
    }

    /// The context of its callbacks.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot(self.scope().frame())
    }

    /// Runs `f` as a callback, in its context.
    ///
    /// # Panics
    /// Only if `f`, or a hook, does.
    #[inline]
    pub fn run<R>(&self, f: impl FnOnce() -> R) -> R {
        let scope = self.scope();
        scope.within(|| scope.enter(f))
    }

    /// Runs `f` as a callback, in a context that `f` brings itself: that of an [`InContext`](crate::InContext), say.
    ///
    /// # Panics
    /// As [`run`](Self::run).
    #[inline]
    pub fn callback<R>(&self, f: impl FnOnce() -> R) -> R {
        self.scope().within(f)
    }
}

impl Drop for InHand {
    fn drop(&mut self) {
        self.0.take().into_iter().for_each(end);
    }
}

impl fmt::Debug for InHand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("InHand").field(&self.info()).finish()
    }
}
