//! The pool: its public face, and what its threads share.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::{fmt, io, mem};

use crossbeam_channel::{Sender, unbounded};
use event_listener::{Event, EventListener, Listener};

use super::builder::WorkerPoolBuilder;
use super::error::{Refused, TaskError};
use super::job::{Job, Submitted, WithCallback};
use super::room::{NoRoom, Room};
use super::run::Run;
use super::worker::{Place, work, works_for};

/// A pool of threads. Every task runs in the context of whoever submitted it, and so does its callback.
///
/// A task is an `AsyncResource` that is made when it is submitted, and destroyed when its callback has returned. The task is
/// one scope of it, the callback another: each begins with the stores of the submission, and what one enters, the other does not
/// see (clause `RES-8`). A worker thread by itself has no context.
///
/// A pool accepts as many tasks as it has threads, and the [queue](WorkerPoolBuilder::queue) beyond. Where there is no
/// room, [`run_task`](Self::run_task) and [`run`](Self::run) wait, [`try_run_task`](Self::try_run_task) does not. Those who wait are
/// woken in their order, though who comes at that moment may be quicker.
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
    /// [`TaskError`]; a callback that panics is [reported](crate::set_reporter). The thread lives on.
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
    pub fn run_task<T, R, C>(&self, task: T, callback: C) -> Result<(), Refused<(T, C)>>
    where
        T: FnOnce() -> R + Send + 'static,
        C: FnOnce(Result<R, TaskError>) + Send + 'static,
    {
        let shared = self.shared();
        let entered = if works_for(shared) {
            shared.room.try_enter()
        } else {
            shared.room.enter()
        };
        self.submit(entered, task, callback)
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
    /// let (long, short) = (move || wait.recv(), || Ok(()));
    /// assert!(pool.try_run_task(long, |_| {}).is_ok());
    ///
    /// let refused = pool.try_run_task(short, |_| {}).unwrap_err();
    /// assert!(refused.is_full());
    /// let (short, _callback) = refused.into_inner();
    /// assert_eq!(short(), Ok(()));
    /// # go.send(()).unwrap();
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_run_task<T, R, C>(&self, task: T, callback: C) -> Result<(), Refused<(T, C)>>
    where
        T: FnOnce() -> R + Send + 'static,
        C: FnOnce(Result<R, TaskError>) + Send + 'static,
    {
        self.submit(self.shared().room.try_enter(), task, callback)
    }

    /// Has `task` run on a thread of the pool; the answer is a future of its result.
    ///
    /// The context is that of this call. The task is submitted when the future is polled first, and again as long as there is no
    /// room: waiting blocks nobody.
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
    /// a panic in it is [reported](crate::set_reporter).
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
        while let Some(listener) = shared.presence() {
            listener.wait();
        }
        let threads = mem::take(&mut *shared.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            // What is left of it are its thread-locals' destructors.
            drop(thread.join());
        }
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
    /// # use throughline::{CloseMode, WorkerPool};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> std::io::Result<()> {
    /// let pool = WorkerPool::builder().threads(2).build()?;
    /// pool.begin_close(CloseMode::Drain);
    /// pool.closed().await;
    /// # Ok(())
    /// # }
    /// ```
    pub fn closed(&self) -> impl Future<Output = ()> + Send + Sync + use<> {
        let shared = Arc::clone(self.shared());
        async move {
            while let Some(listener) = shared.presence() {
                listener.await;
            }
        }
    }

    /// Whether the pool is closed, or closing.
    pub fn is_closed(&self) -> bool {
        self.shared().room.is_closed()
    }

    /// How many threads it was built with.
    pub fn threads(&self) -> usize {
        self.shared().size
    }

    pub(super) fn start(builder: WorkerPoolBuilder) -> io::Result<Self> {
        let size = builder.thread_count();
        let (orders, incoming) = unbounded();
        let pool = WorkerPool(Arc::new(Owner(Arc::new(Shared {
            size,
            task_type: builder.task_type,
            room: Room::new(size.saturating_add(builder.queue)),
            orders,
            cancelling: AtomicBool::new(false),
            present: AtomicUsize::new(0),
            left: Event::new(),
            threads: Mutex::new(Vec::with_capacity(size)),
        }))));
        for number in 0..size {
            let shared = Arc::clone(pool.shared());
            let incoming = incoming.clone();
            // Counted before it starts, so that nobody finds it gone before it was there.
            shared.present.fetch_add(1, Ordering::Relaxed);
            let thread = thread::Builder::new().name(format!("{}-{number}", builder.name));
            match thread.spawn(move || work(&shared, &incoming)) {
                Ok(thread) => pool.keep(thread),
                Err(error) => {
                    pool.shared().gone();
                    pool.close(CloseMode::Drain);
                    return Err(error);
                }
            }
        }
        Ok(pool)
    }

    fn keep(&self, thread: JoinHandle<()>) {
        let mut threads = self
            .shared()
            .threads
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        threads.push(thread);
    }

    fn submit<T, R, C>(
        &self,
        entered: Result<(), NoRoom>,
        task: T,
        callback: C,
    ) -> Result<(), Refused<(T, C)>>
    where
        T: FnOnce() -> R + Send + 'static,
        C: FnOnce(Result<R, TaskError>) + Send + 'static,
    {
        if let Err(why) = entered {
            return Err(Refused::new((task, callback), why));
        }
        // An init hook may panic.
        let place = Place(self.shared());
        let task = Submitted::new(self.task_type(), task);
        let job = Box::new(WithCallback { task, callback });
        mem::forget(place);
        self.send(job);
        Ok(())
    }

    /// Hands a job that has its place to the workers.
    pub(super) fn send(&self, job: Box<dyn Job>) {
        // They listen as long as a place is taken.
        drop(self.shared().orders.send(Order::Do(job)));
    }

    /// Takes a place, or answers what tells when to try again. On a thread of the pool there is no waiting.
    pub(super) fn enter_or_listen(&self) -> Result<Result<(), NoRoom>, EventListener> {
        let shared = self.shared();
        if works_for(shared) {
            return Ok(shared.room.try_enter());
        }
        shared.room.enter_or_listen()
    }

    pub(super) fn task_type(&self) -> &'static str {
        self.shared().task_type
    }

    fn shared(&self) -> &Arc<Shared> {
        &self.0.0
    }
}

