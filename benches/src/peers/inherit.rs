//! tokio-inherit-task-local: tokio's keys, and a word for what inherits.

use std::marker::PhantomData;
use std::sync::LazyLock;

use tokio_inherit_task_local::{FutureInheritTaskLocal as _, InheritableLocalKey, inheritable_task_local};

use super::{Peer, Scopes};
use crate::Who;

inheritable_task_local! {
    static VALUE: u64;
}

/// What its macro makes of a key is a number nobody else has.
static OTHERS: LazyLock<Vec<InheritableLocalKey<u64>>> = LazyLock::new(|| {
    let key = |i: u128| InheritableLocalKey {
        key: i.wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835) | 1,
        _phantom: PhantomData,
    };
    (0..1000).map(key).collect()
});

/// tokio-inherit-task-local.
#[derive(Debug)]
pub struct Inherit;

impl Peer for Inherit {
    const WHO: Who = Who::Inherit;

    fn live(n: usize, f: &mut dyn FnMut()) {
        match n.checked_sub(1) {
            None => f(),
            Some(n) => OTHERS[n].sync_scope(1, || Self::live(n, f)),
        }
    }
    #[inline]
    fn run<R>(value: u64, f: impl FnOnce() -> R) -> R {
        VALUE.sync_scope(value, f)
    }
    #[inline]
    fn read() -> Option<u64> {
        VALUE.try_with(|value| *value).ok()
    }
}

impl Scopes for Inherit {
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
        future.inherit_task_local()
    }
}
