//! A span is what it keeps; the number is the trace's id.

use std::any::Any;
use std::sync::Mutex;

use fastrace::collector::{Config, Reporter, SpanContext, SpanId, SpanRecord, TraceId};
use fastrace::future::FutureExt as _;
use fastrace::{Span, set_reporter};
use futures::FutureExt as _;

use crate::cell::Cell;
use crate::peer::{How, Kept, Peer, Task};

pub(crate) struct Fastrace;

fn span(value: u64) -> Span {
    Span::root("value", SpanContext::new(TraceId(value.into()), SpanId::random()))
}

static RECORDS: Mutex<Vec<SpanRecord>> = Mutex::new(Vec::new());

struct Records;

impl Reporter for Records {
    fn report(&mut self, records: Vec<SpanRecord>) {
        RECORDS.lock().unwrap().extend(records);
    }
}

impl Peer for Fastrace {
    const NAME: &'static str = "fastrace";
    const KEEPS_ALL: bool = false;

    fn set_up() {
        set_reporter(Records, Config::default());
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
    fn cause() -> Cell {
        let request = Span::root("request", SpanContext::random());
        {
            let _parent = request.set_local_parent();
            drop(Span::enter_with_local_parent("task"));
        }
        drop(request);
        fastrace::flush();
        let records = RECORDS.lock().unwrap();
        let record = |name: &str| records.iter().find(|record| record.name == name).unwrap();
        let (request, task) = (record("request").span_id, record("task"));
        Cell::if_same(
            (task.span_id != request, task.parent_id),
            (true, request),
            How::Own,
        )
    }
    fn guard(value: u64) -> Option<Box<dyn Any>> {
        let span = span(value);
        let parent = span.set_local_parent();
        Some(Box::new((parent, span)))
    }
}
