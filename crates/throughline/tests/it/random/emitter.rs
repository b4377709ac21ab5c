//! Random programs on emitters. `tests/node/random/emitter.js` says the same.
//!
//! Listeners of `removeListener` and `errorMonitor` change nothing: Node would go on in lists that they have changed, or replaced, and stumbles.

use super::{Said, compare, lock, throw, thrown};
use proptest::collection::vec;
use proptest::prelude::*;
use serde::Serialize;
use std::sync::{Arc, Mutex};
use throughline::events::{ERROR, ERROR_MONITOR, ListenerId, NEW_LISTENER, REMOVE_LISTENER};
use throughline::{
    AsyncLocalStorage, Event, EventEmitter, EventEmitterAsyncResource, create_hook, execution_async_resource,
};

#[derive(Clone, Debug, Serialize)]
struct Program {
    /// On an `EventEmitterAsyncResource`.
    resource: bool,
    /// How many other events have a listener from the beginning: with many, an emission goes another way.
    others: u8,
    ops: Ops,
}

type Ops = Vec<Op>;

#[derive(Clone, Debug, Serialize)]
#[serde(tag = "do")]
enum Op {
    /// A listener, which says that it is called, and runs `body`.
    On {
        event: u8,
        how: How,
        body: Ops,
    },
    /// One of those that were added, modulo their number.
    Off {
        pick: u8,
    },
    RemoveAll {
        event: Option<u8>,
    },
    Emit {
        event: u8,
    },
    Error,
    Throw,
    Catch {
        body: Ops,
    },
    /// With another store.
    Run {
        body: Ops,
    },
    /// Who listens to what, in which context.
    Tell,
}

#[derive(Clone, Copy, Debug, Serialize)]
enum How {
    Last,
    First,
    OnceLast,
    OnceFirst,
}

const A: Event<usize> = Event::new("a");
const B: Event<usize> = Event::new("b");
/// `a`, `b`, `error`, `newListener`, `errorMonitor`, `removeListener`.
const EVENTS: u8 = 6;
/// The listeners of those before may do anything.
const STILL: u8 = 4;

fn program() -> impl Strategy<Value = Program> {
    let others = prop_oneof![3 => Just(0_u8), 1 => 12..20_u8];
    (any::<bool>(), others, vec(op(3), 1..14)).prop_map(|(resource, others, ops)| Program {
        resource,
        others,
        ops,
    })
}

fn op(depth: u32) -> BoxedStrategy<Op> {
    let how = prop_oneof![
        3 => Just(How::Last),
        1 => Just(How::First),
        2 => Just(How::OnceLast),
        1 => Just(How::OnceFirst),
    ];
    let leaf = prop_oneof![
        3 => any::<u8>().prop_map(|pick| Op::Off { pick }),
        1 => proptest::option::of(0..EVENTS).prop_map(|event| Op::RemoveAll { event }),
        6 => (0..2_u8).prop_map(|event| Op::Emit { event }),
        2 => Just(Op::Error),
        1 => Just(Op::Throw),
        1 => Just(Op::Tell),
    ];
    if depth == 0 {
        return leaf.boxed();
    }
    let body = move || vec(op(depth - 1), 0..4);
    let still = vec(prop_oneof![4 => Just(Op::Tell), 1 => Just(Op::Throw)], 0..2);
    prop_oneof![
        5 => (0..STILL, how.clone(), body()).prop_map(|(event, how, body)| Op::On { event, how, body }),
        1 => (STILL..EVENTS, how, still).prop_map(|(event, how, body)| Op::On { event, how, body }),
        1 => body().prop_map(|body| Op::Catch { body }),
        1 => body().prop_map(|body| Op::Run { body }),
        5 => leaf,
    ]
    .boxed()
}

static STORE: AsyncLocalStorage<usize> = AsyncLocalStorage::new();

struct World {
    emitter: EventEmitter,
    has_resource: bool,
    said: Said,
    added: Mutex<Vec<(ListenerId, usize)>>,
}

impl World {
    /// Of a resource's emitter whether its resource runs; of another, what is set. (Up to Node 22, a resource would keep what is set in its scope.)
    fn place(&self) -> String {
        if self.has_resource {
            let is_inside = execution_async_resource().is_some_and(|resource| resource.type_name() == RANDOM);
            return if is_inside { "the resource" } else { "none" }.to_owned();
        }
        STORE
            .get_store()
            .map_or("-".to_owned(), |store| store.to_string())
    }

    fn number_of(&self, id: ListenerId) -> usize {
        let added = lock(&self.added);
        let found = added.iter().find(|(known, _)| *known == id);
        found.expect("nothing is removed that was not added").1
    }

