//! Storages that Rust and scripts share.

use crate::support::{TENANT, USER, define, eval, runtime};
use rquickjs::{Exception, Value};
use throughline_core::AsyncLocalStorage;
use throughline_js::Runtime;

fn sharing() -> Runtime {
    let runtime = runtime();
    runtime
        .with(|ctx| {
            runtime.node().share(ctx, "user", &USER)?;
            runtime.node().share(ctx, "tenant", &TENANT)?;
            ctx.eval::<(), _>(
                "globalThis.user = require('throughline').storage('user'); globalThis.tenant = require('throughline').storage('tenant');",
            )
        })
        .unwrap();
    define(&runtime, "rust", || {
        vec![
            USER.get_store().unwrap_or_default(),
            TENANT.get_store().unwrap_or_default(),
        ]
    });
    runtime
}

#[test]
fn what_rust_sets_is_read_by_the_script() {
    let runtime = sharing();
    let seen: Option<String> = USER.run("ada".to_owned(), || eval(&runtime, "user.getStore()"));
    assert_eq!(seen.as_deref(), Some("ada"));
    assert_eq!(eval::<Option<String>>(&runtime, "user.getStore()"), None);
}

#[test]
fn what_the_script_sets_is_read_by_rust() {
    let runtime = sharing();
    let seen: Vec<Vec<String>> = eval(
        &runtime,
        "[user.run('ada', rust), rust(), user.run('ada', () => tenant.run('acme', rust))]",
    );
    assert_eq!(seen, [["ada", ""], ["", ""], ["ada", "acme"]]);
}

#[test]
fn the_stores_of_rust_are_back_after_a_run_that_throws() {
    let runtime = sharing();
    let seen: Vec<String> = USER.run("ada".to_owned(), || {
        eval(
            &runtime,
            "try { user.run('grace', () => { throw 1; }); } catch {} rust()",
        )
    });
    assert_eq!(seen, ["ada", ""]);
}

#[test]
fn run_puts_back_its_own_storage_alone() {
    let runtime = sharing();
    let seen: Vec<String> = eval(
        &runtime,
        "user.run('ada', () => tenant.enterWith('acme')); rust()",
    );
    assert_eq!(seen, ["", "acme"]);
}

#[test]
fn both_kinds_of_storage_nest_in_any_order() {
    let runtime = sharing();
    let seen: Vec<String> = eval(
        &runtime,
        "als.run('js', () => user.run('ada', () => als.run('js 2', () => [als.getStore(), ...rust(), user.exit(() => rust()[0] + als.getStore())])))",
    );
    assert_eq!(seen, ["js 2", "ada", "", "js 2"]);
}

#[test]
fn stores_set_by_the_script_follow_its_continuations() {
    let runtime = sharing();
    eval::<()>(
        &runtime,
        "for (const name of ['ada', 'grace']) user.run(name, async () => {
            await null; seen.push(rust()[0] === name && user.getStore() === name);
            await new Promise((r) => setTimeout(r, 1)); seen.push(rust()[0] === name && user.getStore() === name);
        }); seen.push(rust()[0] === '');",
    );
    runtime.run().unwrap();
    assert_eq!(eval::<Vec<bool>>(&runtime, "seen"), [true; 5]);
}

#[test]
fn undefined_is_no_store() {
    let runtime = sharing();
    let seen: Vec<Vec<String>> = USER.run("ada".to_owned(), || {
        eval(
            &runtime,
            "[user.run(undefined, rust), rust(), (user.disable(), rust())]",
        )
    });
    assert_eq!(seen, [["", ""], ["ada", ""], ["", ""]]);
}

#[test]
fn a_store_that_does_not_convert_is_refused_and_changes_nothing() {
    let runtime = sharing();
    let seen: Vec<String> = USER.run("ada".to_owned(), || {
        eval(&runtime, "let called = false; try { user.run(Symbol('x'), () => { called = true; }); } catch (e) { seen.push(e.name); } [...rust(), String(called), seen[0]]")
    });
    assert_eq!(seen, ["ada", "", "false", "TypeError"]);
}

#[test]
fn a_storage_can_be_shared_for_reading_alone() {
    struct Port(u16);
    static PORT: AsyncLocalStorage<std::sync::Arc<Port>> = AsyncLocalStorage::new();
    let runtime = runtime();
    runtime
        .with(|ctx| {
            let node = runtime.node();
            let shared = node.share_with(
                ctx,
                "port",
                &PORT,
                |ctx, port| Ok(Value::new_int(ctx.clone(), i32::from(port.0))),
                |ctx, _| Err(Exception::throw_type(ctx, "the port is not yours to set")),
            );
            shared.map(drop)
        })
        .unwrap();
    let seen: Vec<String> = PORT.run(std::sync::Arc::new(Port(80)), || {
        eval(
            &runtime,
            "const port = require('throughline').storage('port'); let text; try { port.enterWith(1); } catch (e) { text = e.message; } [String(port.getStore()), text]",
        )
    });
    assert_eq!(seen, ["80", "the port is not yours to set"]);
}

#[test]
fn an_unknown_name_is_an_error_that_says_so() {
    let runtime = sharing();
    let error = runtime
        .with(|ctx| ctx.eval::<(), _>("require('throughline').storage('nope')"))
        .unwrap_err();
    assert!(
        error.to_string().contains("shares no storage named 'nope'"),
        "{error}"
    );
}
