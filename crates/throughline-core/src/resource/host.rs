//! The state machine of resources, for a host that drives it itself: an embedded engine says "init, enter, leave, resolve, destroy".

use super::execution::{self, OnStack, default_trigger, execution_async_resource};
use super::registry::{Event, Hooks, PROCESS};
use super::{AsyncId, HookBuilder, ResourceInfo, ResourceType, deliver, destroy_queue};
use std::fmt;
use std::sync::Arc;

/// The hooks of one host (an engine's runtime), or of the process.
///
/// A host's resources are told of to its own hooks, and then to those of the process; hooks of other hosts do not hear of them. Ids and
/// the execution stack are the process's and the thread's, so that a host's callback, a Rust callback in it and another host's callback
/// in that nest. The host keeps the context of its resources itself, and opens a boundary for each of its jobs.
///
/// # Examples
/// ```
/// use throughline_core::{execution_async_id, host::HookRegistry};
///
/// let engine = HookRegistry::new();
/// let promise = engine.init("PROMISE".into(), None);
/// let entered = engine.enter(&promise);
/// assert_eq!(execution_async_id(), Some(promise.async_id()));
/// engine.resolve(&promise);
/// engine.leave(entered).unwrap();
/// engine.destroy(&promise);
/// engine.flush_destroy_events();
/// ```
#[derive(Clone, Debug)]
pub struct HookRegistry(Option<Arc<Hooks>>);

impl HookRegistry {
    /// The hooks of a new host: none yet.
    #[allow(clippy::new_without_default)] // A default would be the process's, some may think.
    pub fn new() -> Self {
        HookRegistry(Some(Arc::new(Hooks::new())))
    }

    /// The hooks of the process, to which [`create_hook`](crate::create_hook) adds.
    pub const fn process() -> Self {
        HookRegistry(None)
    }

    pub(super) fn is_process(&self) -> bool {
        self.0.is_none()
    }

    pub(super) fn hooks(&self) -> &Hooks {
        self.0.as_deref().unwrap_or(&PROCESS)
    }

    /// Begins a hook that is told of this host's resources.
    pub fn create_hook(&self) -> HookBuilder {
        HookBuilder::new(self.clone())
    }

    /// Whether any hook is told of such resources, so that a host need not make them known for nobody.
    pub fn is_watched(&self, resource_type: ResourceType) -> bool {
        let any = |hooks: &Hooks| {
            let watches = |&event: &Event| hooks.watches_type(event, resource_type);
            Event::ALL.iter().any(watches)
        };
        any(self.hooks()) || any(&PROCESS)
    }

    /// A resource was made, by `trigger` or else by what is running. The answer is what the host passes to the rest of these.
    pub fn init(&self, resource_type: ResourceType, trigger: Option<AsyncId>) -> ResourceInfo {
        let trigger = trigger.or_else(default_trigger);
        let resource = ResourceInfo::new(AsyncId::unique(), trigger, resource_type);
        deliver::emit(self, Event::Init, &resource);
        resource
    }

    /// Whether any hook is told of new resources, so that a host need not look at what it would tell.
    pub fn has_init_hooks(&self) -> bool {
        self.hooks().watches_any(Event::Init) || PROCESS.watches_any(Event::Init)
    }

    /// Whether any hook is told of destroyed resources, so that a host need not keep track of who is gone (clause `RES-5`).
    pub fn has_destroy_hooks(&self) -> bool {
        self.hooks().watches_any(Event::Destroy) || PROCESS.watches_any(Event::Destroy)
    }

    /// What a resource made here and now is caused by: what is running, or what [`with_default_trigger`](crate::with_default_trigger) said.
    pub fn default_trigger(&self) -> Option<AsyncId> {
        default_trigger()
    }

    /// An id that nothing else has, for a resource that is made known later, if ever: see [`announce`](Self::announce).
    pub fn new_id(&self) -> AsyncId {
        AsyncId::unique()
    }

