//! The next event as a future.

use super::support::{Count, Lines, OnDrop, PLACE, poll};
use crate::support::reports::reports_of;
use futures::executor::block_on;
use std::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Barrier};
use std::task::Poll;
use std::thread;
use throughline::events::{ERROR, NEW_LISTENER, OnceError, REMOVE_LISTENER, once};
use throughline::{Event, EventEmitter, FutureContextExt};

const TICK: Event<u32> = Event::new("tick");
const LINE: Event<str> = Event::new("line");

fn listening(emitter: &EventEmitter) -> (usize, usize) {
    (emitter.listener_count(&TICK), emitter.listener_count(&ERROR))
}

// EE-18
#[test]
fn a_wait_that_is_dropped_stops_listening() {
    let emitter = EventEmitter::new();
    let mut polled = once(&emitter, &TICK);
    assert!(poll(&mut polled).0.is_pending());
    let unpolled = once(&emitter, &TICK);
    assert_eq!(listening(&emitter), (2, 2));
    drop(polled);
    assert_eq!(listening(&emitter), (1, 1));
    drop(unpolled);
    assert_eq!((listening(&emitter), emitter.emit(&TICK, &1)), ((0, 0), false));
}

#[test]
fn an_event_wakes_whoever_waits_once_and_all_who_wait() {
    let emitter = EventEmitter::new();
    let (mut one, mut other) = (once(&emitter, &LINE), once(&emitter, &LINE));
    let (_, former) = poll(&mut one);
    let (_, wakes) = poll(&mut one);
    emitter.emit(&LINE, "hello");
    emitter.emit(&LINE, "again");
    assert_eq!((former.get(), wakes.get()), (0, 1));
    for once in [&mut one, &mut other] {
        let Poll::Ready(Ok(line)) = poll(once).0 else {
            panic!("it has come");
        };
        assert_eq!(line, "hello");
    }
}

// EE-18: its listeners are gone before whoever waits is woken.
#[test]
fn an_error_after_the_event_is_not_taken_for_handled() {
    let emitter = EventEmitter::new();
    let first = once(&emitter, &TICK);
    emitter.emit(&TICK, &1);
    assert!(emitter.emit_error("late").is_err());
    assert_eq!(block_on(first).unwrap(), 1);
}

#[test]
fn an_error_ends_the_wait_with_that_error() {
    let emitter = EventEmitter::new();
    let failed = once(&emitter, &TICK);
    emitter.emit_error(std::fmt::Error).unwrap();
    let error = block_on(failed).unwrap_err();
    assert_eq!(error.to_string(), std::fmt::Error.to_string());
    assert!(error.source().is_none());
    assert!(matches!(error, OnceError::Emitted(error) if error.is::<std::fmt::Error>()));
}

// Ours: Node's promise would be pending for ever.
#[test]
fn a_wait_for_what_cannot_come_ends() {
    let ends: [fn(EventEmitter); 3] = [
        drop,
        |emitter| emitter.remove_all_listeners(),
        |emitter| emitter.remove_all_listeners_of(&TICK),
    ];
    for end in ends {
        let emitter = EventEmitter::new();
        let mut waiting = once(&emitter, &TICK);
        let (_, wakes) = poll(&mut waiting);
        end(emitter);
        assert_eq!(wakes.get(), 1);
        assert!(matches!(
            poll(&mut waiting).0,
            Poll::Ready(Err(OnceError::Removed))
        ));
    }
}

// §4: "events.once: the awaiting code".
#[test]
fn what_awaits_goes_on_in_its_own_context() {
    let emitter = EventEmitter::new();
    let lines = Lines::new();
    let log = lines.clone();
    let waiting = once(&emitter, &TICK);
    let mut task = Box::pin(PLACE.run("waiting", || {
        async move {
            waiting.await.unwrap();
            log.place("awaited");
        }
        .in_context()
    }));
    assert!(poll(&mut task).0.is_pending());
    PLACE.run("emission", || emitter.emit(&TICK, &1));
    PLACE.run("poll", || assert!(poll(&mut task).0.is_ready()));
    assert_eq!(lines.take(), ["awaited: waiting"]);
}

#[test]
fn a_wait_that_is_polled_after_it_was_ready_panics() {
    let emitter = EventEmitter::new();
    let mut waiting = once(&emitter, &TICK);
    emitter.emit(&TICK, &1);
    assert!(poll(&mut waiting).0.is_ready());
    assert!(catch_unwind(AssertUnwindSafe(|| poll(&mut waiting))).is_err());
}

