//! The same scenarios, played by real Node (`tests/node/events`) and by us: the same lines.

use super::support::Lines;
use crate::support::node::assert_same_as_node;
use crate::support::reports::reports_of;
use futures::executor::block_on;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use throughline::events::{
    self, ERROR, ERROR_MONITOR, EmittedError, ListenerInfo, NEW_LISTENER, REMOVE_LISTENER, UnhandledError,
};
use throughline::{
    AsyncLocalStorage, Event, EventEmitter, EventEmitterAsyncResource, create_hook, execution_async_id,
};

const TICK: Event<u32> = Event::new("tick");

/// `EE-3`, `EE-4`, `EE-9`, `EE-16`
#[test]
fn order_and_counts_are_nodes() {
    const A: Event = Event::new("a");
    const B: Event = Event::new("b");
    const C: Event = Event::new("c");
    let lines = Lines::new();
    let say = |who: &'static str| {
        let lines = lines.clone();
        move |n: &u32| lines.push(format!("{who} {n}"))
    };
    let emitter = EventEmitter::new();

    lines.push(emitter.emit(&TICK, &0));
    emitter.on(&TICK, say("twice"));
    emitter.add_listener(&TICK, say("twice"));
    emitter.prepend_listener(&TICK, say("first"));
    emitter.once(&TICK, say("once"));
    emitter.prepend_once_listener(&TICK, say("first of all, once"));
    lines.push(format!(
        "{} {}",
        emitter.listener_count(&TICK),
        emitter.listener_count(&A)
    ));
    lines.push(emitter.emit(&TICK, &1));
    lines.push(emitter.listener_count(&TICK));
    lines.push(emitter.emit(&TICK, &2));
    emitter.on(&B, |()| {});
    emitter.on(&A, |()| {});
    emitter.on(&ERROR_MONITOR, |_| {});
    emitter.on(&C, |()| {});
    lines.push(emitter.event_names().join(","));
    emitter.remove_all_listeners_of(&B);
    emitter.on(&B, |()| {});
    lines.push(emitter.event_names().join(","));
    emitter.remove_all_listeners();
    lines.push(format!(
        "{} {}",
        emitter.event_names().len(),
        emitter.emit(&TICK, &3)
    ));

    assert_same_as_node("events/order.js", &lines.take());
}

/// `EE-2`, `EE-6`, `EE-7`
#[test]
fn news_of_listeners_that_come_and_go_is_nodes() {
    const MANY: Event<()> = Event::new("many");
    let lines = Lines::new();
    let emitter = EventEmitter::new();
    let say = |who: &'static str| {
        let lines = lines.clone();
        move |_: &u32| lines.push(who)
    };
    let count = {
        let emitter = emitter.downgrade();
        move |info: &ListenerInfo| {
            let emitter = emitter.upgrade().unwrap();
            let counts = [
                (info.is(&TICK), emitter.listener_count(&TICK)),
                (info.is(&MANY), emitter.listener_count(&MANY)),
                (info.is(&NEW_LISTENER), emitter.listener_count(&NEW_LISTENER)),
                (
                    info.is(&REMOVE_LISTENER),
                    emitter.listener_count(&REMOVE_LISTENER),
                ),
            ];
            counts.iter().find(|(is, _)| *is).unwrap().1
        }
    };
    // Node hands the listener itself over, with a name on it.
    let names = Arc::new(Mutex::new(Vec::new()));

    emitter.on(&NEW_LISTENER, {
        let (lines, count) = (lines.clone(), count.clone());
        move |info| {
            lines.push(format!(
                "new {}, of which there are {}",
                info.event_name(),
                count(info)
            ))
        }
    });
    emitter.once(&NEW_LISTENER, |_| {});
    emitter.on(&NEW_LISTENER, {
        let (nested, emitter, meanwhile) = (
            AtomicBool::new(false),
            emitter.downgrade(),
            say("added meanwhile"),
        );
        move |info| {
            if info.is(&TICK) && !nested.swap(true, Ordering::SeqCst) {
                emitter.upgrade().unwrap().on(&TICK, meanwhile.clone());
            }
        }
    });
    let a = emitter.on(&TICK, say("a"));
    emitter.once(&TICK, say("b"));
    emitter.emit(&TICK, &0);

    emitter.on(&REMOVE_LISTENER, {
        let lines = lines.clone();
        move |info| {
            lines.push(format!(
                "removed {}, of which there are {}",
                info.event_name(),
                count(info)
            ))
        }
    });
    assert!(emitter.remove_listener(a));
    assert!(!emitter.remove_listener(a));
    emitter.once(&TICK, say("called after it was removed"));
    emitter.emit(&TICK, &0);

    let add = |who: &'static str| names.lock().unwrap().push((emitter.on(&MANY, |()| {}), who));
    ["c", "d", "e"].into_iter().for_each(add);
    emitter.on(&REMOVE_LISTENER, {
        let (lines, names) = (lines.clone(), Arc::clone(&names));
        move |info| {
            let names = names.lock().unwrap();
            let who = names
                .iter()
                .find(|(id, _)| *id == info.id())
                .map_or("", |(_, who)| who);
            lines.push(format!("  {} {who}", info.event_name()).trim_end());
        }
    });
    emitter.remove_all_listeners_of(&MANY);
    add("f");
    emitter.remove_all_listeners_of(&NEW_LISTENER);
    add("g");
    emitter.remove_all_listeners();
    lines.push(emitter.event_names().len());

    assert_same_as_node("events/changes.js", &lines.take());
}

