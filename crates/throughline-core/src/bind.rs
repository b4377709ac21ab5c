//! Closures that run in the context they were bound in.

use crate::resource::InResource;
use crate::resource::deliver::in_destructor;
use crate::{AsyncResource, HandOver, InContext, Snapshot, root, snapshot, snapshot_for};
use std::fmt;

/// What a closure is bound to: a snapshot, or a resource.
#[doc(hidden)]
pub trait Binding {
    type Bound<F: Future>;

    fn run<R>(&self, f: impl FnOnce() -> R) -> R;

    /// Runs a destructor. Where what it was bound to is gone, nothing is set.
    fn run_last(&self, f: impl FnOnce());

    fn wrap<F: Future>(&self, future: F) -> Self::Bound<F>;

    /// As `wrap`, called within `run`: with what was entered there.
    fn wrap_here<F: Future>(&self, future: F) -> Self::Bound<F>;
}

impl Binding for Snapshot {
    type Bound<F: Future> = InContext<F>;

    #[inline]
    fn run<R>(&self, f: impl FnOnce() -> R) -> R {
        self.run(f)
    }

    #[inline]
    fn run_last(&self, f: impl FnOnce()) {
        self.run(f);
    }

    #[inline]
    fn wrap<F: Future>(&self, future: F) -> InContext<F> {
        self.scope(future)
    }

    #[inline]
    fn wrap_here<F: Future>(&self, future: F) -> InContext<F> {
        // Handed over, and filtered, it was when it was bound.
        snapshot().into_scope(future)
    }
}

impl Binding for AsyncResource {
    type Bound<F: Future> = InResource<F>;

    #[inline]
    fn run<R>(&self, f: impl FnOnce() -> R) -> R {
        self.run_in_async_scope(f)
    }

    fn run_last(&self, f: impl FnOnce()) {
        in_destructor(|| {
            if let Err(destroyed) = self.try_run_in_async_scope(f) {
                root(destroyed.into_inner());
            }
        });
    }

    #[inline]
    fn wrap<F: Future>(&self, future: F) -> InResource<F> {
        self.scope(future)
    }

    fn wrap_here<F: Future>(&self, future: F) -> InResource<F> {
        self.scope_here(future)
    }
}

/// A closure and what it is bound to, in which it is called and dropped. What [`bind!`](crate::bind!) expands to.
#[doc(hidden)]
pub struct Bound<F, C: Binding = Snapshot> {
    binding: C,
    /// None only after `call_once`.
    closure: Option<F>,
}

impl<F> Bound<F> {
    #[inline]
    #[cfg_attr(feature = "audit", track_caller)]
    pub fn new(closure: F) -> Self {
        Self::to(snapshot_for(HandOver::Task), closure)
    }
}

impl<F, C: Binding> Bound<F, C> {
    #[inline]
    pub fn to(binding: C, closure: F) -> Self {
        Bound {
            binding,
            closure: Some(closure),
        }
    }

    /// Each call starts from the captured context again (clause `RES-8`).
    #[inline]
    pub fn call<R>(&self, f: impl FnOnce(&F) -> R) -> R {
        let closure = self.get();
        self.binding.run(|| f(closure))
    }

    #[inline]
    pub fn call_mut<R>(&mut self, f: impl FnOnce(&mut F) -> R) -> R {
        let closure = self.closure.as_mut().expect(GONE);
        self.binding.run(|| f(closure))
    }

    #[inline]
    pub fn call_once<R>(mut self, f: impl FnOnce(F) -> R) -> R {
        let Bound { binding, closure } = &mut self;
        // Taken out inside: should it not come to that, it is dropped as one that was never called.
        let result = binding.run(|| f(closure.take().expect(GONE)));
        // Not as an argument that goes with the function: if a store's `Drop` panics here, the result is dropped, not lost.
        drop(self);
        result
    }

    #[inline]
    fn get(&self) -> &F {
        self.closure.as_ref().expect(GONE)
    }
}

/// `call_once` consumes the `Bound`.
const GONE: &str = "a bound closure is there until it is called once";

