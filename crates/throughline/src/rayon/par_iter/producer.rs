//! What gives the items, where an adapter pulls them rather than being handed them.

use ::rayon::iter::plumbing::{Folder, Producer, ProducerCallback};
use throughline_core::Snapshot;

use super::consumer::Within;

/// Hands the producer on, within `context`.
pub(super) struct Callback<'c, CB> {
    pub(super) callback: CB,
    pub(super) context: &'c Snapshot,
}

impl<Item, CB: ProducerCallback<Item>> ProducerCallback<Item> for Callback<'_, CB> {
    type Output = CB::Output;

    fn callback<P: Producer<Item = Item>>(self, base: P) -> CB::Output {
        self.callback.callback(Pulled {
            base,
            context: self.context,
        })
    }
}

/// A producer or iterator, called in `context`.
struct Pulled<'c, P> {
    base: P,
    context: &'c Snapshot,
}

impl<'c, P: Producer> Producer for Pulled<'c, P> {
    type Item = P::Item;
    type IntoIter = Pulled<'c, P::IntoIter>;

    fn into_iter(self) -> Self::IntoIter {
        let Pulled { base, context } = self;
        let base = context.run(|| base.into_iter());
        Pulled { base, context }
    }

    fn min_len(&self) -> usize {
        self.base.min_len()
    }

    fn max_len(&self) -> usize {
        self.base.max_len()
    }

    fn split_at(self, index: usize) -> (Self, Self) {
        let Pulled { base, context } = self;
        let (left, right) = context.run(|| base.split_at(index));
        let [left, right] = [left, right].map(|base| Pulled { base, context });
        (left, right)
    }

    /// Where the folder is known, it is within the context too.
    fn fold_with<F: Folder<P::Item>>(self, folder: F) -> F {
        let Pulled { base, context } = self;
        base.fold_with(Within {
            inner: folder,
            context,
        })
        .inner
    }
}

impl<It: Iterator> Iterator for Pulled<'_, It> {
    type Item = It::Item;

    fn next(&mut self) -> Option<It::Item> {
        self.context.run(|| self.base.next())
    }

    fn nth(&mut self, n: usize) -> Option<It::Item> {
        self.context.run(|| self.base.nth(n))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.base.size_hint()
    }
}

impl<It: DoubleEndedIterator> DoubleEndedIterator for Pulled<'_, It> {
    fn next_back(&mut self) -> Option<It::Item> {
        self.context.run(|| self.base.next_back())
    }

    fn nth_back(&mut self, n: usize) -> Option<It::Item> {
        self.context.run(|| self.base.nth_back(n))
    }
}

impl<It: ExactSizeIterator> ExactSizeIterator for Pulled<'_, It> {
    fn len(&self) -> usize {
        self.base.len()
    }
}
