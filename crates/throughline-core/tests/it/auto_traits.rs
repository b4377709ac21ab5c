//! Which types may cross threads, be pinned, be caught by `catch_unwind`; and how large they are. A table, both ways.

use static_assertions::{assert_impl_all, assert_not_impl_any};
use std::cell::Cell;
use std::fmt::Debug;
use std::future::{Future, Pending, Ready};
use std::marker::PhantomPinned;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::rc::Rc;
use throughline_core::host::{Entered, HookRegistry, OutOfOrder, Resident, Visit};
use throughline_core::{
    AsyncHook, AsyncId, AsyncLocalStorage, AsyncResource, AsyncResourceBuilder, Bind, BindAsync, BindFuture,
    BindMut, BindOnce, Crossing, Destroyed, EmptyTypeName, Enabled, ExitScope, HandOver, HookBuilder,
    InContext, InResource, NoBoundary, PanicPolicy, Propagation, Report, ResourceInfo, ResourceType,
    RunScope, Scope, ScopeWith, Snapshot, Store, bind,
};

type SendFuture = Pending<()>;
/// `Ready` and `Pending` are `Send` and `Sync` if what they hold is.
type LocalFuture = Ready<Rc<u32>>;
type SendNotSync = Ready<Cell<u32>>;

assert_impl_all!(AsyncLocalStorage<String>: Send, Sync, Unpin, UnwindSafe, RefUnwindSafe, Debug, Default);
assert_not_impl_any!(AsyncLocalStorage<String>: Clone, Copy);

assert_impl_all!(Snapshot: Send, Sync, Unpin, Clone, Debug, Default);
assert_not_impl_any!(Snapshot: Copy);

assert_impl_all!(RunScope: Unpin, Debug);
assert_not_impl_any!(RunScope: Send, Sync, Clone);

assert_impl_all!(InContext<SendFuture>: Send, Sync, Unpin, Debug, Future);
assert_not_impl_any!(InContext<LocalFuture>: Send, Sync);
assert_impl_all!(InContext<LocalFuture>: Unpin, Future);
assert_impl_all!(InContext<SendNotSync>: Send);
assert_not_impl_any!(InContext<SendNotSync>: Sync);
assert_not_impl_any!(InContext<PhantomPinned>: Unpin);
assert_not_impl_any!(InContext<SendFuture>: Clone);

assert_impl_all!(Scope<String, SendFuture>: Send, Sync, Unpin, Debug, Future);
assert_not_impl_any!(Scope<String, LocalFuture>: Send, Sync);
assert_not_impl_any!(Scope<String, PhantomPinned>: Unpin);

assert_impl_all!(ExitScope<SendFuture>: Send, Sync, Unpin, Debug, Future);
assert_not_impl_any!(ExitScope<LocalFuture>: Send, Sync);
assert_not_impl_any!(ExitScope<PhantomPinned>: Unpin);

