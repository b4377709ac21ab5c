//! Destroy events wait until their thread is in no resource's scope, so that a hook is not run in the midst of somebody's callback, or of
//! a panic (clause `HK-20`).

use super::ResourceInfo;
use super::deliver::{is_delivering, to_those};
use super::execution::{execution_async_id, outside};
use super::registry::{Event, Hooks};
use crate::root;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// Beyond so many the events are delivered wherever the thread is, so that work that never leaves its scope cannot pile them up.
const MOST: usize = 16_384;

pub(super) struct DestroyQueue(Mutex<VecDeque<ResourceInfo>>);

impl DestroyQueue {
    pub(super) const fn new() -> Self {
        DestroyQueue(Mutex::new(VecDeque::new()))
    }

    /// Answers how many there are now.
    fn push(&self, hooks: &Hooks, resource: ResourceInfo) -> usize {
        let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        queue.push_back(resource);
        hooks.set_due(true);
        queue.len()
    }

    fn pop(&self, hooks: &Hooks) -> Option<ResourceInfo> {
        let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let first = queue.pop_front();
        if first.is_none() {
            hooks.set_due(false);
        }
        first
    }
}

/// A resource is no more: to be called once, after its last `after`.
#[inline]
pub(super) fn destroyed(hooks: &Hooks, resource: &ResourceInfo) {
    if hooks.watches(Event::Destroy, resource.resource_type().bit()) {
        tell_or_queue(hooks, resource);
    }
}

#[cold]
fn tell_or_queue(hooks: &Hooks, resource: &ResourceInfo) {
    let mut waiting = 0;
    if tell(hooks, resource, true) {
        waiting = hooks.destroyed.push(hooks, *resource);
    }
    if waiting > MOST {
        flush(hooks);
    } else {
        flush_if_due(hooks);
    }
}

/// Tells the hooks that want to know at once, or the others. Answers whether there are others.
fn tell(hooks: &Hooks, resource: &ResourceInfo, at_once: bool) -> bool {
    // Nobody's callback is running, and no frame is a destroy hook's to see (clause `HK-12`).
    outside(|| {
        root(|| {
            to_those(hooks, Event::Destroy, resource, |hook| {
                hook.is_destroy_immediate() == at_once
            })
        })
    })
}

/// Delivers what is waiting, if this thread is in no resource's scope and no panic unwinds.
pub(super) fn flush_if_due(hooks: &Hooks) {
    if hooks.is_due() && execution_async_id().is_none() && !std::thread::panicking() {
        flush(hooks);
    }
}

/// Delivers what is waiting, and what comes to wait meanwhile; but not while one of these hooks is running.
pub(super) fn flush(hooks: &Hooks) {
    if is_delivering(hooks) {
        return;
    }
    while let Some(resource) = hooks.destroyed.pop(hooks) {
        tell(hooks, &resource, false);
    }
}
