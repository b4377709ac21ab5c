//! dcontext, asked.

use std::any::Any;

use dcontext::{
    ContextFutureExt as _, ContextSnapshot, RegistryBuilder, attach_snapshot, attach_store, capture, fork,
    get_context_variable, initialize, push_scope, set_context_variable, update_context_variable,
};
use futures::FutureExt as _;

use crate::cell::Cell;
use crate::peer::{How, Kept, Peer, Speaks, Task};

const VALUE: &str = "value";
const OTHER: &str = "other";
const LOCAL: &str = "local";
const SPEAKS: &str = "speaks";

pub(crate) struct Dcontext;

impl Peer for Dcontext {
    const NAME: &'static str = "dcontext";
    const KEEPS_ALL: bool = true;

    fn set_up() {
        let mut builder = RegistryBuilder::new();
        builder.register::<u64>(VALUE);
        builder.register::<u64>(OTHER);
        builder.register::<Speaks>(SPEAKS);
        builder.register_with::<u64>(LOCAL, |options| options.local_only());
        initialize(builder);
    }
    fn get() -> Option<u64> {
        get_context_variable(VALUE)
    }
    fn run(value: u64, f: &mut dyn FnMut()) {
        let _scope = push_scope("run");
        set_context_variable(VALUE, value);
        f();
    }
    fn scope(value: u64, task: Task) -> Task {
        let _scope = push_scope("scope");
        set_context_variable(VALUE, value);
        task.fork().boxed()
    }
    /// `fork` is what its guide shows; but a fork of a fork has nothing of what that one inherited (0.9.0).
    fn inherit(task: Task) -> Task {
        task.capture().boxed()
    }
    fn keep() -> Kept {
        let snapshot = capture();
        Box::new(move |f| {
            let _attached = attach_snapshot(snapshot.clone());
            f();
        })
    }
    fn enter_with(value: u64) -> Option<()> {
        set_context_variable(VALUE, value);
        Some(())
    }
    fn exit(f: &mut dyn FnMut()) -> Option<How> {
        let _attached = attach_snapshot(ContextSnapshot::empty());
        f();
        Some(How::ByHand)
    }
    fn guard(value: u64) -> Option<Box<dyn Any>> {
        let scope = push_scope("guard");
        set_context_variable(VALUE, value);
        Some(Box::new(scope))
    }
    fn run_speaking(value: Speaks, f: &mut dyn FnMut()) -> Option<()> {
        let _scope = push_scope("speaks");
        set_context_variable(SPEAKS, value);
        f();
        Some(())
    }
    fn default_value() -> Cell {
        // Only where it is changed.
        let _scope = push_scope("default");
        update_context_variable(VALUE, |value: u64| value + 5);
        Cell::if_same(Self::get(), Some(5), How::ByHand)
    }
    fn two_keys() -> Option<(Option<u64>, Option<u64>)> {
        let _scope = push_scope("two");
        set_context_variable(VALUE, 1_u64);
        set_context_variable(OTHER, 2_u64);
        let kept = fork();
        let seen = std::thread::spawn(move || {
            let _attached = attach_store(kept);
            (Self::get(), get_context_variable(OTHER))
        });
        Some(seen.join().unwrap())
    }
    /// A key that no snapshot holds, whatever for: which is all of its policy.
    fn detached() -> Option<(Option<u64>, How)> {
        let _scope = push_scope("detached");
        set_context_variable(LOCAL, 7_u64);
        let snapshot = capture();
        let thread = std::thread::spawn(move || {
            let _attached = attach_snapshot(snapshot);
            get_context_variable(LOCAL)
        });
        Some((thread.join().unwrap(), How::ByHand))
    }
}