/// What `f` answers, or threw.
fn attempt<R: ToString>(f: impl FnOnce() -> R) -> String {
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(answer) => answer.to_string(),
        Err(thrown) => format!("threw {}", thrown.downcast_ref::<Thrown>().unwrap().0),
    }
}

struct Thrown(&'static str);

fn throw(message: &'static str) -> ! {
    panic_any(Thrown(message))
}

/// `EE-10`, `EE-11`, `EE-12`
#[test]
fn emissions_are_frozen_end_at_a_throw_and_call_once_once_as_nodes() {
    let lines = Lines::new();
    let say = |line: &'static str| {
        let lines = lines.clone();
        move |_: &u32| lines.push(line)
    };

    let emitter = EventEmitter::new();
    let gone = Arc::new(Mutex::new(None));
    emitter.on(&TICK, {
        let (lines, weak, gone, late) = (lines.clone(), emitter.downgrade(), Arc::clone(&gone), say("late"));
        move |_| {
            lines.push("changes");
            let emitter = weak.upgrade().unwrap();
            emitter.on(&TICK, late.clone());
            emitter.off(gone.lock().unwrap().unwrap());
        }
    });
    *gone.lock().unwrap() = Some(emitter.on(&TICK, say("gone, and called")));
    emitter.emit(&TICK, &0);
    lines.push("--");
    emitter.emit(&TICK, &0);

    let emitter = EventEmitter::new();
    let weak = emitter.downgrade();
    emitter.on(&TICK, move |_| weak.upgrade().unwrap().remove_all_listeners());
    emitter.on(&TICK, say("called, though all were removed"));
    lines.push(format!("{} {}", emitter.emit(&TICK, &0), emitter.emit(&TICK, &0)));

    let emitter = EventEmitter::new();
    emitter.on(&TICK, say("before"));
    emitter.once(&TICK, |_| throw("up"));
    emitter.on(&TICK, say("after"));
    lines.push(attempt(|| emitter.emit(&TICK, &0)));
    lines.push(attempt(|| emitter.emit(&TICK, &0)));

    let emitter = EventEmitter::new();
    emitter.once(&TICK, {
        let (lines, weak) = (lines.clone(), emitter.downgrade());
        move |_| {
            let emitter = weak.upgrade().unwrap();
            lines.push(format!("once {}", emitter.listener_count(&TICK)));
            lines.push(emitter.emit(&TICK, &0));
        }
    });
    lines.push(format!("{} {}", emitter.emit(&TICK, &0), emitter.emit(&TICK, &0)));

    let emitter = EventEmitter::new();
    emitter.on(&TICK, {
        let (lines, weak, depth) = (lines.clone(), emitter.downgrade(), AtomicU32::new(0));
        let added = say("added");
        move |_| {
            let depth = depth.fetch_add(1, Ordering::SeqCst);
            lines.push(format!("depth {depth}"));
            if depth < 2 {
                let emitter = weak.upgrade().unwrap();
                emitter.on(&TICK, added.clone());
                emitter.emit(&TICK, &0);
            }
        }
    });
    emitter.emit(&TICK, &0);

    assert_same_as_node("events/emission.js", &lines.take());
}

