//! The same scenarios as in `tests/node/channel/*.js`, which Node plays beside us. `publish`, `stores` and `trace` are the same on Node 20 and 26;
//! `newest` is what 26 does (`DC-7`, `DC-9`, `DC-11`, `DC-16`), which we follow.

use super::support::{Log, panic_of, pause, reports_about};
use crate::support::node::{assert_same_as_node, run_node};
use futures::executor::block_on;
use std::fmt::Display;
use std::sync::{Arc, Mutex};
use throughline::channel::{
    self, BoundedChannel, Channel, Subscription, Trace, TraceSubscriber, TracingChannel, channel,
};
use throughline::{AsyncLocalStorage, root};

/// As JavaScript shows a store.
fn shown<T: Display>(store: Option<T>, none: &str) -> String {
    store.map_or(none.to_owned(), |store| store.to_string())
}

/// What Node raises as uncaught, in the end.
fn push_uncaught(log: &Log, reports: &[String]) {
    for report in reports {
        let (_, message) = report.rsplit_once(": ").unwrap();
        log.push(format!("uncaught {message}"));
    }
}

/// `DC-1` to `DC-4`
#[test]
fn publishing_is_the_same() {
    static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
    static CHANNEL: Channel<str> = Channel::new("like_node.publish");
    type Slot = Arc<Mutex<Option<Subscription>>>;

    fn heard(log: &Log, who: &str, message: &str) {
        log.push(format!(
            "{who} {message} {}",
            shown(USER.get_store(), "undefined")
        ));
    }

    fn used(log: &Log) {
        let by_name = channel::has_subscribers::<str>("like_node.publish");
        let nobody = channel::has_subscribers::<str>("like_node.nobody");
        log.push(format!("used {} {by_name} {nobody}", CHANNEL.has_subscribers()));
    }

    let log = Log::new();
    let other = channel::<str>("like_node.publish");
    log.push(format!("same {}", other.name() == CHANNEL.name()));
    used(&log);
    CHANNEL.publish("unheard");

    let reports = reports_about("like_node", || {
        let (own, late): (Slot, Slot) = Default::default();
        let (slot, writer) = (own.clone(), log.clone());
        let first = CHANNEL.subscribe(move |message| {
            heard(&writer, "first", message);
            let own = slot.lock().unwrap().take();
            drop(own);
        });
        *own.lock().unwrap() = Some(first);
        let writer = log.clone();
        let second = CHANNEL.subscribe(move |message| {
            heard(&writer, "second", message);
            panic!("of {message}");
        });
        let (slot, writer) = (late.clone(), log.clone());
        let third = CHANNEL.subscribe(move |message| {
            heard(&writer, "third", message);
            if message == "one" {
                let writer = writer.clone();
                let late = CHANNEL.subscribe(move |message| heard(&writer, "late", message));
                *slot.lock().unwrap() = Some(late);
            }
        });
        used(&log);

        USER.run("ada", || other.publish("one"));
        log.push("published one");
        CHANNEL.publish("two");
        log.push("published two");

        drop(second);
        third.unsubscribe();
        log.push(format!("used {}", CHANNEL.has_subscribers()));
        drop(late.lock().unwrap().take());
        log.push(format!("used {}", CHANNEL.has_subscribers()));
        CHANNEL.publish("three");
    });
    push_uncaught(&log, &reports);
    assert_same_as_node("channel/publish.js", &log.take());
}

/// `DC-2`, `DC-5`, `DC-6`, `DC-8`, `DC-10`
#[test]
fn bound_stores_are_the_same() {
    static SPAN: AsyncLocalStorage<String> = AsyncLocalStorage::new();
    static OTHER: AsyncLocalStorage<String> = AsyncLocalStorage::new();
    static CHANNEL: Channel<str> = Channel::new("like_node.stores");
    fn span() -> String {
        shown(SPAN.get_store(), "undefined")
    }
    fn other() -> String {
        shown(OTHER.get_store(), "undefined")
    }

    let log = Log::new();
    let plain = CHANNEL.run_stores("x", || 7);
    log.push(format!("plain {plain} {}", CHANNEL.unbind_store(&SPAN)));
    CHANNEL.bind_store(&SPAN, |_| "replaced".to_owned());
    CHANNEL.bind_store(&SPAN, |name| match SPAN.get_store() {
        Some(parent) => format!("{parent}/{name}"),
        None => name.to_owned(),
    });
    log.push(format!("used {}", CHANNEL.has_subscribers()));
    let writer = log.clone();
    let _subscription =
        CHANNEL.subscribe(move |name| writer.push(format!("heard {name} {} {}", span(), other())));

    let answer = CHANNEL.run_stores("a", || {
        log.push(format!("in a {}", span()));
        let inner = CHANNEL.run_stores("b", || {
            log.push(format!("in b {}", span()));
            "inner"
        });
        log.push(format!("after b {inner} {}", span()));
        "outer"
    });
    log.push(format!("after a {answer} {}", span()));

    let panic = panic_of(|| {
        CHANNEL.run_stores("c", || {
            log.push(format!("in c {}", span()));
            panic!("of the function")
        })
    });
    log.push(format!("caught {} {}", panic.unwrap(), span()));

    let reports = reports_about("like_node", || {
        CHANNEL.bind_store(&SPAN, |_| panic!("of the transform"));
        CHANNEL.bind_store(&OTHER, |name| format!("other {name}"));
        SPAN.run("before".to_owned(), || {
            CHANNEL.run_stores("d", || log.push(format!("in d {} {}", span(), other())));
        });
    });

    let unbound = [
        CHANNEL.unbind_store(&SPAN),
        CHANNEL.unbind_store(&SPAN),
        CHANNEL.unbind_store(&OTHER),
    ];
    log.push(format!("unbound {} {} {}", unbound[0], unbound[1], unbound[2]));
    log.push(format!("used {}", CHANNEL.has_subscribers()));
    CHANNEL.run_stores("e", || log.push(format!("in e {} {}", span(), other())));
    push_uncaught(&log, &reports);
    assert_same_as_node("channel/stores.js", &log.take());
}

