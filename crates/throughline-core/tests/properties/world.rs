//! The two worlds side by side: the library's, with its snapshots and futures, and the model's.

use super::model::{Boundary, GuardId, HoldId, Map, Model, StorageId, StoreId, THREADS, VisitId};
use super::program::{Key, Pick};
use super::store::{self, Made, Storage, with_storage};
use super::tasks::{BoundClosure, Task};
use super::workers::{self, Workers};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use throughline_core::host::{Resident, Visit};
use throughline_core::{HandOver, RunScope, Snapshot, in_boundary};

/// Bounds what a program does: closures may call themselves, stores may run programs that drop stores.
const MOST_OPS: u32 = 400;
const DEEPEST: u32 = 40;
const MOST_MADE: usize = 4;
const MOST_KEPT: usize = 8;

pub(crate) struct World {
    /// Never locked while the library runs, or anything is dropped that is not plain data.
    state: Mutex<State>,
    pub(crate) workers: Arc<Workers>,
}

struct State {
    model: Model,
    failure: Option<String>,

    made: Vec<Arc<Made>>,
    made_so_far: StorageId,
    snapshots: Vec<(HoldId, Snapshot)>,
    closures: Vec<BoundClosure>,
    tasks: Vec<Task>,
    residents: Vec<(HoldId, Resident)>,
    /// How many there are, on all threads.
    tickets: usize,

    alive: BTreeSet<StoreId>,
    ops: u32,
    depth: u32,
    /// How many destructors of stores are running: while there are any, the library is in the midst of letting go.
    destructors: u32,
    /// Panics out of destructors that nobody has caught yet.
    store_panics: u32,
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").finish_non_exhaustive()
    }
}

thread_local! {
    /// The guards that were opened on this thread.
    static GUARDS: RefCell<Vec<Guard>> = const { RefCell::new(Vec::new()) };
    /// The visits that were begun on this thread.
    static TICKETS: RefCell<Vec<Ticket>> = const { RefCell::new(Vec::new()) };
}

/// A guard of the library, and of the model.
pub(crate) struct Guard {
    id: GuardId,
    world: Arc<World>,
    scope: Option<RunScope>,
}

impl Guard {
    pub(crate) fn new(id: GuardId, world: &Arc<World>, scope: RunScope) -> Self {
        Guard {
            id,
            world: world.clone(),
            scope: Some(scope),
        }
    }

    pub(crate) fn forget(mut self) {
        std::mem::forget(self.scope.take());
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(scope) = self.scope.take() {
            self.world.model(|m| m.close(workers::thread(), self.id));
            drop(scope);
        }
    }
}

/// A visit of the library, and of the model.
pub(crate) struct Ticket {
    id: VisitId,
    world: Arc<World>,
    visit: Option<Visit>,
}

impl Ticket {
    pub(crate) fn new(world: &Arc<World>, hold: HoldId, resident: Resident) -> Self {
        world.state().tickets += 1;
        let id = world.model(|m| {
            let boundary = m.release(hold);
            m.visit(workers::thread(), boundary)
        });
        Ticket {
            id,
            world: world.clone(),
            visit: Some(resident.visit()),
        }
    }

    /// Leaves, if that is possible now; else this is to be kept.
    pub(crate) fn leave(mut self) -> Option<Self> {
        let world = self.world.clone();
        // If a store panics, the resident is lost.
        let left = world.model(|m| m.leave(workers::thread(), self.id));
        let visit = self.visit.take()?;
        match (left, visit.leave()) {
            (Some(boundary), Ok(resident)) => {
                let hold = world.model(|m| m.hold(boundary));
                world.keep_resident(hold, resident);
                None
            }
            (None, Err(visit)) => {
                self.visit = Some(visit);
                Some(self)
            }
            (left, is) => {
                world.fail(|| format!("a visit was left: {}, not {}", is.is_ok(), left.is_some()));
                None
            }
        }
    }

    /// Whether it ends without this.
    pub(crate) fn is_bounded(&self) -> bool {
        self.world.model(|m| m.is_bounded(workers::thread(), self.id))
    }

    pub(crate) fn forget(mut self) {
        std::mem::forget(self.visit.take());
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.world.state().tickets -= 1;
        if let Some(visit) = self.visit.take() {
            self.world.model(|m| m.leave(workers::thread(), self.id));
            drop(visit);
        }
    }
}

