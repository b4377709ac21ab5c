//! Hooks: who wants to be told what happens to resources.

use super::deliver;
use super::host::HookRegistry;
use super::registry::{Event, bits_of};
use super::{ResourceInfo, ResourceType};
use crate::report;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

type Callback = Box<dyn Fn(&ResourceInfo) + Send + Sync>;

/// Begins a hook: callbacks that are told what happens to the resources of this process, once it is built and enabled.
///
/// Each callback runs at once, on the thread where it happens, in a boundary of its own on the context there (destroy: on none), and
/// holds up what it is told of. In `init` the creator is still current; in `before` and `after` the resource is (clause `HK-11`).
///
/// # Examples
/// ```
/// use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
/// use throughline_core::{AsyncResource, create_hook};
/// static MADE: AtomicUsize = AtomicUsize::new(0);
///
/// let hook = create_hook()
///     .init(|resource| {
///         assert_eq!(resource.type_name(), "Upload");
///         MADE.fetch_add(1, Relaxed);
///     })
///     .only(["Upload"])
///     .build();
/// AsyncResource::new("Upload"); // A hook is born disabled.
/// hook.enable();
/// AsyncResource::new("Upload");
/// AsyncResource::new("Timer");
/// hook.disable();
/// assert_eq!(MADE.load(Relaxed), 1);
/// ```
#[doc(alias = "createHook")]
pub fn create_hook() -> HookBuilder {
    HookRegistry::process().create_hook()
}

/// A hook in the making: see [`create_hook`].
#[must_use = "a hook is told nothing until it is built and enabled"]
pub struct HookBuilder {
    registry: HookRegistry,
    watcher: Watcher,
}

/// What becomes of a panic in a hook (clause `HK-17`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum PanicPolicy {
    /// It is reported (see [`Report`](crate::Report)), and all goes on.
    #[default]
    Report,
    /// It goes on into the code that is told of, when all hooks have been told; but where that is a destructor, or a panic already, or
    /// another hook has panicked before it, it is reported. A panic in `before` keeps the callback from running; in `after`, it takes the place of
    /// its answer.
    Propagate,
    /// It is reported, and the process aborts, as Node does.
    Abort,
}

impl HookBuilder {
    pub(super) fn new(registry: HookRegistry) -> Self {
        let watcher = Watcher {
            callbacks: [const { None }; Event::ALL.len()],
            only: Box::default(),
            panics: PanicPolicy::default(),
            destroy_immediate: false,
            ignores_own_events: false,
            enabled: AtomicBool::new(false),
        };
        HookBuilder { registry, watcher }
    }

    fn on(mut self, event: Event, callback: impl Fn(&ResourceInfo) + Send + Sync + 'static) -> Self {
        self.watcher.callbacks[event as usize] = Some(Box::new(callback));
        self
    }

    /// A resource was made. Its callbacks may run later, often, or never (clause `HK-10`).
    ///
    /// Callbacks of hooks (where Node checks that they are functions, clause `HK-1`) are called on all threads at once, so what they own is `Send`
    /// and `Sync`:
    /// ```compile_fail,E0277
    /// use std::{cell::Cell, rc::Rc};
    /// let made = Rc::new(Cell::new(0));
    /// let hook = throughline_core::create_hook().init(move |_| made.set(made.get() + 1)).build();
    /// ```
    /// ```
    /// use std::sync::{Arc, atomic::{AtomicU32, Ordering::Relaxed}};
    /// let made = Arc::new(AtomicU32::new(0));
    /// let hook = throughline_core::create_hook().init(move |_| { made.fetch_add(1, Relaxed); }).build();
    /// # drop(hook);
    /// ```
    pub fn init(self, callback: impl Fn(&ResourceInfo) + Send + Sync + 'static) -> Self {
        self.on(Event::Init, callback)
    }

    /// A callback of a resource is about to run; of a future, it is about to be polled, or dropped.
    pub fn before(self, callback: impl Fn(&ResourceInfo) + Send + Sync + 'static) -> Self {
        self.on(Event::Before, callback)
    }

    /// A callback of a resource has run, or panicked.
    pub fn after(self, callback: impl Fn(&ResourceInfo) + Send + Sync + 'static) -> Self {
        self.on(Event::After, callback)
    }

    /// A resource is no more: told once, after its last `after` (clause `HK-12`), as soon as its thread is in no resource's scope; or at
    /// once, if [so wanted](Self::destroy_immediately).
    pub fn destroy(self, callback: impl Fn(&ResourceInfo) + Send + Sync + 'static) -> Self {
        self.on(Event::Destroy, callback)
    }

    /// A future in a resource's scope is ready. (Clause `HK-13`: Node's promise was resolved.)
    #[doc(alias = "promiseResolve")]
    pub fn promise_resolve(self, callback: impl Fn(&ResourceInfo) + Send + Sync + 'static) -> Self {
        self.on(Event::PromiseResolve, callback)
    }

    /// A future in a resource's scope is being dropped before it was ready. Node has no such thing.
    pub fn cancelled(self, callback: impl Fn(&ResourceInfo) + Send + Sync + 'static) -> Self {
        self.on(Event::Cancelled, callback)
    }

    /// Be told of resources of these types only; what nobody watches costs a branch. With no type, of all, as without this.
    #[doc(alias = "trackPromises")]
    pub fn only<T: Into<ResourceType>>(mut self, types: impl IntoIterator<Item = T>) -> Self {
        self.watcher.only = types.into_iter().map(Into::into).collect();
        self
    }

