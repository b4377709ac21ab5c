//! Tracing channels, and `trace_sync` (`DC-12`, `DC-13`).

use super::support::{Log, panic_of, reports_about, text_of};
use throughline::channel::{Channel, Trace, TraceEvents, TraceSubscriber, TracingChannel, tracing_channel};
use throughline::{AsyncLocalStorage, root};

pub(super) type Calls = TracingChannel<u32, &'static str, String>;
pub(super) type Call = Trace<u32, &'static str, String>;

/// Writes all events down, with what is known of the outcome, and a store.
pub(super) struct Watch(pub(super) Log, pub(super) &'static AsyncLocalStorage<u32>);

impl Watch {
    fn write(&self, event: &str, trace: &Call) {
        let outcome = match trace.panic() {
            Some(payload) => format!("panic {}", text_of(payload)),
            None if trace.is_cancelled() => "cancelled".to_owned(),
            None => match (trace.result(), trace.error()) {
                (Some(result), _) => format!("ok {result}"),
                (_, Some(error)) => format!("err {error}"),
                _ => "-".to_owned(),
            },
        };
        let store = self
            .1
            .get_store()
            .map_or("-".to_owned(), |store| store.to_string());
        self.0
            .push(format!("{event} {} {outcome} {store}", trace.context()));
    }
}

impl TraceSubscriber<u32, &'static str, String> for Watch {
    fn start(&self, trace: &Call) {
        self.write("start", trace);
    }
    fn end(&self, trace: &Call) {
        self.write("end", trace);
    }
    fn async_start(&self, trace: &Call) {
        self.write("async_start", trace);
    }
    fn async_end(&self, trace: &Call) {
        self.write("async_end", trace);
    }
    fn error(&self, trace: &Call) {
        self.write("error", trace);
    }
}

static ID: AsyncLocalStorage<u32> = AsyncLocalStorage::new();

/// `DC-13`
#[test]
fn a_call_is_told_at_its_start_and_with_its_result_at_its_end() {
    static CALLS: Calls = TracingChannel::new("test.sync");
    let log = Log::new();
    let _subscription = CALLS.subscribe(Watch(log.clone(), &ID));
    CALLS.start().bind_store(&ID, |trace| *trace.context());
    let answer = CALLS.trace_sync(7, || {
        log.push(format!("call {:?}", ID.get_store()));
        Ok("fine")
    });
    assert_eq!(answer, Ok("fine"));
    assert_eq!(log.take(), ["start 7 - 7", "call Some(7)", "end 7 ok fine 7"]);
    assert_eq!(ID.get_store(), None);
}

/// `DC-13`
#[test]
fn an_error_is_told_before_the_end_and_given_back() {
    static CALLS: Calls = TracingChannel::new("test.sync_error");
    let log = Log::new();
    let _subscription = CALLS.subscribe(Watch(log.clone(), &ID));
    assert_eq!(
        CALLS.trace_sync(7, || Err("bad".to_owned())),
        Err("bad".to_owned())
    );
    assert_eq!(
        log.take(),
        ["start 7 - -", "error 7 err bad -", "end 7 err bad -"]
    );
}

/// `DC-13`: a panic is what else can be thrown.
#[test]
fn a_panic_is_told_as_an_error_and_goes_on() {
    static CALLS: Calls = TracingChannel::new("test.sync_panic");
    let log = Log::new();
    let _subscription = CALLS.subscribe(Watch(log.clone(), &ID));
    CALLS.start().bind_store(&ID, |trace| *trace.context());
    let panic = panic_of(|| CALLS.trace_sync(7, || panic!("boom")));
    assert_eq!(panic.as_deref(), Some("boom"));
    assert_eq!(
        log.take(),
        ["start 7 - 7", "error 7 panic boom 7", "end 7 panic boom 7"]
    );
    assert_eq!(ID.get_store(), None);
}

/// `DC-12`
#[test]
fn where_nobody_listens_a_call_is_plain_and_who_comes_later_hears_nothing_of_it() {
    static CALLS: Calls = TracingChannel::new("test.sync_untraced");
    let log = Log::new();
    root(|| {
        let mut subscription = None;
        let answer = CALLS.trace_sync(7, || {
            ID.enter_with(3);
            subscription = Some(CALLS.subscribe(Watch(log.clone(), &ID)));
            Err("bad".to_owned())
        });
        assert!(answer.is_err());
        assert_eq!(ID.get_store(), Some(3));
        assert!(log.take().is_empty());
        assert!(CALLS.has_subscribers());
    });
}

