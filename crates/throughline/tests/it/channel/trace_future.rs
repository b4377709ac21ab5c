//! `trace_future`, Node's `tracePromise` (`DC-12`, `DC-15`, `DC-16`).

use super::support::{Log, OnDrop, panic_of, pause, poll};
use super::trace_sync::{Calls, Watch};
use std::pin::pin;
use std::task::Poll;
use throughline::channel::TracingChannel;
use throughline::{AsyncLocalStorage, root};

static ID: AsyncLocalStorage<u32> = AsyncLocalStorage::new();

/// `DC-15`
#[test]
fn the_first_poll_is_the_call_and_the_asynchronous_end_comes_before_the_caller_goes_on() {
    static CALLS: Calls = TracingChannel::new("test.future_traced");
    let log = Log::new();
    let _subscription = CALLS.subscribe(Watch(log.clone(), &ID));
    let caller = async {
        let answer = CALLS
            .trace_future(7, async {
                log.push("body");
                pause().await;
                log.push("rest");
                Ok("fine")
            })
            .await;
        log.push(format!("caller {answer:?}"));
    };
    let mut caller = pin!(caller);
    assert!(poll(caller.as_mut()).is_pending());
    assert_eq!(log.take(), ["start 7 - -", "body", "end 7 - -"]);
    assert!(poll(caller.as_mut()).is_ready());
    assert_eq!(
        log.take(),
        [
            "rest",
            "async_start 7 ok fine -",
            "async_end 7 ok fine -",
            r#"caller Ok("fine")"#
        ]
    );
}

/// `DC-15`: ready at once, in the same order.
#[test]
fn a_future_that_is_ready_at_once_has_its_end_first() {
    static CALLS: Calls = TracingChannel::new("test.future_ready");
    let log = Log::new();
    let _subscription = CALLS.subscribe(Watch(log.clone(), &ID));
    assert_eq!(
        poll(pin!(CALLS.trace_future(7, async { Ok("fine") }))),
        Poll::Ready(Ok("fine"))
    );
    assert_eq!(
        log.take(),
        [
            "start 7 - -",
            "end 7 - -",
            "async_start 7 ok fine -",
            "async_end 7 ok fine -"
        ]
    );
}

/// `DC-15`
#[test]
fn an_error_is_told_and_given_back() {
    static CALLS: Calls = TracingChannel::new("test.future_error");
    let log = Log::new();
    let _subscription = CALLS.subscribe(Watch(log.clone(), &ID));
    let failing = CALLS.trace_future(7, async { Err("bad".to_owned()) });
    assert_eq!(poll(pin!(failing)), Poll::Ready(Err("bad".to_owned())));
    assert_eq!(
        log.take(),
        [
            "start 7 - -",
            "end 7 - -",
            "error 7 err bad -",
            "async_start 7 err bad -",
            "async_end 7 err bad -"
        ]
    );
}

/// `DC-15`
#[test]
fn a_panic_is_told_as_an_error_and_goes_on() {
    static CALLS: Calls = TracingChannel::new("test.future_panic");
    let log = Log::new();
    let _subscription = CALLS.subscribe(Watch(log.clone(), &ID));
    let mut future = Box::pin(CALLS.trace_future(7, async {
        pause().await;
        panic!("boom")
    }));
    assert!(poll(future.as_mut()).is_pending());
    let panic = panic_of(|| poll(future.as_mut()));
    assert_eq!(panic.as_deref(), Some("boom"));
    drop(future);
    assert_eq!(
        log.take(),
        [
            "start 7 - -",
            "end 7 - -",
            "error 7 panic boom -",
            "async_start 7 panic boom -",
            "async_end 7 panic boom -"
        ]
    );
}

/// `DC-16`, the part all versions share: the body sees the stores of `start` after an `.await`, too.
#[test]
fn the_stores_of_the_start_are_set_throughout() {
    static CALLS: Calls = TracingChannel::new("test.future_start_store");
    static SPAN: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    let log = Log::new();
    CALLS.start().bind_store(&SPAN, |trace| *trace.context());
    let _subscription = CALLS.subscribe(Watch(log.clone(), &SPAN));
    let mut future = pin!(CALLS.trace_future(7, async {
        pause().await;
        log.push(format!("rest {:?}", SPAN.get_store()));
        Ok("fine")
    }));
    SPAN.run(1, || assert!(poll(future.as_mut()).is_pending()));
    assert!(poll(future.as_mut()).is_ready());
    assert_eq!(SPAN.get_store(), None);
    assert_eq!(
        log.take(),
        [
            "start 7 - 7",
            "end 7 - 7",
            "rest Some(7)",
            "async_start 7 ok fine 7",
            "async_end 7 ok fine 7"
        ]
    );
}

