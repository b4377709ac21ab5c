//! The hook that keeps what it is told.

use super::activity::{Activity, EventKind};
use super::builder::CollectorBuilder;
use super::graph::Graph;
use super::state::State;
use crate::{AsyncHook, AsyncId, ResourceType};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::thread::ThreadId;

/// A hook that keeps what it is told, until it is dropped. See the [module](super) for how it keeps to its own test.
///
/// # Examples
/// ```
/// use throughline::AsyncResource;
/// use throughline::test_util::ActivityCollector;
///
/// let collector = ActivityCollector::of(["query"]);
/// AsyncResource::new("query").run_in_async_scope(|| ());
/// assert_eq!(
///     collector.sequence(),
///     ["init query:1", "before query:1", "after query:1", "destroy query:1"]
/// );
/// ```
#[must_use = "nothing is collected any more when this is dropped"]
pub struct ActivityCollector {
    hook: AsyncHook,
    state: Arc<Mutex<State>>,
}

impl ActivityCollector {
    /// Starts to collect what happens to resources of these types: of all, if there are none.
    pub fn of<T: Into<ResourceType>>(types: impl IntoIterator<Item = T>) -> Self {
        Self::builder().only(types).start()
    }

    /// Says what is to be collected.
    pub fn builder() -> CollectorBuilder {
        CollectorBuilder::default()
    }

    pub(super) fn new(hook: AsyncHook, state: Arc<Mutex<State>>) -> Self {
        ActivityCollector { hook, state }
    }

    /// Goes on collecting, after [`disable`](Self::disable).
    pub fn enable(&self) {
        self.hook.enable();
    }

    /// Collects no more; what was collected is kept. What happens meanwhile shows later in
    /// [unmatched](super::Happened::is_unmatched) events.
    pub fn disable(&self) {
        self.hook.disable();
    }

    /// What happened to each resource, in the order in which the collector first heard of them.
    pub fn activities(&self) -> Vec<Activity> {
        State::lock(&self.state).activities.clone()
    }

    /// What happened to the resources of a type.
    pub fn activities_of_type(&self, type_name: &str) -> Vec<Activity> {
        let mut activities = self.activities();
        activities.retain(|activity| activity.resource().type_name() == type_name);
        activities
    }

    /// What happened to the resource of that id, if it was collected.
    pub fn activity_of(&self, id: AsyncId) -> Option<Activity> {
        State::lock(&self.state).of_id(id).cloned()
    }

    /// What happened to the resource of that symbolic name, such as `query:2`.
    ///
    /// # Panics
    /// If there is none, with the names that there are.
    #[track_caller]
    pub fn activity(&self, name: &str) -> Activity {
        let activities = self.activities();
        let Some(activity) = activities.iter().find(|activity| activity.name() == name) else {
            let names: Vec<&str> = activities.iter().map(Activity::name).collect();
            panic!(
                "no resource `{name}` was collected; there are: {}",
                names.join(", ")
            );
        };
        activity.clone()
    }

    /// All that happened, in order, such as `before query:2`.
    pub fn sequence(&self) -> Vec<String> {
        let activities = self.activities();
        let lines =
            in_order(&activities).map(|(event, activity)| format!("{} {}", event.kind(), activity.name()));
        lines.collect()
    }

    /// Asserts how often hooks were told of each kind of event of the resource of that symbolic name: as
    /// [`Activity::check_invocations`].
    ///
    /// # Panics
    /// If it is not so, or there is no such resource.
    #[track_caller]
    pub fn check_invocations(&self, name: &str, expected: impl IntoIterator<Item = (EventKind, usize)>) {
        self.activity(name).check_invocations(expected);
    }

    /// Who caused whom.
    pub fn graph(&self) -> Graph {
        Graph::of(&self.activities())
    }

    /// Asserts which resources were collected, and who triggered each: another one of them, or none of them. As [`Graph::verify`].
    ///
    /// # Panics
    /// If it is not so, with what differs and the graph that was found.
    #[track_caller]
    pub fn verify_graph<'a>(&self, expected: impl IntoIterator<Item = (&'a str, Option<&'a str>)>) {
        self.graph().verify(expected);
    }

    /// What is not as it should be for a hook that was enabled all the time: callbacks that do not nest on their thread, events that are
    /// [unmatched](super::Happened::is_unmatched). Callbacks that are still running are in order.
    pub fn problems(&self) -> Vec<String> {
        let activities = self.activities();
        let mut problems = Vec::new();
        let mut running: HashMap<ThreadId, Vec<&str>> = HashMap::new();
        for (event, activity) in in_order(&activities) {
            let (kind, name) = (event.kind(), activity.name());
            if event.is_unmatched() {
                problems.push(format!("`{kind}` of {name} is unmatched"));
                continue;
            }
            if kind == EventKind::Destroy && running.values().flatten().any(|other| *other == name) {
                problems.push(format!("`destroy` of {name} while it was running"));
            }
            let running = running.entry(event.thread()).or_default();
            match kind {
                EventKind::Before => running.push(name),
                EventKind::After => {
                    let innermost = running.pop().filter(|innermost| *innermost != name);
                    problems.extend(
                        innermost.map(|other| format!("`after` of {name} while {other} was running in it")),
                    );
                }
                _ => {}
            }
        }
        problems
    }

    /// Asserts that there are no [`problems`](Self::problems).
    ///
    /// # Panics
    /// If there are, with all that happened.
    #[track_caller]
    pub fn assert_well_formed(&self) {
        let problems = self.problems();
        assert!(
            problems.is_empty(),
            "{}; what happened: {}",
            problems.join("; "),
            self.sequence().join(", ")
        );
    }
}

fn in_order(activities: &[Activity]) -> impl Iterator<Item = (&super::Happened, &Activity)> {
    let mut all: Vec<_> = activities
        .iter()
        .flat_map(|activity| activity.events().iter().map(move |event| (event, activity)))
        .collect();
    all.sort_by_key(|(event, _)| event.order());
    all.into_iter()
}

impl Drop for ActivityCollector {
    fn drop(&mut self) {
        self.hook.disable();
    }
}

/// The graph, with how often each thing happened.
impl fmt::Debug for ActivityCollector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActivityCollector")
            .field("sequence", &self.sequence())
            .finish_non_exhaustive()
    }
}
