//! [`LocalSet`].

use super::in_place_of;
use crate::host::outside;
use crate::snapshot;
use crate::tokio::handed::{self, Once};
use ::tokio::runtime::Runtime;
use ::tokio::task::JoinHandle;
use std::fmt;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

/// A [`tokio::task::LocalSet`] whose tasks inherit the context of whoever spawns them.
///
/// What `run_until` and `block_on` are given runs in the context of whoever awaits it, in a boundary of its own: what it enters ends with it. Tasks that were spawned on
/// the set *plainly*, by whomever, see nothing of that, and can enter nothing there. All else it has from tokio's, which it dereferences to.
///
/// # Examples
/// ```
/// use throughline::{AsyncLocalStorage, tokio::task::LocalSet};
/// use std::rc::Rc;
/// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let local = LocalSet::new();
/// let name = Rc::new("lovelace");
/// let task = USER.run("ada", || local.spawn_local(async move { (USER.get_store(), *name) }));
/// assert_eq!(local.run_until(task).await.unwrap(), (Some("ada"), "lovelace"));
/// # }
/// ```
#[derive(Default)]
pub struct LocalSet(::tokio::task::LocalSet);

in_place_of!(tokio::task::LocalSet, LocalSet);

impl LocalSet {
    /// As tokio's.
    pub fn new() -> Self {
        Self::default()
    }

    /// As tokio's; the task inherits.
    #[inline]
    #[track_caller]
    pub fn spawn_local<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let future = handed::task(future);
        let _once = Once::handed_over();
        self.0.spawn_local(future)
    }

    /// As tokio's; the future has the context of whoever awaits this.
    ///
    /// # Cancel safety
    /// Dropped, it drops the future in its context; the tasks stay in the set.
    pub async fn run_until<F: Future>(&self, future: F) -> F::Output {
        let mut inner = pin!(self.0.run_until(snapshot().scope(future)));
        poll_fn(|cx| outside(|| inner.as_mut().poll(cx))).await
    }

    /// As tokio's; the future has the caller's context.
    ///
    /// # Panics
    /// As tokio's.
    #[track_caller]
    pub fn block_on<F: Future>(&self, rt: &Runtime, future: F) -> F::Output {
        rt.block_on(self.run_until(future))
    }
}

/// As tokio's: ready once all its tasks are.
impl Future for LocalSet {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        outside(|| Pin::new(&mut self.0).poll(cx))
    }
}

impl fmt::Debug for LocalSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
