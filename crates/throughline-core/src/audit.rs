//! Was a hand-over missed? A storage that is [expected](AsyncLocalStorage::expected), and found empty by work whose spawner had it, is counted by
//! where that work was spawned. Feature `audit`; meant for tests and staging, since each hand-over that leaves something behind costs a frame more.
//!
//! It sees what our own hand-overs leave behind (a [`Propagation`] that says so, [`HandOver::Detached`](crate::HandOver::Detached)), and what a host tells
//! of others ([`host::hand_over`](crate::host::hand_over)): raw spawns on tokio, by `throughline::tokio::hooks`. What is left out on purpose, by
//! [`exit`](AsyncLocalStorage::exit) or [`root`](crate::root), is not missed.
//!
//! The first time that a storage is missed at a place, it is [reported](crate::set_reporter), as a warning named `LostContextWarning`; [`summary`] has them all,
//! with their numbers.
//!
//! # Examples
//! ```
//! use throughline_core::{AsyncLocalStorage, HandOver, audit, snapshot_for};
//! static REQUEST_ID: AsyncLocalStorage<u64> = AsyncLocalStorage::new().named("request id").expected();
//!
//! let detached = REQUEST_ID.run(7, || snapshot_for(HandOver::Detached));
//! let line = line!() - 1;
//! assert_eq!(detached.run(|| REQUEST_ID.get_store()), None);
//!
//! let missed = &audit::summary()[0];
//! assert_eq!((missed.storage(), missed.spawned_at().line(), missed.count()), ("request id", line, 1));
//! ```

use crate::busy::Busy;
use crate::frame::{self, FrameRef};
use crate::label::Label;
use crate::report::{self, Report};
use crate::{AsyncLocalStorage, Propagation};
use std::cell::Cell;
use std::fmt;
use std::panic::Location;
use std::sync::{Arc, Mutex, PoisonError};

/// What was left behind on the way to the running work.
static TRAIL: AsyncLocalStorage<Arc<Trail>> = AsyncLocalStorage::new()
    .named("audit trail")
    .propagation(Propagation::everywhere());

struct Trail {
    spawned_at: &'static Location<'static>,
    /// The ids of the storages.
    lost: Vec<u64>,
    /// On the way to the spawner.
    before: Option<Arc<Trail>>,
}

impl Trail {
    /// Where the store of a storage was left behind.
    fn lost_at(&self, id: u64) -> Option<&'static Location<'static>> {
        if self.lost.contains(&id) {
            return Some(self.spawned_at);
        }
        self.before.as_ref()?.lost_at(id)
    }
}

/// `frame`, with the knowledge of what did not come along. `lost` are ids of storages.
pub(crate) fn with_trail(
    frame: FrameRef,
    lost: Vec<u64>,
    spawned_at: &'static Location<'static>,
) -> FrameRef {
    if lost.is_empty() {
        return frame;
    }
    let before = trail_in(&frame);
    let trail = Trail {
        spawned_at,
        lost,
        before,
    };
    bind(&frame, Arc::new(trail))
}

/// What work without a context is to run in, spawned there by `spawner`: nothing but the knowledge of what it misses.
pub(crate) fn nothing_but_trail(spawner: &FrameRef, spawned_at: &'static Location<'static>) -> FrameRef {
    let on_the_way = trail_in(spawner).map(|before| bind(&FrameRef::EMPTY, before));
    let lost = frame::expected_in(spawner);
    with_trail(on_the_way.unwrap_or(FrameRef::EMPTY), lost, spawned_at)
}

fn trail_in(frame: &FrameRef) -> Option<Arc<Trail>> {
    frame.find(TRAIL.key()).cloned()
}

fn bind(frame: &FrameRef, trail: Arc<Trail>) -> FrameRef {
    frame::bind_on(frame.clone(), TRAIL.key().place(), trail)
}

/// A storage that was read and found empty, by work whose spawner had it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missed {
    storage: Label,
    id: u64,
    spawned_at: &'static Location<'static>,
    count: u64,
}

impl Missed {
    /// The storage's name.
    pub fn storage(&self) -> &'static str {
        self.storage.name()
    }

    /// Where the work was handed over.
    pub fn spawned_at(&self) -> &'static Location<'static> {
        self.spawned_at
    }

    /// How often it was read and found empty.
    pub fn count(&self) -> u64 {
        self.count
    }

    fn is_of(&self, other: &Missed) -> bool {
        (self.id, self.spawned_at) == (other.id, other.spawned_at)
    }
}

impl fmt::Display for Missed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Missed {
            storage, spawned_at, ..
        } = self;
        write!(
            f,
            "{storage} was set at {spawned_at}, and is not in what was spawned there"
        )
    }
}

static SUMMARY: Mutex<Vec<Missed>> = Mutex::new(Vec::new());

/// Calls `f` with what was missed so far; not in the midst of another such call.
fn with_summary<R>(f: impl FnOnce(&mut Vec<Missed>) -> R) -> Option<R> {
    thread_local! {
        static LOOKS: Cell<bool> = const { Cell::new(false) };
    }
    let _looks = Busy::begin(&LOOKS)?;
    Some(f(&mut SUMMARY.lock().unwrap_or_else(PoisonError::into_inner)))
}

/// All that was missed so far, in the order in which it was missed first.
#[must_use = "asking has no effect but its answer"]
pub fn summary() -> Vec<Missed> {
    with_summary(|all| all.clone()).unwrap_or_default()
}

/// Forgets what was missed so far.
pub fn reset() {
    with_summary(Vec::clear);
}

/// An expected storage was read, and nothing was there. What is missed for the first time is [reported](crate::Report).
#[cold]
pub(crate) fn missed(id: u64, storage: Label) {
    let lost_at = TRAIL.with(|trail| trail.and_then(|trail| trail.lost_at(id)));
    let Some(spawned_at) = lost_at else {
        return;
    };
    let missed = Missed {
        storage,
        id,
        spawned_at,
        count: 1,
    };
    let is_first = with_summary(|all| match all.iter_mut().find(|known| known.is_of(&missed)) {
        Some(known) => {
            known.count += 1;
            false
        }
        None => {
            all.push(missed.clone());
            true
        }
    });
    if is_first == Some(true) {
        report::report(&Report::Warning {
            name: "LostContextWarning",
            message: &missed.to_string(),
        });
    }
}
