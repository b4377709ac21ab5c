//! Which storages are set for a request, from what, and what is told in headers.

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use std::fmt::Display;
use throughline::stamp::ShownStore;
use throughline::{AsyncLocalStorage, Snapshot, Store, host};

/// All that a middleware was told, shared by the services it made.
#[derive(Default)]
pub(crate) struct Plan {
    pub(crate) sources: Vec<Source>,
    pub(crate) headers: Vec<Header>,
}

/// A storage, and what makes its store.
pub(crate) struct Source {
    /// The storage's address: which it is.
    pub(crate) address: usize,
    pub(crate) name: &'static str,
    change: Box<Change>,
}

type Change = dyn Fn(&HttpRequest, Snapshot) -> Snapshot;

impl Source {
    pub(crate) fn new<T: Store>(
        storage: &'static AsyncLocalStorage<T>,
        source: impl Fn(&HttpRequest) -> Option<T> + 'static,
    ) -> Self {
        Source {
            address: std::ptr::from_ref(storage).addr(),
            name: storage.name(),
            change: Box::new(move |request, base| match source(request) {
                Some(store) => host::frame_with(&base, storage, store),
                None => base,
            }),
        }
    }
}

/// A header of the response.
pub(crate) struct Header {
    pub(crate) name: HeaderName,
    store: ShownStore,
}

impl Header {
    pub(crate) fn new<T: Store + Display>(name: HeaderName, storage: &'static AsyncLocalStorage<T>) -> Self {
        let store = ShownStore::of(storage);
        Header { name, store }
    }

    /// What the storage holds, as far as it is a header's text.
    fn value(&self) -> Option<HeaderValue> {
        HeaderValue::try_from(self.store.text()?).ok()
    }
}

impl Plan {
    /// The context of a request, over that one.
    pub(crate) fn context(&self, request: &HttpRequest, base: Snapshot) -> Snapshot {
        self.sources
            .iter()
            .fold(base, |base, source| (source.change)(request, base))
    }

    /// To be called in the request's context.
    pub(crate) fn put_in_response(&self, headers: &mut HeaderMap) {
        for header in &self.headers {
            if let Some(value) = header.value() {
                headers.insert(header.name.clone(), value);
            }
        }
    }
}
