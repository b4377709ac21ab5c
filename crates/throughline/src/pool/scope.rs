//! Stands for the core's resource.

use throughline_core::{Snapshot, snapshot};

pub(super) struct AsyncResource(Snapshot);

impl AsyncResource {
    pub(super) fn new(_type_name: &'static str) -> Self {
        AsyncResource(snapshot())
    }

    pub(super) fn run_in_async_scope<R>(&self, f: impl FnOnce() -> R) -> R {
        self.0.run(f)
    }

    pub(super) fn emit_destroy(&self) -> bool {
        false
    }
}