#[test]
fn a_payload_whose_clone_panics_panics_out_of_the_emission_and_the_wait_goes_on() {
    struct Shy(bool);
    impl Clone for Shy {
        fn clone(&self) -> Self {
            assert!(!self.0, "not to be cloned");
            Shy(self.0)
        }
    }
    let event: Event<Shy> = Event::new("shy");
    let emitter = EventEmitter::new();
    let mut waiting = once(&emitter, &event);
    let (_, wakes) = poll(&mut waiting);
    assert!(catch_unwind(AssertUnwindSafe(|| emitter.emit(&event, &Shy(true)))).is_err());
    assert!(wakes.get() == 0 && poll(&mut waiting).0.is_pending());
    emitter.emit(&event, &Shy(false));
    assert!(poll(&mut waiting).0.is_ready());
}

#[test]
fn a_panic_at_the_removal_of_its_listeners_does_not_keep_the_event_from_whoever_waits() {
    let emitter = EventEmitter::new();
    emitter.on(&REMOVE_LISTENER, |_| panic!("removed"));
    let mut waiting = once(&emitter, &TICK);
    let (_, wakes) = poll(&mut waiting);
    assert!(catch_unwind(|| emitter.emit(&TICK, &1)).is_err());
    assert_eq!(wakes.get(), 1);
    assert!(matches!(poll(&mut waiting).0, Poll::Ready(Ok(1))));
    // Nor does it leave one of them, which would take errors for handled.
    assert_eq!(listening(&emitter), (0, 0));
}

#[test]
fn a_panic_at_the_removal_of_its_listeners_is_reported_where_a_wait_is_dropped() {
    let emitter = EventEmitter::new();
    emitter.on(&REMOVE_LISTENER, |info| panic!("removed {}", info.event_name()));
    let waiting = once(&emitter, &TICK);
    let reports = reports_of(|| drop(waiting));
    // The first goes last: elsewhere, it is the one to go on.
    assert_eq!(
        reports,
        ["error", "tick"].map(|name| format!("panic in a listener of removeListener: removed {name}"))
    );
    assert_eq!(listening(&emitter), (0, 0));
}

#[test]
fn a_wait_dropped_while_another_thread_emits_leaves_no_listener_and_no_payload() {
    let event: Event<Arc<()>> = Event::new("shared");
    let payload = Arc::new(());
    for _ in 0..300 {
        let emitter = EventEmitter::new();
        let waiting = once(&emitter, &event);
        let start = Barrier::new(2);
        thread::scope(|s| {
            s.spawn(|| {
                start.wait();
                emitter.emit(&event, &payload);
            });
            start.wait();
            drop(waiting);
        });
        assert_eq!(emitter.listener_count(&event), 0);
        assert_eq!(Arc::strong_count(&payload), 1);
    }
}

// Between the two registrations of one wait, anything may be emitted.
#[test]
fn an_event_emitted_while_the_wait_registers_leaves_no_listener_behind() {
    let emitter = EventEmitter::new();
    let weak = emitter.downgrade();
    emitter.on(&NEW_LISTENER, move |info| {
        if info.is(&ERROR) {
            weak.upgrade().unwrap().emit(&TICK, &7);
        }
    });
    let waiting = once(&emitter, &TICK);
    assert_eq!(listening(&emitter), (0, 0));
    assert_eq!(block_on(waiting).unwrap(), 7);
}

#[test]
fn what_waits_and_what_emits_may_be_on_two_threads() {
    for n in 0..300 {
        let emitter = EventEmitter::new();
        let waiting = once(&emitter, &TICK);
        let start = Barrier::new(2);
        thread::scope(|s| {
            s.spawn(|| {
                start.wait();
                emitter.emit(&TICK, &n);
            });
            start.wait();
            assert_eq!(block_on(waiting).unwrap(), n);
        });
        assert_eq!(listening(&emitter), (0, 0));
    }
}

// Law 5: a payload's destructor may use the emitter.
#[test]
fn a_payload_that_nobody_took_is_dropped_under_no_lock() {
    type Payload = Arc<OnDrop<Box<dyn FnMut() + Send + Sync>>>;
    let emitter = EventEmitter::new();
    let dropped = Count::default();
    let event: Event<Payload> = Event::new("payload");
    let (weak, count) = (emitter.downgrade(), dropped.clone());
    let payload: Payload = Arc::new(OnDrop(Box::new(move || {
        count.add();
        weak.upgrade().unwrap().emit(&TICK, &1);
    })));
    let waiting = once(&emitter, &event);
    emitter.emit(&event, &payload);
    drop(payload);
    assert_eq!(dropped.get(), 0);
    drop(waiting);
    assert_eq!(dropped.get(), 1);
}
