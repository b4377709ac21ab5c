//! Random programs with resources: laws 5, 7 and 8.
//!
//! The model is a stack of ids for each thread, and for each resource who holds it: how many handles, futures, running scopes. After
//! every operation, and in destructors of futures:
//!
//! * the execution id, the trigger id and the store are those of the innermost scope on the thread;
//! * the captured contexts that are alive are those of the resources that are not destroyed, or still in a scope.
//!
//! Hooks are enabled throughout. One is told of destroyed resources as usual, one at once; one makes resources itself. At the end what
//! they were told has to keep law 8, and each resource was destroyed once.

use super::hold;
use super::workers::{Workers, thread};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::Union;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::future::Future;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use throughline_core::{
    AsyncHook, AsyncId, AsyncLocalStorage, AsyncResource, Bind, InResource, ResourceInfo, ResourceType,
    create_hook, execution_async_id, trigger_async_id, with_default_trigger,
};

const THREADS: usize = super::model::THREADS;

/// Chooses one of whatever there is: modulo their number.
type Pick = u8;
type Ops = Vec<Op>;

#[derive(Clone, Debug)]
pub(crate) enum Op {
    /// A resource, of which dropping says nothing if it is manual; and whether the meddling hook watches it.
    Make {
        manual: bool,
        meddled: bool,
    },
    Clone(Pick),
    Drop(Pick),
    Destroy(Pick),
    Scope(Pick, Ops),
    /// A future in a resource; each poll runs one of these, the last one is ready.
    Spawn(Pick, Vec<Ops>),
    Poll(Pick, Thread),
    DropTask(Pick),
    Bind(Pick, Ops),
    Call(Pick),
    DropBound(Pick),
    /// Resources made in it are caused by one that is there, or by nobody.
    Trigger(Option<Pick>, Ops),
    On(Thread, Ops),
    Panic,
    Catch(Ops),
}

type Thread = u8;

fn program() -> BoxedStrategy<Ops> {
    vec(op(3), 1..16).boxed()
}

fn op(depth: u32) -> BoxedStrategy<Op> {
    let pick = || 0..6_u8;
    let on = || 0..THREADS as u8;
    let make = any::<(bool, bool)>().prop_map(|(manual, meddled)| Op::Make { manual, meddled });
    let mut of = vec![
        (8, make.boxed()),
        (1, pick().prop_map(Op::Clone).boxed()),
        (3, pick().prop_map(Op::Drop).boxed()),
        (3, pick().prop_map(Op::Destroy).boxed()),
        (5, (pick(), on()).prop_map(|(p, t)| Op::Poll(p, t)).boxed()),
        (2, pick().prop_map(Op::DropTask).boxed()),
        (2, pick().prop_map(Op::Call).boxed()),
        (1, pick().prop_map(Op::DropBound).boxed()),
        (1, Just(Op::Panic).boxed()),
    ];
    if depth > 0 {
        let body = || vec(op(depth - 1), 0..5);
        of.extend([
            (8, (pick(), body()).prop_map(|(p, b)| Op::Scope(p, b)).boxed()),
            (
                4,
                (pick(), vec(body(), 1..4))
                    .prop_map(|(p, b)| Op::Spawn(p, b))
                    .boxed(),
            ),
            (2, (pick(), body()).prop_map(|(p, b)| Op::Bind(p, b)).boxed()),
            (
                2,
                (proptest::option::of(pick()), body())
                    .prop_map(|(p, b)| Op::Trigger(p, b))
                    .boxed(),
            ),
            (3, (on(), body()).prop_map(|(t, b)| Op::On(t, b)).boxed()),
            (2, body().prop_map(Op::Catch).boxed()),
        ]);
    }
    Union::new_weighted(of).boxed()
}

/// A resource by when it was made.
type Number = usize;

/// What each resource captures one of.
struct Token(Number, Arc<World>);

impl Drop for Token {
    fn drop(&mut self) {
        if !self.1.alive().remove(&self.0) {
            self.1.fail(format!("store {} was dropped twice", self.0));
        }
    }
}

