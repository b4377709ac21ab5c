//! Runs a program on both worlds, and compares them after each operation.
//!
//! The model is told first, or, where a boundary begins or ends, inside it: so that the destructors that an operation runs
//! find the two in step.

use super::model::{Boundary, HoldId};
use super::program::{Key, OnPanic, Op, Ops, Val};
use super::store::{self, DropPanic, Token, with_several, with_storage};
use super::tasks::{BoundClosure, Task, bind_async, ids, once_each};
use super::workers;
use super::world::{Guard, Ticket, World};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use throughline_core::host::{self, Resident};
use throughline_core::{Snapshot, boundary, root, run_with, snapshot, snapshot_for};

/// The payload of [`Op::Panic`].
struct Panic;

/// Runs a program where whoever asks is.
pub(crate) fn run(world: &Arc<World>, ops: &Ops) {
    for op in ops {
        let Some(_step) = world.step() else {
            return;
        };
        run_op(world, op);
        world.check();
    }
}

pub(crate) fn run_op(world: &Arc<World>, op: &Op) {
    match op {
        Op::Run(..) | Op::RunWith(..) | Op::Exit(..) | Op::Root(..) | Op::RunIn(..) | Op::Boundary(..) => {
            in_boundary(world, op);
        }
        Op::Enter(..)
        | Op::Open(..)
        | Op::Close(..)
        | Op::Forget(..)
        | Op::Guarded(..)
        | Op::Disable(..)
        | Op::Set(..) => put_in_force(world, op),
        Op::With(..) | Op::CloneRunning(..) | Op::Get(..) => read(world, op),
        Op::Snapshot
        | Op::DropSnapshot(..)
        | Op::FrameWith(..)
        | Op::FrameWithout(..)
        | Op::SnapshotFor(..)
        | Op::Filter(..) => keep(world, op),
        Op::Rest(..)
        | Op::Look(..)
        | Op::DropResident(..)
        | Op::Visit(..)
        | Op::Leave(..)
        | Op::DropVisit(..)
        | Op::ForgetVisit(..) => visit(world, op),

        Op::Bind(how, ops) => world.keep_closure(BoundClosure::new(world, *how, ops)),
        Op::Call(pick) => {
            if let Some(closure) = world.take_closure(*pick) {
                closure.call(world);
            }
        }
        Op::DropBound(pick) => drop(world.take_closure(*pick)),
        Op::BindAsync(most, ops) => bind_async(world, *most, ops),

        Op::Panic => resume_unwind(Box::new(Panic)),
        Op::Catch(ops) => catch(world, || run(world, ops)),

        Op::Make => world.make_storage(),
        Op::Unmake(pick) => world.unmake_storage(*pick),

        Op::Spawn(kind, ops) => world.keep_task(Task::new(world, kind, ops)),
        Op::Poll(pick, thread, on_panic) => {
            let Some(mut task) = world.take_task(*pick) else {
                return;
            };
            let w = world.clone();
            // It is kept whatever comes of it.
            let poll = move || {
                let polled = catch_unwind(AssertUnwindSafe(|| task.poll()));
                w.keep_task(task);
                polled.unwrap_or_else(|panic| resume_unwind(panic));
            };
            match on_panic {
                OnPanic::Caught => catch(world, || on_thread(world, *thread, poll)),
                OnPanic::Unwinds => on_thread(world, *thread, poll),
            }
        }
        Op::DropTask(pick) => drop(world.take_task(*pick)),
        // In a future these are more: see `tasks`.
        Op::Yield => {}
        Op::Await(kind, _, ops) => drop(Task::new(world, kind, ops)),
        Op::Join(bodies) => bodies.iter().for_each(|ops| run(world, ops)),

        Op::On(thread, ops) => {
            let (w, ops) = (world.clone(), ops.clone());
            on_thread(world, *thread, move || run(&w, &ops));
        }
    }
}

fn in_boundary(world: &Arc<World>, op: &Op) {
    let inside = |map, ops| {
        let _pushed = world.push(Boundary::on(map));
        world.check();
        run(world, ops);
    };
    let current = world.current();
    match op {
        Op::Run(key, val, ops) => {
            let storage = world.storage(*key);
            let token = Token::new(world, val);
            let map = world.model(|m| m.with(&current, &[(storage.id(), token.id)]));
            with_storage!(&storage, s, token => s.run(token, || inside(map, ops)));
        }
        Op::RunWith(stores, ops) => {
            let stores = once_each(world, stores, |key| world.storage(key));
            let map = world.model(|m| m.with(&current, &ids(&stores)));
            let (storages, tokens): (Vec<_>, Vec<_>) = stores.into_iter().unzip();
            let stores = storages.iter().zip(tokens);
            with_several!(stores, narrow, run_with, || inside(map, ops));
        }
        Op::Exit(key, ops) => {
            let storage = world.storage(*key);
            let map = world.model(|m| m.without(&current, storage.id()));
            with_storage!(&storage, s => s.exit(|| inside(map, ops)));
        }
        Op::Root(ops) => root(|| inside(Default::default(), ops)),
        Op::Boundary(ops) => boundary(|| inside(current, ops)),
        Op::RunIn(pick, ops) => {
            let (map, snapshot) = world
                .snapshot(*pick)
                .unwrap_or_else(|| (Default::default(), Snapshot::empty()));
            snapshot.run(|| inside(map, ops));
        }
        _ => unreachable!(),
    }
}

