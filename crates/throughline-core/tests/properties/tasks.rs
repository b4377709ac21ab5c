//! What is called and polled later: futures and bound closures, with what the model has to know of them.

use super::interpret;
use super::model::{Boundary, HoldId, Map, StorageId, StoreId};
use super::program::{How, Key, Kind, Op, Ops, Val};
use super::store::{Storage, Token, static_storage_of, with_several, with_storage};
use super::world::World;
use std::future::{Future, poll_fn};
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use throughline_core::{
    Bind, BindAsync, BindFuture, BindMut, BindOnce, FutureContextExt, Stores, root_scope, scope_with,
};

pub(crate) type Body = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A future that nobody polls at the moment.
pub(crate) struct Task {
    future: Body,
    /// It was ready, or panicked, and is kept to be dropped some time.
    is_over: bool,
}

impl Task {
    pub(crate) fn new(world: &Arc<World>, kind: &Kind, ops: &Ops) -> Self {
        Task {
            future: future(world, kind, ops),
            is_over: false,
        }
    }

    /// Whether it is pending.
    pub(crate) fn poll(&mut self) {
        if !self.is_over {
            // For the case of a panic.
            self.is_over = true;
            self.is_over = poll_once(&mut self.future).is_ready();
        }
    }
}

fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// A future that runs a program, in a context of some kind.
fn future(world: &Arc<World>, kind: &Kind, ops: &Ops) -> Body {
    let body = run(world.clone(), ops.clone());
    match kind {
        Kind::Bare => body,
        Kind::InContext => {
            let inside = Inside::held(world, world.inherited(), body);
            Outside::new(&inside).around(Box::pin(inside.in_context()))
        }
        Kind::InSnapshot(pick) => match world.snapshot(*pick) {
            None => body,
            Some((map, snapshot)) => {
                let inside = Inside::held(world, map, body);
                Outside::new(&inside).around(Box::pin(snapshot.scope(inside)))
            }
        },
        Kind::Root => {
            let inside = Inside::held(world, Map::default(), body);
            Outside::new(&inside).around(Box::pin(root_scope(inside)))
        }
        Kind::Scope(key, val) => {
            let storage = world.storage(*key);
            let token = Token::new(world, val);
            let inside = Inside::new(world, First::With(vec![(storage.id(), token.id)]), body);
            let outside = Outside::new(&inside);
            outside.around(with_storage!(&storage, s, token => Box::pin(s.scope(token, inside))))
        }
        Kind::ScopeWith(stores) => {
            let stores = once_each(world, stores, static_storage_of);
            let inside = Inside::new(world, First::With(ids(&stores)), body);
            Outside::new(&inside).around(static_scope_with(stores, inside))
        }
        Kind::ExitScope(key) => {
            let storage = world.storage(*key);
            let inside = Inside::new(world, First::Without(storage.id()), body);
            let outside = Outside::new(&inside);
            outside.around(with_storage!(&storage, s => Box::pin(s.exit_scope(inside))))
        }
        Kind::Bound => {
            let adapter = named_future(world, ops).bind_future()();
            let outside = Outside::new(adapter.get_ref().expect("it was not polled"));
            outside.around(Box::pin(adapter))
        }
    }
}

pub(crate) fn ids(stores: &[(Storage, Token)]) -> Vec<(StorageId, StoreId)> {
    stores.iter().map(|(s, t)| (s.id(), t.id)).collect()
}

/// Stores for storages, each of which may be named once.
pub(crate) fn once_each(
    world: &Arc<World>,
    stores: &[(Key, Val)],
    storage: impl Fn(Key) -> Storage,
) -> Vec<(Storage, Token)> {
    let mut once: Vec<(Storage, Token)> = Vec::new();
    for (key, val) in stores {
        let storage = storage(*key);
        if once.iter().all(|(s, _)| s.id() != storage.id()) {
            once.push((storage, Token::new(world, val)));
        }
    }
    once
}

