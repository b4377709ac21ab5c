//! What a thread of the pool does.

use std::cell::Cell;
use std::ptr;
use std::sync::Arc;

use crossbeam_channel::Receiver;
use throughline_core::__private::isolate;

use super::events::{WORKER_FREED, WorkerFreed};
use super::shared::{Order, Shared};

thread_local! {
    /// The pool this thread works for. It is compared, nothing else.
    static WORKS_FOR: Cell<*const Shared> = const { Cell::new(ptr::null()) };
}

/// Whether the calling thread is one of the pool's.
pub(super) fn works_for(pool: &Shared) -> bool {
    WORKS_FOR.with(|working| ptr::eq(working.get(), pool))
}

/// A thread of the pool, from its first to its last task.
pub(super) fn work(pool: &Arc<Shared>, worker: usize, orders: &Receiver<Order>) {
    WORKS_FOR.set(Arc::as_ptr(pool));
    let _present = Present(pool);
    for order in orders {
        let Order::Do(job, place) = order else {
            break;
        };
        // Jobs look after themselves; this is for what they do not foresee, so that no thread is ever lost.
        isolate(|| "a pool's task".to_owned(), || job.finish(pool));
        drop(place);
        isolate(
            || "a listener of workerFreed".to_owned(),
            || pool.events.emit(&WORKER_FREED, &WorkerFreed { worker }),
        );
    }
}

/// A working thread.
struct Present<'a>(&'a Shared);

impl Drop for Present<'_> {
    fn drop(&mut self) {
        self.0.gone();
    }
}
