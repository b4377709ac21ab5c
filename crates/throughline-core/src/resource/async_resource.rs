//! `AsyncResource`: an id, a cause, a type, a captured context, and a life that hooks can watch.

use super::builder::AsyncResourceBuilder;
use super::destroy_queue::destroyed;
use super::execution::within;
use super::in_resource::InResource;
use super::registry::{Event, Watched, emit};
use super::{AsyncId, ResourceInfo, ResourceType};
use crate::frame::{Closable, Closed, End, FrameRef, OwnedScope, Scope, capture};
use crate::{Snapshot, live};
use std::fmt;
use std::sync::Arc;

/// Something whose callbacks run later, in the context where it was made.
///
/// It is held as a field of what it stands for (a query, a job, a connection), which calls its users' callbacks through
/// [`run_in_async_scope`](Self::run_in_async_scope), or [wrapped around](crate::FutureResourceExt::in_resource) a future. Clones are handles of the
/// same resource. The last one dropped destroys it, and so does [`emit_destroy`](Self::emit_destroy), whichever comes first:
/// once. What it captured is let go of then.
///
/// Node's `AsyncResource` (clauses `RES-1` to `RES-12`). For closures there is [`bind_to`](crate::Bind::bind_to). Where nobody needs
/// ids or hooks, a [`Snapshot`] does the same for less.
///
/// # Examples
/// ```
/// use throughline_core::{AsyncLocalStorage, AsyncResource, execution_async_id};
/// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
///
/// struct DbQuery {
///     resource: AsyncResource,
/// }
/// impl DbQuery {
///     fn get_info(&self, callback: impl FnOnce(u32) + Send + 'static) {
///         let resource = self.resource.clone();
///         let database = std::thread::spawn(move || resource.run_in_async_scope(|| callback(42)));
///         database.join().unwrap();
///     }
/// }
///
/// let query = USER.run("ada", || DbQuery { resource: AsyncResource::new("DBQuery") });
/// let id = query.resource.async_id();
/// query.get_info(move |answer| {
///     assert_eq!((answer, USER.get_store()), (42, Some("ada")));
///     assert_eq!(execution_async_id(), Some(id));
/// });
/// ```
#[derive(Clone)]
pub struct AsyncResource(Arc<Kept>);

/// What the handles of a resource share: its frame, which goes when it is destroyed, and what is known of it.
type Kept = Closable<Life>;

/// The life of a resource: hooks are told when it begins, and when this is dropped.
pub(crate) struct Life {
    info: ResourceInfo,
    watched: Watched,
    manual: bool,
    _live: live::Resource,
}

impl AsyncResource {
    /// A resource of that type, made by the resource whose callback is running, with the current context.
    ///
    /// Hooks are told of it before this returns (clause `RES-4`).
    ///
    /// # Panics
    /// If the type's name is empty; [`AsyncResourceBuilder::try_build`] answers an error.
    #[inline]
    #[track_caller]
    pub fn new(type_name: impl Into<ResourceType>) -> Self {
        Self::builder(type_name).build()
    }

    /// Begins a resource with a cause, a context or an end that are not the usual ones.
    ///
    /// # Examples
    /// ```
    /// use throughline_core::{AsyncResource, Snapshot};
    ///
    /// let request = AsyncResource::new("Request");
    /// let pooled = AsyncResource::builder("Connection")
    ///     .trigger_async_id(request.async_id())
    ///     .snapshot(Snapshot::empty())
    ///     .build();
    /// assert_eq!(pooled.trigger_async_id(), Some(request.async_id()));
    /// ```
    #[inline]
    pub fn builder(type_name: impl Into<ResourceType>) -> AsyncResourceBuilder {
        AsyncResourceBuilder::new(type_name.into())
    }

    #[inline]
    pub(super) fn begin(frame: FrameRef, info: ResourceInfo, manual: bool) -> Self {
        let life = Life {
            manual,
            ..Life::new(info)
        };
        let resource = AsyncResource(Arc::new(Closable::new(frame, life)));
        resource.0.began();
        resource
    }

    /// Its id.
    #[doc(alias = "asyncId")]
    #[inline]
    pub fn async_id(&self) -> AsyncId {
        self.info().async_id()
    }

