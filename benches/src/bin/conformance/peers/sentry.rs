//! sentry, asked.

use std::any::Any;
use std::sync::Arc;

use futures::FutureExt as _;
use sentry_core::protocol::Event;
use sentry_core::{Hub, SentryFutureExt as _};

use crate::cell::Cell;
use crate::peer::{How, Kept, Peer, Task};

pub(crate) struct Sentry;

fn read(key: &str) -> Option<u64> {
    Hub::current().configure_scope(|scope| {
        let event = scope.apply_to_event(Event::default())?;
        event.extra.get(key)?.as_u64()
    })
}

fn hub(value: u64) -> Arc<Hub> {
    let hub = Hub::new_from_top(Hub::current());
    hub.configure_scope(|scope| scope.set_extra("value", value.into()));
    Arc::new(hub)
}

impl Peer for Sentry {
    const NAME: &'static str = "sentry";
    const KEEPS_ALL: bool = true;

    fn get() -> Option<u64> {
        read("value")
    }
    fn run(value: u64, f: &mut dyn FnMut()) {
        Hub::run(hub(value), f);
    }
    fn scope(value: u64, task: Task) -> Task {
        task.bind_hub(hub(value)).boxed()
    }
    fn inherit(task: Task) -> Task {
        task.bind_hub(Hub::new_from_top(Hub::current())).boxed()
    }
    fn keep() -> Kept {
        let kept = Arc::new(Hub::new_from_top(Hub::current()));
        Box::new(move |f| Hub::run(kept.clone(), f))
    }
    fn enter_with(value: u64) -> Option<()> {
        Hub::current().configure_scope(|scope| scope.set_extra("value", value.into()));
        Some(())
    }
    fn exit(f: &mut dyn FnMut()) -> Option<How> {
        Hub::run(Arc::new(Hub::new(None, Arc::default())), f);
        Some(How::ByHand)
    }
    fn default_value() -> Cell {
        Cell::NoSense
    }
    fn guard(value: u64) -> Option<Box<dyn Any>> {
        let scope = Hub::current().push_scope();
        Self::enter_with(value);
        Some(Box::new(scope))
    }
    fn two_keys() -> Option<(Option<u64>, Option<u64>)> {
        let kept = hub(1);
        kept.configure_scope(|scope| scope.set_extra("other", 2.into()));
        let kept = Arc::new(Hub::new_from_top(kept));
        let seen = std::thread::spawn(move || Hub::run(kept, || (Self::get(), read("other"))));
        Some(seen.join().unwrap())
    }
}
