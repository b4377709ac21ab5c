//! Node's modules and globals in a context of the engine.

#[cfg(feature = "async-runtime")]
use crate::call::Calls;
use crate::engine::{self, State};
use crate::event_loop::LoopHandle;
use crate::host::{Host, Options};
use crate::tasks::Tasks;
use crate::{builtins, natives};
use rquickjs::{Ctx, Error, Exception, FromJs, Function, Object, Result, Value};
use std::cell::Cell;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

/// Node's modules and globals in a context: `require`, `process`, timers, and what waits for the loop.
///
/// A [`Runtime`](crate::Runtime) has one. A context of somebody else's, as of rquickjs' `AsyncRuntime`, gets one by [`install`](Self::install).
#[derive(Clone)]
pub struct Node(Rc<Inner>);

struct Inner {
    host: Host,
    handle: LoopHandle,
    tasks: Tasks,
    /// Script asked for its end while the host was in it, or a limit was reached.
    is_ended: Cell<bool>,
    #[cfg(feature = "async-runtime")]
    calls: Calls,
}

impl Node {
    /// Installs Node's modules and globals in a context. Whoever made the context drives its jobs.
    ///
    /// # Errors
    /// If the context, or another of its runtime, has them already, or if memory does not suffice.
    pub fn install(ctx: &Ctx<'_>, options: Options) -> Result<Node> {
        let Some(binding) = engine::attach(ctx)? else {
            return Err(Exception::throw_message(
                ctx,
                "Node's modules can be installed in one context of an engine, once",
            ));
        };
        let state = State::of(ctx).ok_or(Error::Unknown)?;
        let handle = LoopHandle::new();
        let node = Node(Rc::new(Inner {
            host: Host::new(options),
            tasks: Tasks::new(handle.clone()),
            handle,
            is_ended: Cell::new(false),
            #[cfg(feature = "async-runtime")]
            calls: Calls::default(),
        }));
        state.set_node(node.clone());
        natives::install(ctx, &binding, &node)?;
        let boot: Function<'_> = ctx.eval(builtins::BOOTSTRAP)?;
        engine::at_root(state, || {
            let internal: Object<'_> = boot.call((binding,))?;
            state.set_layer(internal.as_value());
            let ready: Function<'_> = internal.get("ready")?;
            ready.call::<_, ()>(())
        })?;
        Ok(node)
    }

    /// Those of a context, if they were installed.
    pub fn of(ctx: &Ctx<'_>) -> Option<Node> {
        State::of(ctx)?.node()
    }

    /// What `require(id)` gives for one of Node's modules.
    ///
    /// # Errors
    /// If there is no such module, or it does not convert.
    pub fn require<'js, T: FromJs<'js>>(&self, ctx: &Ctx<'js>, id: &str) -> Result<T> {
        let require: Function<'js> = self.internal(ctx)?.get("requireBuiltin")?;
        require.call((id,))
    }

