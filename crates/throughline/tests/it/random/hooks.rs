//! Random programs on resources and hooks.
//! `tests/node/random/hooks.js` says the same.
//!
//! Nothing throws in a hook, which ends Node (`HK-17`), and no callback of a destroyed resource runs (`RES-9`). When destroy events are delivered
//! differs (`HK-20`); of which resources does not.

use super::{Said, compare, lock, throw, thrown};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde::Serialize;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, Weak};
use throughline::{
    AsyncHook, AsyncId, AsyncResource, Bind, ResourceInfo, create_hook, execution_async_id,
    flush_destroy_events, trigger_async_id,
};

#[derive(Clone, Debug, Serialize)]
struct Program {
    hooks: [Hook; 3],
    ops: Ops,
}

/// What is done at each event, if a hook watches it.
#[derive(Clone, Debug, Serialize)]
struct Hook {
    init: Option<Ops>,
    before: Option<Ops>,
    after: Option<Ops>,
}

type Ops = Vec<Op>;

/// Resources and bound functions are chosen modulo their number.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "do")]
enum Op {
    Enable { hook: usize },
    Disable { hook: usize },
    Make { trigger: Option<u8> },
    Scope { pick: u8, body: Ops },
    Bind { pick: u8, body: Ops },
    Call { pick: u8 },
    Destroy { pick: u8 },
    Where,
    Throw,
    Catch { body: Ops },
}

const HOOKS: usize = 3;

fn program() -> impl Strategy<Value = Program> {
    let hooks = [(); HOOKS].map(|()| hook());
    (hooks, vec(op(3, true), 1..16)).prop_map(|(hooks, ops)| Program { hooks, ops })
}

fn hook() -> impl Strategy<Value = Hook> {
    let body = || option::weighted(0.8, vec(op(1, false), 0..3));
    (body(), body(), body()).prop_map(|(init, before, after)| Hook { init, before, after })
}

/// What hooks and bound functions do does not throw.
fn op(depth: u32, throws: bool) -> BoxedStrategy<Op> {
    let leaf = prop_oneof![
        6 => (0..HOOKS).prop_map(|hook| Op::Enable { hook }),
        3 => (0..HOOKS).prop_map(|hook| Op::Disable { hook }),
        4 => option::of(any::<u8>()).prop_map(|trigger| Op::Make { trigger }),
        2 => any::<u8>().prop_map(|pick| Op::Call { pick }),
        1 => any::<u8>().prop_map(|pick| Op::Destroy { pick }),
        2 => Just(Op::Where),
        u32::from(throws) => Just(Op::Throw),
    ];
    if depth == 0 {
        return leaf.boxed();
    }
    let body = move |throws| vec(op(depth - 1, throws), 0..4);
    prop_oneof![
        5 => (any::<u8>(), body(throws)).prop_map(|(pick, body)| Op::Scope { pick, body }),
        1 => (any::<u8>(), body(false)).prop_map(|(pick, body)| Op::Bind { pick, body }),
        1 => body(throws).prop_map(|body| Op::Catch { body }),
        6 => leaf,
    ]
    .boxed()
}

const RANDOM: &str = "RANDOM_HOOKS";

type Bound = Arc<dyn Fn() + Send + Sync>;

#[derive(Default)]
struct World {
    said: Said,
    hooks: OnceLock<[AsyncHook; HOOKS]>,
    names: Mutex<HashMap<AsyncId, usize>>,
    /// Those that are being made have no name yet.
    making: Mutex<Vec<usize>>,
    resources: Mutex<Vec<AsyncResource>>,
    bound: Mutex<Vec<(AsyncResource, Bound)>>,
    destroyed: Mutex<Vec<usize>>,
}

impl World {
    fn name_of(&self, id: Option<AsyncId>) -> String {
        let name = id.and_then(|id| lock(&self.names).get(&id).copied());
        name.map_or("-".to_owned(), |name| name.to_string())
    }

    fn place(&self) -> String {
        let [running, trigger] = [execution_async_id(), trigger_async_id()].map(|id| self.name_of(id));
        format!("{running} by {trigger}")
    }

    /// If there are any.
    fn resource(&self, pick: u8) -> Option<AsyncResource> {
        chosen(&lock(&self.resources), pick)
    }
}

fn chosen<T: Clone>(list: &[T], pick: u8) -> Option<T> {
    let at = usize::from(pick).checked_rem(list.len())?;
    Some(list[at].clone())
}

fn run(world: &Arc<World>, ops: &[Op]) {
    for op in ops {
        if !world.said.goes_on() {
            return;
        }
        run_op(world, op);
    }
}

