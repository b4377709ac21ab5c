//! Calls: their order, context, boundaries, panics, and other threads.

use super::support::{Count, Lines, OnDrop, PLACE, poll};
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::task::Poll;
use std::thread;
use throughline::events::{ERROR, NEW_LISTENER, Once, REMOVE_LISTENER, once};
use throughline::{Event, EventEmitter, bind, in_boundary, root};

const TICK: Event<u32> = Event::new("tick");
const CLOSE: Event = Event::new("close");

// EE-9: in the context of the emission, on whatever thread that is.
#[test]
fn listeners_run_in_the_context_of_the_emission() {
    let emitter = EventEmitter::new();
    let lines = Lines::new();
    let log = lines.clone();
    PLACE.run("registration", || emitter.on(&CLOSE, move |()| log.place("on")));
    PLACE.run("emission", || emitter.emit(&CLOSE, &()));
    thread::scope(|s| s.spawn(|| emitter.emit(&CLOSE, &())).join().unwrap());
    assert_eq!(lines.take(), ["on: emission", "on: -"]);
}

// ALS-17, the other way: each call is a boundary of its own.
#[test]
fn what_a_listener_enters_is_seen_by_no_other_and_not_by_the_emitters_caller() {
    let emitter = EventEmitter::new();
    let lines = Lines::new();
    let enter = |who: &'static str| {
        let lines = lines.clone();
        move |()| {
            lines.place(who);
            PLACE.enter_with(who);
            lines.place(who);
        }
    };
    let (a, b, c) = (enter("a"), enter("b"), enter("c"));
    emitter.on(&CLOSE, move |()| a(()));
    emitter.once(&CLOSE, move |()| b(()));
    emitter.on_bound(&CLOSE, move |()| c(()));
    let heard = ["a: a", "b: -", "b: b", "c: -", "c: c"];

    assert!(!in_boundary());
    emitter.emit(&CLOSE, &());
    assert_eq!(lines.take()[1..], heard);
    assert!(PLACE.get_store().is_none() && !in_boundary());

    // In a boundary that has entered something itself.
    root(|| {
        PLACE.enter_with("outer");
        emitter.emit(&CLOSE, &());
        assert_eq!(lines.take(), ["a: outer", "a: a", "c: -", "c: c"]);
        assert_eq!(PLACE.get_store(), Some("outer"));
    });
}

// RES-8: each call starts from the captured context again.
#[test]
fn a_bound_listener_runs_and_is_dropped_in_the_registrars_context() {
    let emitter = EventEmitter::new();
    let lines = Lines::new();
    let (called, dropped) = (lines.clone(), lines.clone());
    let id = PLACE.run("registration", || {
        let guard = OnDrop(move || dropped.place("dropped"));
        emitter.on_bound(&CLOSE, move |()| {
            let _ = &guard;
            called.place("called");
            PLACE.enter_with("entered");
        })
    });
    PLACE.run("emission", || emitter.emit(&CLOSE, &()));
    PLACE.run("emission", || emitter.emit(&CLOSE, &()));
    PLACE.run("removal", || emitter.off(id));
    assert_eq!(
        lines.take(),
        [
            "called: registration",
            "called: registration",
            "dropped: registration"
        ]
    );
}

#[test]
fn any_registration_can_be_bound() {
    let emitter = EventEmitter::new();
    let lines = Lines::new();
    let (first, second) = (lines.clone(), lines.clone());
    PLACE.run("registration", || {
        emitter.once(&TICK, bind!(once |n: &u32| first.place(&format!("once {n}"))));
        emitter.prepend_listener(&TICK, bind!(|n: &u32| second.place(&format!("first {n}"))));
    });
    PLACE.run("emission", || emitter.emit(&TICK, &1));
    assert_eq!(lines.take(), ["first 1: registration", "once 1: registration"]);
}

#[test]
fn the_payload_is_lent_not_copied() {
    struct Payload(Box<u32>);
    let event: Event<Payload> = Event::new("lent");
    let emitter = EventEmitter::new();
    let payload = Payload(Box::new(7));
    let address = &raw const *payload.0 as usize;
    emitter.on(&event, move |payload| {
        assert_eq!((&raw const *payload.0 as usize, *payload.0), (address, 7))
    });
    assert!(emitter.emit(&event, &payload));
}

