//! Destroy events wait until their thread is free: in no resource's scope and no hook, so that a hook is not run in the midst of somebody's
//! callback, or of a panic (clause `HK-20`). A host's wait until the host says so.

use super::ResourceInfo;
use super::deliver::{is_delivering, running_that_ignore_their_own, to_those};
use super::execution::{execution_async_id, outside};
use super::hook::Watcher;
use super::host::HookRegistry;
use super::registry::{Event, Hooks, PROCESS};
use crate::root;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// Beyond so many the events are delivered in somebody's scope too, so that work that never leaves its scope cannot pile them up.
const MOST: usize = 16_384;

thread_local! {
    static QUEUE: ThreadQueue = const { ThreadQueue(RefCell::new(VecDeque::new())) };
}

/// What went on this thread, for the hooks of the process.
struct ThreadQueue(RefCell<VecDeque<Waiting>>);

/// For the hooks of a host.
pub(super) struct HostQueue(Mutex<VecDeque<Waiting>>);

struct Waiting {
    resource: ResourceInfo,
    /// Hooks that did it themselves and do not want to be told.
    ignored_by: Vec<Arc<Watcher>>,
}

impl Waiting {
    fn new(resource: &ResourceInfo) -> Self {
        Waiting {
            resource: *resource,
            ignored_by: running_that_ignore_their_own(),
        }
    }

    /// Tells the hooks that want to be told later.
    fn tell(&self, hooks: &Hooks) {
        let is_ignored = |hook: &Watcher| self.ignored_by.iter().any(|by| std::ptr::eq(&**by, hook));
        tell(hooks, &self.resource, |hook| {
            !hook.is_destroy_immediate() && !is_ignored(hook)
        });
    }
}

/// A resource is no more: to be called once, after its last `after`.
#[inline]
pub(super) fn destroyed(resource: &ResourceInfo) {
    if PROCESS.watches_type(Event::Destroy, resource.resource_type()) {
        tell_or_wait(resource);
    }
}

#[cold]
fn tell_or_wait(resource: &ResourceInfo) {
    if is_free() {
        flush();
        tell(&PROCESS, resource, |_| true);
        // What these hooks have destroyed.
        flush();
    } else if tell_immediately(&PROCESS, resource) {
        let mut waiting = Some(Waiting::new(resource));
        let length = QUEUE.try_with(|queue| queue.push(waiting.take()));
        match length {
            Ok(length) if length > MOST && is_allowed() => flush(),
            Ok(_) => {}
            // The thread ends, and will not come to a better moment.
            Err(_) => waiting.iter().for_each(|waiting| waiting.tell(&PROCESS)),
        }
    }
}

/// As [`destroyed`], for a host's.
pub(super) fn destroyed_in(registry: &HookRegistry, resource: &ResourceInfo) {
    let hooks = registry.hooks();
    if !registry.is_process()
        && hooks.watches_type(Event::Destroy, resource.resource_type())
        && tell_immediately(hooks, resource)
    {
        let length = hooks.destroyed.push(Waiting::new(resource));
        if length > MOST && is_allowed() {
            hooks.destroyed.flush(hooks);
        }
    }
    destroyed(resource);
}

/// Tells the hooks that want to know at once. Answers whether there are others.
fn tell_immediately(hooks: &Hooks, resource: &ResourceInfo) -> bool {
    let others = std::cell::Cell::new(false);
    tell(hooks, resource, |hook| {
        others.set(others.get() || !hook.is_destroy_immediate());
        hook.is_destroy_immediate()
    });
    others.get()
}

fn tell(hooks: &Hooks, resource: &ResourceInfo, choose: impl Fn(&Watcher) -> bool) {
    // Nobody's callback is running, and no frame is a destroy hook's to see (clause `HK-12`). What panics is reported.
    let panic = outside(|| root(|| to_those(hooks, Event::Destroy, resource, choose)));
    debug_assert!(panic.is_none());
}

/// Hooks may run: not while one is running, nor while a panic unwinds.
fn is_allowed() -> bool {
    !is_delivering() && !std::thread::panicking()
}

fn is_free() -> bool {
    execution_async_id().is_none() && is_allowed()
}

/// Delivers what is waiting on this thread, if it is free.
pub(super) fn flush_if_free() {
    if PROCESS.is_due() && is_free() {
        flush();
    }
}

/// Delivers what is waiting on this thread, and what comes to wait meanwhile.
fn flush() {
    while let Some(waiting) = QUEUE.try_with(ThreadQueue::pop).ok().flatten() {
        waiting.tell(&PROCESS);
    }
}

/// Delivers the destroy events that are waiting on this thread, to the hooks of the process that are enabled now (clause `HK-20`).
///
/// There is seldom a need: a destroy event waits until its thread is in no resource's scope, and is delivered then without further ado; where a
/// resource goes while a panic unwinds, at the next such moment, the thread's end at the latest; and also in a scope when some 16 000 are waiting.
/// Called by a hook, or while a panic unwinds, this does nothing.
pub fn flush_destroy_events() {
    if is_allowed() {
        flush();
    }
}

impl ThreadQueue {
    /// Answers how many there are now.
    fn push(&self, waiting: Option<Waiting>) -> usize {
        let mut queue = self.0.borrow_mut();
        if queue.is_empty() {
            WaitingThreads::change(|n| n + 1);
        }
        queue.extend(waiting);
        queue.len()
    }

    fn pop(&self) -> Option<Waiting> {
        let mut queue = self.0.borrow_mut();
        let first = queue.pop_front()?;
        if queue.is_empty() {
            WaitingThreads::change(|n| n - 1);
        }
        Some(first)
    }
}

impl Drop for ThreadQueue {
    /// The thread ends.
    fn drop(&mut self) {
        while let Some(waiting) = self.pop() {
            waiting.tell(&PROCESS);
        }
    }
}

/// How many threads have something waiting: as long as there is one, scopes look whether it is theirs when they end.
struct WaitingThreads;

impl WaitingThreads {
    fn change(f: impl FnOnce(usize) -> usize) {
        static COUNT: Mutex<usize> = Mutex::new(0);
        let mut count = COUNT.lock().unwrap_or_else(PoisonError::into_inner);
        *count = f(*count);
        PROCESS.set_due(*count > 0);
    }
}

impl HostQueue {
    pub(super) const fn new() -> Self {
        HostQueue(Mutex::new(VecDeque::new()))
    }

    /// Answers how many there are now.
    fn push(&self, waiting: Waiting) -> usize {
        let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        queue.push_back(waiting);
        queue.len()
    }

    fn pop(&self) -> Option<Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    fn flush(&self, hooks: &Hooks) {
        while let Some(waiting) = self.pop() {
            waiting.tell(hooks);
        }
    }
}

/// Delivers what is waiting for the hooks of a host, and on this thread for those of the process.
pub(super) fn flush_in(registry: &HookRegistry) {
    if is_allowed() {
        let hooks = registry.hooks();
        hooks.destroyed.flush(hooks);
        flush();
    }
}
