//! Where a request's stores come from.

use super::support::{PATH, USER, answer, get, panics};
use http::{Request, Response};
use http_body_util::Empty;
use std::convert::Infallible;
use std::net::SocketAddr;
use throughline::tower::{RequestContextLayer, RequestHandle, extension};
use throughline::{AsyncLocalStorage, Snapshot, in_boundary};
use tower_layer::Layer;
use tower_service::Service;

static PEER: AsyncLocalStorage<SocketAddr> = AsyncLocalStorage::new();

fn empty() -> Result<Response<Empty<bytes::Bytes>>, Infallible> {
    Ok(Response::new(Empty::new()))
}

/// What `read` answers in a handler inside of that layer.
fn read_in<L, S, R: Send + Sync + Clone + 'static>(layer: L, request: Request<()>, read: fn() -> R) -> R
where
    L: Layer<Handler<R>, Service = S>,
    S: Service<Request<()>, Error = Infallible>,
    S::Response: Into<Parts>,
{
    let parts: Parts = answer(layer.layer(Handler(read)), request).unwrap().into();
    parts.0.extensions.get::<R>().cloned().unwrap()
}

struct Parts(http::response::Parts);

impl<B> From<Response<B>> for Parts {
    fn from(response: Response<B>) -> Self {
        Parts(response.into_parts().0)
    }
}

struct Handler<R>(fn() -> R);

impl<R: Send + Sync + Clone + 'static> Service<Request<()>> for Handler<R> {
    type Response = Response<Empty<bytes::Bytes>>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Infallible>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        let mut response = Response::new(Empty::new());
        response.extensions_mut().insert((self.0)());
        std::future::ready(Ok(response))
    }
}

#[test]
fn seven_storages_each_get_their_own_store() {
    static S: [AsyncLocalStorage<u32>; 7] = [const { AsyncLocalStorage::new() }; 7];
    let layer = RequestContextLayer::new()
        .with(&S[0], |_| 0)
        .with(&S[1], |_| 1)
        .with(&S[2], |_| 2)
        .with(&S[3], |_| 3)
        .with(&S[4], |_| 4)
        .with(&S[5], |_| 5)
        .with(&S[6], |_| 6);
    let seen = read_in(layer, get("/"), || {
        S.each_ref().map(|storage| storage.get_store().unwrap())
    });
    assert_eq!(seen, [0, 1, 2, 3, 4, 5, 6]);
}

#[test]
fn a_layer_without_sources_has_the_request_all_the_same() {
    let there = read_in(RequestContextLayer::new(), get("/"), || {
        RequestHandle::current().is_some()
    });
    assert!(there);
    assert!(RequestHandle::current().is_none());
}

#[test]
fn a_source_that_has_nothing_sets_nothing() {
    let layer = || RequestContextLayer::new().with_some(&PEER, extension());
    assert_eq!(read_in(layer(), get("/"), || PEER.get_store()), None);

    let peer = SocketAddr::from(([127, 0, 0, 1], 80));
    let mut request = get("/");
    request.extensions_mut().insert(peer);
    assert_eq!(read_in(layer(), request, || PEER.get_store()), Some(peer));

    let around = USER.run("ada", || {
        let layer = RequestContextLayer::new().with_some(&USER, |_| None);
        read_in(layer, get("/"), || USER.get_store())
    });
    assert_eq!(around, Some("ada"));
}

#[test]
fn both_kinds_of_sources_go_together() {
    let layer = RequestContextLayer::new()
        .with_some(&USER, |_| Some("ada"))
        .with(&PATH, |request| request.uri.path().to_owned());
    let seen = read_in(layer, get("/a"), || (USER.get_store(), PATH.get_store()));
    assert_eq!(seen, (Some("ada"), Some("/a".to_owned())));
}

#[test]
fn what_a_source_enters_goes_nowhere() {
    let layer = RequestContextLayer::new().with(&PATH, |_| {
        assert!(in_boundary());
        USER.enter_with("ada");
        String::new()
    });
    throughline::root(|| {
        assert_eq!(read_in(layer, get("/"), || PATH.get_store()), Some(String::new()));
        assert_eq!(USER.get_store(), None);
    });
}

#[test]
fn a_source_that_panics_is_the_callers_panic_and_leaves_nothing_behind() {
    let mut service = RequestContextLayer::new()
        .with(&USER, |_| "ada")
        .with(&PATH, |_| panic!("on purpose"))
        .layer(tower::service_fn(async |_: Request<()>| empty()));
    assert!(panics(|| drop(service.call(get("/")))));
    assert!(!in_boundary());
}

#[test]
#[should_panic(expected = "the storage \"path\" has two sources")]
fn a_storage_has_one_source() {
    let _ = RequestContextLayer::new()
        .with(&PATH, |_| String::new())
        .with_some(&PATH, |_| None);
}

#[test]
fn a_request_carries_its_handle_and_its_context() {
    let service = RequestContextLayer::new()
        .with(&USER, |_| "ada")
        .layer(tower::service_fn(async |request: Request<()>| {
            let context: &Snapshot = request.extensions().get().unwrap();
            assert_eq!(context.get(&USER), Some("ada"));
            let handle = RequestHandle::of(request.extensions()).unwrap();
            assert_eq!(handle.async_id(), RequestHandle::current().unwrap().async_id());
            empty()
        }));
    answer(service, get("/")).unwrap();
}

#[test]
fn a_layer_names_its_storages_and_headers() {
    let layer = RequestContextLayer::new()
        .with(&PATH, |_| String::new())
        .response_header(http::HeaderName::from_static("x-path"), &PATH);
    assert_eq!(
        format!("{layer:?}"),
        r#"RequestContextLayer { storages: ["path"], headers: [x-path of the response] }"#
    );
}
