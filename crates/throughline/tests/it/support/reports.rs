//! What the library reports where nobody can be answered.

use std::sync::{Arc, Mutex, PoisonError};
use throughline::{Report, reset_reporter, set_reporter};

/// What is reported while `f` runs. There is one reporter in a process: whose tests cause reports take turns.
pub(crate) fn reports_of(f: impl FnOnce()) -> Vec<String> {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    set_reporter(move |report: &Report<'_>| log.lock().unwrap().push(report.to_string()));
    f();
    reset_reporter();
    std::mem::take(&mut *seen.lock().unwrap())
}
