//! Requests over a socket that say what storages hold.

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::{HeaderName, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use reqwest::Body;
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use throughline::AsyncLocalStorage;
use throughline::stream::StreamContextExt as _;
use throughline::tower::RequestId;
use throughline_reqwest::ContextHeaders;
use tokio::net::TcpListener;

static ID: AsyncLocalStorage<RequestId> = AsyncLocalStorage::new();
static NOTE: AsyncLocalStorage<String> = AsyncLocalStorage::new();

fn outgoing() -> ContextHeaders {
    ContextHeaders::new()
        .request_id(&ID)
        .header(HeaderName::from_static("x-note"), &NOTE)
}

fn client(outgoing: ContextHeaders) -> ClientWithMiddleware {
    let client = reqwest::Client::builder()
        .redirect(outgoing.redirects())
        .build()
        .unwrap();
    ClientBuilder::new(client).with(outgoing).build()
}

struct Server {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl Server {
    /// Answers with what it was told: the id, the note, the body. Where the path names another address, it sends there.
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let accepted = Arc::clone(&connections);
        tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                accepted.fetch_add(1, Ordering::SeqCst);
                let connection = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(socket), service_fn(answer));
                tokio::spawn(connection);
            }
        });
        Server { address, connections }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

async fn answer(request: http::Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    if let Some(other) = request.uri().path().strip_prefix("/to/") {
        let response = Response::builder()
            .status(302)
            .header("location", format!("http://{other}/"));
        return Ok(response.body(Full::default()).unwrap());
    }
    let said = |name| {
        let values = request.headers().get_all(name).iter();
        let values: Vec<_> = values
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
            .collect();
        values.join(",")
    };
    let (id, note) = (said("x-request-id"), said("x-note"));
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let answer = format!("{id}|{note}|{}", String::from_utf8_lossy(&body));
    Ok(Response::new(Full::new(answer.into())))
}

async fn get(client: &ClientWithMiddleware, url: String) -> String {
    client.get(url).send().await.unwrap().text().await.unwrap()
}

#[tokio::test]
async fn a_request_says_what_is_set_where_it_is_sent() {
    let server = Server::start().await;
    let client = client(outgoing());
    assert_eq!(get(&client, server.url("/")).await, "||");
    for id in ["r-1", "r-2"] {
        let one = ID.scope(id.parse().unwrap(), get(&client, server.url("/")));
        let one = NOTE.scope("two words".to_owned(), one);
        assert_eq!(one.await, format!("{id}|two words|"));
    }
    assert_eq!(
        server.connections.load(Ordering::SeqCst),
        1,
        "all went over one connection"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_at_once_are_not_mixed() {
    let server = Server::start().await;
    let client = client(outgoing());
    let all = (0..100).map(|n| {
        let (client, url) = (client.clone(), server.url("/"));
        let one = async move { assert_eq!(get(&client, url).await, format!("r-{n}||")) };
        tokio::spawn(ID.scope(format!("r-{n}").parse().unwrap(), one))
    });
    for one in all.collect::<Vec<_>>() {
        one.await.unwrap();
    }
}

#[tokio::test]
async fn what_the_caller_says_holds() {
    let server = Server::start().await;
    let request = client(outgoing()).get(server.url("/")).header("x-note", "own");
    let response = NOTE.scope("ambient".to_owned(), request.send()).await.unwrap();
    assert_eq!(response.text().await.unwrap(), "|own|");
}

#[tokio::test]
async fn text_that_is_no_header_s_is_left_out() {
    let server = Server::start().await;
    let client = client(outgoing());
    for bad in ["a\nb", "a\r\nx-admin: yes", "\0", "\u{1b}[31m"] {
        let one = NOTE.scope(bad.to_owned(), get(&client, server.url("/")));
        assert_eq!(one.await, "||", "{bad:?}");
    }
}

#[tokio::test]
async fn strangers_are_not_told() {
    let (friend, stranger) = (Server::start().await, Server::start().await);
    let port = friend.address.port();
    let client = client(outgoing().only_to(move |url| url.port() == Some(port)));
    let one = async {
        assert_eq!(get(&client, friend.url("/")).await, "r-1||");
        assert_eq!(get(&client, stranger.url("/")).await, "||");
    };
    ID.scope("r-1".parse().unwrap(), one).await;
}

#[tokio::test]
async fn a_redirect_to_a_stranger_is_not_followed_and_others_are() {
    let (friend, stranger) = (Server::start().await, Server::start().await);
    let port = friend.address.port();
    let client = client(outgoing().only_to(move |url| url.port() == Some(port)));
    let to = |from: &Server, to: &Server| from.url(&format!("/to/{}", to.address));
    let one = async {
        let stopped = client.get(to(&friend, &stranger)).send().await.unwrap();
        assert_eq!(stopped.status(), 302);
        assert_eq!(stranger.connections.load(Ordering::SeqCst), 0);
        assert_eq!(get(&client, to(&friend, &friend)).await, "r-1||");
        // A stranger was told nothing, and so is whom it sends to.
        assert_eq!(get(&client, to(&stranger, &stranger)).await, "||");
        assert_eq!(get(&client, to(&stranger, &friend)).await, "||");
    };
    ID.scope("r-1".parse().unwrap(), one).await;
}

// Why there is `redirects`.
#[tokio::test]
async fn reqwest_by_itself_carries_the_headers_to_whom_it_is_redirected() {
    let (friend, stranger) = (Server::start().await, Server::start().await);
    let port = friend.address.port();
    let outgoing = outgoing().only_to(move |url| url.port() == Some(port));
    let client = ClientBuilder::new(reqwest::Client::new()).with(outgoing).build();
    let url = friend.url(&format!("/to/{}", stranger.address));
    assert_eq!(ID.scope("r-1".parse().unwrap(), get(&client, url)).await, "r-1||");
}

#[tokio::test]
async fn a_pooled_connection_keeps_nothing_of_the_request_that_opened_it() {
    static OPENER: AsyncLocalStorage<Arc<()>> = AsyncLocalStorage::new();
    let server = Server::start().await;
    let client = client(outgoing());
    let opener = Arc::new(());
    let kept = Arc::downgrade(&opener);
    OPENER.scope(opener, get(&client, server.url("/"))).await;
    assert!(kept.upgrade().is_none());
    get(&client, server.url("/")).await;
    assert_eq!(server.connections.load(Ordering::SeqCst), 1);
}

/// A body of two parts that say under which note they were made.
fn noted() -> impl stream::Stream<Item = Result<String, Infallible>> + Send + 'static {
    let note = || Ok(NOTE.get_store().unwrap_or("-".to_owned()));
    stream::iter(0..2).map(move |_| note())
}

#[tokio::test]
async fn a_streamed_body_is_made_elsewhere_unless_it_is_in_context() {
    let server = Server::start().await;
    let client = client(ContextHeaders::new());
    let sent = async |body| {
        let response = client.post(server.url("/")).body(body).send().await.unwrap();
        response.text().await.unwrap()
    };
    let both = async {
        let plain = sent(Body::wrap_stream(noted())).await;
        let in_context = sent(Body::wrap_stream(noted().in_context())).await;
        (plain, in_context)
    };
    let (plain, in_context) = NOTE.scope("n".to_owned(), both).await;
    assert_eq!(plain, "||--");
    assert_eq!(in_context, "||nn");
}

#[test]
fn debug_names_the_headers() {
    assert_eq!(
        format!("{:?}", outgoing()),
        r#"ContextHeaders ["x-request-id", "x-note"]"#
    );
}
