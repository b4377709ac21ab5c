//! The execution stack: whose callback is running on this thread. Each scope keeps what was there before, and puts it back.

use super::host::HookRegistry;
use super::registry::{Event, PROCESS};
use super::{AsyncId, ResourceInfo, deliver, destroy_queue};
use std::cell::Cell;

thread_local! {
    static CURRENT: Cell<Option<ResourceInfo>> = const { Cell::new(None) };
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
    CURRENT.get()
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
    let _before = PutBack(&DEFAULT_TRIGGER, DEFAULT_TRIGGER.replace(Some(trigger)));
    f()
}

/// What causes a resource made here and now.
#[inline]
pub(super) fn default_trigger() -> Option<AsyncId> {
    DEFAULT_TRIGGER.get().unwrap_or_else(execution_async_id)
}

/// Runs `f` as a callback of `resource`, which is on the stack before `before` and until after `after` (clauses `RES-6`, `HK-11`).
#[inline(always)]
pub(super) fn within<R>(resource: &ResourceInfo, f: impl FnOnce() -> R) -> R {
    struct Within<'a>(&'a ResourceInfo, Option<ResourceInfo>);
    impl Drop for Within<'_> {
        #[inline(always)]
        fn drop(&mut self) {
            if PROCESS.waits_for_after(self.0) {
                leave_watched(self.0, self.1);
            } else {
                CURRENT.set(self.1);
            }
        }
    }
    let within = Within(resource, CURRENT.replace(Some(*resource)));
    PROCESS.emit(Event::Before, resource);
    let answer = f();
    drop(within);
    answer
}

#[cold]
#[inline(never)]
fn leave_watched(resource: &ResourceInfo, previous: Option<ResourceInfo>) {
    leave(&HookRegistry::process(), resource, previous);
}

/// What is on top of the stack.
pub(super) fn current() -> Option<ResourceInfo> {
    CURRENT.get()
}

/// Puts `resource` on the stack; the caller keeps what was on top.
pub(super) fn push(resource: &ResourceInfo) {
    CURRENT.set(Some(*resource));
}

/// Takes `resource` off the stack, also if a hook panics.
pub(super) fn leave(registry: &HookRegistry, resource: &ResourceInfo, previous: Option<ResourceInfo>) {
    let previous = PutBack(&CURRENT, previous);
    deliver::emit(registry, Event::After, resource);
    drop(previous);
    destroy_queue::flush_if_due(registry.hooks());
    destroy_queue::flush_if_due(&PROCESS);
}

/// Runs `f` as a callback of nobody (clause `HK-12`).
pub(super) fn outside<R>(f: impl FnOnce() -> R) -> R {
    let _before = PutBack(&CURRENT, CURRENT.replace(None));
    f()
}

/// Puts a thread's word back, whatever happens.
struct PutBack<T: Copy + 'static>(&'static std::thread::LocalKey<Cell<T>>, T);

impl<T: Copy> Drop for PutBack<T> {
    #[inline(always)]
    fn drop(&mut self) {
        self.0.set(self.1);
    }
}
