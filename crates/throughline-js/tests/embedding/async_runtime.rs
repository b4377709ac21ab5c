//! Contexts whose jobs somebody else drives: rquickjs' `AsyncRuntime`, beside or inside of whoever polls.

use crate::support::{Output, USER};
use futures_lite::future::yield_now;
use rquickjs::function::Async;
use rquickjs::{AsyncContext, AsyncRuntime, CatchResultExt, Function, Promise};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use throughline_core::{AsyncLocalStorage, FutureContextExt, execution_async_id};
use throughline_js::{Node, Options, async_with, crossing, promise};

static N: AsyncLocalStorage<usize> = AsyncLocalStorage::new();

/// A context with a script, and who drives it.
async fn start(script: &str) -> AsyncContext {
    let runtime = AsyncRuntime::new().unwrap();
    let context = AsyncContext::full(&runtime).await.unwrap();
    let script = script.to_owned();
    context
        .with(move |ctx| {
            let node = Node::install(&ctx, Options::new().survive_uncaught()).unwrap();
            node.share(&ctx, "n", &N).unwrap();
            ctx.globals().set("require", node.require_function(&ctx).unwrap()).unwrap();
            ctx.globals().set("rust", Function::new(ctx.clone(), || N.get_store())).unwrap();
            let ours = |n: u64| {
                promise(async move {
                    tokio::time::sleep(Duration::from_millis(n)).await;
                    N.get_store()
                })
            };
            ctx.globals().set("ours", Function::new(ctx.clone(), ours)).unwrap();
            let theirs = crossing(Async(|| {
                async {
                    yield_now().await;
                    N.get_store()
                }
                .in_context()
            }));
            ctx.globals().set("theirs", Function::new(ctx.clone(), theirs)).unwrap();
            let prelude = "globalThis.n = require('throughline').storage('n'); globalThis.als = new (require('node:async_hooks').AsyncLocalStorage)();";
            node.enter(&ctx, || ctx.eval::<(), _>(prelude).and_then(|()| ctx.eval::<(), _>(script))).unwrap();
        })
        .await;
    tokio::spawn(runtime.drive());
    tokio::spawn(throughline_js::drive(context.clone()));
    context
}

/// Calls the script's `handle` for request `n`; what Rust sees before, and after its answer.
async fn handle(context: AsyncContext, n: usize) -> (String, Option<usize>) {
    N.scope(n, async move {
        let answer = context
            .async_with(async |ctx| {
                let node = Node::of(&ctx).unwrap();
                let handle: Function<'_> = ctx.globals().get("handle").unwrap();
                let promise: Promise<'_> = node.enter(&ctx, || handle.call((n,))).unwrap();
                // Jobs of this and of other requests run between these polls.
                for _ in 0..20 {
                    assert_eq!(
                        (N.get_store(), USER.get_store(), execution_async_id()),
                        (Some(n), None, None)
                    );
                    yield_now().await;
                }
                let answer: String = promise.into_future().await.unwrap();
                assert_eq!(
                    (N.get_store(), USER.get_store(), execution_async_id()),
                    (Some(n), None, None)
                );
                answer
            })
            .await;
        (answer, N.get_store())
    })
    .await
}

/// Many requests at once, each of which must see its own `n` all over.
async fn many(context: &AsyncContext, requests: usize) {
    let mut all = tokio::task::JoinSet::new();
    for n in 0..requests {
        all.spawn(handle(context.clone(), n));
    }
    let mut answers: Vec<_> = all
        .join_all()
        .await
        .into_iter()
        .map(|(answer, n)| (n.unwrap(), answer))
        .collect();
    answers.sort();
    for (n, answer) in answers {
        let parts: Vec<_> = answer.split(' ').collect();
        assert!(
            parts.len() > 1 && parts.iter().all(|part| *part == n.to_string()),
            "{n}: {answer}"
        );
    }
}

const AWAITS: &str = "
    globalThis.handle = (id) => als.run(id, async () => {
        const seen = [];
        const look = () => seen.push(n.getStore(), rust(), als.getStore());
        look(); await null; look();
        await (async () => { await null; await null; look(); })(); look();
        await Promise.all([1, 2].map(async () => { await null; look(); })); look();
        await Promise.reject(1).catch(look).finally(look); look();
        await { then(f) { look(); Promise.resolve().then(f); } }; look();
        queueMicrotask(look); process.nextTick(look); await null; look();
        await new Promise((r) => setTimeout(r, id % 3)); look();
        await new Promise((r) => setImmediate(r)); look();
        seen.push(await ours(id % 5)); look();
        seen.push(await theirs()); look();
        return seen.join(' ');
    });
";

