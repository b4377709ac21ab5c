//! How many listeners one event may have before a leak is suspected (clause `EE-15`).

use std::sync::atomic::{AtomicUsize, Ordering};
use throughline_core::__private::report;
use throughline_core::Report;

/// What emitters go by that were told nothing else.
static DEFAULT: AtomicUsize = AtomicUsize::new(10);

/// How many listeners one event of an emitter may have that was told nothing else before a leak is suspected; 10 at first. 0: any number.
#[doc(alias = "defaultMaxListeners")]
#[must_use = "reading has no effect but its answer"]
pub fn default_max_listeners() -> usize {
    DEFAULT.load(Ordering::Relaxed)
}

/// Sets [`default_max_listeners`] for the whole program, those emitters included that are there already and were
/// [told](super::EventEmitter::set_max_listeners) nothing else.
#[doc(alias = "defaultMaxListeners")]
pub fn set_default_max_listeners(limit: usize) {
    DEFAULT.store(limit, Ordering::Relaxed);
}

/// What one emitter was told.
pub(super) struct Limit(AtomicUsize);

/// Nothing.
const UNSET: usize = usize::MAX;

impl Limit {
    pub(super) fn get(&self) -> usize {
        match self.0.load(Ordering::Relaxed) {
            UNSET => default_max_listeners(),
            limit => limit,
        }
    }

    /// How many one event may have: 0 stands for any number.
    pub(super) fn most(&self) -> usize {
        match self.get() {
            0 => usize::MAX,
            limit => limit,
        }
    }

    pub(super) fn set(&self, limit: usize) {
        // One that nobody reaches is none.
        let limit = if limit == UNSET { 0 } else { limit };
        self.0.store(limit, Ordering::Relaxed);
    }
}

impl Default for Limit {
    fn default() -> Self {
        Limit(AtomicUsize::new(UNSET))
    }
}

/// Says that an event has more listeners than it may.
#[cold]
pub(super) fn warn(event: &str, count: usize, limit: usize) {
    let message = format!(
        "possible leak: {count} listeners were added for `{event}` to one `EventEmitter`, and {limit} are expected at most; \
         `set_max_listeners` changes that"
    );
    report(&Report::Warning {
        name: "MaxListenersExceededWarning",
        message: &message,
    });
}