#[derive(Clone)]
struct Call {
    name: &'static str,
    is_callback: bool,
}

type Calls = TracingChannel<Call, &'static str, &'static str>;

static SPAN: AsyncLocalStorage<String> = AsyncLocalStorage::new();

fn span() -> String {
    shown(SPAN.get_store(), "-")
}

fn call(name: &'static str) -> Call {
    Call {
        name,
        is_callback: false,
    }
}

fn callback_call(name: &'static str) -> Call {
    Call {
        name,
        is_callback: true,
    }
}

struct Watch(Log);

impl Watch {
    fn write(&self, event: &str, trace: &Trace<Call, &'static str, &'static str>) {
        let known = !(event == "asyncEnd" && trace.context().is_callback);
        let panic = trace
            .panic()
            .map(|payload| *payload.downcast_ref::<&str>().unwrap());
        let result = shown(trace.result().filter(|_| known), "-");
        let error = shown(trace.error().copied().or(panic).filter(|_| known), "-");
        self.0.push(format!(
            "{event} {} {result} {error} {}",
            trace.context().name,
            span()
        ));
    }
}

impl TraceSubscriber<Call, &'static str, &'static str> for Watch {
    fn start(&self, trace: &Trace<Call, &'static str, &'static str>) {
        self.write("start", trace);
    }
    fn end(&self, trace: &Trace<Call, &'static str, &'static str>) {
        self.write("end", trace);
    }
    fn async_start(&self, trace: &Trace<Call, &'static str, &'static str>) {
        self.write("asyncStart", trace);
    }
    fn async_end(&self, trace: &Trace<Call, &'static str, &'static str>) {
        self.write("asyncEnd", trace);
    }
    fn error(&self, trace: &Trace<Call, &'static str, &'static str>) {
        self.write("error", trace);
    }
}

/// `DC-12` to `DC-15`
#[test]
fn traces_are_the_same() {
    static CALLS: Calls = TracingChannel::new("like_node.trace");
    let log = Log::new();
    let mut subscription = None;
    let untraced = CALLS.trace_sync(call("untraced"), || {
        subscription = Some(CALLS.subscribe(Watch(log.clone())));
        Ok("fine")
    });
    assert_eq!(untraced, Ok("fine"));
    CALLS
        .start()
        .bind_store(&SPAN, |trace| trace.context().name.to_owned());

    traced_calls(&CALLS, &log);
    block_on(traced_futures(&CALLS, &log));
    traced_callbacks(&CALLS, &log);

    drop(subscription);
    CALLS.start().unbind_store(&SPAN);
    CALLS.async_start().unbind_store(&SPAN);
    let silent = CALLS.trace_sync(call("unheard"), || Ok("fine"));
    log.push(format!("silent {} {}", silent.unwrap(), span()));
    assert_same_as_node("channel/trace.js", &log.take());
}

fn traced_calls(calls: &Calls, log: &Log) {
    let answer = calls.trace_sync(call("sync"), || {
        log.push(format!("body sync {}", span()));
        Ok("fine")
    });
    log.push(format!("answer {}", answer.unwrap()));
    // What is thrown there is a panic here, or an error: both are told alike.
    let panic = panic_of(|| calls.trace_sync(call("throws"), || panic!("bad")));
    log.push(format!("caught {}", panic.unwrap()));
}