/// `DC-12`: any of the five will do.
#[test]
fn each_of_the_five_channels_makes_calls_traced() {
    static CALLS: Calls = TracingChannel::new("test.sync_any");
    let channels = [
        CALLS.start(),
        CALLS.end(),
        CALLS.async_start(),
        CALLS.async_end(),
        CALLS.error(),
    ];
    for channel in channels {
        assert!(!CALLS.has_subscribers());
        let subscription = channel.subscribe(|_| ());
        assert!(CALLS.has_subscribers());
        drop(subscription);
    }
    assert!(!CALLS.has_subscribers());
}

/// `DC-12`: a traced call's later events reach whoever listens by then, as in Node.
#[test]
fn who_subscribes_during_a_traced_call_hears_the_rest_of_it() {
    static CALLS: Calls = TracingChannel::new("test.sync_late");
    let log = Log::new();
    let _subscription = CALLS.error().subscribe(|_| ());
    let mut late = None;
    let answer = CALLS.trace_sync(7, || {
        late = Some(CALLS.subscribe(Watch(log.clone(), &ID)));
        Ok("fine")
    });
    assert_eq!(answer, Ok("fine"));
    assert_eq!(log.take(), ["end 7 ok fine -"]);
}

/// `DC-3`
#[test]
fn panicking_subscribers_are_reported_and_the_call_is_not_harmed() {
    struct Panics;
    impl TraceSubscriber<u32, &'static str, String> for Panics {
        fn start(&self, _: &Call) {
            panic!("at start");
        }
        fn end(&self, _: &Call) {
            panic!("at end");
        }
    }
    static CALLS: Calls = TracingChannel::new("test.sync_subscribers_panic");
    let _subscription = CALLS.subscribe(Panics);
    let reports = reports_about("test.sync", || {
        assert_eq!(CALLS.trace_sync(7, || Ok("fine")), Ok("fine"))
    });
    assert_eq!(
        reports,
        [
            "panic in subscriber of channel `tracing:test.sync_subscribers_panic:start`: at start",
            "panic in subscriber of channel `tracing:test.sync_subscribers_panic:end`: at end",
        ]
    );
}

/// `DC-1`, `DC-12`
#[test]
fn it_can_be_had_by_name_or_made_of_channels() {
    static CALLS: Calls = TracingChannel::new("test.sync_named");
    let log = Log::new();
    let named: Calls = tracing_channel("test.sync_named");
    let _subscription = named.end().subscribe(log.writer("named"));
    let made = TracingChannel::of(TraceEvents {
        start: Channel::new("test.sync_made.start"),
        end: CALLS.end().clone(),
        async_start: Channel::new("test.sync_made.async_start"),
        async_end: Channel::new("test.sync_made.async_end"),
        error: Channel::new("test.sync_made.error"),
    });
    assert_eq!(CALLS.trace_sync(1, || Ok("a")), Ok("a"));
    assert_eq!(made.clone().trace_sync(1, || Ok("b")), Ok("b"));
    assert_eq!(log.take(), ["named", "named"]);
}

/// For what cannot fail.
#[test]
fn a_call_without_error_answers_itself() {
    static SUM: TracingChannel<(), u32, std::convert::Infallible> =
        TracingChannel::new("test.sync_infallible");
    let log = Log::new();
    let writer = log.clone();
    let _subscription = SUM
        .end()
        .subscribe(move |trace| writer.push(format!("{trace:?}")));
    let Ok(sum) = SUM.trace_sync((), || Ok(1 + 1));
    assert_eq!(sum, 2);
    assert_eq!(log.take(), ["Trace { context: (), result: 2, .. }"]);
}

/// A context that subscribers change: what they keep of a call, from one event to the next.
#[test]
fn a_context_can_carry_what_subscribers_put_into_it() {
    use std::sync::OnceLock;
    static CALLS: TracingChannel<OnceLock<u32>, (), ()> = TracingChannel::new("test.sync_context");
    let log = Log::new();
    let writer = log.clone();
    let _start = CALLS.start().subscribe(|trace| trace.context().set(42).unwrap());
    let _end = CALLS
        .end()
        .subscribe(move |trace| writer.push(format!("{:?}", trace.context().get())));
    CALLS.trace_sync(OnceLock::new(), || Ok(())).unwrap();
    assert_eq!(log.take(), ["Some(42)"]);
}