impl<F, C: Binding> Drop for Bound<F, C> {
    #[inline]
    fn drop(&mut self) {
        if !std::mem::needs_drop::<F>() {
            return;
        }
        if let Some(closure) = self.closure.take() {
            self.binding.run_last(|| drop(closure));
        }
    }
}

impl<F, C: Binding> fmt::Debug for Bound<F, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bound").finish_non_exhaustive()
    }
}

/// Binds an `Fn` closure of zero to four by-value arguments to the current context.
///
/// `Args` is the tuple of the arguments' types. The answer implements `Fn` of the same arguments, and is `Send`, `Sync`, `'static`
/// if the closure is. The arguments' types have to be written on the closure; for arguments that are references, there
/// is [`bind!`](crate::bind!).
///
/// Node's `AsyncLocalStorage.bind` (clause `ALS-29`).
///
/// # Panics
/// Binding does not. A call does if the closure does, or the `Drop` of a store that it entered; the caller's context is back by then.
///
/// # Cancel safety
/// The closure is dropped in the context it was bound in, called or not.
///
/// # Examples
/// ```
/// use throughline_core::{AsyncLocalStorage, Bind};
/// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
///
/// let greet = USER.run("ada", || {
///     (|greeting: &'static str| format!("{greeting}, {}", USER.get_store().unwrap())).bind()
/// });
/// assert_eq!(greet("hello"), "hello, ada");
/// assert_eq!(greet("good day"), "good day, ada");
/// ```
pub trait Bind<Args>: Sized {
    /// Binds it to the context of the place where this is called.
    #[must_use = "a bound closure does nothing until it is called"]
    fn bind(self) -> impl Sized;

    /// Binds it to a resource: one that is there (`resource.clone()`; given `&resource`, the answer borrows that), or, given a type name,
    /// one of its own, made here and destroyed with the bound closure.
    /// Each call is a scope of it; the closure, if it has anything to drop, is dropped in one.
    ///
    /// Node's `resource.bind`, and its static `AsyncResource.bind` with a type (clauses `RES-11`, `RES-12`).
    ///
    /// # Panics
    /// If the type name is empty. A call does once the resource is destroyed; the closure is dropped where nothing is set then.
    ///
    /// # Examples
    /// Where Node has `req.on('close', AsyncResource.bind(() => { ... }))`:
    /// ```
    /// use throughline_core::{AsyncLocalStorage, Bind, execution_async_resource};
    /// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
    ///
    /// let on_close = USER.run("ada", || {
    ///     (|| (USER.get_store(), execution_async_resource().unwrap().type_name())).bind_to("CLOSE")
    /// });
    /// assert_eq!(on_close(), (Some("ada"), "CLOSE"));
    /// ```
    #[must_use = "a bound closure does nothing until it is called"]
    fn bind_to(self, resource: impl Into<AsyncResource>) -> impl Sized;
}

/// Binds an `FnMut` closure of zero to four by-value arguments to the current context. Else as [`Bind`].
#[doc(alias = "bind")]
pub trait BindMut<Args>: Sized {
    /// Binds it to the context of the place where this is called.
    #[must_use = "a bound closure does nothing until it is called"]
    fn bind_mut(self) -> impl Sized;

    /// Binds it to a resource: one that is there (`resource.clone()`; given `&resource`, the answer borrows that), or, given a type name,
    /// one of its own, made here and destroyed with the bound closure.
    /// Each call is a scope of it; the closure, if it has anything to drop, is dropped in one.
    ///
    /// Node's `resource.bind`, and its static `AsyncResource.bind` with a type (clauses `RES-11`, `RES-12`).
    ///
    /// # Panics
    /// If the type name is empty. A call does once the resource is destroyed; the closure is dropped where nothing is set then.
    #[must_use = "a bound closure does nothing until it is called"]
    fn bind_mut_to(self, resource: impl Into<AsyncResource>) -> impl Sized;
}

