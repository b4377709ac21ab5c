//! Several storages set at once, with one frame.

use crate::frame::{self, Bindings};
use crate::in_context::{InContext, PutAll, ScopeWith};

/// Runs `f` with several storages set, in one boundary: as nested [`run`](crate::AsyncLocalStorage::run)s, for the price of one.
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
#[doc(alias = "run")]
#[track_caller]
pub fn run_with<R>(stores: impl Stores, f: impl FnOnce() -> R) -> R {
    refuse_doubles(&stores);
    frame::run_all(stores, f)
}

/// Wraps a future (or stream, sink, reader, writer) so that it runs with several storages set: as nested
/// [`scope`](crate::AsyncLocalStorage::scope)s, for the price of one. The stores come on top of what is set at the first poll.
///
/// # Panics
/// If a storage is named twice. The answer panics when polled again after it was ready.
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
#[doc(alias = "run")]
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

impl<S: Bindings> Stores for S {}
