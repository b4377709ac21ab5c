//! What can be kept in a storage.

/// A type whose values can be stores: any that is `Send + Sync + 'static`.
///
/// A store follows the work to other threads and is read there by reference, maybe by several at once. It is dropped when the last
/// boundary, future or snapshot that has it goes; its `Drop` runs in the context around that one, and may use storages.
///
/// ```compile_fail,E0277
/// use std::rc::Rc;
/// // error: `Rc<u32>` cannot be kept in an `AsyncLocalStorage` (and what to keep in its place)
/// static USER: throughline_core::AsyncLocalStorage<Rc<u32>> = throughline_core::AsyncLocalStorage::new();
/// assert!(USER.with(|user| user.is_none()));
/// ```
///
/// ```
/// use std::sync::Arc;
/// static USER: throughline_core::AsyncLocalStorage<Arc<u32>> = throughline_core::AsyncLocalStorage::new();
/// assert!(USER.with(|user| user.is_none()));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be kept in an `AsyncLocalStorage`",
    label = "a store must be `Send + Sync + 'static`",
    note = "a store follows the work to other threads and is read there by reference",
    note = "to share a value, keep an `Arc` in place of an `Rc`",
    note = "to change it, keep a `Mutex`, an `RwLock` or an atomic in place of a `Cell` or `RefCell`",
    note = "a value that must stay on its thread can stay in a `thread_local!`, with its key as the store"
)]
pub trait Store: Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Send + Sync + 'static> Store for T {}