/// Binds an `FnOnce` closure of zero to four by-value arguments to the current context. Else as [`Bind`].
///
/// # Examples
/// ```
/// use throughline_core::{AsyncLocalStorage, BindOnce};
/// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
///
/// let thread = USER.run("ada", || std::thread::spawn((|| USER.get_store()).bind_once()));
/// assert_eq!(thread.join().unwrap(), Some("ada"));
/// ```
#[doc(alias = "bind")]
pub trait BindOnce<Args>: Sized {
    /// Binds it to the context of the place where this is called.
    #[must_use = "a bound closure does nothing until it is called"]
    fn bind_once(self) -> impl Sized;

    /// Binds it to a resource: one that is there (`resource.clone()`; given `&resource`, the answer borrows that), or, given a type name,
    /// one of its own, made here and destroyed with the bound closure.
    /// Each call is a scope of it; the closure, if it has anything to drop, is dropped in one.
    ///
    /// Node's `resource.bind`, and its static `AsyncResource.bind` with a type (clauses `RES-11`, `RES-12`).
    ///
    /// # Panics
    /// If the type name is empty. A call does once the resource is destroyed; the closure is dropped where nothing is set then.
    #[must_use = "a bound closure does nothing until it is called"]
    fn bind_once_to(self, resource: impl Into<AsyncResource>) -> impl Sized;
}

/// Binds an async closure of zero to four by-value arguments to the current context: its futures are made, polled and dropped
/// in it. The answer implements `AsyncFn` of the same arguments. Else as [`Bind`].
///
/// The futures may borrow from what the closure owns. The price is Rust's: nobody can name such a future, so the compiler does not
/// accept it as `Send`. For futures to be spawned there is [`BindFuture`].
///
/// # Cancel safety
/// The futures are dropped in the context. One that was never polled has not begun: its arguments are dropped where it is.
///
/// # Examples
/// ```
/// # use futures::executor::block_on;
/// use throughline_core::{AsyncLocalStorage, BindAsync};
/// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
///
/// let greet = USER.run("ada", || {
///     (async |times: usize| USER.get_store().unwrap().repeat(times)).bind_async()
/// });
/// assert_eq!(block_on(greet(2)), "adaada");
/// ```
#[doc(alias = "bind")]
pub trait BindAsync<Args>: Sized {
    /// Binds it to the context of the place where this is called.
    #[must_use = "a bound closure does nothing until it is called"]
    fn bind_async(self) -> impl Sized;

    /// Binds it to a resource: one that is there (`resource.clone()`; given `&resource`, the answer borrows that), or, given a type name,
    /// one of its own, made here and destroyed with the bound closure.
    /// Each call is a scope of it, and each poll of its futures; the closure, if it has anything to drop, is dropped in one.
    ///
    /// Node's `resource.bind`, and its static `AsyncResource.bind` with a type (clauses `RES-11`, `RES-12`).
    ///
    /// # Panics
    /// If the type name is empty. A call does once the resource is destroyed; the closure is dropped where nothing is set then.
    #[must_use = "a bound closure does nothing until it is called"]
    fn bind_async_to(self, resource: impl Into<AsyncResource>) -> impl Sized;
}

/// Binds a closure that answers a future, of zero to four by-value arguments, to the current context: its futures are made, polled
/// and dropped in it. The answer implements `Fn` of the same arguments, and its futures are `Send` if the closure's are. Else as
/// [`Bind`].
///
/// An async closure is such a closure too, unless its futures borrow from what it owns.
///
/// # Cancel safety
/// The futures are dropped in the context, polled or not.
///
/// # Examples
/// ```
/// use throughline_core::{AsyncLocalStorage, BindFuture};
/// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let greet = USER.run("ada", || {
///     (|times: usize| async move { USER.get_store().unwrap().repeat(times) }).bind_future()
/// });
/// assert_eq!(tokio::spawn(greet(2)).await.unwrap(), "adaada");
/// # }
/// ```
#[doc(alias = "bind")]
pub trait BindFuture<Args>: Sized {
    /// Binds it to the context of the place where this is called.
    #[must_use = "a bound closure does nothing until it is called"]
    fn bind_future(self) -> impl Sized;

