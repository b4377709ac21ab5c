//! Futures of Rust that scripts await.

use crate::support::{OnDrop, USER, define, eval, runtime};
use futures_lite::future::{pending, yield_now};
use std::cell::Cell;
use std::rc::Rc;
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Poll, Waker};
use std::{future::poll_fn, thread};
use throughline_js::promise;

/// Calls `f` of the script for two users at once, and answers what it pushed.
fn for_two_users(runtime: &throughline_js::Runtime, body: &str) -> Vec<String> {
    for user in ["ada", "grace"] {
        let call = format!("als.run('js {user}', async () => {{ {body} }}); undefined");
        USER.run(user.to_owned(), || eval::<()>(runtime, &call));
    }
    runtime.run().unwrap();
    eval(runtime, "seen.map(String)")
}

#[test]
fn each_poll_sees_the_stores_of_its_caller() {
    let runtime = runtime();
    define(&runtime, "work", || {
        promise(async {
            let mut seen = vec![USER.get_store()];
            for _ in 0..3 {
                yield_now().await;
                seen.push(USER.get_store());
            }
            seen.dedup();
            seen.into_iter().flatten().collect::<Vec<_>>().join(" and ")
        })
    });
    let seen = for_two_users(
        &runtime,
        "const at = await work(); seen.push(`${at}: ${als.getStore()}`);",
    );
    assert_eq!(seen, ["ada: js ada", "grace: js grace"]);
}

#[test]
fn a_future_that_is_ready_at_once_resolves_its_promise() {
    let runtime = runtime();
    define(&runtime, "work", || promise(async { 7 }));
    assert_eq!(for_two_users(&runtime, "seen.push(await work());"), ["7", "7"]);
}

#[test]
fn a_future_is_woken_from_another_thread() {
    let runtime = runtime();
    define(&runtime, "work", || {
        let (send, wakers) = mpsc::channel::<Waker>();
        let woken = thread::spawn(move || wakers.recv().unwrap().wake());
        let mut send = Some(send);
        promise(poll_fn(move |cx| match send.take() {
            Some(send) => {
                send.send(cx.waker().clone()).unwrap();
                Poll::Pending
            }
            None => Poll::Ready(woken.thread().id() != thread::current().id()),
        }))
    });
    assert_eq!(
        for_two_users(&runtime, "seen.push(await work());"),
        ["true", "true"]
    );
}

#[test]
fn an_error_rejects_the_promise() {
    let runtime = runtime();
    define(&runtime, "work", || {
        promise(async { Err::<(), _>(std::io::Error::other("no luck")) })
    });
    let seen = for_two_users(
        &runtime,
        "try { await work(); } catch (e) { seen.push(`${e.message} ${als.getStore()}`); }",
    );
    assert_eq!(seen.len(), 2);
    assert!(
        seen[0].contains("no luck") && seen[0].ends_with("js ada"),
        "{seen:?}"
    );
}

#[test]
fn a_future_that_panics_rejects_the_promise_and_the_loop_goes_on() {
    let runtime = runtime();
    define(&runtime, "work", || {
        promise(async {
            yield_now().await;
            if true {
                panic!("on purpose");
            }
        })
    });
    let seen = for_two_users(
        &runtime,
        "try { await work(); } catch (e) { seen.push(e.message); }",
    );
    assert_eq!(seen, ["a Rust future panicked"; 2]);
}

#[test]
fn what_a_future_enters_is_its_own() {
    let runtime = runtime();
    define(&runtime, "work", || {
        promise(async {
            USER.enter_with("left".to_owned());
            yield_now().await;
            USER.get_store()
        })
    });
    define(&runtime, "user", || USER.get_store());
    let seen = for_two_users(
        &runtime,
        "const p = work(); seen.push(user()); seen.push(await p, user());",
    );
    assert_eq!(seen, ["ada", "grace", "left", "ada", "left", "grace"]);
}

#[test]
fn a_pending_future_is_dropped_in_its_context_when_the_runtime_goes() {
    let runtime = runtime();
    let dropped = Arc::new(Mutex::new(Vec::new()));
    let to = dropped.clone();
    define(&runtime, "work", move || {
        let guard = OnDrop(to.clone());
        promise(async move {
            let _guard = guard;
            pending::<()>().await;
        })
    });
    USER.run("ada".to_owned(), || eval::<()>(&runtime, "work(); undefined"));
    runtime
        .with(|ctx| {
            runtime.node().turn(ctx);
            Ok(())
        })
        .unwrap();
    drop(runtime);
    assert_eq!(*dropped.lock().unwrap(), [Some("ada".to_owned())]);
}

#[test]
fn a_waiting_future_holds_the_loop_and_a_ready_one_does_not() {
    let runtime = runtime();
    let polls = Rc::new(Cell::new(0));
    let of = polls.clone();
    define(&runtime, "work", move || {
        let of = of.clone();
        promise(async move {
            for _ in 0..10 {
                of.set(of.get() + 1);
                yield_now().await;
            }
        })
    });
    eval::<()>(&runtime, "work(); undefined");
    runtime.run().unwrap();
    assert_eq!(polls.get(), 10);
}
