//! Listeners that go on asynchronously.

use super::support::{Lines, OnDrop, PLACE, poll};
use crate::support::reports::reports_of;
use futures::executor::block_on;
use std::panic::catch_unwind;
use std::sync::{Arc, Mutex};
use throughline::events::{ERROR, ERROR_MONITOR, ListenerTask};
use throughline::{Event, EventEmitter};

const TICK: Event<u32> = Event::new("tick");

/// What was spawned.
#[derive(Clone, Default)]
struct Tasks(Arc<Mutex<Vec<ListenerTask>>>);

impl Tasks {
    fn spawner(&self) -> impl Fn(ListenerTask) + Send + Sync + 'static {
        let tasks = Arc::clone(&self.0);
        move |task| tasks.lock().unwrap().push(task)
    }

    fn take(&self) -> ListenerTask {
        let mut tasks = self.0.lock().unwrap();
        assert_eq!(tasks.len(), 1);
        tasks.pop().unwrap()
    }

    fn is_empty(&self) -> bool {
        self.0.lock().unwrap().is_empty()
    }
}

/// Pending once.
async fn pause() {
    let mut paused = false;
    std::future::poll_fn(|_| {
        if std::mem::replace(&mut paused, true) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
}

// EE-17, law 4: made, polled and dropped in the emission's context, wherever it is run.
#[test]
fn an_async_listener_runs_and_is_dropped_in_the_context_of_the_emission() {
    let (emitter, tasks, lines) = (EventEmitter::new(), Tasks::default(), Lines::new());
    let log = lines.clone();
    PLACE.run("registration", || {
        emitter.on_async(&TICK, tasks.spawner(), move |&n| {
            let log = log.clone();
            log.place("called");
            async move {
                let dropped = log.clone();
                let _guard = OnDrop(move || dropped.place("dropped"));
                log.place(&format!("first {n}"));
                pause().await;
                log.place("second");
                Ok::<(), String>(())
            }
        })
    });
    let emit = || PLACE.run("emission", || emitter.emit(&TICK, &7));

    emit();
    let mut task = tasks.take();
    PLACE.run("executor", || {
        assert!(poll(&mut task).0.is_pending());
        assert!(poll(&mut task).0.is_ready());
    });
    let all = [
        "called: emission",
        "first 7: emission",
        "second: emission",
        "dropped: emission",
    ];
    assert_eq!(lines.take(), all);

    emit();
    let mut cancelled = tasks.take();
    PLACE.run("executor", || {
        assert!(poll(&mut cancelled).0.is_pending());
        drop(cancelled);
    });
    assert_eq!(
        lines.take(),
        ["called: emission", "first 7: emission", "dropped: emission"]
    );
}

// EE-17, §4: "the `emit` that produced the rejection", whatever the listener entered.
#[test]
fn its_error_is_emitted_where_the_emission_was() {
    let (emitter, tasks, lines) = (EventEmitter::new(), Tasks::default(), Lines::new());
    emitter.on_async(&TICK, tasks.spawner(), |_| {
        PLACE.enter_with("entered by the listener");
        async {
            PLACE.enter_with("entered by its future");
            Err("failed")
        }
    });
    let (monitor, handler) = (lines.clone(), lines.clone());
    emitter.on(&ERROR_MONITOR, move |error| {
        monitor.place(&format!("monitor, {error}"))
    });
    emitter.on(&ERROR, move |error| handler.place(&format!("handler, {error}")));
    PLACE.run("emission", || emitter.emit(&TICK, &7));
    assert_eq!(PLACE.run("executor", || block_on(tasks.take())), ());
    assert_eq!(
        lines.take(),
        ["monitor, failed: emission", "handler, failed: emission"]
    );
}

// EE-17: capturing is off for what is emitted so, and for that alone.
#[test]
fn an_async_handler_that_fails_is_reported_and_not_called_again() {
    let (emitter, tasks) = (EventEmitter::new(), Tasks::default());
    emitter.on_async(&ERROR, tasks.spawner(), |error| {
        let error = format!("the handler of {error}");
        async { Err(error) }
    });
    // Emitted by hand, its own error is emitted once, as in Node.
    emitter.emit_error("one").unwrap();
    block_on(tasks.take());
    let second = tasks.take();
    let reports = reports_of(|| block_on(second));
    assert!(tasks.is_empty());
    assert!(
        reports.contains(
            &"UnhandledError: an async listener of `error` ended with an error that nobody listens for: the handler of the \
              handler of one"
                .to_owned()
        ),
        "{reports:?}"
    );
    // The next one is taken as any other.
    emitter.emit_error("two").unwrap();
    block_on(tasks.take());
    assert!(!tasks.is_empty());
}

#[test]
fn an_error_that_nobody_listens_for_is_reported() {
    let (emitter, tasks) = (EventEmitter::new(), Tasks::default());
    emitter.on_async(&TICK, tasks.spawner(), |n| {
        let n = *n;
        async move { Err(format!("tick {n} failed alone")) }
    });
    emitter.emit(&TICK, &7);
    let task = tasks.take();
    let reports = reports_of(|| block_on(task));
    assert!(reports.iter().any(|report| {
        report.ends_with("`tick` ended with an error that nobody listens for: tick 7 failed alone")
    }));
}

#[test]
fn the_emitter_is_there_until_its_async_listeners_have_ended() {
    let (emitter, tasks, lines) = (EventEmitter::new(), Tasks::default(), Lines::new());
    let log = lines.clone();
    emitter.on(&ERROR, move |error| log.push(error));
    emitter.on_async(&TICK, tasks.spawner(), |_| async { Err("late") });
    emitter.emit(&TICK, &7);
    let weak = emitter.downgrade();
    drop(emitter);
    block_on(tasks.take());
    assert_eq!(lines.take(), ["late"]);
    assert!(weak.upgrade().is_none());
}

// EE-11
#[test]
fn a_spawner_that_panics_panics_out_of_the_emission() {
    let emitter = EventEmitter::new();
    emitter.on_async(
        &TICK,
        |_| panic!("no runtime"),
        |_| async { Ok::<(), String>(()) },
    );
    assert!(catch_unwind(|| emitter.emit(&TICK, &7)).is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_runtimes_spawn_is_a_spawner() {
    let emitter = EventEmitter::new();
    let spawn = |task| drop(tokio::spawn(task));
    emitter.on_async(&TICK, spawn, |&n| async move {
        tokio::task::yield_now().await;
        Err::<(), _>(format!("{n} in {}", PLACE.get_store().unwrap_or("-")))
    });
    let failed = throughline::events::once(&emitter, &ERROR);
    PLACE.run("emission", || emitter.emit(&TICK, &7));
    assert_eq!(failed.await.unwrap().to_string(), "7 in emission");
}
