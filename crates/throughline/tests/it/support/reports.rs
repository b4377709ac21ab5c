//! What the library reports where nobody can be answered.

use std::sync::{Arc, Mutex, PoisonError};
use throughline::{Report, reset_reporter, set_reporter};

/// What is reported while `f` runs.
pub(crate) fn reports_of(f: impl FnOnce()) -> Vec<String> {
    read_reports_of(|report| Some(report.to_string()), f)
}

/// What `read` makes of what is reported while `f` runs. There is one reporter in a process: whose tests cause reports take turns.
pub(crate) fn read_reports_of<T: Send + 'static>(
    read: impl Fn(&Report<'_>) -> Option<T> + Send + Sync + 'static,
    f: impl FnOnce(),
) -> Vec<T> {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    set_reporter(move |report: &Report<'_>| {
        let report = read(report);
        log.lock().unwrap().extend(report);
    });
    f();
    reset_reporter();
    std::mem::take(&mut *seen.lock().unwrap())
}
