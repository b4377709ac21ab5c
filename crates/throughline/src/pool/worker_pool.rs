//! The pool: its public face.

use std::sync::Arc;
use std::{fmt, io, thread};

use crossbeam_channel::{Receiver, unbounded};

use super::block_on::block_on;
use super::builder::WorkerPoolBuilder;
use super::error::{Refused, TaskError};
use super::job::{Submitted, WithCallback};
use super::room::NoRoom;
use super::run::Run;
use super::shared::{Admission, Order, Place, Shared};
use super::worker::{work, works_for};
use crate::events::EventEmitter;

/// A pool of threads. Every task runs in the context of whoever submitted it, and so does its callback.
///
/// A task is an [`AsyncResource`](crate::AsyncResource) that is made when it is submitted, and destroyed when its callback has returned. The task is
/// one scope of it, the callback another: each begins with the stores of the submission, and what one enters, the other does not
/// see (clause `RES-8`). A worker thread by itself has no context.
///
/// A pool accepts as many tasks as it has threads, and the [queue](WorkerPoolBuilder::queue) beyond. Where there is no
/// room, [`run_task`](Self::run_task) and [`run`](Self::run) wait, [`try_run_task`](Self::try_run_task) does not. Those who wait are let
/// in in the order in which they came.
///
/// Clones are handles of the same pool. When the last one is dropped the pool closes, as by [`begin_close`](Self::begin_close) with
/// [`CloseMode::Drain`]: what was accepted runs, then the threads end; nobody waits for them. To wait, [`close`](Self::close) it.
///
/// # Examples
/// ```
/// use std::sync::mpsc;
/// use throughline::{AsyncLocalStorage, WorkerPool};
/// static REQUEST: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
///
/// # fn main() -> std::io::Result<()> {
/// let pool = WorkerPool::builder().threads(1).queue(16).name("sums").build()?;
/// let (send, receive) = mpsc::channel();
/// for id in 1..=3 {
///     let send = send.clone();
///     REQUEST.run(id, || {
///         let submitted = pool.run_task(|| 2 + 2, move |sum| send.send((REQUEST.get_store(), sum.unwrap())).unwrap());
///         submitted.expect("the pool is open");
///     });
/// }
/// assert_eq!(receive.recv(), Ok((Some(1), 4)));
/// assert_eq!(receive.recv(), Ok((Some(2), 4)));
/// assert_eq!(receive.recv(), Ok((Some(3), 4)));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct WorkerPool(Arc<Owner>);

/// What happens to the tasks that wait in a pool when it closes. Those that run are let run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseMode {
    /// They run.
    Drain,
    /// They do not: their callbacks get a [`TaskError`] that [is cancelled](TaskError::is_cancelled), as soon as a thread is
    /// free, each in the context of its submitter.
    Cancel,
}

impl WorkerPool {
    /// A builder of a pool.
    pub fn builder() -> WorkerPoolBuilder {
        WorkerPoolBuilder::new()
    }

    /// Has `task` run on a thread of the pool, and then `callback` with its result, on the same thread. Waits for room.
    ///
    /// Both run in the context of this call, and are dropped in it. If the task panics, the callback gets that as a
    /// [`TaskError`]; a panic in the callback is told by the pool's [events](Self::events), or reported. The thread lives on.
    ///
    /// While it waits it blocks the thread: in async code use [`run`](Self::run). On a thread of the pool itself it does not
    /// wait, since all of them might wait for each other.
    ///
    /// # Errors
    /// If the pool is closed, or is closed while this waits, with task and callback in the error. On a thread of the pool, also if
    /// there is no room.
    ///
    /// # Panics
    /// Only if an init hook does; the task was not accepted then.
    #[doc(alias = "runTask")]
    #[track_caller]
    pub fn run_task<T, R, C>(&self, task: T, callback: C) -> Result<(), Refused<(T, C)>>
    where
        T: FnOnce() -> R + Send + 'static,
        C: FnOnce(Result<R, TaskError>) + Send + 'static,
    {
        let place = match self.shared().admit(true) {
            Admission::Now(place) => Ok(place),
            Admission::Later(place) => block_on(place).map_err(|_| NoRoom::Closed),
            Admission::Never(why) => Err(why),
        };
        self.submit(place, task, callback)
    }

