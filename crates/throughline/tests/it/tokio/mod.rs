//! tokio's tasks, and whose context they run in. `ways` lists how one is spawned; what is said of a task here is said of every way.

mod blocking;
mod hooks;
mod joined;
mod others;
mod rough;
mod shared;
mod tagged;
mod tasks;
pub(super) mod ways;

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use throughline::AsyncLocalStorage;

static ID: AsyncLocalStorage<u64> = AsyncLocalStorage::new();
static HELD: AsyncLocalStorage<Arc<()>> = AsyncLocalStorage::new();

fn id() -> Option<u64> {
    ID.get_store()
}

/// Tells what it was dropped in.
struct Tells(Sender<Option<u64>>);

impl Tells {
    fn new() -> (Self, Receiver<Option<u64>>) {
        let (sender, receiver) = channel();
        (Tells(sender), receiver)
    }
}

impl Drop for Tells {
    fn drop(&mut self) {
        let _ = self.0.send(id());
    }
}
