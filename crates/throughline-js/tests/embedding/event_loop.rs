//! How other threads reach a loop.

use crate::support::{Output, USER, eval, prepared, runtime};
use rquickjs::Function;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use throughline_js::event_loop::Request;
use throughline_js::{Node, Runtime};

/// Opens a request for each call of `wait(callback)`, and hands it to `then` in another thread.
fn with_requests(then: impl Fn(Request) + Send + Sync + 'static) -> Runtime {
    let runtime = prepared(Runtime::builder().options(throughline_js::Options::new().expose_internals()));
    let then = Arc::new(then);
    runtime
        .with(|ctx| {
            let start = move |ctx: rquickjs::Ctx<'_>, number: f64| {
                let (request, then) = (Request::new(&ctx, number), then.clone());
                thread::spawn(move || then(request));
            };
            ctx.globals().set("start", Function::new(ctx.clone(), start)?)
        })
        .unwrap();
    eval::<()>(
        &runtime,
        "const { openRequest, closeRequest, refRequest } = require('internal/loop');
         globalThis.wait = (fn, options) => { const n = openRequest({}, 'TESTWRAP', fn, options); start(n); return n; };
         Object.assign(globalThis, { closeRequest, refRequest });",
    );
    runtime
}

#[test]
fn a_completed_request_calls_back_in_the_context_it_was_opened_in() {
    let runtime =
        with_requests(|request| request.complete(|ctx| Ok(vec![rquickjs::Value::new_int(ctx.clone(), 7)])));
    crate::support::define(&runtime, "user", || USER.get_store());
    USER.run("ada".to_owned(), || {
        eval::<()>(
            &runtime,
            "als.run('js', () => wait((n) => seen.push(n, als.getStore(), user()))); undefined",
        );
    });
    runtime.run().unwrap();
    assert_eq!(
        eval::<Vec<String>>(&runtime, "seen.map(String)"),
        ["7", "js", "ada"]
    );
}

#[test]
fn a_request_tells_hooks_of_its_life() {
    let runtime = with_requests(|request| {
        request.emit(|_| Ok(Vec::new())).unwrap();
        request.complete(|_| Ok(Vec::new()));
    });
    eval::<()>(
        &runtime,
        "const told = (event) => (id, type) => { if (event === 'init' ? type === 'TESTWRAP' : id === mine) { if (event === 'init') mine = id; seen.push(event); } };
         let mine; const { createHook } = require('node:async_hooks');
         createHook({ init: told('init'), before: told('before'), after: told('after'), destroy: told('destroy'), trackPromises: false }).enable();
         wait(() => seen.push('call')); undefined",
    );
    runtime.run().unwrap();
    eval::<()>(&runtime, "setImmediate(() => {}); undefined");
    runtime.run().unwrap();
    let expected = [
        "init", "before", "call", "after", "before", "call", "after", "destroy",
    ];
    assert_eq!(eval::<Vec<String>>(&runtime, "seen"), expected);
}

#[test]
fn a_request_that_is_dropped_lets_the_loop_end() {
    let runtime = with_requests(drop);
    eval::<()>(&runtime, "wait(() => seen.push('never')); undefined");
    runtime.run().unwrap();
    assert_eq!(eval::<Vec<String>>(&runtime, "seen"), [""; 0]);
}

#[test]
fn a_request_that_does_not_hold_the_loop_is_not_waited_for() {
    let kept = Arc::new(Mutex::new(Vec::new()));
    let to = kept.clone();
    let runtime = with_requests(move |request| to.lock().unwrap().push(request));
    eval::<()>(
        &runtime,
        "wait(() => {}, { ref: false }); refRequest(wait(() => {}), false); closeRequest(wait(() => {})); undefined",
    );
    runtime.run().unwrap();
}

#[test]
fn tasks_of_other_threads_run_on_the_loops() {
    let runtime = runtime();
    let here = thread::current().id();
    let handle = runtime.handle();
    let hold = handle.hold();
    let sent = thread::spawn(move || {
        for n in 0..100 {
            handle
                .post(move |ctx| {
                    assert_eq!(thread::current().id(), here);
                    ctx.eval::<(), _>(format!(
                        "seen.push({n}); Promise.resolve().then(() => seen.push('then'))"
                    ))
                    .unwrap();
                })
                .unwrap();
        }
        drop(hold);
    });
    runtime.run().unwrap();
    sent.join().unwrap();
    let seen: Vec<String> = eval(&runtime, "seen.map(String)");
    let expected: Vec<_> = (0..100)
        .flat_map(|n| [n.to_string(), "then".to_owned()])
        .collect();
    assert_eq!(seen, expected);
}

