//! What these tests share.

use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use throughline::AsyncLocalStorage;

/// The storage that these tests set.
pub(crate) static PLACE: AsyncLocalStorage<&str> = AsyncLocalStorage::new();

/// What happened, in order, on any thread.
#[derive(Clone)]
pub(crate) struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    pub(crate) fn new() -> Self {
        Lines(Arc::default())
    }

    pub(crate) fn push(&self, line: impl ToString) {
        // A `ToString` is not ours: not under the lock.
        let line = line.to_string();
        self.0.lock().unwrap().push(line);
    }

    /// A line with what [`PLACE`] holds.
    pub(crate) fn place(&self, who: &str) {
        self.push(format!("{who}: {}", PLACE.get_store().unwrap_or("-")));
    }

    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

/// How often something happened.
#[derive(Clone, Default)]
pub(crate) struct Count(Arc<AtomicUsize>);

impl Count {
    pub(crate) fn add(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) fn get(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.add();
    }
}

/// Calls a closure when it is dropped.
pub(crate) struct OnDrop<F: FnMut()>(pub(crate) F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// Polls once; answers also how often it was woken so far, to be asked later.
pub(crate) fn poll<F: Future + Unpin>(future: &mut F) -> (Poll<F::Output>, Arc<Count>) {
    let wakes = Arc::new(Count::default());
    let waker = Waker::from(Arc::clone(&wakes));
    (pin!(future).poll(&mut Context::from_waker(&waker)), wakes)
}
