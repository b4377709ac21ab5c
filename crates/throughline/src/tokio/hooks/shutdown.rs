//! The tasks that are pending at their runtime's shutdown. tokio drops them between two hooks, so that no boundary of ours is round their destructors; but it says whose
//! they are, and the task's context is still in the table. So destructors read it there.

use super::frames::{Table, TaskFrames};
use crate::{Snapshot, host};
use std::sync::{Arc, PoisonError, RwLock, Weak};

static TABLES: RwLock<Vec<Weak<Table>>> = RwLock::new(Vec::new());

/// From now on destructors find their task's context in `table`.
pub(super) fn know(table: &Arc<Table>) {
    let mut tables = TABLES.write().unwrap_or_else(PoisonError::into_inner);
    // In the place of one that is gone: nobody who is at looking them through misses one.
    match tables.iter_mut().find(|table| table.strong_count() == 0) {
        Some(gone) => *gone = Arc::downgrade(table),
        None => tables.push(Arc::downgrade(table)),
    }
    drop(tables);
    host::ask_outside(context_of_what_is_dropped);
}

/// Asked where there is no boundary. In a poll there is one, and after its end a task is in no table.
fn context_of_what_is_dropped() -> Option<Snapshot> {
    let task = ::tokio::task::try_id()?;
    // One at a time, with the list unlocked: to let go of a table may run code of users.
    let table = |n: usize| {
        TABLES
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(n)
            .cloned()
    };
    (0..)
        .map_while(table)
        .find_map(|table| table.upgrade()?.find(task)?.snapshot())
}