    /// Binds it to a resource: one that is there (`resource.clone()`; given `&resource`, the answer borrows that), or, given a type name,
    /// one of its own, made here and destroyed with the bound closure.
    /// Each call is a scope of it, and each poll of its futures; the closure, if it has anything to drop, is dropped in one.
    ///
    /// Node's `resource.bind`, and its static `AsyncResource.bind` with a type (clauses `RES-11`, `RES-12`).
    ///
    /// # Panics
    /// If the type name is empty. A call does once the resource is destroyed; the closure is dropped where nothing is set then.
    #[must_use = "a bound closure does nothing until it is called"]
    fn bind_future_to(self, resource: impl Into<AsyncResource>) -> impl Sized;
}

// What the methods answer is more exact in the impls than in the traits ("refined"), which is how the answer can be a closure of
// the same arity without being boxed.
macro_rules! arity {
    ($($A:ident $a:ident),*) => {
        #[allow(refining_impl_trait)]
        impl<Fun: Fn($($A),*) -> R, R, $($A),*> Bind<($($A,)*)> for Fun {
            #[inline]
            #[cfg_attr(feature = "audit", track_caller)]
            fn bind(self) -> impl Fn($($A),*) -> R {
                let bound = Bound::new(self);
                move |$($a: $A),*| bound.call(|f| f($($a),*))
            }

            #[inline]
            #[track_caller]
            fn bind_to(self, resource: impl Into<AsyncResource>) -> impl Fn($($A),*) -> R {
                let bound = Bound::to(resource.into(), self);
                move |$($a: $A),*| bound.call(|f| f($($a),*))
            }
        }

        #[allow(refining_impl_trait)]
        impl<Fun: FnMut($($A),*) -> R, R, $($A),*> BindMut<($($A,)*)> for Fun {
            #[inline]
            #[cfg_attr(feature = "audit", track_caller)]
            fn bind_mut(self) -> impl FnMut($($A),*) -> R {
                let mut bound = Bound::new(self);
                move |$($a: $A),*| bound.call_mut(|f| f($($a),*))
            }

            #[inline]
            #[track_caller]
            fn bind_mut_to(self, resource: impl Into<AsyncResource>) -> impl FnMut($($A),*) -> R {
                let mut bound = Bound::to(resource.into(), self);
                move |$($a: $A),*| bound.call_mut(|f| f($($a),*))
            }
        }

        #[allow(refining_impl_trait)]
        impl<Fun: FnOnce($($A),*) -> R, R, $($A),*> BindOnce<($($A,)*)> for Fun {
            #[inline]
            #[cfg_attr(feature = "audit", track_caller)]
            fn bind_once(self) -> impl FnOnce($($A),*) -> R {
                let bound = Bound::new(self);
                move |$($a: $A),*| bound.call_once(|f| f($($a),*))
            }

            #[inline]
            #[track_caller]
            fn bind_once_to(self, resource: impl Into<AsyncResource>) -> impl FnOnce($($A),*) -> R {
                let bound = Bound::to(resource.into(), self);
                move |$($a: $A),*| bound.call_once(|f| f($($a),*))
            }
        }

        #[allow(refining_impl_trait)]
        impl<Fun: Fn($($A),*) -> Fut, Fut: Future, $($A),*> BindFuture<($($A,)*)> for Fun {
            #[inline]
            #[cfg_attr(feature = "audit", track_caller)]
            fn bind_future(self) -> impl Fn($($A),*) -> InContext<Fut> {
                let bound = Bound::new(self);
                move |$($a: $A),*| bound.call(|f| bound.binding.wrap_here(f($($a),*)))
            }

            #[inline]
            #[track_caller]
            fn bind_future_to(self, resource: impl Into<AsyncResource>) -> impl Fn($($A),*) -> InResource<Fut> {
                let bound = Bound::to(resource.into(), self);
                move |$($a: $A),*| bound.call(|f| bound.binding.wrap_here(f($($a),*)))
            }
        }

        #[allow(refining_impl_trait)]
        impl<Fun: AsyncFn($($A),*) -> R, R, $($A),*> BindAsync<($($A,)*)> for Fun {
            #[inline]
            #[cfg_attr(feature = "audit", track_caller)]
            fn bind_async(self) -> impl AsyncFn($($A),*) -> R {
                let bound = Bound::new(self);
                async move |$($a: $A),*| {
                    let future = bound.binding.run(|| bound.get()($($a),*));
                    bound.binding.wrap(future).await
                }
            }

            #[inline]
            #[track_caller]
            fn bind_async_to(self, resource: impl Into<AsyncResource>) -> impl AsyncFn($($A),*) -> R {
                let bound = Bound::to(resource.into(), self);
                async move |$($a: $A),*| {
                    let future = bound.binding.run(|| bound.get()($($a),*));
                    bound.binding.wrap(future).await
                }
            }
        }
    };
}

