//! `in_context()` on parallel iterators.

mod adapters;
mod bound;
mod consumer;
mod producer;

use ::rayon::iter::plumbing::{Consumer, ProducerCallback, UnindexedConsumer};
use ::rayon::iter::{IndexedParallelIterator, ParallelIterator};
use throughline_core::{HandOver, Snapshot, host::outside, snapshot_for};

use consumer::Within;
use producer::Callback;

/// Puts a parallel iterator into a context: see [`InContext`].
pub trait ParallelContextExt: ParallelIterator {
    /// Gives what this iterator runs the context of the place where this is called.
    ///
    /// # Examples
    /// ```
    /// use throughline::{AsyncLocalStorage, rayon::prelude::*};
    /// static FACTOR: AsyncLocalStorage<u64> = AsyncLocalStorage::new();
    ///
    /// let sum: u64 = FACTOR.run(3, || {
    ///     (1..=100_u64).into_par_iter().in_context().map(|n| n * FACTOR.get_store().unwrap()).sum()
    /// });
    /// assert_eq!(sum, 3 * 5050);
    /// ```
    #[track_caller]
    fn in_context(self) -> InContext<Self> {
        self.with_snapshot(snapshot_for(HandOver::Blocking))
    }

    /// Gives what this iterator runs the context that `snapshot` holds.
    fn with_snapshot(self, snapshot: Snapshot) -> InContext<Self> {
        InContext {
            base: self,
            context: snapshot,
        }
    }
}

impl<I: ParallelIterator> ParallelContextExt for I {}

/// A parallel iterator whose closures run in a context, on whichever thread: what [`in_context`](ParallelContextExt::in_context) gives.
///
/// Put it right after `par_iter()`. Each closure that is given after it, to an adapter (`map`, `filter`, `fold` …) or to what ends the chain (`for_each`, `reduce`,
/// `find_any` …), is called in the context, item by item in a boundary of its own: what it enters there, the next item does not see. The thread that waits for the
/// end holds its own context back meanwhile. It is an [`IndexedParallelIterator`] where the inner one is; its adapters are rayon's,
/// with itself round each again.
///
/// # Limits
/// Closures given *before* it run outside, unless what comes after pulls the items one by one (`enumerate`, `zip` and their like). `try_fold` and
/// `try_fold_with` cannot be told of it by their types: they and what follows run in the context, but say `in_context()` again before `flat_map`, `flatten` or
/// anything pulling. The same goes for generic code that adds adapters to an `impl ParallelIterator`. A parallel iterator that a closure of `flat_map` makes
/// has closures of its own: it takes an `in_context()` of its own. Items that no closure was given (after a panic, or a search that ended early) are dropped where rayon drops them.
/// `cmp`, `eq` and their kin compare outside.
///
/// A serial iterator under `par_bridge` is asked by whichever thread comes next, outside. Bind it, if it reads a storage:
/// `iter::from_fn((move || serial.next()).bind_mut()).par_bridge().in_context()`.
///
/// # Panics
/// What runs it does if a closure does.
#[must_use = "iterator adaptors are lazy and do nothing unless consumed"]
#[derive(Clone, Debug)]
pub struct InContext<I> {
    base: I,
    context: Snapshot,
}

impl<I: ParallelIterator> ParallelIterator for InContext<I> {
    type Item = I::Item;

    fn drive_unindexed<C: UnindexedConsumer<I::Item>>(self, consumer: C) -> C::Result {
        let InContext { base, context } = self;
        let consumer = Within {
            inner: consumer,
            context: &context,
        };
        outside(|| base.drive_unindexed(consumer))
    }

    fn opt_len(&self) -> Option<usize> {
        self.base.opt_len()
    }
}

impl<I: IndexedParallelIterator> IndexedParallelIterator for InContext<I> {
    fn len(&self) -> usize {
        self.base.len()
    }

    fn drive<C: Consumer<I::Item>>(self, consumer: C) -> C::Result {
        let InContext { base, context } = self;
        let consumer = Within {
            inner: consumer,
            context: &context,
        };
        outside(|| base.drive(consumer))
    }

    fn with_producer<CB: ProducerCallback<I::Item>>(self, callback: CB) -> CB::Output {
        let InContext { base, context } = self;
        let callback = Callback {
            callback,
            context: &context,
        };
        outside(|| base.with_producer(callback))
    }
}