// EE-11
#[test]
fn a_panic_ends_the_emission_with_the_callers_context_back() {
    let emitter = EventEmitter::new();
    let lines = Lines::new();
    let (before, after) = (lines.clone(), lines.clone());
    emitter.on(&CLOSE, move |()| before.push("before"));
    emitter.once(&CLOSE, |()| {
        PLACE.enter_with("entered");
        panic!("up");
    });
    emitter.on(&CLOSE, move |()| after.place("after"));
    PLACE.run("emission", || {
        let panic = catch_unwind(|| emitter.emit(&CLOSE, &())).unwrap_err();
        assert_eq!(*panic.downcast_ref::<&str>().unwrap(), "up");
        assert_eq!(PLACE.get_store(), Some("emission"));
        assert_eq!(lines.take(), ["before"]);
        assert!(emitter.emit(&CLOSE, &()));
    });
    assert_eq!(lines.take(), ["before", "after: emission"]);
}

// EE-10: also what was removed meanwhile is there, and alive, until the emission has ended.
#[test]
fn a_listener_removed_while_it_is_due_is_still_called_and_dropped_with_the_emission() {
    let emitter = EventEmitter::new();
    let lines = Lines::new();
    let (called, dropped) = (lines.clone(), lines.clone());
    let (weak, log) = (emitter.downgrade(), lines.clone());
    let due = Arc::new(Mutex::new(None));
    let id = Arc::clone(&due);
    emitter.on(&CLOSE, move |()| {
        assert!(weak.upgrade().unwrap().off(id.lock().unwrap().unwrap()));
        log.push("removed");
    });
    let guard = OnDrop(move || dropped.push("dropped"));
    *due.lock().unwrap() = Some(emitter.on(&CLOSE, move |()| {
        let _ = &guard;
        called.push("called");
    }));
    emitter.emit(&CLOSE, &());
    assert_eq!(lines.take(), ["removed", "called", "dropped"]);
}

// EE-10: and while one emission goes on, another that begins sees the change.
#[test]
fn a_nested_emission_calls_who_listens_then() {
    let emitter = EventEmitter::new();
    let lines = Lines::new();
    let (outer, weak) = (lines.clone(), emitter.downgrade());
    emitter.once(&TICK, move |n| {
        let emitter = weak.upgrade().unwrap();
        let inner = outer.clone();
        emitter.on(&TICK, move |n| inner.push(format!("added {n}")));
        outer.push(format!("once {n}"));
        emitter.emit(&TICK, &(n + 1));
    });
    let last = lines.clone();
    emitter.on(&TICK, move |n| last.push(format!("last {n}")));
    emitter.emit(&TICK, &1);
    assert_eq!(lines.take(), ["once 1", "last 2", "added 2", "last 1"]);
}

// EE-10: no deadlock, whatever a listener does to its emitter, at any event.
#[test]
fn a_listener_may_do_anything_with_its_emitter() {
    let emitter = EventEmitter::new();
    emitter.set_max_listeners(0);
    let depth = Arc::new(AtomicUsize::new(0));
    let busy = {
        let (weak, depth) = (emitter.downgrade(), Arc::clone(&depth));
        move || {
            if depth.fetch_add(1, Ordering::SeqCst) < 200 {
                let emitter = weak.upgrade().unwrap();
                let id = emitter.on(&TICK, |_| {});
                emitter.once(&CLOSE, |()| {});
                emitter.emit(&CLOSE, &());
                emitter.emit(&TICK, &0);
                let _ = (
                    emitter.emit_error("busy"),
                    emitter.event_names(),
                    emitter.listener_count(&TICK),
                );
                emitter.off(id);
                emitter.remove_all_listeners_of(&TICK);
            }
        }
    };
    for event in [&NEW_LISTENER, &REMOVE_LISTENER] {
        let busy = busy.clone();
        emitter.on(event, move |_| busy());
    }
    emitter.on(&CLOSE, move |()| busy());
    emitter.emit(&CLOSE, &());
    assert!(depth.load(Ordering::SeqCst) > 200);
    emitter.remove_all_listeners();
    assert!(emitter.event_names().is_empty());
}

// EE-12
#[test]
fn a_once_listener_is_called_once_though_two_threads_emit_at_once() {
    for _ in 0..300 {
        let emitter = EventEmitter::new();
        let called = Count::default();
        let count = called.clone();
        emitter.once(&CLOSE, move |()| count.add());
        emitter.on(&CLOSE, |()| {});
        let start = Barrier::new(2);
        thread::scope(|s| {
            for _ in 0..2 {
                s.spawn(|| {
                    start.wait();
                    assert!(emitter.emit(&CLOSE, &()));
                });
            }
        });
        assert_eq!((called.get(), emitter.listener_count(&CLOSE)), (1, 1));
    }
}