    /// The function `require`, as a file in the working directory has it.
    ///
    /// # Errors
    /// If memory does not suffice.
    pub fn require_function<'js>(&self, ctx: &Ctx<'js>) -> Result<Function<'js>> {
        self.call_layer(ctx, "requireHere")
    }

    /// Runs `f`, which calls JavaScript, in the current frame of Rust, all of it: what is set here can be read there, and in all that is begun there. The boundary is
    /// its own: what is entered there ends with it.
    ///
    /// Whatever calls into a context that has Node's modules calls through this, or through [`Runtime::with`](crate::Runtime::with) or `Node::call` (feature
    /// `async-runtime`), which do.
    pub fn enter<R>(&self, ctx: &Ctx<'_>, f: impl FnOnce() -> R) -> R {
        match State::of(ctx) {
            Some(state) => engine::enter(state, f),
            None => f(),
        }
    }

    /// How many frames with stores of JavaScript are held by Rust: by snapshots, tasks, bound callbacks.
    pub fn captured_frames(&self, ctx: &Ctx<'_>) -> usize {
        State::of(ctx).map_or(0, State::roots)
    }

    /// Reaches the loop from any thread.
    pub fn handle(&self) -> LoopHandle {
        self.0.handle.clone()
    }

    pub(crate) fn tasks(&self) -> &Tasks {
        &self.0.tasks
    }

    pub(crate) fn host(&self) -> &Host {
        &self.0.host
    }

    /// What the modules share with each other.
    pub(crate) fn internal<'js>(&self, ctx: &Ctx<'js>) -> Result<Object<'js>> {
        let state = State::of(ctx).ok_or(Error::Unknown)?;
        state.layer(ctx).into_object().ok_or(Error::Unknown)
    }

    /// Calls a function that the modules have for the host.
    pub(crate) fn call_layer<'js, T: FromJs<'js>>(&self, ctx: &Ctx<'js>, name: &str) -> Result<T> {
        let f: Function<'js> = self.internal(ctx)?.get(name)?;
        f.call(())
    }

    /// Whether the script has ended: by itself, or by a limit.
    pub(crate) fn is_ended(&self, ctx: &Ctx<'_>) -> bool {
        self.0.host.limits().is_reached() || State::of(ctx).is_none() || self.status(ctx).is_some()
    }

    /// The status the script has ended with, if it has: the one it asked for, or 1 where it could not even say why.
    pub(crate) fn status(&self, ctx: &Ctx<'_>) -> Option<i32> {
        let asked = State::of(ctx).and_then(State::exit_status);
        asked.or(self.0.is_ended.get().then_some(1))
    }

    /// The script has ended: whoever drives the loop, or waits for an answer, waits no longer.
    pub(crate) fn tell_ended(&self) {
        self.0.handle.wake();
        #[cfg(feature = "async-runtime")]
        self.0.calls.wake();
    }

    /// Those who wait for answers of the script.
    #[cfg(feature = "async-runtime")]
    pub(crate) fn calls(&self) -> &Calls {
        &self.0.calls
    }

    /// Runs a callback of the host's: in a boundary, with no frame and no resource. What it throws is an uncaught exception of the script.
    pub(crate) fn protect<'js>(&self, ctx: &Ctx<'js>, f: impl FnOnce() -> Result<()>) {
        let Some(state) = State::of(ctx) else { return };
        if self.is_ended(ctx) {
            return;
        }
        engine::at_root(state, || {
            let answer = catch_unwind(AssertUnwindSafe(f));
            match answer {
                Ok(Ok(())) => {}
                Ok(Err(error)) => self.uncaught(ctx, error),
                Err(payload) => {
                    let report = throughline_core::Report::Panic {
                        place: "a task of a JavaScript runtime",
                        payload: &*payload,
                    };
                    throughline_core::__private::report(&report);
                }
            }
        });
    }

    /// Something was thrown that nobody caught.
    pub(crate) fn uncaught<'js>(&self, ctx: &Ctx<'js>, error: Error) {
        let thrown = thrown(ctx, error);
        if self.is_ended(ctx) {
            return;
        }
        let tell = || {
            let tell: Function<'js> = self.internal(ctx)?.get("triggerUncaughtException")?;
            tell.call::<_, ()>((thrown,))
        };
        if tell().is_err() {
            // The end of the script, or of the memory.
            ctx.catch();
            if !self.is_ended(ctx) {
                self.0.is_ended.set(true);
                self.tell_ended();
            }
        }
    }
}

/// What an error of the engine's interface is in JavaScript.
pub(crate) fn thrown<'js>(ctx: &Ctx<'js>, error: Error) -> Value<'js> {
    match error {
        Error::Exception => ctx.catch(),
        other => match Exception::from_message(ctx.clone(), &other.to_string()) {
            Ok(exception) => exception.into_object().into_value(),
            Err(_) => ctx.catch(),
        },
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node").finish_non_exhaustive()
    }
}
