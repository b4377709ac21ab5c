//! What `node:child_process` needs of the world: processes of the system's, waited for at once or on threads.

use crate::engine;
use crate::event_loop::{Request, values};
use rquickjs::{Ctx, FromJs, Function, IntoJs, Null, Object, Result, TypedArray, Value};
use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// Reaches the threads of the streams of each child that runs. A stream is closed by dropping its sender.
#[derive(Default)]
struct Streams {
    /// What is on its way to its standard input.
    inputs: HashMap<u32, Sender<Vec<u8>>>,
    /// Who reads its standard output (1) or standard error (2) wants more of it.
    outputs: HashMap<(u32, u32), Sender<()>>,
}

type Shared = Arc<Mutex<Streams>>;

fn lock(streams: &Shared) -> MutexGuard<'_, Streams> {
    streams.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The functions of `internal.children`.
pub(crate) fn binding<'js>(ctx: Ctx<'js>) -> Result<Object<'js>> {
    let object = Object::new(ctx.clone())?;
    let streams = Shared::default();
    // `(options)`: waits for the end of it.
    object.set(
        "run",
        Function::new(ctx.clone(), |plan: Plan| Outcome(plan.run()))?,
    )?;
    // `(options, request, stdout, stderr)`, requests all of them: the number of the process, or an error.
    let of_children = streams.clone();
    object.set(
        "spawn",
        Function::new(
            ctx.clone(),
            move |ctx: Ctx<'js>, plan: Plan, exit: f64, stdout: f64, stderr: f64| {
                let requests = [exit, stdout, stderr].map(|number| Request::new(&ctx, number));
                match plan.spawn(requests, &of_children) {
                    Ok(pid) => pid.into_js(&ctx),
                    Err(error) => errno(&ctx, &error),
                }
            },
        )?,
    )?;
    let of_children = streams.clone();
    object.set(
        "write",
        Function::new(ctx.clone(), move |pid: u32, bytes: TypedArray<'_, u8>| {
            let bytes = engine::bytes(&bytes);
            lock(&of_children)
                .inputs
                .get(&pid)
                .is_some_and(|input| input.send(bytes).is_ok())
        })?,
    )?;
    let of_children = streams.clone();
    object.set(
        "read",
        Function::new(ctx.clone(), move |pid: u32, place: u32| {
            // It may be at its end.
            if let Some(output) = lock(&of_children).outputs.get(&(pid, place)) {
                let _ = output.send(());
            }
        })?,
    )?;
    // `(pid, place)`: of a standard stream.
    object.set(
        "close",
        Function::new(ctx, move |pid: u32, place: u32| {
            let mut streams = lock(&streams);
            let input = (place == 0).then(|| streams.inputs.remove(&pid));
            let output = streams.outputs.remove(&(pid, place));
            drop(streams);
            drop((input, output));
        })?,
    )?;
    Ok(object)
}

/// What is to be run, and how.
struct Plan {
    file: String,
    arguments: Vec<String>,
    directory: Option<String>,
    environment: Vec<(String, String)>,
    /// `pipe`, `ignore` or `inherit`.
    streams: Vec<String>,
    input: Vec<u8>,
    timeout: Option<Duration>,
}

impl<'js> FromJs<'js> for Plan {
    fn from_js(_: &Ctx<'js>, value: Value<'js>) -> Result<Self> {
        let options: Object<'js> = value.get()?;
        let environment: Object<'js> = options.get("env")?;
        let input: Option<TypedArray<'js, u8>> = options.get("input")?;
        let timeout: Option<f64> = options.get("timeout")?;
        Ok(Plan {
            file: options.get("file")?,
            arguments: options.get("args")?,
            directory: options.get("cwd")?,
            environment: environment.props().collect::<Result<_>>()?,
            streams: options.get("stdio")?,
            input: input.map(|bytes| engine::bytes(&bytes)).unwrap_or_default(),
            timeout: timeout.map(|millis| Duration::from_secs_f64(millis / 1000.0)),
        })
    }
}

/// How a child ended, and what it printed.
struct Ended {
    pid: u32,
    status: ExitStatus,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    is_timed_out: bool,
}

impl Plan {
    fn command(&self) -> Command {
        let stream = |place: usize| match self.streams.get(place).map(String::as_str) {
            Some("pipe") => Stdio::piped(),
            Some("inherit") => Stdio::inherit(),
            _ => Stdio::null(),
        };
        let mut command = Command::new(&self.file);
        command.args(&self.arguments).env_clear();
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(stream(0)).stdout(stream(1)).stderr(stream(2));
        if let Some(directory) = &self.directory {
            command.current_dir(directory);
        }
        command
    }

    fn run(self) -> io::Result<Ended> {
        let mut child = self.command().spawn()?;
        let stdout = thread::spawn(reader(child.stdout.take()));
        let stderr = thread::spawn(reader(child.stderr.take()));
        if let Some(mut stdin) = child.stdin.take() {
            // Who does not read it to the end is no error.
            thread::spawn(move || stdin.write_all(&self.input));
        }
        let (status, is_timed_out) = wait(&mut child, self.timeout)?;
        let of = |reader: thread::JoinHandle<Vec<u8>>| reader.join().unwrap_or_default();
        Ok(Ended {
            pid: child.id(),
            status,
            stdout: of(stdout),
            stderr: of(stderr),
            is_timed_out,
        })
    }

