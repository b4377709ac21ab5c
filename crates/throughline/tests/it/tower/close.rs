//! How a request ends, and who hears of it.

use super::support::{
    End, Ends, Log, PATH, Script, Step, USER, answer, get, in_a, layer, panics, poll, poll_frame,
};
use crate::support::reports::reports_of;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Empty, Full};
use std::convert::Infallible;
use std::pin::pin;
use std::sync::{Arc, Mutex, Weak};
use throughline::tower::{Close, OpenRequest, RequestContextLayer, RequestHandle};
use throughline::{BindOnce as _, create_hook, execution_async_id};
use tower_layer::Layer as _;
use tower_service::Service as _;

/// How a request ends whose response is that, after `take` frames of it, if there are so many.
fn end_after(request: Request<()>, response: Response<Script>, take: usize) -> Vec<Close> {
    let response = std::cell::Cell::new(Some(response));
    let ends = std::cell::OnceCell::new();
    let service = layer().layer(tower::service_fn(|_: Request<()>| {
        ends.set(Ends::of(&RequestHandle::current().unwrap())).unwrap();
        std::future::ready(Ok::<_, Infallible>(response.take().unwrap()))
    }));
    let response = answer(service, request).unwrap();
    let ends: &Ends = ends.get().unwrap();
    assert_eq!(ends.all(), [], "the body is still to be sent");
    {
        let mut body = pin!(response.into_body());
        for _ in 0..take {
            let _ = poll_frame(body.as_mut());
        }
    }
    ends.all()
}

fn script(end: End, steps: impl IntoIterator<Item = Step>) -> Response<Script> {
    Response::new(Script::new(&Log::default(), end, steps))
}

#[test]
fn it_is_finished_when_the_body_was_asked_for_more_and_had_none() {
    let one_and_end = end_after(get("/a"), script(End::Asked, [Step::Data("one")]), 2);
    assert_eq!(one_and_end, [Close::Finished]);
}

#[test]
fn it_is_finished_when_the_body_said_that_this_was_the_last_frame() {
    assert_eq!(
        end_after(get("/a"), script(End::Told, [Step::Data("one")]), 1),
        [Close::Finished]
    );
    assert_eq!(end_after(get("/a"), script(End::Told, []), 0), [Close::Finished]);
}

// Servers take no frame after the trailers, nor one beyond the length that was said.
#[test]
fn it_is_finished_when_the_server_took_all_that_it_will_take() {
    let steps = [Step::Data("one"), Step::Trailers];
    assert_eq!(
        end_after(get("/a"), script(End::Asked, steps), 2),
        [Close::Finished]
    );

    let long = || {
        let mut response = script(End::Asked, [Step::Data("one"), Step::Data("two")]);
        response.headers_mut().insert("content-length", 6.into());
        response
    };
    assert_eq!(end_after(get("/a"), long(), 2), [Close::Finished]);
    assert_eq!(end_after(get("/a"), long(), 1), [Close::HungUp]);

    let six = || {
        Response::new(
            Script::new(
                &Log::default(),
                End::Asked,
                [Step::Data("one"), Step::Data("two")],
            )
            .of_length(6),
        )
    };
    assert_eq!(end_after(get("/a"), six(), 2), [Close::Finished]);
    assert_eq!(end_after(get("/a"), six(), 1), [Close::HungUp]);
}

#[test]
fn it_is_finished_where_no_body_is_sent() {
    let head = Request::builder()
        .method(Method::HEAD)
        .uri("/a")
        .body(())
        .unwrap();
    assert_eq!(
        end_after(head, script(End::Asked, [Step::Data("one")]), 0),
        [Close::Finished]
    );
    for status in [
        StatusCode::NO_CONTENT,
        StatusCode::NOT_MODIFIED,
        StatusCode::SWITCHING_PROTOCOLS,
    ] {
        let mut response = script(End::Asked, []);
        *response.status_mut() = status;
        assert_eq!(end_after(get("/a"), response, 0), [Close::Finished], "{status}");
    }
}

#[test]
fn it_is_hung_up_when_the_body_is_dropped_with_frames_in_it() {
    let two = || script(End::Told, [Step::Data("one"), Step::Data("two")]);
    assert_eq!(end_after(get("/a"), two(), 0), [Close::HungUp]);
    assert_eq!(end_after(get("/a"), two(), 1), [Close::HungUp]);
    assert_eq!(
        end_after(get("/a"), script(End::Asked, [Step::Pending]), 1),
        [Close::HungUp]
    );
}

#[test]
fn it_failed_in_its_body_when_that_had_an_error_whatever_came_after() {
    let error = || script(End::Asked, [Step::Data("one"), Step::Error]);
    assert_eq!(end_after(get("/a"), error(), 2), [Close::BodyFailed]);
    assert_eq!(end_after(get("/a"), error(), 3), [Close::BodyFailed]);
}

