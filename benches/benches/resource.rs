//! Goal 21: what does it cost to run a callback of a resource, and to make a resource, with and without hooks?

use std::hint::black_box;
use std::process::ExitCode;

use throughline::{AsyncHook, AsyncResource, create_hook, snapshot};
use throughline_benches::live::with_live;
use throughline_benches::{Bench, Meter, run};

fn main() -> ExitCode {
    run("resource", |bench| {
        scopes(bench);
        bench.op("new and drop, no hook", make);
        bench.op("Arc::new, snapshot and drop", |m| {
            m.each(|_| drop(black_box(std::sync::Arc::new(snapshot()))));
        });
        bench.op("new and drop, init and destroy watched", |m| {
            let _enabled = hook("Made").enable_scoped();
            m.each(|_| drop(black_box(AsyncResource::new("Made"))));
        });
    })
}

fn scopes(bench: &mut Bench) {
    let restore = bench.op("Snapshot::run, 1 live", |m| {
        with_live(1, &mut |_| {
            let snapshot = snapshot();
            m.each(|_| snapshot.run(|| black_box(())));
        });
    });
    let scope = bench.op("scope, no hook, 1 live", |m| scope_with(m, 1));
    let many = bench.op("scope, no hook, 64 live", |m| scope_with(m, 64));
    let other = bench.op("scope, another type watched, 1 live", |m| {
        let _enabled = hook("Another").enable_scoped();
        scope_with(m, 1);
    });
    bench.op("scope, before and after watched, 1 live", |m| {
        let _enabled = hook("Measured").enable_scoped();
        scope_with(m, 1);
    });
    bench
        .goal(21, "scope: instructions over Snapshot::run")
        .instructions(scope, &[restore])
        .at_most(25.0);
    bench
        .goal(21, "scope, another type watched: instructions over Snapshot::run")
        .instructions(other, &[restore])
        .at_most(25.0);
    bench
        .goal(21, "scope: instructions at 1, 64 live, most - least")
        .same_instructions(&[scope, many]);
}

fn hook(name: &'static str) -> AsyncHook {
    create_hook()
        .init(|resource| _ = black_box(resource))
        .before(|resource| _ = black_box(resource))
        .after(|resource| _ = black_box(resource))
        .destroy(|resource| _ = black_box(resource))
        .only([name])
        .build()
}

fn scope_with(m: &mut Meter, live: usize) {
    with_live(live, &mut |_| {
        let resource = AsyncResource::new("Measured");
        m.each(|_| resource.run_in_async_scope(|| black_box(())));
    });
}

fn make(m: &mut Meter) {
    with_live(1, &mut |_| {
        m.each(|_| drop(black_box(AsyncResource::new("Made"))))
    });
}
