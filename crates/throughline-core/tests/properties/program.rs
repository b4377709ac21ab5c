//! Programs: what can be done with the library, as data; and how random ones are made.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::Union;
use throughline_core::HandOver;

/// Chooses one of whatever there is when the operation runs: modulo their number.
pub(crate) type Pick = u8;

/// A storage: below 4 the statics, above those made at run time, as far as there are any.
pub(crate) type Key = Pick;

pub(crate) type Ops = Vec<Op>;

/// A store, by what it does when it is dropped.
#[derive(Clone, Debug)]
pub(crate) enum Val {
    Plain,
    /// Runs a program.
    Runs(Ops),
    /// Panics, unless the thread is panicking.
    Panics,
}

#[derive(Clone, Debug)]
pub(crate) enum Op {
    // Boundaries.
    Run(Key, Val, Ops),
    RunWith(Vec<(Key, Val)>, Ops),
    Exit(Key, Ops),
    Root(Ops),
    RunIn(Pick, Ops),
    /// On what is current.
    Boundary(Ops),

    // What is put in force for the rest of a boundary.
    Enter(Key, Val),
    /// A guard that lies about on its thread, until somebody picks it.
    Open(Key, Val),
    Close(Pick),
    Forget(Pick),
    /// A guard that is dropped at the end, also by a panic.
    Guarded(Key, Val, Ops),
    Disable(Key),
    Set(Pick),

    // Reading, beside what is read after each operation.
    With(Key, Ops),
    /// Clones a store whose `Clone` runs a program.
    CloneRunning(Key, Ops),
    Get(Pick, Key),

    // Keeping.
    Snapshot,
    DropSnapshot(Pick),
    FrameWith(Pick, Key, Val),
    FrameWithout(Pick, Key),
    SnapshotFor(HandOver),
    Filter(Pick, HandOver),
    Bind(How, Ops),
    Call(Pick),
    DropBound(Pick),
    /// Binds an async closure, calls it, polls the future at most so many times.
    BindAsync(u8, Ops),

    // Boundaries that no closure bounds.
    /// Makes a resident of a snapshot.
    Rest(Pick),
    /// Takes a snapshot of a resident.
    Look(Pick),
    DropResident(Pick),
    /// Of a resident. The ticket lies about on its thread, until somebody picks it.
    Visit(Pick),
    Leave(Pick),
    DropVisit(Pick),
    ForgetVisit(Pick),

    // Panics.
    Panic,
    Catch(Ops),

    // Storages.
    Make,
    Unmake(Pick),

    // Futures.
    Spawn(Kind, Ops),
    /// Polls a task on a thread; a panic ends there, or is the poller's.
    Poll(Pick, Thread, OnPanic),
    DropTask(Pick),
    /// In a future: pending once. In a closure nothing.
    Yield,
    /// In a future: awaits another, polled at most so many times, and dropped then.
    Await(Kind, u8, Ops),
    /// In a future: awaits several in this boundary.
    Join(Vec<Ops>),

    /// Runs on another thread, while this one waits.
    On(Thread, Ops),
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum How {
    Fn,
    FnMut,
    FnOnce,
}

/// How a future gets its context.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// It has none of its own.
    Bare,
    InContext,
    InSnapshot(Pick),
    Root,
    Scope(Key, Val),
    ScopeWith(Vec<(Key, Val)>),
    ExitScope(Key),
    /// Made by a bound closure, which is dropped before it is polled.
    Bound,
}

/// 0 is the thread of the test.
pub(crate) type Thread = u8;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnPanic {
    Caught,
    Unwinds,
}

/// How often each family of operations is in a program, against `boundaries` and `reads`, which always are.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mix {
    pub(crate) entering: u32,
    pub(crate) keeping: u32,
    pub(crate) visits: u32,
    pub(crate) panics: u32,
    pub(crate) storages: u32,
    pub(crate) futures: u32,
    pub(crate) threads: u32,
    /// Of ten stores, how many run a program when they are dropped, or panic.
    pub(crate) destructors: u32,
    pub(crate) panicking_destructors: u32,
}

/// A random program.
pub(crate) fn program(mix: Mix) -> BoxedStrategy<Ops> {
    let ops = vec(op(mix, 3), 1..14);
    // Mostly in a boundary, since much needs one.
    let in_root = ops.clone().prop_map(|ops| vec![Op::Root(ops)]);
    prop_oneof![1 => ops, 2 => in_root].boxed()
}

fn key() -> impl Strategy<Value = Key> {
    // Few storages, so that they meet.
    0..8_u8
}

fn pick() -> impl Strategy<Value = Pick> {
    0..6_u8
}

fn hand_over() -> impl Strategy<Value = HandOver> {
    prop_oneof![
        Just(HandOver::Task),
        Just(HandOver::Detached),
        Just(HandOver::Blocking),
        Just(HandOver::Job),
    ]
}

fn val(mix: Mix, depth: u32) -> BoxedStrategy<Val> {
    let mut of = vec![(10, Just(Val::Plain).boxed())];
    if depth > 0 && mix.destructors > 0 {
        let ops = vec(op(mix, depth - 1), 1..4);
        of.push((mix.destructors, ops.prop_map(Val::Runs).boxed()));
    }
    if mix.panicking_destructors > 0 {
        of.push((mix.panicking_destructors, Just(Val::Panics).boxed()));
    }
    Union::new_weighted(of).boxed()
}

