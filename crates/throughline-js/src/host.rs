//! What the world is to a script: arguments, environment, standard streams, clocks, limits.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// How Node's modules and globals are to be installed: see [`Node::install`](crate::Node::install).
///
/// # Examples
/// ```
/// use throughline_js::Options;
///
/// let options = Options::new().arguments(["program", "script.js"]).variable("NODE_ENV", "test");
/// ```
#[must_use = "options do nothing by themselves"]
pub struct Options {
    arguments: Vec<String>,
    flags: Vec<String>,
    environment: BTreeMap<String, String>,
    stdout: Box<dyn Write + Send>,
    stderr: Box<dyn Write + Send>,
    exposes_gc: bool,
    exposes_internals: bool,
    traces: bool,
    survives: bool,
    limits: Arc<Limits>,
    #[cfg(feature = "worker-threads")]
    worker: Option<crate::threads::Worker>,
}

impl Options {
    /// No arguments, no environment; standard output and standard error are those of the process.
    pub fn new() -> Self {
        Options {
            arguments: vec!["throughline".to_owned()],
            flags: Vec::new(),
            environment: BTreeMap::new(),
            stdout: Box::new(io::stdout()),
            stderr: Box::new(io::stderr()),
            exposes_gc: false,
            exposes_internals: false,
            traces: false,
            survives: false,
            limits: Arc::default(),
            #[cfg(feature = "worker-threads")]
            worker: None,
        }
    }

    /// `process.argv`: the program, the script, and what follows.
    pub fn arguments<S: Into<String>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        self.arguments = arguments.into_iter().map(Into::into).collect();
        self
    }

    /// Options as Node's command line has them, which are `process.execArgv` too: `--unhandled-rejections=…`, `--no-warnings`, `--no-deprecation`,
    /// `--throw-deprecation`, `--trace-warnings` and the like. One that means nothing here has no effect.
    pub fn flags<S: Into<String>>(mut self, flags: impl IntoIterator<Item = S>) -> Self {
        self.flags = flags.into_iter().map(Into::into).collect();
        self
    }

    /// One of `process.env`.
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.environment.insert(name.into(), value.into());
        self
    }

    /// All variables of the process in `process.env`. Names and values that are no text are left out.
    pub fn inherit_environment(mut self) -> Self {
        let texts = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        self.environment.extend(texts);
        self
    }

    /// Where `process.stdout` and `console.log` go.
    pub fn stdout(mut self, stdout: impl Write + Send + 'static) -> Self {
        self.stdout = Box::new(stdout);
        self
    }

    /// Where `process.stderr`, `console.error` and reports of uncaught exceptions go.
    pub fn stderr(mut self, stderr: impl Write + Send + 'static) -> Self {
        self.stderr = Box::new(stderr);
        self
    }

    /// `globalThis.gc()` collects garbage.
    pub fn expose_gc(mut self) -> Self {
        self.exposes_gc = true;
        self
    }

    /// `require('internal/…')` answers the crate's own modules.
    pub fn expose_internals(mut self) -> Self {
        self.exposes_internals = true;
        self
    }

    /// An exception that nobody catches is reported on standard error, and does not end the script: as a server wants it, one of whose requests failed.
    pub fn survive_uncaught(mut self) -> Self {
        self.survives = true;
        self
    }

    /// Each event of a resource (`init`, `before`, `after`, `destroy`, `promiseResolve`) is a line of JSON on standard error.
    pub fn trace_async(mut self) -> Self {
        self.traces = true;
        self
    }

    pub(crate) fn limits(&self) -> Arc<Limits> {
        self.limits.clone()
    }

    /// The runtime is this worker's.
    #[cfg(feature = "worker-threads")]
    pub(crate) fn worker(mut self, worker: crate::threads::Worker) -> Self {
        self.worker = Some(worker);
        self
    }

    /// What another runtime lets scripts do, these may do too.
    #[cfg(feature = "worker-threads")]
    pub(crate) fn like(mut self, host: &Host) -> Self {
        self.exposes_gc = host.exposes_gc;
        self.flags.clone_from(&host.flags);
        self.exposes_internals = host.exposes_internals;
        self
    }
}

impl Default for Options {
    fn default() -> Self {
        Options::new()
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("arguments", &self.arguments)
            .finish_non_exhaustive()
    }
}

/// What a context keeps of its [`Options`].
pub(crate) struct Host {
    pub(crate) arguments: Vec<String>,
    pub(crate) flags: Vec<String>,
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) exposes_gc: bool,
    pub(crate) exposes_internals: bool,
    pub(crate) traces: bool,
    pub(crate) survives: bool,
    stdout: RefCell<Box<dyn Write + Send>>,
    stderr: RefCell<Box<dyn Write + Send>>,
    start: Instant,
    pub(crate) started_at: SystemTime,
    limits: Arc<Limits>,
    #[cfg(feature = "worker-threads")]
    pub(crate) worker: Option<crate::threads::Worker>,
}

impl Host {
    pub(crate) fn new(options: Options) -> Self {
        Host {
            arguments: options.arguments,
            flags: options.flags,
            environment: options.environment,
            exposes_gc: options.exposes_gc,
            exposes_internals: options.exposes_internals,
            traces: options.traces,
            survives: options.survives,
            stdout: RefCell::new(options.stdout),
            stderr: RefCell::new(options.stderr),
            start: Instant::now(),
            started_at: SystemTime::now(),
            limits: options.limits,
            #[cfg(feature = "worker-threads")]
            worker: options.worker,
        }
    }

    /// Since the context was made.
    pub(crate) fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    pub(crate) fn limits(&self) -> &Arc<Limits> {
        &self.limits
    }

    /// Writes to standard output (1) or standard error (2). Whoever reads has gone, perhaps: nobody is told of that.
    pub(crate) fn write(&self, fd: i32, bytes: &[u8]) {
        let stream = if fd == 1 { &self.stdout } else { &self.stderr };
        if let Ok(mut stream) = stream.try_borrow_mut() {
            let _ = stream.write_all(bytes).and_then(|()| stream.flush());
        }
    }
}

/// What a script may use.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    deadline: Mutex<Option<Instant>>,
    is_reached: AtomicBool,
    /// For good, unlike a deadline.
    is_stopped: AtomicBool,
}

impl Limits {
    pub(crate) fn set_deadline(&self, deadline: Option<Instant>) {
        *self.deadline.lock().unwrap_or_else(PoisonError::into_inner) = deadline;
        self.is_reached.store(false, Ordering::Release);
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        *self.deadline.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asked by the engine now and then: whether the script has to end.
    pub(crate) fn check(&self) -> bool {
        if self.deadline().is_some_and(|deadline| Instant::now() >= deadline) {
            self.is_reached.store(true, Ordering::Release);
        }
        self.is_reached()
    }

    pub(crate) fn is_reached(&self) -> bool {
        self.is_reached.load(Ordering::Acquire) || self.is_stopped()
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.is_stopped.load(Ordering::Acquire)
    }

    /// The script has to end, now and for good.
    #[cfg(feature = "worker-threads")]
    pub(crate) fn stop(&self) {
        self.is_stopped.store(true, Ordering::Release);
    }
}
