//! Workers: the documented pool, what does not cross, and how they end.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};
use throughline_core::AsyncLocalStorage;
use throughline_js::Runtime;

/// Longer than anything here takes on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(60);

static REQUEST: AsyncLocalStorage<u32> = AsyncLocalStorage::new();

/// Runs a script with `tell(text)` and `request()`, and answers its status and what it told.
fn run(script: &str) -> (i32, Vec<String>) {
    let runtime = Runtime::new().unwrap();
    let (tell, told) = mpsc::channel();
    runtime
        .with(|ctx| {
            let tell = rquickjs::Function::new(ctx.clone(), move |text: String| tell.send(text).unwrap())?;
            ctx.globals().set("tell", tell)?;
            let request = rquickjs::Function::new(ctx.clone(), || REQUEST.get_store())?;
            ctx.globals().set("request", request)
        })
        .unwrap();
    let status = runtime.run_text(script, "/script.js").unwrap();
    drop(runtime);
    (status, told.iter().collect())
}

#[test]
fn the_documented_pool_runs_as_it_stands() {
    let main = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/js/workers/pool/main.js");
    let output = Command::new(env!("CARGO_BIN_EXE_throughline"))
        .arg("run")
        .arg(main)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: BTreeSet<String> = text.lines().map(str::to_owned).collect();
    assert_eq!(lines, (0..10).map(|task| format!("{task} null 142")).collect());
}

#[test]
fn a_message_carries_no_context_of_javascript_nor_of_rust() {
    let script = "
        const { Worker, isMainThread, parentPort } = require('node:worker_threads');
        const { AsyncLocalStorage } = require('node:async_hooks');
        const als = new AsyncLocalStorage();
        const worker = new Worker(`
          const { parentPort } = require('node:worker_threads');
          const { AsyncLocalStorage } = require('node:async_hooks');
          const als = new AsyncLocalStorage();
          parentPort.on('message', () => {
            parentPort.postMessage([String(als.getStore()), typeof request, typeof tell]);
            parentPort.close();
          });
        `, { eval: true });
        worker.on('message', (seen) => tell(`${seen} ${als.getStore()} ${request()}`));
        als.run('poster', () => worker.postMessage('go'));
    ";
    let (status, told) = REQUEST.run(7, || run(script));
    assert_eq!(status, 0);
    // The answer is told where the worker was made: with Rust's store, and without the poster's.
    assert_eq!(told, ["undefined,undefined,undefined undefined 7"]);
}

#[test]
fn a_thousand_tasks_of_a_pool_come_back_to_their_submitters() {
    let (status, told) = run(
        "const { Worker } = require('node:worker_threads');
         const { AsyncLocalStorage, AsyncResource } = require('node:async_hooks');
         const als = new AsyncLocalStorage();
         const source = `const { parentPort } = require('node:worker_threads');
           parentPort.on('message', ({ id, n }) => { let sum = 0; for (let i = 0; i < n; i += 1) sum += i; parentPort.postMessage({ id, sum }); });`;
         const waiting = new Map();
         const workers = Array.from({ length: 4 }, () => {
           const worker = new Worker(source, { eval: true });
           worker.on('message', ({ id, sum }) => { const done = waiting.get(id); waiting.delete(id); done(sum); });
           return worker;
         });
         let wrong = 0, left = 1000;
         for (let id = 0; id < 1000; id += 1) als.run(id, () => {
           waiting.set(id, AsyncResource.bind(async (sum) => {
             await null;
             if (als.getStore() !== id || sum !== (id % 50) * (id % 50 - 1) / 2) wrong += 1;
             left -= 1;
             if (left === 0) { tell(`wrong ${wrong}`); for (const worker of workers) worker.terminate(); }
           }));
           workers[id % 4].postMessage({ id, n: id % 50 });
         });",
    );
    assert_eq!((status, told), (0, vec!["wrong 0".to_owned()]));
}

#[test]
fn a_worker_that_never_ends_is_ended_with_the_runtime_that_made_it() {
    let (sender, receiver) = mpsc::channel();
    let runtime = Runtime::new().unwrap();
    runtime
        .with(|ctx| {
            let tell = rquickjs::Function::new(ctx.clone(), move || sender.send(()).unwrap())?;
            ctx.globals().set("tell", tell)?;
            ctx.eval::<(), _>(
                "const { Worker } = process.getBuiltinModule('node:worker_threads');
                 globalThis.worker = new Worker('require(\"node:worker_threads\").parentPort.postMessage(1); for (;;);', { eval: true });
                 worker.on('message', () => { tell(); worker.unref(); });",
            )
        })
        .unwrap();
    runtime.run().unwrap();
    receiver.recv_timeout(PATIENCE).expect("it began");
    let threads = || std::fs::read_dir("/proc/self/task").map_or(0, Iterator::count);
    let before = threads();
    drop(runtime);
    let start = Instant::now();
    // Only where threads can be counted.
    while before > 0 && threads() >= before {
        assert!(start.elapsed() < PATIENCE, "the worker still runs");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_worker_is_held_to_its_memory() {
    let (status, told) = run(
        "const { Worker } = require('node:worker_threads');
         const worker = new Worker('const all = []; for (;;) all.push(new Array(1000).fill(0));', { eval: true, resourceLimits: { maxOldGenerationSizeMb: 20 } });
         worker.on('error', (error) => tell(`${error.code}`));
         worker.on('exit', (code) => tell(`exit ${code}`));",
    );
    assert_eq!(
        (status, told),
        (
            0,
            vec!["ERR_WORKER_OUT_OF_MEMORY".to_owned(), "exit 1".to_owned()]
        )
    );
}