    /// The id of what caused it.
    #[doc(alias = "triggerAsyncId")]
    #[inline]
    pub fn trigger_async_id(&self) -> Option<AsyncId> {
        self.info().trigger_async_id()
    }

    /// The name of its type.
    #[inline]
    pub fn type_name(&self) -> &'static str {
        self.info().type_name()
    }

    /// What hooks are told of it.
    #[inline]
    pub fn info(&self) -> ResourceInfo {
        self.0.info
    }

    /// Runs `f` as a callback of this resource: in its context, with its id as the execution id, and between `before` and `after`.
    ///
    /// Each scope starts from the context as it was when the resource was made (clause `RES-8`). Scopes may nest, and run on several threads at
    /// once.
    ///
    /// # Panics
    /// If the resource is destroyed; [`try_run_in_async_scope`](Self::try_run_in_async_scope) answers an error. And if `f` does: context, ids and
    /// stack are as before by then, and hooks were told `after`.
    #[doc(alias = "runInAsyncScope")]
    #[inline]
    #[track_caller]
    pub fn run_in_async_scope<R>(&self, f: impl FnOnce() -> R) -> R {
        match self.try_run_in_async_scope(f) {
            Ok(answer) => answer,
            Err(error) => panic!("{error}"),
        }
    }

    /// As [`run_in_async_scope`](Self::run_in_async_scope).
    ///
    /// # Errors
    /// If the resource is destroyed, with `f` in the error.
    #[inline]
    pub fn try_run_in_async_scope<F: FnOnce() -> R, R>(&self, f: F) -> Result<R, Destroyed<F>> {
        let running = match self.0.begin() {
            Ok(scope) => Running(Some(scope)),
            Err(frame) => {
                ended(&self.0.info, frame);
                return Err(Destroyed::new(self.info(), f));
            }
        };
        let answer = self.0.within(|| running.run(f));
        // Not as a local that goes with the function: if a store's `Drop` panics here, the answer is dropped, not lost.
        drop(running);
        Ok(answer)
    }

    /// Runs a future as a callback of this resource: each poll, and its drop, is a scope.
    ///
    /// What is entered in it moves with it from poll to poll; other scopes of the resource do not see it. A resource that is destroyed
    /// meanwhile is so when the future has ended. Hooks are told when it is ready, or dropped before that.
    ///
    /// # Panics
    /// If the resource is destroyed. The answer panics when polled again after it was ready.
    ///
    /// # Cancel safety
    /// Dropping the answer drops `future` in the resource's scope.
    #[track_caller]
    pub fn scope<F: Future>(&self, future: F) -> InResource<F> {
        InResource::new(self, None, future).unwrap_or_else(|error| panic!("{error}"))
    }

    /// As [`scope`](Self::scope), from within a scope: the future goes on with what was entered in that.
    pub(crate) fn scope_here<F: Future>(&self, future: F) -> InResource<F> {
        InResource::new(self, Some(capture()), future).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Destroys it: hooks are told, once, and what it captured is let go of. Answers whether it was this call.
    ///
    /// Called in a scope of its own, or while others run, it takes effect when the last of them has ended. From this call on no
    /// scope begins. (Node lets scopes go on, tells hooks again at each call and keeps the context: clause `RES-9`.)
    ///
    /// # Panics
    /// Only if the `Drop` of a store does, whose last capture this was.
    #[doc(alias = "emitDestroy")]
    pub fn emit_destroy(&self) -> bool {
        match self.0.close() {
            Closed::Before => return false,
            Closed::WhenScopesEnd => {}
            Closed::Now(frame) => ended(&self.0.info, Some(frame)),
        }
        true
    }

    /// Whether it was destroyed, or will be when its last scope ends.
    pub fn is_destroyed(&self) -> bool {
        self.0.is_closed()
    }

    /// The context of its callbacks; none if it is destroyed.
    pub fn snapshot(&self) -> Option<Snapshot> {
        let scope = self.begin_owned()?;
        let snapshot = Snapshot(scope.frame());
        end(scope);
        Some(snapshot)
    }

    /// A scope that is ended by [`end`].
    pub(super) fn begin_owned(&self) -> Option<OwnedScope<Life>> {
        match self.0.begin_owned() {
            Ok(scope) => Some(scope),
            Err(frame) => {
                ended(&self.0.info, frame);
                None
            }
        }
    }
}

