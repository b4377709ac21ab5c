//! Stores as metadata of the calls that go out.

use std::fmt::{self, Display};
use throughline::stamp::ShownStore;
use throughline::tower::RequestId;
use throughline::{AsyncLocalStorage, Store};
use tonic::metadata::{Ascii, MetadataKey, MetadataValue};
use tonic::service::Interceptor;
use tonic::{Request, Status};

/// A client's [`Interceptor`] that puts what storages hold into the metadata of each call.
///
/// They are read where the call is made, in the caller's context. A storage that holds nothing is left out, and so is text that metadata cannot carry (it is ASCII without
/// control characters), and what the call has metadata of that name for already: what its caller says holds.
///
/// Whom you call reads it. Put nothing in that a stranger shall not know, or call strangers through a client without it.
///
/// # Examples
/// ```
/// use throughline::AsyncLocalStorage;
/// use throughline_tonic::ContextInterceptor;
/// use tonic::{Request, service::Interceptor as _};
/// static TENANT: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
///
/// let mut outgoing = ContextInterceptor::new().metadata("x-tenant", &TENANT);
/// let call = TENANT.run("acme", || outgoing.call(Request::new(()))).unwrap();
/// assert_eq!(call.metadata().get("x-tenant").unwrap(), "acme");
/// ```
#[derive(Clone)]
#[must_use = "an interceptor does nothing until a client has it"]
pub struct ContextInterceptor {
    entries: Vec<Entry>,
}

#[derive(Clone)]
struct Entry {
    key: MetadataKey<Ascii>,
    store: ShownStore,
}

impl ContextInterceptor {
    /// An interceptor that adds nothing yet.
    pub const fn new() -> Self {
        ContextInterceptor { entries: Vec::new() }
    }

    /// Says the request's id as `x-request-id`.
    pub fn request_id(self, storage: &'static AsyncLocalStorage<RequestId>) -> Self {
        self.metadata("x-request-id", storage)
    }

    /// Says what `storage` holds under that key.
    ///
    /// # Panics
    /// If `key` is no key of ASCII metadata: lower-case letters, digits, `_`, `-`, `.`, and not `-bin` at its end.
    pub fn metadata<T: Store + Display>(
        mut self,
        key: &'static str,
        storage: &'static AsyncLocalStorage<T>,
    ) -> Self {
        let key = MetadataKey::from_static(key);
        let store = ShownStore::of(storage);
        self.entries.push(Entry { key, store });
        self
    }
}

impl Interceptor for ContextInterceptor {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let metadata = request.metadata_mut();
        for Entry { key, store } in &self.entries {
            if metadata.contains_key(key) {
                continue;
            }
            if let Some(value) = store.text().and_then(as_metadata) {
                metadata.insert(key, value);
            }
        }
        Ok(request)
    }
}

impl Default for ContextInterceptor {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for ContextInterceptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ContextInterceptor ")?;
        f.debug_list()
            .entries(self.entries.iter().map(|entry| &entry.key))
            .finish()
    }
}

/// The text, as far as it is metadata.
fn as_metadata(text: String) -> Option<MetadataValue<Ascii>> {
    let is_ascii = text.bytes().all(|c| matches!(c, b' '..=b'~'));
    is_ascii.then(|| text.parse().ok())?
}