/// `EE-13`, `EE-14`
#[test]
fn errors_and_monitors_are_nodes() {
    let lines = Lines::new();
    let emitter = EventEmitter::new();
    let fail = |error: &'static str| {
        // Node's throw, of the error or out of a listener, is one thing to its caller.
        lines.push(
            match catch_unwind(AssertUnwindSafe(|| emitter.emit_error(error))) {
                Ok(Ok(())) => "true".to_owned(),
                Ok(Err(unhandled)) => format!("unhandled {}", unhandled.error()),
                Err(thrown) => format!("unhandled {}", thrown.downcast_ref::<Thrown>().unwrap().0),
            },
        );
    };
    let say = |who: &'static str| {
        let lines = lines.clone();
        move |error: &EmittedError| lines.push(format!("{who} {error}"))
    };

    fail("one");
    fail("a text");
    emitter.on(&ERROR_MONITOR, say("monitor"));
    fail("two");
    let handle = emitter.on(&ERROR, say("handled"));
    fail("three");
    emitter.off(handle);
    let (weak, in_time) = (emitter.downgrade(), say("in time"));
    emitter.on(&ERROR_MONITOR, move |_| {
        weak.upgrade().unwrap().once(&ERROR, in_time.clone());
    });
    fail("four");
    emitter.remove_all_listeners();
    emitter.on(&ERROR, say("handled"));
    emitter.on(&ERROR_MONITOR, |_| throw("monitor"));
    fail("five");
    emitter.remove_all_listeners();
    emitter.on(&ERROR, |_| throw("handler"));
    fail("six");

    assert_same_as_node("events/errors.js", &lines.take());
}

/// `EE-15`
#[test]
fn a_suspected_leak_is_reported_when_node_warns() {
    let lines = Lines::new();
    let warnings = |f: &dyn Fn()| {
        let reports = reports_of(f);
        // "MaxListenersExceededWarning: possible leak: 11 listeners were added for `ten` …"
        for report in reports.iter().filter(|report| report.starts_with("MaxListeners")) {
            let count = report
                .split(' ')
                .find(|word| word.parse::<usize>().is_ok())
                .unwrap();
            let event = report.split('`').nth(1).unwrap();
            lines.push(format!("MaxListenersExceededWarning: {count} {event}"));
        }
    };
    let add = |emitter: &EventEmitter, event: &'static Event, n: usize| {
        warnings(&|| (0..n).for_each(|_| _ = emitter.on(event, |()| {})));
    };
    const TEN: Event = Event::new("ten");
    const ONE: Event = Event::new("one");

    let emitter = EventEmitter::new();
    lines.push(emitter.max_listeners());
    add(&emitter, &TEN, 10);
    add(&emitter, &const { Event::new("twelve") }, 12);
    add(&emitter, &TEN, 1);
    emitter.remove_all_listeners_of(&TEN);
    add(&emitter, &TEN, 11);
    let few = EventEmitter::new();
    few.set_max_listeners(1);
    lines.push(few.max_listeners());
    add(&few, &ONE, 1);
    lines.push("one more");
    add(&few, &ONE, 1);
    let many = EventEmitter::new();
    many.set_max_listeners(0);
    add(&many, &const { Event::new("any") }, 100);
    warnings(&|| {
        // The default is the whole program's, and so is the turn that this has.
        let ten = events::default_max_listeners();
        events::set_default_max_listeners(2);
        lines.push(format!(
            "{} {} {}",
            emitter.max_listeners(),
            few.max_listeners(),
            many.max_listeners()
        ));
        (0..3).for_each(|_| _ = emitter.on(&const { Event::new("three") }, |()| {}));
        events::set_default_max_listeners(ten);
    });

    assert_same_as_node("events/limit.js", &lines.take());
}

/// `EE-18`
#[test]
fn the_next_event_as_a_future_is_nodes() {
    let lines = Lines::new();
    let emitter = EventEmitter::new();
    let counts = || {
        lines.push(format!(
            "{} {}",
            emitter.listener_count(&TICK),
            emitter.listener_count(&ERROR)
        ))
    };
    let settle = |once: Pin<Box<dyn Future<Output = Result<String, events::OnceError>>>>| {
        lines.push(match block_on(once) {
            Ok(n) => format!("answer {n}"),
            Err(error) => format!("failed {error}"),
        });
    };
    let tick = || {
        let once = events::once(&emitter, &TICK);
        Box::pin(async { once.await.map(|n| n.to_string()) })
    };
    let handled = |emitted: Result<(), UnhandledError>| lines.push(emitted.is_ok());

    let first = tick();
    counts();
    emitter.emit(&TICK, &1);
    emitter.emit(&TICK, &2);
    counts();
    settle(first);

    let second = tick();
    handled(emitter.emit_error("broken"));
    counts();
    emitter.emit(&TICK, &3);
    settle(second);

    let third = events::once(&emitter, &ERROR);
    counts();
    emitter.emit_error("asked for").unwrap();
    counts();
    settle(Box::pin(async { third.await.map(|error| error.to_string()) }));

    for (what, event) in [("new", &NEW_LISTENER), ("removed", &REMOVE_LISTENER)] {
        let lines = lines.clone();
        emitter.on(event, move |info| {
            lines.push(format!("{what} {}", info.event_name()))
        });
    }
    let fourth = tick();
    emitter.emit(&TICK, &4);
    settle(fourth);
    let fifth = tick();
    emitter.emit_error("again").unwrap();
    settle(fifth);

    assert_same_as_node("events/once.js", &lines.take());
}

