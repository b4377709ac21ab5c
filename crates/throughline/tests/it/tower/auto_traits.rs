//! What can cross threads.

use http_body_util::Full;
use static_assertions::{assert_impl_all, assert_not_impl_any};
use std::fmt::Debug;
use std::rc::Rc;
use throughline::tower::{
    CaptureContextLayer, Close, OpenRequest, RequestContext, RequestContextLayer, RequestHandle, RequestId,
    ResponseBody, ResponseFuture, RestoreContextLayer,
};

type Body = Full<bytes::Bytes>;
type Local = std::future::Ready<Rc<u32>>;

assert_impl_all!(RequestContextLayer: Send, Sync, Clone, Debug);
assert_impl_all!(RestoreContextLayer: Send, Sync, Clone, Debug);
assert_impl_all!(CaptureContextLayer: Send, Sync, Clone, Debug);
assert_impl_all!(RequestContext<u32>: Send, Sync, Clone, Debug);
assert_impl_all!(ResponseFuture<std::future::Ready<u32>>: Send, Sync, Unpin, Debug);
assert_impl_all!(ResponseBody<Body>: Send, Sync, Unpin, Debug);
assert_impl_all!(RequestHandle: Send, Sync, Clone, Debug);
assert_impl_all!(OpenRequest: Send, Sync, Debug);
assert_impl_all!(RequestId: Send, Sync, Clone, Debug, std::hash::Hash, Ord);
assert_impl_all!(Close: Send, Sync, Copy, Debug, std::fmt::Display);

assert_not_impl_any!(ResponseFuture<Local>: Send);
assert_not_impl_any!(RequestContext<Rc<u32>>: Send);
assert_not_impl_any!(RequestContext<u32, Rc<u32>>: Send);
assert_not_impl_any!(OpenRequest: Clone);
