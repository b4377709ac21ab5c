//! How many listeners there may be before a leak is suspected.

use crate::support::reports::reports_of;
use throughline::{Event, EventEmitter};

// EE-15
#[test]
fn the_warning_names_the_event_the_count_and_the_limit() {
    const LEAKING: Event = Event::new("leaking");
    let reports = reports_of(|| {
        let emitter = EventEmitter::new();
        emitter.set_max_listeners(3);
        for _ in 0..5 {
            emitter.on(&LEAKING, |()| {});
        }
    });
    let ours: Vec<_> = reports
        .iter()
        .filter(|report| report.contains("`leaking`"))
        .collect();
    assert_eq!(
        ours,
        [
            "MaxListenersExceededWarning: possible leak: 4 listeners were added for `leaking` to one `EventEmitter`, and 3 \
             are expected at most; `set_max_listeners` changes that"
        ]
    );
}

// EE-15: 0, and what nobody reaches, are no limit.
#[test]
fn without_a_limit_there_is_no_warning() {
    const HARMLESS: Event = Event::new("harmless");
    let reports = reports_of(|| {
        for limit in [0, usize::MAX] {
            let emitter = EventEmitter::new();
            emitter.set_max_listeners(limit);
            assert_eq!(emitter.max_listeners(), 0);
            for _ in 0..20 {
                emitter.on(&HARMLESS, |()| {});
            }
        }
    });
    assert!(
        !reports.iter().any(|report| report.contains("`harmless`")),
        "{reports:?}"
    );
}
