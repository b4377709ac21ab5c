//! One turn of the loop, as whoever drives it calls it.

use crate::node::Node;
use rquickjs::{Ctx, Function, Object};
use std::time::{Duration, Instant};

/// What a loop waits for after a [turn](Node::turn).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waits {
    /// There is something to do at once.
    No,
    /// For a timer, or for the host before it.
    Until(Instant),
    /// For the host.
    ForHost,
    /// Nothing is left to do: no timer, no request, no hold.
    Done,
}

impl Node {
    /// Does what there is to do, without waiting: timers, what the host has, immediates, in Node's order. For contexts whose loop is not a
    /// [`Runtime`](crate::Runtime)'s; microtasks are run too.
    ///
    /// What is thrown is an uncaught exception of the script, as in Node.
    pub fn turn(&self, ctx: &Ctx<'_>) -> Waits {
        self.phase(ctx, "runTimers");
        self.run_host(ctx);
        self.phase(ctx, "runImmediates");
        self.waits(ctx)
    }

    /// What other threads posted, and futures that were woken.
    pub(crate) fn run_host(&self, ctx: &Ctx<'_>) {
        for task in self.handle().take() {
            self.protect(ctx, || {
                task(ctx);
                Ok(())
            });
            self.phase(ctx, "drain");
        }
        if self.tasks().are_ready() {
            for settle in self.tasks().poll() {
                self.protect(ctx, || settle(ctx));
            }
            self.phase(ctx, "drain");
        }
    }

    pub(crate) fn waits(&self, ctx: &Ctx<'_>) -> Waits {
        if self.is_ended(ctx) {
            return Waits::Done;
        }
        let handle = self.handle();
        if handle.has_tasks() || self.tasks().are_ready() {
            return Waits::No;
        }
        if !handle.is_held() && !self.ask(ctx, "isAlive").unwrap_or(false) {
            return Waits::Done;
        }
        match self.ask::<Option<f64>>(ctx, "wait").flatten() {
            Some(ms) if ms <= 0.0 => Waits::No,
            Some(ms) => Waits::Until(Instant::now() + Duration::from_secs_f64(ms / 1000.0)),
            None => Waits::ForHost,
        }
    }

    /// One phase of the loop, of those the JavaScript layer has.
    pub(crate) fn phase(&self, ctx: &Ctx<'_>, name: &str) {
        self.protect(ctx, || {
            let phases: Object<'_> = self.internal(ctx)?.get("loop")?;
            phases.get::<_, Function<'_>>(name)?.call::<_, ()>(())
        });
    }

    fn ask<T: for<'js> rquickjs::FromJs<'js>>(&self, ctx: &Ctx<'_>, name: &str) -> Option<T> {
        let mut answer = None;
        self.protect(ctx, || {
            let phases: Object<'_> = self.internal(ctx)?.get("loop")?;
            answer = Some(phases.get::<_, Function<'_>>(name)?.call(())?);
            Ok(())
        });
        answer
    }
}
