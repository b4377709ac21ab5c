//! tokio's `task_local!`: one key at a time, which nobody inherits.

use std::sync::Arc;

use seq_macro::seq;

use super::{Peer, Scopes};
use crate::Who;

tokio::task_local! {
    /// tokio's storage: one per key, inherited by nobody.
    pub static TASK_LOCAL: u64;
    /// The same with a value on the heap, as our frames are.
    pub static TASK_LOCAL_BOXED: Box<u64>;
    /// The same with a value that is shared.
    pub static TASK_LOCAL_ARC: Arc<u64>;
}

/// `tokio::task_local!`.
#[derive(Debug)]
pub struct Tokio;

seq!(KEY in 0..64 {
    tokio::task_local! {
        #(static NESTED_~KEY: u64;)*
    }
    static NESTED: [fn(&mut dyn FnMut()); 64] = [#(|f| NESTED_~KEY.sync_scope(1, f),)*];
});

impl Peer for Tokio {
    const WHO: Who = Who::Tokio;

    /// Up to 64, since a key is a `static`.
    fn live(n: usize, f: &mut dyn FnMut()) {
        match n.checked_sub(1) {
            None => f(),
            Some(n) => NESTED[n](&mut || Self::live(n, f)),
        }
    }
    #[inline]
    fn run<R>(value: u64, f: impl FnOnce() -> R) -> R {
        TASK_LOCAL.sync_scope(value, f)
    }
    #[inline]
    fn read() -> Option<u64> {
        TASK_LOCAL.try_get().ok()
    }
}

impl Scopes for Tokio {
    #[inline]
    fn scope<F: Future<Output: Send> + Send + 'static>(
        value: u64,
        future: F,
    ) -> impl Future<Output = F::Output> + Send + 'static {
        TASK_LOCAL.scope(value, future)
    }
    /// By hand, and this one key.
    #[inline]
    fn inherit<F: Future<Output: Send> + Send + 'static>(
        future: F,
    ) -> impl Future<Output = F::Output> + Send + 'static {
        TASK_LOCAL.scope(TASK_LOCAL.get(), future)
    }
}

/// Hands `f` the future in 1, 4 or 16 of tokio's scopes.
pub fn with_task_locals<F: Future<Output = ()> + Send + 'static>(
    keys: usize,
    inner: F,
    f: impl FnOnce(std::pin::Pin<&mut dyn Future<Output = ()>>),
) {
    macro_rules! in_scopes {
        ($keys:literal) => {{
            seq!(KEY in 0..$keys {
                #(let inner = NESTED_~KEY.scope(1, inner);)*
            });
            f(std::pin::pin!(inner))
        }};
    }
    match keys {
        1 => in_scopes!(1),
        4 => in_scopes!(4),
        16 => in_scopes!(16),
        _ => unreachable!("nobody asks for {keys} keys"),
    }
}
