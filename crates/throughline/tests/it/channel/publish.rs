//! Publishing and subscribing (`DC-2` to `DC-4`).

use super::support::{Drops, Log, OnDrop, reports_about};
use std::sync::{Arc, Mutex};
use throughline::channel::{Channel, Subscription};
use throughline::{AsyncLocalStorage, in_boundary};

static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();

/// `DC-2`, `DC-4`
#[test]
fn a_channel_is_in_use_from_its_first_subscriber_to_its_last() {
    static CHANNEL: Channel<u32> = Channel::new("test.in_use");
    assert!(!CHANNEL.has_subscribers());
    let one = CHANNEL.subscribe(|_| ());
    let other = CHANNEL.subscribe(|_| ());
    assert!(CHANNEL.has_subscribers());
    one.unsubscribe();
    assert!(CHANNEL.has_subscribers());
    drop(other);
    assert!(!CHANNEL.has_subscribers());
    let _again = CHANNEL.subscribe(|_| ());
    assert!(CHANNEL.has_subscribers());
}

/// `DC-2`: what one channel remembers of being unused does not outlast its use, whatever others do.
#[test]
fn channels_come_into_use_independently() {
    static ONE: Channel<u32> = Channel::new("test.independent.one");
    static OTHER: Channel<u32> = Channel::new("test.independent.other");
    for _ in 0..3 {
        assert!(!ONE.has_subscribers() && !OTHER.has_subscribers());
        let one = ONE.subscribe(|_| ());
        assert!(ONE.has_subscribers() && !OTHER.has_subscribers());
        let other = OTHER.subscribe(|_| ());
        assert!(ONE.has_subscribers() && OTHER.has_subscribers());
        drop(one);
        assert!(!ONE.has_subscribers() && OTHER.has_subscribers());
        drop(other);
    }
}

/// `DC-3`
#[test]
fn subscribers_hear_a_message_in_the_order_in_which_they_subscribed() {
    static CHANNEL: Channel<str> = Channel::new("test.order");
    let log = Log::new();
    let _subscriptions = ["a", "b", "c"].map(|name| {
        let log = log.clone();
        CHANNEL.subscribe(move |message| log.push(format!("{name} {message}")))
    });
    CHANNEL.publish("one");
    CHANNEL.publish("two");
    assert_eq!(log.take(), ["a one", "b one", "c one", "a two", "b two", "c two"]);
}

/// `DC-3`
#[test]
fn a_panicking_subscriber_is_reported_and_stops_nobody() {
    static CHANNEL: Channel<u32> = Channel::new("test.panicking");
    let log = Log::new();
    let _one = CHANNEL.subscribe(log.writer("first"));
    let _two = CHANNEL.subscribe(|_| panic!("boom"));
    let _three = CHANNEL.subscribe(log.writer("third"));
    let reports = reports_about("test.panicking", || {
        CHANNEL.publish(&1);
        log.push("publisher");
    });
    assert_eq!(log.take(), ["first", "third", "publisher"]);
    assert_eq!(reports, ["panic in subscriber of channel `test.panicking`: boom"]);
}

/// `DC-3`
#[test]
fn a_subscriber_may_unsubscribe_itself_and_others_while_it_is_called() {
    static CHANNEL: Channel<u32> = Channel::new("test.unsubscribing");
    let log = Log::new();
    let all: Arc<Mutex<Vec<Subscription>>> = Arc::default();
    let (subscriptions, writer) = (all.clone(), log.clone());
    let first = CHANNEL.subscribe(move |_| {
        writer.push("first");
        let subscriptions = std::mem::take(&mut *subscriptions.lock().unwrap());
        drop(subscriptions);
    });
    let second = CHANNEL.subscribe(log.writer("second"));
    all.lock().unwrap().extend([first, second]);
    CHANNEL.publish(&1);
    assert_eq!(log.take(), ["first", "second"]);
    CHANNEL.publish(&2);
    assert!(log.take().is_empty());
    assert!(!CHANNEL.has_subscribers());
}

/// `DC-3`
#[test]
fn who_subscribes_during_a_message_hears_the_next_one() {
    static CHANNEL: Channel<u32> = Channel::new("test.subscribing");
    let log = Log::new();
    let later: Arc<Mutex<Vec<Subscription>>> = Arc::default();
    let (subscriptions, writer) = (later.clone(), log.clone());
    let _first = CHANNEL.subscribe(move |_| {
        let late = CHANNEL.subscribe(writer.writer("late"));
        subscriptions.lock().unwrap().push(late);
    });
    CHANNEL.publish(&1);
    assert!(log.take().is_empty());
    CHANNEL.publish(&2);
    assert_eq!(log.take(), ["late"]);
}

