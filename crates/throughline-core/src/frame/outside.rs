//! What is current where there is no boundary, if a host knows of something: a scheduler that drops a task's future, and tells nobody before it does.

use super::FrameRef;
use crate::Snapshot;
use crate::busy::Busy;
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

/// Answers the frame of what runs on this thread, if it knows.
type Host = fn() -> Option<Snapshot>;

static HOSTS: RwLock<Vec<Host>> = RwLock::new(Vec::new());
/// Without the lock, for programs that have no such host.
static ANY: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// This thread asks, or has the list locked: what a host or an allocator reads meanwhile is none.
    static ASKS: Cell<bool> = const { Cell::new(false) };
}

/// From now on `host` is asked. It is never forgotten.
pub(crate) fn ask(host: Host) {
    let _asks = Busy::begin(&ASKS);
    let mut hosts = HOSTS.write().unwrap_or_else(PoisonError::into_inner);
    if !hosts.iter().any(|known| std::ptr::fn_addr_eq(*known, host)) {
        hosts.push(host);
    }
    ANY.store(true, Ordering::Relaxed);
}

/// What a host knows. None where nobody asked to be.
#[inline]
pub(super) fn frame() -> Option<FrameRef> {
    if ANY.load(Ordering::Relaxed) {
        asked()
    } else {
        None
    }
}

#[cold]
fn asked() -> Option<FrameRef> {
    let _asks = Busy::begin(&ASKS)?;
    // One at a time, with the list unlocked while it is asked.
    let host = |n: usize| {
        HOSTS
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(n)
            .copied()
    };
    (0..).map_while(host).find_map(|host| host()).map(|known| known.0)
}
