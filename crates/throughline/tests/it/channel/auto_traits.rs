//! What may cross threads.

use static_assertions::{assert_impl_all, assert_not_impl_any};
use std::cell::Cell;
use std::future::{Pending, Ready};
use std::rc::Rc;
use throughline::channel::future::{BoundedScopeFuture, ScopeStores, TraceFuture};
use throughline::channel::{
    BoundedChannel, BoundedScope, Channel, StoreScope, Subscription, Trace, TracedCallback, TracingChannel,
};

// Messages are lent on the publisher's thread, so that channels do not care what they are.
assert_impl_all!(Channel<Rc<()>>: Send, Sync, Clone);
assert_impl_all!(Channel<str>: Send, Sync);
assert_impl_all!(BoundedChannel<Rc<()>>: Send, Sync, Clone);
assert_impl_all!(TracingChannel<Rc<()>, Rc<()>, Rc<()>>: Send, Sync, Clone);
assert_impl_all!(Subscription: Send, Sync);

assert_not_impl_any!(StoreScope: Send, Sync);
assert_not_impl_any!(BoundedScope<u32, u32>: Send, Sync);

// A future is what it wraps and holds: a context that is changed in place does not keep it on its thread.
assert_impl_all!(ScopeStores<u32, u32, Pending<()>>: Send, Unpin);
assert_not_impl_any!(ScopeStores<u32, Rc<u32>, Pending<()>>: Send);
assert_impl_all!(BoundedScopeFuture<u32, u32, Pending<()>>: Send);
assert_impl_all!(TraceFuture<Cell<u32>, u32, (), Pending<Result<u32, ()>>>: Send);
assert_not_impl_any!(TraceFuture<Rc<()>, u32, (), Ready<Result<u32, ()>>>: Send);

assert_impl_all!(Trace<Cell<u32>, u32, ()>: Send);
assert_impl_all!(TracedCallback<Cell<u32>, u32, (), fn(Result<u32, ()>)>: Send);
assert_not_impl_any!(TracedCallback<u32, u32, (), Rc<()>>: Send);