/// `DC-3`
#[test]
fn a_subscriber_may_publish_to_its_own_channel() {
    static CHANNEL: Channel<u32> = Channel::new("test.recursive");
    let log = Log::new();
    let writer = log.clone();
    let _subscription = CHANNEL.subscribe(move |n| {
        writer.push(n.to_string());
        if *n > 0 {
            CHANNEL.publish(&(n - 1));
        }
    });
    CHANNEL.publish(&3);
    assert_eq!(log.take(), ["3", "2", "1", "0"]);
}

/// `DC-3`: of the unsubscribed closure, whoever walks along the old list is the last owner.
#[test]
fn an_unsubscribed_closure_is_dropped_once_and_under_no_lock() {
    static CHANNEL: Channel<u32> = Channel::new("test.dropped_under_no_lock");
    let drops = Drops::default();
    let counted = drops.counted();
    let uses_the_channel = OnDrop::new(|| {
        CHANNEL.publish(&7);
        drop(CHANNEL.subscribe(|_| ()));
    });
    let place: Arc<Mutex<Option<Subscription>>> = Arc::default();
    let subscription = place.clone();
    let subscription = CHANNEL.subscribe(move |_| {
        let _owned = (&counted, &uses_the_channel);
        let own = subscription.lock().unwrap().take();
        drop(own);
    });
    *place.lock().unwrap() = Some(subscription);
    CHANNEL.publish(&1);
    assert_eq!(drops.count(), 1);
    assert!(!CHANNEL.has_subscribers());
}

/// `DC-3`
#[test]
fn a_panicking_destructor_of_a_subscriber_is_reported_to_nobodys_harm() {
    static CHANNEL: Channel<u32> = Channel::new("test.panicking_destructor");
    let drops = Drops::default();
    let reports = reports_about("destructor of a channel", || {
        let subscriptions = [1, 2].map(|_| {
            let owned = (OnDrop::new(|| panic!("in drop")), drops.counted());
            CHANNEL.subscribe(move |_| _ = &owned)
        });
        drop(subscriptions);
    });
    assert_eq!(drops.count(), 2);
    assert_eq!(
        reports,
        ["panic in the destructor of a channel's subscriber or transform: in drop"; 2]
    );
}

/// `DC-3`, law 1
#[test]
fn each_subscriber_runs_in_the_publishers_context_in_a_boundary_of_its_own() {
    static CHANNEL: Channel<u32> = Channel::new("test.own_boundaries");
    let log = Log::new();
    let _subscriptions = ["one", "two"].map(|name| {
        let log = log.clone();
        CHANNEL.subscribe(move |_| {
            log.push(format!("{name} sees {:?}", USER.get_store()));
            USER.enter_with(name);
        })
    });
    USER.run("ada", || {
        CHANNEL.publish(&1);
        assert_eq!(USER.get_store(), Some("ada"));
    });
    assert_eq!(log.take(), [r#"one sees Some("ada")"#, r#"two sees Some("ada")"#]);
    // Where the publisher is in no boundary, a subscriber is.
    assert!(!in_boundary());
    CHANNEL.publish(&2);
    assert_eq!(log.take(), ["one sees None", "two sees None"]);
    assert_eq!(USER.get_store(), None);
}

/// `DC-4`
#[test]
fn a_subscription_lasts_as_long_as_its_handle_unless_detached() {
    static CHANNEL: Channel<u32> = Channel::new("test.handles");
    let log = Log::new();
    CHANNEL.subscribe(log.writer("detached")).detach();
    drop(CHANNEL.subscribe(log.writer("dropped")));
    let kept = CHANNEL.subscribe(log.writer("kept"));
    CHANNEL.publish(&1);
    assert_eq!(log.take(), ["detached", "kept"]);
    assert_eq!(format!("{kept:?}"), r#"Subscription(["test.handles"])"#);
}

#[test]
fn what_a_channel_is_can_be_seen() {
    static CHANNEL: Channel<u32> = Channel::new("test.debug");
    let _subscription = CHANNEL.subscribe(|_| ());
    assert_eq!(
        format!("{CHANNEL:?}"),
        r#"Channel { name: "test.debug", has_subscribers: true, .. }"#
    );
}
