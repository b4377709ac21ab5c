//! rayon's adapters, with the context round them again: so that it is always the outermost, whose consumer takes the items that the
//! others let through, and so that no closure runs where an adapter pulls or steals before the context is there.

#![expect(
    clippy::type_complexity,
    reason = "the types are those of rayon, each closure bound"
)]

use ::rayon::iter::{
    Chain, Chunks, Cloned, Copied, Enumerate, ExponentialBlocks, Filter, FilterMap, FlatMap, FlatMapIter,
    Flatten, FlattenIter, Fold, FoldChunks, FoldChunksWith, FoldWith, IndexedParallelIterator, Inspect,
    Interleave, InterleaveShortest, Intersperse, IntoParallelIterator, Map, MapInit, MapWith, MaxLen, MinLen,
    PanicFuse, ParallelIterator, Positions, Rev, Skip, SkipAny, SkipAnyWhile, StepBy, Take, TakeAny,
    TakeAnyWhile, UniformBlocks, Update, WhileSome, Zip, ZipEq,
};
use throughline_core::{Snapshot, host::outside};

use super::InContext;
use super::bound::{change, look, make, take, take_two, take_with};

impl<I> InContext<I> {
    /// Puts `adapter` between the context and what it was round.
    fn inside<J>(self, adapter: impl FnOnce(I, &Snapshot) -> J) -> InContext<J> {
        let InContext { base, context } = self;
        let base = adapter(base, &context);
        InContext { base, context }
    }
}

impl<I: ParallelIterator> InContext<I> {
    /// As [`ParallelIterator::map`].
    pub fn map<F, R>(self, map_op: F) -> InContext<Map<I, impl Fn(I::Item) -> R + Sync + Send>>
    where
        F: Fn(I::Item) -> R + Sync + Send,
        R: Send,
    {
        self.inside(|base, here| base.map(take(here, map_op)))
    }

    /// As [`ParallelIterator::map_with`].
    pub fn map_with<F, T, R>(
        self,
        init: T,
        map_op: F,
    ) -> InContext<MapWith<I, T, impl Fn(&mut T, I::Item) -> R + Sync + Send>>
    where
        F: Fn(&mut T, I::Item) -> R + Sync + Send,
        T: Send + Clone,
        R: Send,
    {
        self.inside(|base, here| base.map_with(init, take_with(here, map_op)))
    }

    /// As [`ParallelIterator::map_init`].
    pub fn map_init<F, INIT, T, R>(
        self,
        init: INIT,
        map_op: F,
    ) -> InContext<MapInit<I, impl Fn() -> T + Sync + Send, impl Fn(&mut T, I::Item) -> R + Sync + Send>>
    where
        F: Fn(&mut T, I::Item) -> R + Sync + Send,
        INIT: Fn() -> T + Sync + Send,
        R: Send,
    {
        self.inside(|base, here| base.map_init(make(here, init), take_with(here, map_op)))
    }

    /// As [`ParallelIterator::inspect`].
    pub fn inspect<OP>(self, inspect_op: OP) -> InContext<Inspect<I, impl Fn(&I::Item) + Sync + Send>>
    where
        OP: Fn(&I::Item) + Sync + Send,
    {
        self.inside(|base, here| base.inspect(look(here, inspect_op)))
    }

    /// As [`ParallelIterator::update`].
    pub fn update<F>(self, update_op: F) -> InContext<Update<I, impl Fn(&mut I::Item) + Sync + Send>>
    where
        F: Fn(&mut I::Item) + Sync + Send,
    {
        self.inside(|base, here| base.update(change(here, update_op)))
    }

    /// As [`ParallelIterator::filter`].
    pub fn filter<P>(self, filter_op: P) -> InContext<Filter<I, impl Fn(&I::Item) -> bool + Sync + Send>>
    where
        P: Fn(&I::Item) -> bool + Sync + Send,
    {
        self.inside(|base, here| base.filter(look(here, filter_op)))
    }

