//! The loop of a runtime: what waits for it, and how other threads reach it.
//!
//! # For who writes a module that waits for something outside (sockets, workers, files)
//!
//! 1. In JavaScript, open a *request*: `internal.loop.openRequest(resource, 'TYPEWRAP', fn)` makes `resource` an async resource of that type
//!    (`init`), keeps the frame, and answers a number. Hand the number to a native function of yours. Options: `{ ref: false }` does not hold the loop;
//!    `{ keeps: true }` where `resource` is a resource already and outlives the request (its owner tells of its end).
//! 2. In Rust, `Request::new(&ctx, number)` in that native function. It is `Send`: take it along to a thread or a task.
//! 3. When something happened, [`Request::emit`] (again and again) or [`Request::complete`] (the last time) with a closure that makes the arguments; it runs on
//!    the loop's thread. The callback runs as the resource, in the request's frame, `before` and `after` told; then `nextTick`s and microtasks are
//!    run, as Node does it. A request that is dropped without being completed is closed, so that the loop does not wait for it.
//! 4. `internal.loop.refRequest(number, bool)` is `ref()` and `unref()`; `internal.loop.closeRequest(number)` ends it from JavaScript.
//!
//! Work that is no request of the script's is [posted](LoopHandle::post): it runs between two callbacks, outside of any frame.

use rquickjs::{Ctx, Function, Object, Value};
use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Instant;

use crate::node::Node;

/// The arguments of a call, for [`Request::emit`] and its siblings.
macro_rules! values {
    ($ctx:ident, $($value:expr),+) => {
        Ok(vec![$(rquickjs::IntoJs::into_js($value, $ctx)?),+])
    };
}
pub(crate) use values;

/// What is run on the loop's thread.
type Task = Box<dyn FnOnce(&Ctx<'_>) + Send>;

/// Reaches the loop of a runtime from any thread.
///
/// # Examples
/// ```
/// use throughline_js::Runtime;
///
/// let runtime = Runtime::new()?;
/// let handle = runtime.handle();
/// let hold = handle.hold(); // The loop waits as long as this is there.
/// std::thread::spawn(move || {
///     handle.post(|ctx| ctx.eval("globalThis.answer = 42").unwrap()).unwrap();
///     drop(hold);
/// });
/// runtime.run()?;
/// assert_eq!(runtime.with(|ctx| ctx.eval::<i32, _>("answer"))?, 42);
/// # Ok::<(), throughline_js::Error>(())
/// ```
#[derive(Clone)]
pub struct LoopHandle(Arc<Shared>);

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    ready: Condvar,
    holds: AtomicUsize,
}

#[derive(Default)]
struct Queue {
    tasks: VecDeque<Task>,
    /// Who polls the loop as a future.
    waker: Option<Waker>,
    /// Something happened that is no task.
    is_woken: bool,
    is_closed: bool,
}

/// The error of posting to a loop whose runtime is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoopClosed(());

impl fmt::Display for LoopClosed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the JavaScript runtime is gone")
    }
}

impl std::error::Error for LoopClosed {}

impl LoopHandle {
    pub(crate) fn new() -> Self {
        LoopHandle(Arc::default())
    }

