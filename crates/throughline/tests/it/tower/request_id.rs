//! Which request ids are taken.

use super::support::answer;
use http::{HeaderValue, Request, Response};
use http_body_util::Empty;
use std::collections::HashSet;
use std::convert::Infallible;
use throughline::AsyncLocalStorage;
use throughline::tower::{RequestContextLayer, RequestId, X_REQUEST_ID};
use tower_layer::Layer as _;

static REQUEST_ID: AsyncLocalStorage<RequestId> = AsyncLocalStorage::new();

/// The id under which a request with these headers is served, as the handler and the client see it.
fn id_for(sent: &[&[u8]]) -> String {
    let mut request = Request::new(());
    for value in sent {
        // As lenient as a parser may be: what such a type lets through must not get further.
        let value = unsafe_value(value);
        request.headers_mut().append(X_REQUEST_ID, value);
    }
    let service = RequestContextLayer::new()
        .request_id(&REQUEST_ID)
        .layer(tower::service_fn(async |request: Request<()>| {
            let id = REQUEST_ID.get_store().unwrap();
            let headers: Vec<_> = request.headers().get_all(X_REQUEST_ID).iter().collect();
            assert_eq!(
                headers,
                [id.as_str()],
                "the handler sees one header, and it is the id"
            );
            let mut response = Response::new(Empty::<bytes::Bytes>::new());
            response.extensions_mut().insert(id);
            Ok::<_, Infallible>(response)
        }));
    let response = answer(service, request).unwrap();
    let id = response.extensions().get::<RequestId>().unwrap().to_string();
    assert_eq!(response.headers()[X_REQUEST_ID], id);
    id
}

fn unsafe_value(bytes: &[u8]) -> HeaderValue {
    HeaderValue::from_bytes(bytes).expect("a value that HTTP allows")
}

#[test]
fn an_id_of_visible_ascii_is_taken() {
    for id in ["a", "!", "~", "01JABC-def_5:/+=", &"x".repeat(128)] {
        assert_eq!(id_for(&[id.as_bytes()]), id);
    }
}

#[test]
fn anything_else_is_replaced_by_a_new_id() {
    let ten_kb = "x".repeat(10 * 1024);
    let wrong: [&[u8]; 8] = [
        b"",
        b" ",
        b"two words",
        b"tab\there",
        "ü".as_bytes(),
        b"\xff\xfe",
        ten_kb.as_bytes(),
        &[b'x'; 129],
    ];
    for sent in wrong {
        let id = id_for(&[sent]);
        assert_ne!(id.as_bytes(), sent);
        assert!(id.parse::<RequestId>().is_ok(), "{id}");
    }
}

#[test]
fn a_missing_id_is_made_and_no_two_are_the_same() {
    let ids: HashSet<String> = (0..100).map(|_| id_for(&[])).collect();
    assert_eq!(ids.len(), 100);
}

#[test]
fn of_several_headers_the_first_counts() {
    assert_eq!(id_for(&[b"one", b"two"]), "one");
    let made = id_for(&[b"not one", b"two"]);
    assert!(made != "two" && made != "not one", "{made}");
}

// What no header can say: a framework of another make may hand it over.
#[test]
fn line_breaks_and_control_characters_are_refused() {
    for bytes in [&b"a\nb"[..], b"a\r\nx: y", b"a\0", b"\x1b[31m", b"\x7f"] {
        let error = RequestId::accept(bytes).unwrap_err();
        assert_eq!(
            error.to_string(),
            "a request id is 1 to 128 visible ASCII characters"
        );
    }
}

#[test]
fn ids_that_are_made_at_once_on_several_threads_differ() {
    let made = || (0..1000).map(|_| RequestId::unique()).collect::<Vec<_>>();
    let all: Vec<RequestId> = std::thread::scope(|s| {
        let threads: Vec<_> = (0..4).map(|_| s.spawn(made)).collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    assert_eq!(all.iter().collect::<HashSet<_>>().len(), 4000);
    assert!(
        all.iter()
            .all(|id| id.as_str().parse::<RequestId>().as_ref() == Ok(id))
    );
}