    /// As [`ParallelIterator::filter_map`].
    pub fn filter_map<P, R>(
        self,
        filter_op: P,
    ) -> InContext<FilterMap<I, impl Fn(I::Item) -> Option<R> + Sync + Send>>
    where
        P: Fn(I::Item) -> Option<R> + Sync + Send,
        R: Send,
    {
        self.inside(|base, here| base.filter_map(take(here, filter_op)))
    }

    /// As [`ParallelIterator::flat_map`].
    pub fn flat_map<F, PI>(self, map_op: F) -> InContext<FlatMap<I, impl Fn(I::Item) -> PI + Sync + Send>>
    where
        F: Fn(I::Item) -> PI + Sync + Send,
        PI: IntoParallelIterator,
    {
        self.inside(|base, here| base.flat_map(take(here, map_op)))
    }

    /// As [`ParallelIterator::flat_map_iter`].
    pub fn flat_map_iter<F, SI>(
        self,
        map_op: F,
    ) -> InContext<FlatMapIter<I, impl Fn(I::Item) -> SI + Sync + Send>>
    where
        F: Fn(I::Item) -> SI + Sync + Send,
        SI: IntoIterator,
        SI::Item: Send,
    {
        self.inside(|base, here| base.flat_map_iter(take(here, map_op)))
    }

    /// As [`ParallelIterator::flatten`].
    pub fn flatten(self) -> InContext<Flatten<I>>
    where
        I::Item: IntoParallelIterator,
    {
        self.inside(|base, _| base.flatten())
    }

    /// As [`ParallelIterator::flatten_iter`].
    pub fn flatten_iter(self) -> InContext<FlattenIter<I>>
    where
        I::Item: IntoIterator,
        <I::Item as IntoIterator>::Item: Send,
    {
        self.inside(|base, _| base.flatten_iter())
    }

    /// As [`ParallelIterator::fold`].
    pub fn fold<T, ID, F>(
        self,
        identity: ID,
        fold_op: F,
    ) -> InContext<Fold<I, impl Fn() -> T + Sync + Send, impl Fn(T, I::Item) -> T + Sync + Send>>
    where
        F: Fn(T, I::Item) -> T + Sync + Send,
        ID: Fn() -> T + Sync + Send,
        T: Send,
    {
        self.inside(|base, here| base.fold(make(here, identity), take_two(here, fold_op)))
    }

    /// As [`ParallelIterator::fold_with`].
    pub fn fold_with<F, T>(
        self,
        init: T,
        fold_op: F,
    ) -> InContext<FoldWith<I, T, impl Fn(T, I::Item) -> T + Sync + Send>>
    where
        F: Fn(T, I::Item) -> T + Sync + Send,
        T: Send + Clone,
    {
        self.inside(|base, here| base.fold_with(init, take_two(here, fold_op)))
    }

    /// As [`ParallelIterator::chain`].
    pub fn chain<C>(self, chain: C) -> InContext<Chain<I, C::Iter>>
    where
        C: IntoParallelIterator<Item = I::Item>,
    {
        self.inside(|base, _| base.chain(chain))
    }

    /// As [`ParallelIterator::while_some`].
    pub fn while_some<T>(self) -> InContext<WhileSome<I>>
    where
        I: ParallelIterator<Item = Option<T>>,
        T: Send,
    {
        self.inside(|base, _| base.while_some())
    }

    /// As [`ParallelIterator::panic_fuse`].
    pub fn panic_fuse(self) -> InContext<PanicFuse<I>> {
        self.inside(|base, _| base.panic_fuse())
    }

    /// As [`ParallelIterator::intersperse`].
    pub fn intersperse(self, element: I::Item) -> InContext<Intersperse<I>>
    where
        I::Item: Clone,
    {
        self.inside(|base, _| base.intersperse(element))
    }

