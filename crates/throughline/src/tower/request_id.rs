//! The id of a request: taken from its client, or made.

use http::request::Parts;
use http::{HeaderMap, HeaderName};
use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// The header that names a request.
#[allow(clippy::declare_interior_mutable_const)] // What may change in it is a reference count, and of a static name there is none.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A source for [`with`](super::RequestContextLayer::with): the id that the header `x-request-id` says, if it is [one](RequestId), or else a new one.
pub fn request_id() -> fn(&Parts) -> RequestId {
    |request| RequestId::from_headers(&request.headers, &X_REQUEST_ID).unwrap_or_else(RequestId::unique)
}

/// The id of a request: 1 to 128 visible ASCII characters, `!` to `~`. It is cheap to clone, and safe to log.
///
/// # Examples
/// ```
/// use throughline::tower::RequestId;
///
/// let id: RequestId = "r-17".parse().unwrap();
/// assert_eq!(id.as_str(), "r-17");
/// assert!("two\nlines".parse::<RequestId>().is_err());
/// assert_ne!(RequestId::unique(), RequestId::unique());
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(Arc<str>);

/// The longest id that is taken from a client.
const LONGEST: usize = 128;

impl RequestId {
    /// An id that this process has not made before, and another one hardly makes: 64 random bits of the process, and a number.
    ///
    /// Who has seen one can guess the next: it is a name, no secret.
    pub fn unique() -> Self {
        static PROCESS: OnceLock<u64> = OnceLock::new();
        static NEXT: AtomicU64 = AtomicU64::new(1);
        // The standard library's hashers are seeded by the system's randomness.
        let process = PROCESS.get_or_init(|| RandomState::new().hash_one(std::process::id()));
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        RequestId(format!("{process:016x}-{n}").into())
    }

    /// The id that the first header of that name says; none if there is no such header, or its value is no id.
    pub fn from_headers(headers: &HeaderMap, name: &HeaderName) -> Option<Self> {
        Self::accept(headers.get(name)?.as_bytes()).ok()
    }

    /// The id of these bytes, whoever sent them.
    ///
    /// # Errors
    /// If they are not 1 to 128 visible ASCII characters.
    pub fn accept(bytes: &[u8]) -> Result<Self, InvalidRequestId> {
        let is_id = (1..=LONGEST).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic);
        match std::str::from_utf8(bytes) {
            Ok(text) if is_id => Ok(RequestId(text.into())),
            _ => Err(InvalidRequestId(())),
        }
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// As [`RequestId::accept`].
impl FromStr for RequestId {
    type Err = InvalidRequestId;

    fn from_str(text: &str) -> Result<Self, InvalidRequestId> {
        Self::accept(text.as_bytes())
    }
}

impl AsRef<str> for RequestId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RequestId({})", self.0)
    }
}

/// The error of taking something for a [`RequestId`] that is none. It does not repeat what was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidRequestId(());

impl fmt::Display for InvalidRequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a request id is 1 to 128 visible ASCII characters")
    }
}

impl std::error::Error for InvalidRequestId {}
