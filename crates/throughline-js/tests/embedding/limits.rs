//! Scripts that never end, want too much, or tamper with what we build on.

use crate::support::{Output, eval, prepared, runtime};
use std::time::Duration;
use throughline_js::{Error, Runtime};

const LIMIT: Duration = Duration::from_millis(100);

fn timed_out(source: &str) -> Error {
    let runtime = prepared(Runtime::builder().time_limit(LIMIT));
    runtime.run_text(source, "/script.js").unwrap_err()
}

#[test]
fn a_script_that_never_ends_is_ended() {
    assert!(timed_out("for (;;);").is_timeout());
    assert!(timed_out("try { for (;;); } catch {} finally { for (;;); }").is_timeout());
    assert!(timed_out("setTimeout(() => { for (;;); }, 1)").is_timeout());
    assert!(timed_out("Promise.resolve().then(() => { for (;;); })").is_timeout());
    assert!(timed_out("process.on('exit', () => { for (;;); })").is_timeout());
    assert!(timed_out("process.on('uncaughtException', () => { for (;;); }); throw 1;").is_timeout());
}

#[test]
fn a_script_whose_jobs_never_end_is_ended() {
    assert!(timed_out("(async () => { for (;;) await null; })()").is_timeout());
    assert!(timed_out("const f = () => process.nextTick(f); f();").is_timeout());
    assert!(timed_out("const f = () => queueMicrotask(f); f();").is_timeout());
    assert!(timed_out("const f = () => setImmediate(f); f();").is_timeout());
}

#[test]
fn a_script_that_only_waits_is_ended() {
    assert!(timed_out("setTimeout(() => {}, 1_000_000)").is_timeout());
    assert!(timed_out("setInterval(() => {}, 1)").is_timeout());
}

#[test]
fn a_runtime_that_was_timed_out_is_as_usable_as_before() {
    let runtime = prepared(Runtime::builder().time_limit(LIMIT));
    let error = runtime
        .run_text("als.enterWith('left'); for (;;);", "/script.js")
        .unwrap_err();
    assert!(error.is_timeout());
    assert_eq!(eval::<Option<i32>>(&runtime, "als.getStore()"), None);
    eval::<()>(
        &runtime,
        "als.run(1, async () => { await null; seen.push(als.getStore()); }); undefined",
    );
    assert_eq!(eval::<Vec<i32>>(&runtime, "seen"), [1]);
}

#[test]
fn a_limit_is_for_each_call() {
    let runtime = prepared(Runtime::builder().time_limit(LIMIT));
    assert!(
        runtime
            .with(|ctx| ctx.eval::<(), _>("als.run('left', () => { for (;;); })"))
            .unwrap_err()
            .is_timeout()
    );
    for _ in 0..3 {
        assert_eq!(eval::<Option<String>>(&runtime, "als.getStore()"), None);
        std::thread::sleep(LIMIT / 2);
    }
}

#[test]
fn a_script_that_exhausts_memory_gets_an_exception() {
    let output = Output::default();
    let runtime = Runtime::builder()
        .options(output.options())
        .memory_limit(32 << 20)
        .build()
        .unwrap();
    // In large steps: the error itself has to fit into what is left.
    let status = runtime.run_text(
        "const all = []; for (;;) all.push(new Array(100_000).fill(all.length));",
        "/script.js",
    );
    assert_eq!(status.unwrap(), 1);
    assert!(output.text().contains("out of memory"), "{}", output.text());
}

#[test]
fn a_script_that_recurses_without_end_gets_an_exception() {
    let runtime = runtime();
    let name: String = eval(
        &runtime,
        "const f = () => als.run({}, f); let name; try { f(); } catch (e) { name = e.name; } `${name} ${als.getStore()}`",
    );
    assert_eq!(name, "RangeError undefined");
}

#[test]
fn contexts_survive_a_replaced_then() {
    let runtime = runtime();
    eval::<()>(
        &runtime,
        "const { then } = Promise.prototype;
         Promise.prototype.then = function (...args) { return Reflect.apply(then, this, args); };
         for (const name of ['a', 'b']) als.run(name, async () => {
            await null; seen.push(als.getStore() === name);
            await Promise.resolve(1).then(() => seen.push(als.getStore() === name)); seen.push(als.getStore() === name);
            await new Promise((r) => setTimeout(r, 1)); seen.push(als.getStore() === name);
            await (async () => { await null; })(); seen.push(als.getStore() === name);
         }); undefined",
    );
    runtime.run().unwrap();
    assert_eq!(eval::<Vec<bool>>(&runtime, "seen"), [true; 10]);
}

#[test]
fn contexts_survive_who_reads_and_writes_constructor() {
    let runtime = runtime();
    eval::<()>(
        &runtime,
        "for (const name of ['a', 'b']) als.run(name, async () => {
            const p = new Promise((r) => setTimeout(r, 1));
            seen.push(p.constructor === Promise); await p; seen.push(als.getStore() === name);
            const q = Promise.resolve(); q.constructor = class extends Promise {}; await q; seen.push(als.getStore() === name);
         }); undefined",
    );
    runtime.run().unwrap();
    assert_eq!(eval::<Vec<bool>>(&runtime, "seen"), [true; 6]);
}

#[test]
fn cyclic_stores_are_collected() {
    let runtime = runtime();
    let left: usize = eval(
        &runtime,
        "const refs = [];
         for (let i = 0; i < 200; i++) {
            const store = { big: new Array(100).fill(i) };
            als.run(store, () => {
                store.promise = new Promise(() => {}); store.reaction = store.promise.then(() => store);
                store.resource = new (require('node:async_hooks').AsyncResource)('R'); store.self = store;
                store.waiting = (async () => { await store.promise; return store; })();
            });
            refs.push(new WeakRef(store));
         }
         globalThis.refs = refs; 0",
    );
    assert_eq!(left, 0);
    runtime.context().runtime().run_gc();
    assert_eq!(
        eval::<usize>(&runtime, "refs.filter((ref) => ref.deref() !== undefined).length"),
        0
    );
}

#[test]
fn a_million_runs_with_promises_leave_the_heap_flat() {
    let runtime = runtime();
    eval::<()>(
        &runtime,
        "globalThis.round = async (n) => { for (let i = 0; i < n; i++) await als.run({ i }, async () => { await null; return als.getStore().i; }); };",
    );
    let used = || runtime.context().runtime().memory_usage().malloc_size;
    let round = |n: u32| {
        eval::<()>(&runtime, &format!("round({n}); undefined"));
        runtime.context().runtime().run_gc();
        used()
    };
    round(10_000);
    let before = round(10_000);
    let after = round(if cfg!(debug_assertions) {
        100_000
    } else {
        1_000_000
    });
    assert!(after < before + 64 * 1024, "{before} before, {after} after");
}

#[test]
fn a_runtime_can_be_dropped_in_the_midst_of_everything() {
    let runtime = runtime();
    eval::<()>(
        &runtime,
        "als.run({}, () => {
            setInterval(() => {}, 1); setImmediate(() => {}); process.nextTick(() => {});
            (async () => { await new Promise(() => {}); })(); Promise.reject(new Error('x')).catch(() => {});
            require('node:async_hooks').createHook({ init() {}, destroy() {} }).enable();
            new Promise(() => {}).then(() => {});
         }); undefined",
    );
    drop(runtime);
}
