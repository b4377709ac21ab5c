//! A task on its way: what it runs as, and who is told of its end.

use std::panic::resume_unwind;

use futures_channel::oneshot;
use throughline_core::__private::isolate;

use super::error::{TaskError, caught};
use super::scope::AsyncResource;

/// What a worker does with what it is handed.
pub(super) trait Job: Send {
    /// Runs the task, or, if `cancelled`, does not; tells its submitter. Does not panic.
    fn finish(self: Box<Self>, cancelled: bool);
}

/// A task with the resource it runs as. If it does not run, it is dropped in the scope of the resource.
pub(super) struct Submitted<T> {
    resource: AsyncResource,
    task: Option<T>,
}

impl<T> Submitted<T> {
    /// Captures the context of the caller.
    pub(super) fn new(type_name: &'static str, task: T) -> Self {
        Submitted {
            resource: AsyncResource::new(type_name),
            task: Some(task),
        }
    }

    /// Runs the task, unless it is `cancelled`.
    fn run<R>(&mut self, cancelled: bool) -> Result<R, TaskError>
    where
        T: FnOnce() -> R,
    {
        match self.task.take() {
            Some(task) if !cancelled => caught(|| self.resource.run_in_async_scope(task)),
            task => {
                self.discard(|| "the destructor of a cancelled task", task);
                Err(TaskError::cancelled())
            }
        }
    }

    /// Drops `what` where it belongs.
    fn discard<V>(&self, what_it_is: impl FnOnce() -> &'static str, what: V) {
        isolate(
            || what_it_is().to_owned(),
            || self.resource.run_in_async_scope(|| drop(what)),
        );
    }
}

impl<T> Submitted<T> {
    /// Drops a result that nobody awaits. A panic among them is reported.
    fn give_up<R>(&self, unheard: Result<R, TaskError>) {
        match unheard.map_err(TaskError::try_into_panic) {
            Err(Ok(panic)) => {
                isolate(
                    || "a pool's task that nobody awaits".to_owned(),
                    || self.resource.run_in_async_scope(|| resume_unwind(panic)),
                );
            }
            result => self.discard(|| "the destructor of a result that nobody awaits", result),
        }
    }
}

impl<T> Drop for Submitted<T> {
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            self.discard(|| "the destructor of a task that never ran", task);
        }
        self.resource.emit_destroy();
    }
}

/// A task with a callback.
pub(super) struct WithCallback<T, C> {
    pub(super) task: Submitted<T>,
    pub(super) callback: C,
}

impl<T, C, R> Job for WithCallback<T, C>
where
    T: FnOnce() -> R + Send,
    C: FnOnce(Result<R, TaskError>) + Send,
{
    fn finish(self: Box<Self>, cancelled: bool) {
        let WithCallback { mut task, callback } = *self;
        let result = task.run(cancelled);
        isolate(
            || "the callback of a pool's task".to_owned(),
            || task.resource.run_in_async_scope(|| callback(result)),
        );
    }
}

/// A task that somebody awaits.
pub(super) struct Awaited<T, R> {
    pub(super) task: Submitted<T>,
    pub(super) answer: oneshot::Sender<Result<R, TaskError>>,
}

impl<T, R> Job for Awaited<T, R>
where
    T: FnOnce() -> R + Send,
    R: Send,
{
    fn finish(self: Box<Self>, cancelled: bool) {
        let Awaited { mut task, answer } = *self;
        let result = task.run(cancelled || answer.is_canceled());
        if let Err(unheard) = answer.send(result) {
            task.give_up(unheard);
        }
    }
}
