//! Random programs on diagnostics channels. `tests/node/random/channel.js` says the same.
//!
//! A transform reads no store but its own (`DC-7`: there Node 20 and 26 differ), nobody subscribes to a trace within a call (`DC-12`: Node 26 tells him
//! the rest of it only if that half of it was heard before), and no callback is dropped uncalled, which Node cannot tell.

use super::{Said, Thrown, compare, lock, throw, thrown};
use crate::support::reports::read_reports_of;
use proptest::collection::vec;
use proptest::prelude::*;
use serde::Serialize;
use std::convert::identity;
use std::sync::{Arc, Mutex};
use throughline::channel::{Channel, Subscription, Trace, TracingChannel};
use throughline::{AsyncLocalStorage, Report};

type Ops = Vec<Op>;

#[derive(Clone, Debug, Serialize)]
#[serde(tag = "do")]
enum Op {
    /// Someone who says what he hears, and runs `body`.
    Subscribe {
        channel: usize,
        body: Ops,
    },
    /// One of those who did, modulo their number.
    Unsubscribe {
        pick: u8,
    },
    Bind {
        channel: usize,
        storage: usize,
        transform: Transform,
    },
    Unbind {
        channel: usize,
        storage: usize,
    },
    Publish {
        channel: usize,
    },
    RunStores {
        channel: usize,
        body: Ops,
    },
    TraceSync {
        body: Ops,
    },
    /// A call that is answered by a callback, in it or `later`.
    TraceCallback {
        body: Ops,
        fails: bool,
        later: bool,
        called: Ops,
    },
    /// With another store.
    Run {
        storage: usize,
        body: Ops,
    },
    Throw,
    Catch {
        body: Ops,
    },
    /// Which channels are in use, and what is set.
    Tell,
}

#[derive(Clone, Copy, Debug, Serialize)]
enum Transform {
    Constant(usize),
    /// The store from before, and 1000.
    Own,
    Throw,
}

/// Two plain ones, and the five of a tracing channel.
const CHANNELS: usize = 7;
const PLAIN: usize = 2;
const STORAGES: usize = 2;

fn program() -> impl Strategy<Value = Ops> {
    let subscribe = subscribes(CHANNELS, vec(op(2), 0..4));
    vec(prop_oneof![1 => subscribe, 3 => op(3)], 1..14)
}

fn subscribes(channels: usize, body: impl Strategy<Value = Ops>) -> impl Strategy<Value = Op> {
    (0..channels, body).prop_map(|(channel, body)| Op::Subscribe { channel, body })
}

fn op(depth: u32) -> BoxedStrategy<Op> {
    let transform = prop_oneof![
        3 => (0..100_usize).prop_map(Transform::Constant),
        2 => Just(Transform::Own),
        1 => Just(Transform::Throw),
    ];
    let bind = (0..CHANNELS, 0..STORAGES, transform).prop_map(|(channel, storage, transform)| Op::Bind {
        channel,
        storage,
        transform,
    });
    let leaf = prop_oneof![
        4 => bind,
        2 => (0..CHANNELS, 0..STORAGES).prop_map(|(channel, storage)| Op::Unbind { channel, storage }),
        2 => any::<u8>().prop_map(|pick| Op::Unsubscribe { pick }),
        4 => (0..PLAIN).prop_map(|channel| Op::Publish { channel }),
        1 => Just(Op::Throw),
        1 => Just(Op::Tell),
    ];
    if depth == 0 {
        return leaf.boxed();
    }
    let body = move || vec(op(depth - 1), 0..4);
    let answered = (body(), any::<bool>(), any::<bool>(), body());
    prop_oneof![
        4 => subscribes(PLAIN, body()),
        3 => (0..PLAIN, body()).prop_map(|(channel, body)| Op::RunStores { channel, body }),
        2 => body().prop_map(|body| Op::TraceSync { body }),
        2 => answered.prop_map(|(body, fails, later, called)| Op::TraceCallback { body, fails, later, called }),
        1 => (0..STORAGES, body()).prop_map(|(storage, body)| Op::Run { storage, body }),
        1 => body().prop_map(|body| Op::Catch { body }),
        8 => leaf,
    ]
    .boxed()
}

