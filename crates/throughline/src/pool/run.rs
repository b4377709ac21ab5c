//! The future of a task's result.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_channel::oneshot;

use super::error::TaskError;
use super::job::{Awaited, Job, Submitted};
use super::room::NoRoom;
use super::shared::{Admission, Place};
use super::worker_pool::WorkerPool;

/// The result of a task: what [`WorkerPool::run`] answers.
#[must_use = "the task is submitted when this is polled first"]
pub struct Run<R> {
    /// None once the pool has accepted it, or refused to.
    submission: Option<Submission>,
    /// None once it was answered.
    answer: Option<oneshot::Receiver<Result<R, TaskError>>>,
}

/// A task before it is accepted.
struct Submission {
    pool: WorkerPool,
    job: Box<dyn Job>,
    waiting: Option<oneshot::Receiver<Place>>,
}

impl<R: Send + 'static> Run<R> {
    #[track_caller]
    pub(super) fn new(pool: &WorkerPool, task: impl FnOnce() -> R + Send + 'static) -> Self {
        let (sender, answer) = oneshot::channel();
        let job = Box::new(Awaited {
            task: Submitted::new(pool.shared(), task),
            answer: sender,
        });
        Run {
            submission: Some(Submission {
                pool: pool.clone(),
                job,
                waiting: None,
            }),
            answer: Some(answer),
        }
    }
}

impl<R> Run<R> {
    fn poll_submission(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), NoRoom>> {
        let Some(submission) = &mut self.submission else {
            return Poll::Ready(Ok(()));
        };
        let admitted = ready!(submission.poll_place(cx));
        let Some(Submission { pool, job, .. }) = self.submission.take() else {
            return Poll::Ready(Ok(()));
        };
        // A job that was refused is dropped here.
        Poll::Ready(admitted.map(|place| pool.shared().send(job, place)))
    }
}

impl Submission {
    fn poll_place(&mut self, cx: &mut Context<'_>) -> Poll<Result<Place, NoRoom>> {
        let waiting = match &mut self.waiting {
            Some(waiting) => waiting,
            None => match self.pool.shared().admit(true) {
                Admission::Now(place) => return Poll::Ready(Ok(place)),
                Admission::Never(why) => return Poll::Ready(Err(why)),
                Admission::Later(receiver) => self.waiting.insert(receiver),
            },
        };
        Pin::new(waiting).poll(cx).map_err(|_| NoRoom::Closed)
    }
}

impl<R> Future for Run<R> {
    type Output = Result<R, TaskError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let result = match ready!(this.poll_submission(cx)) {
            Err(why) => Err(TaskError::refused(why)),
            Ok(()) => {
                let answer = this
                    .answer
                    .as_mut()
                    .expect("a task's result is polled until it is ready");
                // A worker answers every task it is handed.
                ready!(Pin::new(answer).poll(cx)).unwrap_or_else(|_| Err(TaskError::cancelled()))
            }
        };
        this.answer = None;
        Poll::Ready(result)
    }
}

impl<R> fmt::Debug for Run<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run")
            .field("submitted", &self.submission.is_none())
            .finish_non_exhaustive()
    }
}