#[test]
fn it_panicked_when_its_body_did() {
    let log = Log::default();
    let service = layer().layer(tower::service_fn(async |_: Request<()>| {
        log.note_close();
        Ok::<_, Infallible>(script(End::Asked, [Step::Panic]))
    }));
    let mut body = Box::pin(answer(service, get("/a")).unwrap().into_body());
    assert!(panics(|| drop(poll_frame(body.as_mut()))));
    assert_eq!(log.take(), Vec::<String>::new());
    drop(body);
    assert_eq!(log.take(), [in_a("Panicked")]);
}

#[test]
fn it_failed_when_the_service_did() {
    let log = Log::default();
    let service = layer().layer(tower::service_fn(async |_: Request<()>| {
        log.note_close();
        Err::<Response<String>, _>("broken")
    }));
    assert_eq!(answer(service, get("/a")).unwrap_err(), "broken");
    assert_eq!(log.take(), [in_a("Failed")]);
}

// Listing 4: `req.on('close', AsyncResource.bind(() => …))`.
#[test]
fn who_waits_runs_as_a_callback_of_the_request_after_handler_and_body_are_dropped() {
    let log = Log::default();
    let service = layer().layer(tower::service_fn(|_: Request<()>| {
        let handler = log.witness("handler");
        log.note_close();
        let request = RequestHandle::current().unwrap();
        let id = execution_async_id();
        request.on_close(move |_| assert_eq!(execution_async_id(), id));
        let body = Script::new(&log, End::Asked, [Step::Data("one")]);
        async move {
            handler.note("answer");
            Ok::<_, Infallible>(Response::new(body))
        }
    }));
    drop(answer(service, get("/a")).unwrap());
    assert_eq!(log.take(), ["answer", "handler", "drop", "HungUp"].map(in_a));
    log.note("outside");
    assert_eq!(log.take(), ["outside - -"]);
}

#[test]
fn a_bound_callback_runs_in_the_context_where_it_was_bound() {
    let log = Log::default();
    let service = layer().layer(tower::service_fn(async |_: Request<()>| {
        let (plain, bound) = (log.clone(), log.clone());
        let request = RequestHandle::current().unwrap();
        USER.run("ada", || {
            request.on_close(move |_| plain.note("plain"));
            request.on_close((move |_: Close| bound.note("bound")).bind_once());
        });
        Ok::<_, Infallible>(Response::new(Empty::<bytes::Bytes>::new()))
    }));
    drop(answer(service, get("/a")).unwrap());
    assert_eq!(
        log.take(),
        [in_a("plain"), "bound /a ada HTTPINCOMINGMESSAGE".to_owned()]
    );
}

#[test]
fn callbacks_are_called_in_their_order_once_each_and_what_one_enters_the_next_does_not_see() {
    let log = Log::default();
    let mut service = layer().layer(tower::service_fn(|_: Request<()>| {
        let request = RequestHandle::current().unwrap();
        for name in ["one", "two", "three"] {
            let log = log.clone();
            request.on_close(move |_| {
                log.note(name);
                USER.enter_with("ada");
            });
        }
        std::future::pending::<Result<Response<String>, Infallible>>()
    }));
    drop(service.call(get("/a")));
    assert_eq!(log.take(), ["one", "two", "three"].map(in_a));
}

#[test]
fn a_callback_that_panics_is_reported_and_the_others_are_called() {
    let log = Log::default();
    let reports = reports_of(|| {
        let mut service = layer().layer(tower::service_fn(|_: Request<()>| {
            let request = RequestHandle::current().unwrap();
            request.on_close(|_| panic!("on purpose"));
            log.note_close();
            std::future::pending::<Result<Response<String>, Infallible>>()
        }));
        drop(service.call(get("/a")));
    });
    assert_eq!(log.take(), [in_a("HungUp")]);
    assert_eq!(reports.len(), 1, "{reports:?}");
    assert!(
        reports[0].starts_with("panic in an `on_close` callback of RequestHandle(HTTPINCOMINGMESSAGE("),
        "{reports:?}"
    );
    assert!(reports[0].ends_with("on purpose"), "{reports:?}");
}

// A second panic would end the process.
#[test]
fn a_callback_may_panic_while_its_request_unwinds() {
    let reports = reports_of(|| {
        let mut service = layer().layer(tower::service_fn(
            async |_: Request<()>| -> Result<Response<String>, Infallible> {
                let request = RequestHandle::current().unwrap();
                request.on_close(|close| panic!("second: {close}"));
                panic!("first")
            },
        ));
        let response = service.call(get("/a"));
        assert!(panics(|| {
            let mut response = pin!(response);
            let _ = poll(response.as_mut());
        }));
    });
    assert_eq!(reports.len(), 1);
    assert!(reports[0].ends_with("second: panicked"), "{reports:?}");
}

