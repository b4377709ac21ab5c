//! The layer: which storages are set for a request, from what, and what is told in headers.

use super::RequestId;
use super::headers::{Header, id_in, text_in};
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
#[must_use = "a layer does nothing until it is put around a service"]
pub struct RequestContextLayer<S = ()> {
    // Shared, since some make their services anew for each request.
    plan: Arc<Plan<S>>,
}

impl RequestContextLayer {
    /// A layer that sets nothing yet; each request has its resource and [`RequestHandle`](super::RequestHandle) nonetheless.
    pub fn new() -> Self {
        RequestContextLayer {
            plan: Arc::new(Plan::new()),
        }
    }
}

impl<S: Clone> RequestContextLayer<S> {
    /// Sets `storage` to what `source` makes of the request. Up to seven storages; who needs more sets a struct, or adds a second layer.
    ///
    /// # Panics
    /// If `storage` has a source already.
    #[track_caller]
    pub fn with<T, F>(
        self,
        storage: &'static AsyncLocalStorage<T>,
        source: F,
    ) -> RequestContextLayer<S::Output>
    where
        T: Store,
        F: Fn(&Parts) -> T + Clone + Send + Sync + 'static,
        S: Append<Set<T, F>>,
    {
        let mut plan = self.into_plan();
        plan.claim(storage);
        RequestContextLayer {
            plan: Arc::new(plan.with(Set::new(storage, source))),
        }
    }

    /// Sets `storage` to what `source` makes of the request, if it makes anything; else it is what it is outside. Any number of storages, for a frame each.
    ///
    /// # Panics
    /// If `storage` has a source already.
    #[track_caller]
    pub fn with_some<T, F>(self, storage: &'static AsyncLocalStorage<T>, source: F) -> Self
    where
        T: Store,
        F: Fn(&Parts) -> Option<T> + Send + Sync + 'static,
    {
        self.changed(|plan| {
            plan.claim(storage);
            plan.optional.push(Optional::new(storage, source));
        })
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
        S: Append<Set<RequestId, fn(&Parts) -> RequestId>, Output: Clone>,
    {
        self.with(storage, request_id()).changed(|plan| {
            plan.headers
                .push(Header::of_request(X_REQUEST_ID, id_in(storage)));
            plan.headers
                .push(Header::of_response(X_REQUEST_ID, id_in(storage)));
        })
    }

    /// Says what `storage` holds in a header of the response, in place of others of that name. It is read when the response is ready, as it is in the handler then.
    ///
    /// It is left out where nothing is set, or where the text is no header's (which has no line breaks).
    pub fn response_header<T: Store + Display>(
        self,
        name: HeaderName,
        storage: &'static AsyncLocalStorage<T>,
    ) -> Self {
        self.changed(|plan| plan.headers.push(Header::of_response(name, text_in(storage))))
    }

    /// Says what `storage` holds in a header of the request, in place of what was sent: for what is inside and reads headers, or hands them on.
    ///
    /// The header is taken away where nothing is set, or where the text is no header's.
    pub fn request_header<T: Store + Display>(
        self,
        name: HeaderName,
        storage: &'static AsyncLocalStorage<T>,
    ) -> Self {
        self.changed(|plan| plan.headers.push(Header::of_request(name, text_in(storage))))
    }

    #[track_caller]
    fn changed(self, change: impl FnOnce(&mut Plan<S>)) -> Self {
        let mut plan = self.into_plan();
        change(&mut plan);
        RequestContextLayer { plan: Arc::new(plan) }
    }

    fn into_plan(self) -> Plan<S> {
        Arc::unwrap_or_clone(self.plan)
    }
}

impl Default for RequestContextLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Sources, Inner> Layer<Inner> for RequestContextLayer<S> {
    type Service = RequestContext<Inner, S>;

    fn layer(&self, inner: Inner) -> Self::Service {
        RequestContext::new(inner, Arc::clone(&self.plan))
    }
}

impl<S> Clone for RequestContextLayer<S> {
    fn clone(&self) -> Self {
        RequestContextLayer {
            plan: Arc::clone(&self.plan),
        }
    }
}

impl<S> fmt::Debug for RequestContextLayer<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestContextLayer")
            .field("storages", &self.plan.names())
            .field("headers", &self.plan.headers)
            .finish()
    }
}