fn put_in_force(world: &Arc<World>, op: &Op) {
    let thread = workers::thread();
    match op {
        Op::Enter(key, val) => {
            let storage = world.storage(*key);
            let token = Token::new(world, val);
            let id = token.id;
            with_storage!(&storage, s, token => {
                if world.is_in_boundary() {
                    world.model(|m| m.enter(thread, storage.id(), id));
                    s.enter_with(token);
                } else {
                    match s.try_enter_with(token) {
                        Ok(()) => world.fail(|| "something was entered outside any boundary".to_owned()),
                        Err(refused) => drop(refused),
                    }
                }
            });
        }
        Op::Open(key, val) => {
            if let Some(guard) = open(world, *key, val) {
                world.keep_guard(guard);
            }
        }
        Op::Close(pick) => drop(world.take_guard(*pick)),
        Op::Forget(pick) => {
            if let Some(guard) = world.take_guard(*pick) {
                guard.forget();
            }
        }
        Op::Guarded(key, val, ops) => {
            let _guard = open(world, *key, val);
            run(world, ops);
        }
        Op::Disable(key) => {
            let storage = world.storage(*key);
            world.model(|m| m.disable(thread, storage.id()));
            with_storage!(&storage, s => s.disable());
        }
        Op::Set(pick) => {
            let Some((map, snapshot)) = world.snapshot(*pick) else {
                return;
            };
            if !world.is_in_boundary() {
                let refused = host::set(snapshot).is_err();
                world.expect(refused, || "a frame was set outside any boundary".to_owned());
                return;
            }
            let former = world.current();
            world.model(|m| m.set(thread, map));
            // If a store panics, the answer is lost.
            match host::set(snapshot) {
                Err(_) => world.fail(|| "a frame was not set".to_owned()),
                Ok(snapshot) => {
                    let id = world.model(|m| m.hold(Boundary::on(former)));
                    world.keep_snapshot(id, snapshot);
                }
            }
        }
        _ => unreachable!(),
    }
}

fn open(world: &Arc<World>, key: Key, val: &Val) -> Option<Guard> {
    let storage = world.storage(key);
    let token = Token::new(world, val);
    let id = token.id;
    with_storage!(&storage, s, token => {
        if world.is_in_boundary() {
            let guard = world.model(|m| m.open(workers::thread(), storage.id(), id));
            Some(Guard::new(guard, world, s.with_scope(token)))
        } else {
            let refused = s.try_with_scope(token);
            world.expect(refused.is_err(), || "a guard was opened outside any boundary".to_owned());
            None
        }
    })
}

fn read(world: &Arc<World>, op: &Op) {
    let thread = workers::thread();
    match op {
        Op::With(key, ops) => {
            let storage = world.storage(*key);
            let lent = world.model(|m| m.lend(thread, storage.id()));
            with_storage!(&storage, s => s.with(|store| {
                let _held = lent.map(|id| Held::new(world, id));
                let before = store.map(|s| AsRef::as_ref(s).id);
                run(world, ops);
                let after = store.map(|s| AsRef::as_ref(s).id);
                world.expect(before == after, || "what was lent changed".to_owned());
            }));
        }
        Op::CloneRunning(key, ops) => {
            let storage = world.storage(*key);
            let lent = world.model(|m| m.lend(thread, storage.id()));
            let (w, ops) = (world.clone(), ops.clone());
            store::on_next_clone(Some(Box::new(move || {
                let _held = lent.map(|id| Held::new(&w, id));
                run(&w, &ops);
            })));
            with_storage!(&storage, s => drop(s.get_store()));
            store::on_next_clone(None);
        }
        Op::Get(pick, key) => {
            let Some((map, snapshot)) = world.snapshot(*pick) else {
                return;
            };
            let storage = world.storage(*key);
            let expected = map.set.get(&storage.id()).copied().or(storage.default());
            let read = with_storage!(&storage, s => snapshot.get(s).map(|s| AsRef::as_ref(&s).id));
            world.expect(read == expected, || {
                format!("a snapshot reads {read:?}, not {expected:?}")
            });
            let most = map.set.len() + map.unclear.len();
            world.expect((map.set.len()..=most).contains(&snapshot.len()), || {
                format!("a snapshot has {} stores, not {map:?}", snapshot.len())
            });
        }
        _ => unreachable!(),
    }
}