impl World {
    pub(crate) fn new(workers: &Arc<Workers>) -> Arc<Self> {
        Arc::new(World {
            state: Mutex::new(State {
                model: Model::default(),
                failure: None,
                made: Vec::new(),
                made_so_far: store::STATICS as StorageId,
                snapshots: Vec::new(),
                closures: Vec::new(),
                tasks: Vec::new(),
                residents: Vec::new(),
                tickets: 0,
                alive: BTreeSet::new(),
                ops: 0,
                depth: 0,
                destructors: 0,
                store_panics: 0,
            }),
            workers: workers.clone(),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the model, or tells it.
    pub(crate) fn model<R>(&self, f: impl FnOnce(&mut Model) -> R) -> R {
        f(&mut self.state().model)
    }

    pub(crate) fn current(&self) -> Map {
        self.model(|m| m.current(workers::thread()))
    }

    /// What of a map crosses a hand-over that is made next.
    pub(crate) fn crossing(&self, map: &Map, hand_over: HandOver) -> Map {
        self.model(|m| m.crossing(map, |storage| store::crosses(storage, hand_over)))
    }

    /// What of the current stores a task inherits that is made next.
    pub(crate) fn inherited(&self) -> Map {
        self.crossing(&self.current(), HandOver::Task)
    }

    pub(crate) fn is_in_boundary(&self) -> bool {
        self.model(|m| m.depth(workers::thread()) > 0)
    }

    // Failing. Nothing here panics: much of it runs in destructors, where a panic would end the process.

    pub(crate) fn fail(&self, what: impl FnOnce() -> String) {
        self.state().failure.get_or_insert_with(what);
    }

    pub(crate) fn expect(&self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.fail(what);
        }
    }

    pub(crate) fn failure(&self) -> Option<String> {
        self.state().failure.clone()
    }

    /// Whether to go on, and one level deeper.
    pub(crate) fn step(self: &Arc<Self>) -> Option<Step> {
        let mut state = self.state();
        if state.failure.is_some() || state.ops == MOST_OPS || state.depth == DEEPEST {
            return None;
        }
        state.ops += 1;
        state.depth += 1;
        Some(Step(self.clone()))
    }

    // Stores.

    pub(crate) fn new_store(&self) -> StoreId {
        let mut state = self.state();
        let id = state.model.new_store();
        state.alive.insert(id);
        id
    }

    /// One that was promised at a hand-over.
    pub(crate) fn new_mapped_store(&self, from: StoreId) -> Option<StoreId> {
        let mut state = self.state();
        let id = state.model.take_mapped(from)?;
        state.alive.insert(id);
        Some(id)
    }

    pub(crate) fn store_dropped(&self, store: StoreId) {
        let was_alive = {
            let mut state = self.state();
            state.model.store_dropped(store);
            state.alive.remove(&store)
        };
        self.expect(was_alive, || format!("store {store} was dropped twice"));
    }

    pub(crate) fn in_destructor(self: &Arc<Self>) -> InDestructor {
        let mut state = self.state();
        state.destructors += 1;
        InDestructor {
            world: self.clone(),
            store_panics: std::mem::take(&mut state.store_panics),
        }
    }

    pub(crate) fn store_panics(&self) {
        self.state().store_panics += 1;
    }

    pub(crate) fn panic_caught(&self) {
        self.state().store_panics = 0;
    }

    // What is kept.

    pub(crate) fn storage(&self, key: Key) -> Storage {
        let key = usize::from(key);
        let made = &self.state().made;
        match key.checked_sub(store::STATICS) {
            Some(n) if !made.is_empty() => Storage::Made(made[n % made.len()].clone()),
            _ => store::static_storage(key % store::STATICS),
        }
    }

    fn storages(&self) -> Vec<Storage> {
        let statics = (0..store::STATICS).map(store::static_storage);
        statics
            .chain(self.state().made.iter().cloned().map(Storage::Made))
            .collect()
    }

    pub(crate) fn make_storage(self: &Arc<Self>) {
        let id = {
            let mut state = self.state();
            if state.made.len() == MOST_MADE {
                return;
            }
            state.made_so_far += 1;
            state.made_so_far
        };
        let made = Made::new(self, id);
        self.state().made.push(made);
    }

    pub(crate) fn unmake_storage(&self, pick: Pick) {
        let made = pick_out(&mut self.state().made, pick);
        drop(made);
    }

    pub(crate) fn storage_dropped(&self, storage: StorageId) {
        self.model(|m| m.storage_dropped(storage));
    }

    pub(crate) fn keep_snapshot(&self, id: HoldId, snapshot: Snapshot) {
        let dropped = {
            let mut state = self.state();
            state.snapshots.push((id, snapshot));
            (state.snapshots.len() > MOST_KEPT).then(|| state.snapshots.remove(0))
        };
        self.drop_snapshot(dropped);
    }

    pub(crate) fn snapshot(&self, pick: Pick) -> Option<(Map, Snapshot)> {
        let state = self.state();
        let (id, snapshot) = picked(&state.snapshots, pick)?;
        Some((state.model.held(*id), snapshot.clone()))
    }

    pub(crate) fn take_snapshot(&self, pick: Pick) {
        let taken = pick_out(&mut self.state().snapshots, pick);
        self.drop_snapshot(taken);
    }

    fn drop_snapshot(&self, taken: Option<(HoldId, Snapshot)>) {
        if let Some((id, snapshot)) = taken {
            self.model(|m| m.release(id));
            drop(snapshot);
        }
    }

    pub(crate) fn keep_closure(&self, closure: BoundClosure) {
        let dropped = {
            let mut state = self.state();
            state.closures.push(closure);
            (state.closures.len() > MOST_KEPT).then(|| state.closures.remove(0))
        };
        drop(dropped);
    }

    pub(crate) fn take_closure(&self, pick: Pick) -> Option<BoundClosure> {
        pick_out(&mut self.state().closures, pick)
    }

    pub(crate) fn keep_task(&self, task: Task) {
        let dropped = {
            let mut state = self.state();
            state.tasks.push(task);
            (state.tasks.len() > MOST_KEPT).then(|| state.tasks.remove(0))
        };
        drop(dropped);
    }

    pub(crate) fn take_task(&self, pick: Pick) -> Option<Task> {
        pick_out(&mut self.state().tasks, pick)
    }

    pub(crate) fn keep_resident(&self, id: HoldId, resident: Resident) {
        let dropped = {
            let mut state = self.state();
            state.residents.push((id, resident));
            (state.residents.len() > MOST_KEPT).then(|| state.residents.remove(0))
        };
        self.drop_resident(dropped);
    }

    pub(crate) fn take_resident(&self, pick: Pick) -> Option<(HoldId, Resident)> {
        pick_out(&mut self.state().residents, pick)
    }

    pub(crate) fn drop_resident(&self, taken: Option<(HoldId, Resident)>) {
        if let Some((id, resident)) = taken {
            self.model(|m| m.release(id));
            drop(resident);
        }
    }

    /// What a resident holds, for keeps.
    pub(crate) fn look_at_resident(&self, pick: Pick) -> Option<(Map, Snapshot)> {
        let state = self.state();
        let n = usize::from(pick).checked_rem(state.residents.len())?;
        let (id, resident) = &state.residents[n];
        let seems_empty = resident.is_empty();
        let is_empty = state.model.is_held_empty(*id);
        let seen = (state.model.held(*id), resident.snapshot());
        drop(state);
        self.expect(is_empty || !seems_empty, || {
            "a resident seems empty, and is not".to_owned()
        });
        Some(seen)
    }

    pub(crate) fn keep_ticket(&self, ticket: Ticket) {
        TICKETS.with_borrow_mut(|tickets| tickets.push(ticket));
    }

    pub(crate) fn take_ticket(&self, pick: Pick) -> Option<Ticket> {
        TICKETS.with_borrow_mut(|tickets| pick_out(tickets, pick))
    }

    pub(crate) fn keep_guard(&self, guard: Guard) {
        GUARDS.with_borrow_mut(|guards| guards.push(guard));
    }

    pub(crate) fn take_guard(&self, pick: Pick) -> Option<Guard> {
        GUARDS.with_borrow_mut(|guards| pick_out(guards, pick))
    }

    // Boundaries of the model.

    /// To be called inside a boundary of the library, as the first thing; the answer is to be dropped as the last.
    pub(crate) fn push(self: &Arc<Self>, boundary: impl Into<Boundary>) -> Pushed {
        let thread = workers::thread();
        self.model(|m| m.push(thread, boundary.into()));
        Pushed {
            world: self.clone(),
            thread,
            after: After::Ended,
        }
    }

    // Checking.

    /// After each operation.
    pub(crate) fn check(&self) {
        self.check_reads();
        let state = self.state();
        let (must, may) = state.model.reachable();
        let failure = if let Some(lost) = must.difference(&state.alive).next() {
            Some(format!("store {lost} was dropped, and can be reached"))
        } else if state.destructors > 0 {
            None
        } else if let Some(kept) = state.alive.iter().find(|s| !must.contains(s) && !may.contains(s)) {
            Some(format!("store {kept} is alive, and cannot be reached"))
        } else if state.store_panics > 0 {
            Some("a panic of a store's destructor was lost".to_owned())
        } else {
            None
        };
        drop(state);
        if let Some(failure) = failure {
            self.fail(|| failure);
        }
    }

    /// Compares what is read with what the model says.
    pub(crate) fn check_reads(&self) {
        if self.failure().is_some() {
            return;
        }
        let current = self.current();
        let is_in_boundary = self.is_in_boundary();
        self.expect(in_boundary() == is_in_boundary, || {
            format!(
                "in a boundary: {is_in_boundary} by the model, {} in fact",
                in_boundary()
            )
        });
        for storage in self.storages() {
            let id = storage.id();
            let expected = current.set.get(&id).copied().or(storage.default());
            let (lent, cloned) = with_storage!(&storage, s => (
                s.with(|store| store.map(|s| AsRef::as_ref(s).id)),
                s.get_store().map(|s| AsRef::as_ref(&s).id),
            ));
            self.expect(lent == expected && cloned == expected, || {
                format!(
                    "storage {id} reads {lent:?} lent, {cloned:?} cloned, not {expected:?}, on thread {}",
                    workers::thread()
                )
            });
        }
    }

    /// Drops all there is; says what is left then.
    pub(crate) fn end(self: &Arc<Self>) {
        let quietly = |f: &dyn Fn()| {
            // Stores may panic.
            let _ = catch_unwind(AssertUnwindSafe(f));
            self.panic_caught();
            self.check();
        };
        loop {
            // Destructors may make more of everything; the number of operations bounds that.
            let has_more = {
                let state = self.state();
                !(state.tasks.is_empty()
                    && state.closures.is_empty()
                    && state.snapshots.is_empty()
                    && state.residents.is_empty()
                    && state.tickets == 0
                    && state.made.is_empty())
            };
            if !has_more {
                break;
            }
            quietly(&|| drop(self.take_task(0)));
            quietly(&|| drop(self.take_closure(0)));
            quietly(&|| self.take_snapshot(0));
            quietly(&|| self.drop_resident(self.take_resident(0)));
            quietly(&|| self.unmake_storage(0));
            for thread in 0..THREADS {
                let world = self.clone();
                let job = move || drop(world.take_ticket(0));
                quietly(&|| drop(self.workers.run(thread, Box::new(job.clone()))));
            }
        }
        for thread in 0..THREADS {
            let world = self.clone();
            let job = move || {
                // Outside any boundary they do nothing.
                while let Some(guard) = world.take_guard(0) {
                    drop(guard);
                }
                world.expect(!in_boundary(), || {
                    format!("thread {thread} is in a boundary at the end")
                });
                world.check();
            };
            drop(self.workers.run(thread, Box::new(job)));
        }
        let state = self.state();
        let left = state.alive.iter().next().copied();
        let is_at_rest = state.model.is_at_rest();
        drop(state);
        self.expect(left.is_none(), || {
            format!("store {} was never dropped", left.unwrap_or_default())
        });
        self.expect(is_at_rest, || "the model holds something at the end".to_owned());
    }
}

fn picked<T>(from: &[T], pick: Pick) -> Option<&T> {
    let n = usize::from(pick).checked_rem(from.len())?;
    from.get(n)
}

fn pick_out<T>(from: &mut Vec<T>, pick: Pick) -> Option<T> {
    let n = usize::from(pick).checked_rem(from.len())?;
    Some(from.remove(n))
}

/// One operation under way.
pub(crate) struct Step(Arc<World>);

impl Drop for Step {
    fn drop(&mut self) {
        self.0.state().depth -= 1;
    }
}

/// A store's destructor under way.
pub(crate) struct InDestructor {
    world: Arc<World>,
    /// Those of the operation that drops the store, kept apart from those inside.
    store_panics: u32,
}

impl Drop for InDestructor {
    fn drop(&mut self) {
        let mut state = self.world.state();
        state.destructors -= 1;
        state.store_panics = self.store_panics;
    }
}

/// The model is in a boundary. Dropped, also by a panic, it leaves it.
pub(crate) struct Pushed {
    world: Arc<World>,
    thread: usize,
    after: After,
}

enum After {
    Ended,
    /// A future's boundary, between two polls.
    Rests(HoldId),
    /// The same when the future is ready: it is dropped at once, and what it began with goes before or after.
    Ready(HoldId),
    /// The same when it is dropped then.
    Lingers(HoldId),
}

impl Pushed {
    pub(crate) fn rests_as(mut self, id: HoldId) -> Self {
        self.after = After::Rests(id);
        self
    }

    pub(crate) fn ready_as(mut self, id: HoldId) {
        self.after = After::Ready(id);
    }

    pub(crate) fn lingers_as(&mut self, id: HoldId) {
        self.after = After::Lingers(id);
    }
}

impl Drop for Pushed {
    fn drop(&mut self) {
        self.world.model(|m| {
            let boundary = m.pop(self.thread);
            match self.after {
                After::Ended => {}
                After::Rests(id) => m.keep(id, boundary.at_rest()),
                After::Ready(id) => {
                    m.linger(id, boundary.stores().chain(boundary.unclear()));
                    m.keep(id, boundary.at_rest());
                }
                After::Lingers(id) => m.linger(id, boundary.stores().chain(boundary.unclear())),
            }
        });
    }
}