static STORES: [AsyncLocalStorage<usize>; STORAGES] = [const { AsyncLocalStorage::new() }; STORAGES];
static FIRST: Channel<usize> = Channel::new("random.0");
static SECOND: Channel<usize> = Channel::new("random.1");
static CALLS: TracingChannel<Context, usize, String> = TracingChannel::new("random.calls");

type Call = Trace<Context, usize, String>;

#[derive(Clone, Copy)]
struct Context {
    number: usize,
    is_sync: bool,
}

/// One of the channels, by number.
enum Which {
    Plain(&'static Channel<usize>),
    Traced(&'static Channel<Call>),
}

fn channel(number: usize) -> Which {
    match number {
        0 => Which::Plain(&FIRST),
        1 => Which::Plain(&SECOND),
        2 => Which::Traced(CALLS.start()),
        3 => Which::Traced(CALLS.end()),
        4 => Which::Traced(CALLS.async_start()),
        5 => Which::Traced(CALLS.async_end()),
        _ => Which::Traced(CALLS.error()),
    }
}

#[derive(Default)]
struct World {
    said: Said,
    subscribed: Mutex<Vec<Subscription>>,
    subscribers: Mutex<usize>,
}

fn place() -> String {
    let shown =
        |storage: &AsyncLocalStorage<usize>| storage.get_store().map_or("-".to_owned(), |n| n.to_string());
    STORES.each_ref().map(shown).join(" ")
}

/// What is said of a call.
fn shown(call: &Call) -> String {
    let outcome = match (call.result(), call.error(), call.panic()) {
        (Some(result), ..) => format!(" answered {result}"),
        (_, Some(error), _) => format!(" failed {error}"),
        (.., Some(panic)) => format!(" failed {}", panic.downcast_ref::<Thrown>().unwrap().0),
        _ => String::new(),
    };
    format!("{}{outcome}", call.context().number)
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
        Op::Subscribe { channel, body } => subscribe(world, *channel, body),
        Op::Unsubscribe { pick } => {
            let mut subscribed = lock(&world.subscribed);
            let at = usize::from(*pick).checked_rem(subscribed.len());
            let gone = at.map(|at| subscribed.remove(at));
            drop(subscribed);
            drop(gone);
        }
        Op::Bind {
            channel,
            storage,
            transform,
        } => bind(*channel, &STORES[*storage], *transform),
        Op::Unbind {
            channel: number,
            storage,
        } => {
            let unbound = match channel(*number) {
                Which::Plain(channel) => channel.unbind_store(&STORES[*storage]),
                Which::Traced(channel) => channel.unbind_store(&STORES[*storage]),
            };
            said.say(format!("unbound {unbound}"));
        }
        Op::Publish { channel: number } => {
            let message = said.number();
            said.say(format!("publish {message}"));
            plain(*number).publish(&message);
        }
        Op::RunStores {
            channel: number,
            body,
        } => {
            let message = said.number();
            let answer = plain(*number).run_stores(&message, || {
                said.say(format!("run {message} with {}", place()));
                run(world, body);
                message
            });
            said.say(format!("ran {answer} with {}", place()));
        }
        Op::TraceSync { body } => {
            let number = said.number();
            let context = Context {
                number,
                is_sync: true,
            };
            let answer = CALLS.trace_sync(context, || {
                said.say(format!("call {number} with {}", place()));
                run(world, body);
                Ok(number)
            });
            said.say(format!("called {} with {}", answer.unwrap(), place()));
        }
        Op::TraceCallback {
            body,
            fails,
            later,
            called,
        } => trace_callback(world, body, *fails, *later, called),
        Op::Run { storage, body } => STORES[*storage].run(said.number(), || run(world, body)),
        Op::Throw => throw(format!("t{}", said.number())),
        Op::Catch { body } => {
            if let Some(thrown) = thrown(|| run(world, body)) {
                said.say(format!("caught {thrown} with {}", place()));
            }
        }
        Op::Tell => tell(world),
    }
}

fn plain(number: usize) -> &'static Channel<usize> {
    if number == 0 { &FIRST } else { &SECOND }
}