/// A resource of that type, with the current context.
///
/// # Panics
/// If the type's name is empty.
impl From<ResourceType> for AsyncResource {
    #[track_caller]
    fn from(type_name: ResourceType) -> Self {
        AsyncResource::new(type_name)
    }
}

/// As from a [`ResourceType`].
impl From<&'static str> for AsyncResource {
    #[track_caller]
    fn from(type_name: &'static str) -> Self {
        AsyncResource::new(type_name)
    }
}

/// Another handle.
impl From<&AsyncResource> for AsyncResource {
    fn from(resource: &AsyncResource) -> Self {
        resource.clone()
    }
}

/// What it is, and the context of its scopes, if it is not destroyed.
impl fmt::Debug for AsyncResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut resource = f.debug_tuple("AsyncResource");
        resource.field(&self.info());
        match self.snapshot() {
            Some(context) => resource.field(&context).finish(),
            None => resource.field(&format_args!("destroyed")).finish(),
        }
    }
}

impl Life {
    /// The life of a resource that ends with its last handle. Hooks do not know yet.
    #[inline]
    pub(super) fn new(info: ResourceInfo) -> Self {
        Life {
            info,
            watched: Watched::of(info.resource_type()),
            manual: false,
            _live: live::Resource::new(),
        }
    }

    /// Hooks are told.
    #[inline]
    pub(super) fn began(&self) {
        emit(Event::Init, &self.info);
    }

    /// Hooks are told: to be called once, after its last callback.
    pub(super) fn ended(&self) {
        destroyed(&self.info);
    }

    pub(super) fn info(&self) -> &ResourceInfo {
        &self.info
    }

    /// Runs `f` as a callback of this resource.
    #[inline(always)]
    pub(super) fn within<R>(&self, f: impl FnOnce() -> R) -> R {
        within(&self.info, self.watched, f)
    }
}

/// The last handle goes (clause `RES-5`).
impl End for Life {
    fn dropped(&self) {
        if !self.manual {
            self.ended();
        }
    }
}

/// A running scope. Its end may be the resource's.
struct Running<'a>(Option<Scope<'a, Life>>);

impl Running<'_> {
    #[inline(always)]
    fn run<R>(&self, f: impl FnOnce() -> R) -> R {
        match &self.0 {
            Some(scope) => scope.run(f),
            None => f(),
        }
    }
}

impl Drop for Running<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        let Some(scope) = self.0.take() else {
            return;
        };
        let life = scope.get();
        if let Some(frame) = scope.end() {
            ended(&life.info, Some(frame));
        }
    }
}

/// Ends the scope of a future; the resource may end with it.
pub(super) fn end(scope: OwnedScope<Life>) {
    let (frame, kept) = scope.end();
    ended(&kept.info, frame);
    // If it was the last handle, the resource ends here.
    drop(kept);
}

/// Nothing, unless there is a frame: then the last scope of a resource that was to be destroyed has ended.
#[cold]
#[inline(never)]
fn ended(info: &ResourceInfo, frame: Option<FrameRef>) {
    if let Some(frame) = frame {
        destroyed(info);
        drop(frame);
    }
}

/// The error of running something as a callback of a resource that is destroyed: it holds what was to be run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Destroyed<F> {
    info: ResourceInfo,
    inner: F,
}

impl<F> Destroyed<F> {
    pub(super) fn new(info: ResourceInfo, inner: F) -> Self {
        Destroyed { info, inner }
    }

    /// What was to be run.
    #[must_use = "what was to be run is dropped unless it is kept"]
    pub fn into_inner(self) -> F {
        self.inner
    }
}

impl<F> fmt::Display for Destroyed<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the resource {:?} is destroyed, and its context let go of: run callbacks before `emit_destroy`, or keep a `Snapshot`",
            self.info
        )
    }
}

impl<F> fmt::Debug for Destroyed<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Destroyed").field(&self.info).finish()
    }
}

impl<F> std::error::Error for Destroyed<F> {}
