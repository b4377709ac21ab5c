//! For a host that moves frames itself: an embedded engine, an executor, a scheduler of its own.
//!
//! Programs do not need this. A host keeps its own notion of the current context and switches the two together: it asks
//! for the frame that is [`current`], makes others out of it with [`frame_with`] and [`frame_without`], and puts one in force with
//! [`set`], inside a boundary that it opened with [`Snapshot::run`] or [`root`](crate::root) for each of its jobs.

pub use crate::resource::host::{Entered, HookRegistry, OutOfOrder};

use crate::{AsyncLocalStorage, NoBoundary, Snapshot, Store, frame};

/// The current frame; the same as [`snapshot`](crate::snapshot).
#[must_use = "a frame does nothing by itself: set it, or run something in it"]
pub fn current() -> Snapshot {
    crate::snapshot()
}

/// `base` with `store` set in `storage`.
///
/// # Examples
/// ```
/// use throughline_core::{AsyncLocalStorage, Snapshot, host};
/// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
///
/// let frame = host::frame_with(&Snapshot::empty(), &USER, "ada");
/// assert_eq!(frame.get(&USER), Some("ada"));
/// assert_eq!(host::frame_without(&frame, &USER).get(&USER), None);
/// ```
#[must_use = "the new frame is the answer; `base` is as it was"]
#[track_caller]
pub fn frame_with<T: Store>(base: &Snapshot, storage: &AsyncLocalStorage<T>, store: T) -> Snapshot {
    Snapshot(frame::bind_on(&base.0, storage.key().place(), store))
}

/// `base` with nothing set in `storage`.
#[must_use = "the new frame is the answer; `base` is as it was"]
#[track_caller]
pub fn frame_without<T: Store>(base: &Snapshot, storage: &AsyncLocalStorage<T>) -> Snapshot {
    Snapshot(frame::without_on(&base.0, storage.key().place().untyped()))
}

/// Puts `frame` in force for the rest of the current boundary, and answers what was. Guards that were open in the boundary bring
/// nothing back.
///
/// # Errors
/// Outside any boundary, with `frame` in the error.
///
/// # Examples
/// ```
/// use throughline_core::{AsyncLocalStorage, Snapshot, host, root};
/// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
///
/// let ada = host::frame_with(&Snapshot::empty(), &USER, "ada");
/// root(|| {
///     let before = host::set(ada).unwrap();
///     assert_eq!(USER.get_store(), Some("ada"));
///     host::set(before).unwrap();
///     assert_eq!(USER.get_store(), None);
/// });
/// ```
pub fn set(frame: Snapshot) -> Result<Snapshot, NoBoundary<Snapshot>> {
    match frame::set(frame.0) {
        Ok(former) => Ok(Snapshot(former)),
        Err(frame) => Err(NoBoundary::new(Snapshot(frame))),
    }
}
