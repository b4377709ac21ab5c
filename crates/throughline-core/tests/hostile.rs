//! Hostile programs: what safe code can do to frames, at random, and also in the midst of each other: in a store's `Drop` and `Clone`, in a default's initialiser, in a
//! propagation's map, in destructors of futures, while panics unwind.
//!
//! No model says what is to be read (that is `properties.rs`). Here each store is whole whenever it is lent, cloned and dropped, each boundary puts back what it found,
//! and at the end no frame is left. AddressSanitizer and valgrind see more: that nothing is read which is free.
//!
//! `PROPTEST_CASES` sets how many programs there are: ten for each.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use throughline_core::host::{self, Resident, Visit};
use throughline_core::{
    AsyncLocalStorage, AsyncResource, Bind, Crossing, FutureContextExt, FutureResourceExt, HandOver,
    NoBoundary, Propagation, RunScope, Snapshot, boundary, execution_async_id, in_boundary, root, root_scope,
    run_with, scope_with, snapshot, snapshot_for,
};

static A: AsyncLocalStorage<Store> =
    AsyncLocalStorage::new().propagation(Propagation::new().task(Crossing::Map(|store| {
        act(2);
        Some(store.clone())
    })));
static B: AsyncLocalStorage<Store> = AsyncLocalStorage::with_default(|| {
    act(2);
    Store::new()
});
static C: AsyncLocalStorage<[Store; 5]> = AsyncLocalStorage::new();
static D: AsyncLocalStorage<Large> = AsyncLocalStorage::new();

/// A store that notices when it is not whole, and of which some act when they are dropped.
struct Store {
    mark: Box<u64>,
    acts: bool,
}

const MARK: u64 = 0xFEED_BEEF_1234_5678;

impl Store {
    fn new() -> Self {
        Store {
            mark: Box::new(MARK),
            acts: below(3) == 0,
        }
    }

    fn five() -> [Store; 5] {
        [(); 5].map(|()| Store::new())
    }

    fn check(&self) {
        assert_eq!(*self.mark, MARK);
    }
}

impl Clone for Store {
    fn clone(&self) -> Self {
        self.check();
        act(2);
        self.check();
        Store::new()
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.check();
        if self.acts {
            act(2);
        }
        self.check();
        *self.mark = 0;
    }
}

/// One that no list of free blocks is for.
#[derive(Clone)]
#[repr(align(64))]
struct Large(Store);

impl Large {
    fn new() -> Self {
        Large(Store::new())
    }
}

type BoxedFuture = Pin<Box<dyn Future<Output = ()>>>;

/// What lies about, until somebody picks it.
struct Bag<T>(RefCell<Vec<T>>);

impl<T> Bag<T> {
    const fn new() -> Self {
        Bag(RefCell::new(Vec::new()))
    }

    fn put(&self, thing: T) {
        self.0.borrow_mut().push(thing);
    }

    fn take(&self) -> Option<T> {
        let mut things = self.0.borrow_mut();
        match things.len() as u64 {
            0 => None,
            n => Some(things.swap_remove(below(n) as usize)),
        }
    }

    fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }
}

thread_local! {
    static RANDOM: Cell<u64> = const { Cell::new(1) };
    /// How much may still be done.
    static BUDGET: Cell<u32> = const { Cell::new(0) };
    static MAY_PANIC: Cell<bool> = const { Cell::new(false) };
    static GUARDS: Bag<RunScope> = const { Bag::new() };
    static VISITS: Bag<Visit> = const { Bag::new() };
    static RESIDENTS: Bag<Resident> = const { Bag::new() };
    static SNAPSHOTS: Bag<Snapshot> = const { Bag::new() };
    static STORAGES: Bag<Arc<AsyncLocalStorage<Store>>> = const { Bag::new() };
    static FUTURES: Bag<BoxedFuture> = const { Bag::new() };
    static CLOSURES: Bag<Box<dyn Fn()>> = const { Bag::new() };
    static RESOURCES: Bag<AsyncResource> = const { Bag::new() };
    static ENTERED: Bag<host::Entered> = const { Bag::new() };
}

fn below(limit: u64) -> u64 {
    let mut random = RANDOM.get();
    random ^= random << 13;
    random ^= random >> 7;
    random ^= random << 17;
    RANDOM.set(random);
    random % limit
}

/// One of those made at run time, or a new one.
fn storage() -> Arc<AsyncLocalStorage<Store>> {
    let storage = STORAGES.with(Bag::take).unwrap_or_default();
    if below(2) == 0 {
        STORAGES.with(|all| all.put(storage.clone()));
    }
    storage
}

