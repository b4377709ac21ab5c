//! The text of what a storage holds.

use crate::{AsyncLocalStorage, Store};
use std::fmt::{self, Display};
use std::sync::Arc;

/// A storage, whatever its type, and how its stores are shown: for who says in a line, a header or a message what storages hold.
///
/// # Examples
/// ```
/// use throughline::AsyncLocalStorage;
/// use throughline::stamp::ShownStore;
///
/// struct Session { user: String, token: String }
/// static SESSION: AsyncLocalStorage<Session> = AsyncLocalStorage::new();
///
/// let user = ShownStore::new(&SESSION, |session, f| f.write_str(&session.user));
/// assert_eq!(user.text(), None);
/// let session = Session { user: "ada".to_owned(), token: "s3cret".to_owned() };
/// # assert!(!session.token.is_empty());
/// SESSION.run(session, || assert_eq!(user.text().as_deref(), Some("ada")));
/// ```
#[derive(Clone)]
pub struct ShownStore {
    text: Arc<dyn Fn() -> Option<String> + Send + Sync>,
}

impl ShownStore {
    /// Shows the stores of `storage` by that function.
    pub fn new<T: Store>(
        storage: &'static AsyncLocalStorage<T>,
        show: fn(&T, &mut fmt::Formatter<'_>) -> fmt::Result,
    ) -> Self {
        let text = move || storage.with(|store| Some(Shown { store: store?, show }.to_string()));
        ShownStore { text: Arc::new(text) }
    }

    /// Shows them by their own `Display`.
    pub fn of<T: Store + Display>(storage: &'static AsyncLocalStorage<T>) -> Self {
        Self::new(storage, <T as Display>::fmt)
    }

    /// What the storage holds here, as a text; none if nothing is set.
    ///
    /// # Panics
    /// If the function that shows it does.
    pub fn text(&self) -> Option<String> {
        (self.text)()
    }
}

impl fmt::Debug for ShownStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not what it holds: that is for whom it is shown to.
        f.debug_struct("ShownStore").finish_non_exhaustive()
    }
}

struct Shown<'a, T> {
    store: &'a T,
    show: fn(&T, &mut fmt::Formatter<'_>) -> fmt::Result,
}

impl<T> Display for Shown<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (self.show)(self.store, f)
    }
}
