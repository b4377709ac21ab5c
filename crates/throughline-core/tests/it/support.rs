//! What the tests share: polling by hand, and values that tell when and where they were dropped.

use std::cell::RefCell;
use std::fmt;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::pin::Pin;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Once};
use std::task::{Context, Poll, Waker};
use std::thread;
use throughline_core::{
    AsyncHook, ResourceInfo, create_hook, execution_async_id, in_boundary, set_reporter, snapshot,
};

/// Polls once, with a waker that does nothing.
pub(crate) fn poll<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// A future that is pending once, and wakes at once.
pub(crate) fn pause() -> impl Future<Output = ()> + Send + Sync + Unpin {
    let mut first = true;
    std::future::poll_fn(move |cx| {
        if std::mem::take(&mut first) {
            cx.waker().wake_by_ref();
            Poll::Pending
        } else {
            Poll::Ready(())
        }
    })
}

/// Runs `f` on another thread, to its end and that of the thread's destructors.
pub(crate) fn on_thread<R: Send>(f: impl FnOnce() -> R + Send) -> R {
    thread::scope(|s| s.spawn(f).join().unwrap())
}

/// Runs `f` on a thread with room for deep recursion.
pub(crate) fn on_a_large_stack<R: Send + 'static>(f: impl FnOnce() -> R + Send + 'static) -> R {
    thread::Builder::new()
        .stack_size(64 << 20)
        .spawn(f)
        .unwrap()
        .join()
        .unwrap()
}

/// Things that are alike, with their names.
pub(crate) type Table<T> = [(&'static str, T)];

/// How often values made by [`counted`](Self::counted) were dropped.
#[derive(Clone, Debug, Default)]
pub(crate) struct Drops(Arc<AtomicUsize>);

impl Drops {
    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    pub(crate) fn counted(&self) -> Counted {
        Counted(self.clone())
    }
}

#[derive(Debug)]
pub(crate) struct Counted(Drops);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// Calls a closure when it is dropped.
pub(crate) struct OnDrop(Option<Box<dyn FnOnce() + Send + Sync>>);

impl OnDrop {
    pub(crate) fn new(f: impl FnOnce() + Send + Sync + 'static) -> Self {
        OnDrop(Some(Box::new(f)))
    }

    /// A value whose destructor panics with `message`, after it counted.
    pub(crate) fn panicking(drops: &Drops, message: &'static str) -> Self {
        let counted = drops.counted();
        OnDrop::new(move || {
            drop(counted);
            panic!("{message}");
        })
    }

    /// A value whose destructor only counts.
    pub(crate) fn counting(drops: &Drops) -> Self {
        let counted = drops.counted();
        OnDrop::new(move || drop(counted))
    }
}

impl Drop for OnDrop {
    fn drop(&mut self) {
        if let Some(f) = self.0.take() {
            f();
        }
    }
}

impl fmt::Debug for OnDrop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OnDrop")
    }
}

/// What happened, in order, on any thread.
#[derive(Debug)]
pub(crate) struct Log<T>(Arc<Mutex<Vec<T>>>);

impl<T> Log<T> {
    pub(crate) fn new() -> Self {
        Log(Arc::default())
    }

    pub(crate) fn push(&self, entry: T) {
        self.0.lock().unwrap().push(entry);
    }

    pub(crate) fn take(&self) -> Vec<T> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl<T> Clone for Log<T> {
    fn clone(&self) -> Self {
        Log(Arc::clone(&self.0))
    }
}

/// The message of the panic that `f` ends with.
#[track_caller]
pub(crate) fn panic_of<R>(f: impl FnOnce() -> R) -> String {
    let Err(panic) = catch_unwind(AssertUnwindSafe(f)) else {
        panic!("it should have panicked");
    };
    match panic.downcast::<String>() {
        Ok(message) => *message,
        Err(panic) => (*panic.downcast::<&'static str>().unwrap()).to_owned(),
    }
}

/// This thread is as it was when it began: in no boundary, with nothing set.
#[track_caller]
pub(crate) fn assert_nothing_left() {
    assert!(!in_boundary(), "a boundary was left open");
    assert!(snapshot().is_empty(), "a store was left set");
    assert_eq!(execution_async_id(), None, "a resource was left entered");
}

/// What a hook is told of resources of some types, such as `before Query`. Hooks see the whole process, where tests run side by side:
/// each test names its types as no other does.
pub(crate) struct Told {
    log: Log<String>,
    hook: AsyncHook,
}

impl Told {
    /// Enabled until it is dropped.
    pub(crate) fn of<const N: usize>(types: [&'static str; N]) -> Self {
        let told = Self::disabled(types);
        told.hook.enable();
        told
    }

    pub(crate) fn disabled<const N: usize>(types: [&'static str; N]) -> Self {
        let log = Log::new();
        let write = |event: &'static str| {
            let log = log.clone();
            move |resource: &ResourceInfo| log.push(format!("{event} {}", resource.type_name()))
        };
        let hook = create_hook()
            .init(write("init"))
            .before(write("before"))
            .after(write("after"))
            .destroy(write("destroy"))
            .promise_resolve(write("resolve"))
            .cancelled(write("cancelled"))
            .only(types)
            .build();
        Told { log, hook }
    }

    pub(crate) fn hook(&self) -> &AsyncHook {
        &self.hook
    }

    /// An entry of the test's own.
    pub(crate) fn note(&self, what: &str) {
        self.log.push(what.to_owned());
    }

    pub(crate) fn log(&self) -> Log<String> {
        self.log.clone()
    }

    pub(crate) fn take(&self) -> Vec<String> {
        self.log.take()
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        self.hook.disable();
    }
}

thread_local! {
    static REPORTS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// What is reported on this thread while `f` runs.
pub(crate) fn reports_of(f: impl FnOnce()) -> Vec<String> {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        set_reporter(|report| REPORTS.with_borrow_mut(|reports| reports.push(report.to_string())));
    });
    REPORTS.take();
    f();
    REPORTS.take()
}

type Probe = Box<dyn FnMut(&PanicHookInfo<'_>)>;

thread_local! {
    static PROBE: RefCell<Option<Probe>> = const { RefCell::new(None) };
}

/// Runs `f`; the panic hook calls `probe` for this thread's panics meanwhile.
pub(crate) fn with_panic_hook<R>(
    probe: impl FnMut(&PanicHookInfo<'_>) + 'static,
    f: impl FnOnce() -> R,
) -> R {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let former = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let _ = PROBE.try_with(|probe| {
                if let Some(probe) = &mut *probe.borrow_mut() {
                    probe(info);
                }
            });
            former(info);
        }));
    });
    PROBE.set(Some(Box::new(probe)));
    let result = f();
    PROBE.set(None);
    result
}

/// Runs the test of that name, which calls this, in a process of its own; there, `f`. Answers nothing there.
pub(crate) fn in_a_process(test: &str, f: impl FnOnce()) -> Option<Output> {
    const CHILD: &str = "THROUGHLINE_TEST_CHILD";
    if std::env::var_os(CHILD).is_some() {
        println!("in the child");
        f();
        return None;
    }
    let output = Command::new(std::env::current_exe().unwrap())
        // On the main thread, which lives to the end: what it keeps for ever is no leak.
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(CHILD, "")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("in the child"), "there is no test {test}: {text}");
    Some(output)
}

/// As [`in_a_process`], where it has to end well.
#[track_caller]
pub(crate) fn alone_in_a_process(test: &str, f: impl FnOnce()) {
    if let Some(output) = in_a_process(test, f) {
        assert!(output.status.success(), "{output:?}");
    }
}