fn read() {
    let look = |store: Option<&Store>| {
        store.into_iter().for_each(Store::check);
        some(1);
        store.into_iter().for_each(Store::check);
    };
    match below(6) {
        0 => A.with(look),
        1 => B.with(look),
        2 => C.with(|stores| look(stores.map(|stores| &stores[4]))),
        3 => D.with(|store| look(store.map(|large| &large.0))),
        4 => drop(A.get_store()),
        _ => drop((B.get_store(), D.get_store())),
    }
}

/// A future that acts at each poll, and when it is dropped.
fn future(depth: u32) -> BoxedFuture {
    struct End;
    impl Drop for End {
        fn drop(&mut self) {
            act(2);
            read();
        }
    }
    let acting = async move {
        let _end = End;
        for _ in 0..4 {
            some(depth);
            let mut is_pending = true;
            poll_fn(|_| match mem::take(&mut is_pending) {
                true => Poll::Pending,
                false => Poll::Ready(()),
            })
            .await;
        }
    };
    match below(8) {
        0 => Box::pin(A.scope(Store::new(), acting)),
        1 => Box::pin(A.exit_scope(acting)),
        2 => Box::pin(storage().scope(Store::new(), acting)),
        3 => Box::pin(scope_with(
            ((&A, Store::new()), (&C, Store::five()), (&D, Large::new())),
            acting,
        )),
        4 => Box::pin(acting.in_context()),
        5 => Box::pin(acting.in_resource("FUTURE")),
        6 => Box::pin(root_scope(acting)),
        _ => Box::pin(acting),
    }
}

/// What is done without anything inside.
const PLAIN: &[fn()] = &[
    || drop(A.try_enter_with(Store::new())),
    || drop(B.try_enter_with(Store::new())),
    || drop(C.try_enter_with(Store::five())),
    || drop(storage().try_enter_with(Store::new())),
    || {
        A.try_with_scope(Store::new())
            .into_iter()
            .for_each(|guard| GUARDS.with(|all| all.put(guard)))
    },
    || {
        D.try_with_scope(Large::new())
            .into_iter()
            .for_each(|guard| GUARDS.with(|all| all.put(guard)))
    },
    || drop(GUARDS.with(Bag::take)),
    || drop(GUARDS.with(Bag::take)),
    || A.disable(),
    read,
    || SNAPSHOTS.with(|all| all.put(snapshot())),
    || {
        let crossing = snapshot_for(HandOver::Task);
        SNAPSHOTS.with(|all| all.put(crossing));
    },
    || drop(SNAPSHOTS.with(Bag::take)),
    || {
        let base = SNAPSHOTS.with(Bag::take).unwrap_or_default();
        let made = host::frame_with(&base, &storage(), Store::new());
        SNAPSHOTS.with(|all| all.put(made));
    },
    || {
        let frame = SNAPSHOTS.with(Bag::take).unwrap_or_default();
        let former = host::set(frame).unwrap_or_else(NoBoundary::into_inner);
        SNAPSHOTS.with(|all| all.put(former));
    },
    || {
        let resident = Resident::new(SNAPSHOTS.with(Bag::take).unwrap_or_default());
        RESIDENTS.with(|all| all.put(resident));
    },
    || drop(RESIDENTS.with(Bag::take)),
    // Outside of any boundary nothing would end it, were it forgotten.
    || {
        if in_boundary() {
            let resident = RESIDENTS.with(Bag::take);
            let visit = resident
                .unwrap_or_else(|| Resident::new(Snapshot::empty()))
                .visit();
            VISITS.with(|all| all.put(visit));
        }
    },
    || match VISITS.with(Bag::take).map(Visit::leave) {
        Some(Ok(resident)) => RESIDENTS.with(|all| all.put(resident)),
        Some(Err(visit)) => VISITS.with(|all| all.put(visit)),
        None => {}
    },
    || drop(VISITS.with(Bag::take)),
    || mem::forget(VISITS.with(Bag::take)),
    || drop(STORAGES.with(Bag::take)),
    || drop(FUTURES.with(Bag::take)),
    || drop(CLOSURES.with(Bag::take)),
    || {
        let resource = AsyncResource::new("RESOURCE");
        RESOURCES.with(|all| all.put(resource));
    },
    || {
        if let Some(resource) = RESOURCES.with(Bag::take) {
            resource.emit_destroy();
        }
    },
    || {
        let process = host::HookRegistry::process();
        let entered = process.enter(&process.init("ENTERED".into(), None));
        ENTERED.with(|all| all.put(entered));
    },
    || drop(ENTERED.with(Bag::take)),
    || {
        if below(8) == 0 && MAY_PANIC.get() && !std::thread::panicking() {
            panic!("{TOLD}");
        }
    },
];

