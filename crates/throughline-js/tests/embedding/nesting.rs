//! Several runtimes on one thread.

use crate::support::{USER, define, eval, runtime};
use rquickjs::Function;
use std::rc::Rc;

#[test]
fn a_runtime_inside_of_another_has_its_own_stores_and_those_of_rust() {
    let outer = runtime();
    let inner = Rc::new(runtime());
    let of = inner.clone();
    let nested = move || {
        let own: Option<String> = eval(&of, "als.getStore()");
        let set: String = eval(&of, "als.run('inner', () => als.getStore())");
        (own, set, USER.get_store().unwrap())
    };
    define(&outer, "nested", move || {
        let (own, set, user) = nested();
        vec![own.unwrap_or_else(|| "none".to_owned()), set, user]
    });
    let seen: Vec<String> = USER.run("ada".to_owned(), || {
        eval(
            &outer,
            "als.run('outer', () => [als.getStore(), ...nested(), als.getStore()])",
        )
    });
    assert_eq!(seen, ["outer", "none", "inner", "ada", "outer"]);
}

#[test]
fn runtimes_that_take_turns_do_not_mix() {
    let runtimes: Vec<_> = (0..3).map(|_| runtime()).collect();
    for (n, runtime) in runtimes.iter().enumerate() {
        USER.run(format!("user {n}"), || {
            define(runtime, "user", || USER.get_store());
            eval::<()>(
                runtime,
                &format!(
                    "als.run({n}, async () => {{ for (let i = 0; i < 5; i++) {{
                        await new Promise((r) => setTimeout(r, 1)); seen.push(als.getStore(), user());
                    }} }}); undefined"
                ),
            );
        });
    }
    for runtime in &runtimes {
        runtime.run().unwrap();
    }
    for (n, runtime) in runtimes.iter().enumerate() {
        let seen: Vec<String> = eval(runtime, "seen.map(String)");
        let expected: Vec<_> = (0..5)
            .flat_map(|_| [n.to_string(), format!("user {n}")])
            .collect();
        assert_eq!(seen, expected);
    }
}

#[test]
fn the_execution_stack_of_nested_runtimes_is_one() {
    let outer = runtime();
    let inner = Rc::new(runtime());
    let of = inner.clone();
    let ids = move || -> Vec<f64> {
        let here = throughline_core::execution_async_id().map_or(0.0, |id| id.get() as f64);
        let there = eval(&of, "require('node:async_hooks').executionAsyncId()");
        let deeper = eval(
            &of,
            "const r = new (require('node:async_hooks').AsyncResource)('R'); \
             [r.asyncId(), r.runInAsyncScope(() => require('node:async_hooks').executionAsyncId())].map((a, i, all) => a === all[0]).every(Boolean) ? 1 : 0",
        );
        vec![here, there, deeper]
    };
    define(&outer, "ids", ids);
    let seen: Vec<f64> = eval(
        &outer,
        "const r = new (require('node:async_hooks').AsyncResource)('R'); [r.asyncId(), ...r.runInAsyncScope(ids)]",
    );
    let [resource, here, there, deeper] = seen[..] else {
        panic!("{seen:?}")
    };
    assert_eq!([here, there, deeper], [resource, resource, 1.0]);
}

#[test]
fn the_frame_after_a_call_is_the_frame_before_it_whatever_the_script_does() {
    let runtime = runtime();
    USER.run("ada".to_owned(), || {
        eval::<()>(&runtime, "als.enterWith('left'); undefined");
        assert_eq!(USER.get_store().as_deref(), Some("ada"));
        assert_eq!(eval::<Option<String>>(&runtime, "als.getStore()"), None);
        runtime
            .with(|ctx| ctx.eval::<(), _>("als.enterWith('left'); throw new Error('x')"))
            .unwrap_err();
        assert_eq!(USER.get_store().as_deref(), Some("ada"));
        assert_eq!(eval::<Option<String>>(&runtime, "als.getStore()"), None);
    });
    assert_eq!(USER.get_store(), None);
}

#[test]
fn a_function_of_a_script_runs_in_the_frame_it_is_called_in() {
    let runtime = runtime();
    define(&runtime, "user", || USER.get_store());
    eval::<()>(
        &runtime,
        "globalThis.f = async () => { seen.push(user()); await null; seen.push(user()); };",
    );
    for user in ["ada", "grace"] {
        USER.run(user.to_owned(), || {
            runtime.with(|ctx| ctx.globals().get::<_, Function<'_>>("f")?.call::<_, ()>(()))
        })
        .unwrap();
    }
    assert_eq!(
        eval::<Vec<String>>(&runtime, "seen"),
        ["ada", "ada", "grace", "grace"]
    );
}