fn op(mix: Mix, depth: u32) -> BoxedStrategy<Op> {
    let val = val(mix, depth);
    let several = vec((key(), val.clone()), 1..5).boxed();
    let kind = prop_oneof![
        1 => Just(Kind::Bare),
        2 => Just(Kind::InContext),
        1 => pick().prop_map(Kind::InSnapshot),
        1 => Just(Kind::Root),
        4 => (key(), val.clone()).prop_map(|(k, v)| Kind::Scope(k, v)),
        2 => several.clone().prop_map(Kind::ScopeWith),
        1 => key().prop_map(Kind::ExitScope),
        1 => Just(Kind::Bound),
    ]
    .boxed();
    let on_panic = prop_oneof![Just(OnPanic::Caught), Just(OnPanic::Unwinds)];
    let thread = 0..if mix.threads > 0 { 3_u8 } else { 1 };

    let mut of = Vec::new();
    let mut add = |weight: u32, op: BoxedStrategy<Op>| {
        if weight > 0 {
            of.push((weight, op));
        }
    };
    let Mix {
        entering,
        keeping,
        visits,
        panics,
        storages,
        futures,
        threads,
        ..
    } = mix;

    add(
        2 * entering,
        (key(), val.clone()).prop_map(|(k, v)| Op::Enter(k, v)).boxed(),
    );
    add(
        2 * entering,
        (key(), val.clone()).prop_map(|(k, v)| Op::Open(k, v)).boxed(),
    );
    add(2 * entering, pick().prop_map(Op::Close).boxed());
    add(entering, pick().prop_map(Op::Forget).boxed());
    add(2 * entering, key().prop_map(Op::Disable).boxed());
    add(entering, pick().prop_map(Op::Set).boxed());
    add(keeping, (pick(), key()).prop_map(|(p, k)| Op::Get(p, k)).boxed());
    add(4 * keeping, Just(Op::Snapshot).boxed());
    add(2 * keeping, pick().prop_map(Op::DropSnapshot).boxed());
    add(
        keeping,
        (pick(), key(), val.clone())
            .prop_map(|(p, k, v)| Op::FrameWith(p, k, v))
            .boxed(),
    );
    add(
        keeping,
        (pick(), key()).prop_map(|(p, k)| Op::FrameWithout(p, k)).boxed(),
    );
    add(keeping, hand_over().prop_map(Op::SnapshotFor).boxed());
    add(
        keeping,
        (pick(), hand_over()).prop_map(|(p, h)| Op::Filter(p, h)).boxed(),
    );
    add(2 * keeping, pick().prop_map(Op::Call).boxed());
    add(keeping, pick().prop_map(Op::DropBound).boxed());
    add(2 * visits, pick().prop_map(Op::Rest).boxed());
    add(visits, pick().prop_map(Op::Look).boxed());
    add(visits, pick().prop_map(Op::DropResident).boxed());
    add(6 * visits, pick().prop_map(Op::Visit).boxed());
    add(4 * visits, pick().prop_map(Op::Leave).boxed());
    add(visits, pick().prop_map(Op::DropVisit).boxed());
    add(visits, pick().prop_map(Op::ForgetVisit).boxed());
    add(panics, Just(Op::Panic).boxed());
    add(3 * storages, Just(Op::Make).boxed());
    add(3 * storages, pick().prop_map(Op::Unmake).boxed());
    add(
        6 * futures,
        (pick(), thread.clone(), on_panic)
            .prop_map(|(p, t, o)| Op::Poll(p, t, o))
            .boxed(),
    );
    add(2 * futures, pick().prop_map(Op::DropTask).boxed());
    add(4 * futures, Just(Op::Yield).boxed());

    if depth > 0 {
        let body = vec(op(mix, depth - 1), 0..5).boxed();
        add(
            5,
            (key(), val.clone(), body.clone())
                .prop_map(|(k, v, b)| Op::Run(k, v, b))
                .boxed(),
        );
        add(
            3,
            (several, body.clone())
                .prop_map(|(s, b)| Op::RunWith(s, b))
                .boxed(),
        );
        add(2, (key(), body.clone()).prop_map(|(k, b)| Op::Exit(k, b)).boxed());
        add(1, body.clone().prop_map(Op::Root).boxed());
        add(1, body.clone().prop_map(Op::Boundary).boxed());
        add(1, (key(), body.clone()).prop_map(|(k, b)| Op::With(k, b)).boxed());
        add(
            1,
            (key(), body.clone())
                .prop_map(|(k, b)| Op::CloneRunning(k, b))
                .boxed(),
        );
        add(
            entering,
            (key(), val, body.clone())
                .prop_map(|(k, v, b)| Op::Guarded(k, v, b))
                .boxed(),
        );
        add(
            3 * keeping,
            (pick(), body.clone()).prop_map(|(p, b)| Op::RunIn(p, b)).boxed(),
        );
        let how = prop_oneof![Just(How::Fn), Just(How::FnMut), Just(How::FnOnce)];
        add(
            2 * keeping,
            (how, body.clone()).prop_map(|(h, b)| Op::Bind(h, b)).boxed(),
        );
        add(
            futures,
            (0..4_u8, body.clone())
                .prop_map(|(n, b)| Op::BindAsync(n, b))
                .boxed(),
        );
        add(2 * panics, body.clone().prop_map(Op::Catch).boxed());
        add(
            5 * futures,
            (kind.clone(), body.clone())
                .prop_map(|(k, b)| Op::Spawn(k, b))
                .boxed(),
        );
        add(
            2 * futures,
            (kind, 0..4_u8, body.clone())
                .prop_map(|(k, n, b)| Op::Await(k, n, b))
                .boxed(),
        );
        add(futures, vec(body.clone(), 1..4).prop_map(Op::Join).boxed());
        add(
            3 * threads,
            (thread, body).prop_map(|(t, b)| Op::On(t, b)).boxed(),
        );
    }
    Union::new_weighted(of).boxed()
}
