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
    /// The address of the hook that is running, which `set` keeps.
    running: Cell<usize>,
    /// If it is the outermost of its hooks: what is to be enabled or disabled at its end (clause `HK-6`).
    pending: RefCell<Vec<(Arc<Watcher>, bool)>>,
}

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
        running: Cell::new(0),
        pending: RefCell::default(),
    };
    let (delivery, first) = link(&DELIVERIES, delivery, |delivery| {
        let mut first = None;
        for hook in delivery.set.iter() {
            if !hook.watches(event, resource)
                || !choose(hook)
                || hook.ignores_own_events() && is_running(hook)
            {
                continue;
            }
            delivery.running.set(address(&**hook));
            match (&first, call(hook, event, resource)) {
                (_, None) => {}
                (None, panic) => first = panic,
                (Some(_), Some(payload)) => report::panic(&place(event, resource), payload),
            }
        }
        delivery.running.set(0);
        first
    });
    let Delivery { set, pending, .. } = delivery;
    let pending = pending.into_inner();
    for (hook, enable) in &pending {
        hooks.change(hook, *enable);
    }
    if !pending.is_empty() {
        discard(pending);
    }
    // Mostly others have it too.
    if let Some(set) = Arc::into_inner(set) {
        discard(set);
    }
    first
}

/// Drops what may be the last handles of hooks: what these own is user code's, and a panic in it nobody's.
pub(super) fn discard<T>(hooks: T) {
    report::isolate(
        || "the destructor of a hook".to_owned(),
        || crate::root(|| drop(hooks)),
    );
}

/// Calls one hook, in a boundary of its own. Answers a panic that is to propagate.
fn call(hook: &Watcher, event: Event, resource: &ResourceInfo) -> Option<Payload> {
    let call = || boundary(|| hook.call(event, resource));
    let payload = catch_unwind(AssertUnwindSafe(call)).err()?;
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
        is_it.then(|| delivery.pending.borrow_mut().push((hook.clone(), enable)))
    });
    if waits.is_none() {
        hooks.change(hook, enable);
    }
}
