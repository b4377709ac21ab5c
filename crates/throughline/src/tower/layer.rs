//! The layer: which storages are set for a request, from what, and what is told in headers.

use super::RequestId;
use super::headers::Header;
use super::request_id::{X_REQUEST_ID, request_id};
use super::service::RequestContext;
use super::sources::{Append, Optional, Plan, Set, Sources};
use crate::{AsyncLocalStorage, Store};
use http::HeaderName;
use http::request::Parts;
use std::fmt::{self, Display};
use std::sync::Arc;
use tower_layer::Layer;

/// Runs each request in a context of its own, with stores made from it: see the [module](super).
///
/// The stores come on top of what is set where the service is called, all with one frame. Sources run in a boundary there, in their order, and see
/// nothing of each other. A source that panics lets `call` panic.
///
/// # Examples
/// ```
/// use throughline::{AsyncLocalStorage, tower::{RequestContextLayer, RequestId}};
/// static REQUEST_ID: AsyncLocalStorage<RequestId> = AsyncLocalStorage::new();
/// static TENANT: AsyncLocalStorage<String> = AsyncLocalStorage::new();
///
/// let layer = RequestContextLayer::new().request_id(&REQUEST_ID).with_some(&TENANT, |request| {
///     let host = request.headers.get("host")?.to_str().ok()?;
///     Some(host.split_once('.')?.0.to_owned())
/// });
/// # let _ = layer;
/// ```
#[derive(Clone)]
#[must_use = "a layer does nothing until it is put around a service"]
pub struct RequestContextLayer<S = ()> {
    sources: S,
    optional: Vec<Optional>,
    headers: Vec<Header>,
    /// The storages that have a source: their addresses, and their names for people.
    storages: Vec<(usize, &'static str)>,
}

impl RequestContextLayer {
    /// A layer that sets nothing yet; each request has its resource and [`RequestHandle`](super::RequestHandle) nonetheless.
    pub const fn new() -> Self {
        RequestContextLayer {
            sources: (),
            optional: Vec::new(),
            headers: Vec::new(),
            storages: Vec::new(),
        }
    }
}

impl<S> RequestContextLayer<S> {
    /// Sets `storage` to what `source` makes of the request. Up to seven storages; who needs more sets a struct, or adds a second layer.
    ///
    /// # Panics
    /// If `storage` has a source already.
    #[track_caller]
    pub fn with<T, F>(
        mut self,
        storage: &'static AsyncLocalStorage<T>,
        source: F,
    ) -> RequestContextLayer<S::Output>
    where
        T: Store,
        F: Fn(&Parts) -> T + Clone + Send + Sync + 'static,
        S: Append<Set<T, F>>,
    {
        self.claim(storage);
        RequestContextLayer {
            sources: self.sources.append(Set::new(storage, source)),
            optional: self.optional,
            headers: self.headers,
            storages: self.storages,
        }
    }

    /// Sets `storage` to what `source` makes of the request, if it makes anything; else it is what it is outside. Any number of storages, for a frame each.
    ///
    /// # Panics
    /// If `storage` has a source already.
    #[track_caller]
    pub fn with_some<T, F>(mut self, storage: &'static AsyncLocalStorage<T>, source: F) -> Self
    where
        T: Store,
        F: Fn(&Parts) -> Option<T> + Send + Sync + 'static,
    {
        self.claim(storage);
        self.optional.push(Optional::new(storage, source));
        self
    }

    /// Sets `storage` to the id that `x-request-id` says, or a new one ([the rule](super#which-request-id-is-taken)), and says it in that header of the request
    /// and of the response.
    ///
    /// The same as `.with(storage, request_id()).request_header(X_REQUEST_ID, storage).response_header(X_REQUEST_ID, storage)`, which are there for other
    /// types and headers.
    ///
    /// # Panics
    /// If `storage` has a source already.
    #[track_caller]
    pub fn request_id(self, storage: &'static AsyncLocalStorage<RequestId>) -> RequestContextLayer<S::Output>
    where
        S: Append<Set<RequestId, fn(&Parts) -> RequestId>>,
    {
        let layer = self.with(storage, request_id());
        layer
            .request_header(X_REQUEST_ID, storage)
            .response_header(X_REQUEST_ID, storage)
    }

    /// Says what `storage` holds in a header of the response, in place of others of that name. It is read when the response is ready, as it is in the handler then.
    ///
    /// It is left out where nothing is set, or where the text is no header's (which has no line breaks).
    pub fn response_header<T: Store + Display>(
        mut self,
        name: HeaderName,
        storage: &'static AsyncLocalStorage<T>,
    ) -> Self {
        self.headers.push(Header::of_response(name, storage));
        self
    }

    /// Says what `storage` holds in a header of the request, in place of what was sent: for what is inside and reads headers, or hands them on.
    ///
    /// The header is taken away where nothing is set, or where the text is no header's.
    pub fn request_header<T: Store + Display>(
        mut self,
        name: HeaderName,
        storage: &'static AsyncLocalStorage<T>,
    ) -> Self {
        self.headers.push(Header::of_request(name, storage));
        self
    }

    #[track_caller]
    fn claim<T: Store>(&mut self, storage: &'static AsyncLocalStorage<T>) {
        let address = std::ptr::from_ref(storage).addr();
        let is_new = self.storages.iter().all(|(other, _)| *other != address);
        assert!(
            is_new,
            "the storage \"{}\" has two sources: it can have one store at a time",
            storage.name()
        );
        self.storages.push((address, storage.name()));
    }
}

impl Default for RequestContextLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Sources + Clone, Inner> Layer<Inner> for RequestContextLayer<S> {
    type Service = RequestContext<Inner, S>;

    fn layer(&self, inner: Inner) -> Self::Service {
        let plan = Plan {
            sources: self.sources.clone(),
            optional: self.optional.clone(),
            headers: self.headers.clone(),
        };
        RequestContext::new(inner, Arc::new(plan))
    }
}

impl<S> fmt::Debug for RequestContextLayer<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.storages.iter().map(|(_, name)| name).collect();
        f.debug_struct("RequestContextLayer")
            .field("storages", &names)
            .field("headers", &self.headers)
            .finish()
    }
}