static STORE: AsyncLocalStorage<Token> = AsyncLocalStorage::new();

/// What the model knows of a resource.
#[derive(Clone, Debug)]
struct Known {
    store: Number,
    trigger: Option<AsyncId>,
    manual: bool,
    /// Handles, those in bound closures too, and futures.
    holders: usize,
    /// Futures, and scopes that run.
    scopes: usize,
    is_closed: bool,
}

impl Known {
    fn holds_its_store(&self) -> bool {
        self.scopes > 0 || self.holders > 0 && !self.is_closed
    }
}

#[derive(Default)]
struct Model {
    resources: BTreeMap<AsyncId, Known>,
    stacks: [Vec<AsyncId>; THREADS],
    default_triggers: [Vec<Option<AsyncId>>; THREADS],
}

impl Model {
    fn running(&self) -> Option<AsyncId> {
        self.stacks[thread()].last().copied()
    }

    fn trigger_of_new(&self) -> Option<AsyncId> {
        let said = self.default_triggers[thread()].last().copied();
        said.unwrap_or_else(|| self.running())
    }

    fn known(&mut self, id: AsyncId) -> &mut Known {
        self.resources.get_mut(&id).expect("a resource that was made")
    }
}

/// What lies about.
#[derive(Default)]
struct Things {
    handles: Vec<AsyncResource>,
    tasks: Vec<Task>,
    /// Futures that hold nothing any more.
    ready: Vec<Task>,
    bound: Vec<(AsyncId, Box<dyn Fn() + Send>)>,
}

struct Task {
    future: Pin<Box<InResource<Body>>>,
    id: AsyncId,
    is_over: bool,
}

struct World {
    workers: Arc<Workers>,
    /// Not meddled, meddled.
    types: [ResourceType; 2],
    model: Mutex<Model>,
    things: Mutex<Things>,
    alive: Mutex<BTreeSet<Number>>,
    made: AtomicUsize,
    steps: AtomicUsize,
    failure: Mutex<Option<String>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    fn model(&self) -> MutexGuard<'_, Model> {
        lock(&self.model)
    }

    fn things(&self) -> MutexGuard<'_, Things> {
        lock(&self.things)
    }

    fn alive(&self) -> MutexGuard<'_, BTreeSet<Number>> {
        lock(&self.alive)
    }

    fn fail(&self, why: String) {
        lock(&self.failure).get_or_insert(why);
    }

    fn must_be<T: PartialEq + std::fmt::Debug>(&self, what: &str, is: T, should: T) {
        if is != should {
            self.fail(format!("{what} is {is:?}, not {should:?}"));
        }
    }

    /// Whether there is anything left to do: programs that call themselves get no further.
    fn goes_on(&self) -> bool {
        self.steps.fetch_add(1, Relaxed) < 1000 && lock(&self.failure).is_none()
    }

    fn handle(&self, pick: Pick) -> Option<AsyncResource> {
        let things = self.things();
        let handles = &things.handles;
        let index = (pick as usize).checked_rem(handles.len())?;
        let handle = handles[index].clone();
        drop(things);
        self.model().known(handle.async_id()).holders += 1;
        Some(handle)
    }

    /// A handle that is dropped here. The model hears of it first.
    fn drop_handle(&self, handle: AsyncResource) {
        self.model().known(handle.async_id()).holders -= 1;
        drop(handle);
    }

    fn check(&self) {
        let (running, trigger, store, alive) = {
            let model = self.model();
            let running = model.running();
            let known = running.map(|id| &model.resources[&id]);
            let held = model.resources.values().filter(|known| known.holds_its_store());
            (
                running,
                known.and_then(|known| known.trigger),
                known.map(|known| known.store),
                held.map(|known| known.store).collect(),
            )
        };
        self.must_be("the execution id", execution_async_id(), running);
        self.must_be("the trigger id", trigger_async_id(), trigger);
        self.must_be("the store", STORE.with(|token| token.map(|t| t.0)), store);
        let is_alive = self.alive().clone();
        self.must_be("what is alive", is_alive, alive);
    }
}

