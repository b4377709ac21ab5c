//! OpenTelemetry, asked.

use std::any::Any;

use futures::FutureExt as _;
use opentelemetry::Context;
use opentelemetry::context::FutureExt as _;

use crate::peer::{How, Items, Kept, Peer, Speaks, Taker, Task};

struct Value(u64);
struct Other(u64);
#[expect(dead_code, reason = "its `Drop` is what it is for")]
struct Speaking(Speaks);

pub(crate) struct Otel;

impl Peer for Otel {
    const NAME: &'static str = "OpenTelemetry";
    const KEEPS_ALL: bool = true;

    fn get() -> Option<u64> {
        Context::map_current(|context| context.get::<Value>().map(|value| value.0))
    }
    fn run(value: u64, f: &mut dyn FnMut()) {
        let _attached = Context::current_with_value(Value(value)).attach();
        f();
    }
    fn scope(value: u64, task: Task) -> Task {
        task.with_context(Context::current_with_value(Value(value)))
            .boxed()
    }
    fn inherit(task: Task) -> Task {
        task.with_current_context().boxed()
    }
    fn keep() -> Kept {
        let context = Context::current();
        Box::new(move |f| {
            let _attached = context.clone().attach();
            f();
        })
    }
    fn lend(f: &mut dyn FnMut(Option<u64>)) -> Option<()> {
        Context::map_current(|context| f(context.get::<Value>().map(|value| value.0)));
        Some(())
    }
    fn exit(f: &mut dyn FnMut()) -> Option<How> {
        let _attached = Context::new().attach();
        f();
        Some(How::ByHand)
    }
    fn guard(value: u64) -> Option<Box<dyn Any>> {
        Some(Box::new(Context::current_with_value(Value(value)).attach()))
    }
    fn run_speaking(value: Speaks, f: &mut dyn FnMut()) -> Option<()> {
        let _attached = Context::current_with_value(Speaking(value)).attach();
        f();
        Some(())
    }
    fn two_keys() -> Option<(Option<u64>, Option<u64>)> {
        let kept = Context::current_with_value(Value(1)).with_value(Other(2));
        let seen = std::thread::spawn(move || {
            let _attached = kept.attach();
            let other = Context::map_current(|context| context.get::<Other>().map(|other| other.0));
            (Self::get(), other)
        });
        Some(seen.join().unwrap())
    }
    fn stream(items: Items) -> Option<Items> {
        Some(Box::pin(items.with_current_context()))
    }
    fn sink(takes: Taker) -> Option<Taker> {
        Some(Box::pin(takes.with_current_context()))
    }
}
