//! Which resources a collector keeps to.

use super::activity::EventKind;
use super::collector::ActivityCollector;
use super::state::State;
use crate::{AsyncId, ResourceInfo, ResourceType, create_hook};
use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};

/// An [`ActivityCollector`] in the making: it says which resources are the collector's own. With nothing said, all in the process are.
///
/// What is said adds up: a resource is collected if all of it holds when the collector first hears of it, mostly in `init`. Its later events
/// are collected then on whatever thread they happen.
#[derive(Debug, Default)]
#[must_use = "nothing is collected until it is started"]
pub struct CollectorBuilder {
    only: Vec<ResourceType>,
    choice: Choice,
}

/// Whether a resource is the collector's own, beside its type.
#[derive(Debug, Default)]
pub(super) struct Choice {
    thread: Option<ThreadId>,
    /// The resources whose children are wanted; children are added.
    causes: Option<HashSet<AsyncId>>,
}

impl CollectorBuilder {
    /// Resources of these types.
    pub fn only<T: Into<ResourceType>>(mut self, types: impl IntoIterator<Item = T>) -> Self {
        self.only.extend(types.into_iter().map(Into::into));
        self
    }

    /// Resources that the thread makes on which this is called: for a test that makes all of its own on one thread. They may go on elsewhere.
    pub fn made_on_this_thread(mut self) -> Self {
        self.choice.thread = Some(thread::current().id());
        self
    }

    /// Resources that this one causes, and those which these cause in turn, by trigger ids; not the resource itself. With
    /// [`only`](Self::only), the chain must not go through other types, of which the collector does not hear.
    ///
    /// Called several times, those that any of them causes.
    ///
    /// # Examples
    /// ```
    /// use throughline::AsyncResource;
    /// use throughline::test_util::ActivityCollector;
    ///
    /// let test = AsyncResource::new("test");
    /// let collector = ActivityCollector::builder().descending_from(test.async_id()).start();
    /// let not_ours = AsyncResource::new("query");
    /// let ours = test.run_in_async_scope(|| AsyncResource::new("query"));
    /// let row = std::thread::spawn(move || ours.run_in_async_scope(|| AsyncResource::new("row")));
    /// row.join().unwrap();
    /// collector.verify_graph([("query:1", None), ("row:1", Some("query:1"))]);
    /// # drop(not_ours);
    /// ```
    pub fn descending_from(mut self, cause: AsyncId) -> Self {
        self.choice.causes.get_or_insert_default().insert(cause);
        self
    }

    /// Starts to collect.
    pub fn start(self) -> ActivityCollector {
        let state = Arc::new(Mutex::new(State::new(self.choice)));
        let keep = |kind: EventKind| {
            let state = state.clone();
            move |resource: &ResourceInfo| State::lock(&state).happened(kind, resource)
        };
        let hook = create_hook()
            .init(keep(EventKind::Init))
            .before(keep(EventKind::Before))
            .after(keep(EventKind::After))
            .destroy(keep(EventKind::Destroy))
            .promise_resolve(keep(EventKind::PromiseResolve))
            .cancelled(keep(EventKind::Cancelled))
            .only(self.only)
            .build();
        hook.enable();
        ActivityCollector::new(hook, state)
    }
}

impl Choice {
    /// Whether a resource is wanted of which nothing is known yet.
    pub(super) fn wants(&mut self, resource: &ResourceInfo, thread: ThreadId) -> bool {
        if self.thread.is_some_and(|wanted| wanted != thread) {
            return false;
        }
        let Some(causes) = &mut self.causes else {
            return true;
        };
        let is_caused = resource
            .trigger_async_id()
            .is_some_and(|trigger| causes.contains(&trigger));
        if is_caused {
            causes.insert(resource.async_id());
        }
        is_caused
    }
}