fn take<T>(from: &mut Vec<T>, pick: Pick) -> Option<T> {
    let index = (pick as usize).checked_rem(from.len())?;
    Some(from.swap_remove(index))
}

/// Does `end` to the model when it is dropped, also by a panic.
struct Ending<'a, F: FnMut(&mut Model)>(&'a World, F);

impl<F: FnMut(&mut Model)> Drop for Ending<'_, F> {
    fn drop(&mut self) {
        (self.1)(&mut self.0.model());
    }
}

/// Runs `f` where the resource is on the stack of this thread.
fn inside(world: &World, id: AsyncId, f: impl FnOnce()) {
    world.model().stacks[thread()].push(id);
    let _popped = Ending(world, |model| {
        model.stacks[thread()].pop();
    });
    world.check();
    f();
}

/// A future that runs a program at each poll.
struct Body {
    world: Arc<World>,
    id: AsyncId,
    polls: VecDeque<Ops>,
}

impl Future for Body {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        let ops = self.polls.pop_front().unwrap_or_default();
        inside(&self.world, self.id, || run(&self.world, &ops));
        if self.polls.is_empty() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

/// Law 4
impl Drop for Body {
    fn drop(&mut self) {
        let (world, id) = (&self.world, Some(self.id));
        world.must_be(
            "the execution id where a future is dropped",
            execution_async_id(),
            id,
        );
        let store = world.model().known(self.id).store;
        world.must_be(
            "the store there",
            STORE.with(|token| token.map(|t| t.0)),
            Some(store),
        );
    }
}

struct PanicOfTheProgram;

fn run(world: &Arc<World>, ops: &Ops) {
    for op in ops {
        if !world.goes_on() {
            return;
        }
        run_op(world, op);
        world.check();
    }
}

fn run_op(world: &Arc<World>, op: &Op) {
    match op {
        Op::Make { manual, meddled } => make(world, *manual, *meddled),
        Op::Clone(pick) => {
            if let Some(handle) = world.handle(*pick) {
                world.things().handles.push(handle);
            }
        }
        Op::Drop(pick) => {
            let handle = take(&mut world.things().handles, *pick);
            handle.into_iter().for_each(|handle| world.drop_handle(handle));
        }
        Op::Destroy(pick) => {
            let Some(handle) = world.handle(*pick) else { return };
            let was_closed = mem::replace(&mut world.model().known(handle.async_id()).is_closed, true);
            world.must_be("whether this destroyed it", handle.emit_destroy(), !was_closed);
            world.must_be("whether it is destroyed", handle.is_destroyed(), true);
            world.drop_handle(handle);
        }
        Op::Scope(pick, ops) => {
            let Some(handle) = world.handle(*pick) else { return };
            let end = Ending(world, |model| model.known(handle.async_id()).holders -= 1);
            scope(
                world,
                handle.async_id(),
                |f| handle.try_run_in_async_scope(f).is_ok(),
                ops,
            );
            drop(end);
        }
        Op::Spawn(pick, polls) => {
            let Some(handle) = world.handle(*pick) else { return };
            spawn(world, &handle, polls);
            world.drop_handle(handle);
        }
        Op::Poll(pick, on) => poll(world, *pick, *on),
        Op::DropTask(pick) => {
            let task = take(&mut world.things().tasks, *pick);
            task.into_iter().for_each(|task| drop_task(world, task));
        }
        Op::Bind(pick, ops) => {
            let Some(handle) = world.handle(*pick) else { return };
            let (id, w, ops) = (handle.async_id(), world.clone(), ops.clone());
            let called = move || inside(&w, id, || run(&w, &ops));
            // The bound closure takes the handle.
            let bound = Box::new(called.bind_to(handle));
            world.things().bound.push((id, bound));
        }
        Op::Call(pick) => {
            let bound = take(&mut world.things().bound, *pick);
            let Some((id, bound)) = bound else { return };
            let called = catch_unwind(AssertUnwindSafe(|| call(world, id, &*bound)));
            // It lies about again, whatever happened.
            world.things().bound.push((id, bound));
            called.unwrap_or_else(|panic| resume_unwind(panic));
        }
        Op::DropBound(pick) => {
            let bound = take(&mut world.things().bound, *pick);
            bound.into_iter().for_each(|bound| drop_bound(world, bound));
        }
        Op::Trigger(pick, ops) => {
            let cause = pick.and_then(|pick| world.handle(pick));
            let id = cause.as_ref().map(AsyncResource::async_id);
            cause.into_iter().for_each(|handle| world.drop_handle(handle));
            world.model().default_triggers[thread()].push(id);
            let _popped = Ending(world, |model| {
                model.default_triggers[thread()].pop();
            });
            with_default_trigger(id, || run(world, ops));
        }
        Op::On(on, ops) => {
            let (w, ops) = (world.clone(), ops.clone());
            on_thread(world, *on, move || run(&w, &ops));
        }
        Op::Panic => resume_unwind(Box::new(PanicOfTheProgram)),
        Op::Catch(ops) => catch(world, || run(world, ops)),
    }
}

fn make(world: &Arc<World>, manual: bool, meddled: bool) {
    let number = world.made.fetch_add(1, Relaxed);
    world.alive().insert(number);
    let trigger = world.model().trigger_of_new();
    let builder = AsyncResource::builder(world.types[usize::from(meddled)]);
    let builder = if manual {
        builder.require_manual_destroy()
    } else {
        builder
    };
    let resource = STORE.run(Token(number, world.clone()), || builder.build());
    world.must_be("the trigger of a new one", resource.trigger_async_id(), trigger);
    let known = Known {
        store: number,
        trigger,
        manual,
        holders: 1,
        scopes: 0,
        is_closed: false,
    };
    let former = world.model().resources.insert(resource.async_id(), known);
    world.must_be("whether the id is new", former.is_none(), true);
    world.things().handles.push(resource);
}

/// A scope of a resource, begun by `begin`, which answers whether it began.
fn scope(world: &Arc<World>, id: AsyncId, begin: impl FnOnce(&dyn Fn()) -> bool, ops: &Ops) {
    let is_closed = {
        let mut model = world.model();
        let known = model.known(id);
        known.scopes += usize::from(!known.is_closed);
        known.is_closed
    };
    let ended = Ending(world, |model| model.known(id).scopes -= usize::from(!is_closed));
    let began = begin(&|| inside(world, id, || run(world, ops)));
    drop(ended);
    world.must_be("whether a scope began", began, !is_closed);
}

fn spawn(world: &Arc<World>, handle: &AsyncResource, polls: &[Ops]) {
    let id = handle.async_id();
    let mut model = world.model();
    let known = model.known(id);
    if known.is_closed {
        return;
    }
    known.holders += 1;
    known.scopes += 1;
    drop(model);
    let body = Body {
        world: world.clone(),
        id,
        polls: polls.iter().cloned().collect(),
    };
    let task = Task {
        future: Box::pin(handle.scope(body)),
        id,
        is_over: false,
    };
    world.things().tasks.push(task);
}

fn poll(world: &Arc<World>, pick: Pick, on: Thread) {
    let task = take(&mut world.things().tasks, pick);
    let Some(mut task) = task else { return };
    let w = world.clone();
    on_thread(world, on, move || {
        if task.is_over {
            return drop_task(&w, task);
        }
        task.is_over = true;
        let polled = catch_unwind(AssertUnwindSafe(|| {
            task.future.as_mut().poll(&mut Context::from_waker(Waker::noop()))
        }));
        match polled {
            Ok(Poll::Ready(())) => {
                let_go(&w, task.id);
                w.things().ready.push(task);
            }
            Ok(Poll::Pending) => {
                task.is_over = false;
                w.things().tasks.push(task);
            }
            // It is dropped, later, as any other.
            Err(panic) => {
                w.things().tasks.push(task);
                resume_unwind(panic);
            }
        }
    });
}

fn drop_task(world: &World, task: Task) {
    let id = task.id;
    drop(task);
    let_go(world, id);
}

/// A future of the resource is no more.
fn let_go(world: &World, id: AsyncId) {
    let mut model = world.model();
    let known = model.known(id);
    known.holders -= 1;
    known.scopes -= 1;
}

fn call(world: &Arc<World>, id: AsyncId, bound: &(dyn Fn() + Send)) {
    if world.model().known(id).is_closed {
        return;
    }
    world.model().known(id).scopes += 1;
    let _ended = Ending(world, |model| model.known(id).scopes -= 1);
    bound();
}

fn drop_bound(world: &World, (id, bound): (AsyncId, Box<dyn Fn() + Send>)) {
    drop(bound);
    world.model().known(id).holders -= 1;
}

/// Panics are the program's own.
fn catch(world: &World, f: impl FnOnce()) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(f)) {
        if !panic.is::<PanicOfTheProgram>() {
            world.fail(format!(
                "a panic of its own: {:?}",
                panic.downcast_ref::<String>()
            ));
        }
    }
}