    /// What becomes of a panic in this hook; by default it is reported.
    pub fn on_panic(mut self, policy: PanicPolicy) -> Self {
        self.watcher.panics = policy;
        self
    }

    /// Be told of a destroyed resource at once, where that happens: maybe in the midst of another resource's callback, or of a panic.
    pub fn destroy_immediately(mut self) -> Self {
        self.watcher.destroy_immediate = true;
        self
    }

    /// Do not be told of what this hook itself does: a hook that logs through something that makes resources would be told for ever
    /// (clause `HK-19`).
    pub fn ignore_own_events(mut self) -> Self {
        self.watcher.ignores_own_events = true;
        self
    }

    /// The hook, disabled (clause `HK-4`).
    pub fn build(self) -> AsyncHook {
        AsyncHook {
            registry: self.registry,
            watcher: Arc::new(self.watcher),
        }
    }
}

impl fmt::Debug for HookBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.watcher.fmt(f)
    }
}

/// A hook: see [`create_hook`]. Clones are the same hook; dropping them all leaves it as it is, enabled or not.
#[derive(Clone)]
#[must_use = "a hook is told nothing until it is enabled"]
pub struct AsyncHook {
    registry: HookRegistry,
    watcher: Arc<Watcher>,
}

impl AsyncHook {
    /// From now on this hook is told, after all that are enabled already (clause `HK-5`). Enabling twice is enabling once.
    ///
    /// Called by a hook, it takes effect when the event that is being told of has been told to all (clause `HK-6`).
    pub fn enable(&self) -> &Self {
        self.change(true)
    }

    /// From now on this hook is told nothing; neither are waiting destroy events delivered to it. Else as [`enable`](Self::enable).
    pub fn disable(&self) -> &Self {
        self.change(false)
    }

    fn change(&self, enable: bool) -> &Self {
        deliver::change(&self.registry, &self.watcher, enable);
        self
    }

    /// Enables it until the answer is dropped. (If it was enabled already, it stays so.)
    pub fn enable_scoped(&self) -> Enabled {
        let hook = (!self.is_enabled()).then(|| self.clone());
        self.enable();
        Enabled(hook)
    }

    /// Whether it is enabled. What a hook that is still running has said is not in effect yet.
    pub fn is_enabled(&self) -> bool {
        self.watcher.is_enabled()
    }
}

impl fmt::Debug for AsyncHook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.watcher.fmt(f)
    }
}

/// A hook is enabled as long as this is there.
#[derive(Debug)]
#[must_use = "the hook is disabled when this is dropped"]
pub struct Enabled(Option<AsyncHook>);

impl Drop for Enabled {
    fn drop(&mut self) {
        if let Some(hook) = &self.0 {
            hook.disable();
        }
    }
}

/// What a hook is made of.
pub(crate) struct Watcher {
    callbacks: [Option<Callback>; Event::ALL.len()],
    /// Empty: all types.
    only: Box<[ResourceType]>,
    panics: PanicPolicy,
    destroy_immediate: bool,
    ignores_own_events: bool,
    enabled: AtomicBool,
}

// A hook that panics has told nobody else's secrets: what its closures share is their own concern, as with any callback.
impl UnwindSafe for Watcher {}
impl RefUnwindSafe for Watcher {}

impl Watcher {
    /// The bits of the types of which it watches such events.
    pub(super) fn types_of(&self, event: Event) -> u64 {
        match self.callbacks[event as usize] {
            Some(_) => bits_of(&self.only),
            None => 0,
        }
    }

    pub(super) fn watches(&self, event: Event, resource: &ResourceInfo) -> bool {
        self.callbacks[event as usize].is_some()
            && (self.only.is_empty() || self.only.contains(&resource.resource_type()))
    }

    pub(super) fn is_enabled(&self) -> bool {
        self.enabled.load(Ordering::Relaxed)
    }

    /// Says whether it is in the set of its hooks.
    pub(super) fn set_enabled(&self, enabled: bool) {
        self.enabled.store(enabled, Ordering::Relaxed);
    }

    pub(super) fn call(&self, event: Event, resource: &ResourceInfo) {
        if let Some(callback) = &self.callbacks[event as usize] {
            callback(resource);
        }
    }

    pub(super) fn panic_policy(&self) -> PanicPolicy {
        self.panics
    }

    pub(super) fn is_destroy_immediate(&self) -> bool {
        self.destroy_immediate
    }

    pub(super) fn ignores_own_events(&self) -> bool {
        self.ignores_own_events
    }
}

impl Drop for Watcher {
    /// What it owns is user code's: it goes where the last count does, with no store set, and a panic in it is nobody's.
    fn drop(&mut self) {
        let callbacks = std::mem::take(&mut self.callbacks);
        report::isolate(
            || "the destructor of a hook".to_owned(),
            || crate::root(|| drop(callbacks)),
        );
    }
}

impl fmt::Debug for Watcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let told = Event::ALL
            .into_iter()
            .filter(|&event| self.callbacks[event as usize].is_some());
        f.debug_struct("AsyncHook")
            .field("told", &told.map(Event::name).collect::<Vec<_>>())
            .field("only", &self.only)
            .field("enabled", &self.enabled)
            .finish_non_exhaustive()
    }
}
