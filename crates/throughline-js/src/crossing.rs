//! Functions of Rust that JavaScript calls.

use crate::engine::{self, State};
use rquickjs::function::{IntoJsFunc, ParamRequirement, Params};
use rquickjs::{Ctx, Error, Exception, Result, Value};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Makes a Rust function for JavaScript that runs in its caller's context, all of it: see [`Crossing`].
///
/// What Rust stored is read in any function that JavaScript calls. What it *keeps* there for later (a [`snapshot`], a spawned task, a bound
/// callback, a future in its context) has JavaScript's stores too only if the function crosses.
///
/// If it panics, the panic is reported, and the script gets an exception.
///
/// [`snapshot`]: throughline_core::snapshot
///
/// # Examples
/// ```
/// use rquickjs::Function;
/// use std::cell::RefCell;
/// use std::rc::Rc;
/// use throughline_core::{Snapshot, snapshot};
/// use throughline_js::{Runtime, crossing};
///
/// let runtime = Runtime::new()?;
/// let kept = Rc::new(RefCell::new(Snapshot::empty()));
/// let to = kept.clone();
/// runtime.with(|ctx| {
///     ctx.globals().set("keep", Function::new(ctx.clone(), crossing(move || *to.borrow_mut() = snapshot())))
/// })?;
/// runtime.run_text(
///     "const { AsyncLocalStorage } = require('node:async_hooks');
///      globalThis.user = new AsyncLocalStorage();
///      user.run('ada', keep);",
///     "/script.js",
/// )?;
/// let snapshot = kept.take();
/// let user = snapshot.run(|| runtime.with(|ctx| ctx.eval::<String, _>("user.getStore()")))?;
/// assert_eq!(user, "ada");
/// # Ok::<(), throughline_js::Error>(())
/// ```
pub fn crossing<F>(f: F) -> Crossing<F> {
    Crossing(f)
}

/// A function that runs in the whole context of the JavaScript that calls it: what [`crossing`] gives.
#[derive(Clone, Copy, Debug)]
#[must_use = "it is a function for JavaScript: make one with `rquickjs::Function::new`"]
pub struct Crossing<F>(F);

impl<'js, P, F: IntoJsFunc<'js, P>> IntoJsFunc<'js, P> for Crossing<F> {
    fn param_requirements() -> ParamRequirement {
        F::param_requirements()
    }

    fn call<'a>(&self, params: Params<'a, 'js>) -> Result<Value<'js>> {
        let ctx = params.ctx().clone();
        let call = || match State::of(&ctx) {
            Some(state) => engine::cross(state, || self.0.call(params)),
            None => self.0.call(params),
        };
        catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|payload| Err(panicked(&ctx, &*payload)))
    }
}

/// Reports a panic; what the script gets for it.
pub(crate) fn panicked(ctx: &Ctx<'_>, payload: &(dyn Any + Send)) -> Error {
    let report = throughline_core::Report::Panic {
        place: "a function that JavaScript called",
        payload,
    };
    throughline_core::__private::report(&report);
    Exception::throw_message(ctx, "a Rust function panicked")
}