fn on_thread(world: &World, on: Thread, f: impl FnOnce() + Send + 'static) {
    let ended = world.workers.run(on.into(), Box::new(f));
    ended.unwrap_or_else(|panic| resume_unwind(panic));
}

/// What a hook was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Event {
    Init,
    Before,
    After,
    Destroy,
    Resolve,
    Cancelled,
}
use Event::*;

type Told = Arc<Mutex<Vec<(Event, AsyncId, usize)>>>;

/// A hook that writes what it is told. Where it can know, it asks whether it was told at the right place.
fn recorder(world: &Arc<World>, types: &[ResourceType], at_once: bool) -> (AsyncHook, Told) {
    let told = Told::default();
    let tell = |event: Event| {
        let (told, world) = (told.clone(), world.clone());
        move |resource: &ResourceInfo| {
            lock(&told).push((event, resource.async_id(), thread()));
            let current = match event {
                Before | After | Resolve => Some(resource.async_id()),
                Destroy => None,
                Init | Cancelled => return,
            };
            world.must_be("the execution id in a hook", execution_async_id(), current);
            if event == Destroy && !at_once {
                world.must_be("whether a panic unwinds", std::thread::panicking(), false);
            }
        }
    };
    let hook = create_hook()
        .init(tell(Init))
        .before(tell(Before))
        .after(tell(After))
        .destroy(tell(Destroy))
        .promise_resolve(tell(Resolve))
        .cancelled(tell(Cancelled))
        .only(types.iter().copied());
    let hook = if at_once { hook.destroy_immediately() } else { hook };
    (hook.build(), told)
}

