//! [`LocalSet`].

use super::in_place_of;
use crate::tokio::handed::{self, Once};
use ::tokio::task::JoinHandle;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

/// A [`tokio::task::LocalSet`] whose tasks inherit the context of whoever spawns them.
///
/// It spawns itself; all else it has from tokio's, which it dereferences to. What `run_until` and `block_on` are given runs in the context of whoever
/// awaits it. So do, meanwhile, tasks that were spawned on the set *plainly*, by whomever: where there may be such, drive it where nothing is set.
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
}

/// As tokio's: ready once all its tasks are.
impl Future for LocalSet {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.0).poll(cx)
    }
}

impl fmt::Debug for LocalSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
