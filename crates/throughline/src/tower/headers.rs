//! Headers that say what a storage holds.

use crate::{AsyncLocalStorage, Store};
use http::{HeaderMap, HeaderName, HeaderValue};
use std::fmt::{self, Display};
use std::sync::Arc;

/// A header of the request or of the response.
#[derive(Clone)]
pub(super) struct Header {
    name: HeaderName,
    in_request: bool,
    /// What the storage holds, as far as it is a header's text.
    value: Arc<dyn Fn() -> Option<HeaderValue> + Send + Sync>,
}

impl Header {
    pub(super) fn of_request<T: Store + Display>(
        name: HeaderName,
        storage: &'static AsyncLocalStorage<T>,
    ) -> Self {
        Self::new(name, true, storage)
    }

    pub(super) fn of_response<T: Store + Display>(
        name: HeaderName,
        storage: &'static AsyncLocalStorage<T>,
    ) -> Self {
        Self::new(name, false, storage)
    }

    fn new<T: Store + Display>(
        name: HeaderName,
        in_request: bool,
        storage: &'static AsyncLocalStorage<T>,
    ) -> Self {
        let value = move || {
            let text = storage.with(|store| store.map(T::to_string))?;
            HeaderValue::try_from(text).ok()
        };
        Header {
            name,
            in_request,
            value: Arc::new(value),
        }
    }

    /// To be called in the request's context.
    pub(super) fn put_in_request(&self, headers: &mut HeaderMap) {
        if !self.in_request {
            return;
        }
        match (self.value)() {
            Some(value) => drop(headers.insert(&self.name, value)),
            None => drop(headers.remove(&self.name)),
        }
    }

    /// To be called in the request's context.
    pub(super) fn put_in_response(&self, headers: &mut HeaderMap) {
        if self.in_request {
            return;
        }
        if let Some(value) = (self.value)() {
            headers.insert(&self.name, value);
        }
    }
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = if self.in_request { "request" } else { "response" };
        write!(f, "{} of the {of}", self.name)
    }
}
