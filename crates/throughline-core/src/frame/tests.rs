//! What only the inside can see.

use super::{FrameRef, bind_on, capture, run};
use crate::HandOver;
use crate::key::{Asks, Key, slot_of};

#[test]
fn the_empty_frame_asks_for_no_filter_and_a_store_asks_at_detached_hand_overs_and_jobs() {
    let key = Key::new();
    assert_eq!(FrameRef::EMPTY.asks(), 0);
    let frame = bind_on(FrameRef::EMPTY, key.place(), 1);
    assert_eq!(frame.asks(), HandOver::Detached.bit() | HandOver::Job.bit());
}

#[test]
fn a_frame_asks_for_what_the_frames_below_it_ask_for() {
    let (quiet, loud) = (Key::<i32>::new(), Key::<i32>::new());
    let mut place = quiet.place();
    place.asks = Asks(0);
    let outer = bind_on(FrameRef::EMPTY, loud.place(), 1);
    assert_eq!(bind_on(outer.clone(), place, 2).asks(), outer.asks());
    assert_eq!(bind_on(FrameRef::EMPTY, place, 2).asks(), 0);
}

#[test]
fn a_dropped_storage_gives_its_slot_back_and_never_its_id() {
    let mut last = 0;
    // More than other tests hold meanwhile, by far.
    for _ in 0..10_000 {
        let place = Key::<u32>::new().place();
        assert!(slot_of(place.entry) < 5_000, "slots are not given back");
        assert!(place.id > last);
        last = place.id;
    }
}

#[test]
fn an_entered_frame_is_never_captured() {
    let key = Key::new();
    super::enter(&FrameRef::EMPTY, || {
        assert!(super::enter_with(key.place(), 1).is_ok());
        assert_eq!(capture().find::<i32>(&key), Some(&1));
        assert_ne!(capture().as_ptr(), super::current::current());
        run(key.place(), 2, || {
            assert_eq!(capture().as_ptr(), super::current::current())
        });
    });
}
