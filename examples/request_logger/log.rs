//! The listing's `asyncLocalStorage` and `logWithId`.

use std::io::{self, Write as _};
use std::sync::{Mutex, MutexGuard, PoisonError};

use throughline::AsyncLocalStorage;

use crate::record::{Place, Record, Token};

/// The id of the request at hand. The server sets it once for each request, and nobody passes it on.
pub(crate) static REQUEST_ID: AsyncLocalStorage<u64> = AsyncLocalStorage::new();

/// Logs `17: start`, or `-: start` outside a request.
///
/// `by_hand` is for the demo's check only: it is no part of the line.
pub(crate) fn log_with_id(msg: Place, by_hand: Option<Token>) {
    write(Record {
        id: REQUEST_ID.get_store(),
        place: msg,
        by_hand,
    });
}

/// The same for what belongs to no request, and is expected to find no id.
pub(crate) fn log_outside(msg: impl Into<String>) {
    log_with_id(Place::Outside(msg.into()), None);
}

/// From now on lines are kept, in their order, and not printed.
pub(crate) fn keep() {
    *kept() = Some(Vec::new());
}

/// The lines since [`keep`].
pub(crate) fn take_kept() -> Vec<Record> {
    kept().take().unwrap_or_default()
}

fn write(record: Record) {
    match kept().as_mut() {
        Some(records) => records.push(record),
        // A reader that went away (`| head`) is no reason to fail a request.
        None => drop(writeln!(io::stdout().lock(), "{record}")),
    }
}

fn kept() -> MutexGuard<'static, Option<Vec<Record>>> {
    static KEPT: Mutex<Option<Vec<Record>>> = Mutex::new(None);
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}
