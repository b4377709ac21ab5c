//! What the face costs: each kind of continuation beside the bare engine, `run` and `getStore`, and entering JavaScript from a frame of Rust.
//!
//! All runs are interleaved in one process, and what is printed are ratios of the least times, so that a loaded machine tells the same.
//!
//! `cargo bench -p throughline-js --bench face [KIND…]`; with `--once HOW KIND N` one of them runs once, for valgrind to count.

use rquickjs::{Context, Ctx, Function, Object};
use std::hint::black_box;
use std::time::{Duration, Instant};
use throughline_core::AsyncLocalStorage;
use throughline_js::Runtime;

const KINDS: &str = include_str!("face.js");
/// How often an operation runs in a measurement.
const N: u32 = 2_000;
/// Many short ones: the least of them is one that nobody interrupted.
const ROUNDS: usize = 150;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if let Some(at) = args.iter().position(|arg| arg == "--once") {
        return once(
            &args[at + 1],
            &args[at + 2],
            args[at + 3].parse().expect("a number"),
        );
    }
    let only: Vec<String> = std::env::args()
        .skip(1)
        .filter(|arg| !arg.starts_with("--"))
        .collect();
    let wanted = |name: &str| only.is_empty() || only.iter().any(|it| name.contains(it.as_str()));
    let bare = Bare::new();
    let [unused, used] = [Face::new(false), Face::new(true)];
    println!("nanoseconds in the bare engine, and how much longer it takes with the face");
    println!(
        "{:34} {:>8} {:>9} {:>9} {:>9}",
        "", "bare", "no store", "outside", "in a run"
    );
    for kind in bare.kinds().into_iter().filter(|kind| wanted(kind)) {
        let [bare, unused, outside, inside] = least([
            &mut || bare.time(&kind, N),
            &mut || unused.time("plain", &kind, N),
            &mut || used.time("plain", &kind, N),
            &mut || used.time("inRun", &kind, N),
        ]);
        let ratio = |time: Duration| time.as_secs_f64() / bare.as_secs_f64();
        let nanos = bare.as_nanos() as f64 / f64::from(N);
        println!(
            "{kind:34} {nanos:8.0} {:9.2} {:9.2} {:9.2}",
            ratio(unused),
            ratio(outside),
            ratio(inside)
        );
    }
    if wanted("storage") {
        let [call, read, run, run_read] = least([
            &mut || used.time("plain", "call", N),
            &mut || used.time("inRun", "getStore", N),
            &mut || used.time("inRun", "run", N),
            &mut || used.time("plain", "run and getStore", N),
        ]);
        println!("\nnanoseconds above a call of an empty function");
        for (name, time) in [("getStore", read), ("run", run), ("run and getStore", run_read)] {
            println!("{name:34} {:8.0}", nanos_above(time, call));
        }
    }
    if wanted("entering") {
        entering(&used);
    }
}

/// Runs a kind so often: in the bare engine, without any storage, outside of a run or in one.
fn once(how: &str, kind: &str, n: u32) {
    match how {
        "bare" => Bare::new().time(kind, n),
        "unused" => Face::new(false).time("plain", kind, n),
        "outside" => Face::new(true).time("plain", kind, n),
        _ => Face::new(true).time("inRun", kind, n),
    };
}

/// Entering JavaScript from Rust: nothing set there, a store set, and another one at each call.
fn entering(face: &Face) {
    static ID: AsyncLocalStorage<u64> = AsyncLocalStorage::new();
    let times = face.runtime.with(|ctx| {
        let f: Function<'_> = ctx.eval("(() => {})")?;
        let call = || f.call::<_, ()>(()).unwrap_or_default();
        let entered = || face.runtime.node().enter(ctx, call);
        let many = |each: &dyn Fn()| {
            let start = Instant::now();
            (0..N).for_each(|_| each());
            start.elapsed()
        };
        Ok(least([
            &mut || many(&call),
            &mut || many(&entered),
            &mut || ID.run(1, || many(&entered)),
            &mut || many(&|| ID.run(black_box(1), call)),
            &mut || many(&|| ID.run(black_box(1), entered)),
        ]))
    });
    let [call, nothing, set, run, run_and_enter] = times.expect("no exception");
    println!(
        "\nnanoseconds of entering JavaScript, above the bare call ({:.0})",
        nanos_above(call, Duration::ZERO)
    );
    println!("{:34} {:8.0}", "no store", nanos_above(nothing, call));
    println!("{:34} {:8.0}", "a store of Rust's", nanos_above(set, call));
    println!(
        "{:34} {:8.0}",
        "a run of Rust's each time",
        nanos_above(run_and_enter, run)
    );
}

