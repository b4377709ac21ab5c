//! What a thread of the pool does.

use std::cell::Cell;
use std::ptr;
use std::sync::Arc;

use crossbeam_channel::Receiver;
use throughline_core::__private::isolate;

use super::worker_pool::{Order, Shared};

thread_local! {
    /// The pool this thread works for. It is compared, nothing else.
    static WORKS_FOR: Cell<*const Shared> = const { Cell::new(ptr::null()) };
}

/// Whether the calling thread is one of the pool's.
pub(super) fn works_for(pool: &Shared) -> bool {
    // A thread on its way out works for nobody.
    WORKS_FOR
        .try_with(|working| ptr::eq(working.get(), pool))
        .unwrap_or(false)
}

/// A thread of the pool, from its first to its last task.
pub(super) fn work(pool: &Arc<Shared>, orders: &Receiver<Order>) {
    WORKS_FOR.set(Arc::as_ptr(pool));
    let _present = Present(pool);
    for order in orders {
        match order {
            Order::Do(job) => {
                let place = Place(pool);
                // Jobs look after themselves; this is for what they do not foresee, so that no thread is ever lost.
                isolate(
                    || "a task of a pool".to_owned(),
                    || job.finish(pool.is_cancelling()),
                );
                drop(place);
            }
            Order::Stop => break,
        }
    }
}

/// The place of a task in the pool, given back when dropped.
pub(super) struct Place<'a>(pub(super) &'a Shared);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.leave();
    }
}

/// A working thread.
struct Present<'a>(&'a Shared);

impl Drop for Present<'_> {
    fn drop(&mut self) {
        self.0.gone();
    }
}