const TOLD: &str = "as it was told";

/// What is done with something inside.
const AROUND: &[fn(u32)] = &[
    |depth| A.run(Store::new(), || some(depth)),
    |depth| B.run(Store::new(), || some(depth)),
    |depth| storage().run(Store::new(), || some(depth)),
    |depth| {
        run_with(
            ((&A, Store::new()), (&B, Store::new()), (&D, Large::new())),
            || some(depth),
        )
    },
    |depth| A.exit(|| some(depth)),
    |depth| root(|| some(depth)),
    |depth| boundary(|| some(depth)),
    |depth| boundary(|| some(depth)),
    |depth| SNAPSHOTS.with(Bag::take).unwrap_or_default().run(|| some(depth)),
    |depth| drop(catch_unwind(AssertUnwindSafe(|| some(depth)))),
    |depth| {
        let made = future(depth);
        FUTURES.with(|all| all.put(made));
    },
    poll,
    poll,
    poll,
    |depth| {
        let bound = (move || some(depth)).bind();
        CLOSURES.with(|all| all.put(Box::new(bound)));
    },
    |_| {
        if let Some(closure) = CLOSURES.with(Bag::take) {
            closure();
            CLOSURES.with(|all| all.put(closure));
        }
    },
    |depth| {
        if let Some(resource) = RESOURCES.with(Bag::take) {
            let _ = resource.try_run_in_async_scope(|| some(depth));
            RESOURCES.with(|all| all.put(resource));
        }
    },
];

fn poll(_: u32) {
    if let Some(mut future) = FUTURES.with(Bag::take) {
        let poll = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        if poll.is_pending() {
            FUTURES.with(|all| all.put(future));
        }
    }
}

/// Does something, in which `depth` more may be nested.
fn act(depth: u32) {
    let Some(left) = BUDGET.get().checked_sub(1) else {
        return;
    };
    BUDGET.set(left);
    let around = if depth == 0 { 0 } else { AROUND.len() };
    let which = below((PLAIN.len() + around) as u64) as usize;
    match PLAIN.get(which) {
        Some(act) => act(),
        None => AROUND[which - PLAIN.len()](depth - 1),
    }
}

fn some(depth: u32) {
    for _ in 0..below(6) {
        act(depth);
    }
}

fn program(seed: u64) {
    RANDOM.set(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    BUDGET.set(1000);
    MAY_PANIC.set(seed % 3 != 0);
    for _ in 0..3 {
        let ended = catch_unwind(AssertUnwindSafe(|| {
            root(|| (0..20).for_each(|_| act(4)));
        }));
        if let Err(panic) = ended {
            assert!(
                panic.downcast_ref::<String>().is_some_and(|it| it == TOLD),
                "{panic:?}"
            );
        }
        assert!(!in_boundary());
    }
    BUDGET.set(0);
    tidy_up();
    assert!(!in_boundary() && snapshot().is_empty() && execution_async_id().is_none());
}

/// One thing lets go of others, but puts nothing in a bag any more.
fn tidy_up() {
    fn empty<T>(bag: &'static std::thread::LocalKey<Bag<T>>) {
        while !bag.with(Bag::is_empty) {
            drop(bag.with(Bag::take));
        }
    }
    empty(&VISITS);
    empty(&GUARDS);
    empty(&FUTURES);
    empty(&CLOSURES);
    empty(&RESIDENTS);
    empty(&SNAPSHOTS);
    empty(&RESOURCES);
    empty(&ENTERED);
    empty(&STORAGES);
}

/// Laws 1, 5, 6 and 7.
#[test]
fn hostile_programs_find_stores_whole_and_leave_nothing() {
    std::panic::set_hook(Box::new(|info| {
        if info
            .payload()
            .downcast_ref::<String>()
            .is_none_or(|it| it != TOLD)
        {
            eprintln!("{info}");
        }
    }));
    let cases = std::env::var_os("PROPTEST_CASES").and_then(|cases| cases.to_str()?.parse().ok());
    let programs = 10 * cases.unwrap_or(200_u64);
    for seed in 1..=programs {
        program(seed);
        #[cfg(feature = "test-util")]
        assert_eq!(throughline_core::live::frames(), 0, "after program {seed}");
    }
}
