//! How a pool is made.

use std::{io, thread};

use throughline_core::{HandOver, ResourceType};

use super::worker_pool::WorkerPool;

/// What a [`WorkerPool`] is to be like: what [`WorkerPool::builder`] answers.
#[must_use = "a builder does nothing until it builds"]
#[derive(Clone, Debug)]
pub struct WorkerPoolBuilder {
    pub(super) threads: Option<usize>,
    pub(super) queue: usize,
    pub(super) name: String,
    pub(super) task_type: ResourceType,
    pub(super) hand_over: HandOver,
}

impl WorkerPoolBuilder {
    pub(super) fn new() -> Self {
        WorkerPoolBuilder {
            threads: None,
            queue: 1024,
            name: "worker".to_owned(),
            task_type: ResourceType::new("WorkerPoolTask"),
            hand_over: HandOver::Task,
        }
    }

    /// How many threads it has. As many as the machine runs at once, if this is not said.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = Some(threads);
        self
    }

    /// How many tasks may wait beyond those that run. 1024, if this is not said; with 0, a task is accepted if a thread is free.
    pub fn queue(mut self, queue: usize) -> Self {
        self.queue = queue;
        self
    }

    /// What its threads are called: this, a hyphen and a number.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Which type name hooks see at the resources of its tasks. `WorkerPoolTask`, if this is not said.
    pub fn task_type(mut self, task_type: impl Into<ResourceType>) -> Self {
        self.task_type = task_type.into();
        self
    }

    /// As which kind of hand-over a submission counts, for storages whose stores do not cross each. [`HandOver::Task`], if this is not said.
    pub fn hand_over(mut self, hand_over: HandOver) -> Self {
        self.hand_over = hand_over;
        self
    }

    /// Starts the threads.
    ///
    /// # Errors
    /// If a thread cannot be started; those that were, are ended. [`InvalidInput`](io::ErrorKind::InvalidInput) for no threads at all, a name
    /// with a NUL in it, or an empty type name.
    pub fn build(self) -> io::Result<WorkerPool> {
        if self.threads == Some(0) {
            return Err(invalid("a pool needs a thread at least"));
        }
        if self.name.contains('\0') {
            return Err(invalid("the name of a thread has no NUL in it"));
        }
        if self.task_type.name().is_empty() {
            return Err(invalid("the type name of a resource is not empty"));
        }
        WorkerPool::start(&self)
    }

    pub(super) fn thread_count(&self) -> usize {
        self.threads
            .unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from))
    }
}

fn invalid(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, why)
}
