//! Several stores bound by one frame: the bindings are parts of its block.

use super::build::{forget_the_dead, settled_on};
use super::counts::Counts;
use super::shape::{Head, Shape};
use super::{Frame, FrameRef, Mode, Traits, entry, release};
use crate::key::{self, Place};
use crate::sync::Watch;
use crate::{AsyncLocalStorage, Store};
use std::cell::Cell;
use std::mem::ManuallyDrop;

/// A binding that is part of another frame's block: a header without an index, and a value.
#[repr(C)]
pub(crate) struct Part<T> {
    header: Frame,
    value: T,
}

/// # Safety
/// `part` is a part that was made with this `T`, and nothing refers to its value any longer.
unsafe fn free_part<T>(part: *const Frame) {
    // SAFETY: called once, by whoever gave the part's last value reference back. The block the part lies in stays until the
    // part's reference to it is given back, also when the value's destructor panics.
    unsafe {
        struct Block(*const Frame);
        impl Drop for Block {
            fn drop(&mut self) {
                // SAFETY: each part holds one value reference of its block.
                unsafe { release::give_value_back(self.0) }
            }
        }
        (*part).watch.change();
        let _block = Block((*part).parent);
        Shape::<T>::value(part).drop_in_place();
    }
}

/// Several stores of several storages, to be bound by one frame.
///
/// # Safety
/// `Parts` is `COUNT` parts, at most [`MOST_PARTS`], that lie at `OFFSETS`; each is made by `make` with the place that `places` gives in the same
/// order.
pub(crate) unsafe trait Bindings: Sized {
    /// The parts, as they lie in the block.
    type Parts;
    const COUNT: usize;
    const OFFSETS: &'static [usize];

    fn places(&self, each: &mut dyn FnMut(Place));

    fn into_parts(self, make: PartMaker) -> Self::Parts;
}

/// The longest tuple of stores.
pub(crate) const MOST_PARTS: usize = 8;

macro_rules! bindings {
    ($count:literal: $($T:ident $i:tt),*) => {
        // SAFETY: all is spelled out in the same order, and the offsets are the compiler's.
        unsafe impl<$($T: Store),*> Bindings for ($((&AsyncLocalStorage<$T>, $T),)*) {
            type Parts = ($(Part<$T>,)*);
            const COUNT: usize = $count;
            const OFFSETS: &'static [usize] = &[$(std::mem::offset_of!(Self::Parts, $i)),*];

            fn places(&self, each: &mut dyn FnMut(Place)) {
                $(each(self.$i.0.key().place().untyped());)*
            }

            fn into_parts(self, make: PartMaker) -> Self::Parts {
                ($(make.part(self.$i.0.key().place(), self.$i.1),)*)
            }
        }
    };
}

bindings!(1: A 0);
bindings!(2: A 0, B 1);
bindings!(3: A 0, B 1, C 2);
bindings!(4: A 0, B 1, C 2, D 3);
bindings!(5: A 0, B 1, C 2, D 3, E 4);
bindings!(6: A 0, B 1, C 2, D 3, E 4, F 5);
bindings!(7: A 0, B 1, C 2, D 3, E 4, F 5, G 6);
bindings!(8: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);

/// What a part needs to know of the block it will lie in.
#[derive(Clone, Copy)]
pub(crate) struct PartMaker {
    block: *const Frame,
    epoch: u32,
}

impl PartMaker {
    pub(crate) fn part<T>(self, place: Place<T>, value: T) -> Part<T> {
        // `Shape::value` and `Part` must agree on where the value is.
        const { assert!(std::mem::offset_of!(Part<T>, value) == Shape::<T>::VALUE) };
        Part {
            header: Frame {
                counts: Counts::value_only(),
                id: place.id,
                parent: self.block,
                free: free_part::<T>,
                start: 0,
                traits: Traits(place.asks.0 | Traits::PART),
                mode: Cell::new(Mode::Borrows),
                epoch: self.epoch,
                watch: Watch::new(),
                watch_mode: Watch::new(),
            },
            value,
        }
    }
}

/// A new frame that binds several stores on top of `parent`; as [`bind`](super::build::bind) for one.
///
/// # Safety
/// As [`bind`](super::build::bind).
pub(super) unsafe fn bind_all<B: Bindings>(parent: *const Frame, stores: B) -> *const Frame {
    let epoch = key::epoch();
    let (mut first, mut asks) = (0, 0);
    stores.places(&mut |p| {
        first = first.min(p.entry);
        asks |= p.asks.0;
    });
    // SAFETY: by the contract. The parts are dropped one by one, so the block's own value is not.
    unsafe {
        let f = Shape::<ManuallyDrop<B::Parts>>::allocate(
            parent,
            first,
            Head {
                counts: Counts::one_and(B::COUNT),
                id: 0,
                mode: Mode::BorrowsParts,
                traits: asks,
                epoch,
            },
        );
        let mut places = [0; MOST_PARTS];
        let mut n = 0;
        stores.places(&mut |p| {
            places[n] = p.entry;
            n += 1;
        });
        let parts = Shape::<ManuallyDrop<B::Parts>>::value(f);
        parts.write(ManuallyDrop::new(
            stores.into_parts(PartMaker { block: f, epoch }),
        ));
        for (&offset, &at) in B::OFFSETS.iter().zip(&places) {
            // From the block's own pointer, so that the index and the parent stay reachable from a part.
            entry(f, at).write(parts.byte_add(offset).cast::<Frame>());
        }
        forget_the_dead(f, parent);
        f
    }
}

/// `base` with several stores bound on top of it.
pub(crate) fn bind_all_on<B: Bindings>(base: FrameRef, stores: B) -> FrameRef {
    // SAFETY: as in `bind_on`.
    unsafe { settled_on(bind_all(base.as_ptr(), stores), base) }
}
