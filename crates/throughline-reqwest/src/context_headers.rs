//! Stores as headers of the requests that go out.

use http::{Extensions, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Request, Response, Url};
use reqwest_middleware::{Middleware, Next, Result};
use std::fmt::{self, Display};
use std::sync::Arc;
use throughline::stamp::ShownStore;
use throughline::tower::{RequestId, X_REQUEST_ID};
use throughline::{AsyncLocalStorage, Store};

/// A [`Middleware`] that puts what storages hold into the headers of each request.
///
/// A storage that holds nothing is left out, and so is text that is no header's (one with line breaks or other control characters), and a header that the request has
/// already: what its caller says holds.
///
/// Whoever gets the request reads them: see [`only_to`](Self::only_to).
///
/// # Examples
/// ```
/// use http::HeaderName;
/// use throughline::AsyncLocalStorage;
/// use throughline_reqwest::ContextHeaders;
/// static TENANT: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
///
/// let outgoing = ContextHeaders::new().header(HeaderName::from_static("x-tenant"), &TENANT);
/// let client = reqwest_middleware::ClientBuilder::new(reqwest::Client::new()).with(outgoing).build();
/// # let _ = client;
/// ```
#[derive(Clone)]
#[must_use = "a middleware does nothing until a client has it"]
pub struct ContextHeaders {
    headers: Vec<Header>,
    is_known: Option<Arc<IsKnown>>,
}

#[derive(Clone)]
struct Header {
    name: HeaderName,
    store: ShownStore,
}

type IsKnown = dyn Fn(&Url) -> bool + Send + Sync;

impl ContextHeaders {
    /// A middleware that adds nothing yet.
    pub const fn new() -> Self {
        ContextHeaders {
            headers: Vec::new(),
            is_known: None,
        }
    }

    /// Says the request's id as `x-request-id`.
    pub fn request_id(self, storage: &'static AsyncLocalStorage<RequestId>) -> Self {
        self.header(X_REQUEST_ID, storage)
    }

    /// Says what `storage` holds in that header.
    pub fn header<T: Store + Display>(
        mut self,
        name: HeaderName,
        storage: &'static AsyncLocalStorage<T>,
    ) -> Self {
        let store = ShownStore::of(storage);
        self.headers.push(Header { name, store });
        self
    }

    /// Says it only to those: requests to other addresses go out as they are. Without this, everybody is told.
    ///
    /// It is asked for the address that a request is sent to first; give the client [`redirects`](Self::redirects) as well. Said again, the last holds.
    pub fn only_to(mut self, is_known: impl Fn(&Url) -> bool + Send + Sync + 'static) -> Self {
        self.is_known = Some(Arc::new(is_known));
        self
    }

    /// Follows redirects as reqwest does by default, up to ten, but none from those that [`only_to`](Self::only_to) knows to any other: the answer is the redirect
    /// then. For [`ClientBuilder::redirect`](reqwest::ClientBuilder::redirect).
    ///
    /// reqwest sends a request's headers again to whom it is redirected, but for those that it knows to be secret, and no middleware is asked.
    #[must_use = "a policy does nothing until a client has it"]
    pub fn redirects(&self) -> Policy {
        let this = self.clone();
        let default = Policy::default();
        Policy::custom(move |attempt| {
            let was_told = attempt.previous().first().is_some_and(|url| this.tells(url));
            match was_told && !this.tells(attempt.url()) {
                true => attempt.stop(),
                false => default.redirect(attempt),
            }
        })
    }

    fn tells(&self, url: &Url) -> bool {
        self.is_known.as_ref().is_none_or(|is_known| is_known(url))
    }

    fn put_in(&self, request: &mut Request) {
        if !self.tells(request.url()) {
            return;
        }
        let headers = request.headers_mut();
        for Header { name, store } in &self.headers {
            if headers.contains_key(name) {
                continue;
            }
            let value = store.text().and_then(|text| HeaderValue::try_from(text).ok());
            if let Some(value) = value {
                headers.insert(name.clone(), value);
            }
        }
    }
}

#[async_trait::async_trait]
impl Middleware for ContextHeaders {
    async fn handle(
        &self,
        mut request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> Result<Response> {
        self.put_in(&mut request);
        next.run(request, extensions).await
    }
}

impl Default for ContextHeaders {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for ContextHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ContextHeaders ")?;
        f.debug_list()
            .entries(self.headers.iter().map(|header| &header.name))
            .finish()
    }
}
