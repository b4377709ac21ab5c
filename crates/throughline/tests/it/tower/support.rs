//! What the tests share: a storage, a log of where it was read, services and bodies that do what they are told.

use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::{Body, Frame, SizeHint};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use throughline::tower::{Close, RequestContextLayer, RequestHandle};
use throughline::{AsyncLocalStorage, execution_async_resource};
use tower_layer::Layer as _;
use tower_service::Service;

/// Set to the request's path.
pub(crate) static PATH: AsyncLocalStorage<String> = AsyncLocalStorage::new().named("path");
/// Entered by handlers.
pub(crate) static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new().named("user");

/// What was seen, in its order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    /// Notes `place`, and whose context and resource it finds there.
    pub(crate) fn note(&self, place: &str) {
        let path = PATH.get_store().unwrap_or("-".to_owned());
        let resource = execution_async_resource().map_or("-", |resource| resource.type_name());
        let line = match USER.get_store() {
            Some(user) => format!("{place} {path} {user} {resource}"),
            None => format!("{place} {path} {resource}"),
        };
        self.0.lock().unwrap().push(line);
    }

    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    /// Notes where it is dropped.
    pub(crate) fn witness(&self, name: &'static str) -> Witness {
        Witness {
            log: self.clone(),
            name,
        }
    }

    /// Notes how the current request ends.
    pub(crate) fn note_close(&self) {
        let log = self.clone();
        let request = RequestHandle::current().expect("a request is current");
        request.on_close(move |close| log.note(&format!("{close:?}")));
    }
}

pub(crate) struct Witness {
    log: Log,
    name: &'static str,
}

impl Witness {
    pub(crate) fn note(&self, place: &str) {
        self.log.note(place);
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        self.log.note(self.name);
    }
}

/// How `note` says that a place is in the request `/a`.
pub(crate) fn in_a(place: &str) -> String {
    format!("{place} /a HTTPINCOMINGMESSAGE")
}

pub(crate) fn layer() -> RequestContextLayer<impl throughline::tower::source::Sources + Clone> {
    RequestContextLayer::new().with(&PATH, |request| request.uri.path().to_owned())
}

pub(crate) fn get(path: &str) -> Request<()> {
    Request::get(path).body(()).unwrap()
}

/// Polls once, with a waker that does nothing.
pub(crate) fn poll<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// What a poll of a body gives.
type Polled<B> = Poll<Option<Result<Frame<<B as Body>::Data>, <B as Body>::Error>>>;

pub(crate) fn poll_frame<B: Body>(body: Pin<&mut B>) -> Polled<B> {
    body.poll_frame(&mut Context::from_waker(Waker::noop()))
}

/// The response of `service`, which is pending at most a few times.
pub(crate) fn answer<S: Service<R>, R>(mut service: S, request: R) -> Result<S::Response, S::Error> {
    futures::executor::block_on(service.call(request))
}

/// The response to a GET of `/a` with that body.
pub(crate) fn response_with<B: Body>(body: B) -> Response<throughline::tower::ResponseBody<B>> {
    response_to(get("/a"), Response::new(body))
}

pub(crate) fn response_to<B: Body>(
    request: Request<()>,
    response: Response<B>,
) -> Response<throughline::tower::ResponseBody<B>> {
    let mut response = Some(response);
    let service = tower::service_fn(move |_: Request<()>| {
        let response = response.take().unwrap();
        async move { Ok::<_, Infallible>(response) }
    });
    answer(layer().layer(service), request).unwrap()
}

/// A body that does one step at each poll, and notes each, and its drop.
pub(crate) struct Script {
    steps: VecDeque<Step>,
    end: End,
    length: Option<u64>,
    witness: Witness,
}

pub(crate) enum Step {
    Data(&'static str),
    Pending,
    Trailers,
    Error,
    Panic,
    Enter(&'static str),
}

/// How a body says that it is at its end.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// When asked for one more frame.
    Asked,
    /// By `is_end_stream` already.
    Told,
}

impl Script {
    pub(crate) fn new(log: &Log, end: End, steps: impl IntoIterator<Item = Step>) -> Self {
        Script {
            steps: steps.into_iter().collect(),
            end,
            length: None,
            witness: log.witness("drop"),
        }
    }

    pub(crate) fn of_length(mut self, length: u64) -> Self {
        self.length = Some(length);
        self
    }
}

impl Body for Script {
    type Data = bytes::Bytes;
    type Error = &'static str;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<bytes::Bytes>, &'static str>>> {
        let Some(step) = self.steps.pop_front() else {
            self.witness.note("end");
            return Poll::Ready(None);
        };
        Poll::Ready(Some(match step {
            Step::Pending => {
                self.witness.note("pending");
                return Poll::Pending;
            }
            Step::Data(data) => {
                self.witness.note("data");
                Ok(Frame::data(data.into()))
            }
            Step::Trailers => {
                self.witness.note("trailers");
                let mut trailers = HeaderMap::new();
                trailers.insert("x-sum", HeaderValue::from_static("7"));
                Ok(Frame::trailers(trailers))
            }
            Step::Error => {
                self.witness.note("error");
                Err("broken")
            }
            Step::Panic => {
                self.witness.note("panic");
                panic!("on purpose")
            }
            Step::Enter(user) => {
                USER.enter_with(user);
                self.witness.note("enter");
                return Poll::Pending;
            }
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.end == End::Told && self.steps.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        if let Some(length) = self.length {
            return SizeHint::with_exact(length);
        }
        let mut hint = SizeHint::new();
        hint.set_lower(self.steps.len() as u64);
        hint
    }
}

/// Whether `f` panicked on purpose.
pub(crate) fn panics(f: impl FnOnce()) -> bool {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(f)).is_err()
}

/// Where a request tells how it ended, without any context.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ends(Arc<Mutex<Vec<Close>>>);

impl Ends {
    pub(crate) fn of(handle: &RequestHandle) -> Self {
        let ends = Ends::default();
        let told = ends.clone();
        handle.on_close(move |close| told.0.lock().unwrap().push(close));
        ends
    }

    pub(crate) fn all(&self) -> Vec<Close> {
        self.0.lock().unwrap().clone()
    }
}
