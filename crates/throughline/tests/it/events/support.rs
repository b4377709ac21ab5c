//! What these tests share.

use std::sync::{Arc, Mutex};

/// What happened, in order, on any thread.
#[derive(Clone)]
pub(crate) struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    pub(crate) fn new() -> Self {
        Lines(Arc::default())
    }

    pub(crate) fn push(&self, line: impl ToString) {
        // A `ToString` is not ours: not under the lock.
        let line = line.to_string();
        self.0.lock().unwrap().push(line);
    }

    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}
