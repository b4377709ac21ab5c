//! Throughline.

use throughline::{AsyncLocalStorage, FutureContextExt as _, Snapshot, snapshot};

use super::{Captures, Peer, Scopes};
use crate::Who;
use crate::live::with_live;

static VALUE: AsyncLocalStorage<u64> = AsyncLocalStorage::new();

/// Throughline, where a question treats all alike.
#[derive(Debug)]
pub struct Ours;

impl Peer for Ours {
    const WHO: Who = Who::Ours;

    fn live(n: usize, f: &mut dyn FnMut()) {
        with_live(n, &mut |_| f());
    }
    #[inline]
    fn run<R>(value: u64, f: impl FnOnce() -> R) -> R {
        VALUE.run(value, f)
    }
    #[inline]
    fn read() -> Option<u64> {
        VALUE.get_store()
    }
}

impl Scopes for Ours {
    #[inline]
    fn scope<F: Future<Output: Send> + Send + 'static>(
        value: u64,
        future: F,
    ) -> impl Future<Output = F::Output> + Send + 'static {
        VALUE.scope(value, future)
    }
    #[inline]
    fn inherit<F: Future<Output: Send> + Send + 'static>(
        future: F,
    ) -> impl Future<Output = F::Output> + Send + 'static {
        future.in_context()
    }
}

impl Captures for Ours {
    type Kept = Snapshot;

    #[inline]
    fn capture() -> Snapshot {
        snapshot()
    }
    #[inline]
    fn enter<R>(kept: &Snapshot, f: impl FnOnce() -> R) -> R {
        kept.run(f)
    }
}
