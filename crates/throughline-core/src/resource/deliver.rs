//! Telling hooks: each event's set of hooks is frozen, no lock or borrow is held while one runs, and one that panics stops no other.

use super::hook::{PanicPolicy, Watcher};
use super::registry::{Event, HookSet, Hooks, PROCESS};
use super::{ResourceInfo, destroy_queue, host::HookRegistry};
use crate::report::{self, Report};
use crate::snapshot;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

/// An event that is being delivered on this thread.
struct Delivery {
    /// The address of its [`Hooks`].
    hooks: usize,
    set: HookSet,
    /// The hook that is running.
    running: Option<Arc<Watcher>>,
}

/// A hook that is to be enabled or disabled when the outermost event has been delivered (clause `HK-6`).
struct Pending {
    registry: HookRegistry,
    hook: Arc<Watcher>,
    enable: bool,
}

thread_local! {
    static DELIVERIES: RefCell<Vec<Delivery>> = const { RefCell::new(Vec::new()) };
    static PENDING: RefCell<Vec<Pending>> = const { RefCell::new(Vec::new()) };
    static IN_DESTRUCTOR: Cell<bool> = const { Cell::new(false) };
}

fn address(hooks: &Hooks) -> usize {
    std::ptr::from_ref(hooks).addr()
}

/// Whether a hook of these is running on this thread.
pub(super) fn is_delivering(hooks: &Hooks) -> bool {
    let of_these = |deliveries: &RefCell<Vec<Delivery>>| {
        deliveries
            .borrow()
            .iter()
            .any(|delivery| delivery.hooks == address(hooks))
    };
    DELIVERIES.try_with(of_these).unwrap_or(false)
}

/// Tells all hooks that watch such an event of such a resource.
#[cold]
#[inline(never)]
pub(super) fn to_all(hooks: &Hooks, event: Event, resource: &ResourceInfo) {
    to_those(hooks, event, resource, |_| true);
    // A hook may have destroyed something.
    destroy_queue::flush_if_due(hooks);
}

/// Tells the hooks that watch such an event of such a resource, and that `choose` chooses. Answers whether any of those that watch was not chosen.
pub(super) fn to_those(
    hooks: &Hooks,
    event: Event,
    resource: &ResourceInfo,
    choose: impl Fn(&Watcher) -> bool,
) -> bool {
    let set = frozen_set(hooks).unwrap_or_else(|| hooks.set());
    let mut others = false;
    let _delivering = Delivering::begin(hooks, &set);
    for hook in set.iter().filter(|hook| hook.watches(event, resource)) {
        if choose(hook) {
            tell(hook, event, resource);
        } else {
            others = true;
        }
    }
    others
}

/// The set of the event within which this one happens.
fn frozen_set(hooks: &Hooks) -> Option<HookSet> {
    let of_these = |deliveries: &RefCell<Vec<Delivery>>| {
        let deliveries = deliveries.borrow();
        let outer = deliveries
            .iter()
            .find(|delivery| delivery.hooks == address(hooks))?;
        Some(outer.set.clone())
    };
    DELIVERIES.try_with(of_these).ok().flatten()
}

/// Calls one hook, in a boundary of its own.
fn tell(hook: &Arc<Watcher>, event: Event, resource: &ResourceInfo) {
    if hook.ignores_own_events() && is_running(hook) {
        return;
    }
    let _running = Running::begin(hook);
    let call = || snapshot().run(|| hook.call(event, resource));
    let Err(payload) = catch_unwind(AssertUnwindSafe(call)) else {
        return;
    };
    let place = format!("hook `{}` of {resource:?}", event.name());
    match hook.panic_policy() {
        PanicPolicy::Propagate
            if event != Event::Destroy && !IN_DESTRUCTOR.get() && !std::thread::panicking() =>
        {
            resume_unwind(payload)
        }
        PanicPolicy::Abort => {
            report::report(&Report::Panic {
                place: &place,
                payload: &*payload,
            });
            std::process::abort();
        }
        _ => report::panic(&place, payload),
    }
}

