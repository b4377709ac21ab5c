//! Futures inside of an engine that others share, which may be dropped anywhere.

use rquickjs::{AsyncContext, Ctx};
use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;
use throughline_core::__private::isolate;
use throughline_core::FutureContextExt;

/// Runs `f` in the engine, in the context in which it is first polled, as rquickjs' [`AsyncContext::async_with`] does, and may be dropped before it is done.
///
/// rquickjs' own future, dropped in the midst of its work, lets go of JavaScript's values there and then, while another thread may be in the engine: **that is a data race**, which
/// a server meets with each client that hangs up. Here the work is the engine's, polled and dropped by who has it to himself: rquickjs' [`drive`](rquickjs::AsyncRuntime::drive),
/// which has to run. What is answered waits for its result.
///
/// # Panics
/// The answer panics as `f` does, and when polled again after it was ready.
///
/// # Cancel safety
/// Dropped, it goes no further; what it holds is dropped by the engine's next turn, in its context.
///
/// # Examples
/// ```
/// use rquickjs::{AsyncContext, AsyncRuntime, Promise};
/// use std::time::Duration;
/// use throughline_js::async_with;
///
/// # #[tokio::main] async fn main() -> rquickjs::Result<()> {
/// let runtime = AsyncRuntime::new()?;
/// let context = AsyncContext::full(&runtime).await?;
/// tokio::spawn(runtime.drive());
///
/// let four = async_with(&context, async |ctx| ctx.eval::<Promise<'_>, _>("(async () => 4)()")?.into_future::<u32>().await);
/// assert_eq!(four.await?, 4);
/// let never = async_with(&context, async |ctx| ctx.eval::<Promise<'_>, _>("new Promise(() => {})")?.into_future::<()>().await);
/// assert!(tokio::time::timeout(Duration::from_millis(10), never).await.is_err());
/// # Ok(())
/// # }
/// ```
pub fn async_with<F, R>(context: &AsyncContext, f: F) -> AsyncWith<R>
where
    F: for<'js> AsyncFnOnce(Ctx<'js>) -> R + Send + 'static,
    R: Send + 'static,
{
    let shared = Arc::new(Shared::default());
    let work = shared.clone();
    let begin = context.clone();
    let begin = Box::pin(async move {
        let spawn = begin.with(move |ctx| {
            let inside = ctx.clone();
            ctx.spawn(work.work(async move { f(inside).await }).in_context());
        });
        spawn.await;
    });
    AsyncWith {
        shared,
        begin: Some(begin),
        _context: context.clone(),
    }
}

/// The future of [`async_with`].
#[must_use = "futures do nothing unless polled"]
pub struct AsyncWith<R> {
    shared: Arc<Shared<R>>,
    begin: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    /// The engine stays as long as somebody waits for it.
    _context: AsyncContext,
}

/// What the work and who waits for it tell each other.
struct Shared<R>(Mutex<State<R>>);

struct State<R> {
    result: Option<thread::Result<R>>,
    is_cancelled: bool,
    waiter: Option<Waker>,
    worker: Option<Waker>,
}

impl<R> Default for Shared<R> {
    fn default() -> Self {
        Shared(Mutex::new(State {
            result: None,
            is_cancelled: false,
            waiter: None,
            worker: None,
        }))
    }
}

impl<R> Shared<R> {
    fn state(&self) -> MutexGuard<'_, State<R>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The work, of the engine. A panic is of who waits, and not of who drives the engine for all.
    async fn work(self: Arc<Self>, future: impl Future<Output = R>) {
        let mut future = Some(Box::pin(future));
        let result = poll_fn(|cx| {
            if self.is_cancelled_or_wakes(cx.waker()) {
                // Nobody waits, and who drives the engine for all has nothing to do with a destructor that panics.
                isolate(|| "cancelled work in an engine".to_owned(), || future = None);
            }
            let Some(work) = &mut future else {
                return Poll::Ready(None);
            };
            match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(cx))) {
                Ok(Poll::Pending) => Poll::Pending,
                Ok(Poll::Ready(answer)) => Poll::Ready(Some(Ok(answer))),
                Err(payload) => Poll::Ready(Some(Err(payload))),
            }
        })
        .await;
        drop(future);
        let mut state = self.state();
        state.result = result;
        let waiter = state.waiter.take();
        drop(state);
        waiter.into_iter().for_each(Waker::wake);
    }

    fn is_cancelled_or_wakes(&self, worker: &Waker) -> bool {
        let mut state = self.state();
        state.worker = Some(worker.clone());
        state.is_cancelled
    }
}

impl<R> Future for AsyncWith<R> {
    type Output = R;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<R> {
        if let Some(begin) = &mut self.begin {
            std::task::ready!(begin.as_mut().poll(cx));
            self.begin = None;
        }
        let mut state = self.shared.state();
        assert!(!state.is_cancelled, "polled again after it was ready");
        let Some(result) = state.result.take() else {
            state.waiter = Some(cx.waker().clone());
            return Poll::Pending;
        };
        state.is_cancelled = true;
        drop(state);
        Poll::Ready(result.unwrap_or_else(|payload| resume_unwind(payload)))
    }
}

impl<R> Drop for AsyncWith<R> {
    fn drop(&mut self) {
        let mut state = self.shared.state();
        state.is_cancelled = true;
        let worker = state.worker.take();
        drop(state);
        worker.into_iter().for_each(Waker::wake);
    }
}

impl<R> fmt::Debug for AsyncWith<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncWith").finish_non_exhaustive()
    }
}
