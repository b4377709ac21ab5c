//! Headers that say what a storage holds.

use super::support::{PATH, USER, answer, get};
use http::{HeaderName, Request, Response, StatusCode};
use http_body_util::Empty;
use std::convert::Infallible;
use throughline::tower::RequestContextLayer;
use tower_layer::Layer as _;

const X_USER: HeaderName = HeaderName::from_static("x-user");
const X_PATH: HeaderName = HeaderName::from_static("x-path");

fn empty() -> Response<Empty<bytes::Bytes>> {
    Response::new(Empty::new())
}

#[test]
fn a_response_that_is_an_error_says_it_too() {
    let service = RequestContextLayer::new()
        .with(&PATH, |request| request.uri.path().to_owned())
        .response_header(X_PATH, &PATH)
        .layer(tower::service_fn(async |_: Request<()>| {
            let mut response = empty();
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            Ok::<_, Infallible>(response)
        }));
    assert_eq!(answer(service, get("/a")).unwrap().headers()[X_PATH], "/a");
}

#[test]
fn it_is_read_when_the_response_is_ready() {
    let service = RequestContextLayer::new()
        .with(&USER, |_| "nobody")
        .response_header(X_USER, &USER)
        .layer(tower::service_fn(async |_: Request<()>| {
            USER.enter_with("ada");
            Ok::<_, Infallible>(empty())
        }));
    assert_eq!(answer(service, get("/a")).unwrap().headers()[X_USER], "ada");
}

#[test]
fn it_takes_the_place_of_what_the_handler_said() {
    let service = RequestContextLayer::new()
        .with(&USER, |_| "ada")
        .response_header(X_USER, &USER)
        .layer(tower::service_fn(async |_: Request<()>| {
            let mut response = empty();
            response.headers_mut().append(X_USER, "one".parse().unwrap());
            response.headers_mut().append(X_USER, "two".parse().unwrap());
            Ok::<_, Infallible>(response)
        }));
    let response = answer(service, get("/a")).unwrap();
    assert_eq!(
        response.headers().get_all(X_USER).iter().collect::<Vec<_>>(),
        ["ada"]
    );
}

#[test]
fn what_is_no_header_is_left_out() {
    let service = RequestContextLayer::new()
        .with(&PATH, |_| "two\r\nx-evil: 1".to_owned())
        .response_header(X_PATH, &PATH)
        .response_header(X_USER, &USER)
        .layer(tower::service_fn(async |_: Request<()>| {
            Ok::<_, Infallible>(empty())
        }));
    assert!(answer(service, get("/a")).unwrap().headers().is_empty());
}

#[test]
fn a_header_of_the_request_is_replaced_or_taken_away() {
    let mut request = get("/a");
    for name in [X_USER, X_PATH] {
        request
            .headers_mut()
            .append(name.clone(), "forged".parse().unwrap());
        request.headers_mut().append(name, "twice".parse().unwrap());
    }
    let service = RequestContextLayer::new()
        .with(&PATH, |request| request.uri.path().to_owned())
        .request_header(X_PATH, &PATH)
        .request_header(X_USER, &USER)
        .layer(tower::service_fn(async |request: Request<()>| {
            let headers = request.headers();
            assert_eq!(headers.get_all(X_PATH).iter().collect::<Vec<_>>(), ["/a"]);
            assert!(!headers.contains_key(X_USER));
            Ok::<_, Infallible>(empty())
        }));
    assert!(answer(service, request).unwrap().headers().is_empty());
}