    /// Runs `task` on the thread of the loop, at its next turn, with no frame and no resource. What it throws is left to it.
    ///
    /// A task alone does not keep the loop waiting: see [`hold`](Self::hold).
    ///
    /// # Errors
    /// If the runtime is gone; `task` is dropped then.
    pub fn post(&self, task: impl FnOnce(&Ctx<'_>) + Send + 'static) -> Result<(), LoopClosed> {
        let mut queue = self.lock();
        if queue.is_closed {
            return Err(LoopClosed(()));
        }
        queue.tasks.push_back(Box::new(task));
        self.notify(queue);
        Ok(())
    }

    /// Keeps the loop waiting for tasks until the answer is dropped.
    #[must_use = "the loop is held as long as this is there"]
    pub fn hold(&self) -> Hold {
        self.0.holds.fetch_add(1, Ordering::AcqRel);
        Hold(self.clone())
    }

    /// The loop looks again at what it waits for.
    pub(crate) fn wake(&self) {
        let mut queue = self.lock();
        queue.is_woken = true;
        self.notify(queue);
    }

    fn notify(&self, mut queue: MutexGuard<'_, Queue>) {
        let waker = queue.waker.take();
        drop(queue);
        self.0.ready.notify_one();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn is_held(&self) -> bool {
        self.0.holds.load(Ordering::Acquire) > 0
    }

    pub(crate) fn has_tasks(&self) -> bool {
        !self.lock().tasks.is_empty()
    }

    /// What is there now; what comes meanwhile is for the next turn.
    pub(crate) fn take(&self) -> VecDeque<Task> {
        let mut queue = self.lock();
        queue.is_woken = false;
        std::mem::take(&mut queue.tasks)
    }

    #[cfg(feature = "async-runtime")]
    /// Wakes `waker` when there is something to do; answers whether there is already.
    pub(crate) fn register(&self, waker: &Waker) -> bool {
        let mut queue = self.lock();
        if !queue.tasks.is_empty() || std::mem::take(&mut queue.is_woken) {
            return true;
        }
        queue.waker = Some(waker.clone());
        false
    }

    /// Waits until there is a task, or until then.
    pub(crate) fn wait(&self, until: Option<Instant>) {
        let mut queue = self.lock();
        while queue.tasks.is_empty() && !queue.is_woken {
            let Some(until) = until else {
                queue = self.0.ready.wait(queue).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let Some(left) = until.checked_duration_since(Instant::now()) else {
                return;
            };
            if left.is_zero() {
                return;
            }
            queue = self
                .0
                .ready
                .wait_timeout(queue, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// The runtime goes: what waits is dropped, and nothing more is taken.
    pub(crate) fn close(&self) {
        let mut queue = self.lock();
        queue.is_closed = true;
        let tasks = std::mem::take(&mut queue.tasks);
        drop(queue);
        drop(tasks);
    }
}

impl fmt::Debug for LoopHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoopHandle").finish_non_exhaustive()
    }
}

/// Keeps a loop waiting: what [`LoopHandle::hold`] gives.
#[derive(Debug)]
pub struct Hold(LoopHandle);

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.0.holds.fetch_sub(1, Ordering::AcqRel);
        self.0.wake();
    }
}

/// Something the script waits for: see the [module](self).
#[derive(Debug)]
pub struct Request {
    number: f64,
    handle: LoopHandle,
    is_done: bool,
}

impl Request {
    /// The request of that number in the runtime of `ctx`, which `internal.loop.openRequest` gave.
    ///
    /// # Panics
    /// If the context has no [`Node`].
    pub fn new(ctx: &Ctx<'_>, number: f64) -> Self {
        let handle = Node::of(ctx)
            .expect("Node's modules are installed in this context")
            .handle();
        Request {
            number,
            handle,
            is_done: false,
        }
    }

    /// It is for the script to close it (`internal.loop.closeRequest`), which may still have something to say when nothing here has: dropping it does nothing.
    pub fn closed_by_script(mut self) -> Self {
        self.is_done = true;
        self
    }

    /// Calls the callback with the arguments that `arguments` makes on the loop's thread; the request stays open.
    ///
    /// # Errors
    /// If the runtime is gone.
    pub fn emit<F>(&self, arguments: F) -> Result<(), LoopClosed>
    where
        F: for<'js> FnOnce(&Ctx<'js>) -> rquickjs::Result<Vec<Value<'js>>> + Send + 'static,
    {
        call_layer(&self.handle, "emit", self.number, arguments)
    }

    /// Calls the callback once for each part of a message, whose first is its head if `is_head` says so: the arguments of each are an array. Between two parts
    /// `nextTick`s and microtasks are run, but not after the head.
    ///
    /// # Errors
    /// If the runtime is gone.
    pub fn emit_parts<F>(&self, is_head: bool, parts: F) -> Result<(), LoopClosed>
    where
        F: for<'js> FnOnce(&Ctx<'js>) -> rquickjs::Result<Vec<Value<'js>>> + Send + 'static,
    {
        call_layer(&self.handle, "emitParts", self.number, move |ctx| {
            let mut arguments = parts(ctx)?;
            arguments.insert(0, Value::new_bool(ctx.clone(), is_head));
            Ok(arguments)
        })
    }

    /// Calls the callback for the last time. Nobody notices if the runtime is gone.
    pub fn complete<F>(mut self, arguments: F)
    where
        F: for<'js> FnOnce(&Ctx<'js>) -> rquickjs::Result<Vec<Value<'js>>> + Send + 'static,
    {
        self.is_done = true;
        let _ = call_layer(&self.handle, "complete", self.number, arguments);
    }

    /// The handle of the loop it belongs to.
    pub fn handle(&self) -> &LoopHandle {
        &self.handle
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        if !self.is_done {
            let _ = call_layer(&self.handle, "closeRequest", self.number, |_| Ok(Vec::new()));
        }
    }
}

fn call_layer<F>(handle: &LoopHandle, name: &'static str, number: f64, arguments: F) -> Result<(), LoopClosed>
where
    F: for<'js> FnOnce(&Ctx<'js>) -> rquickjs::Result<Vec<Value<'js>>> + Send + 'static,
{
    handle.post(move |ctx| {
        let Some(node) = Node::of(ctx) else { return };
        node.protect(ctx, || {
            let layer: Object<'_> = node.internal(ctx)?.get("loop")?;
            let f: Function<'_> = layer.get(name)?;
            let arguments = arguments(ctx)?;
            let mut call = rquickjs::function::Args::new(ctx.clone(), 1 + arguments.len());
            call.push_arg(number)?;
            call.push_args(arguments)?;
            call.apply::<()>(&f)
        });
    })
}
