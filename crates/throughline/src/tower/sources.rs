//! What a request's stores are made from.

use super::RequestHandle;
use super::headers::Header;
use super::request::REQUEST;
use crate::{AsyncLocalStorage, Snapshot, Store, boundary, host, run_with, snapshot};
use http::request::Parts;
use std::fmt;
use std::sync::Arc;

/// A source for [`with_some`](super::RequestContextLayer::with_some): the extension of that type, if the request has one.
pub fn extension<T: Clone + Send + Sync + 'static>() -> impl Fn(&Parts) -> Option<T> + Clone + Send + Sync {
    |request| request.extensions.get().cloned()
}

/// All that a layer was told, shared by the services it made.
#[derive(Clone)]
pub(super) struct Plan<S> {
    sources: S,
    pub(super) optional: Vec<Optional>,
    pub(super) headers: Vec<Header>,
    /// The storages that have a source: their addresses, and their names for people.
    storages: Vec<(usize, &'static str)>,
}

impl Plan<()> {
    pub(super) fn new() -> Self {
        Plan {
            sources: (),
            optional: Vec::new(),
            headers: Vec::new(),
            storages: Vec::new(),
        }
    }
}

impl<S> Plan<S> {
    pub(super) fn with<X>(self, source: X) -> Plan<S::Output>
    where
        S: Append<X>,
    {
        Plan {
            sources: self.sources.append(source),
            optional: self.optional,
            headers: self.headers,
            storages: self.storages,
        }
    }

    /// # Panics
    /// If the storage has a source already.
    #[track_caller]
    pub(super) fn claim<T: Store>(&mut self, storage: &'static AsyncLocalStorage<T>) {
        let address = std::ptr::from_ref(storage).addr();
        let is_new = self.storages.iter().all(|(other, _)| *other != address);
        assert!(
            is_new,
            "the storage \"{}\" has two sources: it can have one store at a time",
            storage.name()
        );
        self.storages.push((address, storage.name()));
    }

    pub(super) fn names(&self) -> Vec<&'static str> {
        self.storages.iter().map(|(_, name)| *name).collect()
    }
}

impl<S: Sources> Plan<S> {
    /// The context of a request.
    pub(super) fn frame(&self, request: &Parts, handle: &RequestHandle) -> Snapshot {
        // Sources are users' code: what they enter is not for whoever calls the service.
        boundary(|| match self.optional.is_empty() {
            true => self.sources.frame(request, handle),
            false => self
                .optional_frame(request)
                .run(|| self.sources.frame(request, handle)),
        })
    }

    fn optional_frame(&self, request: &Parts) -> Snapshot {
        let base = snapshot();
        self.optional
            .iter()
            .fold(base, |base, optional| (optional.0)(request, base))
    }
}

/// A storage, and the source of its store, which may have none.
#[derive(Clone)]
pub(super) struct Optional(Arc<Change>);

type Change = dyn Fn(&Parts, Snapshot) -> Snapshot + Send + Sync;

impl Optional {
    pub(super) fn new<T: Store>(
        storage: &'static AsyncLocalStorage<T>,
        source: impl Fn(&Parts) -> Option<T> + Send + Sync + 'static,
    ) -> Self {
        Optional(Arc::new(move |request, base| match source(request) {
            Some(store) => host::frame_with(&base, storage, store),
            None => base,
        }))
    }
}

/// A storage, and the source of its store.
#[derive(Clone)]
pub struct Set<T: Store, F> {
    storage: &'static AsyncLocalStorage<T>,
    source: F,
}

impl<T: Store, F> Set<T, F> {
    pub(super) fn new(storage: &'static AsyncLocalStorage<T>, source: F) -> Self {
        Set { storage, source }
    }
}

impl<T: Store, F> fmt::Debug for Set<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Set").field(&self.storage.name()).finish()
    }
}

/// Sources of stores for several storages: a tuple of [`Set`]s.
pub trait Sources: sealed::Sources {}
impl<S: sealed::Sources> Sources for S {}

/// A tuple that has room for one more.
#[diagnostic::on_unimplemented(
    message = "a `RequestContextLayer` sets up to seven storages",
    note = "set a struct, use `with_some`, or add a second layer"
)]
pub trait Append<X> {
    /// The tuple with it.
    type Output;
    #[doc(hidden)]
    fn append(self, more: X) -> Self::Output;
}

mod sealed {
    use super::{Parts, RequestHandle, Snapshot};

    pub trait Sources {
        /// The current context with all stores, and the request's handle, in one frame.
        fn frame(&self, request: &Parts, handle: &RequestHandle) -> Snapshot;
    }
}

macro_rules! sources {
    ($($T:ident $F:ident $i:tt),*) => {
        impl<$($T: Store, $F: Fn(&Parts) -> $T),*> sealed::Sources for ($(Set<$T, $F>,)*) {
            #[allow(unused_variables)] // Of none.
            fn frame(&self, request: &Parts, handle: &RequestHandle) -> Snapshot {
                let stores = ((&REQUEST, handle.clone()), $((self.$i.storage, (self.$i.source)(request)),)*);
                run_with(stores, snapshot)
            }
        }
    };
}

macro_rules! append {
    ($($T:ident $i:tt),*) => {
        impl<X, $($T),*> Append<X> for ($($T,)*) {
            type Output = ($($T,)* X,);
            fn append(self, more: X) -> Self::Output {
                ($(self.$i,)* more,)
            }
        }
    };
}

sources!();
sources!(A FA 0);
sources!(A FA 0, B FB 1);
sources!(A FA 0, B FB 1, C FC 2);
sources!(A FA 0, B FB 1, C FC 2, D FD 3);
sources!(A FA 0, B FB 1, C FC 2, D FD 3, E FE 4);
sources!(A FA 0, B FB 1, C FC 2, D FD 3, E FE 4, G FG 5);
sources!(A FA 0, B FB 1, C FC 2, D FD 3, E FE 4, G FG 5, H FH 6);

append!();
append!(A 0);
append!(A 0, B 1);
append!(A 0, B 1, C 2);
append!(A 0, B 1, C 2, D 3);
append!(A 0, B 1, C 2, D 3, E 4);
append!(A 0, B 1, C 2, D 3, E 4, G 5);
