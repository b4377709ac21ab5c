//! `trace_callback` (`DC-14`).

use super::support::{Log, OnDrop, panic_of};
use super::trace_sync::{Calls, Watch};
use throughline::channel::TracingChannel;
use throughline::{AsyncLocalStorage, prelude::*, root};

static ID: AsyncLocalStorage<u32> = AsyncLocalStorage::new();

/// `DC-14`
#[test]
fn the_callback_is_told_around_and_runs_with_the_stores_of_the_asynchronous_start() {
    static CALLS: Calls = TracingChannel::new("test.callback");
    static SPAN: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    let log = Log::new();
    CALLS.start().bind_store(&SPAN, |trace| *trace.context());
    CALLS.async_start().bind_store(&SPAN, |trace| trace.context() * 2);
    let _subscription = CALLS.subscribe(Watch(log.clone(), &SPAN));
    let writer = log.clone();
    let callback = move |outcome| writer.push(format!("callback {outcome:?} {:?}", SPAN.get_store()));
    let callback = CALLS.trace_callback(7, callback, |callback| {
        log.push(format!("call {:?}", SPAN.get_store()));
        callback
    });
    assert_eq!(log.take(), ["start 7 - 7", "call Some(7)", "end 7 - 7"]);
    std::thread::spawn(move || callback.call(Ok("fine")))
        .join()
        .unwrap();
    assert_eq!(
        log.take(),
        [
            "async_start 7 ok fine 14",
            r#"callback Ok("fine") Some(14)"#,
            "async_end 7 - 14"
        ]
    );
}

/// `DC-14`
#[test]
fn an_error_handed_to_the_callback_is_told_before() {
    static CALLS: Calls = TracingChannel::new("test.callback_error");
    let log = Log::new();
    let _subscription = CALLS.subscribe(Watch(log.clone(), &ID));
    let callback = |outcome: Result<&str, String>| outcome.unwrap_err();
    let answer = CALLS.trace_callback(7, callback, |callback| callback.call(Err("bad".to_owned())));
    assert_eq!(answer, "bad");
    assert_eq!(
        log.take(),
        [
            "start 7 - -",
            "error 7 err bad -",
            "async_start 7 err bad -",
            "async_end 7 - -",
            "end 7 - -"
        ]
    );
}

/// `DC-14`: `asyncEnd` is published all the same.
#[test]
fn a_panic_of_the_callback_goes_on_to_who_called_it() {
    static CALLS: Calls = TracingChannel::new("test.callback_panics");
    let log = Log::new();
    let _subscription = CALLS.subscribe(Watch(log.clone(), &ID));
    let callback = |_: Result<&'static str, String>| panic!("boom");
    let callback = CALLS.trace_callback(7, callback, |callback| callback);
    let panic = panic_of(|| callback.call(Ok("fine")));
    assert_eq!(panic.as_deref(), Some("boom"));
    assert_eq!(
        log.take(),
        [
            "start 7 - -",
            "end 7 - -",
            "async_start 7 ok fine -",
            "async_end 7 - -"
        ]
    );
}

/// `DC-14`: what the function throws is an error of the call.
#[test]
fn a_panic_of_the_function_is_told_as_an_error_and_goes_on() {
    static CALLS: Calls = TracingChannel::new("test.callback_function_panics");
    let log = Log::new();
    let _subscription = CALLS.subscribe(Watch(log.clone(), &ID));
    let callback = |_: Result<&'static str, String>| ();
    let mut kept = None;
    let panic = panic_of(|| {
        CALLS.trace_callback(7, callback, |callback| -> () {
            kept = Some(callback);
            panic!("boom")
        })
    });
    assert_eq!(panic.as_deref(), Some("boom"));
    assert_eq!(
        log.take(),
        ["start 7 - -", "error 7 panic boom -", "end 7 panic boom -"]
    );
    kept.unwrap().call(Ok("fine"));
    assert_eq!(log.take(), ["async_start 7 ok fine -", "async_end 7 - -"]);
}

/// Rust alone: a callback can be dropped.
#[test]
fn a_callback_dropped_uncalled_is_told_once_as_cancelled_after_it_is_gone() {
    static CALLS: Calls = TracingChannel::new("test.callback_dropped");
    let log = Log::new();
    let _subscription = CALLS.subscribe(Watch(log.clone(), &ID));
    let writer = log.clone();
    let owned = OnDrop::new(move || writer.push("dropped"));
    let callback = move |_: Result<&'static str, String>| drop(owned);
    CALLS.trace_callback(7, callback, drop);
    assert_eq!(
        log.take(),
        [
            "start 7 - -",
            "dropped",
            "async_start 7 cancelled -",
            "async_end 7 cancelled -",
            "end 7 - -"
        ]
    );
}

/// `DC-12`
#[test]
fn where_nobody_listens_the_callback_is_plain() {
    static CALLS: Calls = TracingChannel::new("test.callback_untraced");
    let log = Log::new();
    root(|| {
        let callback = |outcome: Result<&'static str, String>| {
            ID.enter_with(3);
            outcome
        };
        let callback = CALLS.trace_callback(7, callback, |callback| callback);
        assert_eq!(format!("{callback:?}"), "TracedCallback { is_traced: false }");
        let _subscription = CALLS.subscribe(Watch(log.clone(), &ID));
        assert_eq!(callback.call(Ok("fine")), Ok("fine"));
        assert_eq!(ID.get_store(), Some(3));
    });
    assert!(log.take().is_empty());
}

/// `DC-14`: what Node's queues do by themselves.
#[test]
fn a_callback_bound_in_the_function_has_the_stores_of_the_start() {
    static CALLS: Calls = TracingChannel::new("test.callback_bound");
    static SPAN: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    CALLS.start().bind_store(&SPAN, |trace| *trace.context());
    let callback = |_: Result<&'static str, String>| SPAN.get_store();
    let bound = CALLS.trace_callback(7, callback, |callback| {
        (move |outcome| callback.call(outcome)).bind_once()
    });
    let seen = std::thread::spawn(move || bound(Ok("fine"))).join().unwrap();
    assert_eq!(seen, Some(7));
}
