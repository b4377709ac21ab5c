//! A span is what it keeps; the number is the trace's id.

use std::any::Any;

use fastrace::collector::{Config, Reporter, SpanContext, SpanId, SpanRecord, TraceId};
use fastrace::future::FutureExt as _;
use fastrace::{Span, set_reporter};
use futures::FutureExt as _;

use crate::cell::Cell;
use crate::peer::{Kept, Peer, Task};

pub(crate) struct Fastrace;

fn span(value: u64) -> Span {
    Span::root("value", SpanContext::new(TraceId(value.into()), SpanId::random()))
}

struct Nowhere;

impl Reporter for Nowhere {
    fn report(&mut self, _: Vec<SpanRecord>) {}
}

impl Peer for Fastrace {
    const NAME: &'static str = "fastrace";
    const KEEPS_ALL: bool = false;

    fn set_up() {
        set_reporter(Nowhere, Config::default());
    }
    fn get() -> Option<u64> {
        let context = SpanContext::current_local_parent()?;
        Some(context.trace_id.0 as u64)
    }
    fn run(value: u64, f: &mut dyn FnMut()) {
        let span = span(value);
        let _parent = span.set_local_parent();
        f();
    }
    fn scope(value: u64, task: Task) -> Task {
        task.in_span(span(value)).boxed()
    }
    fn inherit(task: Task) -> Task {
        task.in_span(Span::enter_with_local_parent("task")).boxed()
    }
    fn keep() -> Kept {
        let span = Span::enter_with_local_parent("kept");
        Box::new(move |f| {
            let _parent = span.set_local_parent();
            f();
        })
    }
    fn default_value() -> Cell {
        Cell::NoSense
    }
    fn guard(value: u64) -> Option<Box<dyn Any>> {
        let span = span(value);
        let parent = span.set_local_parent();
        Some(Box::new((parent, span)))
    }
}