#[test]
fn who_comes_late_is_told_at_once_in_his_own_context() {
    let open = OpenRequest::begin(|base| base);
    let handle = open.handle().clone();
    assert_eq!(handle.closed(), None);
    drop(open);
    assert_eq!(handle.closed(), Some(Close::HungUp));
    let log = Log::default();
    let late = log.clone();
    USER.run("ada", || {
        handle.on_close(move |close| {
            late.note(&format!("{close:?}"));
            USER.enter_with("bob");
        });
        assert_eq!(USER.get_store(), Some("ada"));
    });
    assert_eq!(log.take(), ["HungUp - ada -"]);
}

#[test]
fn a_callback_may_ask_for_another_and_see_the_end() {
    let open = OpenRequest::begin(|base| base);
    let told = Arc::new(Mutex::new(Vec::new()));
    let (handle, seen) = (open.handle().clone(), told.clone());
    open.handle().on_close(move |close| {
        assert_eq!(handle.closed(), Some(close));
        handle
            .clone()
            .on_close(move |again| seen.lock().unwrap().push((close, again)));
    });
    drop(open);
    assert_eq!(*told.lock().unwrap(), [(Close::HungUp, Close::HungUp)]);
}

// MEM-1: a handle in the request's own context must not keep that context alive.
#[test]
fn nothing_of_a_request_is_left_when_it_is_over() {
    let stored = Arc::new(());
    let kept: Weak<()> = Arc::downgrade(&stored);
    static STORED: throughline::AsyncLocalStorage<Arc<()>> = throughline::AsyncLocalStorage::new();
    let service = RequestContextLayer::new()
        .with(&STORED, move |_| stored.clone())
        .layer(tower::service_fn(async |request: Request<()>| {
            let handle = RequestHandle::of(request.extensions()).unwrap();
            handle.on_close((|_: Close| assert!(STORED.get_store().is_some())).bind_once());
            Ok::<_, Infallible>(Response::new(Full::new(bytes::Bytes::from("all"))))
        }));
    let response = answer(service, get("/a")).unwrap();
    assert!(kept.upgrade().is_some());
    futures::executor::block_on(response.into_body().collect()).unwrap();
    assert_eq!(kept.strong_count(), 0);
}

// RES-4, RES-5
#[test]
fn hooks_see_a_request_begin_and_end_after_its_callbacks() {
    let log = Log::default();
    let (init, destroy) = (log.clone(), log.clone());
    let hook = create_hook()
        .only([OpenRequest::RESOURCE_TYPE])
        .init(move |resource| init.note(&format!("init {}", resource.async_id())))
        .destroy(move |resource| destroy.note(&format!("destroy {}", resource.async_id())))
        .build();
    hook.enable();
    let on_close = log.clone();
    let service = layer().layer(tower::service_fn(async |_: Request<()>| {
        let log = on_close.clone();
        let id = execution_async_id().unwrap();
        RequestHandle::current()
            .unwrap()
            .on_close(move |_| log.note(&format!("close {id}")));
        Ok::<_, Infallible>(Response::new(Empty::<bytes::Bytes>::new()))
    }));
    let response = answer(service, get("/a")).unwrap();
    drop(response);
    throughline::flush_destroy_events();
    hook.disable();
    // Tests beside this one have requests too.
    let lines = log.take();
    let close = lines.iter().find(|line| line.starts_with("close ")).unwrap();
    let id = close.split(' ').nth(1).unwrap();
    let mine: Vec<&str> = lines
        .iter()
        .filter(|line| line.split(' ').nth(1) == Some(id))
        .map(|line| line.split(' ').next().unwrap())
        .collect();
    assert_eq!(mine, ["init", "close", "destroy"]);
}

#[test]
fn an_integration_of_its_own_has_the_same_ends() {
    let log = Log::default();
    let mut open = OpenRequest::begin(|base| throughline::host::frame_with(&base, &PATH, "/a".to_owned()));
    open.run(|| log.note_close());
    open.ends_with(Close::Finished);
    open.ends_with(Close::BodyFailed);
    drop(open);
    assert_eq!(log.take(), [in_a("Finished")]);

    let mut open = OpenRequest::begin(|base| base);
    let ends = Ends::of(open.handle());
    assert!(panics(|| open.run(|| panic!("on purpose"))));
    open.ends_with(Close::Finished);
    drop(open);
    assert_eq!(ends.all(), [Close::Panicked]);
}
