//! The extractor of a store.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use std::any::type_name;
use std::convert::Infallible;
use std::fmt;
use throughline::AsyncLocalStorage;

/// A type that has its storage: what [`Store`] extracts.
///
/// It is a type of your own, so that it has one storage: wrap those of other crates (`struct Id(RequestId)`), or read their storages in the handler as anywhere else.
///
/// # Examples
/// ```
/// use throughline::AsyncLocalStorage;
/// use throughline_axum::Stored;
///
/// #[derive(Clone)]
/// struct User(String);
///
/// static USER: AsyncLocalStorage<User> = AsyncLocalStorage::new();
///
/// impl Stored for User {
///     fn storage() -> &'static AsyncLocalStorage<User> {
///         &USER
///     }
/// }
///
/// let name = USER.run(User("ada".to_owned()), || User::storage().get_store().unwrap().0);
/// assert_eq!(name, "ada");
/// ```
pub trait Stored: throughline::Store + Clone {
    /// Where values of this type are kept.
    fn storage() -> &'static AsyncLocalStorage<Self>;
}

/// An extractor: a clone of what the storage of `T` holds, or its default.
///
/// Where nothing is set, the request is refused with [`NotSet`], a 500: it is the server that lacks a layer, not the client that asked wrongly. For what need
/// not be there, extract `Option<Store<T>>`.
///
/// # Examples
/// ```
/// use axum::{Router, routing::get};
/// use throughline::{AsyncLocalStorage, tower::RequestContextLayer};
/// use throughline_axum::{Store, Stored};
///
/// #[derive(Clone)]
/// struct Tenant(String);
/// static TENANT: AsyncLocalStorage<Tenant> = AsyncLocalStorage::new();
/// impl Stored for Tenant {
///     fn storage() -> &'static AsyncLocalStorage<Self> {
///         &TENANT
///     }
/// }
///
/// async fn hello(Store(tenant): Store<Tenant>) -> String {
///     format!("hello, {}", tenant.0)
/// }
///
/// let app: Router = Router::new()
///     .route("/", get(hello))
///     .layer(RequestContextLayer::new().with(&TENANT, |request| Tenant(request.uri.path().to_owned())));
/// # let _ = app;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Store<T>(
    /// What the storage holds.
    pub T,
);

impl<T: Stored, S: Sync> FromRequestParts<S> for Store<T> {
    type Rejection = NotSet;

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, NotSet> {
        match T::storage().get_store() {
            Some(store) => Ok(Store(store)),
            None => Err(NotSet {
                type_name: type_name::<T>(),
                storage: T::storage().name(),
            }),
        }
    }
}

impl<T: Stored, S: Sync> OptionalFromRequestParts<S> for Store<T> {
    type Rejection = Infallible;

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
        Ok(T::storage().get_store().map(Store))
    }
}

/// The rejection of [`Store`]: nothing is set in its storage.
///
/// As axum's own for a missing extension, it names the type, to the client too: for another answer extract `Result<Store<T>, NotSet>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotSet {
    type_name: &'static str,
    storage: &'static str,
}

impl fmt::Display for NotSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no `{}` is set in the context of this request", self.type_name)?;
        if !self.storage.is_empty() {
            write!(f, " (storage \"{}\")", self.storage)?;
        }
        f.write_str(": is there a layer that sets it, and is it added after the route?")
    }
}

impl std::error::Error for NotSet {}

impl IntoResponse for NotSet {
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, self.to_string()).into_response()
    }
}