async fn traced_futures(calls: &Calls, log: &Log) {
    let body = async |name: &str| {
        log.push(format!("body {name} {}", span()));
        pause().await;
        log.push(format!("rest {name} {}", span()));
    };
    let resolves = async {
        body("promise").await;
        Ok("fine")
    };
    let answer = calls.trace_future(call("promise"), resolves).await;
    log.push(format!("answer {}", answer.unwrap()));
    let rejects = async {
        body("rejects").await;
        Err("bad")
    };
    let answer = calls.trace_future(call("rejects"), rejects).await;
    log.push(format!("caught {}", answer.unwrap_err()));
}

fn traced_callbacks(calls: &Calls, log: &Log) {
    let callback = |outcome: Result<&str, &str>| {
        log.push(format!("called {} {}", shown(outcome.err(), "-"), span()));
    };
    let callback = calls.trace_callback(callback_call("callback"), callback, |callback| {
        log.push(format!("body callback {}", span()));
        callback
    });
    log.push("later");
    callback.call(Err("bad"));

    calls
        .async_start()
        .bind_store(&SPAN, |trace| format!("async {}", trace.context().name));
    let callback = |outcome: Result<&str, &str>| log.push(format!("called {} {}", outcome.unwrap(), span()));
    let callback = calls.trace_callback(callback_call("stored"), callback, |callback| callback);
    callback.call(Ok("fine"));
}

/// `DC-7`, `DC-9`, `DC-11`, `DC-16`
#[test]
fn what_only_node_26_does_is_the_same() {
    let log = Log::new();
    // Guards need a boundary here.
    root(|| {
        steps(&log);
        bounded(&log);
    });
    asynchronous_window(&log);
    let lines = log.take();
    match run_node("channel/newest.js") {
        Some(printed) if printed.trim() == "too old" => eprintln!("skipped: this Node is older than 26.1"),
        Some(_) => assert_same_as_node("channel/newest.js", &lines),
        None => eprintln!("skipped: there is no `node`"),
    }
}

static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
static B: AsyncLocalStorage<u32> = AsyncLocalStorage::new();

fn a() -> String {
    shown(A.get_store(), "-")
}

fn b() -> String {
    shown(B.get_store(), "-")
}

fn steps(log: &Log) {
    static STEPS: Channel<u32> = Channel::new("like_node.newest.steps");
    STEPS.bind_store(&A, |n| n + B.get_store().unwrap_or(0));
    STEPS.bind_store(&B, |n| n + A.get_store().unwrap_or(0));
    STEPS.run_stores(&1, || log.push(format!("steps {} {}", a(), b())));

    let writer = log.clone();
    let _subscription = STEPS.subscribe(move |n| writer.push(format!("heard {n} {} {}", a(), b())));
    A.run(50, || {
        let scope = STEPS.with_store_scope(&2);
        log.push(format!("in scope {} {}", a(), b()));
        scope.dispose();
        log.push(format!("after scope {} {}", a(), b()));
    });
}

fn bounded(log: &Log) {
    static BOUNDED: BoundedChannel<u32> = BoundedChannel::new("like_node.newest.bounded");
    let plain = BOUNDED.run(&1, || "plain");
    log.push(format!("used {} {plain}", BOUNDED.has_subscribers()));
    BOUNDED.start().bind_store(&A, |n| n * 10);
    let (start, end) = (log.clone(), log.clone());
    let _subscription = BOUNDED.subscribe(
        move |n| start.push(format!("start {n} {}", a())),
        move |n| end.push(format!("end {n} {}", a())),
    );
    let answer = BOUNDED.run(&3, || {
        log.push(format!("body {}", a()));
        "fine"
    });
    log.push(format!("answer {answer} {}", a()));
    let panic = panic_of(|| BOUNDED.run(&4, || panic!("bad")));
    log.push(format!("caught {} {}", panic.unwrap(), a()));
    let scope = BOUNDED.with_scope(5);
    log.push(format!("in scope {}", a()));
    scope.dispose();
    log.push(format!("after scope {}", a()));
}

fn asynchronous_window(log: &Log) {
    static CALLS: TracingChannel<(), &str, ()> = TracingChannel::new("like_node.newest.trace");
    static STORE: AsyncLocalStorage<String> = AsyncLocalStorage::new();
    fn store() -> String {
        shown(STORE.get_store(), "-")
    }
    CALLS.start().bind_store(&STORE, |_| "start".to_owned());
    CALLS
        .async_start()
        .bind_store(&STORE, |_| format!("async after {}", store()));
    let (start, end) = (log.clone(), log.clone());
    let _start = CALLS
        .async_start()
        .subscribe(move |_| start.push(format!("asyncStart {}", store())));
    let _end = CALLS
        .async_end()
        .subscribe(move |_| end.push(format!("asyncEnd {}", store())));
    let answer = block_on(CALLS.trace_future((), async {
        log.push(format!("rest {}", store()));
        Ok("fine")
    }));
    log.push(format!("answer {} {}", answer.unwrap(), store()));
}