/// `EE-18`
#[test]
fn events_as_a_stream_are_nodes() {
    const END: Event = Event::new("end");
    let lines = Lines::new();
    let emitter = EventEmitter::new();
    let counts = || {
        let counts = [
            emitter.listener_count(&TICK),
            emitter.listener_count(&ERROR),
            emitter.listener_count(&END),
        ];
        lines.push(counts.map(|count| count.to_string()).join(","));
    };
    async fn read<A: ToOwned<Owned: Send + ToString> + ?Sized>(lines: &Lines, stream: &mut events::On<A>) {
        while let Some(item) = stream.next().await {
            match item {
                Ok(item) => lines.push(item.to_string()),
                Err(error) => return lines.push(format!("failed {error}")),
            }
        }
        lines.push("end");
    }

    let mut ticks = events::on(&emitter, &TICK).close_on(&END);
    counts();
    emitter.emit(&TICK, &1);
    emitter.emit(&TICK, &2);
    emitter.emit(&END, &());
    counts();
    emitter.emit(&TICK, &3);
    block_on(read(&lines, &mut ticks));

    let mut ticks = events::on(&emitter, &TICK);
    emitter.emit(&TICK, &4);
    lines.push(emitter.emit_error("broken").is_ok());
    counts();
    emitter.emit(&TICK, &5);
    block_on(read(&lines, &mut ticks));
    lines.push(block_on(ticks.next()).is_none());

    let mut errors = events::on(&emitter, &ERROR).close_on(&END);
    counts();
    emitter.emit_error("asked for").unwrap();
    emitter.emit(&END, &());
    block_on(read(&lines, &mut errors));

    let mut ticks = events::on(&emitter, &TICK);
    emitter.emit(&TICK, &6);
    lines.push(block_on(ticks.next()).unwrap().unwrap());
    drop(ticks);
    counts();

    assert_same_as_node("events/on.js", &lines.take());
}

/// `EE-17`
#[test]
fn errors_of_async_listeners_go_where_nodes_go() {
    static STORAGE: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
    let lines = Lines::new();
    let tasks = Arc::new(Mutex::new(Vec::new()));
    let spawn = {
        let tasks = Arc::clone(&tasks);
        move |task| tasks.lock().unwrap().push(task)
    };
    // Node's event loop: until nothing is left to do.
    let next = || {
        let reports = reports_of(|| {
            // An error has two rounds at most: a loop would never end.
            for _ in 0..3 {
                let task = tasks.lock().unwrap().pop();
                block_on(task.unwrap_or_else(|| -> events::ListenerTask { Box::pin(async {}) }));
            }
            assert!(tasks.lock().unwrap().is_empty());
        });
        for report in reports
            .iter()
            .filter(|report| report.starts_with("UnhandledError: "))
        {
            lines.push(format!(
                "nobody listens for {}",
                report.rsplit(": ").next().unwrap()
            ));
        }
    };

    let emitter = EventEmitter::new();
    emitter.on_async(&TICK, spawn.clone(), |&n| async move {
        if n > 1 { Err(format!("tick {n}")) } else { Ok(()) }
    });
    let handle = emitter.on(&ERROR, {
        let lines = lines.clone();
        move |error| {
            lines.push(format!(
                "handled {error} in {}",
                STORAGE.get_store().unwrap_or("nothing")
            ))
        }
    });
    emitter.emit(&TICK, &1);
    next();
    STORAGE.run("the emission", || emitter.emit(&TICK, &2));
    lines.push("emitted");
    next();
    emitter.off(handle);
    emitter.emit(&TICK, &3);
    next();
    emitter.on_async(&ERROR, spawn, {
        let lines = lines.clone();
        move |error| {
            lines.push(format!("fails at {error}"));
            async { Err("handler") }
        }
    });
    emitter.emit(&TICK, &4);
    next();

    assert_same_as_node("events/rejections.js", &lines.take());
}