// EE-12: removed before its call, by whoever makes it.
#[test]
fn a_once_listener_is_gone_when_it_is_called_and_dropped_after() {
    let emitter = EventEmitter::new();
    let lines = Lines::new();
    let (called, dropped, removed) = (lines.clone(), lines.clone(), lines.clone());
    emitter.on(&REMOVE_LISTENER, move |_| removed.push("removed"));
    let (weak, guard) = (emitter.downgrade(), OnDrop(move || dropped.push("dropped")));
    emitter.once(&CLOSE, move |()| {
        let _guard = guard;
        called.push(format!(
            "called, {} left",
            weak.upgrade().unwrap().listener_count(&CLOSE)
        ));
    });
    emitter.emit(&CLOSE, &());
    assert_eq!(lines.take(), ["removed", "called, 0 left", "dropped"]);
}

// EE-10, EE-12: as in Node, who hears of the removal may keep one emission from calling it, but not another that has it still.
#[test]
fn a_once_listener_whose_removal_panics_in_an_inner_emission_is_called_by_the_outer_one() {
    let emitter = EventEmitter::new();
    let lines = Lines::new();
    let (weak, log) = (emitter.downgrade(), lines.clone());
    let first = AtomicBool::new(true);
    emitter.on(&CLOSE, move |()| {
        if first.swap(false, Ordering::SeqCst) {
            let emitter = weak.upgrade().unwrap();
            let inner = catch_unwind(AssertUnwindSafe(|| emitter.emit(&CLOSE, &())));
            log.push(format!("inner emission panicked: {}", inner.is_err()));
        }
    });
    let log = lines.clone();
    emitter.once(&CLOSE, move |()| log.push("called"));
    emitter.once(&REMOVE_LISTENER, |_| {});
    emitter.on(&REMOVE_LISTENER, |info| assert!(!info.is(&CLOSE), "removed"));
    emitter.emit(&CLOSE, &());
    assert_eq!(lines.take(), ["inner emission panicked: true", "called"]);
    emitter.emit(&CLOSE, &());
    assert!(lines.take().is_empty());
}

#[test]
fn no_listener_is_lost_while_threads_add_remove_and_emit() {
    // Where there are many events, an emission goes another way.
    for others in [0, 15, 100] {
        let emitter = EventEmitter::new();
        for n in 0..others {
            emitter.on(&Event::<()>::interned(&format!("other {n}")), |()| {});
        }
        none_is_lost(&emitter);
    }
}

fn none_is_lost(emitter: &EventEmitter) {
    const EACH: usize = 300;
    emitter.set_max_listeners(0);
    let done = AtomicBool::new(false);
    let calls = Count::default();
    thread::scope(|s| {
        let adding: Vec<_> = (0..2)
            .map(|_| {
                s.spawn(|| {
                    for _ in 0..EACH {
                        let (count, mine) = (calls.clone(), Arc::new(AtomicBool::new(false)));
                        let heard = Arc::clone(&mine);
                        emitter.on(&CLOSE, move |()| count.add());
                        let gone = emitter.on(&CLOSE, move |()| heard.store(true, Ordering::SeqCst));
                        // What was added is called by the next emission, whatever others do meanwhile.
                        emitter.emit(&CLOSE, &());
                        assert!(mine.load(Ordering::SeqCst));
                        assert!(emitter.off(gone));
                        // What was removed is not: only an emission that began before still has it.
                        emitter.emit(&CLOSE, &());
                    }
                })
            })
            .collect();
        s.spawn(|| {
            while !done.load(Ordering::SeqCst) {
                emitter.emit(&CLOSE, &());
            }
        });
        adding.into_iter().for_each(|thread| thread.join().unwrap());
        done.store(true, Ordering::SeqCst);
    });
    assert_eq!(emitter.listener_count(&CLOSE), 2 * EACH);
    let before = calls.get();
    emitter.emit(&CLOSE, &());
    assert_eq!(calls.get() - before, 2 * EACH);
}

// An emission that lasts keeps nobody from listening, emitting, or leaving.
#[test]
fn an_emission_that_blocks_blocks_nobody_else() {
    let emitter = EventEmitter::new();
    let (entered, enters) = mpsc::channel();
    let (go, wait) = mpsc::channel::<()>();
    emitter.once(&TICK, move |_| {
        entered.send(()).unwrap();
        wait.recv().unwrap();
    });
    let called = Count::default();
    thread::scope(|s| {
        s.spawn(|| emitter.emit(&TICK, &0));
        enters.recv().unwrap();
        let count = called.clone();
        let id = emitter.on(&CLOSE, move |()| count.add());
        assert!(emitter.emit(&CLOSE, &()));
        assert!(emitter.off(id));
        emitter.remove_all_listeners();
        go.send(()).unwrap();
    });
    assert_eq!(called.get(), 1);
}

