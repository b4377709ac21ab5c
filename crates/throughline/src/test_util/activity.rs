//! What a collector knows of one resource.

use crate::ResourceInfo;
use std::fmt;
use std::thread::ThreadId;

/// The kinds of events that hooks are told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum EventKind {
    /// It was made.
    Init,
    /// A callback of it was about to run.
    Before,
    /// A callback of it had run.
    After,
    /// It was no more.
    Destroy,
    /// A future in it was ready.
    PromiseResolve,
    /// A future in it was dropped before it was ready.
    Cancelled,
}

impl EventKind {
    pub(super) const ALL: [EventKind; 6] = [
        EventKind::Init,
        EventKind::Before,
        EventKind::After,
        EventKind::Destroy,
        EventKind::PromiseResolve,
        EventKind::Cancelled,
    ];
}

/// As the method of the hook's builder is called.
impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            EventKind::Init => "init",
            EventKind::Before => "before",
            EventKind::After => "after",
            EventKind::Destroy => "destroy",
            EventKind::PromiseResolve => "promise_resolve",
            EventKind::Cancelled => "cancelled",
        })
    }
}

/// One event of one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happened {
    pub(super) kind: EventKind,
    pub(super) order: usize,
    pub(super) thread: ThreadId,
    pub(super) is_unmatched: bool,
}

impl Happened {
    /// What happened.
    pub fn kind(&self) -> EventKind {
        self.kind
    }

    /// Its place among all that the collector was told, counted from 0.
    pub fn order(&self) -> usize {
        self.order
    }

    /// The thread on which hooks were told.
    pub fn thread(&self) -> ThreadId {
        self.thread
    }

    /// Whether something before it was missing, or had ended it all: an `after` without its `before` on that thread, another event without
    /// `init`, any event after `destroy`.
    ///
    /// A collector that starts, or stops, in the midst of things is told of such events, as hooks are (clauses `HK-7`, `HK-8`).
    pub fn is_unmatched(&self) -> bool {
        self.is_unmatched
    }
}

/// What a collector was told of one resource, in order.
#[derive(Clone, Debug)]
pub struct Activity {
    pub(super) name: String,
    pub(super) resource: ResourceInfo,
    pub(super) events: Vec<Happened>,
}

impl Activity {
    /// Its symbolic name, such as `query:2`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What hooks are told of it.
    pub fn resource(&self) -> ResourceInfo {
        self.resource
    }

    /// What happened to it.
    pub fn events(&self) -> &[Happened] {
        &self.events
    }

    /// How often such a thing happened to it.
    pub fn count(&self, kind: EventKind) -> usize {
        self.events.iter().filter(|event| event.kind == kind).count()
    }

    /// Asserts how often hooks were told of each kind of event; of those that are not in `expected`, never.
    ///
    /// # Panics
    /// If it is not so, with each kind that differs.
    ///
    /// # Examples
    /// ```should_panic
    /// use throughline::AsyncResource;
    /// use throughline::test_util::{ActivityCollector, EventKind::*};
    ///
    /// let collector = ActivityCollector::of(["query"]);
    /// let _query = AsyncResource::new("query");
    /// // query:1: `before` was told 0 times, 1 expected; …
    /// collector.activities()[0].check_invocations([(Init, 1), (Before, 1), (After, 1)]);
    /// ```
    #[track_caller]
    pub fn check_invocations(&self, expected: impl IntoIterator<Item = (EventKind, usize)>) {
        let expected: Vec<_> = expected.into_iter().collect();
        let wanted = |kind| {
            expected
                .iter()
                .filter(|(k, _)| *k == kind)
                .map(|(_, times)| times)
                .sum()
        };
        let differs = |kind| {
            let (told, wanted): (usize, usize) = (self.count(kind), wanted(kind));
            (told != wanted).then(|| format!("`{kind}` was told {told} times, {wanted} expected"))
        };
        let differences: Vec<String> = EventKind::ALL.into_iter().filter_map(differs).collect();
        assert!(
            differences.is_empty(),
            "{}: {}; what happened: {}",
            self.name,
            differences.join("; "),
            self.sequence()
        );
    }

    fn sequence(&self) -> String {
        let kinds: Vec<String> = self.events.iter().map(|event| event.kind.to_string()).collect();
        kinds.join(", ")
    }

    pub(super) fn is_destroyed(&self) -> bool {
        self.count(EventKind::Destroy) > 0
    }

    /// Whether one of its callbacks is running on that thread, as far as is known.
    pub(super) fn is_running_on(&self, thread: ThreadId) -> bool {
        let on_thread = |kind| {
            let events = self.events.iter();
            events
                .filter(|event| event.kind == kind && event.thread == thread && !event.is_unmatched)
                .count()
        };
        on_thread(EventKind::Before) > on_thread(EventKind::After)
    }
}
