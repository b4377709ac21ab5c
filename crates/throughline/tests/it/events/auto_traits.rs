//! Which types may cross threads, be pinned, be caught by `catch_unwind`.

use static_assertions::{assert_impl_all, assert_not_impl_any};
use std::cell::Cell;
use std::error::Error;
use std::fmt::Debug;
use std::future::Future;
use std::hash::Hash;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::rc::Rc;
use throughline::events::{
    EmittedError, ListenerId, ListenerInfo, On, OnError, Once, OnceError, Reserved, UnhandledError,
    WeakEventEmitter,
};
use throughline::{Event, EventEmitter, EventEmitterAsyncResource};

// A key is a name, whatever its payload is.
assert_impl_all!(Event<Rc<Cell<u32>>>: Send, Sync, Unpin, UnwindSafe, RefUnwindSafe, Copy, Debug);
assert_impl_all!(Event<str, Reserved>: Send, Sync, Copy, Debug);
assert_impl_all!(ListenerId: Send, Sync, Copy, Eq, Hash, Debug);
assert_impl_all!(ListenerInfo: Send, Sync, Copy, Debug);

assert_impl_all!(EventEmitter: Send, Sync, Unpin, UnwindSafe, RefUnwindSafe, Clone, Debug, Default);
assert_impl_all!(WeakEventEmitter: Send, Sync, Unpin, UnwindSafe, RefUnwindSafe, Clone, Debug);
assert_impl_all!(EventEmitterAsyncResource: Send, Sync, Unpin, Clone, Debug);
assert_not_impl_any!(EventEmitterAsyncResource: Default);

assert_impl_all!(Once<str>: Send, Sync, Unpin, Debug, Future);
assert_impl_all!(On<str>: Send, Sync, Unpin, Debug);
#[cfg(feature = "stream")]
assert_impl_all!(On<[u8]>: futures::Stream, futures::stream::FusedStream);
assert_not_impl_any!(Once<Rc<u32>>: Send, Sync);
assert_not_impl_any!(On<Rc<u32>>: Send, Sync);
// A payload is handed over, never shared.
assert_impl_all!(Once<Cell<u32>>: Send, Sync);

assert_impl_all!(EmittedError: Send, Sync, Clone, Error);
assert_impl_all!(UnhandledError: Send, Sync, Clone, Error);
assert_impl_all!(OnceError: Send, Sync, Clone, Error);
assert_impl_all!(OnError: Send, Sync, Clone, Error);