    /// As [`run_task`](Self::run_task), with an error instead of waiting.
    ///
    /// # Errors
    /// If there is no room, or the pool is closed, with task and callback in the error.
    ///
    /// # Panics
    /// Only if an init hook does; the task was not accepted then.
    ///
    /// # Examples
    /// ```
    /// # use throughline::WorkerPool;
    /// # fn main() -> std::io::Result<()> {
    /// let pool = WorkerPool::builder().threads(1).queue(0).build()?;
    /// let (go, wait) = std::sync::mpsc::channel();
    /// assert!(pool.try_run_task(move || wait.recv(), |_| {}).is_ok());
    ///
    /// let refused = pool.try_run_task(|| 2 + 2, |_| {}).unwrap_err();
    /// assert!(refused.is_full());
    /// let (task, _callback) = refused.into_inner();
    /// assert_eq!(task(), 4);
    /// # go.send(()).unwrap();
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn try_run_task<T, R, C>(&self, task: T, callback: C) -> Result<(), Refused<(T, C)>>
    where
        T: FnOnce() -> R + Send + 'static,
        C: FnOnce(Result<R, TaskError>) + Send + 'static,
    {
        let place = match self.shared().admit(false) {
            Admission::Now(place) => Ok(place),
            Admission::Later(_) => Err(NoRoom::Full),
            Admission::Never(why) => Err(why),
        };
        self.submit(place, task, callback)
    }

