//! The execution stack: whose callback is running on this thread. Each scope keeps what was there before, and puts it back.

use super::host::HookRegistry;
use super::registry::{Event, PROCESS, Watched};
use super::{AsyncId, ResourceInfo, deliver, destroy_queue};
use crate::frame::{Lent, Pushed, lend, lend_nothing, lent, push};
use std::cell::Cell;

thread_local! {
    static CURRENT: Lent<ResourceInfo> = const { Lent::nothing() };
    /// What new resources are caused by, where somebody said (clause `ID-6`).
    static DEFAULT_TRIGGER: Cell<Option<Option<AsyncId>>> = const { Cell::new(None) };
}

/// The id of the resource whose callback is running on this thread; none outside of all (where Node says 0 or 1, clause `ID-3`).
///
/// # Examples
/// ```
/// use throughline_core::{AsyncResource, execution_async_id, trigger_async_id};
///
/// let query = AsyncResource::new("DBQuery");
/// query.run_in_async_scope(|| {
///     assert_eq!(execution_async_id(), Some(query.async_id()));
///     assert_eq!(trigger_async_id(), query.trigger_async_id());
///     assert_eq!(AsyncResource::new("DBRow").trigger_async_id(), Some(query.async_id()));
/// });
/// assert_eq!(execution_async_id(), None);
/// ```
#[doc(alias = "executionAsyncId")]
#[must_use = "asking has no effect but its answer"]
#[inline]
pub fn execution_async_id() -> Option<AsyncId> {
    execution_async_resource().map(|resource| resource.async_id())
}

/// The id of what caused the resource whose callback is running on this thread: why it is running (clause `ID-3`).
#[doc(alias = "triggerAsyncId")]
#[must_use = "asking has no effect but its answer"]
#[inline]
pub fn trigger_async_id() -> Option<AsyncId> {
    execution_async_resource().and_then(|resource| resource.trigger_async_id())
}

/// The resource whose callback is running on this thread, as hooks were told of it (clause `HK-11`).
#[doc(alias = "executionAsyncResource")]
#[must_use = "asking has no effect but its answer"]
#[inline]
pub fn execution_async_resource() -> Option<ResourceInfo> {
    lent(&CURRENT)
}

/// Runs `f` so that resources made in it on this thread are caused by `trigger`, unless they say otherwise (clause `ID-6`).
///
/// A server says so while it sets up a connection, so that what is made is put down to its socket. It holds, as in Node, also in the scopes of
/// other resources that `f` runs.
///
/// # Panics
/// Only if `f` does; what was said before holds again by then.
///
/// # Examples
/// ```
/// use throughline_core::{AsyncResource, with_default_trigger};
///
/// let socket = AsyncResource::new("SOCKET");
/// let connect = with_default_trigger(Some(socket.async_id()), || AsyncResource::new("CONNECT"));
/// assert_eq!(connect.trigger_async_id(), Some(socket.async_id()));
/// ```
#[doc(alias = "defaultTriggerAsyncIdScope")]
pub fn with_default_trigger<R>(trigger: Option<AsyncId>, f: impl FnOnce() -> R) -> R {
    set_default_trigger(Some(trigger), f)
}

fn set_default_trigger<R>(trigger: Option<Option<AsyncId>>, f: impl FnOnce() -> R) -> R {
    struct PutBack(Option<Option<AsyncId>>);
    impl Drop for PutBack {
        fn drop(&mut self) {
            DEFAULT_TRIGGER.set(self.0);
        }
    }
    let _before = PutBack(DEFAULT_TRIGGER.replace(trigger));
    f()
}

/// What causes a resource made here and now.
#[inline]
pub(super) fn default_trigger() -> Option<AsyncId> {
    DEFAULT_TRIGGER.get().unwrap_or_else(execution_async_id)
}

/// Runs `f` as a callback of `resource`, which is on the stack before `before` and until after `after` (clauses `RES-6`, `HK-11`).
#[inline(always)]
pub(super) fn within<R>(resource: &ResourceInfo, watched: Watched, f: impl FnOnce() -> R) -> R {
    struct After<'a>(&'a ResourceInfo, Watched);
    impl Drop for After<'_> {
        #[inline(always)]
        fn drop(&mut self) {
            if PROCESS.watches(Event::After, self.1) {
                tell_after(self.0, self.1);
            }
        }
    }
    let after = After(resource, watched);
    let answer = lend(&CURRENT, resource, || {
        if PROCESS.watches(Event::Before, watched) {
            deliver::to_all(Event::Before, resource);
        }
        f()
    });
    // Not as a local that goes with the function: if a hook panics here, the answer is dropped, not lost.
    drop(after);
    answer
}

/// `resource` has left the stack, but for this. If it was the outermost, destroy events need wait no longer.
#[cold]
#[inline(never)]
fn tell_after(resource: &ResourceInfo, watched: Watched) {
    /// Also if a hook panics.
    struct Flush;
    impl Drop for Flush {
        fn drop(&mut self) {
            destroy_queue::flush_if_free();
        }
    }
    let _flush = Flush;
    if PROCESS.tells(Event::After, watched) {
        lend(&CURRENT, resource, || deliver::to_all(Event::After, resource));
    }
}

/// Runs `f` as a callback of nobody (clause `HK-12`).
pub(super) fn outside<R>(f: impl FnOnce() -> R) -> R {
    set_default_trigger(None, || lend_nothing(&CURRENT, f))
}

/// Puts `resource` on the stack.
pub(super) fn enter(registry: &HookRegistry, resource: &ResourceInfo) -> OnStack {
    let on_stack = OnStack {
        registry: registry.clone(),
        pushed: Some(push(&CURRENT, *resource)),
    };
    // If a hook panics, `on_stack` leaves.
    deliver::emit(registry, Event::Before, resource);
    on_stack
}

/// A resource is on the stack. Dropped, it leaves, if it is on top; else nothing happens.
#[derive(Debug)]
pub(super) struct OnStack {
    registry: HookRegistry,
    /// There until this leaves.
    pushed: Option<Pushed<ResourceInfo>>,
}

impl OnStack {
    pub(super) fn is_on_top(&self) -> bool {
        self.pushed.as_ref().is_some_and(Pushed::is_on_top)
    }

    pub(super) fn resource(&self) -> ResourceInfo {
        *self
            .pushed
            .as_ref()
            .expect("it leaves when this is dropped")
            .get()
    }

    /// Leaves, if it is on top.
    pub(super) fn leave(&mut self) {
        if !self.is_on_top() {
            return;
        }
        let resource = self.resource();
        // It leaves also if a hook panics.
        let pushed = self.pushed.take();
        deliver::emit(&self.registry, Event::After, &resource);
        drop(pushed);
        destroy_queue::flush_if_free();
    }
}

impl Drop for OnStack {
    fn drop(&mut self) {
        deliver::in_destructor(|| self.leave());
    }
}