fn nanos_above(time: Duration, base: Duration) -> f64 {
    (time.as_nanos() as f64 - base.as_nanos() as f64) / f64::from(N)
}

/// The least time of each, over rounds in which all take their turns.
fn least<const M: usize>(mut measured: [&mut dyn FnMut() -> Duration; M]) -> [Duration; M] {
    let mut least = [Duration::MAX; M];
    for _ in 0..ROUNDS {
        for (least, measure) in least.iter_mut().zip(&mut measured) {
            *least = (*least).min(measure());
        }
    }
    least
}

/// The engine as it comes.
struct Bare {
    runtime: rquickjs::Runtime,
    context: Context,
}

impl Bare {
    fn new() -> Self {
        let runtime = rquickjs::Runtime::new().expect("memory");
        let context = Context::full(&runtime).expect("memory");
        context
            .with(|ctx| ctx.globals().set("kinds", ctx.eval::<Object<'_>, _>(KINDS)?))
            .expect("it compiles");
        Bare { runtime, context }
    }

    fn kinds(&self) -> Vec<String> {
        let keys = |ctx: Ctx<'_>| -> rquickjs::Result<Vec<String>> {
            let kinds: Object<'_> = ctx.globals().get("kinds")?;
            kinds.keys::<String>().collect()
        };
        self.context.with(keys).expect("text")
    }

    fn time(&self, kind: &str, n: u32) -> Duration {
        let start = Instant::now();
        self.context.with(|ctx| {
            let kinds: Object<'_> = ctx.globals().get("kinds").expect("set");
            kinds
                .get::<_, Function<'_>>(kind)
                .and_then(|f| f.call::<_, ()>((n,)))
                .expect("no exception");
        });
        while self.runtime.is_job_pending() {
            self.runtime.execute_pending_job().expect("no exception");
        }
        start.elapsed()
    }
}

/// The engine with Node's modules.
struct Face {
    runtime: Runtime,
}

const STORAGE: &str = "
    const { AsyncLocalStorage } = require('node:async_hooks');
    const als = new AsyncLocalStorage();
    let sink = 0;
    const empty = () => {};
    const read = () => { sink += als.getStore(); };
    Object.assign(kinds, {
      'call': (n) => { for (let i = 0; i < n; i += 1) empty(i); },
      'getStore': (n) => { for (let i = 0; i < n; i += 1) als.getStore(); },
      'run': (n) => { for (let i = 0; i < n; i += 1) als.run(i, empty); },
      'run and getStore': (n) => { for (let i = 0; i < n; i += 1) als.run(i, read); },
    });
    globalThis.inRun = (kind, n) => { als.run(5, () => { kinds[kind](n); }); };
    als.run(1, empty);";

impl Face {
    fn new(uses_storage: bool) -> Self {
        let runtime = Runtime::new().expect("memory");
        let source = format!(
            "globalThis.kinds = {KINDS}; globalThis.plain = (kind, n) => {{ kinds[kind](n); }}; {}",
            if uses_storage { STORAGE } else { "" }
        );
        runtime.run_text(&source, "/bench.js").expect("no exception");
        Face { runtime }
    }

    fn time(&self, how: &str, kind: &str, n: u32) -> Duration {
        let start = Instant::now();
        let call = self.runtime.with(|ctx| {
            ctx.globals()
                .get::<_, Function<'_>>(how)?
                .call::<_, ()>((kind, n))
        });
        call.expect("no exception");
        start.elapsed()
    }
}
