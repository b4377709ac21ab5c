//! Who listens: added, removed, counted.

use super::support::{Count, Lines, OnDrop};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use throughline::events::{ERROR, ERROR_MONITOR, NEW_LISTENER, REMOVE_LISTENER};
use throughline::{Event, EventEmitter};

const TICK: Event<u32> = Event::new("tick");
const CLOSE: Event = Event::new("close");

// EE-1: an event's identity is its name, and the type of its payload.
#[test]
fn two_declarations_of_one_name_and_type_are_one_event() {
    let emitter = EventEmitter::new();
    let called = Count::default();
    let count = called.clone();
    // Another address, the same name.
    let name: &'static str = String::from("tick").leak();
    emitter.on(&Event::<u32>::new(name), move |_| count.add());
    assert!(emitter.emit(&TICK, &1));
    assert_eq!(called.get(), 1);
}

// EE-1
#[test]
fn one_name_with_two_payload_types_is_two_events() {
    let emitter = EventEmitter::new();
    let lines = Lines::new();
    let (numbers, texts) = (lines.clone(), lines.clone());
    emitter.on(&TICK, move |n| numbers.push(n));
    let text: Event<str> = Event::new("tick");
    emitter.on(&text, move |t| texts.push(t));
    assert!(emitter.emit(&TICK, &1));
    assert!(emitter.emit(&text, "one"));
    assert_eq!(lines.take(), ["1", "one"]);
    assert_eq!(
        (emitter.listener_count(&TICK), emitter.event_names()),
        (1, vec!["tick", "tick"])
    );
    assert!(!emitter.emit(&Event::<u64>::new("tick"), &1));
}

// EE-1: Node's names may be those of anything, `__proto__` too; and ours may share the bit by which the unheard are told.
#[test]
fn events_of_many_names_are_told_apart() {
    let emitter = EventEmitter::new();
    let names = (0..300).map(|i| &*format!("event {i}").leak());
    let events: Vec<Event<u32>> = names
        .chain(["", "__proto__", "toString"])
        .map(Event::new)
        .collect();
    let lines = Lines::new();
    for (i, event) in events.iter().enumerate().filter(|(i, _)| i % 2 == 0) {
        let lines = lines.clone();
        emitter.on(event, move |n| lines.push(format!("{i} {n}")));
    }
    for (i, event) in events.iter().enumerate() {
        assert_eq!(emitter.emit(event, &7), i % 2 == 0);
        let heard: &[String] = if i % 2 == 0 { &[format!("{i} 7")] } else { &[] };
        assert_eq!(lines.take(), heard);
    }
}

// As those who wait for one of ten thousand answers, each by its name.
#[test]
fn very_many_events_come_and_go_each_by_itself() {
    const MANY: usize = 10_000;
    let answer = |n: usize| Event::<usize>::interned(&format!("answer {n}"));
    let emitter = EventEmitter::new();
    let heard = Arc::new(Mutex::new(Vec::new()));
    for n in 0..MANY {
        let log = Arc::clone(&heard);
        emitter.once(&answer(n), move |answer| log.lock().unwrap().push((n, *answer)));
    }
    assert_eq!(emitter.event_names().len(), MANY);
    for n in (0..MANY).rev() {
        assert!(emitter.emit(&answer(n), &(2 * n)));
        assert!(!emitter.emit(&answer(n), &0));
    }
    assert!(emitter.event_names().is_empty());
    assert!(
        (0..MANY)
            .rev()
            .map(|n| (n, 2 * n))
            .eq(heard.lock().unwrap().drain(..))
    );
}

#[test]
fn the_names_of_an_emitters_own_events_are_refused() {
    for own in [
        ERROR.name(),
        ERROR_MONITOR.name(),
        NEW_LISTENER.name(),
        REMOVE_LISTENER.name(),
    ] {
        assert!(catch_unwind(|| Event::<u32>::new(own)).is_err(), "{own}");
        let longer = format!("{own}s").leak();
        assert_eq!(Event::<u32>::new(longer).name(), longer);
        assert_eq!(Event::<u32>::new(&own[1..]).name(), &own[1..]);
    }
}

