//! The body: its frames, its trailers, its end.

use super::support::{
    End, Log, Script, Step, USER, answer, get, in_a, layer, panics, poll_frame, response_with,
};
use http::{Request, Response};
use http_body::Body as _;
use http_body_util::{BodyExt as _, Empty, Full};
use std::convert::Infallible;
use std::pin::pin;
use std::task::Poll;
use throughline::{execution_async_id, in_boundary};
use tower_layer::Layer as _;

#[test]
fn each_frame_the_trailers_and_the_drop_are_in_the_request() {
    let log = Log::default();
    let steps = [
        Step::Data("one"),
        Step::Pending,
        Step::Data("two"),
        Step::Trailers,
    ];
    let response = response_with(Script::new(&log, End::Asked, steps));
    let mut body = pin!(response.into_body());

    let one = poll_frame(body.as_mut());
    assert!(matches!(one, Poll::Ready(Some(Ok(frame))) if frame.data_ref().unwrap() == "one"));
    assert!(!in_boundary() && execution_async_id().is_none());
    assert!(poll_frame(body.as_mut()).is_pending());
    let two = poll_frame(body.as_mut());
    assert!(matches!(two, Poll::Ready(Some(Ok(frame))) if frame.data_ref().unwrap() == "two"));
    let trailers = poll_frame(body.as_mut());
    assert!(
        matches!(trailers, Poll::Ready(Some(Ok(frame))) if frame.trailers_ref().unwrap()["x-sum"] == "7")
    );
    assert!(matches!(poll_frame(body.as_mut()), Poll::Ready(None)));
    let seen = ["data", "pending", "data", "trailers", "end", "drop"];
    assert_eq!(log.take(), seen.map(in_a));
}

#[test]
fn a_body_at_its_end_stays_there() {
    let log = Log::default();
    let response = response_with(Script::new(&log, End::Asked, []));
    let mut body = pin!(response.into_body());
    for _ in 0..2 {
        assert!(matches!(poll_frame(body.as_mut()), Poll::Ready(None)));
    }
    assert!(body.is_end_stream());
    assert_eq!(body.size_hint().exact(), Some(0));
    assert_eq!(log.take(), ["end", "drop"].map(in_a));
}

#[test]
fn what_the_handler_entered_is_there_in_the_body() {
    let log = Log::default();
    let service = layer().layer(tower::service_fn(async |_: Request<()>| {
        USER.enter_with("ada");
        Ok::<_, Infallible>(Response::new(Script::new(&log, End::Asked, [])))
    }));
    drop(answer(service, get("/a")).unwrap());
    assert_eq!(log.take(), ["drop /a ada HTTPINCOMINGMESSAGE"]);
}

// Law 10.
#[test]
fn what_the_body_enters_moves_with_it_from_frame_to_frame() {
    let log = Log::default();
    let steps = [
        Step::Enter("ada"),
        Step::Data("one"),
        Step::Enter("bob"),
        Step::Data("two"),
    ];
    let response = response_with(Script::new(&log, End::Asked, steps));
    let body = response.into_body();
    let mut body = Box::pin(body);
    assert!(poll_frame(body.as_mut()).is_pending());
    assert!(poll_frame(body.as_mut()).is_ready());
    assert_eq!(USER.get_store(), None);
    let mut body = std::thread::spawn(move || {
        assert!(poll_frame(body.as_mut()).is_pending());
        body
    })
    .join()
    .unwrap();
    assert!(poll_frame(body.as_mut()).is_ready());
    drop(body);
    let seen = [
        "enter /a ada",
        "data /a ada",
        "enter /a bob",
        "data /a bob",
        "drop /a bob",
    ];
    assert_eq!(log.take(), seen.map(|line| format!("{line} HTTPINCOMINGMESSAGE")));
}

#[test]
fn size_hint_and_is_end_stream_are_those_of_the_body() {
    let full = response_with(Full::new(bytes::Bytes::from("hello"))).into_body();
    assert_eq!(full.size_hint().exact(), Some(5));
    assert!(!full.is_end_stream());
    let empty = response_with(Empty::<bytes::Bytes>::new()).into_body();
    assert!(empty.is_end_stream());
    let log = Log::default();
    let steps = [Step::Data("one"), Step::Data("two")];
    let mut script = pin!(response_with(Script::new(&log, End::Told, steps)).into_body());
    assert_eq!(
        (script.size_hint().lower(), script.size_hint().upper()),
        (2, None)
    );
    assert!(poll_frame(script.as_mut()).is_ready());
    assert_eq!(script.size_hint().lower(), 1);
    assert!(poll_frame(script.as_mut()).is_ready());
    assert!(script.is_end_stream());
}

#[test]
fn a_body_that_is_cut_off_is_dropped_in_the_request() {
    let log = Log::default();
    let response = response_with(Script::new(
        &log,
        End::Asked,
        [Step::Data("one"), Step::Data("two")],
    ));
    {
        let mut body = pin!(response.into_body());
        assert!(poll_frame(body.as_mut()).is_ready());
    }
    assert_eq!(log.take(), ["data", "drop"].map(in_a));
}

#[test]
fn a_body_that_fails_hands_its_error_on() {
    let log = Log::default();
    let response = response_with(Script::new(&log, End::Asked, [Step::Data("one"), Step::Error]));
    let error = futures::executor::block_on(response.into_body().collect()).unwrap_err();
    assert_eq!(error, "broken");
    assert_eq!(log.take(), ["data", "error", "drop"].map(in_a));
}

#[test]
fn a_body_that_panics_leaves_no_context_behind() {
    let log = Log::default();
    let response = response_with(Script::new(&log, End::Asked, [Step::Panic, Step::Data("one")]));
    {
        let mut body = pin!(response.into_body());
        assert!(panics(|| drop(poll_frame(body.as_mut()))));
        assert!(!in_boundary() && execution_async_id().is_none());
        // A caller that caught it may go on.
        assert!(poll_frame(body.as_mut()).is_ready());
    }
    assert_eq!(log.take(), ["panic", "data", "drop"].map(in_a));
}

#[test]
fn a_body_of_another_request_within_a_body_keeps_its_own() {
    let log = Log::default();
    let service = layer().layer(tower::service_fn(|_: Request<()>| {
        let inner = super::support::response_to(
            get("/b"),
            Response::new(Script::new(&log, End::Asked, [Step::Data("b")])),
        );
        std::future::ready(Ok::<_, Infallible>(Response::new(inner.into_body())))
    }));
    let response = answer(service, get("/a")).unwrap();
    let all = futures::executor::block_on(response.into_body().collect()).unwrap();
    assert_eq!(all.to_bytes(), "b");
    assert_eq!(
        log.take(),
        ["data", "end", "drop"].map(|place| format!("{place} /b HTTPINCOMINGMESSAGE"))
    );
}
