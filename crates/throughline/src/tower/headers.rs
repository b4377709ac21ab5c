//! Headers that say what a storage holds.

use super::RequestId;
use crate::stamp::ShownStore;
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
    pub(super) fn of_request(
        name: HeaderName,
        value: impl Fn() -> Option<HeaderValue> + Send + Sync + 'static,
    ) -> Self {
        Header {
            name,
            in_request: true,
            value: Arc::new(value),
        }
    }

    pub(super) fn of_response(
        name: HeaderName,
        value: impl Fn() -> Option<HeaderValue> + Send + Sync + 'static,
    ) -> Self {
        Header {
            name,
            in_request: false,
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

/// The text of what `storage` holds.
pub(super) fn text_in<T: Store + Display>(
    storage: &'static AsyncLocalStorage<T>,
) -> impl Fn() -> Option<HeaderValue> + Send + Sync {
    let store = ShownStore::of(storage);
    move || HeaderValue::try_from(store.text()?).ok()
}

/// The id that `storage` holds.
pub(super) fn id_in(
    storage: &'static AsyncLocalStorage<RequestId>,
) -> impl Fn() -> Option<HeaderValue> + Send + Sync {
    move || storage.with(|id| HeaderValue::from_str(id?.as_str()).ok())
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = if self.in_request { "request" } else { "response" };
        write!(f, "{} of the {of}", self.name)
    }
}
