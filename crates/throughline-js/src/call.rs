//! Calls into a script whose answers Rust waits for.

use crate::node::Node;
use crate::{crossing, error};
use rquickjs::function::IntoArgs;
use rquickjs::promise::{MaybePromise, PromiseState};
use rquickjs::{Ctx, Error, Exception, FromJs, Function, Result, Type, Value};
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Poll, Waker};

/// Who waits for an answer of the script, to be told when it ends.
#[derive(Default)]
pub(crate) struct Calls {
    next: Cell<u64>,
    wakers: RefCell<BTreeMap<u64, Waker>>,
}

/// One of them, until it is dropped.
struct Waiting<'a> {
    calls: &'a Calls,
    number: u64,
}

impl Calls {
    fn begin(&self) -> Waiting<'_> {
        let number = self.next.get();
        self.next.set(number + 1);
        Waiting { calls: self, number }
    }

    pub(crate) fn wake(&self) {
        let wakers = self.wakers.take();
        wakers.into_values().for_each(Waker::wake);
    }
}

impl Waiting<'_> {
    fn register(&self, waker: &Waker) {
        let former = self.calls.wakers.borrow_mut().insert(self.number, waker.clone());
        drop(former);
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let waker = self.calls.wakers.borrow_mut().remove(&self.number);
        drop(waker);
    }
}

impl Node {
    /// Calls a function of a script [in the current frame of Rust](Node::enter), and waits for what it answers, if that is a promise.
    ///
    /// A rejection is the caller's, and so is handled. (One that is awaited by rquickjs alone counts as unhandled, where the promise was rejected before it was waited
    /// for: by a function that throws before its first `await`.)
    ///
    /// # Errors
    /// What the function throws, or rejects with: [`CatchResultExt::catch`](rquickjs::CatchResultExt::catch) shows it. If the answer does not convert. If the script has
    /// [ended](crate::Error::exit_status), or ends while this waits: not this call's doing, perhaps. If the script is interrupted in the call itself; what is interrupted later
    /// never settles, so that who sets an interrupt handler waits with a timeout.
    ///
    /// If a function of Rust panics in the call; the panic is [reported](throughline_core::set_reporter).
    ///
    /// # Cancel safety
    /// Dropped, it waits no longer; what the script has begun goes on. What may be dropped before it is done belongs in [`async_with`](crate::async_with).
    ///
    /// # Examples
    /// ```
    /// use rquickjs::{AsyncContext, AsyncRuntime, CatchResultExt, Function};
    /// use throughline_js::{Node, Options};
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> rquickjs::Result<()> {
    /// let runtime = AsyncRuntime::new()?;
    /// let context = AsyncContext::full(&runtime).await?;
    /// let answer = context.async_with(async |ctx| {
    ///     let node = Node::install(&ctx, Options::new())?;
    ///     let half: Function<'_> = ctx.eval("async (n) => { if (n % 2) throw new RangeError(`${n} is odd`); return n / 2; }")?;
    ///     assert_eq!(node.call::<u32>(&ctx, &half, (42,)).await?, 21);
    ///     Ok::<_, rquickjs::Error>(node.call::<u32>(&ctx, &half, (7,)).await.catch(&ctx).unwrap_err().to_string())
    /// });
    /// assert!(answer.await?.contains("7 is odd"));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn call<'js, R: FromJs<'js>>(
        &self,
        ctx: &Ctx<'js>,
        f: &Function<'js>,
        args: impl IntoArgs<'js>,
    ) -> Result<R> {
        if self.status(ctx).is_some() {
            return Err(self.failed(ctx, Error::Exception));
        }
        let called = catch_unwind(AssertUnwindSafe(|| self.enter(ctx, || f.call(args))));
        let answer: MaybePromise<'js> = match called {
            Ok(answer) => answer.map_err(|error| self.failed(ctx, error))?,
            Err(payload) => return Err(panicked(ctx, &*payload)),
        };
        self.take_rejection(ctx, &answer)?;
        let waiting = self.calls().begin();
        let mut settled = pin!(answer.into_future::<R>());
        poll_fn(|cx| match settled.as_mut().poll(cx) {
            Poll::Ready(answer) => Poll::Ready(answer.map_err(|error| self.failed(ctx, error))),
            Poll::Pending if self.status(ctx).is_some() => {
                Poll::Ready(Err(self.failed(ctx, Error::Exception)))
            }
            Poll::Pending => {
                waiting.register(cx.waker());
                Poll::Pending
            }
        })
        .await
    }

    /// What was rejected already is not unhandled: Rust has it.
    fn take_rejection<'js>(&self, ctx: &Ctx<'js>, answer: &MaybePromise<'js>) -> Result<()> {
        match answer.as_value().as_promise() {
            Some(promise) if promise.state() == PromiseState::Rejected => {
                let handled: Function<'js> = self.internal(ctx)?.get("handledByHost")?;
                handled.call((promise.clone(),))
            }
            _ => Ok(()),
        }
    }

    /// The error of a call: that the script has ended, if it has.
    fn failed(&self, ctx: &Ctx<'_>, error: Error) -> Error {
        if let Some(status) = self.status(ctx) {
            // What ended it was thrown, perhaps.
            ctx.catch();
            return Exception::throw_message(ctx, &error::Error::exit(status).to_string());
        }
        match error {
            Error::Exception => rethrown(ctx, ctx.catch()),
            other => other,
        }
    }
}

// Where a function of Rust panics, the engine's interface throws what is no value, keeps the panic, and lets it go on in whoever meets the next exception. That is to be
// nobody else's.

/// What was thrown, again.
fn rethrown<'js>(ctx: &Ctx<'js>, thrown: Value<'js>) -> Error {
    if is_value(&thrown) {
        return ctx.throw(thrown);
    }
    match catch_unwind(AssertUnwindSafe(|| ctx.eval::<(), _>("throw undefined"))) {
        Err(payload) => crossing::panicked(ctx, &*payload),
        Ok(_) => {
            ctx.catch();
            ctx.throw(thrown)
        }
    }
}

/// A panic came out of a call: of a function that it called, or that was kept when this call threw something itself.
fn panicked(ctx: &Ctx<'_>, payload: &(dyn Any + Send)) -> Error {
    let thrown = ctx.catch();
    let error = crossing::panicked(ctx, payload);
    if !is_value(&thrown) {
        return error;
    }
    ctx.catch();
    ctx.throw(thrown)
}

fn is_value(thrown: &Value<'_>) -> bool {
    !matches!(thrown.type_of(), Type::Uninitialized | Type::Unknown)
}
