//! Who caused whom.

use super::activity::Activity;
use std::collections::HashMap;
use std::fmt;

/// The resources that were collected, each with the one that triggered it: see [`ActivityCollector::graph`](super::ActivityCollector::graph).
///
/// Printed, it is a tree.
///
/// # Examples
/// ```
/// use throughline::AsyncResource;
/// use throughline::test_util::ActivityCollector;
///
/// let collector = ActivityCollector::of(["server", "request"]);
/// let server = AsyncResource::new("server");
/// let request = server.run_in_async_scope(|| AsyncResource::new("request"));
/// assert_eq!(collector.graph().to_string(), "server:1\n  request:1\n");
/// # drop(request);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Graph(Vec<Node>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Node {
    name: String,
    trigger: Option<String>,
}

impl Graph {
    pub(super) fn of(activities: &[Activity]) -> Self {
        let names: HashMap<_, _> = activities
            .iter()
            .map(|activity| (activity.resource().async_id(), activity.name()))
            .collect();
        let node = |activity: &Activity| {
            let trigger = activity.resource().trigger_async_id();
            Node {
                name: activity.name().to_owned(),
                trigger: trigger.and_then(|id| names.get(&id)).map(|&name| name.to_owned()),
            }
        };
        Graph(activities.iter().map(node).collect())
    }

    /// The symbolic name of who triggered a resource; none where that was not collected, or nobody.
    pub fn trigger_of(&self, name: &str) -> Option<&str> {
        self.node(name)?.trigger.as_deref()
    }

    fn node(&self, name: &str) -> Option<&Node> {
        self.0.iter().find(|node| node.name == name)
    }

    /// Asserts that it is made of just these resources, in any order, each with its trigger: by symbolic names, none for whoever was triggered by
    /// nobody, or by a resource that was not collected.
    ///
    /// # Panics
    /// If it is not, with what differs, and the whole graph.
    #[track_caller]
    pub fn verify<'a>(&self, expected: impl IntoIterator<Item = (&'a str, Option<&'a str>)>) {
        let expected: Vec<_> = expected.into_iter().collect();
        let mut differences = Vec::new();
        for &(name, trigger) in &expected {
            match self.node(name) {
                None => differences.push(format!("{} is missing", caused(name, trigger))),
                Some(node) if node.trigger.as_deref() != trigger => {
                    let found = caused(name, node.trigger.as_deref());
                    differences.push(format!("{found}, expected {}", caused(name, trigger)));
                }
                Some(_) => {}
            }
        }
        for node in &self.0 {
            if !expected.iter().any(|(name, _)| *name == node.name) {
                let found = caused(&node.name, node.trigger.as_deref());
                differences.push(format!("{found} was not expected"));
            }
        }
        assert!(
            differences.is_empty(),
            "{}; what was collected:\n{self}",
            differences.join("; ")
        );
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, trigger: Option<&str>, depth: usize) -> fmt::Result {
        for node in self.0.iter().filter(|node| node.trigger.as_deref() == trigger) {
            writeln!(f, "{:1$}{2}", "", 2 * depth, node.name)?;
            self.write(f, Some(&node.name), depth + 1)?;
        }
        Ok(())
    }
}

fn caused(name: &str, trigger: Option<&str>) -> String {
    match trigger {
        Some(trigger) => format!("{name} by {trigger}"),
        None => format!("{name} by none of these"),
    }
}

impl fmt::Display for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, None, 0)
    }
}