arity!();
arity!(A a);
arity!(A a, B b);
arity!(A a, B b, C c);
arity!(A a, B b, C c, D d);

/// Binds a closure whose arguments may be references to the current context; the answer takes references of any lifetime.
///
/// Each argument is a plain name and a type (no `_`, no pattern). The answer implements `Fn`; with `mut` before the closure `FnMut`, with `once` `FnOnce`. What
/// the closure names, it owns (it is a `move` closure).
///
/// # Cancel safety
/// The closure is dropped in the context it was bound in, called or not.
///
/// # Examples
/// ```
/// use throughline_core::{AsyncLocalStorage, bind};
/// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
///
/// let greet = USER.run("ada", || {
///     bind!(|greeting: &str, times: usize| -> String { greeting.repeat(times) + USER.get_store().unwrap() })
/// });
/// let local = String::from("hi ");
/// assert_eq!(greet(&local, 2), "hi hi ada");
///
/// let mut seen = Vec::new();
/// let mut collect = bind!(mut |word: &str| { seen.push(word.len()); seen.len() });
/// assert_eq!((collect(&local), collect("x")), (1, 2));
/// ```
///
/// With `to` and a resource, or a type name, it is bound to that, as by [`bind_to`](crate::Bind::bind_to):
/// ```
/// use throughline_core::{bind, execution_async_resource};
///
/// let on_close = bind!(to "CLOSE", |reason: &str| {
///     format!("{reason} in {}", execution_async_resource().unwrap().type_name())
/// });
/// assert_eq!(on_close("hung up"), "hung up in CLOSE");
/// ```
#[macro_export]
macro_rules! bind {
    (to $resource:expr, $($closure:tt)+) => {
        $crate::bind!(@ ($crate::AsyncResource::from($resource)) $($closure)+)
    };
    (@ ($binding:expr) mut $(move)? |$($arg:ident : $type:ty),* $(,)?| $($body:tt)+) => {{
        let mut bound = $crate::__private::Bound::to($binding, move |$($arg: $type),*| $($body)+);
        move |$($arg: $type),*| bound.call_mut(|closure| closure($($arg),*))
    }};
    (@ ($binding:expr) once $(move)? |$($arg:ident : $type:ty),* $(,)?| $($body:tt)+) => {{
        let bound = $crate::__private::Bound::to($binding, move |$($arg: $type),*| $($body)+);
        // `mut`, since a closure that changes what it owns has to be; not every one does.
        move |$($arg: $type),*| bound.call_once(|#[allow(unused_mut)] mut closure| closure($($arg),*))
    }};
    (@ ($binding:expr) $(move)? |$($arg:ident : $type:ty),* $(,)?| $($body:tt)+) => {{
        let bound = $crate::__private::Bound::to($binding, move |$($arg: $type),*| $($body)+);
        move |$($arg: $type),*| bound.call(|closure| closure($($arg),*))
    }};
    (@ $binding:tt mut $(move)? || $($body:tt)+) => { $crate::bind!(@ $binding mut | | $($body)+) };
    (@ $binding:tt once $(move)? || $($body:tt)+) => { $crate::bind!(@ $binding once | | $($body)+) };
    (@ $binding:tt $(move)? || $($body:tt)+) => { $crate::bind!(@ $binding | | $($body)+) };
    (@ $($other:tt)*) => {
        compile_error!("expected `|name: Type, …| body`, with `mut` or `once` before it, and `to RESOURCE,` before that")
    };
    ($($closure:tt)+) => { $crate::bind!(@ ($crate::snapshot_for($crate::HandOver::Task)) $($closure)+) };
}