// EE-5, R: exact removal by handle, in place of Node's search from the end.
#[test]
fn a_handle_removes_its_listener_and_no_other() {
    let emitter = EventEmitter::new();
    let lines = Lines::new();
    let add = |who: &'static str| {
        let lines = lines.clone();
        emitter.on(&CLOSE, move |()| lines.push(who))
    };
    let (a, b, c) = (add("a"), add("b"), add("c"));
    assert_eq!(emitter.listeners(&CLOSE), [a, b, c]);
    assert!(emitter.off(b));
    assert!(!emitter.off(b));
    emitter.emit(&CLOSE, &());
    assert_eq!(lines.take(), ["a", "c"]);

    let other = EventEmitter::new();
    other.on(&CLOSE, |()| {});
    assert!(!other.off(a));
    assert_eq!(
        (other.listener_count(&CLOSE), emitter.listener_count(&CLOSE)),
        (1, 2)
    );
}

// EE-12
#[test]
fn a_once_listener_can_be_removed_before_it_was_called() {
    let emitter = EventEmitter::new();
    let id = emitter.once(&CLOSE, |()| panic!("it was removed"));
    assert!(emitter.off(id));
    assert!(!emitter.emit(&CLOSE, &()));
}

// EE-8
#[test]
fn the_list_of_listeners_is_a_copy_in_the_order_of_calls() {
    let emitter = EventEmitter::new();
    let b = emitter.on(&CLOSE, |()| {});
    let c = emitter.once(&CLOSE, |()| {});
    let a = emitter.prepend_listener(&CLOSE, |()| {});
    let listeners = emitter.listeners(&CLOSE);
    emitter.emit(&CLOSE, &());
    assert_eq!(
        (listeners, emitter.listeners(&CLOSE)),
        (vec![a, b, c], vec![a, b])
    );
}

// EE-16
#[test]
fn an_event_whose_listeners_are_gone_is_forgotten() {
    let emitter = EventEmitter::new();
    let id = emitter.on(&TICK, |_| {});
    emitter.on(&CLOSE, |()| {});
    assert_eq!(format!("{emitter:?}"), r#"EventEmitter {"tick": 1, "close": 1}"#);
    emitter.off(id);
    assert_eq!(emitter.event_names(), ["close"]);
    emitter.remove_all_listeners();
    assert_eq!(format!("{emitter:?}"), "EventEmitter {}");
    assert!(!emitter.emit(&CLOSE, &()));
}

// EE-2: not in the list yet. What listens for new listeners has the say.
#[test]
fn a_listener_whose_announcement_panics_is_dropped_and_not_added() {
    let emitter = EventEmitter::new();
    let id = emitter.on(&NEW_LISTENER, |_| panic!("no more listeners"));
    let dropped = Count::default();
    let count = dropped.clone();
    let guard = OnDrop(move || count.add());
    let added = catch_unwind(AssertUnwindSafe(|| emitter.on(&CLOSE, move |()| _ = &guard)));
    assert!(added.is_err());
    assert_eq!((dropped.get(), emitter.listener_count(&CLOSE)), (1, 0));
    emitter.off(id);
    emitter.on(&CLOSE, |()| {});
    assert!(emitter.emit(&CLOSE, &()));
}

// EE-2, EE-6
#[test]
fn news_name_the_listener_and_its_event() {
    let emitter = EventEmitter::new();
    let seen = Arc::new(Mutex::new(Vec::new()));
    for event in [&NEW_LISTENER, &REMOVE_LISTENER] {
        let seen = Arc::clone(&seen);
        emitter.on(event, move |info| seen.lock().unwrap().push(*info));
    }
    seen.lock().unwrap().clear();
    let id = emitter.on(&TICK, |_| {});
    emitter.off(id);
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 2);
    for info in &*seen {
        assert_eq!((info.id(), info.event_name()), (id, "tick"));
        assert!(info.is(&TICK) && !info.is(&CLOSE) && !info.is(&Event::<str>::new("tick")));
    }
    assert_eq!(
        format!("{:?}", seen[0]),
        format!("ListenerInfo {{ event_name: \"tick\", id: {id:?} }}")
    );
}

