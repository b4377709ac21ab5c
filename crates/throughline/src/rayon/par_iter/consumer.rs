//! What takes the items: each in a boundary of its own, on whichever thread it comes.

use ::rayon::iter::plumbing::{Consumer, Folder, Reducer, UnindexedConsumer};
use throughline_core::Snapshot;

/// A consumer, folder or reducer, called in `context`. It borrows that, so that splitting counts nothing.
pub(super) struct Within<'c, C> {
    pub(super) inner: C,
    pub(super) context: &'c Snapshot,
}

impl<'c, C> Within<'c, C> {
    fn with<D>(&self, inner: D) -> Within<'c, D> {
        Within {
            inner,
            context: self.context,
        }
    }

    fn map<D>(self, f: impl FnOnce(C) -> D) -> Within<'c, D> {
        let Within { inner, context } = self;
        let inner = context.run(|| f(inner));
        Within { inner, context }
    }
}

impl<'c, Item, C: Consumer<Item>> Consumer<Item> for Within<'c, C> {
    type Folder = Within<'c, C::Folder>;
    type Reducer = Within<'c, C::Reducer>;
    type Result = C::Result;

    fn split_at(self, index: usize) -> (Self, Self, Self::Reducer) {
        let context = self.context;
        let (left, right, reducer) = context.run(|| self.inner.split_at(index));
        let [left, right] = [left, right].map(|inner| Within { inner, context });
        let reducer = left.with(reducer);
        (left, right, reducer)
    }

    fn into_folder(self) -> Self::Folder {
        self.map(C::into_folder)
    }

    fn full(&self) -> bool {
        self.inner.full()
    }
}

impl<Item, C: UnindexedConsumer<Item>> UnindexedConsumer<Item> for Within<'_, C> {
    fn split_off_left(&self) -> Self {
        self.with(self.context.run(|| self.inner.split_off_left()))
    }

    fn to_reducer(&self) -> Self::Reducer {
        self.with(self.inner.to_reducer())
    }
}

impl<Item, F: Folder<Item>> Folder<Item> for Within<'_, F> {
    type Result = F::Result;

    fn consume(self, item: Item) -> Self {
        self.map(|folder| folder.consume(item))
    }

    /// What the iterator runs to make an item belongs to the chain too.
    fn consume_iter<It: IntoIterator<Item = Item>>(self, iter: It) -> Self {
        let Within { inner, context } = self;
        let mut folder = inner;
        let mut iter = context.run(|| iter.into_iter());
        loop {
            let (next, more) = context.run(|| match iter.next() {
                Some(item) => (folder.consume(item), true),
                None => (folder, false),
            });
            folder = next;
            if !more || folder.full() {
                break;
            }
        }
        context.run(|| drop(iter));
        Within {
            inner: folder,
            context,
        }
    }

    fn complete(self) -> F::Result {
        self.context.run(|| self.inner.complete())
    }

    fn full(&self) -> bool {
        self.inner.full()
    }
}

impl<Result, R: Reducer<Result>> Reducer<Result> for Within<'_, R> {
    fn reduce(self, left: Result, right: Result) -> Result {
        self.context.run(|| self.inner.reduce(left, right))
    }
}