/// `EE-9`, `RES-11`
#[test]
fn listeners_run_in_nodes_contexts() {
    static STORAGE: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
    const TICK: Event = Event::new("tick");
    let lines = Lines::new();
    let line = {
        let lines = lines.clone();
        move |who: &str| lines.push(format!("{who} {}", STORAGE.get_store().unwrap_or("nothing")))
    };
    let say = |who: &'static str| {
        let line = line.clone();
        move |(): &()| line(who)
    };
    let say_of = |who: &'static str| {
        let line = line.clone();
        move |_: &ListenerInfo| line(who)
    };

    let emitter = EventEmitter::new();
    STORAGE.run("registration", || {
        emitter.on(&TICK, say("on"));
        emitter.once(&TICK, say("once"));
        emitter.on_bound(&TICK, say("bound"));
    });
    STORAGE.run("emission", || emitter.emit(&TICK, &()));
    emitter.emit(&TICK, &());
    STORAGE.run("registration", || {
        emitter.on(&NEW_LISTENER, say_of("newListener"));
        emitter.on(&REMOVE_LISTENER, say_of("removeListener"));
    });
    let late = STORAGE.run("adding", || emitter.on(&TICK, say("late")));
    STORAGE.run("removing", || emitter.off(late));
    emitter.remove_all_listeners_of(&NEW_LISTENER);
    emitter.remove_all_listeners_of(&REMOVE_LISTENER);
    STORAGE.run("outer", || {
        let weak = emitter.downgrade();
        emitter.on(&TICK, move |()| {
            if STORAGE.get_store() == Some("outer") {
                STORAGE.run("inner", || weak.upgrade().unwrap().emit(&TICK, &()));
            }
        });
        emitter.emit(&TICK, &());
    });

    let owned = STORAGE.run("construction", || EventEmitterAsyncResource::new("OWNED"));
    STORAGE.run("registration", || {
        owned.on(&TICK, say("owned on"));
        owned.once(&TICK, say("owned once"));
        owned.on(&NEW_LISTENER, say_of("owned newListener"));
        owned.on_bound(&TICK, say("owned bound"));
    });
    STORAGE.run("emission", || owned.emit(&TICK, &()));
    line("afterwards");

    assert_same_as_node("events/context.js", &lines.take());
}

/// `EEA-2`, `EEA-3`, `EEA-4`
#[test]
fn each_emission_of_a_resource_is_one_scope_as_nodes() {
    const TICK: Event = Event::new("tick");
    let lines = Lines::new();
    let say = |line: &'static str| {
        let lines = lines.clone();
        move || lines.push(line)
    };
    let (init, before, after) = (say("init"), say("before"), say("after"));
    let hook = create_hook()
        .only(["EVENTS_NODE_OWNED"])
        .init(move |_| init())
        .before(move |_| before())
        .after(move |_| after())
        .build();
    let _enabled = hook.enable();

    let emitter = EventEmitterAsyncResource::new("EVENTS_NODE_OWNED");
    let id = emitter.async_id();
    lines.push(emitter.async_resource().async_id() == id);
    let emit = |event: &'static Event| lines.push(attempt(|| emitter.emit(event, &())));
    let emit_error = |error: &'static str| {
        lines.push(match emitter.emit_error(error) {
            Ok(()) => "true".to_owned(),
            Err(unhandled) => format!("threw {}", unhandled.error()),
        });
    };
    emit(&const { Event::new("nobody") });
    emitter.on(&TICK, {
        let lines = lines.clone();
        move |()| lines.push(execution_async_id() == Some(id))
    });
    emit(&TICK);
    for (what, event) in [("new", &NEW_LISTENER), ("removed", &REMOVE_LISTENER)] {
        let lines = lines.clone();
        emitter.on(event, move |info| {
            lines.push(format!("{what} {}", info.event_name()))
        });
    }
    let once = say("once");
    emitter.once(&TICK, move |()| once());
    emit(&TICK);
    let error = say("error");
    emitter.on(&ERROR, move |_| error());
    emit_error("handled");
    let monitor = say("monitor");
    emitter.on(&ERROR_MONITOR, move |_| monitor());
    emit_error("handled");
    emitter.remove_all_listeners_of(&ERROR);
    emit_error("unhandled");
    let throwing = const { &Event::new("throw") };
    emitter.on(throwing, |()| throw("up"));
    emit(throwing);

    assert_same_as_node("events/resource.js", &lines.take());
}
