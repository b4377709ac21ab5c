//! Events as a stream.

use super::support::{Lines, PLACE, poll};
use futures::executor::block_on;
use std::panic::catch_unwind;
use std::pin::pin;
use std::sync::{Arc, Barrier, Mutex};
use std::task::Poll;
use std::thread;
use throughline::events::{ERROR, On, OnError, on};
use throughline::{Event, EventEmitter};

const TICK: Event<u32> = Event::new("tick");
const END: Event = Event::new("end");
const CLOSE: Event<str> = Event::new("close");

fn next(ticks: &mut On<u32>) -> Poll<Option<Result<u32, String>>> {
    let next = pin!(ticks.next());
    let mut next = next;
    poll(&mut next)
        .0
        .map(|item| item.map(|item| item.map_err(|error| error.to_string())))
}

fn ready(ticks: &mut On<u32>) -> Option<Result<u32, String>> {
    match next(ticks) {
        Poll::Ready(item) => item,
        Poll::Pending => panic!("nothing is ready"),
    }
}

fn missed(n: u64) -> Option<Result<u32, String>> {
    Some(Err(OnError::Missed(n).to_string()))
}

fn listening(emitter: &EventEmitter) -> [usize; 4] {
    let [ticks, errors] = [emitter.listener_count(&TICK), emitter.listener_count(&ERROR)];
    [
        ticks,
        errors,
        emitter.listener_count(&END),
        emitter.listener_count(&CLOSE),
    ]
}

// EE-18, ours: no event is lost without a word, and the buffer is bounded.
#[test]
fn what_does_not_fit_is_counted_at_its_place() {
    let emitter = EventEmitter::new();
    let mut ticks = on(&emitter, &TICK).with_capacity(2);
    (0..5).for_each(|n| _ = emitter.emit(&TICK, &n));
    assert_eq!(ready(&mut ticks), Some(Ok(0)));
    emitter.emit(&TICK, &5);
    (6..8).for_each(|n| _ = emitter.emit(&TICK, &n));
    assert_eq!(ready(&mut ticks), Some(Ok(1)));
    assert_eq!(ready(&mut ticks), missed(3));
    assert_eq!(ready(&mut ticks), Some(Ok(5)));
    assert_eq!(ready(&mut ticks), missed(2));
    assert!(next(&mut ticks).is_pending());
    emitter.emit(&TICK, &8);
    assert_eq!(ready(&mut ticks), Some(Ok(8)));
    assert_eq!(
        OnError::Missed(3).to_string(),
        "3 events were missed: the buffer was full"
    );
}

#[test]
fn a_stream_keeps_1024_events_unless_told_otherwise() {
    let emitter = EventEmitter::new();
    let mut ticks = on(&emitter, &TICK);
    (0..1025).for_each(|n| _ = emitter.emit(&TICK, &n));
    (0..1024).for_each(|n| assert_eq!(ready(&mut ticks), Some(Ok(n))));
    assert_eq!(ready(&mut ticks), missed(1));
}

#[test]
fn a_stream_that_could_keep_nothing_is_refused() {
    let emitter = EventEmitter::new();
    assert!(catch_unwind(|| on(&emitter, &TICK).with_capacity(0)).is_err());
    assert_eq!(listening(&emitter), [0; 4]);
}

// EE-18: for the end there is always room.
#[test]
fn an_error_is_the_last_item_also_of_a_full_stream() {
    let emitter = EventEmitter::new();
    let mut ticks = on(&emitter, &TICK).with_capacity(1);
    (0..3).for_each(|n| _ = emitter.emit(&TICK, &n));
    emitter.emit_error("broken").unwrap();
    assert!(emitter.emit_error("again").is_err());
    assert_eq!(ready(&mut ticks), Some(Ok(0)));
    assert_eq!(ready(&mut ticks), missed(2));
    assert_eq!(ready(&mut ticks), Some(Err("broken".to_owned())));
    assert_eq!((ready(&mut ticks), ready(&mut ticks)), (None, None));
}

// EE-18: the first of several closing events ends it, after what came before.
#[test]
fn any_of_the_closing_events_ends_the_stream() {
    for close in [
        |emitter: &EventEmitter| emitter.emit(&END, &()),
        |emitter: &EventEmitter| emitter.emit(&CLOSE, "now"),
    ] {
        let emitter = EventEmitter::new();
        let mut ticks = on(&emitter, &TICK).close_on(&END).close_on(&CLOSE);
        assert_eq!(listening(&emitter), [1; 4]);
        emitter.emit(&TICK, &1);
        assert!(close(&emitter));
        assert_eq!(listening(&emitter), [0; 4]);
        assert_eq!((ready(&mut ticks), ready(&mut ticks)), (Some(Ok(1)), None));
    }
}

#[test]
fn a_stream_of_what_cannot_come_ends_after_what_came() {
    let ends: [fn(EventEmitter); 3] = [
        drop,
        |emitter| emitter.remove_all_listeners(),
        |emitter| emitter.remove_all_listeners_of(&TICK),
    ];
    for end in ends {
        let emitter = EventEmitter::new();
        let mut ticks = on(&emitter, &TICK);
        emitter.emit(&TICK, &1);
        assert_eq!(ready(&mut ticks), Some(Ok(1)));
        let wakes = {
            let mut next = pin!(ticks.next());
            let (polled, wakes) = poll(&mut next);
            assert!(polled.is_pending());
            wakes
        };
        end(emitter);
        assert_eq!((wakes.get(), ready(&mut ticks)), (1, None));
    }
}

