//! What a collector has been told so far.

use super::activity::{Activity, EventKind, Happened};
use super::builder::Choice;
use crate::{AsyncId, ResourceInfo};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

#[derive(Debug)]
pub(super) struct State {
    choice: Choice,
    /// In the order in which they were first heard of.
    pub(super) activities: Vec<Activity>,
    places: HashMap<AsyncId, usize>,
    of_type: HashMap<&'static str, usize>,
    told: usize,
}

impl State {
    pub(super) fn new(choice: Choice) -> Self {
        State {
            choice,
            activities: Vec::new(),
            places: HashMap::new(),
            of_type: HashMap::new(),
            told: 0,
        }
    }

    /// A test that failed while it looked says nothing about what was collected.
    pub(super) fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
        state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn happened(&mut self, kind: EventKind, resource: &ResourceInfo) {
        let thread = thread::current().id();
        let Some(place) = self.place(resource, thread) else {
            return;
        };
        let order = self.told;
        self.told += 1;
        let activity = &mut self.activities[place];
        let is_unmatched = activity.is_destroyed()
            || match kind {
                EventKind::Init => !activity.events.is_empty(),
                EventKind::After => !activity.is_running_on(thread),
                _ => activity.count(EventKind::Init) == 0,
            };
        activity.events.push(Happened {
            kind,
            order,
            thread,
            is_unmatched,
        });
    }

    /// Where the resource is among the activities; nowhere, if it is not wanted.
    fn place(&mut self, resource: &ResourceInfo, thread: thread::ThreadId) -> Option<usize> {
        if let Some(&place) = self.places.get(&resource.async_id()) {
            return Some(place);
        }
        if !self.choice.wants(resource, thread) {
            return None;
        }
        let number = self.of_type.entry(resource.type_name()).or_default();
        *number += 1;
        let place = self.activities.len();
        self.places.insert(resource.async_id(), place);
        self.activities.push(Activity {
            name: format!("{}:{number}", resource.type_name()),
            resource: *resource,
            events: Vec::new(),
        });
        Some(place)
    }

    pub(super) fn of_id(&self, id: AsyncId) -> Option<&Activity> {
        self.places.get(&id).map(|&place| &self.activities[place])
    }
}
