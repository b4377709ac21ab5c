//! A runtime of our own: the engine, Node's modules in it, and the loop that drives them.

use crate::engine::{self, State};
use crate::error::Error;
use crate::event_loop::LoopHandle;
use crate::host::{Limits, Options};
use crate::loader;
use crate::node::Node;
use crate::turn::Waits;
use rquickjs::{Context, Ctx, Function, Object};
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A JavaScript runtime with Node's modules and its own loop, on this thread.
///
/// Several of them nest and alternate on one thread, each with its own frames.
///
/// # Examples
/// ```
/// use throughline_js::Runtime;
///
/// let runtime = Runtime::new()?;
/// let status = runtime.run_text(
///     "const { AsyncLocalStorage } = require('node:async_hooks');
///      const user = new AsyncLocalStorage();
///      user.run('ada', () => setTimeout(() => { process.exitCode = user.getStore() === 'ada' ? 0 : 1; }, 1));",
///     "/script.js",
/// )?;
/// assert_eq!(status, 0);
/// # Ok::<(), throughline_js::Error>(())
/// ```
pub struct Runtime {
    node: Node,
    limits: Arc<Limits>,
    time_limit: Option<Duration>,
    // After what refers to it.
    context: Context,
}

/// Makes a [`Runtime`]: see [`Runtime::builder`].
#[must_use = "a builder does nothing until `build`"]
#[derive(Debug, Default)]
pub struct RuntimeBuilder {
    options: Options,
    memory_limit: Option<usize>,
    stack_limit: Option<usize>,
    time_limit: Option<Duration>,
}

impl RuntimeBuilder {
    /// Arguments, environment and streams.
    pub fn options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// The most bytes the engine may take; a script that wants more gets an exception.
    pub fn memory_limit(mut self, bytes: usize) -> Self {
        self.memory_limit = Some(bytes);
        self
    }

    /// The most bytes of stack that calls may take, up to 16 MiB; 1 MiB if it is not set. The thread has to have as much, and some for Rust: the engine counts
    /// from where Rust last called it.
    pub fn stack_limit(mut self, bytes: usize) -> Self {
        // With more than that, the engine's interface would turn the limit off, and a recursion end the process.
        self.stack_limit = Some(bytes.clamp(1, 16 << 20));
        self
    }

    /// The longest a call of [`run`](Runtime::run) and its siblings may take, waiting included; see [`Error::is_timeout`].
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = Some(limit);
        self
    }

    /// Makes the runtime.
    ///
    /// # Errors
    /// If memory does not suffice.
    pub fn build(self) -> Result<Runtime, Error> {
        let runtime = rquickjs::Runtime::new()?;
        if let Some(bytes) = self.stack_limit {
            runtime.set_max_stack_size(bytes);
        }
        let limits = self.options.limits();
        let asked = limits.clone();
        runtime.set_interrupt_handler(Some(Box::new(move || asked.check())));
        runtime.set_loader(loader::Modules, loader::Modules);
        let context = Context::full(&runtime)?;
        let node = context.with(|ctx| {
            let node = Node::install(&ctx, self.options).map_err(|error| Error::thrown(&ctx, error))?;
            if let Some(state) = State::of(&ctx) {
                state.drives_itself();
            }
            Ok::<_, Error>(node)
        })?;
        if let Some(bytes) = self.memory_limit {
            runtime.set_memory_limit(bytes);
        }
        Ok(Runtime {
            node,
            limits,
            time_limit: self.time_limit,
            context,
        })
    }
}

impl Runtime {
    /// A runtime without arguments, environment and limits.
    ///
    /// # Errors
    /// If memory does not suffice.
    pub fn new() -> Result<Self, Error> {
        Runtime::builder().build()
    }

    /// Begins to make a runtime.
    pub fn builder() -> RuntimeBuilder {
        RuntimeBuilder::default()
    }