    /// As [`ParallelIterator::take_any`].
    pub fn take_any(self, n: usize) -> InContext<TakeAny<I>> {
        self.inside(|base, _| base.take_any(n))
    }

    /// As [`ParallelIterator::skip_any`].
    pub fn skip_any(self, n: usize) -> InContext<SkipAny<I>> {
        self.inside(|base, _| base.skip_any(n))
    }

    /// As [`ParallelIterator::take_any_while`].
    pub fn take_any_while<P>(
        self,
        predicate: P,
    ) -> InContext<TakeAnyWhile<I, impl Fn(&I::Item) -> bool + Sync + Send>>
    where
        P: Fn(&I::Item) -> bool + Sync + Send,
    {
        self.inside(|base, here| base.take_any_while(look(here, predicate)))
    }

    /// As [`ParallelIterator::skip_any_while`].
    pub fn skip_any_while<P>(
        self,
        predicate: P,
    ) -> InContext<SkipAnyWhile<I, impl Fn(&I::Item) -> bool + Sync + Send>>
    where
        P: Fn(&I::Item) -> bool + Sync + Send,
    {
        self.inside(|base, here| base.skip_any_while(look(here, predicate)))
    }

    /// As [`ParallelIterator::cloned`].
    pub fn cloned<'a, T>(self) -> InContext<Cloned<I>>
    where
        T: 'a + Clone + Send,
        I: ParallelIterator<Item = &'a T>,
    {
        self.inside(|base, _| base.cloned())
    }

    /// As [`ParallelIterator::copied`].
    pub fn copied<'a, T>(self) -> InContext<Copied<I>>
    where
        T: 'a + Copy + Send,
        I: ParallelIterator<Item = &'a T>,
    {
        self.inside(|base, _| base.copied())
    }
}

impl<I: IndexedParallelIterator> InContext<I> {
    /// As [`IndexedParallelIterator::enumerate`].
    pub fn enumerate(self) -> InContext<Enumerate<I>> {
        self.inside(|base, _| base.enumerate())
    }

    /// As [`IndexedParallelIterator::zip`].
    pub fn zip<Z>(self, zip_op: Z) -> InContext<Zip<I, Z::Iter>>
    where
        Z: IntoParallelIterator,
        Z::Iter: IndexedParallelIterator,
    {
        self.inside(|base, _| base.zip(zip_op))
    }

    /// As [`IndexedParallelIterator::zip_eq`].
    pub fn zip_eq<Z>(self, zip_op: Z) -> InContext<ZipEq<I, Z::Iter>>
    where
        Z: IntoParallelIterator,
        Z::Iter: IndexedParallelIterator,
    {
        self.inside(|base, _| base.zip_eq(zip_op))
    }

    /// As [`IndexedParallelIterator::interleave`].
    pub fn interleave<J>(self, other: J) -> InContext<Interleave<I, J::Iter>>
    where
        J: IntoParallelIterator<Item = I::Item>,
        J::Iter: IndexedParallelIterator<Item = I::Item>,
    {
        self.inside(|base, _| base.interleave(other))
    }

    /// As [`IndexedParallelIterator::interleave_shortest`].
    pub fn interleave_shortest<J>(self, other: J) -> InContext<InterleaveShortest<I, J::Iter>>
    where
        J: IntoParallelIterator<Item = I::Item>,
        J::Iter: IndexedParallelIterator<Item = I::Item>,
    {
        self.inside(|base, _| base.interleave_shortest(other))
    }

    /// As [`IndexedParallelIterator::chunks`].
    pub fn chunks(self, chunk_size: usize) -> InContext<Chunks<I>> {
        self.inside(|base, _| base.chunks(chunk_size))
    }

