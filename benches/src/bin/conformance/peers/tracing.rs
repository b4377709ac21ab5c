//! A span is what it keeps; the number is looked up by the span's id.

use std::any::Any;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex};

use futures::FutureExt as _;
use tracing::{Id, Instrument as _, Span, Subscriber, info_span, span};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::cell::Cell;
use crate::peer::{How, Kept, Peer, Task};

static VALUES: LazyLock<Mutex<HashMap<u64, u64>>> = LazyLock::new(Mutex::default);
static CAUSES: LazyLock<Mutex<HashMap<u64, u64>>> = LazyLock::new(Mutex::default);
static TOLD: [AtomicUsize; 4] = [const { AtomicUsize::new(0) }; 4];

pub(crate) struct Tracing;

fn span(value: u64) -> Span {
    let span = info_span!("value");
    let id = span.id().unwrap().into_u64();
    VALUES.lock().unwrap().insert(id, value);
    span
}

impl Peer for Tracing {
    const NAME: &'static str = "tracing";
    const KEEPS_ALL: bool = false;

    fn set_up() {
        tracing_subscriber::registry().with(Told).init();
    }
    fn get() -> Option<u64> {
        let id = Span::current().id()?.into_u64();
        VALUES.lock().unwrap().get(&id).copied()
    }
    fn run(value: u64, f: &mut dyn FnMut()) {
        span(value).in_scope(f);
    }
    fn scope(value: u64, task: Task) -> Task {
        task.instrument(span(value)).boxed()
    }
    fn inherit(task: Task) -> Task {
        task.in_current_span().boxed()
    }
    fn keep() -> Kept {
        let span = Span::current();
        Box::new(move |f| span.in_scope(f))
    }
    fn lend(f: &mut dyn FnMut(Option<u64>)) -> Option<()> {
        Span::current().with_subscriber(|(id, _)| {
            let value = VALUES.lock().unwrap().get(&id.into_u64()).copied();
            f(value);
        })
    }
    fn default_value() -> Cell {
        Cell::NoSense
    }
    fn guard(value: u64) -> Option<Box<dyn Any>> {
        Some(Box::new(span(value).entered()))
    }
    fn cause() -> Cell {
        let request = info_span!("request");
        let task = request.in_scope(|| info_span!("task"));
        let [request, task] = [&request, &task].map(|span| span.id().unwrap().into_u64());
        let cause = CAUSES.lock().unwrap().get(&task).copied();
        Cell::if_same((task != request, cause), (true, Some(request)), How::Own)
    }
    fn lifecycle(task: Task) -> Option<[usize; 4]> {
        futures::executor::block_on(task.instrument(info_span!("task")));
        Some([0, 1, 2, 3].map(|n| TOLD[n].load(Ordering::Relaxed)))
    }
}

struct Told;

impl Told {
    fn told(n: usize) {
        TOLD[n].fetch_add(1, Ordering::Relaxed);
    }
}

impl<S: Subscriber> Layer<S> for Told {
    fn on_new_span(&self, _: &span::Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(cause) = context.current_span().id() {
            CAUSES.lock().unwrap().insert(id.into_u64(), cause.into_u64());
        }
        Self::told(0);
    }
    fn on_enter(&self, _: &Id, _: Context<'_, S>) {
        Self::told(1);
    }
    fn on_exit(&self, _: &Id, _: Context<'_, S>) {
        Self::told(2);
    }
    fn on_close(&self, _: Id, _: Context<'_, S>) {
        Self::told(3);
    }
}