fn run_op(world: &Arc<World>, op: &Op) {
    let said = &world.said;
    match op {
        Op::Enable { hook } => _ = world.hooks.get().unwrap()[*hook].enable(),
        Op::Disable { hook } => _ = world.hooks.get().unwrap()[*hook].disable(),
        Op::Make { trigger } => {
            let number = said.number();
            let builder = AsyncResource::builder(RANDOM).require_manual_destroy();
            let builder = match trigger.and_then(|pick| world.resource(pick)) {
                Some(cause) => builder.trigger_async_id(cause.async_id()),
                None => builder,
            };
            lock(&world.making).push(number);
            let resource = builder.build();
            lock(&world.making).pop();
            lock(&world.names).insert(resource.async_id(), number);
            said.say(format!(
                "made {number} by {}",
                world.name_of(resource.trigger_async_id())
            ));
            lock(&world.resources).push(resource);
        }
        Op::Scope { pick, body } => {
            if let Some(resource) = world.resource(*pick) {
                if !resource.is_destroyed() {
                    resource.run_in_async_scope(|| run(world, body));
                }
            }
        }
        Op::Bind { pick, body } => {
            if let Some(resource) = world.resource(*pick) {
                let (weak, body) = (Arc::downgrade(world), body.clone());
                let called = move || run(&weak.upgrade().expect("the program runs"), &body);
                let called = called.bind_to(resource.clone());
                lock(&world.bound).push((resource, Arc::new(called)));
            }
        }
        Op::Call { pick } => {
            let bound = chosen(&lock(&world.bound), *pick);
            if let Some((resource, called)) = bound {
                if !resource.is_destroyed() {
                    called();
                }
            }
        }
        Op::Destroy { pick } => _ = world.resource(*pick).map(|resource| resource.emit_destroy()),
        Op::Where => said.say(format!("in {}", world.place())),
        Op::Throw => throw(format!("t{}", said.number())),
        Op::Catch { body } => {
            if let Some(thrown) = thrown(|| run(world, body)) {
                said.say(format!("caught {thrown} in {}", world.place()));
            }
        }
    }
}

/// What a hook does at an event, if it watches it.
fn callback(
    world: &Arc<World>,
    hook: usize,
    event: &'static str,
    body: &Option<Ops>,
) -> Option<impl Fn(&ResourceInfo) + Send + Sync + 'static> {
    let (weak, body): (Weak<World>, _) = (Arc::downgrade(world), body.clone()?);
    Some(move |resource: &ResourceInfo| {
        let world = weak.upgrade().expect("the program runs");
        let known = lock(&world.names).get(&resource.async_id()).copied();
        let name = known.unwrap_or_else(|| *lock(&world.making).last().expect("it is being made"));
        let cause = match event {
            "init" => format!(" by {}", world.name_of(resource.trigger_async_id())),
            _ => String::new(),
        };
        let place = world.place();
        world
            .said
            .say(format!("hook {hook} {event} {name}{cause} in {place}"));
        run(&world, &body);
        world.said.say(format!("hook {hook} end"));
    })
}

fn hook_of(world: &Arc<World>, number: usize, wanted: &Hook) -> AsyncHook {
    let mut hook = create_hook().only([RANDOM]);
    if let Some(init) = callback(world, number, "init", &wanted.init) {
        hook = hook.init(init);
    }
    if let Some(before) = callback(world, number, "before", &wanted.before) {
        hook = hook.before(before);
    }
    if let Some(after) = callback(world, number, "after", &wanted.after) {
        hook = hook.after(after);
    }
    hook.build()
}

/// A hook that notes who was destroyed.
fn watch(world: &Arc<World>) -> AsyncHook {
    let weak = Arc::downgrade(world);
    let destroyed = move |resource: &ResourceInfo| {
        let world = weak.upgrade().expect("the program runs");
        let name = lock(&world.names)[&resource.async_id()];
        lock(&world.destroyed).push(name);
    };
    create_hook().destroy(destroyed).only([RANDOM]).build()
}

fn play(program: &Program) -> Vec<String> {
    let world = Arc::new(World::default());
    let [one, two, three] = &program.hooks;
    let hooks = [
        hook_of(&world, 0, one),
        hook_of(&world, 1, two),
        hook_of(&world, 2, three),
    ];
    let hooks = world.hooks.get_or_init(|| hooks);
    let _watched = watch(&world).enable_scoped();
    run_op(
        &world,
        &Op::Catch {
            body: program.ops.clone(),
        },
    );
    hooks.iter().for_each(|hook| _ = hook.disable());
    world.said.say(format!("in {}", world.place()));
    // Of what went while something was thrown.
    flush_destroy_events();
    let mut destroyed = std::mem::take(&mut *lock(&world.destroyed));
    destroyed.sort_unstable();
    let destroyed: Vec<_> = destroyed.iter().map(usize::to_string).collect();
    world.said.say(format!("destroyed {}", destroyed.join(",")));
    world.said.take()
}

/// `RES-4`, `RES-6`, `RES-11`, `HK-4`, `HK-5`, `HK-6`, `HK-7`, `HK-8`, `HK-11`, `HK-15`, `ID-3`, `ID-4`, `ID-5`
#[test]
fn programs_on_resources_and_hooks_are_nodes() {
    compare("random/hooks.js", program(), play, |lines| lines);
}
