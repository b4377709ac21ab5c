//! What the modules need of the world, as functions of their `binding`.

use crate::engine::{self, State};
use crate::node::Node;
use crate::{builtins, compile};
use rquickjs::function::IntoJsFunc;
use rquickjs::{Coerced, Ctx, Function, Module, Object, Promise, Result, TypedArray, Value};
use std::fs;
use std::io::IsTerminal;
use std::path::Path;

/// The version of Node whose behaviour this is.
const NODE_VERSION: &str = "v26.10.0";

pub(crate) fn install<'js>(ctx: &Ctx<'js>, binding: &Object<'js>, node: &Node) -> Result<()> {
    let binding = Binding { ctx, binding };
    binding.object("host", description(ctx, node)?)?;
    modules(&binding)?;
    streams(&binding, node)?;
    clocks(&binding, node)?;
    binding.function("codec", crate::codec::binding)?;
    binding.function("children", crate::children::binding)?;
    #[cfg(feature = "http")]
    binding.function("http", crate::http::binding)?;
    #[cfg(feature = "worker-threads")]
    binding.function("threads", crate::threads::binding)?;
    files(&binding)?;
    crate::files::install(ctx, binding.binding)?;
    crate::descriptors::install(ctx, binding.binding)?;
    process(&binding, node)
}

struct Binding<'a, 'js> {
    ctx: &'a Ctx<'js>,
    binding: &'a Object<'js>,
}

impl<'js> Binding<'_, 'js> {
    fn object(&self, name: &str, value: Object<'js>) -> Result<()> {
        self.binding.set(name, value)
    }

    fn function<P>(&self, name: &str, f: impl IntoJsFunc<'js, P> + 'js) -> Result<()> {
        self.binding
            .set(name, Function::new(self.ctx.clone(), f)?.with_name(name)?)
    }
}

fn description<'js>(ctx: &Ctx<'js>, node: &Node) -> Result<Object<'js>> {
    let host = node.host();
    let about = Object::new(ctx.clone())?;
    about.set("version", NODE_VERSION)?;
    about.set("throughline", env!("CARGO_PKG_VERSION"))?;
    about.set("engine", "quickjs-ng")?;
    about.set("argv", host.arguments.clone())?;
    about.set("execArgv", host.flags.clone())?;
    about.set("pid", std::process::id())?;
    about.set("ppid", parent_id())?;
    #[cfg(feature = "worker-threads")]
    about.set("isWorker", host.worker.is_some())?;
    about.set("exposeGc", host.exposes_gc)?;
    about.set("exposeInternals", host.exposes_internals)?;
    about.set("traces", host.traces)?;
    about.set("survives", host.survives)?;
    let arch = match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        "x86" => "ia32",
        other => other,
    };
    about.set("arch", arch)?;
    let platform = match std::env::consts::OS {
        "macos" => "darwin",
        "windows" => "win32",
        other => other,
    };
    about.set("platform", platform)?;
    let origin = host
        .started_at
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    about.set("timeOrigin", origin.as_secs_f64() * 1000.0)?;
    let env = Object::new(ctx.clone())?;
    for (name, value) in &host.environment {
        env.set(name, value)?;
    }
    about.set("env", env)?;
    Ok(about)
}

#[cfg(unix)]
fn parent_id() -> u32 {
    std::os::unix::process::parent_id()
}

#[cfg(not(unix))]
fn parent_id() -> u32 {
    0
}

fn modules(binding: &Binding<'_, '_>) -> Result<()> {
    binding.function("builtin", builtin)?;
    binding.function("builtinNames", builtins::names)?;
    binding.function("compile", compile_text)?;
    binding.function("importModule", import_module)?;
    binding.function("runModule", run_module)?;
    binding.function("handled", |promise: Promise<'_>| {
        let nothing = |_: Value<'_>| {};
        let nothing = Function::new(promise.ctx().clone(), nothing)?;
        promise
            .catch()?
            .call::<_, ()>((rquickjs::function::This(promise.clone()), nothing))
    })
}

fn builtin<'js>(ctx: Ctx<'js>, name: String) -> Result<Option<Function<'js>>> {
    builtins::body(&ctx, &name)
}

fn compile_text<'js>(
    ctx: Ctx<'js>,
    source: String,
    file: String,
    parameters: Vec<String>,
) -> Result<Function<'js>> {
    compile::function(&ctx, &source, &file, &parameters)
}

