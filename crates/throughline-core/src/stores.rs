//! Several storages set at once, with one frame.

use crate::frame::{self, Bindings, Part, PartMaker};
use crate::in_context::{InContext, PutAll, ScopeWith};
use crate::key::Place;
use crate::{AsyncLocalStorage, Store};

/// Runs `f` with several storages set, in one boundary: as nested [`AsyncLocalStorage::run`]s, for the price of one.
///
/// # Panics
/// If a storage is named twice. Otherwise only if `f` does, or a store's `Drop`; the stores from before are back by then.
///
/// # Examples
/// ```
/// use throughline_core::{AsyncLocalStorage, run_with};
/// static ID: AsyncLocalStorage<u64> = AsyncLocalStorage::new();
/// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
///
/// run_with(((&ID, 7), (&USER, "ada")), || {
///     assert_eq!((ID.get_store(), USER.get_store()), (Some(7), Some("ada")));
/// });
/// assert_eq!((ID.get_store(), USER.get_store()), (None, None));
/// ```
#[track_caller]
pub fn run_with<R>(stores: impl Stores, f: impl FnOnce() -> R) -> R {
    refuse_doubles(&stores);
    frame::run_all(stores, f)
}

/// Wraps a future (or stream, sink, reader, writer) so that it runs with several storages set: as nested
/// [`AsyncLocalStorage::scope`]s, for the price of one. The stores come on top of what is set at the first poll.
///
/// # Panics
/// If a storage is named twice.
///
/// # Cancel safety
/// Dropping the answer drops `inner` with the stores set.
///
/// # Examples
/// ```
/// # use futures::executor::block_on;
/// use throughline_core::{AsyncLocalStorage, scope_with};
/// static ID: AsyncLocalStorage<u64> = AsyncLocalStorage::new();
/// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
///
/// let seen = block_on(scope_with(((&ID, 7), (&USER, "ada")), async { (ID.get_store(), USER.get_store()) }));
/// assert_eq!(seen, (Some(7), Some("ada")));
/// ```
#[track_caller]
pub fn scope_with<S: Stores, F>(stores: S, inner: F) -> ScopeWith<S, F> {
    refuse_doubles(&stores);
    InContext::deferred(PutAll(stores), inner)
}

#[track_caller]
fn refuse_doubles(stores: &impl Stores) {
    let mut seen = [u64::MAX; frame::MOST_PARTS];
    let mut n = 0;
    let mut doubled = false;
    stores.places(&mut |place| {
        doubled |= seen.contains(&place.id);
        seen[n] = place.id;
        n += 1;
    });
    assert!(
        !doubled,
        "a storage is named twice: it can have one store at a time"
    );
}

/// Stores for several storages: a tuple of one to eight pairs of `&AsyncLocalStorage<T>` and `T`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a tuple of storages and stores",
    note = "write a tuple of one to eight pairs: `((&ID, 7), (&USER, \"ada\"))`, and `((&ID, 7),)` for one"
)]
#[allow(private_bounds)] // How a frame is made of them is nobody's business.
pub trait Stores: Bindings {}

macro_rules! stores {
    ($count:literal: $($T:ident $i:tt),*) => {
        impl<$($T: Store),*> Stores for ($((&AsyncLocalStorage<$T>, $T),)*) {}

        impl<$($T: Store),*> Bindings for ($((&AsyncLocalStorage<$T>, $T),)*) {
            type Parts = ($(Part<$T>,)*);
            const COUNT: usize = $count;

            fn places(&self, each: &mut dyn FnMut(Place)) {
                $(each(self.$i.0.key().place());)*
            }

            fn into_parts(self, make: PartMaker) -> Self::Parts {
                ($(make.part(self.$i.0.key().place(), self.$i.1),)*)
            }

            const OFFSETS: &'static [usize] = &[$(std::mem::offset_of!(Self::Parts, $i)),*];
        }
    };
}

stores!(1: A 0);
stores!(2: A 0, B 1);
stores!(3: A 0, B 1, C 2);
stores!(4: A 0, B 1, C 2, D 3);
stores!(5: A 0, B 1, C 2, D 3, E 4);
stores!(6: A 0, B 1, C 2, D 3, E 4, F 5);
stores!(7: A 0, B 1, C 2, D 3, E 4, F 5, G 6);
stores!(8: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
