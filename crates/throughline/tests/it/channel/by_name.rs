//! Channels are found by name and payload type (`DC-1`).

use super::support::{Drops, Log, reports_about};
use throughline::channel::{self, Channel, bounded_channel, channel, tracing_channel};

/// `DC-1`
#[test]
fn the_same_name_and_type_is_the_same_channel() {
    let log = Log::new();
    let _subscription = channel::<u32>("test.same").subscribe(log.writer("heard"));
    channel::<u32>("test.same").publish(&1);
    channel::<u32>("test.other").publish(&1);
    assert_eq!(log.take(), ["heard"]);
}

/// `DC-1`
#[test]
fn who_knows_the_name_reaches_a_static_that_was_used_before() {
    static CHANNEL: Channel<u32> = Channel::new("test.static_first");
    let log = Log::new();
    CHANNEL.publish(&1);
    let _subscription = channel::subscribe("test.static_first", log.writer::<u32>("heard"));
    CHANNEL.publish(&2);
    assert_eq!(log.take(), ["heard"]);
    assert!(channel::has_subscribers::<u32>("test.static_first"));
}

/// `DC-1`
#[test]
fn who_knows_the_name_reaches_a_static_that_was_not_used_yet() {
    static CHANNEL: Channel<u32> = Channel::new("test.static_last");
    let log = Log::new();
    let _subscription = channel::subscribe("test.static_last", log.writer::<u32>("heard"));
    CHANNEL.publish(&1);
    assert_eq!(log.take(), ["heard"]);
}

/// `DC-1`
#[test]
fn two_statics_of_one_name_are_one_channel() {
    static ONE: Channel<u32> = Channel::new("test.twin");
    static OTHER: Channel<u32> = Channel::new("test.twin");
    let log = Log::new();
    let subscription = ONE.subscribe(log.writer("heard"));
    OTHER.publish(&1);
    assert_eq!(log.take(), ["heard"]);
    drop(subscription);
    assert!(!OTHER.has_subscribers());
}

/// `DC-1`
#[test]
fn a_channel_in_use_is_kept_without_a_handle() {
    let log = Log::new();
    channel::<u32>("test.kept")
        .subscribe(log.writer("heard"))
        .detach();
    channel::<u32>("test.kept").publish(&1);
    assert_eq!(log.take(), ["heard"]);
}

/// `DC-1`
#[test]
fn an_unused_channel_goes_with_its_last_handle() {
    let drops = Drops::default();
    let owned = drops.counted();
    let subscription = channel::<u32>("test.gone").subscribe(move |_| _ = &owned);
    assert_eq!(drops.count(), 0);
    subscription.unsubscribe();
    assert_eq!(drops.count(), 1);
    // Nobody has it: if the registry did, this name would now have two payload types.
    let reports = reports_about("test.gone", || drop(channel::<i8>("test.gone")));
    assert_eq!(reports, [""; 0]);
}

/// `DC-1`, decided here: the payload type is part of what a channel is.
#[test]
fn the_same_name_with_another_payload_is_another_channel_and_reported_once() {
    let log = Log::new();
    let number = channel::<u32>("test.two_types");
    let reports = reports_about("test.two_types", || {
        let _subscription = number.subscribe(log.writer("number"));
        let text = channel::<str>("test.two_types");
        let _subscription = text.subscribe(log.writer("text"));
        text.publish("one");
        number.publish(&1);
        drop(channel::<str>("test.two_types"));
    });
    assert_eq!(log.take(), ["text", "number"]);
    assert_eq!(
        reports,
        [
            "ChannelPayloadWarning: channel `test.two_types` is used with the payload types `u32` and `str`: these are two channels, \
          and neither hears the other"
        ]
    );
}

/// A reporter that uses the channel it hears of.
#[test]
fn a_channel_may_be_used_by_whoever_hears_of_its_second_payload() {
    static TEXT: Channel<str> = Channel::new("test.reentrant_report");
    let number = channel::<u32>("test.reentrant_report");
    let mut heard = Vec::new();
    let reports = reports_about("test.reentrant", || {
        throughline::set_reporter(|_| TEXT.publish("reported"));
        let log = Log::new();
        let _subscription = TEXT.subscribe(log.writer("text"));
        TEXT.publish("now");
        heard = log.take();
    });
    assert_eq!(heard, ["text"]);
    assert_eq!(reports, [""; 0]);
    drop(number);
}

/// `DC-2`
#[test]
fn asking_for_subscribers_by_name_makes_no_channel() {
    assert!(!channel::has_subscribers::<u32>("test.nobody"));
    let reports = reports_about("test.nobody", || drop(channel::<str>("test.nobody")));
    assert_eq!(reports, [""; 0]);
}

/// `DC-11`, `DC-12`
#[test]
fn bounded_and_tracing_channels_have_nodes_names() {
    let bounded = bounded_channel::<u32>("test.names");
    let names = [bounded.start(), bounded.end()].map(|channel| channel.name().to_owned());
    assert_eq!(names, ["tracing:test.names:start", "tracing:test.names:end"]);

    let tracing = tracing_channel::<u32, (), ()>("test.more_names");
    let names = [
        tracing.start(),
        tracing.end(),
        tracing.async_start(),
        tracing.async_end(),
        tracing.error(),
    ];
    assert_eq!(
        names.map(|channel| channel.name().to_owned()),
        ["start", "end", "asyncStart", "asyncEnd", "error"]
            .map(|event| format!("tracing:test.more_names:{event}"))
    );
}

#[test]
fn a_static_knows_its_name_before_it_is_used() {
    static CHANNEL: Channel<u32> = Channel::new("test.named");
    assert_eq!(CHANNEL.name(), "test.named");
    CHANNEL.publish(&1);
    assert_eq!(CHANNEL.name(), "test.named");
    assert_eq!(CHANNEL.clone().name(), "test.named");
}
