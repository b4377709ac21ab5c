//! Which hooks are enabled, and what they watch. What nobody watches costs one load and a branch (clauses `HK-2`, `PERF-1`).

use super::deliver;
use super::destroy_queue::HostQueue;
use super::hook::Watcher;
use super::{ResourceInfo, ResourceType};
use std::any::Any;
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What happens to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum Event {
    Init,
    Before,
    After,
    Destroy,
    PromiseResolve,
    Cancelled,
}

impl Event {
    pub(super) const ALL: [Event; 6] = [
        Event::Init,
        Event::Before,
        Event::After,
        Event::Destroy,
        Event::PromiseResolve,
        Event::Cancelled,
    ];

    pub(super) fn name(self) -> &'static str {
        [
            "init",
            "before",
            "after",
            "destroy",
            "promise_resolve",
            "cancelled",
        ][self as usize]
    }
}

/// The enabled hooks, in order of enabling (clause `HK-5`); none, if there is none. Never changed: a delivery keeps the one it began with (`HK-6`).
type Enabled = Option<Arc<Vec<Arc<Watcher>>>>;

/// What a delivery keeps: so the lock is not held while hooks run.
#[derive(Clone)]
pub(super) struct HookSet(Enabled);

impl Deref for HookSet {
    type Target = [Arc<Watcher>];

    #[inline]
    fn deref(&self) -> &[Arc<Watcher>] {
        self.0.as_deref().map_or(&[], Vec::as_slice)
    }
}

/// What to look for in order to know whether there is something to do for a resource: the bit of its type, and [`Hooks::FLUSH`], which
/// stands only where destroy events are waited for.
#[derive(Clone, Copy)]
pub(super) struct Watched(u64);

impl Watched {
    pub(super) fn of(resource_type: ResourceType) -> Self {
        Watched(resource_type.bit() | Hooks::FLUSH)
    }
}

/// The hooks of a process, or of one host in it.
pub(crate) struct Hooks {
    /// For each event the bits of the types that are watched ([`ResourceType::bit`]). Of `After`, [`FLUSH`](Self::FLUSH) too.
    watched: [AtomicU64; Event::ALL.len()],
    enabled: Mutex<Enabled>,
    /// Of a host; the process has a queue for each thread.
    pub(super) destroyed: HostQueue,
}

/// The hooks that see everything in the process.
pub(crate) static PROCESS: Hooks = Hooks::new();

/// Tells the hooks of the process that watch such resources.
///
/// # Panics
/// If a hook does that wants its panics to propagate.
#[inline(always)]
pub(super) fn emit(event: Event, resource: &ResourceInfo) {
    if PROCESS.watches_type(event, resource.resource_type()) {
        deliver::to_all(event, resource);
    }
}

impl Hooks {
    /// No type's bit: there are destroy events to be delivered when the thread's outermost scope ends.
    const FLUSH: u64 = 1 << 63;

    pub(super) const fn new() -> Self {
        Hooks {
            watched: [const { AtomicU64::new(0) }; Event::ALL.len()],
            enabled: Mutex::new(None),
            destroyed: HostQueue::new(),
        }
    }

    /// Tells the hooks that watch such resources; answers a panic that is to propagate.
    pub(super) fn tell(&self, event: Event, resource: &ResourceInfo) -> Option<Box<dyn Any + Send>> {
        let watched = self.watches_type(event, resource.resource_type());
        watched
            .then(|| deliver::to_those(self, event, resource, |_| true))
            .flatten()
    }

    /// Whether there is something to do. There may be nothing after all: types share bits.
    #[inline(always)]
    pub(super) fn watches(&self, event: Event, resource: Watched) -> bool {
        self.types(event) & resource.0 != 0
    }

    /// Whether such events of such resources may be watched: types share bits.
    #[inline(always)]
    pub(super) fn watches_type(&self, event: Event, resource_type: ResourceType) -> bool {
        let types = self.types(event) & !Self::FLUSH;
        types != 0 && types & resource_type.bit() != 0
    }

    /// As [`watches`](Self::watches), where nothing is to be done for those who wait.
    #[inline(always)]
    pub(super) fn tells(&self, event: Event, resource: Watched) -> bool {
        self.types(event) & resource.0 & !Self::FLUSH != 0
    }

    /// Whether such events of any resources are watched.
    pub(super) fn watches_any(&self, event: Event) -> bool {
        self.types(event) & !Self::FLUSH != 0
    }

    #[inline(always)]
    fn types(&self, event: Event) -> u64 {
        // Relaxed: a hook is told of what happens after it was enabled on the same thread; other threads learn of it soon.
        self.watched[event as usize].load(Ordering::Relaxed)
    }

    pub(super) fn is_due(&self) -> bool {
        self.types(Event::After) & Self::FLUSH != 0
    }

    pub(super) fn set_due(&self, due: bool) {
        let after = &self.watched[Event::After as usize];
        if due {
            after.fetch_or(Self::FLUSH, Ordering::Relaxed);
        } else {
            after.fetch_and(!Self::FLUSH, Ordering::Relaxed);
        }
    }

    pub(super) fn set(&self) -> HookSet {
        HookSet(self.enabled().clone())
    }

    fn enabled(&self) -> MutexGuard<'_, Enabled> {
        self.enabled.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds `hook` at the end, or takes it out; if that is how it is already, nothing changes.
    pub(super) fn change(&self, hook: &Arc<Watcher>, enable: bool) {
        let mut enabled = self.enabled();
        if hook.is_enabled() == enable {
            return;
        }
        let others = enabled.iter().flat_map(|hooks| hooks.iter());
        let others = others.filter(|other| !Arc::ptr_eq(other, hook));
        let new: Vec<_> = others.chain(enable.then_some(hook)).cloned().collect();
        for event in Event::ALL {
            let types = new.iter().fold(0, |types, hook| types | hook.types_of(event));
            let update = |old| Some(old & Self::FLUSH | types);
            let _ = self.watched[event as usize].fetch_update(Ordering::Relaxed, Ordering::Relaxed, update);
        }
        hook.set_enabled(enable);
        let old = std::mem::replace(&mut *enabled, (!new.is_empty()).then(|| Arc::new(new)));
        drop(enabled);
        // It may have the last count of a hook.
        drop(old);
    }
}

impl std::fmt::Debug for Hooks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.set().iter()).finish()
    }
}

/// The bits of `types`; all, if there are none.
pub(super) fn bits_of(types: &[ResourceType]) -> u64 {
    match types {
        [] => !Hooks::FLUSH,
        _ => types.iter().fold(0, |bits, t| bits | t.bit()),
    }
}
