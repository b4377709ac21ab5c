//! Stores and handles as arguments of handlers.

use super::support::{BOTH, Protocol, Server, seen, text_of, with_ids};
use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use throughline::tower::RequestContextLayer;
use throughline::{AsyncLocalStorage, Snapshot};
use throughline_axum::{CurrentRequest, Store, Stored};

#[derive(Clone, Debug, PartialEq)]
struct Tenant(String);

static TENANT: AsyncLocalStorage<Tenant> = AsyncLocalStorage::new().named("tenant");

impl Stored for Tenant {
    fn storage() -> &'static AsyncLocalStorage<Self> {
        &TENANT
    }
}

#[derive(Clone, Debug)]
struct Nameless;

static NAMELESS: AsyncLocalStorage<Nameless> = AsyncLocalStorage::new();

impl Stored for Nameless {
    fn storage() -> &'static AsyncLocalStorage<Self> {
        &NAMELESS
    }
}

fn routes() -> Router {
    Router::new()
        .route("/", get(async |Store(tenant): Store<Tenant>| tenant.0))
        .route(
            "/option",
            get(async |tenant: Option<Store<Tenant>>| format!("{tenant:?}")),
        )
        .route("/nameless", get(async |Store(_): Store<Nameless>| ()))
}

#[tokio::test]
async fn a_store_is_extracted() {
    let app = routes().layer(RequestContextLayer::new().with(&TENANT, |_| Tenant("acme".to_owned())));
    let server = Server::start(with_ids(app)).await;
    for protocol in BOTH {
        let mut client = server.client(protocol).await;
        assert_eq!(client.text("/", "r-1").await, "acme");
        assert_eq!(
            client.text("/option", "r-2").await,
            r#"Some(Store(Tenant("acme")))"#
        );
    }
}

#[tokio::test]
async fn a_store_that_a_middleware_entered_is_extracted() {
    let enter = axum::middleware::from_fn(
        async |request: axum::extract::Request, next: axum::middleware::Next| {
            TENANT.enter_with(Tenant("entered".to_owned()));
            next.run(request).await
        },
    );
    let server = Server::start(with_ids(routes().layer(enter))).await;
    assert_eq!(
        server.client(Protocol::Http1).await.text("/", "r-1").await,
        "entered"
    );
}

#[tokio::test]
async fn a_store_that_is_not_set_is_refused_by_name() {
    let server = Server::start(with_ids(routes())).await;
    let mut client = server.client(Protocol::Http1).await;
    let response = client.get("/", "r-1").await.unwrap();
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(response.headers()["x-request-id"], "r-1");
    let text = text_of(response).await;
    assert!(
        text.starts_with(
            "no `it::extractors::Tenant` is set in the context of this request (storage \"tenant\"): "
        ),
        "{text}"
    );
    let text = client.text("/nameless", "r-2").await;
    assert!(
        text.contains("Nameless` is set in the context of this request: "),
        "{text}"
    );
    assert_eq!(client.text("/option", "r-3").await, "None");
}

#[tokio::test]
async fn a_handle_is_extracted_or_refused() {
    let (log, mut seen) = seen();
    let close = get(async move |CurrentRequest(request): CurrentRequest| {
        let log = log.clone();
        request.on_close(move |close| log.note(&close.to_string()));
    });
    let app = Router::new().route("/", close);
    let server = Server::start(with_ids(app.clone())).await;
    server.client(Protocol::Http1).await.text("/", "r-1").await;
    assert_eq!(seen.next().await, "finished r-1");

    let bare = Server::start(app).await;
    let response = bare.client(Protocol::Http1).await.get("/", "r-2").await.unwrap();
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert!(text_of(response).await.starts_with("this request has no context"));
}

#[tokio::test]
async fn the_context_is_among_the_extensions_too() {
    let app = Router::new().route(
        "/",
        get(async |axum::Extension(context): axum::Extension<Snapshot>| {
            context.get(&super::support::REQUEST_ID).unwrap().to_string()
        }),
    );
    let server = Server::start(with_ids(app)).await;
    assert_eq!(server.client(Protocol::Http1).await.text("/", "r-1").await, "r-1");
}