// EE-6
#[test]
fn a_listener_whose_removal_is_announced_by_a_panic_is_removed() {
    let emitter = EventEmitter::new();
    let id = emitter.on(&CLOSE, |()| {});
    emitter.on(&REMOVE_LISTENER, |_| panic!("gone"));
    assert!(catch_unwind(|| emitter.off(id)).is_err());
    assert_eq!(emitter.listener_count(&CLOSE), 0);
}

// EE-7
#[test]
fn removing_all_leaves_other_events_and_other_emitters_alone() {
    let (emitter, other) = (EventEmitter::new(), EventEmitter::new());
    for emitter in [&emitter, &other] {
        emitter.on(&CLOSE, |()| {});
        emitter.on(&TICK, |_| {});
    }
    emitter.remove_all_listeners_of(&CLOSE);
    assert_eq!(emitter.event_names(), ["tick"]);
    emitter.remove_all_listeners();
    assert_eq!((emitter.event_names().len(), other.event_names().len()), (0, 2));
}

/// A listener that uses its emitter when it is dropped: a lock held there would never be let go.
fn add_with_busy_drop(emitter: &EventEmitter, dropped: &Count) -> throughline::events::ListenerId {
    let (weak, dropped) = (emitter.downgrade(), dropped.clone());
    let guard = OnDrop(move || {
        dropped.add();
        if let Some(emitter) = weak.upgrade() {
            emitter.on(&TICK, |_| {});
            emitter.emit(&TICK, &0);
        }
    });
    emitter.on(&CLOSE, move |()| _ = &guard)
}

// Law 5
// EE-7, EE-16: Node removes in the order in which it names events, its symbol last but one.
#[test]
fn removing_all_goes_by_the_order_of_the_names() {
    const A: Event = Event::new("a");
    let emitter = EventEmitter::new();
    let lines = Lines::new();
    let log = lines.clone();
    emitter.on(&ERROR_MONITOR, |_| {});
    emitter.on(&REMOVE_LISTENER, move |info| log.push(info.event_name()));
    emitter.on(&A, |()| {});
    emitter.on(&ERROR, |_| {});
    assert_eq!(
        emitter.event_names(),
        ["removeListener", "a", "error", "errorMonitor"]
    );
    emitter.remove_all_listeners();
    assert_eq!(lines.take(), ["a", "error", "errorMonitor"]);
}

#[test]
fn what_is_removed_is_dropped_under_no_lock_and_at_once() {
    let emitter = EventEmitter::new();
    let dropped = Count::default();
    for emitted in [false, true] {
        let id = add_with_busy_drop(&emitter, &dropped);
        if emitted {
            emitter.emit(&CLOSE, &());
        }
        emitter.off(id);
        assert_eq!(dropped.get(), 1 + usize::from(emitted));
    }
    for remove in [EventEmitter::remove_all_listeners, |emitter: &EventEmitter| {
        emitter.remove_all_listeners_of(&CLOSE)
    }] {
        let before = dropped.get();
        add_with_busy_drop(&emitter, &dropped);
        add_with_busy_drop(&emitter, &dropped);
        remove(&emitter);
        assert_eq!(dropped.get(), before + 2);
        assert!(
            emitter.listener_count(&TICK) >= 2,
            "what a destructor added is there"
        );
    }
    add_with_busy_drop(&emitter, &dropped);
    drop(emitter);
    assert_eq!(dropped.get(), 7);
}

#[test]
fn a_handle_that_listeners_may_keep_does_not_keep_the_emitter() {
    let emitter = EventEmitter::new();
    let weak = emitter.downgrade();
    let kept = weak.clone();
    emitter.on(&CLOSE, move |()| assert!(kept.upgrade().is_some()));
    weak.upgrade().unwrap().emit(&CLOSE, &());
    drop(emitter);
    assert!(weak.upgrade().is_none());
}

#[test]
fn clones_are_one_emitter() {
    let emitter = EventEmitter::default();
    let clone = emitter.clone();
    let id = clone.on(&CLOSE, |()| {});
    assert!(emitter.emit(&CLOSE, &()));
    assert!(emitter.off(id));
    assert!(!clone.emit(&CLOSE, &()));
}