fn subscribe(world: &Arc<World>, number: usize, body: &[Op]) {
    let subscriber = {
        let mut subscribers = lock(&world.subscribers);
        *subscribers += 1;
        *subscribers - 1
    };
    let (weak, body) = (Arc::downgrade(world), body.to_vec());
    let hear = move |message: String| {
        let world = weak.upgrade().expect("the program runs");
        world
            .said
            .say(format!("hear {subscriber} {message} with {}", place()));
        run(&world, &body);
        world.said.say(format!("end {subscriber}"));
    };
    let subscription = match channel(number) {
        Which::Plain(channel) => channel.subscribe(move |message| hear(message.to_string())),
        Which::Traced(channel) => channel.subscribe(move |call| {
            let context = call.context();
            // Node's context is one object for all of a call; here who publishes the end does not know what a callback has been told.
            let is_untold = number == 5 || number == 3 && !context.is_sync;
            hear(if is_untold {
                context.number.to_string()
            } else {
                shown(call)
            });
        }),
    };
    lock(&world.subscribed).push(subscription);
}

fn bind(number: usize, storage: &'static AsyncLocalStorage<usize>, transform: Transform) {
    let transformed = move || match transform {
        Transform::Constant(constant) => constant,
        Transform::Own => storage.get_store().unwrap_or(0) + 1000,
        Transform::Throw => throw("transform".to_owned()),
    };
    match channel(number) {
        Which::Plain(channel) => channel.bind_store(storage, move |_| transformed()),
        Which::Traced(channel) => channel.bind_store(storage, move |_| transformed()),
    }
}

fn trace_callback(world: &Arc<World>, body: &[Op], fails: bool, later: bool, called: &[Op]) {
    let said = &world.said;
    let number = said.number();
    let callback = |outcome: Result<usize, String>| {
        said.say(format!(
            "called back {} with {}",
            outcome.map_or_else(identity, |n| n.to_string()),
            place()
        ));
        run(world, called);
    };
    let outcome = || {
        if fails {
            Err(format!("e{number}"))
        } else {
            Ok(number)
        }
    };
    let context = Context {
        number,
        is_sync: false,
    };
    let mut kept = None;
    let thrown = thrown(|| {
        CALLS.trace_callback(context, callback, |callback| {
            said.say(format!("call {number} with {}", place()));
            if later {
                kept = Some(callback);
            } else {
                callback.call(outcome());
            }
            run(world, body);
        });
    });
    if let Some(callback) = kept {
        callback.call(outcome());
    }
    if let Some(thrown) = thrown {
        throw(thrown);
    }
}

fn tell(world: &World) {
    let used = (0..CHANNELS).map(|number| match channel(number) {
        Which::Plain(channel) => channel.has_subscribers().to_string(),
        Which::Traced(channel) => channel.has_subscribers().to_string(),
    });
    let used: Vec<_> = used.collect();
    world.said.say(format!("{} with {}", used.join(","), place()));
}

fn play(ops: &Ops) -> Vec<String> {
    let world = Arc::new(World::default());
    let mut uncaught = read_reports_of(uncaught, || {
        run_op(&world, &Op::Catch { body: ops.clone() });
    });
    tell(&world);
    lock(&world.subscribed).clear();
    for number in 0..CHANNELS {
        for storage in &STORES {
            match channel(number) {
                Which::Plain(channel) => channel.unbind_store(storage),
                Which::Traced(channel) => channel.unbind_store(storage),
            };
        }
    }
    // When Node says so is later, and for transforms its versions differ in their order.
    uncaught.sort();
    world.said.say(format!("uncaught {}", uncaught.join(",")));
    world.said.take()
}

/// What a program threw where Node has an uncaught exception.
fn uncaught(report: &Report<'_>) -> Option<String> {
    match report {
        Report::Panic { payload, .. } => Some(payload.downcast_ref::<Thrown>()?.0.clone()),
        _ => None,
    }
}

/// `DC-2`, `DC-3`, `DC-4`, `DC-5`, `DC-6`, `DC-8`, `DC-10`, `DC-12`, `DC-13`, `DC-14`
#[test]
fn programs_on_channels_are_nodes() {
    compare("random/channel.js", program(), play, |lines| lines);
}
