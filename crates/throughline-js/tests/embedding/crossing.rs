//! Rust that JavaScript calls, and what it keeps.

use crate::support::{OnDrop, TENANT, USER, define, eval, runtime};
use rquickjs::Function;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::thread;
use throughline_core::{Snapshot, snapshot};
use throughline_js::{Runtime, crossing};

/// The snapshot that a function took which a script called with both a store of its own and one of Rust.
fn kept(runtime: &Runtime) -> Snapshot {
    let kept = Rc::new(RefCell::new(Snapshot::empty()));
    let to = kept.clone();
    define(runtime, "keep", crossing(move || *to.borrow_mut() = snapshot()));
    USER.run("ada".to_owned(), || {
        eval::<()>(runtime, "als.run('js', keep); undefined")
    });
    kept.take()
}

fn frames(runtime: &Runtime) -> usize {
    runtime
        .with(|ctx| Ok(runtime.node().captured_frames(ctx)))
        .unwrap()
}

#[test]
fn a_snapshot_has_the_stores_of_both_sides() {
    let runtime = runtime();
    let kept = kept(&runtime);
    kept.run(|| {
        assert_eq!(USER.get_store().as_deref(), Some("ada"));
        assert_eq!(eval::<String>(&runtime, "als.getStore()"), "js");
    });
    assert_eq!(eval::<Option<String>>(&runtime, "als.getStore()"), None);
}

#[test]
fn a_snapshot_crosses_threads_and_is_freed_by_its_own() {
    let runtime = runtime();
    let kept = kept(&runtime);
    assert_eq!(frames(&runtime), 1);
    let copy = kept.clone();
    let seen = thread::spawn(move || copy.run(|| USER.get_store()))
        .join()
        .unwrap();
    assert_eq!(seen.as_deref(), Some("ada"));
    assert_eq!(frames(&runtime), 1);
    thread::spawn(move || drop(kept)).join().unwrap();
    assert_eq!(frames(&runtime), 0);
}

#[test]
fn what_rust_sets_on_top_of_a_snapshot_is_seen_beside_its_stores() {
    let runtime = runtime();
    define(&runtime, "tenant", || TENANT.get_store());
    let kept = kept(&runtime);
    let seen: Vec<String> =
        kept.run(|| TENANT.run("acme".to_owned(), || eval(&runtime, "[als.getStore(), tenant()]")));
    assert_eq!(seen, ["js", "acme"]);
}

#[test]
fn a_function_that_does_not_cross_reads_and_keeps_the_stores_of_rust_alone() {
    let runtime = runtime();
    let kept = Rc::new(RefCell::new(Snapshot::empty()));
    let to = kept.clone();
    define(&runtime, "keep", move || *to.borrow_mut() = snapshot());
    USER.run("ada".to_owned(), || {
        eval::<()>(&runtime, "als.run('js', keep); undefined")
    });
    let kept = kept.take();
    assert_eq!(kept.get(&USER).as_deref(), Some("ada"));
    assert_eq!(
        kept.run(|| eval::<Option<String>>(&runtime, "als.getStore()")),
        None
    );
    assert_eq!(frames(&runtime), 0);
}

#[test]
fn the_stores_of_rust_follow_the_continuations_of_scripts() {
    let runtime = runtime();
    define(&runtime, "user", || USER.get_store());
    for user in ["ada", "grace"] {
        USER.run(user.to_owned(), || {
            eval::<()>(
                &runtime,
                "(async () => {
                    await null; seen.push(user());
                    await new Promise((r) => setTimeout(r, 1)); seen.push(user());
                    await { then(f) { setImmediate(f); } }; seen.push(user());
                    process.nextTick(() => seen.push(user()));
                    queueMicrotask(() => seen.push(user()));
                    Promise.resolve().then(() => seen.push(user()));
                    await new Promise((r) => setImmediate(r)); seen.push(user());
                })(); undefined",
            );
        });
    }
    runtime.run().unwrap();
    let seen: Vec<String> = eval(&runtime, "seen");
    assert_eq!(seen.len(), 14);
    assert_eq!(seen.iter().filter(|seen| *seen == "ada").count(), 7);
    assert_eq!(USER.get_store(), None);
}

#[test]
fn the_stores_of_a_frame_are_dropped_when_the_script_lets_it_go() {
    static GUARD: throughline_core::AsyncLocalStorage<Arc<OnDrop>> =
        throughline_core::AsyncLocalStorage::new();
    let runtime = runtime();
    let dropped = Arc::new(Mutex::new(Vec::new()));
    GUARD.run(Arc::new(OnDrop(dropped.clone())), || {
        eval::<()>(
            &runtime,
            "globalThis.timer = setTimeout(() => {}, 100000); undefined",
        )
    });
    assert_eq!(dropped.lock().unwrap().len(), 0);
    eval::<()>(&runtime, "clearTimeout(timer); timer = undefined;");
    eval::<()>(&runtime, "undefined");
    assert_eq!(*dropped.lock().unwrap(), [None]);
}

#[test]
fn a_snapshot_outlives_the_runtime() {
    let runtime = runtime();
    let kept = kept(&runtime);
    drop(runtime);
    let other = self::runtime();
    // What JavaScript set belonged to the runtime that is gone.
    let seen = kept.run(|| (USER.get_store(), eval::<Option<String>>(&other, "als.getStore()")));
    assert_eq!(seen, (Some("ada".to_owned()), None));
    thread::spawn(move || drop(kept)).join().unwrap();
}

#[test]
fn a_panic_in_rust_is_an_exception_and_the_context_is_as_before() {
    let runtime = runtime();
    define(&runtime, "fails", crossing(|| -> () { panic!("on purpose") }));
    let seen: Vec<String> = eval(
        &runtime,
        "als.run('js', () => { let text; try { als.run('inner', fails); } catch (e) { text = typeof e; } return [text, als.getStore()]; })",
    );
    assert_eq!(seen, ["object", "js"]);
}

#[test]
fn rust_enters_javascript_again_from_a_function_it_called() {
    let runtime = Rc::new(runtime());
    eval::<()>(
        &runtime,
        "globalThis.inner = () => { const at = als.getStore(); als.enterWith('left'); return at; };",
    );
    fn back(ctx: rquickjs::Ctx<'_>) -> rquickjs::Result<String> {
        let node = throughline_js::Node::of(&ctx).unwrap();
        USER.run("grace".to_owned(), || {
            node.enter(&ctx, || ctx.globals().get::<_, Function<'_>>("inner")?.call(()))
        })
    }
    runtime
        .with(|ctx| {
            ctx.globals()
                .set("back", Function::new(ctx.clone(), crossing(back))?)
        })
        .unwrap();
    let seen: Vec<String> = eval(&runtime, "als.run('js', () => [back(), als.getStore()])");
    assert_eq!(seen, ["js", "js"]);
}
