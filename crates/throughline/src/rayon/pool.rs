//! A pool's own entry points.

use ::rayon::{BroadcastContext, ThreadPool, Yield};
use throughline_core::{HandOver, Snapshot, host::outside, snapshot_for};

use super::broadcast::on_each;
use super::spawn::job;
use super::{Scope, ScopeFifo};

/// `in_context()` on rayon's [`ThreadPool`].
pub trait PoolContextExt {
    /// The pool, whose jobs run in the context of the place where this is called.
    ///
    /// # Examples
    /// ```
    /// use throughline::{AsyncLocalStorage, rayon::{self, prelude::*}};
    /// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
    ///
    /// let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    /// let both = USER.run("ada", || {
    ///     pool.in_context().install(|| rayon::join(|| USER.get_store(), || USER.get_store()))
    /// });
    /// assert_eq!(both, (Some("ada"), Some("ada")));
    /// ```
    #[track_caller]
    fn in_context(&self) -> PoolInContext<'_>;

    /// The pool, whose jobs run in the context that `snapshot` holds.
    fn with_snapshot(&self, snapshot: Snapshot) -> PoolInContext<'_>;
}

impl PoolContextExt for ThreadPool {
    #[track_caller]
    fn in_context(&self) -> PoolInContext<'_> {
        self.with_snapshot(snapshot_for(HandOver::Blocking))
    }

    fn with_snapshot(&self, snapshot: Snapshot) -> PoolInContext<'_> {
        PoolInContext {
            pool: self,
            context: snapshot,
        }
    }
}

/// A [`ThreadPool`] whose jobs run in a context: see [`PoolContextExt`]. Its methods are those of the pool.
#[must_use = "a pool does nothing until it is given work"]
#[derive(Clone, Debug)]
pub struct PoolInContext<'a> {
    pool: &'a ThreadPool,
    context: Snapshot,
}

impl PoolInContext<'_> {
    /// As [`ThreadPool::install`].
    ///
    /// # Panics
    /// If `op` does.
    pub fn install<OP, R>(&self, op: OP) -> R
    where
        OP: FnOnce() -> R + Send,
        R: Send,
    {
        // A thread of another pool runs what it finds while it waits for this one.
        outside(|| self.pool.install(|| self.context.run(op)))
    }

    /// As [`ThreadPool::join`]: see [`join`](super::join).
    ///
    /// # Panics
    /// If one of them does.
    pub fn join<A, B, RA, RB>(&self, oper_a: A, oper_b: B) -> (RA, RB)
    where
        A: FnOnce() -> RA + Send,
        B: FnOnce() -> RB + Send,
        RA: Send,
        RB: Send,
    {
        self.install(|| super::join(oper_a, oper_b))
    }

    /// As [`ThreadPool::scope`]: see [`scope`](super::scope()).
    ///
    /// # Panics
    /// If `op` or a job does.
    pub fn scope<'scope, OP, R>(&self, op: OP) -> R
    where
        OP: FnOnce(&Scope<'_, 'scope>) -> R + Send,
        R: Send,
    {
        self.install(|| super::scope(op))
    }

    /// As [`ThreadPool::scope_fifo`]: see [`scope_fifo`](super::scope_fifo()).
    ///
    /// # Panics
    /// If `op` or a job does.
    pub fn scope_fifo<'scope, OP, R>(&self, op: OP) -> R
    where
        OP: FnOnce(&ScopeFifo<'_, 'scope>) -> R + Send,
        R: Send,
    {
        self.install(|| super::scope_fifo(op))
    }

    /// As [`ThreadPool::in_place_scope`]: see [`in_place_scope`](super::in_place_scope()).
    ///
    /// # Panics
    /// If `op` or a job does.
    pub fn in_place_scope<'scope, OP, R>(&self, op: OP) -> R
    where
        OP: FnOnce(&Scope<'_, 'scope>) -> R,
    {
        outside(|| {
            self.pool
                .in_place_scope(|inner| self.context.run(|| op(&Scope { inner })))
        })
    }

    /// As [`ThreadPool::in_place_scope_fifo`]: see [`in_place_scope_fifo`](super::in_place_scope_fifo()).
    ///
    /// # Panics
    /// If `op` or a job does.
    pub fn in_place_scope_fifo<'scope, OP, R>(&self, op: OP) -> R
    where
        OP: FnOnce(&ScopeFifo<'_, 'scope>) -> R,
    {
        outside(|| {
            self.pool
                .in_place_scope_fifo(|inner| self.context.run(|| op(&ScopeFifo { inner })))
        })
    }

    /// As [`ThreadPool::spawn`].
    pub fn spawn<OP>(&self, op: OP)
    where
        OP: FnOnce() + Send + 'static,
    {
        self.pool.spawn(job(self.context.clone(), op));
    }

    /// As [`ThreadPool::spawn_fifo`].
    pub fn spawn_fifo<OP>(&self, op: OP)
    where
        OP: FnOnce() + Send + 'static,
    {
        self.pool.spawn_fifo(job(self.context.clone(), op));
    }

    /// As [`ThreadPool::broadcast`]: see [`broadcast`](super::broadcast()).
    ///
    /// # Panics
    /// If `op` does on one of the threads.
    pub fn broadcast<OP, R>(&self, op: OP) -> Vec<R>
    where
        OP: Fn(BroadcastContext<'_>) -> R + Sync,
        R: Send,
    {
        outside(|| self.pool.broadcast(|thread| self.context.run(|| op(thread))))
    }

    /// As [`ThreadPool::spawn_broadcast`]: see [`spawn_broadcast`](super::spawn_broadcast()).
    pub fn spawn_broadcast<OP>(&self, op: OP)
    where
        OP: Fn(BroadcastContext<'_>) + Send + Sync + 'static,
    {
        self.pool.spawn_broadcast(on_each(self.context.clone(), op));
    }

    /// As [`ThreadPool::yield_now`]; the job that runs meanwhile sees nothing of the caller's context.
    pub fn yield_now(&self) -> Option<Yield> {
        outside(|| self.pool.yield_now())
    }

    /// As [`ThreadPool::yield_local`]; the job that runs meanwhile sees nothing of the caller's context.
    pub fn yield_local(&self) -> Option<Yield> {
        outside(|| self.pool.yield_local())
    }
}
