//! Live resources.

use std::hint::black_box;

use throughline::{AsyncHook, AsyncResource, create_hook};

use super::{Figure, grown, thousands, timed};

pub(super) fn unwatched(n: usize) -> Vec<Figure> {
    lives(n, "no hook")
}

pub(super) fn watched(n: usize) -> Vec<Figure> {
    let _enabled = hook().enable_scoped();
    lives(n, "init, before, after and destroy watched")
}

fn lives(n: usize, by: &str) -> Vec<Figure> {
    let make = || (0..n).map(|_| AsyncResource::new("Measured")).collect::<Vec<_>>();
    let ((all, made), bytes) = grown(|| timed(make));
    let callbacks = || {
        all.iter()
            .for_each(|resource| resource.run_in_async_scope(|| black_box(())))
    };
    let (_, called) = timed(callbacks);
    let (_, dropped) = timed(move || drop(all));
    let of = |what: &str| Figure::new(format!("{} live resources: {what}", thousands(n)), by);
    vec![
        of("one made").bytes(bytes, n).nanoseconds(made, n),
        of("a callback of each").nanoseconds(called, n),
        of("one dropped").nanoseconds(dropped, n),
    ]
}

fn hook() -> AsyncHook {
    create_hook()
        .init(|resource| _ = black_box(resource))
        .before(|resource| _ = black_box(resource))
        .after(|resource| _ = black_box(resource))
        .destroy(|resource| _ = black_box(resource))
        .build()
}
