//! Futures of Rust that scripts wait for, polled by the loop.

use crate::engine::{self, State};
use crate::event_loop::LoopHandle;
use crate::node::{Node, thrown};
use rquickjs::{Array, Ctx, Error, Exception, Function, IntoJs, Object, Result, Value};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use throughline_core::FutureContextExt;

/// Makes a promise of a future: what a Rust function answers that JavaScript awaits.
///
/// The future is polled by the loop, and is dropped, in the context of the JavaScript that called: it sees the stores of both sides, and so does what it
/// spawns. It need not be `Send`. If it panics, the promise is rejected, and the panic reported.
///
/// A future that wants tokio's timers or sockets is polled on the thread of the loop: enter a tokio runtime there.
///
/// # Cancel safety
/// If the runtime is dropped first, the future is dropped, in its context.
///
/// # Examples
/// ```
/// use rquickjs::Function;
/// use throughline_core::AsyncLocalStorage;
/// use throughline_js::{Runtime, promise};
///
/// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
///
/// async fn greeting() -> String {
///     futures_lite::future::yield_now().await;
///     format!("hello {}", USER.get_store().unwrap_or("-"))
/// }
///
/// let runtime = Runtime::new()?;
/// USER.run("ada", || {
///     runtime.with(|ctx| {
///         ctx.globals().set("greeting", Function::new(ctx.clone(), || promise(greeting())))?;
///         ctx.eval::<(), _>("greeting().then((text) => { globalThis.text = text; })")
///     })
/// })?;
/// runtime.run()?;
/// assert_eq!(runtime.with(|ctx| ctx.globals().get::<_, String>("text"))?, "hello ada");
/// # Ok::<(), throughline_js::Error>(())
/// ```
pub fn promise<F>(future: F) -> Promising<F>
where
    F: Future + 'static,
    F::Output: for<'js> IntoJs<'js>,
{
    Promising(future)
}

/// A future that becomes a promise: what [`promise`] gives.
#[derive(Debug)]
#[must_use = "it does nothing until JavaScript has it"]
pub struct Promising<F>(F);

impl<'js, F> IntoJs<'js> for Promising<F>
where
    F: Future + 'static,
    F::Output: for<'a> IntoJs<'a>,
{
    fn into_js(self, ctx: &Ctx<'js>) -> Result<Value<'js>> {
        let (Some(node), Some(state)) = (Node::of(ctx), State::of(ctx)) else {
            return Err(Exception::throw_message(
                ctx,
                "Node's modules are not installed in this context",
            ));
        };
        let layer: Object<'js> = node.internal(ctx)?.get("loop")?;
        let made: Array<'js> = layer.get::<_, Function<'js>>("openPromise")?.call(())?;
        let number = made.get(1)?;
        let future = engine::cross(state, || self.0.in_context());
        let task = async move {
            let output = future.await;
            Box::new(move |ctx: &Ctx<'_>| settle(ctx, number, |ctx| output.into_js(ctx))) as Settle
        };
        node.tasks().add(number, Box::pin(task));
        made.get(0)
    }
}

/// Settles the promise of a request.
pub(crate) type Settle = Box<dyn for<'js> FnOnce(&Ctx<'js>) -> Result<()>>;

fn settle<'js>(
    ctx: &Ctx<'js>,
    number: f64,
    output: impl FnOnce(&Ctx<'js>) -> Result<Value<'js>>,
) -> Result<()> {
    let (is_error, value) = match output(ctx) {
        Ok(value) => (false, value),
        Err(error) => (true, thrown(ctx, error)),
    };
    let node = Node::of(ctx).ok_or(Error::Unknown)?;
    let layer: Object<'js> = node.internal(ctx)?.get("loop")?;
    layer
        .get::<_, Function<'js>>("complete")?
        .call((number, is_error, value))
}

type Task = Pin<Box<dyn Future<Output = Settle>>>;

/// The futures that scripts wait for.
pub(crate) struct Tasks {
    /// By their ids, each with the number of its request. A task that is being polled is not here.
    waiting: RefCell<HashMap<u64, (f64, Task)>>,
    last: Cell<u64>,
    ready: Arc<Ready>,
}

struct Ready {
    ids: Mutex<Vec<u64>>,
    handle: LoopHandle,
}

impl Ready {
    fn lock(&self) -> MutexGuard<'_, Vec<u64>> {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, id: u64) {
        self.lock().push(id);
        self.handle.wake();
    }
}

struct TaskWaker {
    id: u64,
    ready: Arc<Ready>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.ready.push(self.id);
    }
}

impl Tasks {
    pub(crate) fn new(handle: LoopHandle) -> Self {
        Tasks {
            waiting: RefCell::default(),
            last: Cell::new(0),
            ready: Arc::new(Ready {
                ids: Mutex::default(),
                handle,
            }),
        }
    }

    fn add(&self, number: f64, task: Task) {
        let id = self.last.get() + 1;
        self.last.set(id);
        self.waiting.borrow_mut().insert(id, (number, task));
        self.ready.push(id);
    }

    pub(crate) fn are_ready(&self) -> bool {
        !self.ready.lock().is_empty()
    }

    /// Polls those that were woken, and answers what the others came to.
    pub(crate) fn poll(&self) -> Vec<Settle> {
        let ids = std::mem::take(&mut *self.ready.lock());
        ids.into_iter().filter_map(|id| self.poll_one(id)).collect()
    }

    fn poll_one(&self, id: u64) -> Option<Settle> {
        // The borrow ends before the future is polled, which may add others.
        let (number, mut task) = self.waiting.borrow_mut().remove(&id)?;
        let waker = Waker::from(Arc::new(TaskWaker {
            id,
            ready: self.ready.clone(),
        }));
        let polled = catch_unwind(AssertUnwindSafe(|| {
            task.as_mut().poll(&mut Context::from_waker(&waker))
        }));
        match polled {
            Ok(Poll::Ready(settle)) => Some(settle),
            Ok(Poll::Pending) => {
                self.waiting.borrow_mut().insert(id, (number, task));
                None
            }
            Err(payload) => {
                let report = throughline_core::Report::Panic {
                    place: "a future that JavaScript waits for",
                    payload: &*payload,
                };
                throughline_core::__private::report(&report);
                Some(Box::new(move |ctx| {
                    settle(ctx, number, |ctx| {
                        Err(Exception::throw_message(ctx, "a Rust future panicked"))
                    })
                }))
            }
        }
    }

    /// The runtime goes: what waits is dropped, each in its context.
    pub(crate) fn clear(&self) {
        let waiting = self.waiting.take();
        throughline_core::__private::isolate(
            || "a future that JavaScript waited for".to_owned(),
            || drop(waiting),
        );
    }
}
