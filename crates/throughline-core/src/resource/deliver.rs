//! Telling hooks: each event's set of hooks is frozen, no lock or borrow is held while one runs, and one that panics stops no other.

use super::ResourceInfo;
use super::destroy_queue;
use super::hook::{PanicPolicy, Watcher};
use super::host::HookRegistry;
use super::registry::{self, Event, HookSet, Hooks, PROCESS};
use crate::boundary;
use crate::frame::{Lent, Link, find_linked, link};
use crate::report::{self, Report};
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

/// An event that is being delivered on this thread.
struct Delivery {
    /// The address of its [`Hooks`].
    hooks: usize,
    set: HookSet,
    /// The place of the next hook in `set`.
    next: Cell<usize>,
    /// The address of the hook that is running, which `set` keeps.
    running: Cell<usize>,
    /// If it is the outermost of its hooks: what is to be enabled or disabled at its end (clause `HK-6`). Mostly nothing.
    pending: RefCell<Option<Box<Pending>>>,
}

#[derive(Default)]
struct Pending(Vec<(Arc<Watcher>, bool)>);

thread_local! {
    static DELIVERIES: Lent<Link<Delivery>> = const { Lent::nothing() };
    static IN_DESTRUCTOR: Cell<bool> = const { Cell::new(false) };
}

type Payload = Box<dyn Any + Send>;

fn address<T>(of: &T) -> usize {
    std::ptr::from_ref(of).addr()
}

/// Whether a hook is running on this thread.
pub(super) fn is_delivering() -> bool {
    find_linked(&DELIVERIES, |_| Some(())).is_some()
}

/// Tells all hooks of the process that watch such an event of such a resource.
#[cold]
#[inline(never)]
pub(super) fn to_all(event: Event, resource: &ResourceInfo) {
    let panic = to_those(&PROCESS, event, resource, |_| true);
    // A hook may have destroyed something.
    destroy_queue::flush_if_free();
    raise(panic);
}

/// The same for the hooks of a host, and then for those of the process, which see everything.
pub(super) fn emit(registry: &HookRegistry, event: Event, resource: &ResourceInfo) {
    if registry.is_process() {
        return registry::emit(event, resource);
    }
    let first = registry.hooks().tell(event, resource);
    let second = PROCESS.tell(event, resource);
    destroy_queue::flush_if_free();
    match (first, second) {
        (Some(first), Some(second)) => {
            report::panic(&place(event, resource), second);
            raise(Some(first));
        }
        (first, second) => raise(first.or(second)),
    }
}

/// Goes on with a panic that a hook wants to propagate.
pub(super) fn raise(panic: Option<Payload>) {
    if let Some(payload) = panic {
        resume_unwind(payload);
    }
}

/// Tells the hooks that watch such an event of such a resource, and that `choose` chooses. Answers the first panic that is to propagate, when all
/// have been told.
pub(super) fn to_those(
    hooks: &Hooks,
    event: Event,
    resource: &ResourceInfo,
    choose: impl Fn(&Watcher) -> bool,
) -> Option<Payload> {
    let frozen = find_linked(&DELIVERIES, |outer| {
        (outer.hooks == address(hooks)).then(|| outer.set.clone())
    });
    let delivery = Delivery {
        hooks: address(hooks),
        set: frozen.unwrap_or_else(|| hooks.set()),
        next: Cell::new(0),
        running: Cell::new(0),
        pending: RefCell::new(None),
    };
    let first = link(&DELIVERIES, &delivery, || {
        let tell_rest = || delivery.tell_rest(event, resource, &choose);
        let mut first = None;
        // One net for all hooks. After a panic those are told that come after it.
        while let Err(payload) = catch_unwind(AssertUnwindSafe(tell_rest)) {
            let propagating = delivery.panicked(event, resource, payload);
            match (&first, propagating) {
                (_, None) => {}
                (None, panic) => first = panic,
                (Some(_), Some(payload)) => report::panic(&place(event, resource), payload),
            }
        }
        first
    });
    let Delivery { set, pending, .. } = delivery;
    if let Some(pending) = pending.into_inner() {
        for (hook, enable) in &pending.0 {
            hooks.change(hook, *enable);
        }
    }
    drop(set);
    first
}

impl Delivery {
    /// Calls the hooks from the next one on, each in a boundary of its own.
    #[inline(always)]
    fn tell_rest(&self, event: Event, resource: &ResourceInfo, choose: impl Fn(&Watcher) -> bool) {
        while let Some(hook) = self.set.get(self.next.get()) {
            self.next.set(self.next.get() + 1);
            if !hook.watches(event, resource)
                || !choose(hook)
                || hook.ignores_own_events() && is_running(hook)
            {
                continue;
            }
            self.running.set(address(&**hook));
            boundary(|| hook.call(event, resource));
        }
        self.running.set(0);
    }

    /// What becomes of a panic of the hook that was called last. Answers it, if it is to propagate.
    #[cold]
    fn panicked(&self, event: Event, resource: &ResourceInfo, payload: Payload) -> Option<Payload> {
        let hook = &self.set[self.next.get() - 1];
        match hook.panic_policy() {
            // Not out of a destructor, nor into another panic.
            PanicPolicy::Propagate
                if event != Event::Destroy && !IN_DESTRUCTOR.get() && !std::thread::panicking() =>
            {
                return Some(payload);
            }
            PanicPolicy::Abort => {
                report::report(&Report::Panic {
                    place: &place(event, resource),
                    payload: &*payload,
                });
                std::process::abort();
            }
            _ => report::panic(&place(event, resource), payload),
        }
        None
    }
}

fn place(event: Event, resource: &ResourceInfo) -> String {
    format!("hook `{}` of {resource:?}", event.name())
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

fn is_running(hook: &Watcher) -> bool {
    find_linked(&DELIVERIES, |delivery| {
        (delivery.running.get() == address(hook)).then_some(())
    })
    .is_some()
}

/// The hooks that are running on this thread and do not want to be told of what they do: mostly none.
pub(super) fn running_that_ignore_their_own() -> Vec<Arc<Watcher>> {
    let mut those = Vec::new();
    find_linked(&DELIVERIES, |delivery| {
        let running = delivery
            .set
            .iter()
            .find(|hook| delivery.running.get() == address(&***hook));
        those.extend(running.filter(|hook| hook.ignores_own_events()).cloned());
        None::<()>
    });
    those
}

/// Enables or disables a hook: now, or, called by a hook, when the outermost event has been delivered (clause `HK-6`).
pub(super) fn change(registry: &HookRegistry, hook: &Arc<Watcher>, enable: bool) {
    let hooks = registry.hooks();
    let mut outermost = None;
    find_linked(&DELIVERIES, |delivery| {
        if delivery.hooks == address(hooks) {
            outermost = Some(address(delivery));
        }
        None::<()>
    });
    let waits = find_linked(&DELIVERIES, |delivery| {
        let is_it = outermost == Some(address(delivery));
        is_it.then(|| {
            let mut pending = delivery.pending.borrow_mut();
            let Pending(changes) = &mut **pending.get_or_insert_default();
            changes.push((hook.clone(), enable));
        })
    });
    if waits.is_none() {
        hooks.change(hook, enable);
    }
}