/// A program as a future.
fn run(world: Arc<World>, ops: Ops) -> Body {
    Box::pin(async move {
        let _reads = ReadsWhenDropped(world.clone());
        for op in &ops {
            if world.step().is_none() {
                return;
            }
            match op {
                Op::Yield => yield_once().await,
                Op::Await(kind, most, ops) => polled_at_most(*most, future(&world, kind, ops)).await,
                Op::Join(bodies) => join(bodies.iter().map(|ops| run(world.clone(), ops.clone()))).await,
                op => interpret::run_op(&world, op),
            }
            world.check();
        }
    })
}

async fn yield_once() {
    let mut yielded = false;
    poll_fn(|_| {
        if mem::replace(&mut yielded, true) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await
}

async fn polled_at_most(most: u8, mut future: Body) {
    let mut polls = 0;
    poll_fn(|cx| {
        if polls == most {
            return Poll::Ready(());
        }
        polls += 1;
        future.as_mut().poll(cx)
    })
    .await
}

/// Polls all until all are ready; drops each when it is ready.
async fn join(bodies: impl Iterator<Item = Body>) {
    let mut bodies: Vec<Option<Body>> = bodies.map(Some).collect();
    poll_fn(|cx| {
        for place in &mut bodies {
            if place.as_mut().is_some_and(|b| b.as_mut().poll(cx).is_ready()) {
                *place = None;
            }
        }
        if bodies.iter().all(Option::is_none) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await
}

struct ReadsWhenDropped(Arc<World>);

impl Drop for ReadsWhenDropped {
    fn drop(&mut self) {
        self.0.check_reads();
    }
}

/// What stands directly inside an adapter, and keeps the model in step with it: polled and dropped, it is in the boundary that
/// the adapter opened.
struct Inside {
    world: Arc<World>,
    /// As what the model holds the boundary, when it is not current.
    held: HoldId,
    first: First,
    body: Option<Body>,
    is_ready: bool,
}

/// What the boundary begins with.
enum First {
    Held,
    With(Vec<(StorageId, StoreId)>),
    Without(StorageId),
}

impl Inside {
    fn new(world: &Arc<World>, first: First, body: Body) -> Self {
        Inside {
            world: world.clone(),
            held: world.model(|m| m.new_id()),
            first,
            body: Some(body),
            is_ready: false,
        }
    }

    fn held(world: &Arc<World>, map: Map, body: Body) -> Self {
        let inside = Inside::new(world, First::Held, body);
        world.model(|m| m.keep(inside.held, Boundary::on(map)));
        inside
    }

    fn boundary(&mut self) -> Boundary {
        let current = self.world.current();
        let first = mem::replace(&mut self.first, First::Held);
        self.world.model(|m| match first {
            First::Held => m.release(self.held),
            First::With(stores) => {
                let boundary = Boundary::on(m.with(&current, &stores));
                m.linger(self.held, boundary.unclear());
                boundary
            }
            First::Without(storage) => Boundary::on(m.without(&current, storage)),
        })
    }
}

impl Future for Inside {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let boundary = self.boundary();
        let pushed = self.world.push(boundary).rests_as(self.held);
        self.world.check_reads();
        let body = self.body.as_mut().expect("it is there until it is dropped");
        let poll = body.as_mut().poll(cx);
        self.world.check_reads();
        if poll.is_ready() {
            pushed.ready_as(self.held);
            self.is_ready = true;
        }
        poll
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        let boundary = self.boundary();
        let mut pushed = self.world.push(boundary);
        if self.is_ready {
            pushed.lingers_as(self.held);
        }
        self.world.check_reads();
        self.body = None;
        self.world.check_reads();
    }
}

/// What stands around an adapter. When a future is ready its context goes at once; but if a store panics over that, some may
/// be left of it until the adapter is dropped. It may also keep a store for which there is no storage any more.
struct Outside {
    world: Arc<World>,
    held: HoldId,
    adapter: Option<Body>,
}

impl Outside {
    fn new(inside: &Inside) -> Self {
        Outside {
            world: inside.world.clone(),
            held: inside.held,
            adapter: None,
        }
    }

    fn around(mut self, adapter: Body) -> Body {
        self.adapter = Some(adapter);
        Box::pin(self)
    }
}

impl Future for Outside {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let adapter = self.adapter.as_mut().expect("it is there until it is dropped");
        let poll = adapter.as_mut().poll(cx);
        if poll.is_ready() {
            self.world.model(|m| m.stop_lingering(self.held));
        }
        poll
    }
}

impl Drop for Outside {
    fn drop(&mut self) {
        self.adapter = None;
        self.world.model(|m| m.stop_lingering(self.held));
    }
}

/// A closure that is called later. What it names is dropped in its own context, called or not: see [`Named`].
pub(crate) enum BoundClosure {
    Fn(Arc<dyn Fn() + Send + Sync>),
    FnMut(Box<dyn FnMut() + Send>),
    FnOnce(Box<dyn FnOnce() + Send>),
}

impl BoundClosure {
    pub(crate) fn new(world: &Arc<World>, how: How, ops: &Ops) -> Self {
        let named = Named::new(world, world.inherited());
        let ops = ops.clone();
        match how {
            How::Fn => BoundClosure::Fn(Arc::new((move || named.call(&ops)).bind())),
            How::FnMut => BoundClosure::FnMut(Box::new((move || named.call(&ops)).bind_mut())),
            How::FnOnce => BoundClosure::FnOnce(Box::new((move || named.call_once(&ops)).bind_once())),
        }
    }

    /// Calls it; it is kept unless it can be called once only. While it is called, it can be called again if it is an `Fn`.
    pub(crate) fn call(self, world: &Arc<World>) {
        match self {
            BoundClosure::Fn(f) => {
                world.keep_closure(BoundClosure::Fn(f.clone()));
                f();
            }
            BoundClosure::FnMut(mut f) => {
                f();
                world.keep_closure(BoundClosure::FnMut(f));
            }
            BoundClosure::FnOnce(f) => f(),
        }
    }
}

/// What a bound closure names. It reads when it is dropped.
struct Named {
    world: Arc<World>,
    held: HoldId,
    /// The boundary in which it is dropped is known to the model already.
    is_inside: bool,
}

impl Named {
    fn new(world: &Arc<World>, map: Map) -> Self {
        Named {
            world: world.clone(),
            held: world.model(|m| m.hold(Boundary::on(map))),
            is_inside: false,
        }
    }

    fn map(&self) -> Map {
        self.world.model(|m| m.held(self.held))
    }

    fn call(&self, ops: &Ops) {
        let _pushed = self.world.push(self.map());
        self.world.check_reads();
        interpret::run(&self.world, ops);
    }

    fn call_once(self, ops: &Ops) {
        let _pushed = self.world.push(self.map());
        // Dropped before the boundary ends.
        let mut named = self;
        named.is_inside = true;
        interpret::run(&named.world, ops);
    }
}

impl Drop for Named {
    fn drop(&mut self) {
        let boundary = self.world.model(|m| m.release(self.held));
        let _pushed = (!self.is_inside).then(|| self.world.push(boundary));
        self.world.check_reads();
    }
}

/// Binds an async closure, calls it, polls the future at most so many times, and drops all.
pub(crate) fn bind_async(world: &Arc<World>, most: u8, ops: &Ops) {
    let make = named_future(world, ops);
    let bound = (move || make()).bind_async();
    let mut future = Box::pin(bound());
    for _ in 0..most {
        if poll_once(&mut future).is_ready() {
            break;
        }
    }
}

/// A closure that makes futures for the context it is called in, and reads when it is dropped.
fn named_future(world: &Arc<World>, ops: &Ops) -> impl Fn() -> Inside + use<> {
    let named = Named::new(world, world.inherited());
    let ops = ops.clone();
    move || {
        let body = run(named.world.clone(), ops.clone());
        Inside::held(&named.world, named.map(), body)
    }
}

fn static_scope_with(stores: Vec<(Storage, Token)>, inside: Inside) -> Body {
    fn boxed<S: Stores + Send + 'static>(stores: S, inside: Inside) -> Body {
        Box::pin(scope_with(stores, inside))
    }
    with_several!(stores, narrow_static, boxed, inside)
}