    /// As [`IndexedParallelIterator::fold_chunks`].
    pub fn fold_chunks<T, ID, F>(
        self,
        chunk_size: usize,
        identity: ID,
        fold_op: F,
    ) -> InContext<FoldChunks<I, impl Fn() -> T + Sync + Send, impl Fn(T, I::Item) -> T + Sync + Send>>
    where
        F: Fn(T, I::Item) -> T + Sync + Send,
        ID: Fn() -> T + Sync + Send,
        T: Send,
    {
        self.inside(|base, here| base.fold_chunks(chunk_size, make(here, identity), take_two(here, fold_op)))
    }

    /// As [`IndexedParallelIterator::fold_chunks_with`].
    pub fn fold_chunks_with<T, F>(
        self,
        chunk_size: usize,
        init: T,
        fold_op: F,
    ) -> InContext<FoldChunksWith<I, T, impl Fn(T, I::Item) -> T + Sync + Send>>
    where
        F: Fn(T, I::Item) -> T + Sync + Send,
        T: Send + Clone,
    {
        self.inside(|base, here| base.fold_chunks_with(chunk_size, init, take_two(here, fold_op)))
    }

    /// As [`IndexedParallelIterator::by_exponential_blocks`].
    pub fn by_exponential_blocks(self) -> InContext<ExponentialBlocks<I>> {
        self.inside(|base, _| base.by_exponential_blocks())
    }

    /// As [`IndexedParallelIterator::by_uniform_blocks`].
    pub fn by_uniform_blocks(self, block_size: usize) -> InContext<UniformBlocks<I>> {
        self.inside(|base, _| base.by_uniform_blocks(block_size))
    }

    /// As [`IndexedParallelIterator::step_by`].
    pub fn step_by(self, step: usize) -> InContext<StepBy<I>> {
        self.inside(|base, _| base.step_by(step))
    }

    /// As [`IndexedParallelIterator::skip`].
    pub fn skip(self, n: usize) -> InContext<Skip<I>> {
        self.inside(|base, _| base.skip(n))
    }

    /// As [`IndexedParallelIterator::take`].
    pub fn take(self, n: usize) -> InContext<Take<I>> {
        self.inside(|base, _| base.take(n))
    }

    /// As [`IndexedParallelIterator::rev`].
    pub fn rev(self) -> InContext<Rev<I>> {
        self.inside(|base, _| base.rev())
    }

    /// As [`IndexedParallelIterator::with_min_len`].
    pub fn with_min_len(self, min: usize) -> InContext<MinLen<I>> {
        self.inside(|base, _| base.with_min_len(min))
    }

    /// As [`IndexedParallelIterator::with_max_len`].
    pub fn with_max_len(self, max: usize) -> InContext<MaxLen<I>> {
        self.inside(|base, _| base.with_max_len(max))
    }

    /// As [`IndexedParallelIterator::positions`].
    pub fn positions<P>(self, predicate: P) -> InContext<Positions<I, impl Fn(I::Item) -> bool + Sync + Send>>
    where
        P: Fn(I::Item) -> bool + Sync + Send,
    {
        self.inside(|base, here| base.positions(take(here, predicate)))
    }

    /// As [`IndexedParallelIterator::position_any`].
    pub fn position_any<P>(self, predicate: P) -> Option<usize>
    where
        P: Fn(I::Item) -> bool + Sync + Send,
    {
        let predicate = take(&self.context, predicate);
        outside(|| self.base.position_any(predicate))
    }

    /// As [`IndexedParallelIterator::position_first`].
    pub fn position_first<P>(self, predicate: P) -> Option<usize>
    where
        P: Fn(I::Item) -> bool + Sync + Send,
    {
        let predicate = take(&self.context, predicate);
        outside(|| self.base.position_first(predicate))
    }

    /// As [`IndexedParallelIterator::position_last`].
    pub fn position_last<P>(self, predicate: P) -> Option<usize>
    where
        P: Fn(I::Item) -> bool + Sync + Send,
    {
        let predicate = take(&self.context, predicate);
        outside(|| self.base.position_last(predicate))
    }
}
