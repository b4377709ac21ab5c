//! Guards: stores of a channel until the end of a block.

use std::fmt;
use throughline_core::{RunScope, Snapshot, host, in_boundary};

/// The stores of a channel, until this is dropped: see [`Channel::with_store_scope`](super::Channel::with_store_scope).
///
/// What [`RunScope`] says of guards holds for it: dropped out of order, in another boundary or after its own has ended, it
/// brings nothing ended back.
#[doc(alias = "RunStoresScope")]
#[must_use = "the stores end at once unless the scope is kept: `let _scope = …`"]
#[derive(Default)]
pub struct StoreScope {
    guards: Vec<RunScope>,
}

impl StoreScope {
    pub(super) fn push(&mut self, guard: RunScope) {
        self.guards.push(guard);
    }

    /// Ends the stores now, as dropping does.
    #[doc(alias = "[Symbol.dispose]")]
    pub fn dispose(self) {}
}

impl Drop for StoreScope {
    fn drop(&mut self) {
        // In reverse, as they nest (clause `DC-6`).
        while let Some(guard) = self.guards.pop() {
            drop(guard);
        }
    }
}

impl fmt::Debug for StoreScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreScope")
            .field("stores", &self.guards.len())
            .finish()
    }
}

/// Refuses a guard where nothing would end it, whether or not it has anything to set today: otherwise the program would break on the
/// day when somebody listens.
#[track_caller]
#[inline]
pub(super) fn require_boundary() {
    if !in_boundary() {
        refuse();
    }
}

#[track_caller]
#[cold]
fn refuse() {
    if let Err(refused) = host::set(Snapshot::empty()) {
        panic!("{refused}");
    }
}