    fn spawn(self, requests: [Request; 3], streams: &Shared) -> io::Result<u32> {
        let mut child = self.command().spawn()?;
        let pid = child.id();
        if let Some(stdin) = child.stdin.take() {
            let (send, receive) = mpsc::channel();
            lock(streams).inputs.insert(pid, send);
            thread::spawn(move || feed(stdin, &receive));
        }
        let [exit, stdout, stderr] = requests;
        let mut outputs = lock(streams);
        for (place, wants) in [
            (1, hand_over(child.stdout.take(), stdout)),
            (2, hand_over(child.stderr.take(), stderr)),
        ] {
            if let Some(wants) = wants {
                outputs.outputs.insert((pid, place), wants);
            }
        }
        drop(outputs);
        let streams = streams.clone();
        thread::spawn(move || {
            let status = child.wait();
            drop(lock(&streams).inputs.remove(&pid));
            exit.complete(move |ctx| {
                values!(
                    ctx,
                    status.as_ref().ok().and_then(code),
                    status.as_ref().ok().and_then(signal)
                )
            });
        });
        Ok(pid)
    }
}

/// Reads all of a stream.
fn reader(stream: Option<impl Read>) -> impl FnOnce() -> Vec<u8> {
    move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            let _ = stream.read_to_end(&mut bytes);
        }
        bytes
    }
}

/// Tells of what a child prints, a piece each time that more is wanted, and of its end by nothing.
fn hand_over(stream: Option<impl Read + Send + 'static>, request: Request) -> Option<Sender<()>> {
    let mut stream = stream?;
    let (want, is_wanted) = mpsc::channel();
    thread::spawn(move || {
        let mut buffer = vec![0; 1 << 16];
        while is_wanted.recv().is_ok() {
            let Ok(length @ 1..) = stream.read(&mut buffer) else {
                return request.complete(|ctx| values!(ctx, Null));
            };
            let bytes = buffer[..length].to_vec();
            let told = request.emit(move |ctx| values!(ctx, TypedArray::new(ctx.clone(), bytes)?));
            if told.is_err() {
                return;
            }
        }
    });
    Some(want)
}

fn feed(mut stdin: ChildStdin, pieces: &Receiver<Vec<u8>>) {
    while let Ok(piece) = pieces.recv() {
        if stdin.write_all(&piece).and_then(|()| stdin.flush()).is_err() {
            return;
        }
    }
}

/// Waits for a child, and ends it when it has taken too long.
fn wait(child: &mut Child, timeout: Option<Duration>) -> io::Result<(ExitStatus, bool)> {
    let Some(timeout) = timeout else {
        return Ok((child.wait()?, false));
    };
    let pid = child.id();
    let (done, is_done) = mpsc::channel::<()>();
    let guard = thread::spawn(move || {
        let is_late = matches!(is_done.recv_timeout(timeout), Err(RecvTimeoutError::Timeout));
        if is_late {
            let _ = kill(pid, TERMINATE);
        }
        is_late
    });
    let status = child.wait();
    drop(done);
    Ok((status?, guard.join().unwrap_or(false)))
}

const TERMINATE: i32 = 15;

/// Sends a signal; 0 asks only whether the process is there.
#[cfg(unix)]
pub(crate) fn kill(pid: u32, number: i32) -> io::Result<()> {
    use rustix::process::{Pid, Signal, kill_process, test_kill_process};
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let pid = pid.ok_or_else(|| io::Error::from_raw_os_error(NO_PROCESS))?;
    match number {
        0 => test_kill_process(pid)?,
        _ => {
            let signal = Signal::from_named_raw(number).ok_or(io::ErrorKind::InvalidInput)?;
            kill_process(pid, signal)?;
        }
    }
    Ok(())
}

#[cfg(unix)]
const NO_PROCESS: i32 = 3;

#[cfg(not(unix))]
pub(crate) fn kill(_: u32, _: i32) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

fn code(status: &ExitStatus) -> Option<i32> {
    status.code()
}

#[cfg(unix)]
fn signal(status: &ExitStatus) -> Option<i32> {
    use std::os::unix::process::ExitStatusExt;
    status.signal()
}

#[cfg(not(unix))]
fn signal(_: &ExitStatus) -> Option<i32> {
    None
}

/// `{ errno }`, as of files.
pub(crate) fn errno<'js>(ctx: &Ctx<'js>, error: &io::Error) -> Result<Value<'js>> {
    let about = Object::new(ctx.clone())?;
    about.set("errno", error.raw_os_error().unwrap_or(22))?;
    about.set("error", error.to_string())?;
    Ok(about.into_value())
}

struct Outcome(io::Result<Ended>);

impl<'js> IntoJs<'js> for Outcome {
    fn into_js(self, ctx: &Ctx<'js>) -> Result<Value<'js>> {
        let ended = match self.0 {
            Ok(ended) => ended,
            Err(error) => return errno(ctx, &error),
        };
        let about = Object::new(ctx.clone())?;
        about.set("pid", ended.pid)?;
        about.set("status", code(&ended.status))?;
        about.set("signal", signal(&ended.status))?;
        about.set("stdout", TypedArray::new(ctx.clone(), ended.stdout)?)?;
        about.set("stderr", TypedArray::new(ctx.clone(), ended.stderr)?)?;
        about.set("isTimedOut", ended.is_timed_out)?;
        Ok(about.into_value())
    }
}