    /// Tells of a resource whose id was taken before: a host's hooks are handed its object, which has its id by then.
    ///
    /// [`init`](Self::init) is [`new_id`](Self::new_id), [`resource`](Self::resource) and this.
    ///
    /// # Examples
    /// ```
    /// use std::sync::{Arc, Mutex};
    /// use throughline_core::host::HookRegistry;
    ///
    /// let engine = HookRegistry::new();
    /// let told = Arc::new(Mutex::new(Vec::new()));
    /// let hook = engine.create_hook().init({
    ///     let told = told.clone();
    ///     move |resource| told.lock().unwrap().push(*resource)
    /// });
    /// let hook = hook.build();
    /// hook.enable();
    ///
    /// let id = engine.new_id();
    /// let resource = engine.resource(id, engine.default_trigger(), "Timeout".into());
    /// assert!(told.lock().unwrap().is_empty());
    /// engine.announce(&resource);
    /// assert_eq!(*told.lock().unwrap(), [resource]);
    /// ```
    pub fn announce(&self, resource: &ResourceInfo) {
        deliver::emit(self, Event::Init, resource);
    }

    /// As [`init`](Self::init), with an id of the host's making and nobody told: for its main program, or a resource that was made unseen.
    pub fn resource(
        &self,
        id: AsyncId,
        trigger: Option<AsyncId>,
        resource_type: ResourceType,
    ) -> ResourceInfo {
        ResourceInfo::new(id, trigger, resource_type)
    }

    /// A callback of `resource` is about to run on this thread: it is on the execution stack from here on, and hooks are told `before`.
    ///
    /// # Panics
    /// Only if a hook does that wants its panics to propagate; `resource` is on no stack then.
    pub fn enter(&self, resource: &ResourceInfo) -> Entered {
        Entered(execution::enter(self, resource))
    }

    /// The callback has run: hooks are told `after`, and what was on the stack before is there again.
    ///
    /// # Errors
    /// If another resource is on top of the stack (clause `HK-18`, which ends Node). Nothing is changed; the host may leave that one first, and try
    /// this one, which is in the error, again.
    ///
    /// # Panics
    /// Only if a hook does that wants its panics to propagate; the stack is as before [`enter`](Self::enter) by then.
    pub fn leave(&self, mut entered: Entered) -> Result<(), OutOfOrder> {
        if !entered.0.is_on_top() {
            return Err(OutOfOrder {
                actual: execution_async_resource(),
                entered,
            });
        }
        entered.0.leave();
        Ok(())
    }

    /// What `resource` stands for came to its value, or was given up for another (clause `HK-13`).
    pub fn resolve(&self, resource: &ResourceInfo) {
        deliver::emit(self, Event::PromiseResolve, resource);
    }

    /// What `resource` stands for will never come to its value.
    pub fn cancel(&self, resource: &ResourceInfo) {
        deliver::emit(self, Event::Cancelled, resource);
    }

    /// `resource` is no more: to be called once, after its last [`leave`](Self::leave). Hooks are told when the thread is in no resource's scope, or at
    /// [`flush_destroy_events`](Self::flush_destroy_events).
    pub fn destroy(&self, resource: &ResourceInfo) {
        destroy_queue::destroyed_in(self, resource);
    }

    /// Delivers the destroy events that are waiting, to the hooks that are enabled now: an engine's loop calls it between two jobs (clause
    /// `HK-20`). Called by a hook, this does nothing.
    pub fn flush_destroy_events(&self) {
        destroy_queue::flush_in(self);
    }
}

/// A resource is on the execution stack of this thread: what [`HookRegistry::enter`] gives, and [`HookRegistry::leave`] takes.
///
/// Dropped, it is left, if it is on top; else it does nothing.
#[must_use = "the resource is left when this is dropped"]
pub struct Entered(OnStack);

impl fmt::Debug for Entered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Entered").field(&self.0.resource()).finish()
    }
}

/// The error of leaving a resource that is not on top of the execution stack.
#[derive(Debug)]
pub struct OutOfOrder {
    entered: Entered,
    actual: Option<ResourceInfo>,
}

impl OutOfOrder {
    /// What was to be left; it may be once it is on top.
    #[must_use = "it is left when this is dropped, or not at all"]
    pub fn into_entered(self) -> Entered {
        self.entered
    }
}

impl fmt::Display for OutOfOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let expected = self.entered.0.resource();
        match &self.actual {
            Some(actual) => write!(
                f,
                "{expected:?} was to be left, but {actual:?} was entered after it"
            ),
            None => write!(
                f,
                "{expected:?} was to be left, but no resource is entered on this thread"
            ),
        }
    }
}

impl std::error::Error for OutOfOrder {}
