//! Destroy events wait until their thread is in no resource's scope, so that a hook is not run in the midst of somebody's callback, or of
//! a panic (clause `HK-20`).

use super::ResourceInfo;
use super::deliver::{is_delivering, running_that_ignore_their_own, to_those};
use super::execution::{execution_async_id, outside};
use super::hook::Watcher;
use super::registry::{Event, Hooks, PROCESS};
use crate::root;
use std::collections::VecDeque;
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

pub(super) struct DestroyQueue(Mutex<VecDeque<Waiting>>);

struct Waiting {
    resource: ResourceInfo,
    /// The thread where the resource went delivers it: so that when one is dropped outside of all scopes, it has been told of by then.
    thread: usize,
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
        DestroyQueue(Mutex::new(VecDeque::new()))
    }

    /// Answers how many there are now.
    fn push(&self, hooks: &Hooks, resource: ResourceInfo) -> usize {
        if std::thread::panicking() {
            // There may be no other moment.
            let _ = AT_EXIT.try_with(|_| ());
        }
        let waiting = Waiting {
            resource,
            thread: this_thread(),
            ignored_by: running_that_ignore_their_own(),
        };
        let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        queue.push_back(waiting);
        hooks.set_due(true);
        queue.len()
    }

    fn pop(&self, hooks: &Hooks, whose: Whose) -> Option<Waiting> {
        let thread = this_thread();
        let is_wanted = |waiting: &Waiting| whose == Whose::All || waiting.thread == thread;
        let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let first = queue.iter().position(is_wanted);
        let first = first.and_then(|first| queue.remove(first));
        if queue.is_empty() {
            hooks.set_due(false);
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
        deliver(hooks, Whose::All);
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
