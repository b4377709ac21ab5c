//! Calls into a script whose answers Rust waits for.

use crate::node::Node;
use rquickjs::function::IntoArgs;
use rquickjs::promise::{MaybePromise, PromiseState};
use rquickjs::{Ctx, FromJs, Function, Result};

impl Node {
    /// Calls a function of a script [in the current frame of Rust](Node::enter), and waits for what it answers, if that is a promise.
    ///
    /// A rejection is the caller's, and so is handled. (One that is awaited by rquickjs alone counts as unhandled, where the promise was rejected before it was waited
    /// for: by a function that throws before its first `await`.)
    ///
    /// # Errors
    /// What the function throws, or rejects with: [`CatchResultExt::catch`](rquickjs::CatchResultExt::catch) shows it. If the answer does not convert. If the script is
    /// interrupted in the call itself; what is interrupted later never settles, so that who sets an interrupt handler waits with a timeout.
    ///
    /// # Cancel safety
    /// Dropped, it waits no longer; what the script has begun goes on.
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
        let answer: MaybePromise<'js> = self.enter(ctx, || f.call(args))?;
        match answer.as_value().as_promise() {
            Some(promise) if promise.state() == PromiseState::Rejected => {
                let handled: Function<'js> = self.internal(ctx)?.get("handledByHost")?;
                handled.call::<_, ()>((promise.clone(),))?;
            }
            _ => {}
        }
        answer.into_future().await
    }
}
