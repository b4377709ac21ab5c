//! Executors for hyper (feature `hyper`): what the tasks that it spawns see of the context.
//!
//! hyper spawns for HTTP/2: a client one task for each connection, a server one for each request. Put [`ContextExecutor`] around the executor
//! that you give it, and say what those tasks inherit.
//!
//! | | what crosses | for |
//! | --- | --- | --- |
//! | [`detached`](ContextExecutor::detached) | what asks for it: [`HandOver::Detached`] | clients: a pooled connection outlives the request that opened it |
//! | [`root`](ContextExecutor::root) | nothing | the same, and nobody shall ask for anything |
//! | [`current`](ContextExecutor::current) | as to any task: [`HandOver::Task`] | servers: a request's task is part of its connection |
//!
//! On the client side `current` is wrong: requests that come later run on the connection of the first, and that would keep the first one's context for as
//! long as it is pooled.
//!
//! ```
//! use hyper_util::{client::legacy::Client, rt::TokioExecutor, server::conn::auto};
//! use throughline::hyper::ContextExecutor;
//!
//! let client = Client::builder(ContextExecutor::detached(TokioExecutor::new()))
//!     .http2_only(true)
//!     .build_http::<http_body_util::Empty<hyper::body::Bytes>>();
//!
//! // Serve each connection in a context (`PEER.scope(address, builder.serve_connection(…))`), and its requests have it.
//! let builder = auto::Builder::new(ContextExecutor::current(TokioExecutor::new()));
//! # let _ = (client, builder.http2_only());
//! ```
//!
//! A request's own context is none of the executor's business: in a server that is [`RequestContextLayer`](crate::tower)'s, in a client it is the caller's, who
//! polls the response and its body.

use crate::{FutureContextExt, HandOver, InContext, Snapshot, snapshot_for};
use ::hyper::rt::Executor;
use std::future::Future;

/// A hyper [`Executor`] whose tasks have a context that is said: see the [module](self).
///
/// The inner executor is called in that context too, so that what it captures by itself is the same.
///
/// # Cancel safety
/// A task that is dropped before its end is dropped in its context.
#[derive(Clone, Copy, Debug)]
#[must_use = "an executor does nothing until somebody spawns on it"]
pub struct ContextExecutor<E> {
    executor: E,
    inherits: Inherits,
}

#[derive(Clone, Copy, Debug)]
enum Inherits {
    Nothing,
    As(HandOver),
}

impl<E> ContextExecutor<E> {
    /// Tasks inherit what each storage says of [`HandOver::Detached`], by default nothing.
    pub const fn detached(executor: E) -> Self {
        ContextExecutor {
            executor,
            inherits: Inherits::As(HandOver::Detached),
        }
    }

    /// Tasks inherit nothing, whatever a storage says.
    pub const fn root(executor: E) -> Self {
        ContextExecutor {
            executor,
            inherits: Inherits::Nothing,
        }
    }

    /// Tasks inherit what each storage says of [`HandOver::Task`], by default everything.
    pub const fn current(executor: E) -> Self {
        ContextExecutor {
            executor,
            inherits: Inherits::As(HandOver::Task),
        }
    }

    /// The executor inside.
    pub const fn get_ref(&self) -> &E {
        &self.executor
    }

    fn context(&self) -> Snapshot {
        match self.inherits {
            Inherits::Nothing => Snapshot::default(),
            Inherits::As(hand_over) => snapshot_for(hand_over),
        }
    }
}

/// [Detached](ContextExecutor::detached).
impl<E: Default> Default for ContextExecutor<E> {
    fn default() -> Self {
        Self::detached(E::default())
    }
}

impl<E, F> Executor<F> for ContextExecutor<E>
where
    E: Executor<InContext<F>>,
    F: Future,
{
    fn execute(&self, future: F) {
        let context = self.context();
        let future = future.with_snapshot(context.clone());
        context.run(|| self.executor.execute(future));
    }
}