/// A hook that makes, enters and drops resources, of another type.
fn meddler(meddled: ResourceType, made: ResourceType) -> AsyncHook {
    let meddle = move |_: &ResourceInfo| {
        let resource = AsyncResource::new(made);
        resource.run_in_async_scope(|| drop(AsyncResource::new(made)));
    };
    create_hook()
        .init(meddle)
        .before(meddle)
        .after(meddle)
        .destroy(meddle)
        .promise_resolve(meddle)
        .cancelled(meddle)
        .only([meddled])
        .build()
}

/// Law 8, told as a list of what breaks it.
fn law_8(told: &[(Event, AsyncId, usize)]) -> Vec<String> {
    let mut broken = Vec::new();
    let mut running: HashMap<usize, Vec<AsyncId>> = HashMap::new();
    let (mut made, mut gone) = (HashSet::new(), HashSet::new());
    for &(event, id, thread) in told {
        let running_anywhere = running.values().flatten().any(|other| *other == id);
        let stack = running.entry(thread).or_default();
        let holds = match event {
            Init => made.insert(id),
            Before => {
                stack.push(id);
                !gone.contains(&id)
            }
            After => stack.pop() == Some(id),
            Destroy => gone.insert(id) && !running_anywhere,
            Resolve => stack.last() == Some(&id),
            Cancelled => !gone.contains(&id),
        };
        if !holds || !made.contains(&id) {
            broken.push(format!("{event:?} of {id} on thread {thread}"));
        }
    }
    let left = running.values().flatten();
    broken.extend(left.map(|id| format!("{id} still runs")));
    broken
}