#[test]
fn a_closing_event_named_after_the_emitter_is_gone_is_no_matter() {
    let emitter = EventEmitter::new();
    let ticks = on(&emitter, &TICK);
    drop(emitter);
    assert_eq!(ready(&mut ticks.close_on(&END)), None);
}

#[test]
fn a_stream_that_is_dropped_stops_listening() {
    let emitter = EventEmitter::new();
    let ticks = on(&emitter, &TICK).close_on(&END);
    assert_eq!(listening(&emitter), [1, 1, 1, 0]);
    drop(ticks);
    assert_eq!((listening(&emitter), emitter.emit(&TICK, &1)), ([0; 4], false));
}

// What nobody read is dropped where the stream is, and not where an emission still has its listener.
#[test]
fn a_full_stream_that_is_dropped_drops_what_it_kept_there_and_then() {
    struct Payload(Lines);
    impl Clone for Payload {
        fn clone(&self) -> Self {
            Payload(self.0.clone())
        }
    }
    impl Drop for Payload {
        fn drop(&mut self) {
            self.0.place("dropped");
        }
    }
    const PAYLOAD: Event<Payload> = Event::new("payload");
    let emitter = EventEmitter::new();
    let lines = Lines::new();
    let stream = Arc::new(Mutex::new(Some(on(&emitter, &PAYLOAD).with_capacity(2))));
    let (slot, log) = (Arc::clone(&stream), lines.clone());
    emitter.on(&PAYLOAD, move |_| {
        let stream = slot.lock().unwrap().take();
        PLACE.run("reader", || drop(stream));
        log.place("stream dropped");
    });
    let payload = Payload(lines.clone());
    PLACE.run("first", || emitter.emit(&PAYLOAD, &payload));
    assert_eq!(lines.take(), ["dropped: reader", "stream dropped: first"]);

    // Three of which two fit: the third goes at once, in the emission that it came too late with.
    let mut stream = on(&emitter, &PAYLOAD).with_capacity(2);
    PLACE.run("emission", || {
        (0..3).for_each(|_| _ = emitter.emit(&PAYLOAD, &payload))
    });
    let told = lines.take();
    assert_eq!(
        told.iter().filter(|line| **line == "dropped: emission").count(),
        1
    );
    let first = block_on(stream.next());
    PLACE.run("reader", || drop((first, stream)));
    assert_eq!(lines.take(), ["dropped: reader"; 2]);
    std::mem::forget(payload);
}

#[test]
fn a_stream_that_ends_while_two_threads_emit_tells_all_or_how_much_is_missing() {
    for _ in 0..50 {
        let emitter = EventEmitter::new();
        let mut ticks = on(&emitter, &TICK).with_capacity(8).close_on(&END);
        let start = Barrier::new(3);
        thread::scope(|s| {
            let emitting = [(); 2].map(|()| {
                s.spawn(|| {
                    start.wait();
                    (0..500).for_each(|n| _ = emitter.emit(&TICK, &n));
                })
            });
            let reading = s.spawn(|| {
                start.wait();
                let mut told = 0;
                while let Some(item) = block_on(ticks.next()) {
                    told += match item {
                        Ok(_) => 1,
                        Err(OnError::Missed(n)) => n,
                        Err(error) => panic!("{error}"),
                    };
                }
                told
            });
            for thread in emitting {
                thread.join().unwrap();
            }
            emitter.emit(&END, &());
            assert_eq!(reading.join().unwrap(), 1000);
        });
        assert_eq!(listening(&emitter), [0; 4]);
    }
}

// Cancel safety of `next`.
#[test]
fn a_next_that_is_dropped_takes_nothing_with_it() {
    let emitter = EventEmitter::new();
    let mut ticks = on(&emitter, &TICK);
    assert!(next(&mut ticks).is_pending());
    emitter.emit(&TICK, &1);
    drop(ticks.next());
    assert_eq!(ready(&mut ticks), Some(Ok(1)));
}

#[test]
fn events_from_another_thread_all_arrive_in_order() {
    let emitter = EventEmitter::new();
    let mut ticks = on(&emitter, &TICK).with_capacity(2000).close_on(&END);
    let start = Barrier::new(2);
    let read = thread::scope(|s| {
        s.spawn(|| {
            start.wait();
            (0..2000).for_each(|n| _ = emitter.emit(&TICK, &n));
            emitter.emit(&END, &());
        });
        start.wait();
        block_on(async {
            let mut read = Vec::new();
            while let Some(tick) = ticks.next().await {
                read.push(tick.unwrap());
            }
            read
        })
    });
    assert_eq!(read, (0..2000).collect::<Vec<_>>());
}

#[cfg(feature = "stream")]
#[test]
fn it_is_a_stream_and_says_when_it_has_ended() {
    use futures::StreamExt;
    use futures::stream::FusedStream;

    let emitter = EventEmitter::new();
    let mut lines = on(&emitter, &CLOSE).close_on(&END);
    emitter.emit(&CLOSE, "one");
    emitter.emit(&CLOSE, "two");
    emitter.emit(&END, &());
    assert!(!lines.is_terminated());
    let read: Vec<String> = block_on(StreamExt::by_ref(&mut lines).map(Result::unwrap).collect());
    assert_eq!(read, ["one", "two"]);
    assert!(lines.is_terminated());
}
