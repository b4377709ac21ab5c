//! Which types may cross threads.

use std::cell::Cell;
use std::error::Error;
use std::fmt::Debug;
use std::rc::Rc;

use static_assertions::{assert_impl_all, assert_not_impl_any};
use throughline::WorkerPool;
use throughline::pool::{CloseMode, Refused, Run, TaskError, WorkerPoolBuilder};

assert_impl_all!(WorkerPool: Send, Sync, Unpin, Clone, Debug);
assert_not_impl_any!(WorkerPool: Copy);
assert_impl_all!(WorkerPoolBuilder: Send, Sync, Clone, Debug);
assert_impl_all!(CloseMode: Send, Sync, Copy, Eq, Debug);
assert_impl_all!(TaskError: Send, Sync, Error);
assert_not_impl_any!(TaskError: Clone);
assert_impl_all!(Refused<u32>: Send, Sync, Copy, Error);
assert_not_impl_any!(Refused<Rc<u32>>: Send, Sync);
// A result goes from thread to thread, and is never shared.
assert_impl_all!(Run<Cell<u32>>: Send, Unpin, Debug, Future<Output = Result<Cell<u32>, TaskError>>);