fn run_program(workers: &Arc<Workers>, ops: &Ops) -> Result<(), String> {
    let [plain, meddled, by_hook] = ["Prop", "PropMeddled", "PropByHook"].map(ResourceType::new);
    let world = Arc::new(World {
        workers: workers.clone(),
        types: [plain, meddled],
        model: Mutex::default(),
        things: Mutex::default(),
        alive: Mutex::default(),
        made: AtomicUsize::new(0),
        steps: AtomicUsize::new(0),
        failure: Mutex::default(),
    });
    let all = [plain, meddled, by_hook];
    let recorders = [recorder(&world, &all, false), recorder(&world, &all, true)];
    let meddler = meddler(meddled, by_hook);
    let enabled = [&recorders[0].0, &meddler, &recorders[1].0].map(AsyncHook::enable_scoped);

    catch(&world, || run(&world, ops));
    end(&world);
    for on in 0..THREADS {
        // What went in a panic is told when its thread is outside once more.
        on_thread(&world, on as Thread, move || {
            AsyncResource::new(plain).run_in_async_scope(|| ())
        });
    }
    drop(enabled);
    for (_, told) in &recorders {
        check_told(&world, &mem::take(&mut *lock(told)));
    }
    let failure = lock(&world.failure).take();
    failure.map_or(Ok(()), Err)
}

/// Drops all that lies about.
fn end(world: &Arc<World>) {
    // What is dropped here may panic no more, nor run a program.
    world.steps.store(usize::MAX / 2, Relaxed);
    let Things {
        handles,
        tasks,
        bound,
        ready: _ready,
    } = mem::take(&mut *world.things());
    tasks.into_iter().for_each(|task| drop_task(world, task));
    bound.into_iter().for_each(|bound| drop_bound(world, bound));
    handles.into_iter().for_each(|handle| world.drop_handle(handle));
    world.check();
    let left = world.alive().clone();
    world.must_be("what is left", left, BTreeSet::new());
}

fn check_told(world: &World, told: &[(Event, AsyncId, usize)]) {
    world.must_be("what breaks law 8", law_8(told), Vec::new());
    let times = |event: Event, id: AsyncId| told.iter().filter(|(e, i, _)| (*e, *i) == (event, id)).count();
    let model = world.model();
    for (&id, known) in &model.resources {
        let destroyed = usize::from(known.is_closed || !known.manual);
        world.must_be(&format!("how often {id} was made"), times(Init, id), 1);
        world.must_be(
            &format!("how often {id} was destroyed"),
            times(Destroy, id),
            destroyed,
        );
    }
}

#[test]
fn resources_keep_the_laws() {
    hold(program, run_program);
}

#[test]
fn a_law_that_is_broken_is_found() {
    let [one, two] = [7, 8].map(|id| AsyncId::new(id).unwrap());
    let init = [(Init, one, 0), (Init, two, 0)];
    let broken = |told: &[(Event, AsyncId, usize)]| law_8(&[&init, told].concat());
    let nested = [
        (Before, one, 0),
        (Before, two, 0),
        (After, two, 0),
        (After, one, 0),
        (Destroy, one, 1),
    ];
    assert!(broken(&nested).is_empty());
    let crossed = [
        (Before, one, 0),
        (Before, two, 0),
        (After, one, 0),
        (After, two, 0),
    ];
    assert_eq!(broken(&crossed).len(), 2);
    assert_eq!(broken(&[(Destroy, one, 0), (Destroy, one, 0)]).len(), 1);
    assert_eq!(
        broken(&[(Before, one, 0), (Destroy, one, 1), (After, one, 0)]).len(),
        1
    );
    assert_eq!(broken(&[(Before, one, 0)]).len(), 1);
    assert_eq!(broken(&[(Init, one, 0)]).len(), 1);
}