fn keep(world: &Arc<World>, op: &Op) {
    match op {
        Op::Snapshot => {
            let map = world.current();
            let id = world.model(|m| m.hold(Boundary::on(map)));
            world.keep_snapshot(id, snapshot());
        }
        Op::DropSnapshot(pick) => world.take_snapshot(*pick),
        Op::FrameWith(pick, key, val) => {
            let (base, snapshot) = world.snapshot(*pick).unwrap_or_default();
            let storage = world.storage(*key);
            let token = Token::new(world, val);
            let id = world.model(|m| {
                let map = m.with(&base, &[(storage.id(), token.id)]);
                m.hold(Boundary::on(map))
            });
            let snapshot = with_storage!(&storage, s, token => host::frame_with(&snapshot, s, token));
            world.keep_snapshot(id, snapshot);
        }
        Op::FrameWithout(pick, key) => {
            let (base, snapshot) = world.snapshot(*pick).unwrap_or_default();
            let storage = world.storage(*key);
            let id = world.model(|m| {
                let map = m.without(&base, storage.id());
                m.hold(Boundary::on(map))
            });
            let snapshot = with_storage!(&storage, s => host::frame_without(&snapshot, s));
            world.keep_snapshot(id, snapshot);
        }
        Op::SnapshotFor(hand_over) => {
            let map = world.crossing(&world.current(), *hand_over);
            let id = world.model(|m| m.hold(Boundary::on(map)));
            world.keep_snapshot(id, snapshot_for(*hand_over));
        }
        Op::Filter(pick, hand_over) => {
            let (map, snapshot) = world.snapshot(*pick).unwrap_or_default();
            let map = world.crossing(&map, *hand_over);
            let id = world.model(|m| m.hold(Boundary::on(map)));
            world.keep_snapshot(id, snapshot.filtered(*hand_over));
        }
        _ => unreachable!(),
    }
}

fn visit(world: &Arc<World>, op: &Op) {
    match op {
        Op::Rest(pick) => {
            let (map, snapshot) = world.snapshot(*pick).unwrap_or_default();
            let id = world.model(|m| m.hold(Boundary::resting(map)));
            world.keep_resident(id, Resident::new(snapshot));
        }
        Op::Look(pick) => {
            if let Some((map, snapshot)) = world.look_at_resident(*pick) {
                let id = world.model(|m| m.hold(Boundary::on(map)));
                world.keep_snapshot(id, snapshot);
            }
        }
        Op::DropResident(pick) => world.drop_resident(world.take_resident(*pick)),
        Op::Visit(pick) => {
            if let Some((hold, resident)) = world.take_resident(*pick) {
                world.keep_ticket(Ticket::new(world, hold, resident));
            }
        }
        Op::Leave(pick) => leave(world, world.take_ticket(*pick)),
        // Outside of any closure nothing would end it.
        Op::DropVisit(pick) => match world.take_ticket(*pick) {
            Some(ticket) if ticket.is_bounded() => drop(ticket),
            ticket => leave(world, ticket),
        },
        Op::ForgetVisit(pick) => match world.take_ticket(*pick) {
            Some(ticket) if ticket.is_bounded() => ticket.forget(),
            ticket => leave(world, ticket),
        },
        _ => unreachable!(),
    }
}

fn leave(world: &Arc<World>, ticket: Option<Ticket>) {
    if let Some(ticket) = ticket.and_then(Ticket::leave) {
        world.keep_ticket(ticket);
    }
}

/// Runs `job` on a thread; its panic goes on here.
fn on_thread(world: &Arc<World>, thread: u8, job: impl FnOnce() + Send + 'static) {
    if let Err(panic) = world.workers.run(usize::from(thread), Box::new(job)) {
        resume_unwind(panic);
    }
}

/// Runs `f`, and stops the panics that programs and stores may raise.
pub(crate) fn catch(world: &Arc<World>, f: impl FnOnce()) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(f)) {
        world.panic_caught();
        if !panic.is::<Panic>() && !panic.is::<DropPanic>() {
            world.fail(|| format!("a panic: {}", message(&*panic)));
        }
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or(panic.downcast_ref::<&str>().copied())
        .unwrap_or("of another kind")
}

/// What the model holds until this is dropped, also by a panic.
struct Held {
    world: Arc<World>,
    id: HoldId,
}

impl Held {
    fn new(world: &Arc<World>, id: HoldId) -> Self {
        let world = world.clone();
        Held { world, id }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.world.model(|m| m.release(self.id));
    }
}
