//! What log lines say of their context: chosen stores, escaped.
//!
//! A [`Stamp`] lists storages; shown, it says what they hold where it is shown. [`log`] (feature `log`) puts it on each line of a logger; the crate
//! `throughline-tracing` does so for tracing-subscriber. A formatter of your own writes it where it likes:
//!
//! ```
//! use throughline::{AsyncLocalStorage, Stamp};
//! static REQUEST_ID: AsyncLocalStorage<String> = AsyncLocalStorage::new().named("request_id");
//! static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new().named("user");
//!
//! let stamp = Stamp::new().with(&REQUEST_ID).with(&USER);
//!
//! assert_eq!(stamp.to_string(), "", "nothing is set");
//! REQUEST_ID.run("r-17".to_owned(), || {
//!     assert_eq!(stamp.to_string(), "request_id=r-17");
//!     USER.run("ada\nroot logged in", || {
//!         assert_eq!(stamp.to_string(), r#"request_id=r-17 user="ada\nroot logged in""#);
//!     });
//! });
//! ```

mod escape;
#[cfg(feature = "log")]
pub mod log;
mod shown;

pub use shown::ShownStore;

use crate::{AsyncLocalStorage, Store};
use std::fmt::{self, Display, Write as _};

/// Storages, and the names by which log lines speak of them. Shown, it says what they hold in the current context, as `name=value` with blanks between.
///
/// Storages that hold nothing are left out. A value of letters, digits and ASCII punctuation (but quotes, `=` and `\`) stands as it is; any
/// other in quotes, in which quotes, backslashes and what is not printable are escaped: no value breaks a line, ends its quotes, or moves a
/// terminal's cursor.
///
/// # Panics
/// To show it panics if a store's `Display` does.
#[derive(Clone)]
#[must_use = "a stamp does nothing until a logger has it"]
pub struct Stamp {
    fields: Vec<Field>,
}

#[derive(Clone)]
struct Field {
    name: &'static str,
    store: ShownStore,
}

impl Stamp {
    /// A stamp that says nothing.
    pub const fn new() -> Self {
        Stamp { fields: Vec::new() }
    }

    /// Adds `storage`, by its [name](AsyncLocalStorage::named).
    ///
    /// # Panics
    /// If it has none, or one that [`with_fn`](Self::with_fn) refuses.
    #[track_caller]
    pub fn with<T: Store + Display>(self, storage: &'static AsyncLocalStorage<T>) -> Self {
        assert!(
            !storage.name().is_empty(),
            "the storage has no name: say `.named(\"…\")` where it is declared, or `with_as`"
        );
        self.with_as(storage.name(), storage)
    }

    /// Adds `storage`, by another name.
    ///
    /// # Panics
    /// As [`with_fn`](Self::with_fn).
    #[track_caller]
    pub fn with_as<T: Store + Display>(
        self,
        name: &'static str,
        storage: &'static AsyncLocalStorage<T>,
    ) -> Self {
        self.with_fn(name, storage, <T as Display>::fmt)
    }

    /// Adds `storage`, by another name, shown by that function: for types without `Display`, and for stores of which a part is to be said, or a part is a secret.
    ///
    /// # Panics
    /// If `name` is empty, there already, or has anything in it but ASCII letters, digits, `_`, `-`, `.`.
    ///
    /// # Examples
    /// ```
    /// use throughline::{AsyncLocalStorage, Stamp};
    /// use std::time::Duration;
    /// static BUDGET: AsyncLocalStorage<Duration> = AsyncLocalStorage::new();
    ///
    /// let stamp = Stamp::new().with_fn("budget_ms", &BUDGET, |budget, f| write!(f, "{}", budget.as_millis()));
    /// BUDGET.run(Duration::from_secs(2), || assert_eq!(stamp.to_string(), "budget_ms=2000"));
    /// ```
    #[track_caller]
    pub fn with_fn<T: Store>(
        mut self,
        name: &'static str,
        storage: &'static AsyncLocalStorage<T>,
        show: fn(&T, &mut fmt::Formatter<'_>) -> fmt::Result,
    ) -> Self {
        assert!(
            escape::is_name(name),
            "{name:?} is no name for a log line: it needs ASCII letters, digits, `_`, `-`, `.`"
        );
        assert!(
            self.fields.iter().all(|field| field.name != name),
            "{name:?} is in the stamp already"
        );
        let store = ShownStore::new(storage, show);
        self.fields.push(Field { name, store });
        self
    }

    /// What the storages hold, as a JSON object of strings: `{"request_id":"r-17"}`.
    ///
    /// Escaped is also what JSON would leave as it is, but is not printable.
    pub fn json(&self) -> String {
        let mut object = String::from("{");
        self.for_each(|name, value| {
            if object.len() > 1 {
                object.push(',');
            }
            escape::json(&mut object, name);
            object.push(':');
            escape::json(&mut object, value);
        });
        object.push('}');
        object
    }

    /// Calls `f` with the name and the text of each store that is set, unescaped. For who writes another format.
    pub fn for_each(&self, mut f: impl FnMut(&'static str, &str)) {
        for field in &self.fields {
            if let Some(value) = field.store.text() {
                f(field.name, &value);
            }
        }
    }
}

impl Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = String::new();
        self.for_each(|name, value| {
            if !line.is_empty() {
                line.push(' ');
            }
            let _ = write!(line, "{name}="); // A `String` takes everything.
            escape::text(&mut line, value);
        });
        f.write_str(&line)
    }
}

impl Default for Stamp {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.fields.iter().map(|field| field.name);
        f.write_str("Stamp ")?;
        f.debug_list().entries(names).finish()
    }
}