type Two = (
    (&'static AsyncLocalStorage<u32>, u32),
    (&'static AsyncLocalStorage<String>, String),
);
assert_impl_all!(ScopeWith<Two, SendFuture>: Send, Sync, Unpin, Debug, Future);
assert_not_impl_any!(ScopeWith<Two, LocalFuture>: Send, Sync);

assert_impl_all!(NoBoundary<u32>: Send, Sync, Copy, PartialEq, std::error::Error);
assert_not_impl_any!(NoBoundary<Rc<u32>>: Send, Sync);

assert_impl_all!(AsyncResource: Send, Sync, Unpin, UnwindSafe, RefUnwindSafe, Clone, Debug);
assert_not_impl_any!(AsyncResource: Copy, Default, PartialEq);
assert_impl_all!(AsyncResource: From<ResourceType>, From<&'static str>, From<&'static AsyncResource>);
// A name that is known only at run time is interned, which says what that costs.
assert_not_impl_any!(AsyncResource: From<String>);
assert_not_impl_any!(ResourceType: From<String>);
assert_impl_all!(AsyncResourceBuilder: Send, Sync, Debug);

assert_impl_all!(InResource<SendFuture>: Send, Sync, Unpin, Debug, Future);
assert_not_impl_any!(InResource<LocalFuture>: Send, Sync);
assert_impl_all!(InResource<LocalFuture>: Unpin, Future);
assert_not_impl_any!(InResource<PhantomPinned>: Unpin);
assert_not_impl_any!(InResource<SendFuture>: Clone);

assert_impl_all!(AsyncId: Send, Sync, Copy, Ord, std::hash::Hash, Debug, std::fmt::Display, Into<u64>);
// Nobody can make one of a number that might be another's by accident.
assert_not_impl_any!(AsyncId: From<u64>, Default);
assert_impl_all!(ResourceType: Send, Sync, Copy, Eq, std::hash::Hash, Debug, std::fmt::Display);
assert_impl_all!(ResourceInfo: Send, Sync, Copy, Eq, std::hash::Hash, Debug);

assert_impl_all!(AsyncHook: Send, Sync, Clone, Debug);
assert_impl_all!(Enabled: Send, Sync, Debug);
assert_not_impl_any!(Enabled: Clone);
assert_impl_all!(HookBuilder: Send, Sync, Debug);
assert_not_impl_any!(HookBuilder: Clone);
assert_impl_all!(PanicPolicy: Send, Sync, Copy, Eq, Default, Debug);
assert_impl_all!(Report<'static>: Debug, std::fmt::Display);

assert_impl_all!(HookRegistry: Send, Sync, Clone, Debug);
assert_not_impl_any!(HookRegistry: Default);
// The stack is the thread's.
assert_not_impl_any!(Entered: Send, Sync, Clone);
assert_not_impl_any!(OutOfOrder: Send, Sync, Clone);
assert_impl_all!(OutOfOrder: std::error::Error);

// Between two visits it may go where it likes; a visit is its thread's.
assert_impl_all!(Resident: Send, Sync, Unpin, UnwindSafe, RefUnwindSafe, Debug);
assert_not_impl_any!(Resident: Clone);
assert_impl_all!(Visit: Unpin, Debug);
assert_not_impl_any!(Visit: Send, Sync, Clone);

assert_impl_all!(HandOver: Send, Sync, Copy, Eq, std::hash::Hash, Debug);
// Whatever is to cross.
assert_impl_all!(Propagation<Rc<u32>>: Send, Sync, Copy, Default, Debug);
assert_impl_all!(Crossing<Rc<u32>>: Send, Sync, Copy, Debug);
#[cfg(feature = "audit")]
assert_impl_all!(throughline_core::audit::Missed: Send, Sync, Clone, Eq, Debug, std::fmt::Display);

assert_impl_all!(Destroyed<u32>: Send, Sync, Copy, PartialEq, std::error::Error);
// Also where what it holds is not.
assert_impl_all!(Destroyed<Box<dyn FnOnce()>>: Debug, std::error::Error);
assert_not_impl_any!(Destroyed<Rc<u32>>: Send, Sync);
assert_impl_all!(EmptyTypeName: Send, Sync, Copy, Eq, std::error::Error);

assert_impl_all!(String: Store);
assert_impl_all!(Option<u32>: Store);
assert_not_impl_any!(Rc<u32>: Store);
assert_not_impl_any!(Cell<u32>: Store);

/// Nothing but the future inside decides whether the adapter may move once polled: not the store.
#[test]
fn a_store_need_not_be_unpin() {
    fn unpin(_: &impl Unpin) {}
    struct Pinned {
        _pinned: PhantomPinned,
    }
    static S: AsyncLocalStorage<Pinned> = AsyncLocalStorage::new();
    let store = Pinned {
        _pinned: PhantomPinned,
    };
    unpin(&S.scope(store, std::future::pending::<()>()));
}

#[test]
fn bound_closures_are_what_their_closures_are() {
    fn send_sync_static<F: Send + Sync + 'static>(_: &F) {}
    fn send_static<F: Send + 'static>(_: &F) {}
    send_sync_static(&(|| ()).bind());
    send_sync_static(&(|_: u32, _: String| ()).bind());
    send_sync_static(&(|| ()).bind_mut());
    send_sync_static(&(|| ()).bind_once());
    send_sync_static(&(async || ()).bind_async());
    send_sync_static(&(async || ()).bind_future());
    fn send<T: Send>(_: &T) {}
    send(&(|| async {}).bind_future()());
    send_sync_static(&bind!(|_text: &str| ()));
    send_sync_static(&bind!(mut || ()));
    send_sync_static(&bind!(once || ()));
    let cell = Cell::new(1);
    send_static(&(move || cell.get()).bind());

    // Given `&resource` they would borrow that, since the answer of a trait's method does whatever it was given.
    let resource = AsyncResource::new("AUTO");
    send_sync_static(&(|| ()).bind_to(resource.clone()));
    send_sync_static(&(|_: u32, _: String| ()).bind_to("AUTO"));
    send_sync_static(&(|| ()).bind_mut_to(resource.clone()));
    send_sync_static(&(|| ()).bind_once_to(resource.clone()));
    send_sync_static(&(async || ()).bind_async_to(resource.clone()));
    send_sync_static(&(|| async {}).bind_future_to(resource.clone()));
    send(&(|| async {}).bind_future_to(resource.clone())());
    let cell = Cell::new(1);
    send_static(&(move || cell.get()).bind_to(resource.clone()));
}

/// Whether a type implements a trait, as a value: for claims that should not keep the other tests from compiling.
macro_rules! implements {
    ($T:ty: $Trait:ident) => {{
        // Unused where the answer is yes.
        #[allow(dead_code)]
        trait Otherwise {
            const ANSWER: bool = false;
        }
        impl<T: ?Sized> Otherwise for T {}
        struct Asked<T: ?Sized>(std::marker::PhantomData<T>);
        // Unused where it is no.
        #[allow(dead_code)]
        impl<T: ?Sized + $Trait> Asked<T> {
            const ANSWER: bool = true;
        }
        <Asked<$T>>::ANSWER
    }};
}

#[test]
fn the_check_can_tell() {
    assert!(implements!(u32: UnwindSafe));
    assert!(!implements!(&'static Cell<u32>: UnwindSafe));
    assert!(!implements!(Rc<u32>: Send));
}

/// A snapshot never changes, so that no panic can leave it half-changed: as an `Arc`, it may be used in `catch_unwind`.
#[test]
fn a_snapshot_is_unwind_safe() {
    assert!(implements!(Snapshot: UnwindSafe));
    assert!(implements!(Snapshot: RefUnwindSafe));
}

/// `future.in_context().catch_unwind()` compiles if `future.catch_unwind()` does.
#[test]
fn an_adapter_is_unwind_safe_if_its_future_is() {
    assert!(implements!(SendFuture: UnwindSafe));
    assert!(implements!(InContext<SendFuture>: UnwindSafe));
    assert!(implements!(Scope<String, SendFuture>: UnwindSafe));
    assert!(implements!(ExitScope<SendFuture>: UnwindSafe));
    assert!(!implements!(InContext<Ready<&'static mut u32>>: UnwindSafe));
}

mod sizes {
    use super::*;

    const WORD: usize = size_of::<usize>();

    #[test]
    fn of_a_snapshot_is_a_word_with_room_for_none() {
        assert_eq!(size_of::<Snapshot>(), WORD);
        assert_eq!(size_of::<Option<Snapshot>>(), WORD);
    }

    #[test]
    fn of_an_adapter_is_a_word_more_than_its_value() {
        // With room for an `Option`'s none in it, and without, which compilers say of `async` blocks too.
        assert_eq!(size_of::<InContext<Box<u32>>>(), size_of::<Box<u32>>() + WORD);
        assert_eq!(size_of::<InContext<u64>>(), size_of::<u64>() + WORD);
        let future = async {
            let text = String::from("kept over an await");
            crate::support::pause().await;
            text
        };
        let size = size_of_val(&future);
        assert_eq!(size_of_val(&throughline_core::root_scope(future)), size + WORD);
    }

    #[test]
    fn of_a_resource_is_a_word_with_room_for_none() {
        assert_eq!(size_of::<AsyncResource>(), WORD);
        assert_eq!(size_of::<Option<AsyncResource>>(), WORD);
        assert_eq!(size_of::<Option<AsyncId>>(), 8);
    }

    #[test]
    fn of_a_future_in_a_resource_is_two_words_more_than_the_future() {
        assert_eq!(
            size_of::<InResource<Box<u32>>>(),
            size_of::<Box<u32>>() + 2 * WORD
        );
        assert_eq!(size_of::<InResource<u64>>(), size_of::<u64>() + 2 * WORD);
    }

    #[test]
    fn of_a_guard_is_eight_bytes() {
        assert_eq!(size_of::<RunScope>(), 8);
    }

    #[test]
    fn of_a_bound_closure_is_a_word_more_than_its_closure() {
        let text = String::from("captured");
        assert_eq!(
            size_of_val(&(move || text.len()).bind()),
            size_of::<String>() + WORD
        );
    }
}