#[test]
fn a_panicking_destructor_of_a_removed_listener_leaves_the_emitter_whole() {
    let emitter = EventEmitter::new();
    let guard = OnDrop(|| panic!("in a destructor"));
    let id = emitter.on(&CLOSE, move |()| _ = &guard);
    assert!(catch_unwind(|| emitter.off(id)).is_err());
    assert!(!emitter.emit(&CLOSE, &()));
    let guard = OnDrop(|| panic!("in a destructor"));
    let weak = emitter.downgrade();
    emitter.on(&CLOSE, move |()| {
        let _ = &guard;
        weak.upgrade().unwrap().remove_all_listeners();
    });
    PLACE.run("emission", || {
        assert!(catch_unwind(AssertUnwindSafe(|| emitter.emit(&CLOSE, &()))).is_err());
        assert_eq!(PLACE.get_store(), Some("emission"));
    });
    emitter.on(&CLOSE, |()| {});
    assert!(emitter.emit(&CLOSE, &()));
}

// Law 7: the emitter, and what protects its lists, may be used in thread-locals that are dropped before and after its own.
#[test]
fn emitters_work_at_thread_exit() {
    struct AtExit(EventEmitter, Once<u32>);
    impl Drop for AtExit {
        fn drop(&mut self) {
            let Self(emitter, waiting) = self;
            let id = emitter.on(&CLOSE, |()| {});
            assert!(emitter.emit(&CLOSE, &()));
            emitter.off(id);
            assert!(emitter.emit(&TICK, &7));
            assert!(matches!(poll(waiting).0, Poll::Ready(Ok(7))));
            emitter.emit_error("late").unwrap();
        }
    }
    thread_local! {
        static EARLY: RefCell<Option<AtExit>> = const { RefCell::new(None) };
        static LATE: RefCell<Option<AtExit>> = const { RefCell::new(None) };
    }
    let errors = Count::default();
    let at_exit = || {
        let (emitter, count) = (EventEmitter::new(), errors.clone());
        emitter.on(&ERROR, move |_| count.add());
        let waiting = once(&emitter, &TICK);
        Some(AtExit(emitter, waiting))
    };
    thread::scope(|s| {
        let thread = s.spawn(|| {
            EARLY.set(at_exit());
            EventEmitter::new().emit(&CLOSE, &());
            LATE.set(at_exit());
        });
        // The end of the scope does not wait for destructors.
        thread.join().unwrap();
    });
    assert_eq!(errors.get(), 2);
}

// EE-10: an emission has what it needs, also where its listener drops all that others hold of the emitter.
#[test]
fn a_listener_may_drop_the_emitter() {
    let emitter = EventEmitter::new();
    let lines = Lines::new();
    let slot = Arc::new(Mutex::new(None));
    let (log, dropped) = (lines.clone(), lines.clone());
    let guard = OnDrop(move || dropped.push("dropped"));
    let inner = Arc::clone(&slot);
    emitter.on(&CLOSE, move |()| drop(inner.lock().unwrap().take()));
    emitter.on(&CLOSE, move |()| {
        let _ = &guard;
        log.push("called");
    });
    let weak = emitter.downgrade();
    *slot.lock().unwrap() = Some(emitter);
    let emitting = weak.upgrade().unwrap();
    assert!(emitting.emit(&CLOSE, &()));
    assert_eq!(lines.take(), ["called"]);
    drop(emitting);
    assert_eq!(lines.take(), ["dropped"]);
    assert!(weak.upgrade().is_none());
}

// Law 5: who emits last drops the listener, whichever of three that is, once.
#[test]
fn a_listener_removed_while_two_threads_emit_is_dropped_once_and_called_no_more() {
    for _ in 0..200 {
        let emitter = EventEmitter::new();
        let dropped = Count::default();
        let count = dropped.clone();
        let guard = OnDrop(move || count.add());
        let id = emitter.on(&CLOSE, move |()| _ = &guard);
        let start = Barrier::new(3);
        thread::scope(|s| {
            for _ in 0..2 {
                s.spawn(|| {
                    start.wait();
                    (0..20).for_each(|_| _ = emitter.emit(&CLOSE, &()));
                });
            }
            start.wait();
            assert!(emitter.off(id));
        });
        assert_eq!(dropped.get(), 1);
        assert!(!emitter.emit(&CLOSE, &()));
    }
}
