//! What a resource costs, with and without hooks. The neighbour is a tracing span, with and without a layer that listens.

use std::hint::black_box;
use std::sync::Arc;

use throughline::{
    AsyncHook, AsyncResource, FutureContextExt as _, FutureResourceExt as _, create_hook, snapshot,
};

use crate::Under::Live;
use crate::live::with_live;
use crate::peers::{Listened, Peer, Scopes, Tracing};
use crate::poll::{Counter, each_poll};
use crate::{Bench, Meter, Who};

pub(super) fn define(bench: &mut Bench) {
    bench.floor(|m| m.each(|i| _ = black_box(i)));
    scopes(bench);
    watched(bench);
    made(bench);
    polls(bench);
}

fn scopes(bench: &mut Bench) {
    let [one, many] = [1, 64].map(|live| {
        bench.row("a callback of a resource, no hook", Live(live));
        let limit = bench.limit("run in a snapshot", restore);
        let ours = bench.ours(move |m| scope_with(m, live));
        bench.op(Who::Tracing, in_span::<Tracing>);
        [limit, ours]
    });
    bench.row("a callback of a resource, another type watched", Live(1));
    let other = bench.ours(|m| {
        let _enabled = hook("Another").enable_scoped();
        scope_with(m, 1);
    });
    let [restore, scope] = one;
    for (what, ours) in [("no hook", scope), ("another type watched", other)] {
        let goal = bench.own_goal(format!(
            "a callback of a resource, {what}: instructions over Snapshot::run"
        ));
        goal.instructions(ours, &[restore]).at_most(25.0);
    }
    let goal = bench.own_goal("a callback of a resource: instructions at 1, 64 live, most - least");
    goal.same_instructions(&[scope, many[1]]);
}

/// Goal 15, the half about callbacks.
fn watched(bench: &mut Bench) {
    let [none, one, four] = [0, 1, 4].map(|hooks| {
        bench.row(
            format!("a callback of a resource, before and after watched by {hooks}"),
            Live(1),
        );
        let ours = bench.ours(move |m| {
            let hooks: Vec<AsyncHook> = (0..hooks).map(|_| hook("Measured")).collect();
            let _enabled: Vec<_> = hooks.iter().map(AsyncHook::enable_scoped).collect();
            scope_with(m, 1);
        });
        if hooks == 1 {
            bench.op(Who::Tracing, in_span::<Listened>);
        }
        ours
    });
    let goal = bench.goal(15, "a hook on: ns an event");
    goal.nanoseconds(one, none, 2).prototype(3.6).at_most(6.0);
    let goal = bench.goal(15, "each further hook: ns an event");
    goal.nanoseconds(four, one, 6).prototype(1.5).at_most(2.5);
}

fn made(bench: &mut Bench) {
    bench.row("a resource made and dropped, no hook", Live(1));
    bench.limit("an `Arc` of a snapshot made and dropped", |m| {
        with_live(1, &mut |_| m.each(|_| drop(black_box(Arc::new(snapshot())))));
    });
    bench.ours(make);
    bench.op(Who::Tracing, |m| {
        Tracing::live(1, &mut || {
            m.each(|_| drop(black_box(tracing::info_span!("made"))))
        })
    });
    bench.why("it has an id, a type, a cause, and a count of scopes");
    bench.row("a resource made and dropped, init and destroy watched", Live(1));
    bench.ours(|m| {
        let _enabled = hook("Made").enable_scoped();
        make(m);
    });
    bench.op(Who::Tracing, |m| {
        Listened::live(1, &mut || {
            m.each(|_| drop(black_box(tracing::info_span!("made"))))
        })
    });
}

/// Goal 15, the half about polls.
fn polls(bench: &mut Bench) {
    bench.floor(|m| each_poll(m, Counter::default()));
    bench.row("poll of a future that inherits, hooks off", Live(1));
    let inherits = bench.ours(|m| with_live(1, &mut |_| each_poll(m, Counter::default().in_context())));
    bench.row("poll of a future that inherits, a hook on", Live(1));
    let beside = bench.ours(|m| {
        let _enabled = hook("Measured").enable_scoped();
        with_live(1, &mut |_| each_poll(m, Counter::default().in_context()));
    });
    bench.row("poll of a future that is a resource, hooks off", Live(1));
    bench.limit("the same without a resource", |m| {
        with_live(1, &mut |_| each_poll(m, Counter::default().in_context()));
    });
    let off = bench.ours(|m| {
        with_live(1, &mut |_| {
            each_poll(m, Counter::default().in_resource("Measured"))
        })
    });
    bench.op(Who::Tracing, |m| {
        Tracing::live(1, &mut || each_poll(m, Tracing::scope(7, Counter::default())))
    });
    bench.why(
        "each poll is a callback: the resource counts its scopes, so that it is not destroyed inside one",
    );
    bench.row("poll of a future that is a resource, watched", Live(1));
    let on = bench.ours(|m| {
        let _enabled = hook("Measured").enable_scoped();
        with_live(1, &mut |_| {
            each_poll(m, Counter::default().in_resource("Measured"))
        });
    });
    bench.op(Who::Tracing, |m| {
        Listened::live(1, &mut || each_poll(m, Listened::scope(7, Counter::default())))
    });
    let goal = bench.goal(
        15,
        "a poll of what is no resource, a hook on: instructions beyond hooks off",
    );
    goal.instructions(beside, &[inherits]).prototype(3.0).at_most(4.0);
    let goal = bench.goal(15, "a poll of a resource, watched: ns beyond hooks off");
    goal.nanoseconds(on, off, 1).prototype(7.0).at_most(12.0);
}

fn restore(m: &mut Meter) {
    with_live(1, &mut |_| {
        let snapshot = snapshot();
        m.each(|_| snapshot.run(|| black_box(())));
    });
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

fn in_span<P: Peer>(m: &mut Meter) {
    P::live(1, &mut || {
        let span = tracing::info_span!("measured");
        m.each(|_| span.in_scope(|| black_box(())));
    });
}
