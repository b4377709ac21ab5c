//! Layers, sources, and where they go.

use super::support::{BOTH, Protocol, REQUEST_ID, Server, id, seen, text_of, with_ids};
use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::middleware::{Next, from_fn};
use axum::routing::get;
use std::net::SocketAddr;
use throughline::AsyncLocalStorage;
use throughline::tower::RequestContextLayer;
use throughline_axum::{matched_path, peer};

static PEER: AsyncLocalStorage<SocketAddr> = AsyncLocalStorage::new();
static ROUTE: AsyncLocalStorage<MatchedPath> = AsyncLocalStorage::new();

async fn what() -> String {
    let route = ROUTE.get_store();
    format!(
        "{:?} {:?}",
        PEER.get_store(),
        route.as_ref().map(MatchedPath::as_str)
    )
}

#[tokio::test]
async fn peer_and_route_are_stores() {
    let layer = RequestContextLayer::new()
        .request_id(&REQUEST_ID)
        .with_some(&PEER, peer())
        .with_some(&ROUTE, matched_path());
    let inner = Router::new().route("/users/{id}", get(what));
    let app = Router::new()
        .route("/a/{b}", get(what))
        .nest("/api", inner)
        .fallback(what)
        .layer(layer);
    let server = Server::start(app).await;
    for protocol in BOTH {
        let mut client = server.client(protocol).await;
        let peer = client.local;
        assert_eq!(
            client.text("/a/7", "r-1").await,
            format!("Some({peer:?}) Some(\"/a/{{b}}\")")
        );
        assert_eq!(
            client.text("/nowhere", "r-2").await,
            format!("Some({peer:?}) None")
        );
        let nested = client.text("/api/users/7", "r-3").await;
        assert_eq!(nested, format!("Some({peer:?}) Some(\"/api/users/{{id}}\")"));
    }
}

#[tokio::test]
async fn middleware_added_before_the_layer_is_in_the_request_and_one_added_after_it_is_not() {
    let (log, mut seen) = seen();
    let (inside, outside) = (log.clone(), log);
    let note = |log: super::support::Log, place: &'static str| {
        from_fn(move |request: Request, next: Next| {
            let log = log.clone();
            async move {
                log.note(place);
                let response = next.run(request).await;
                log.note(place);
                response
            }
        })
    };
    let app = Router::new()
        .route("/", get(async || id()))
        .layer(note(inside, "inside"));
    let app = with_ids(app).layer(note(outside, "outside"));
    let server = Server::start(app.route("/late", get(async || id()))).await;
    let mut client = server.client(Protocol::Http1).await;
    client.text("/", "r-1").await;
    for expected in ["outside -", "inside r-1", "inside r-1", "outside -"] {
        assert_eq!(seen.next().await, expected);
    }
    // A route that is added after the layer is outside of it, as of any in axum.
    let late = client.get("/late", "r-2").await.unwrap();
    assert!(!late.headers().contains_key("x-request-id"));
    assert_eq!(text_of(late).await, "-");
}
