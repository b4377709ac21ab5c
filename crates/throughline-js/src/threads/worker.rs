//! Workers: a thread each, with a runtime of its own.

use super::array_buffers;
use super::port::Message;
use crate::event_loop::{LoopHandle, Request, values};
use crate::host::{Limits, Options};
use crate::node::Node;
use crate::runtime::Runtime;
use rquickjs::{Ctx, Object, Result};
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;

/// A stack for scripts that call deeply.
const STACK: usize = 8 << 20;
/// What of it the engine does not count.
const MARGIN: usize = 1 << 20;

static LAST: AtomicU32 = AtomicU32::new(0);

/// A worker, for who made it. Dropped, it is ended.
pub(super) struct Handle {
    number: u32,
    limits: Arc<Limits>,
    loop_: Arc<OnceLock<LoopHandle>>,
    thread: thread::JoinHandle<()>,
}

impl Handle {
    pub(super) fn number(&self) -> u32 {
        self.number
    }

    pub(super) fn has_ended(&self) -> bool {
        self.thread.is_finished()
    }

    /// Ends what it runs, also what never comes to an end by itself.
    pub(super) fn terminate(&self) {
        self.limits.stop();
        if let Some(loop_) = self.loop_.get() {
            loop_.wake();
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.terminate();
    }
}

/// What a worker's own runtime knows of being one.
pub(crate) struct Worker {
    number: u32,
    name: String,
    /// The first message, until it is read.
    first: Mutex<Option<Message>>,
    /// How it tells of itself.
    control: Arc<Request>,
}

impl Worker {
    /// How it begins: its number, its name, and the first message, once.
    pub(super) fn begin(&self) -> Option<(u32, String, Message)> {
        let first = self.first.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        Some((self.number, self.name.clone(), first))
    }

    pub(super) fn tell(&self, event: String, text: Option<String>, buffers: Vec<Vec<u8>>) {
        let _ = self
            .control
            .emit(move |ctx| values!(ctx, event, text, array_buffers(ctx, buffers)?));
    }
}

/// What it writes is written where who made it writes, by that thread.
struct Output {
    fd: i32,
    control: Arc<Request>,
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (fd, copy) = (self.fd, bytes.to_vec());
        let told = self
            .control
            .emit(move |ctx| values!(ctx, "output", fd, rquickjs::ArrayBuffer::new(ctx.clone(), copy)?));
        told.map(|()| bytes.len()).map_err(io::Error::other)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The program of a worker.
struct Program {
    file: String,
    /// Without it, the file is read.
    source: Option<String>,
    memory: usize,
    stack: usize,
}

/// Starts a worker.
pub(super) fn spawn(ctx: &Ctx<'_>, about: &Object<'_>, first: Message) -> Result<Handle> {
    let requested = |name| Ok::<_, rquickjs::Error>(Request::new(ctx, about.get(name)?).closed_by_script());
    let (request, control) = (requested("request")?, Arc::new(requested("control")?));
    let number = LAST.fetch_add(1, Ordering::Relaxed) + 1;
    let name: String = about.get("name")?;
    let megabytes = |name| {
        about
            .get(name)
            .map(|size: f64| (size * f64::from(1 << 20)) as usize)
    };
    let program = Program {
        file: about.get("file")?,
        source: about.get("source")?,
        memory: megabytes("memory")?,
        stack: megabytes("stack")?,
    };
    let worker = Worker {
        number,
        name: name.clone(),
        first: Mutex::new(Some(first)),
        control: control.clone(),
    };
    let options = options(ctx, about, &program, control.clone())?.worker(worker);
    let limits = options.limits();
    let loop_ = Arc::new(OnceLock::new());
    let running = loop_.clone();
    let body = move || {
        let run = || run(options, &program, &control, &running);
        let status = catch_unwind(AssertUnwindSafe(run)).unwrap_or(1);
        request.complete(move |ctx| values!(ctx, status));
    };
    let thread = thread::Builder::new().name(name).stack_size(STACK).spawn(body);
    let thread = thread.map_err(|error| rquickjs::Exception::throw_message(ctx, &error.to_string()))?;
    Ok(Handle {
        number,
        limits,
        loop_,
        thread,
    })
}

fn options(ctx: &Ctx<'_>, about: &Object<'_>, program: &Program, control: Arc<Request>) -> Result<Options> {
    let mut arguments = vec![String::new(), program.file.clone()];
    arguments.extend(about.get::<_, Vec<String>>("argv")?);
    let mut options = Options::new()
        .stdout(Output {
            fd: 1,
            control: control.clone(),
        })
        .stderr(Output { fd: 2, control });
    for pair in about.get::<_, Vec<Vec<String>>>("env")? {
        if let [name, value] = pair.as_slice() {
            options = options.variable(name.clone(), value.clone());
        }
    }
    if let Some(node) = Node::of(ctx) {
        let host = node.host();
        arguments[0] = host.arguments.first().cloned().unwrap_or_default();
        options = options.like(host);
    }
    Ok(options.arguments(arguments))
}

/// Runs a worker's program to its end, and answers its status.
fn run(options: Options, program: &Program, control: &Request, running: &OnceLock<LoopHandle>) -> i32 {
    let limits = options.limits();
    let mut builder = Runtime::builder().options(options);
    if program.memory > 0 {
        builder = builder.memory_limit(program.memory);
    }
    let stack = if program.stack > 0 {
        program.stack.min(STACK)
    } else {
        STACK
    };
    let runtime = match builder.stack_limit(stack - MARGIN.min(stack / 2)).build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let why = error.to_string();
            let _ = control.emit(move |ctx| values!(ctx, "failed", why));
            return 1;
        }
    };
    // Set before anything runs: whoever ends the worker from now on wakes its loop.
    let _ = running.set(runtime.handle());
    if limits.is_reached() {
        return 1;
    }
    let _ = control.emit(|ctx| values!(ctx, "online"));
    let status = match &program.source {
        Some(source) => runtime.run_text(source, &program.file),
        None => runtime.run_file(&program.file),
    };
    status.unwrap_or(1)
}