/// Runs what a destructor does: no hook's panic goes out of it, which might end the process.
pub(crate) fn in_destructor<R>(f: impl FnOnce() -> R) -> R {
    struct PutBack(bool);
    impl Drop for PutBack {
        fn drop(&mut self) {
            IN_DESTRUCTOR.set(self.0);
        }
    }
    let _before = PutBack(IN_DESTRUCTOR.replace(true));
    f()
}

fn is_running(hook: &Arc<Watcher>) -> bool {
    let by_this = |delivery: &Delivery| {
        delivery
            .running
            .as_ref()
            .is_some_and(|running| Arc::ptr_eq(running, hook))
    };
    DELIVERIES
        .try_with(|deliveries| deliveries.borrow().iter().any(by_this))
        .unwrap_or(false)
}

/// The hooks that are running on this thread and do not want to be told of what they do: mostly none.
pub(super) fn running_that_ignore_their_own() -> Vec<Arc<Watcher>> {
    let those = |deliveries: &RefCell<Vec<Delivery>>| {
        let deliveries = deliveries.borrow();
        let running = deliveries.iter().filter_map(|delivery| delivery.running.as_ref());
        running
            .filter(|hook| hook.ignores_own_events())
            .cloned()
            .collect()
    };
    DELIVERIES.try_with(those).unwrap_or_default()
}

/// The innermost delivery of this thread runs a hook. Ends when dropped.
struct Running;

impl Running {
    fn begin(hook: &Arc<Watcher>) -> Self {
        Self::set(Some(hook.clone()));
        Running
    }

    fn set(hook: Option<Arc<Watcher>>) {
        let former = DELIVERIES.try_with(|deliveries| {
            let mut deliveries = deliveries.borrow_mut();
            deliveries
                .last_mut()
                .and_then(|delivery| std::mem::replace(&mut delivery.running, hook))
        });
        // The last handle of a hook may be this one: what it owns is dropped outside the borrow.
        drop(former);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        Self::set(None);
    }
}

/// An event is being delivered. When the outermost one ends, hooks change that were to be changed meanwhile.
struct Delivering<'a>(&'a Hooks);

impl<'a> Delivering<'a> {
    fn begin(hooks: &'a Hooks, set: &HookSet) -> Self {
        let delivery = Delivery {
            hooks: address(hooks),
            set: set.clone(),
            running: None,
        };
        // Where the thread's words are gone already, events inside a hook see the newest set.
        let _ = DELIVERIES.try_with(|deliveries| deliveries.borrow_mut().push(delivery));
        Delivering(hooks)
    }
}

impl Drop for Delivering<'_> {
    fn drop(&mut self) {
        let ended = DELIVERIES.try_with(|deliveries| deliveries.borrow_mut().pop());
        drop(ended);
        if !is_delivering(self.0) {
            while let Some(Pending {
                registry,
                hook,
                enable,
            }) = next_pending(self.0)
            {
                registry.hooks().change(&hook, enable);
            }
        }
    }
}

fn next_pending(hooks: &Hooks) -> Option<Pending> {
    let of_these = |pending: &RefCell<Vec<Pending>>| {
        let mut pending = pending.borrow_mut();
        let first = pending
            .iter()
            .position(|change| address(change.registry.hooks()) == address(hooks))?;
        Some(pending.remove(first))
    };
    PENDING.try_with(of_these).ok().flatten()
}

/// Enables or disables a hook: now, or, called by a hook, when the outermost event has been delivered (clause `HK-6`).
pub(super) fn change(registry: &HookRegistry, hook: &Arc<Watcher>, enable: bool) {
    let change = Pending {
        registry: registry.clone(),
        hook: hook.clone(),
        enable,
    };
    let waits = is_delivering(registry.hooks())
        && PENDING
            .try_with(|pending| pending.borrow_mut().push(change))
            .is_ok();
    if !waits {
        registry.hooks().change(hook, enable);
    }
}

/// Tells the hooks of a host, and those of the process, which see everything.
pub(super) fn emit(registry: &HookRegistry, event: Event, resource: &ResourceInfo) {
    registry.hooks().emit(event, resource);
    if !registry.is_process() {
        PROCESS.emit(event, resource);
    }
}