    /// Has `task` run on a thread of the pool; the answer is a future of its result.
    ///
    /// The context is that of this call. The task is submitted when the future is polled first, or, where there is no room then, when it
    /// is polled in its turn: waiting blocks nobody. (A future whose turn it is, and that nobody polls or drops, keeps others waiting.)
    ///
    /// # Errors
    /// The future's, a [`TaskError`]: if the task panicked, with the panic; if the pool is closed before the task began. On a thread of the pool
    /// itself, which had better not wait for the others, also if there is no room.
    ///
    /// # Panics
    /// If an init hook does. The future panics when polled again after it was ready.
    ///
    /// # Cancel safety
    /// If the future is dropped before the task began, the task never does: it is dropped in its context, at once if the pool had not
    /// accepted it, else when its turn comes. If it runs, it runs to its end, and the result is dropped in the task's context;
    /// a panic in it is told by the pool's [events](Self::events), or reported.
    ///
    /// # Examples
    /// ```
    /// use throughline::{AsyncLocalStorage, WorkerPool};
    /// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let pool = WorkerPool::builder().threads(2).build()?;
    /// let greeting = USER.run("ada", || pool.run(|| format!("hello, {}", USER.get_store().unwrap())));
    /// assert_eq!(greeting.await?, "hello, ada");
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn run<T, R>(&self, task: T) -> Run<R>
    where
        T: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        Run::new(self, task)
    }

    /// Closes the pool, and waits until its threads have ended.
    ///
    /// On a thread of the pool itself, in a task or a callback, it does not wait: it begins to close, and the answer is false.
    /// Closing again, also at the same time, is fine, and may turn a drain into a cancel.
    #[doc(alias = "terminate")]
    pub fn close(&self, mode: CloseMode) -> bool {
        self.begin_close(mode);
        let shared = self.shared();
        if works_for(shared) {
            return false;
        }
        // That nothing is sent is what tells.
        let _ = block_on(shared.all_gone());
        shared.join();
        true
    }

    /// Closes the pool without waiting: from now on nothing is submitted, and who waits for room is refused.
    pub fn begin_close(&self, mode: CloseMode) {
        self.shared().begin_close(mode);
    }

    /// Waits, without blocking, until the pool was closed and its threads have done their last task.
    ///
    /// # Examples
    /// ```
    /// # use throughline::{WorkerPool, pool::CloseMode};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> std::io::Result<()> {
    /// let pool = WorkerPool::builder().threads(2).build()?;
    /// pool.begin_close(CloseMode::Drain);
    /// pool.closed().await;
    /// # Ok(())
    /// # }
    /// ```
    pub fn closed(&self) -> impl Future<Output = ()> + Send + Sync + use<> {
        let all_gone = self.shared().all_gone();
        async move {
            // That nothing is sent is what tells.
            let _ = all_gone.await;
        }
    }

    /// Tells when a worker is free, as [`WORKER_FREED`](super::WORKER_FREED), and of a panic that no submitter can be told of, as
    /// [`ERROR`](crate::events::ERROR): an [`UnheardPanic`](super::UnheardPanic).
    ///
    /// Listeners run on the worker's thread, in the context that the event says. One that panics is [reported](crate::set_reporter).
    ///
    /// # Examples
    /// ```
    /// use std::sync::mpsc;
    /// use throughline::{WorkerPool, events::ERROR, pool::UnheardPanic};
    ///
    /// # fn main() -> std::io::Result<()> {
    /// let pool = WorkerPool::builder().threads(1).build()?;
    /// let (send, receive) = mpsc::channel();
    /// pool.events().on(&ERROR, move |error| {
    ///     let panic = error.downcast_ref::<UnheardPanic>().unwrap();
    ///     send.send(panic.message().map(str::to_owned)).unwrap();
    /// });
    /// pool.run_task(|| (), |_| panic!("the callback is at fault")).expect("the pool is open");
    /// assert_eq!(receive.recv().unwrap().as_deref(), Some("the callback is at fault"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn events(&self) -> &EventEmitter {
        &self.shared().events
    }

    /// Whether the pool is closed, or closing.
    pub fn is_closed(&self) -> bool {
        self.shared().room.is_closed()
    }

    /// How many threads it was built with.
    pub fn threads(&self) -> usize {
        self.shared().size
    }

    /// How many tasks it has accepted that have not ended: those that run, and those that wait in its queue. (Who waits for room is not among them.)
    pub fn tasks(&self) -> usize {
        self.shared().room.taken()
    }

    pub(super) fn start(builder: &WorkerPoolBuilder) -> io::Result<Self> {
        let size = builder.thread_count();
        let (orders, incoming) = unbounded();
        let shared = Shared::new(builder, size, orders);
        let pool = WorkerPool(Arc::new(Owner(Arc::new(shared))));
        for worker in 0..size {
            if let Err(error) = pool.start_worker(worker, &builder.name, incoming.clone()) {
                pool.close(CloseMode::Drain);
                return Err(error);
            }
        }
        Ok(pool)
    }

    fn start_worker(&self, worker: usize, name: &str, orders: Receiver<Order>) -> io::Result<()> {
        let shared = Arc::clone(self.shared());
        // Before it starts, so that nobody finds it gone before it was there.
        shared.coming();
        let thread = thread::Builder::new().name(format!("{name}-{worker}"));
        match thread.spawn(move || work(&shared, worker, &orders)) {
            Ok(thread) => {
                self.shared().came(thread);
                Ok(())
            }
            Err(error) => {
                self.shared().gone();
                Err(error)
            }
        }
    }

    #[track_caller]
    fn submit<T, R, C>(
        &self,
        place: Result<Place, NoRoom>,
        task: T,
        callback: C,
    ) -> Result<(), Refused<(T, C)>>
    where
        T: FnOnce() -> R + Send + 'static,
        C: FnOnce(Result<R, TaskError>) + Send + 'static,
    {
        let place = match place {
            Ok(place) => place,
            Err(why) => return Err(Refused::new((task, callback), why)),
        };
        // If an init hook panics, the place is left.
        let task = Submitted::new(self.shared(), task);
        self.shared()
            .send(Box::new(WithCallback { task, callback }), place);
        Ok(())
    }

    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.0.0
    }
}

impl fmt::Debug for WorkerPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkerPool")
            .field("threads", &self.threads())
            .field("tasks", &self.tasks())
            .field("closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}

/// What all handles share, and no thread does.
struct Owner(Arc<Shared>);

impl Drop for Owner {
    fn drop(&mut self) {
        self.0.begin_close(CloseMode::Drain);
    }
}
