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
    text: Arc<Text>,
}

/// Lends the text of what a storage holds, if it holds anything.
type Text = dyn Fn(&mut dyn FnMut(&str)) + Send + Sync;

impl Header {
    pub(super) fn of_request(name: HeaderName, text: Arc<Text>) -> Self {
        Header {
            name,
            in_request: true,
            text,
        }
    }

    pub(super) fn of_response(name: HeaderName, text: Arc<Text>) -> Self {
        Header {
            name,
            in_request: false,
            text,
        }
    }

    /// To be called in the request's context.
    pub(super) fn put_in_request(&self, headers: &mut HeaderMap) {
        if !self.in_request {
            return;
        }
        let mut is_said = false;
        (self.text)(&mut |text| is_said = says(headers, &self.name, text) || set(headers, &self.name, text));
        if !is_said {
            headers.remove(&self.name);
        }
    }

    /// To be called in the request's context.
    pub(super) fn put_in_response(&self, headers: &mut HeaderMap) {
        if self.in_request {
            return;
        }
        (self.text)(&mut |text| {
            set(headers, &self.name, text);
        });
    }
}

/// Whether it is said already, once and by nobody else.
fn says(headers: &HeaderMap, name: &HeaderName, text: &str) -> bool {
    let mut said = headers.get_all(name).iter();
    said.next().is_some_and(|said| said.as_bytes() == text.as_bytes()) && said.next().is_none()
}

/// Whether the text is a header's.
fn set(headers: &mut HeaderMap, name: &HeaderName, text: &str) -> bool {
    let value = HeaderValue::from_str(text);
    value.map(|value| headers.insert(name, value)).is_ok()
}

/// The text of what `storage` holds.
pub(super) fn text_in<T: Store + Display>(storage: &'static AsyncLocalStorage<T>) -> Arc<Text> {
    let store = ShownStore::of(storage);
    Arc::new(move |f| {
        if let Some(text) = store.text() {
            f(&text);
        }
    })
}

/// The id that `storage` holds.
pub(super) fn id_in(storage: &'static AsyncLocalStorage<RequestId>) -> Arc<Text> {
    Arc::new(move |f| {
        storage.with(|id| {
            if let Some(id) = id {
                f(id.as_str());
            }
        });
    })
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = if self.in_request { "request" } else { "response" };
        write!(f, "{} of the {of}", self.name)
    }
}