impl fmt::Debug for WorkerPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkerPool")
            .field("threads", &self.threads())
            .field("tasks", &self.shared().room.taken())
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

/// What the handles and the threads share.
pub(super) struct Shared {
    size: usize,
    task_type: &'static str,
    room: Room,
    orders: Sender<Order>,
    cancelling: AtomicBool,
    /// How many threads have not ended.
    present: AtomicUsize,
    /// Tells that one has.
    left: Event,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// What a thread is told.
pub(super) enum Order {
    Do(Box<dyn Job>),
    /// Each thread gets one, when there is nothing to do any more.
    Stop,
}

impl Shared {
    pub(super) fn is_cancelling(&self) -> bool {
        self.cancelling.load(Ordering::Acquire)
    }

    /// A task has ended.
    pub(super) fn leave(&self) {
        if self.room.leave() {
            self.stop_all();
        }
    }

    /// A thread has ended.
    pub(super) fn gone(&self) {
        self.present.fetch_sub(1, Ordering::AcqRel);
        self.left.notify(usize::MAX);
    }

    fn begin_close(&self, mode: CloseMode) {
        if mode == CloseMode::Cancel {
            self.cancelling.store(true, Ordering::Release);
        }
        if self.room.close() {
            self.stop_all();
        }
    }

    fn stop_all(&self) {
        for _ in 0..self.size {
            // It fails when all threads have ended, as those of a pool that could not be built may.
            drop(self.orders.send(Order::Stop));
        }
    }

    /// What tells that a thread has ended, if there are any.
    fn presence(&self) -> Option<EventListener> {
        if self.present.load(Ordering::Acquire) == 0 {
            return None;
        }
        let listener = self.left.listen();
        (self.present.load(Ordering::Acquire) != 0).then_some(listener)
    }
}
