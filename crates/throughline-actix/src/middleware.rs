//! The middleware, and the service that it makes: `call` in the request's context.

use crate::ResponseBody;
use crate::future::{Answer, ResponseFuture};
use crate::plan::{Header, Plan, Source};
use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::header::HeaderName;
use actix_web::{HttpMessage as _, HttpRequest};
use std::fmt::{self, Display};
use std::future::{Ready, ready};
use std::rc::Rc;
use std::task::{Context, Poll};
use throughline::tower::{OpenRequest, RequestId};
use throughline::{AsyncLocalStorage, Store, snapshot};

const X_REQUEST_ID: &str = "x-request-id";

/// A middleware that runs each request in a context of its own, with stores made from it.
///
/// Sources run in a boundary where the middleware is called, in their order, and see nothing of each other. One that panics lets the call panic. Each request has its
/// [`RequestHandle`](throughline::tower::RequestHandle) too, also in its extensions.
///
/// # Examples
/// ```
/// use actix_web::{App, HttpRequest};
/// use std::net::SocketAddr;
/// use throughline::AsyncLocalStorage;
/// use throughline_actix::RequestContext;
/// static PATH: AsyncLocalStorage<String> = AsyncLocalStorage::new();
/// static PEER: AsyncLocalStorage<SocketAddr> = AsyncLocalStorage::new();
///
/// let app = App::new().wrap(
///     RequestContext::new()
///         .with(&PATH, |request| request.path().to_owned())
///         .with_some(&PEER, HttpRequest::peer_addr),
/// );
/// # let _ = app;
/// ```
#[derive(Default)]
#[must_use = "a middleware does nothing until an app is wrapped in it"]
pub struct RequestContext {
    // One owner, until it makes services.
    plan: Rc<Plan>,
}

impl RequestContext {
    /// A middleware that sets nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets `storage` to what `source` makes of the request.
    ///
    /// # Panics
    /// If `storage` has a source already.
    #[track_caller]
    pub fn with<T: Store>(
        self,
        storage: &'static AsyncLocalStorage<T>,
        source: impl Fn(&HttpRequest) -> T + 'static,
    ) -> Self {
        self.with_some(storage, move |request| Some(source(request)))
    }

    /// Sets `storage` to what `source` makes of the request, if it makes anything; else it is what it is outside.
    ///
    /// # Panics
    /// If `storage` has a source already.
    #[track_caller]
    pub fn with_some<T: Store>(
        mut self,
        storage: &'static AsyncLocalStorage<T>,
        source: impl Fn(&HttpRequest) -> Option<T> + 'static,
    ) -> Self {
        let source = Source::new(storage, source);
        let plan = self.plan_mut();
        assert!(
            plan.sources.iter().all(|other| other.address != source.address),
            "the storage \"{}\" has two sources: it can have one store at a time",
            storage.name()
        );
        plan.sources.push(source);
        self
    }

    /// Sets `storage` to the id that `x-request-id` says, or a new one ([the rule](throughline::tower#which-request-id-is-taken)), and says it in that header of the
    /// response.
    ///
    /// The request's own header stays as it was sent: actix-web lets nobody change it of whom it cannot know to be the only owner. Do not log that; log the store.
    ///
    /// # Panics
    /// If `storage` has a source already.
    #[track_caller]
    pub fn request_id(self, storage: &'static AsyncLocalStorage<RequestId>) -> Self {
        let name = HeaderName::from_static(X_REQUEST_ID);
        self.with(storage, request_id).response_header(name, storage)
    }

    /// Says what `storage` holds in a header of the response, in place of others of that name. It is read when the response is ready, as it is in the handler then.
    ///
    /// It is left out where nothing is set, or where the text is no header's (which has no line breaks).
    pub fn response_header<T: Store + Display>(
        mut self,
        name: HeaderName,
        storage: &'static AsyncLocalStorage<T>,
    ) -> Self {
        let header = Header::new(name, storage);
        self.plan_mut().headers.push(header);
        self
    }

    fn plan_mut(&mut self) -> &mut Plan {
        Rc::get_mut(&mut self.plan).expect("no service is made before an app has it")
    }
}

/// The id that the request says, if it is one, or a new one.
fn request_id(request: &HttpRequest) -> RequestId {
    let said = request.headers().get(X_REQUEST_ID);
    said.and_then(|said| RequestId::accept(said.as_bytes()).ok())
        .unwrap_or_else(RequestId::unique)
}

impl<S, B> Transform<S, ServiceRequest> for RequestContext
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>>,
    B: MessageBody,
{
    type Response = ServiceResponse<ResponseBody<B>>;
    type Error = S::Error;
    type Transform = RequestContextService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        ready(Ok(RequestContextService {
            inner,
            plan: Rc::clone(&self.plan),
        }))
    }
}

impl fmt::Debug for RequestContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let storages: Vec<_> = self.plan.sources.iter().map(|source| source.name).collect();
        let headers: Vec<_> = self.plan.headers.iter().map(|header| &header.name).collect();
        f.debug_struct("RequestContext")
            .field("storages", &storages)
            .field("headers", &headers)
            .finish()
    }
}

/// A service whose requests each run in a context of their own: what [`RequestContext`] makes.
pub struct RequestContextService<S> {
    inner: S,
    plan: Rc<Plan>,
}

impl<S, B> Service<ServiceRequest> for RequestContextService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>>,
    B: MessageBody,
{
    type Response = ServiceResponse<ResponseBody<B>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    /// Outside of any request's context: a service is made ready for whichever comes next.
    fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let mut open = OpenRequest::begin(|base| self.plan.context(request.request(), base));
        request.extensions_mut().insert(open.handle().clone());
        let answer = open.run(|| {
            let future = self.inner.call(request);
            // With what the call entered.
            snapshot().scope(Answer::new(future, Rc::clone(&self.plan)))
        });
        ResponseFuture::new(open, answer)
    }
}

impl<S: fmt::Debug> fmt::Debug for RequestContextService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RequestContextService").field(&self.inner).finish()
    }
}
