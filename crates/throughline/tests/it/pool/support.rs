//! What these tests share: pools, tasks that wait to be let go, and stores that count their drops.

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use throughline::pool::TaskError;
use throughline::{AsyncLocalStorage, WorkerPool};

pub(crate) static ID: AsyncLocalStorage<u64> = AsyncLocalStorage::new();

pub(crate) fn pool(threads: usize, queue: usize) -> WorkerPool {
    WorkerPool::builder()
        .threads(threads)
        .queue(queue)
        .build()
        .unwrap()
}

/// A task that is running, and ends when it is let go (or this is dropped).
pub(crate) struct Held(Option<Sender<()>>);

impl Held {
    /// Has it run by `pool`, and waits until it does.
    pub(crate) fn by(pool: &WorkerPool) -> Self {
        let (go, wait) = mpsc::channel();
        let (begun, begins) = mpsc::channel();
        let task = move || {
            begun.send(()).unwrap();
            let _ = wait.recv();
        };
        pool.run_task(task, |result| result.unwrap()).unwrap();
        begins.recv().unwrap();
        Held(Some(go))
    }

    pub(crate) fn let_go(mut self) {
        self.0 = None;
    }
}

/// Where results go.
pub(crate) fn results<T: Send + 'static>() -> (impl Fn(T) + Clone + Send + 'static, Receiver<T>) {
    let (send, receive) = mpsc::channel();
    (move |value| send.send(value).unwrap(), receive)
}

/// What kind of end a task had.
pub(crate) fn kind<T>(result: &Result<T, TaskError>) -> &'static str {
    match result {
        Ok(_) => "done",
        Err(error) if error.is_panic() => "panicked",
        Err(error) if error.is_cancelled() => "cancelled",
        Err(error) if error.is_full() => "full",
        Err(_) => "of no kind",
    }
}

/// How often values made by [`counted`](Self::counted) were dropped, and what `ID` was then.
#[derive(Clone, Debug, Default)]
pub(crate) struct Drops(Arc<Mutex<Vec<Option<u64>>>>);

impl Drops {
    pub(crate) fn seen(&self) -> Vec<Option<u64>> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn counted(&self) -> Counted {
        Counted(self.clone())
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Counted(Drops);

impl Drop for Counted {
    fn drop(&mut self) {
        let id = ID.get_store();
        self.0.0.lock().unwrap().push(id);
    }
}

/// Counts how often it wakes.
#[derive(Default)]
pub(crate) struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Wakes {
    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    /// Polls once, to be woken here.
    pub(crate) fn poll<F: Future + Unpin>(self: &Arc<Self>, future: &mut F) -> Poll<F::Output> {
        let waker = Waker::from(Arc::clone(self));
        Pin::new(future).poll(&mut Context::from_waker(&waker))
    }
}

/// What happened, in order, on any thread.
#[derive(Debug)]
pub(crate) struct Log<T>(Arc<Mutex<Vec<T>>>);

impl<T> Log<T> {
    pub(crate) fn push(&self, entry: T) {
        self.0.lock().unwrap().push(entry);
    }

    pub(crate) fn take(&self) -> Vec<T> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl<T> Default for Log<T> {
    fn default() -> Self {
        Log(Arc::default())
    }
}

impl<T> Clone for Log<T> {
    fn clone(&self) -> Self {
        Log(Arc::clone(&self.0))
    }
}
