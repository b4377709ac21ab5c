//! Threads that run what they are handed, one thing at a time, while whoever handed it over waits: so what happens is determined.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

type Job = Box<dyn FnOnce() + Send>;

thread_local! {
    static THREAD: Cell<usize> = const { Cell::new(0) };
}

/// The number of this thread: 0 is the one of the test.
pub(crate) fn thread() -> usize {
    THREAD.get()
}

/// Deep programs need much stack in a debug build.
const STACK: usize = 256 << 20;

pub(crate) struct Workers(Vec<Worker>);

struct Worker {
    /// `None` only while it is dropped.
    jobs: Option<Sender<Job>>,
    ended: Mutex<Receiver<thread::Result<()>>>,
    is_busy: AtomicBool,
    thread: Option<JoinHandle<()>>,
}

impl Workers {
    /// Runs a test that may use `count` threads.
    pub(crate) fn with(count: usize, test: impl FnOnce(&Arc<Workers>) + Send) {
        thread::scope(|scope| {
            let test = move || test(&Arc::new(Workers((1..count).map(Worker::new).collect())));
            let main = thread::Builder::new()
                .stack_size(STACK)
                .spawn_scoped(scope, test)
                .expect("a thread");
            if let Err(panic) = main.join() {
                std::panic::resume_unwind(panic);
            }
        });
    }

    /// Runs `job` on a thread and waits for its end. On this one, if that is it, or if it waits for somebody.
    pub(crate) fn run(&self, thread: usize, job: Job) -> thread::Result<()> {
        let worker = thread.checked_sub(1).and_then(|n| self.0.get(n));
        match worker {
            Some(worker) if !worker.is_busy.swap(true, Relaxed) => {
                let ended = worker.run(job);
                worker.is_busy.store(false, Relaxed);
                ended
            }
            _ => catch_unwind(AssertUnwindSafe(job)),
        }
    }
}

impl Worker {
    fn new(n: usize) -> Self {
        let (jobs, new_jobs) = channel::<Job>();
        let (end, ended) = channel();
        let work = move || {
            THREAD.set(n);
            for job in new_jobs {
                let result = catch_unwind(AssertUnwindSafe(job));
                if end.send(result).is_err() {
                    return;
                }
            }
        };
        let thread = thread::Builder::new().stack_size(STACK).spawn(work);
        Worker {
            jobs: Some(jobs),
            ended: Mutex::new(ended),
            is_busy: AtomicBool::new(false),
            thread: Some(thread.expect("a thread")),
        }
    }

    fn run(&self, job: Job) -> thread::Result<()> {
        let jobs = self.jobs.as_ref().expect("the worker is there");
        jobs.send(job).expect("the worker waits for jobs");
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        ended.recv().expect("the worker answers")
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
