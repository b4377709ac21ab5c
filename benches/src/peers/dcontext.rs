//! dcontext: values by their names.

use std::sync::LazyLock;

use dcontext::{
    ContextFutureExt as _, ContextSnapshot, RegistryBuilder, attach_snapshot, capture, get_context_variable,
    initialize, push_scope, set_context_variable,
};

use super::{Captures, Peer, Scopes};
use crate::Who;

const VALUE: &str = "value";

/// A thousand names. Each scope looks at every key that is registered, so only the first sixteen are; the others are kept as well.
static OTHERS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let names: Vec<&str> = (0..1000).map(|i| &*format!("other_{i}").leak()).collect();
    let mut builder = RegistryBuilder::new();
    builder.register::<u64>(VALUE);
    names[..16].iter().for_each(|name| builder.register::<u64>(name));
    initialize(builder);
    names
});

/// dcontext.
#[derive(Debug)]
pub struct Dcontext;

impl Peer for Dcontext {
    const WHO: Who = Who::Dcontext;

    fn live(n: usize, f: &mut dyn FnMut()) {
        let others = &OTHERS[..n];
        let _scope = push_scope("others");
        others.iter().for_each(|name| set_context_variable(name, 1_u64));
        f();
    }
    #[inline]
    fn run<R>(value: u64, f: impl FnOnce() -> R) -> R {
        let _scope = push_scope("run");
        set_context_variable(VALUE, value);
        f()
    }
    #[inline]
    fn read() -> Option<u64> {
        get_context_variable(VALUE)
    }
}

impl Scopes for Dcontext {
    #[inline]
    fn scope<F: Future<Output: Send> + Send + 'static>(
        value: u64,
        future: F,
    ) -> impl Future<Output = F::Output> + Send + 'static {
        let _scope = push_scope("scope");
        set_context_variable(VALUE, value);
        future.capture()
    }
    /// `fork` is what its guide shows; but a fork of a fork has nothing of what that one inherited (0.9.0).
    #[inline]
    fn inherit<F: Future<Output: Send> + Send + 'static>(
        future: F,
    ) -> impl Future<Output = F::Output> + Send + 'static {
        future.capture()
    }
}

impl Captures for Dcontext {
    type Kept = ContextSnapshot;

    #[inline]
    fn capture() -> ContextSnapshot {
        capture()
    }
    #[inline]
    fn enter<R>(kept: &ContextSnapshot, f: impl FnOnce() -> R) -> R {
        let _attached = attach_snapshot(kept.clone());
        f()
    }
}
