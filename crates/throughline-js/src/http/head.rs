//! The heads of messages: as text, as JavaScript has them, and as hyper has them.

use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode, Uri};
use hyper::ext::ReasonPhrase;

/// The lines of a head.
pub(super) fn lines(head: &str) -> impl Iterator<Item = &str> {
    head.split("\r\n").filter(|line| !line.is_empty())
}

/// Lines `name: value`. What is no header was refused by the script's side already.
pub(super) fn fields<'a>(lines: impl Iterator<Item = &'a str>) -> HeaderMap {
    let mut map = HeaderMap::new();
    for line in lines {
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        let value = value.strip_prefix(' ').unwrap_or(value);
        if let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_bytes(&to_latin1(value)),
        ) {
            map.append(name, value);
        }
    }
    map
}

/// `HTTP/1.1 200 OK` and what follows.
pub(super) fn response(head: &str) -> http::Response<()> {
    let mut lines = lines(head);
    let mut words = lines.next().unwrap_or_default().splitn(3, ' ').skip(1);
    let status = words
        .next()
        .and_then(|status| StatusCode::from_bytes(status.as_bytes()).ok());
    let mut response = http::Response::new(());
    *response.status_mut() = status.unwrap_or_default();
    let reason = words.next().unwrap_or_default();
    if response.status().canonical_reason() != Some(reason) {
        if let Ok(reason) = ReasonPhrase::try_from(to_latin1(reason)) {
            response.extensions_mut().insert(reason);
        }
    }
    *response.headers_mut() = fields(lines);
    response
}

/// `GET /path HTTP/1.1` and what follows.
pub(super) fn request(head: &str) -> Result<http::Request<()>, String> {
    let mut lines = lines(head);
    let mut words = lines.next().unwrap_or_default().split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut request = http::Request::new(());
    *request.method_mut() = Method::from_bytes(method.as_bytes()).map_err(|error| error.to_string())?;
    *request.uri_mut() = path.parse::<Uri>().map_err(|error| error.to_string())?;
    *request.headers_mut() = fields(lines);
    Ok(request)
}

/// Names and values, one after another, with a byte between that no header has. hyper keeps the case of names to itself.
pub(super) fn raw(headers: &HeaderMap) -> String {
    let mut text = String::new();
    for (name, value) in headers {
        if !text.is_empty() {
            text.push('\0');
        }
        push_in_title_case(&mut text, name.as_str());
        text.push('\0');
        push_latin1(&mut text, value.as_bytes());
    }
    text
}

fn push_in_title_case(text: &mut String, name: &str) {
    let mut is_first = true;
    for letter in name.chars() {
        text.push(if is_first {
            letter.to_ascii_uppercase()
        } else {
            letter
        });
        is_first = letter == '-';
    }
}

/// Headers are bytes; JavaScript has them as characters up to 255.
pub(super) fn push_latin1(text: &mut String, bytes: &[u8]) {
    text.extend(bytes.iter().map(|&byte| char::from(byte)));
}

fn to_latin1(text: &str) -> Vec<u8> {
    text.chars().map(|letter| letter as u8).collect()
}

/// What stands behind the status.
pub(super) fn reason<B>(response: &http::Response<B>) -> String {
    let mut text = String::new();
    match response.extensions().get::<ReasonPhrase>() {
        Some(reason) => push_latin1(&mut text, reason.as_bytes()),
        None => text.push_str(response.status().canonical_reason().unwrap_or_default()),
    }
    text
}

/// The two numbers of a version.
pub(super) fn version(version: http::Version) -> (u8, u8) {
    if version == http::Version::HTTP_10 {
        (1, 0)
    } else {
        (1, 1)
    }
}