#[tokio::test]
async fn each_request_sees_its_own_stores_over_all_awaits() {
    many(&start(AWAITS).await, 50).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_request_sees_its_own_stores_where_polls_go_from_thread_to_thread() {
    many(&start(AWAITS).await, 200).await;
}

#[tokio::test]
async fn hooks_on_promises_leave_no_resource_on_the_threads_of_others() {
    let hooks = "require('node:async_hooks').createHook({ init() {}, before() {}, after() {}, promiseResolve() {} }).enable();";
    many(&start(&format!("{hooks}{AWAITS}")).await, 20).await;
}

#[tokio::test]
async fn what_a_script_enters_ends_with_the_call() {
    let context = start("globalThis.handle = async (id) => { const at = als.getStore(); als.enterWith(id); n.enterWith(1000 + id); await null; return `${at} ${als.getStore()} ${n.getStore()}`; };").await;
    for id in 0..3 {
        let (answer, n) = handle(context.clone(), id).await;
        assert_eq!(answer, format!("undefined {id} {}", 1000 + id));
        assert_eq!(n, Some(id));
    }
}

#[tokio::test]
async fn an_exception_nobody_catches_is_reported_and_the_others_go_on() {
    let context = start("globalThis.handle = async (id) => { setTimeout(() => { if (id % 2) throw new Error('boom'); }, 0); Promise.reject(id % 2); await new Promise((r) => setTimeout(r, 2)); return `${id} ${n.getStore()}`; };").await;
    many(&context, 10).await;
}

/// A script that anything uncaught ends.
async fn mortal(script: &'static str) -> (AsyncContext, Output, tokio::task::JoinHandle<()>) {
    let output = Output::default();
    let runtime = AsyncRuntime::new().unwrap();
    let context = AsyncContext::full(&runtime).await.unwrap();
    let options = output.options();
    context
        .with(move |ctx| {
            let node = Node::install(&ctx, options)?;
            ctx.globals().set("require", node.require_function(&ctx)?)?;
            ctx.eval::<(), _>(script)
        })
        .await
        .unwrap();
    tokio::spawn(runtime.drive());
    let driven = tokio::spawn(throughline_js::drive(context.clone()));
    (context, output, driven)
}

/// Calls a function of the script, and waits for its answer.
async fn call<R>(context: AsyncContext, name: &'static str, argument: usize) -> Result<R, String>
where
    R: for<'js> rquickjs::FromJs<'js> + Send + 'static,
{
    let answer = context.async_with(async |ctx| {
        let node = Node::of(&ctx).unwrap();
        let f: Function<'_> = ctx.globals().get(name).unwrap();
        let answer = node.call::<R>(&ctx, &f, (argument,)).await;
        answer.catch(&ctx).map_err(|error| error.to_string())
    });
    answer.await
}

#[tokio::test]
async fn a_rejection_that_rust_waits_for_is_handled() {
    let (context, output, _driven) = mortal(
        "globalThis.at = async (n) => { while (n-- > 0) await null; throw new Error('for Rust'); }; globalThis.now = (n) => n;",
    )
    .await;
    for awaits in 0..3 {
        let error = call::<()>(context.clone(), "at", awaits).await.unwrap_err();
        assert!(error.contains("for Rust"), "{error}");
        yield_now().await;
    }
    assert_eq!(call::<usize>(context, "now", 7).await.unwrap(), 7);
    assert_eq!(output.text(), "");
}

#[tokio::test]
async fn a_panic_in_a_plain_function_is_its_callers_and_nobody_elses() {
    let (context, _output, _driven) = mortal(
        "globalThis.calls = async (n) => { for (let i = 0; i < n; i++) await null; fails(); }; globalThis.throws = () => { throw new Error('my own'); }; globalThis.swallows = async (n) => { try { await calls(n); } catch {} };",
    )
    .await;
    let fails = || -> () { panic!("on purpose") };
    let set = context.with(move |ctx| ctx.globals().set("fails", Function::new(ctx.clone(), fails)));
    set.await.unwrap();
    for awaits in 0..3 {
        let error = call::<()>(context.clone(), "calls", awaits).await.unwrap_err();
        assert!(error.contains("a Rust function panicked"), "{error}");
        let other = call::<()>(context.clone(), "throws", 0).await.unwrap_err();
        assert!(other.contains("my own"), "{other}");
        call::<()>(context.clone(), "swallows", awaits).await.unwrap();
        let other = call::<()>(context.clone(), "throws", 0).await.unwrap_err();
        assert!(other.contains("my own"), "{other}");
        let error = call::<()>(context.clone(), "fails", 0).await.unwrap_err();
        assert!(error.contains("a Rust function panicked"), "{error}");
    }
}

#[tokio::test]
async fn who_waits_for_a_script_is_told_when_it_ends() {
    const ENDS: &str =
        "process.exit(3); Promise.reject(new Error('boom')); setTimeout(() => process.exit(3), 1)";
    for (ends, status) in ENDS.split("; ").zip([3, 1, 3]) {
        let (context, _output, driven) = mortal(
            "globalThis.waits = () => new Promise(() => {}); globalThis.ends = async (source) => { await null; eval(source); await waits(); };",
        )
        .await;
        let waits = tokio::spawn(call::<()>(context.clone(), "waits", 0));
        yield_now().await;
        let ends = context.async_with(async |ctx| {
            let node = Node::of(&ctx).unwrap();
            let f: Function<'_> = ctx.globals().get("ends").unwrap();
            let answer = node.call::<()>(&ctx, &f, (ends,)).await;
            answer.catch(&ctx).unwrap_err().to_string()
        });
        let late = call::<()>(context.clone(), "waits", 0);
        let errors = [
            ends.await,
            waits.await.unwrap().unwrap_err(),
            late.await.unwrap_err(),
        ];
        for error in errors {
            assert!(error.contains(&format!("ended with status {status}")), "{error}");
        }
        driven.await.unwrap();
    }
}

#[tokio::test]
async fn a_cancelled_call_leaves_nothing() {
    let context = start(AWAITS).await;
    for n in 0..20 {
        let call = handle(context.clone(), n);
        tokio::time::timeout(Duration::from_micros(n as u64 * 100), call)
            .await
            .ok();
        assert_eq!(N.get_store(), None);
    }
    many(&context, 10).await;
}

/// Says where it was dropped.
struct SeesItsRequest(usize, Arc<AtomicUsize>);

impl Drop for SeesItsRequest {
    fn drop(&mut self) {
        assert_eq!(N.get_store(), Some(self.0));
        self.1.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn calls_cancelled_on_any_thread_are_dropped_in_their_contexts_and_by_who_has_the_engine() {
    const CALLS: usize = 600;
    let context = start(
        "globalThis.handle = (id) => als.run({ id }, async () => { for (let i = 0; i < 5; i++) { await ours(id % 3); await { then(f) { f(); } }; if (als.getStore().id !== id || n.getStore() !== id) throw new Error('mixed'); } return id; });",
    )
    .await;
    let dropped = Arc::new(AtomicUsize::new(0));
    let mut calls = tokio::task::JoinSet::new();
    for n in 0..CALLS {
        let (context, sees) = (context.clone(), SeesItsRequest(n, dropped.clone()));
        let call = async_with(&context, async move |ctx| {
            let _sees = sees;
            let handle: Function<'_> = ctx.globals().get("handle").unwrap();
            let answer = Node::of(&ctx).unwrap().call::<usize>(&ctx, &handle, (n,)).await;
            answer.catch(&ctx).map_err(|error| error.to_string())
        });
        let patience = Duration::from_millis(n as u64 % 23);
        calls.spawn(N.scope(n, async move {
            if let Ok(answer) = tokio::time::timeout(patience, call).await {
                assert_eq!(answer, Ok(n));
            }
        }));
    }
    calls.join_all().await;
    while dropped.load(Ordering::Relaxed) < CALLS {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn cancelled_work_that_panics_as_it_goes_leaves_the_engine_to_the_others() {
    struct Bad;
    impl Drop for Bad {
        fn drop(&mut self) {
            panic!("on purpose");
        }
    }
    let context = start("globalThis.handle = (id) => id;").await;
    let never = async_with(&context, async |_ctx| {
        let _bad = Bad;
        std::future::pending::<()>().await;
    });
    assert!(
        tokio::time::timeout(Duration::from_millis(10), never)
            .await
            .is_err()
    );
    let seven = async_with(&context, async |ctx| ctx.eval::<usize, _>("handle(7)").unwrap());
    let answer = tokio::time::timeout(Duration::from_secs(10), seven).await;
    assert_eq!(answer, Ok(7), "nobody drives the engine any more");
}

#[tokio::test]
async fn work_that_panics_panics_in_who_waits_for_it_and_the_others_go_on() {
    let context = start("globalThis.handle = (id) => id;").await;
    let panics = async_with(&context, async |_ctx| -> () {
        yield_now().await;
        panic!("on purpose")
    });
    assert!(tokio::spawn(panics).await.unwrap_err().is_panic());
    let seven = async_with(&context, async |ctx| {
        yield_now().await;
        (ctx.eval::<usize, _>("handle(7)").unwrap(), N.get_store())
    });
    assert_eq!(N.scope(3, seven).await, (7, Some(3)));
}
