//! Emitters that are resources.

use super::support::{Lines, PLACE};
use std::panic::catch_unwind;
use std::thread;
use throughline::events::{ERROR, NEW_LISTENER, once};
use throughline::{
    AsyncResource, Event, EventEmitter, EventEmitterAsyncResource, create_hook, execution_async_id,
    flush_destroy_events,
};

const TICK: Event = Event::new("tick");

fn made_in(place: &'static str, type_name: &'static str) -> EventEmitterAsyncResource {
    PLACE.run(place, || EventEmitterAsyncResource::new(type_name))
}

// EEA-2, EEA-3: through whatever handle, on whatever thread.
#[test]
fn every_handle_emits_in_the_resources_scope() {
    let emitter = made_in("construction", "EVENTS_HANDLES");
    let id = emitter.async_id();
    let lines = Lines::new();
    let log = lines.clone();
    emitter.on(&TICK, move |()| {
        log.place("tick");
        assert_eq!(execution_async_id(), Some(id));
    });
    let plain: EventEmitter = (*emitter).clone();
    let clone = emitter.clone();
    PLACE.run("emission", || {
        assert!(emitter.emit(&TICK, &()));
        assert!(plain.emit(&TICK, &()));
        assert!(clone.emit(&TICK, &()));
        assert!(plain.downgrade().upgrade().unwrap().emit(&TICK, &()));
        assert_eq!(PLACE.get_store(), Some("emission"));
    });
    thread::scope(|s| s.spawn(|| assert!(plain.emit(&TICK, &()))).join().unwrap());
    assert_eq!(lines.take(), ["tick: construction"; 5]);
    assert_ne!(execution_async_id(), Some(id));
}

// EEA-4, as on Node 26; and ALS-17, the other way.
#[test]
fn what_a_listener_enters_lasts_neither_to_the_next_listener_nor_to_the_next_emission() {
    let emitter = made_in("construction", "EVENTS_ENTER");
    let lines = Lines::new();
    for who in ["a", "b"] {
        let log = lines.clone();
        emitter.on(&TICK, move |()| {
            log.place(who);
            PLACE.enter_with("entered");
        });
    }
    emitter.emit(&TICK, &());
    emitter.emit(&TICK, &());
    assert_eq!(
        lines.take(),
        [
            "a: construction",
            "b: construction",
            "a: construction",
            "b: construction"
        ]
    );
}

// EEA-3: errors and news are emissions too; what a wait registers is.
#[test]
fn errors_and_news_are_emitted_in_the_resources_scope() {
    let emitter = made_in("construction", "EVENTS_INTERNAL");
    let lines = Lines::new();
    let (news, errors) = (lines.clone(), lines.clone());
    emitter.on(&NEW_LISTENER, move |info| news.place(info.event_name()));
    PLACE.run("waiting", || drop(once(&emitter, &TICK)));
    emitter.remove_all_listeners();
    emitter.on(&ERROR, move |error| errors.place(&error.to_string()));
    PLACE.run("emission", || emitter.emit_error("broken").unwrap());
    assert_eq!(
        lines.take(),
        [
            "tick: construction",
            "error: construction",
            "broken: construction"
        ]
    );
}

// EEA-3: after fires on a panic.
#[test]
fn a_panic_ends_the_scope() {
    let emitter = made_in("construction", "EVENTS_PANIC");
    emitter.on(&TICK, |()| panic!("up"));
    let before = execution_async_id();
    PLACE.run("emission", || {
        let emitter = (*emitter).clone();
        assert!(catch_unwind(move || emitter.emit(&TICK, &())).is_err());
        assert_eq!(
            (PLACE.get_store(), execution_async_id()),
            (Some("emission"), before)
        );
    });
}

// EEA-5: emitting afterwards works; ours lets go of the context (MEM-5), so it is the emission's.
#[test]
fn after_the_destroy_it_emits_as_an_emitter_without_a_resource() {
    let emitter = made_in("construction", "EVENTS_DESTROYED");
    let lines = Lines::new();
    let log = lines.clone();
    emitter.on(&TICK, move |()| {
        log.place("tick");
        log.push(execution_async_id().is_some());
    });
    assert!(emitter.emit_destroy());
    assert!(!emitter.emit_destroy());
    PLACE.run("emission", || assert!(emitter.emit(&TICK, &())));
    assert!(emitter.emit_error("broken").is_err());
    assert_eq!(lines.take(), ["tick: emission", "false"]);
}

// RES-5: the last handle, of whichever sort, destroys the resource.
#[test]
fn the_resource_lives_as_long_as_a_handle_of_its_emitter() {
    let lines = Lines::new();
    let log = lines.clone();
    let hook = create_hook()
        .only(["EVENTS_LIFE"])
        .destroy(move |info| log.push(format!("destroyed {}", info.async_id().get())))
        .build();
    let _enabled = hook.enable();
    let emitter = made_in("construction", "EVENTS_LIFE");
    let destroyed = format!("destroyed {}", emitter.async_id().get());
    let plain: EventEmitter = (*emitter).clone();
    drop(emitter);
    flush_destroy_events();
    assert!(lines.take().is_empty());
    drop(plain);
    flush_destroy_events();
    assert_eq!(lines.take(), [destroyed]);
}

// EEA-2: what the resource's builder can say.
#[test]
fn a_resource_with_another_cause_can_be_the_emitters() {
    let cause = AsyncResource::new("EVENTS_CAUSE");
    let resource = AsyncResource::builder("EVENTS_BUILT")
        .trigger_async_id(cause.async_id())
        .build();
    let id = resource.async_id();
    let emitter = EventEmitterAsyncResource::with_resource(resource);
    assert_eq!(
        (emitter.async_id(), emitter.trigger_async_id()),
        (id, Some(cause.async_id()))
    );
    assert_eq!(emitter.async_resource().type_name(), "EVENTS_BUILT");
}

// EEA-1, RES-1
#[test]
fn a_resource_without_a_name_is_refused() {
    assert!(catch_unwind(|| EventEmitterAsyncResource::new("")).is_err());
}