#[test]
fn a_task_that_panics_does_not_stop_the_loop() {
    let runtime = runtime();
    let handle = runtime.handle();
    handle.post(|_| panic!("on purpose")).unwrap();
    handle
        .post(|ctx| ctx.eval::<(), _>("seen.push(1)").unwrap())
        .unwrap();
    runtime.run().unwrap();
    assert_eq!(eval::<Vec<i32>>(&runtime, "seen"), [1]);
}

#[test]
fn a_loop_that_is_gone_refuses_tasks_and_drops_those_that_wait() {
    struct Counted(Arc<AtomicUsize>);
    impl Drop for Counted {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    let dropped = Arc::new(AtomicUsize::new(0));
    let runtime = runtime();
    let handle = runtime.handle();
    let counted = Counted(dropped.clone());
    handle.post(move |_| drop(counted)).unwrap();
    drop(runtime);
    assert_eq!(dropped.load(Ordering::SeqCst), 1);
    let counted = Counted(dropped.clone());
    handle.post(move |_| drop(counted)).unwrap_err();
    assert_eq!(dropped.load(Ordering::SeqCst), 2);
}

#[test]
fn a_task_runs_in_no_frame() {
    let runtime = runtime();
    USER.run("ada".to_owned(), || {
        runtime
            .handle()
            .post(|_| assert_eq!(USER.get_store(), None))
            .unwrap();
        runtime.run().unwrap();
        assert_eq!(USER.get_store().as_deref(), Some("ada"));
    });
}

#[test]
fn an_exception_of_a_callback_ends_the_script_unless_it_is_to_survive() {
    let output = Output::default();
    let runtime = Runtime::builder().options(output.options()).build().unwrap();
    let status = runtime.run_text(
        "setTimeout(() => { throw new Error('boom'); }, 1); setTimeout(() => console.log('later'), 2);",
        "/a.js",
    );
    assert_eq!(status.unwrap(), 1);
    assert!(
        output.text().contains("Error: boom") && !output.text().contains("later"),
        "{}",
        output.text()
    );

    let output = Output::default();
    let runtime = Runtime::builder()
        .options(output.options().survive_uncaught())
        .build()
        .unwrap();
    let status = runtime.run_text(
        "setTimeout(() => { throw new Error('boom'); }, 1); setTimeout(() => console.log('later'), 2);",
        "/a.js",
    );
    assert_eq!(status.unwrap(), 0);
    assert!(
        output.text().contains("Error: boom") && output.text().contains("later"),
        "{}",
        output.text()
    );
}

#[test]
fn a_runtime_whose_script_has_ended_runs_nothing_more_and_says_so() {
    for (source, status) in [("process.exit(3)", 3), ("Promise.reject(new Error('boom'))", 1)] {
        let output = Output::default();
        let runtime = Runtime::builder().options(output.options()).build().unwrap();
        assert_eq!(runtime.run_text(source, "/a.js").unwrap(), status);
        let ended = |error: throughline_js::Error| assert_eq!(error.exit_status(), Some(status));
        ended(runtime.run_text("console.log('again')", "/b.js").unwrap_err());
        ended(runtime.with(|ctx| ctx.eval::<(), _>("1 + 1")).unwrap_err());
        ended(runtime.run().unwrap_err());
        assert!(!output.text().contains("again"), "{}", output.text());
    }
}

#[test]
fn a_program_that_has_come_to_its_end_leaves_its_runtime_to_the_next() {
    let output = Output::default();
    let runtime = Runtime::builder().options(output.options()).build().unwrap();
    let define = "globalThis.twice = (n) => 2 * n;";
    assert_eq!(runtime.run_text(define, "/a.js").unwrap(), 0);
    let twice = runtime.with(|ctx| {
        let twice: rquickjs::Function<'_> = ctx.globals().get("twice")?;
        twice.call::<_, i32>((21,))
    });
    assert_eq!(twice.unwrap(), 42);
    assert_eq!(runtime.run_text("console.log(twice(4))", "/b.js").unwrap(), 0);
    assert_eq!(output.text(), "8\n");
}

#[test]
fn modules_are_installed_in_one_context_of_an_engine() {
    let install = |context: &rquickjs::Context| {
        context.with(|ctx| match Node::install(&ctx, throughline_js::Options::new()) {
            Ok(_) => None,
            Err(_) => ctx.catch().into_exception().and_then(|error| error.message()),
        })
    };
    // Engines that come and go may lie at one address.
    for _ in 0..3 {
        let engine = rquickjs::Runtime::new().unwrap();
        let contexts = [(); 2].map(|()| rquickjs::Context::full(&engine).unwrap());
        assert_eq!(install(&contexts[0]), None);
        assert!(install(&contexts[1]).unwrap().contains("one context"));
    }
}

#[test]
fn modules_are_installed_once() {
    let runtime = runtime();
    let again = runtime.with(|ctx| Ok(Node::install(ctx, throughline_js::Options::new()).is_err()));
    assert!(again.unwrap());
    eval::<()>(&runtime, "undefined");
}