/// `DC-16`, as Node 26.1 and later: earlier ones left the store alone.
#[test]
fn a_store_bound_to_the_asynchronous_start_is_set_until_the_asynchronous_end() {
    static CALLS: Calls = TracingChannel::new("test.future_async_store");
    static SPAN: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    let log = Log::new();
    CALLS.start().bind_store(&SPAN, |trace| *trace.context());
    CALLS
        .async_start()
        .bind_store(&SPAN, |trace| trace.context() + SPAN.get_store().unwrap());
    let _subscription = CALLS.subscribe(Watch(log.clone(), &SPAN));
    let after = OnDrop::new({
        let log = log.clone();
        move || log.push(format!("dropped {:?}", SPAN.get_store()))
    });
    let future = CALLS.trace_future(7, async {
        log.push(format!("body {:?}", SPAN.get_store()));
        Err("bad".to_owned())
    });
    assert!(poll(pin!(future)).is_ready());
    drop(after);
    assert_eq!(
        log.take(),
        [
            "start 7 - 7",
            "body Some(7)",
            "end 7 - 7",
            "error 7 err bad 7",
            "async_start 7 err bad 14",
            "async_end 7 err bad 14",
            "dropped None"
        ]
    );
}

/// `DC-12`
#[test]
fn whether_a_future_is_traced_is_decided_when_it_is_made() {
    static CALLS: Calls = TracingChannel::new("test.future_untraced");
    let log = Log::new();
    let untraced = CALLS.trace_future(1, async { Ok("fine") });
    let subscription = CALLS.subscribe(Watch(log.clone(), &ID));
    assert!(poll(pin!(untraced)).is_ready());
    assert!(log.take().is_empty());

    let traced = CALLS.trace_future(2, async { Ok("fine") });
    drop(subscription);
    assert!(poll(pin!(traced)).is_ready());
    assert!(log.take().is_empty());
}

/// `DC-2`
#[test]
fn an_untraced_future_is_the_bare_one() {
    static CALLS: Calls = TracingChannel::new("test.future_bare");
    root(|| {
        let future = CALLS.trace_future(1, async {
            ID.enter_with(3);
            Ok("fine")
        });
        assert!(poll(pin!(future)).is_ready());
        assert_eq!(ID.get_store(), Some(3));
    });
}

/// Rust alone: a future can be dropped.
#[test]
fn a_future_dropped_pending_is_told_once_as_cancelled_after_it_is_gone() {
    static CALLS: Calls = TracingChannel::new("test.future_cancelled");
    static SPAN: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    let log = Log::new();
    CALLS.start().bind_store(&SPAN, |trace| *trace.context());
    let _subscription = CALLS.subscribe(Watch(log.clone(), &SPAN));
    let writer = log.clone();
    let owned = OnDrop::new(move || writer.push(format!("dropped {:?}", SPAN.get_store())));
    let mut future = Box::pin(CALLS.trace_future(7, async move {
        let _owned = owned;
        pause().await;
        Ok("fine")
    }));
    assert!(poll(future.as_mut()).is_pending());
    drop(future);
    assert_eq!(
        log.take(),
        [
            "start 7 - 7",
            "end 7 - 7",
            "dropped Some(7)",
            "async_start 7 cancelled 7",
            "async_end 7 cancelled 7"
        ]
    );
    drop(CALLS.trace_future(8, async { Ok("never") }));
    assert!(log.take().is_empty());
}

/// Law 4, while its owner unwinds.
#[test]
fn a_future_dropped_by_a_panicking_owner_is_told_as_cancelled() {
    static CALLS: Calls = TracingChannel::new("test.future_unwinding");
    let log = Log::new();
    let _subscription = CALLS.subscribe(Watch(log.clone(), &ID));
    let panic = panic_of(|| {
        let mut future = Box::pin(CALLS.trace_future(7, async {
            pause().await;
            Ok("fine")
        }));
        assert!(poll(future.as_mut()).is_pending());
        panic!("owner");
    });
    assert_eq!(panic.as_deref(), Some("owner"));
    let lines = log.take();
    assert_eq!(
        lines[2..],
        ["async_start 7 cancelled -", "async_end 7 cancelled -"]
    );
}

/// Nesting: the inner call's store knows the outer one's.
#[test]
fn traced_futures_nest() {
    static CALLS: Calls = TracingChannel::new("test.future_nested");
    static SPAN: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    CALLS.start().bind_store(&SPAN, |trace| {
        trace.context() + 10 * SPAN.get_store().unwrap_or(0)
    });
    let log = Log::new();
    let mut outer = pin!(CALLS.trace_future(1, async {
        let inner = CALLS.trace_future(2, async {
            pause().await;
            log.push(format!("inner {:?}", SPAN.get_store()));
            Ok("inner")
        });
        inner.await?;
        log.push(format!("outer {:?}", SPAN.get_store()));
        Ok("outer")
    }));
    assert!(poll(outer.as_mut()).is_pending());
    assert_eq!(poll(outer.as_mut()), Poll::Ready(Ok("outer")));
    assert_eq!(log.take(), ["inner Some(12)", "outer Some(1)"]);
}