fn import_module(ctx: Ctx<'_>, name: String) -> Result<Promise<'_>> {
    Module::import(&ctx, name)
}

/// Runs a module whose `import.meta.give` is `give`.
fn run_module<'js>(ctx: Ctx<'js>, name: String, source: String, give: Function<'js>) -> Result<Promise<'js>> {
    let module = Module::declare(ctx, name, source)?;
    module.meta()?.set("give", give)?;
    Ok(module.eval()?.1)
}

fn streams(binding: &Binding<'_, '_>, node: &Node) -> Result<()> {
    let to = node.clone();
    binding.function("write", move |fd: i32, text: Coerced<String>| {
        to.host().write(fd, text.0.as_bytes())
    })?;
    let to = node.clone();
    binding.function("writeBytes", move |fd: i32, bytes: TypedArray<'_, u8>| {
        to.host().write(fd, &engine::bytes(&bytes));
    })?;
    binding.function("isTerminal", |fd: i32| match fd {
        0 => std::io::stdin().is_terminal(),
        1 => std::io::stdout().is_terminal(),
        _ => std::io::stderr().is_terminal(),
    })
}

fn clocks(binding: &Binding<'_, '_>, node: &Node) -> Result<()> {
    let of = node.clone();
    // The loop's clock: whole milliseconds, and never 0.
    binding.function("now", move || (of.host().elapsed().as_millis() + 1) as f64)?;
    let of = node.clone();
    binding.function("hrtime", move || of.host().elapsed().as_nanos() as f64)
}

/// What stands at a path: 0 a file, 1 a directory, -1 nothing.
fn kind_of(path: &str) -> i32 {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => 1,
        Ok(_) => 0,
        Err(_) => -1,
    }
}

fn files(binding: &Binding<'_, '_>) -> Result<()> {
    binding.function("stat", |path: String| kind_of(&path))?;
    binding.function("realpath", |path: String| {
        fs::canonicalize(path)
            .ok()
            .and_then(|path| path.to_str().map(str::to_owned))
    })?;
    binding.function("readText", |path: String| {
        fs::read(path)
            .ok()
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    })
}

fn process<'js>(binding: &Binding<'_, 'js>, node: &Node) -> Result<()> {
    binding.function("cwd", || {
        std::env::current_dir()
            .ok()
            .and_then(|path| path.to_str().map(str::to_owned))
            .unwrap_or_else(|| "/".to_owned())
    })?;
    binding.function("chdir", |ctx: Ctx<'_>, path: String| {
        std::env::set_current_dir(Path::new(&path))
            .map_err(|error| rquickjs::Exception::throw_message(&ctx, &format!("{error}, chdir '{path}'")))
    })?;
    binding.function(
        "kill",
        |ctx: Ctx<'js>, pid: u32, signal: i32| match crate::children::kill(pid, signal) {
            Ok(()) => Ok(Value::new_undefined(ctx)),
            Err(error) => crate::children::errno(&ctx, &error),
        },
    )?;
    binding.function("memory", memory)?;
    binding.function("parallelism", || {
        std::thread::available_parallelism().map_or(1, usize::from)
    })?;
    let of = node.clone();
    binding.function("wakeLoop", move || of.handle().wake())?;
    binding.function("drivesItself", |ctx: Ctx<'_>| {
        State::of(&ctx).is_some_and(State::is_driven_by_us)
    })?;
    binding.function("runMicrotasks", run_microtasks)
}

fn memory(ctx: Ctx<'_>) -> Result<Object<'_>> {
    let used = engine::memory_in_use(&ctx);
    let answer = Object::new(ctx)?;
    answer.set("used", used as f64)?;
    answer.set("limit", used as f64)?;
    answer.set("rss", resident_size().unwrap_or(used as f64))?;
    Ok(answer)
}

/// What the process holds, where the system says it.
fn resident_size() -> Option<f64> {
    let text = fs::read_to_string("/proc/self/statm").ok()?;
    let pages: f64 = text.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * 4096.0)
}

/// Runs the jobs that wait, each in a boundary and frame of its own. What one throws is an uncaught exception.
fn run_microtasks(ctx: Ctx<'_>) -> Result<()> {
    let (Some(state), Some(node)) = (State::of(&ctx), Node::of(&ctx)) else {
        return Ok(());
    };
    loop {
        match state.run_job() {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err(()) => {
                node.uncaught(&ctx, rquickjs::Error::Exception);
                if node.is_ended(&ctx) {
                    return Err(engine::throw_end(&ctx));
                }
            }
        }
    }
}