    fn tell(&self) {
        let counts = |name| match name {
            "a" => self.emitter.listener_count(&A),
            "b" => self.emitter.listener_count(&B),
            "error" => self.emitter.listener_count(&ERROR),
            "errorMonitor" => self.emitter.listener_count(&ERROR_MONITOR),
            "newListener" => self.emitter.listener_count(&NEW_LISTENER),
            "removeListener" => self.emitter.listener_count(&REMOVE_LISTENER),
            other => self.emitter.listener_count(&Event::<usize>::interned(other)),
        };
        let names = self.emitter.event_names();
        let lists: Vec<_> = names
            .into_iter()
            .map(|name| format!("{name} {}", counts(name)))
            .collect();
        self.said.say(format!("{} in {}", lists.join(", "), self.place()));
    }
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
    let World { emitter, said, .. } = &**world;
    match op {
        Op::On { event, how, body } => add(world, *event, *how, body),
        Op::Off { pick } => {
            let added = lock(&world.added);
            let id = usize::from(*pick).checked_rem(added.len()).map(|at| added[at].0);
            drop(added);
            id.map(|id| emitter.off(id));
        }
        Op::RemoveAll { event } => match event {
            None => emitter.remove_all_listeners(),
            Some(0) => emitter.remove_all_listeners_of(&A),
            Some(1) => emitter.remove_all_listeners_of(&B),
            Some(2) => emitter.remove_all_listeners_of(&ERROR),
            Some(3) => emitter.remove_all_listeners_of(&NEW_LISTENER),
            Some(4) => emitter.remove_all_listeners_of(&ERROR_MONITOR),
            Some(_) => emitter.remove_all_listeners_of(&REMOVE_LISTENER),
        },
        Op::Emit { event } => {
            let number = said.number();
            said.say(format!("emit {number}"));
            let heard = emitter.emit(if *event == 0 { &A } else { &B }, &number);
            said.say(format!("emitted {number} {heard}"));
        }
        Op::Error => {
            let number = said.number();
            said.say(format!("error {number}"));
            if let Err(unhandled) = emitter.emit_error(format!("e{number}")) {
                throw(unhandled.error().to_string());
            }
            said.say(format!("handled {number}"));
        }
        Op::Throw => throw(format!("t{}", said.number())),
        Op::Catch { body } => {
            if let Some(thrown) = thrown(|| run(world, body)) {
                said.say(format!("caught {thrown} in {}", world.place()));
            }
        }
        Op::Run { body } => STORE.run(said.number(), || run(world, body)),
        Op::Tell => world.tell(),
    }
}

fn add(world: &Arc<World>, event: u8, how: How, body: &[Op]) {
    let number = world.said.number();
    let id = match event {
        0 => listen(world, &A, how, number, body, |_, n| n.to_string()),
        1 => listen(world, &B, how, number, body, |_, n| n.to_string()),
        2 => listen(world, &ERROR, how, number, body, |_, error| error.to_string()),
        3 => listen(world, &NEW_LISTENER, how, number, body, |_, info| {
            info.event_name().to_owned()
        }),
        4 => listen(world, &ERROR_MONITOR, how, number, body, |_, error| {
            error.to_string()
        }),
        _ => listen(world, &REMOVE_LISTENER, how, number, body, |world, info| {
            format!("{} {}", info.event_name(), world.number_of(info.id()))
        }),
    };
    lock(&world.added).push((id, number));
}

fn listen<A: 'static, K>(
    world: &Arc<World>,
    event: &Event<A, K>,
    how: How,
    number: usize,
    body: &[Op],
    shown: fn(&World, &A) -> String,
) -> ListenerId {
    let (weak, body) = (Arc::downgrade(world), body.to_vec());
    let listener = move |payload: &A| {
        let world = weak.upgrade().expect("the program runs");
        let shown = shown(&world, payload);
        world
            .said
            .say(format!("call {number} with {shown} in {}", world.place()));
        run(&world, &body);
        world.said.say(format!("end {number}"));
    };
    match how {
        How::Last => world.emitter.on(event, listener),
        How::First => world.emitter.prepend_listener(event, listener),
        How::OnceLast => world.emitter.once(event, listener),
        How::OnceFirst => world.emitter.prepend_once_listener(event, listener),
    }
}

const RANDOM: &str = "RANDOM_EMITTER";

fn play(program: &Program) -> Vec<String> {
    let resource = program.resource.then(|| EventEmitterAsyncResource::new(RANDOM));
    let emitter = resource
        .as_ref()
        .map_or_else(EventEmitter::new, |emitter| (**emitter).clone());
    emitter.set_max_listeners(0);
    let world = Arc::new(World {
        emitter,
        has_resource: program.resource,
        said: Said::default(),
        added: Mutex::default(),
    });
    let [before, after] = ["before", "after"].map(|event| {
        let world = Arc::downgrade(&world);
        move |_: &_| _ = world.upgrade().map(|world| world.said.say(event))
    });
    let hook = create_hook().before(before).after(after).only([RANDOM]).build();
    let _enabled = hook.enable_scoped();
    for n in 0..program.others {
        let other = Event::<usize>::interned(&format!("other {n}"));
        let id = world.emitter.on(&other, |_| {});
        lock(&world.added).push((id, world.said.number()));
    }
    run_op(
        &world,
        &Op::Catch {
            body: program.ops.clone(),
        },
    );
    world.tell();
    world.said.take()
}

/// Node 26 emits `removeListener` also where its last listener was removed, which a resource's hooks are told of.
fn without_idle_scopes(lines: Vec<String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for line in lines {
        let is_asked_for = |before: &str| before.starts_with("emit ") || before.starts_with("error ");
        match &kept[..] {
            [.., first, before] if before == "before" && line == "after" && !is_asked_for(first) => {
                kept.pop();
            }
            [before] if before == "before" && line == "after" => _ = kept.pop(),
            _ => kept.push(line),
        }
    }
    kept
}

/// `EE-2`, `EE-3`, `EE-4`, `EE-6`, `EE-7`, `EE-9`, `EE-10`, `EE-11`, `EE-12`, `EE-13`, `EE-14`, `EE-16`, `EEA-3`
#[test]
fn programs_on_emitters_are_nodes() {
    compare("random/emitter.js", program(), play, without_idle_scopes);
}
