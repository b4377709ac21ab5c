//! Destroy events wait until their thread is in no resource's scope, so that a hook is not run in the midst of somebody's callback, or of
//! a panic (clause `HK-20`).

use super::ResourceInfo;
use super::deliver::{is_delivering, running_that_ignore_their_own, to_those};
use super::execution::{execution_async_id, outside};
use super::hook::Watcher;
use super::registry::{Event, Hooks, PROCESS};
use crate::root;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

/// Beyond so many the events are delivered wherever the thread is, so that work that never leaves its scope cannot pile them up.
const MOST: usize = 16_384;

thread_local! {
    /// Its address tells a thread from the others that live.
    static THREAD: u8 = const { 0 };
    static AT_EXIT: AtExit = const { AtExit };
}

fn this_thread() -> usize {
    THREAD.with(|thread| std::ptr::from_ref(thread).addr())
}

/// A thread that ends with a panic delivers what went in that.
struct AtExit;

impl Drop for AtExit {
    fn drop(&mut self) {
        flush_if_due(&PROCESS);
    }
}

/// For each thread what went on it, in that order. That thread delivers it: so that when a resource is dropped outside of all scopes, it has
/// been told of by then.
pub(super) struct DestroyQueue(Mutex<BTreeMap<usize, VecDeque<Waiting>>>);

struct Waiting {
    resource: ResourceInfo,
    /// Hooks that did it themselves and do not want to be told.
    ignored_by: Vec<Arc<Watcher>>,
}

/// Which of the waiting events are to be delivered.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// This thread's.
    Own,
    All,
}

impl DestroyQueue {
    pub(super) const fn new() -> Self {
        DestroyQueue(Mutex::new(BTreeMap::new()))
    }

    /// Answers how many there are now for this thread.
    fn push(&self, hooks: &Hooks, resource: ResourceInfo) -> usize {
        if std::thread::panicking() {
            // There may be no other moment.
            let _ = AT_EXIT.try_with(|_| ());
        }
        let waiting = Waiting {
            resource,
            ignored_by: running_that_ignore_their_own(),
        };
        let mut queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = queues.entry(this_thread()).or_default();
        own.push_back(waiting);
        hooks.set_due(true);
        own.len()
    }

    fn pop(&self, hooks: &Hooks, whose: Whose) -> Option<Waiting> {
        let mut queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let thread = match whose {
            Whose::Own => this_thread(),
            Whose::All => *queues.keys().next()?,
        };
        let own = queues.get_mut(&thread)?;
        let first = own.pop_front();
        if own.is_empty() {
            queues.remove(&thread);
            hooks.set_due(!queues.is_empty());
        }
        first
    }
}

/// A resource is no more: to be called once, after its last `after`.
#[inline]
pub(super) fn destroyed(hooks: &Hooks, resource: &ResourceInfo) {
    if hooks.watches_type(Event::Destroy, resource.resource_type()) {
        tell_or_queue(hooks, resource);
    }
}

#[cold]
fn tell_or_queue(hooks: &Hooks, resource: &ResourceInfo) {
    let mut waiting = 0;
    if tell(hooks, resource, |hook| hook.is_destroy_immediate()) {
        waiting = hooks.destroyed.push(hooks, *resource);
    }
    if waiting > MOST {
        deliver(hooks, Whose::Own);
    } else {
        flush_if_due(hooks);
    }
}

/// Tells the hooks that `choose` chooses. Answers whether there are others.
fn tell(hooks: &Hooks, resource: &ResourceInfo, choose: impl Fn(&Watcher) -> bool) -> bool {
    // Nobody's callback is running, and no frame is a destroy hook's to see (clause `HK-12`).
    outside(|| root(|| to_those(hooks, Event::Destroy, resource, choose)))
}

/// Delivers what is waiting for this thread, if it is in no resource's scope and no panic unwinds.
pub(super) fn flush_if_due(hooks: &Hooks) {
    if hooks.is_due() && execution_async_id().is_none() && !std::thread::panicking() {
        deliver(hooks, Whose::Own);
    }
}

/// Delivers all that is waiting, and what comes to wait meanwhile; but not while one of these hooks is running.
pub(super) fn flush(hooks: &Hooks) {
    deliver(hooks, Whose::All);
}

fn deliver(hooks: &Hooks, whose: Whose) {
    if is_delivering(hooks) {
        return;
    }
    while let Some(waiting) = hooks.destroyed.pop(hooks, whose) {
        let is_ignored = |hook: &Watcher| waiting.ignored_by.iter().any(|by| std::ptr::eq(&**by, hook));
        tell(hooks, &waiting.resource, |hook| {
            !hook.is_destroy_immediate() && !is_ignored(hook)
        });
    }
}
