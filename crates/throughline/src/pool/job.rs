//! A task on its way: what it runs as, and who is told of its end.

use std::mem::needs_drop;
use std::panic::resume_unwind;

use futures_channel::oneshot;
use throughline_core::__private::isolate;
use throughline_core::AsyncResource;

use super::error::{TaskError, caught};
use super::events::heard;
use super::shared::Shared;

/// What a worker does with what it is handed.
pub(super) trait Job: Send {
    /// Runs the task, unless the pool is cancelling, and tells its submitter.
    fn finish(self: Box<Self>, pool: &Shared);
}

/// A task with the resource it runs as, whose only handle this is: it is destroyed with it. A task that does not run is dropped in the
/// scope of the resource.
pub(super) struct Submitted<T> {
    resource: AsyncResource,
    task: Option<T>,
}

impl<T> Submitted<T> {
    /// Captures the context of the caller; hooks are told of the resource.
    #[track_caller]
    pub(super) fn new(pool: &Shared, task: T) -> Self {
        Submitted {
            resource: pool.resource(),
            task: Some(task),
        }
    }

    /// Runs the task, unless it is `cancelled`.
    fn run<R>(&mut self, pool: &Shared, cancelled: bool) -> Result<R, TaskError>
    where
        T: FnOnce() -> R,
    {
        match self.task.take() {
            Some(task) if !cancelled => caught(|| self.resource.run_in_async_scope(task)),
            task => {
                if needs_drop::<T>() {
                    self.heard(pool, "the destructor of a cancelled task", || drop(task));
                }
                Err(TaskError::cancelled())
            }
        }
    }

    fn heard(&self, pool: &Shared, place: &'static str, f: impl FnOnce()) {
        heard(&pool.events, &self.resource, place, f);
    }
}

impl<T> Drop for Submitted<T> {
    fn drop(&mut self) {
        let task = self.task.take();
        if needs_drop::<T>() && task.is_some() {
            isolate(
                || "the destructor of a task that was not submitted".to_owned(),
                || self.resource.run_in_async_scope(|| drop(task)),
            );
        }
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
    fn finish(self: Box<Self>, pool: &Shared) {
        let WithCallback { mut task, callback } = *self;
        let result = task.run(pool, pool.is_cancelling());
        task.heard(pool, "the callback of a pool's task", || callback(result));
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
    fn finish(self: Box<Self>, pool: &Shared) {
        let Awaited { mut task, answer } = *self;
        let result = task.run(pool, pool.is_cancelling() || answer.is_canceled());
        let Err(unheard) = answer.send(result) else {
            return;
        };
        match unheard.map_err(TaskError::try_into_panic) {
            Err(Ok(panic)) => task.heard(pool, "a pool's task that nobody awaits", || resume_unwind(panic)),
            Err(Err(_never_ran)) => {}
            Ok(result) => task.heard(pool, "the destructor of a result that nobody awaits", || {
                drop(result)
            }),
        }
    }
}