    /// Runs `f` in the engine, in the current frame of Rust: what is set here can be read there.
    ///
    /// Microtasks that it leaves are run after it; timers and the like, when the loop [runs](Self::run).
    ///
    /// # Errors
    /// As `f`; if the time limit is reached; or if the script has [ended](Error::exit_status) before.
    pub fn with<R>(&self, f: impl for<'js> FnOnce(&Ctx<'js>) -> rquickjs::Result<R>) -> Result<R, Error> {
        self.living(|| self.enter(f))
    }

    fn enter<R>(&self, f: impl for<'js> FnOnce(&Ctx<'js>) -> rquickjs::Result<R>) -> Result<R, Error> {
        self.context.with(|ctx| {
            let Some(state) = State::of(&ctx) else {
                return Err(rquickjs::Error::Unknown.into());
            };
            let answer = engine::enter(state, || f(&ctx)).map_err(|error| self.error(&ctx, error));
            self.node.phase(&ctx, "drain");
            answer
        })
    }

    /// What came of an error of the engine's interface.
    fn error(&self, ctx: &Ctx<'_>, error: rquickjs::Error) -> Error {
        let error = Error::thrown(ctx, error);
        match self.node.status(ctx) {
            _ if self.limits.is_reached() => Error::timeout(),
            Some(status) => Error::exit(status),
            None => error,
        }
    }

    /// Runs `f` until the time limit, unless the script has ended.
    fn living<R>(&self, f: impl FnOnce() -> Result<R, Error>) -> Result<R, Error> {
        match self.context.with(|ctx| self.node.status(&ctx)) {
            Some(status) => Err(Error::exit(status)),
            None => self.limited(f),
        }
    }

    /// Runs `f` until the time limit.
    fn limited<R>(&self, f: impl FnOnce() -> Result<R, Error>) -> Result<R, Error> {
        // Called inside of itself: the outer limit holds.
        if self.limits.deadline().is_some() {
            return f();
        }
        self.limits
            .set_deadline(self.time_limit.map(|limit| Instant::now() + limit));
        let answer = f();
        let is_reached = self.limits.is_reached();
        self.limits.set_deadline(None);
        if is_reached { Err(Error::timeout()) } else { answer }
    }

    /// Runs a file as the main program, until nothing is left to do, and answers its exit status. What it writes goes where the [`Options`] say.
    ///
    /// The program runs in the current frame of Rust. Exceptions that it does not catch are reported on its standard error, and its status is not 0, as in Node.
    ///
    /// What it leaves (globals, listeners, `process.exitCode`) is there for what is run after it; programs that are to know nothing of each other have a runtime each.
    ///
    /// # Errors
    /// If the time limit is reached; or if a script has [ended](Error::exit_status) in this runtime before.
    pub fn run_file(&self, path: impl AsRef<Path>) -> Result<i32, Error> {
        let path = path.as_ref().to_string_lossy().into_owned();
        self.run_main(move |internal| internal.get::<_, Function<'_>>("runMain")?.call((path,)))
    }

    /// Runs text as the main program, under the name of a file that need not exist: see [`run_file`](Self::run_file).
    ///
    /// # Errors
    /// As `run_file`.
    pub fn run_text(&self, source: &str, file: &str) -> Result<i32, Error> {
        self.run_main(|internal| internal.get::<_, Function<'_>>("runText")?.call((source, file)))
    }

    fn run_main(&self, start: impl FnOnce(Object<'_>) -> rquickjs::Result<()>) -> Result<i32, Error> {
        self.living(|| {
            self.context.with(|ctx| {
                let Some(state) = State::of(&ctx) else { return };
                let main = || self.node.internal(&ctx).and_then(start);
                engine::enter(state, || {
                    engine::with_resource(state, 1, "MAIN", || {
                        if let Err(error) = main() {
                            self.node.uncaught(&ctx, error);
                        }
                    });
                });
                self.node.phase(&ctx, "drain");
            });
            loop {
                self.run_loop()?;
                self.context.with(|ctx| {
                    self.node.protect(&ctx, || {
                        let process: Object<'_> = self.node.internal(&ctx)?.get("process")?;
                        let emit: Function<'_> = process.get("emit")?;
                        let status: Option<i32> = self.node.call_layer(&ctx, "exitStatus")?;
                        emit.call::<_, ()>((
                            rquickjs::function::This(process),
                            "beforeExit",
                            status.unwrap_or(0),
                        ))
                    });
                    self.node.phase(&ctx, "drain");
                });
                if self.context.with(|ctx| self.node.waits(&ctx)) == Waits::Done {
                    break;
                }
            }
            self.context.with(|ctx| self.end(&ctx))
        })
    }

    /// The program has come to its end: tells it, and answers its status.
    fn end(&self, ctx: &Ctx<'_>) -> Result<i32, Error> {
        let mut status = None;
        self.node.protect(ctx, || {
            status = Some(self.node.call_layer::<i32>(ctx, "finish")?);
            Ok(())
        });
        if self.limits.is_reached() {
            return Err(Error::timeout());
        }
        Ok(self.node.status(ctx).or(status).unwrap_or(1))
    }

    /// Runs the loop until nothing is left to do: no timer, no request, no [hold](LoopHandle::hold).
    ///
    /// # Errors
    /// If the script ended ([`Error::exit_status`]), now or before, or the time limit is reached.
    pub fn run(&self) -> Result<(), Error> {
        self.living(|| {
            self.run_loop()?;
            match self.context.with(|ctx| self.node.status(&ctx)) {
                Some(status) => Err(Error::exit(status)),
                None => Ok(()),
            }
        })
    }

    fn run_loop(&self) -> Result<(), Error> {
        loop {
            self.context.with(|ctx| self.node.phase(&ctx, "runTimers"));
            let until = match self.context.with(|ctx| self.node.waits(&ctx)) {
                Waits::Done => {
                    // Hooks hear of what was destroyed before anybody hears that nothing is left to do.
                    self.context.with(|ctx| self.node.phase(&ctx, "flushDestroyed"));
                    break;
                }
                Waits::No => Some(Instant::now()),
                Waits::Until(time) => Some(time),
                Waits::ForHost => None,
            };
            self.node
                .handle()
                .wait(until.into_iter().chain(self.limits.deadline()).min());
            self.limits.check();
            self.context.with(|ctx| {
                self.node.run_host(&ctx);
                self.node.phase(&ctx, "runImmediates");
            });
        }
        if self.limits.is_reached() {
            Err(Error::timeout())
        } else {
            Ok(())
        }
    }

    /// Node's modules in it.
    pub fn node(&self) -> &Node {
        &self.node
    }

    /// Reaches its loop from any thread.
    pub fn handle(&self) -> LoopHandle {
        self.node.handle()
    }

    /// The engine's context, for what is not here.
    pub fn context(&self) -> &Context {
        &self.context
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        self.node.handle().close();
        self.node.tasks().clear();
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime").finish_non_exhaustive()
    }
}
