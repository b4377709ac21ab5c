//! `host::Resident` and `host::Visit`: boundaries that no closure bounds (laws 1, 3, 6 and 10).

use crate::support::{Drops, OnDrop, assert_nothing_left, on_thread, panic_of, pause, poll};
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use throughline_core::host::{Resident, Visit};
use throughline_core::{AsyncLocalStorage, Snapshot, in_boundary, root, root_scope, snapshot};

static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
static B: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
static HELD: AsyncLocalStorage<Arc<OnDrop>> = AsyncLocalStorage::new();

fn with_a(value: u32) -> Resident {
    Resident::new(A.run(value, snapshot))
}

#[test]
fn a_visit_is_a_boundary_where_there_is_none() {
    let visit = with_a(1).visit();
    assert!(in_boundary());
    assert_eq!(A.get_store(), Some(1));
    drop(visit);
    assert_nothing_left();
    assert!(!in_boundary());
}

#[test]
fn what_is_entered_is_there_at_the_next_visit_on_another_thread() {
    let visit = Resident::new(Snapshot::empty()).visit();
    A.enter_with(1);
    let resident = visit.leave().unwrap();
    assert_nothing_left();
    assert_eq!(resident.snapshot().get(&A), Some(1));
    let resident = on_thread(move || {
        let visit = resident.visit();
        assert_eq!(A.get_store(), Some(1));
        A.enter_with(2);
        B.enter_with(3);
        visit.leave().unwrap()
    });
    assert_eq!(
        (resident.snapshot().get(&A), resident.snapshot().get(&B)),
        (Some(2), Some(3))
    );
}

#[test]
fn a_resident_is_empty_until_something_is_set_in_it() {
    assert!(Resident::new(Snapshot::empty()).is_empty());
    assert!(!with_a(1).is_empty());
    let visit = Resident::new(Snapshot::empty()).visit();
    let resident = visit.leave().unwrap();
    assert!(resident.is_empty());
    let visit = resident.visit();
    A.enter_with(1);
    assert!(!visit.leave().unwrap().is_empty());
}

#[test]
fn visits_and_closures_nest() {
    A.run(1, || {
        let outer = with_a(2).visit();
        A.run(3, || {
            let inner = with_a(4).visit();
            assert_eq!(A.get_store(), Some(4));
            drop(inner);
            assert_eq!(A.get_store(), Some(3));
        });
        assert_eq!(A.get_store(), Some(2));
        drop(outer);
        assert_eq!(A.get_store(), Some(1));
    });
}

#[test]
fn what_the_boundary_around_it_entered_is_there_again_with_its_guards() {
    root(|| {
        A.enter_with(1);
        let guard = A.with_scope(2);
        let visit = with_a(3).visit();
        A.enter_with(4);
        drop(guard); // In another boundary: nothing to be seen.
        assert_eq!(A.get_store(), Some(4));
        drop(visit);
        assert_eq!(A.get_store(), Some(2));
    });
}

#[test]
fn a_guard_of_a_visit_goes_on_in_the_next_one() {
    let visit = with_a(1).visit();
    let guard = A.with_scope(2);
    let resident = visit.leave().unwrap();
    assert!(!resident.is_empty());
    let visit = resident.visit();
    assert_eq!(A.get_store(), Some(2));
    drop(guard);
    assert_eq!(A.get_store(), Some(1));
    drop(visit);
}

#[test]
fn from_inside_a_boundary_that_began_in_it_it_is_not_left() {
    let visit = with_a(1).visit();
    let same = snapshot();
    // Also where the boundary's frame is the very same.
    let visit = same.run(|| {
        let visit = visit.leave().unwrap_err();
        assert_eq!(A.get_store(), Some(1));
        visit
    });
    let visit = A.run(2, || {
        A.enter_with(3);
        let inner = with_a(4).visit();
        let visit = visit.leave().unwrap_err();
        assert_eq!(A.get_store(), Some(4));
        drop(inner);
        visit
    });
    assert_eq!(A.get_store(), Some(1));
    assert!(visit.leave().is_ok());
    assert_nothing_left();
}

#[test]
fn dropped_inside_a_boundary_that_began_in_it_it_lasts_until_that_around_it_ends() {
    let resident = with_a(2);
    B.run(1, || {
        let visit = resident.visit();
        A.run(3, move || drop(visit));
        assert_eq!((A.get_store(), B.get_store()), (Some(2), None));
    });
    assert_nothing_left();
}

#[test]
fn left_out_of_order_it_ends_those_inside() {
    let outer = with_a(1).visit();
    let middle = with_a(2).visit();
    let inner = with_a(3).visit();
    let outer = outer.leave().unwrap();
    assert_nothing_left();
    assert_eq!(outer.snapshot().get(&A), Some(1));
    // These have ended. They change nothing, now or inside another.
    A.run(5, || {
        let middle = middle.leave().unwrap_err();
        assert_eq!(A.get_store(), Some(5));
        drop(middle);
        drop(inner);
        assert_eq!(A.get_store(), Some(5));
    });
}

#[test]
fn forgotten_it_ends_with_the_closure_around_it() {
    let drops = Drops::default();
    let held = || HELD.run(Arc::new(OnDrop::counting(&drops)), snapshot);
    A.run(1, || mem::forget(Resident::new(held()).visit()));
    root(|| {
        A.enter_with(1);
        mem::forget(Resident::new(held()).visit());
        A.enter_with(2);
        mem::forget(Resident::new(held()).visit());
    });
    snapshot().run(|| mem::forget(Resident::new(held()).visit()));
    assert_eq!(drops.count(), 4);
    assert_nothing_left();
}

#[test]
fn forgotten_in_a_poll_it_ends_with_the_poll() {
    let drops = Drops::default();
    let held = Resident::new(HELD.run(Arc::new(OnDrop::counting(&drops)), snapshot));
    let mut future = pin!(root_scope(async {
        mem::forget(held.visit());
        pause().await;
        assert_eq!(HELD.get_store().map(drop), None);
        A.enter_with(1);
        mem::forget(with_a(2).visit());
        B.enter_with(2);
        assert_eq!((A.get_store(), B.get_store()), (Some(2), Some(2)));
        pause().await;
        mem::forget(with_a(3).visit());
        pause().await;
        (A.get_store(), B.get_store())
    }));
    assert!(poll(future.as_mut()).is_pending());
    assert_eq!(drops.count(), 1);
    assert!(poll(future.as_mut()).is_pending());
    assert!(poll(future.as_mut()).is_pending());
    assert_nothing_left();
    // What the future itself entered is still there.
    assert_eq!(poll(future.as_mut()), Poll::Ready((Some(1), None)));
}

#[test]
fn a_ticket_kept_from_one_poll_to_the_next_changes_nothing() {
    let mut future = pin!(root_scope(async {
        A.enter_with(1);
        // Often enough that one takes the memory of another.
        for _ in 0..50 {
            A.enter_with(2);
            let visit = with_a(3).visit();
            A.enter_with(4);
            pause().await;
            drop(visit);
        }
        A.get_store()
    }));
    for _ in 0..50 {
        assert!(poll(future.as_mut()).is_pending());
        assert_nothing_left();
    }
    assert_eq!(poll(future.as_mut()), Poll::Ready(Some(2)));
}

#[test]
fn a_panic_ends_it() {
    let drops = Drops::default();
    let held = Resident::new(HELD.run(Arc::new(OnDrop::counting(&drops)), snapshot));
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        A.run(1, || {
            let _visit = held.visit();
            mem::forget(with_a(2).visit());
            panic!("in a visit");
        })
    }));
    assert!(unwound.is_err());
    assert_eq!(drops.count(), 1);
    assert_nothing_left();
}

#[test]
fn a_store_whose_drop_panics_ends_each_visit_all_the_same() {
    let drops = Drops::default();
    let held = |store| HELD.run(Arc::new(store), snapshot);
    let panicking = || Resident::new(held(OnDrop::panicking(&drops, "in a store's drop")));
    let panic = panic_of(|| {
        root(|| {
            mem::forget(panicking().visit());
            mem::forget(Resident::new(held(OnDrop::counting(&drops))).visit());
        })
    });
    assert_eq!(panic, "in a store's drop");
    assert_eq!(drops.count(), 2);
    let outer = with_a(1).visit();
    let inner = panicking().visit();
    let panic = panic_of(AssertUnwindSafe(|| outer.leave().map(drop)));
    assert_eq!(panic, "in a store's drop");
    drop(inner);
    assert_eq!(drops.count(), 3);
    assert_nothing_left();
}

#[test]
fn what_is_lent_outlives_the_visit() {
    let drops = Drops::default();
    let held = HELD.run(Arc::new(OnDrop::counting(&drops)), snapshot);
    let visit = Resident::new(held).visit();
    HELD.with(|store| {
        drop(visit);
        assert!(!in_boundary());
        assert_eq!(drops.count(), 0);
        drop(store.cloned());
    });
    assert_eq!(drops.count(), 1);
}

#[test]
fn a_drop_that_visits_finds_itself_outside() {
    let seen = Arc::new(OnDrop::new(|| {
        assert_eq!(A.get_store(), Some(7));
        let visit = with_a(8).visit();
        assert_eq!(A.get_store(), Some(8));
        drop(visit);
    }));
    A.run(7, || {
        let snapshot = HELD.run(seen, snapshot);
        let visit = Resident::new(snapshot).visit();
        drop(visit);
        assert_eq!(A.get_store(), Some(7));
    });
}

/// What a program of visits and closures should see.
#[derive(Default)]
struct Model {
    /// From the outermost boundary on: the visit, if it is one, and `A` in it.
    levels: Vec<(Option<usize>, Option<u32>)>,
}

impl Model {
    fn sees(&self) -> Option<u32> {
        self.levels.last().and_then(|level| level.1)
    }

    /// Where a visit is, if it can be left.
    fn find(&self, visit: usize) -> Option<usize> {
        let closure = self.levels.iter().rposition(|level| level.0.is_none())?;
        let found = self.levels[closure..]
            .iter()
            .position(|level| level.0 == Some(visit))?;
        Some(closure + found)
    }
}

/// A random program, and its state.
struct Program {
    random: u64,
    next: u32,
    model: Model,
    tickets: Vec<(usize, Visit)>,
    residents: Vec<(Option<u32>, Resident)>,
}

impl Program {
    fn below(&mut self, limit: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % limit
    }

    fn new_value(&mut self) -> u32 {
        self.next += 1;
        self.next
    }

    /// In a boundary that the model has.
    fn steps(&mut self, depth: u32) {
        for _ in 0..self.below(12) {
            self.step(depth);
            assert_eq!(A.get_store(), self.model.sees());
        }
    }

    fn closure(&mut self, value: Option<u32>, depth: u32) {
        let height = self.model.levels.len();
        self.model.levels.push((None, value));
        self.steps(depth - 1);
        self.model.levels.truncate(height);
    }

    fn step(&mut self, depth: u32) {
        let value = self.new_value();
        match self.below(if depth > 0 { 12 } else { 8 }) {
            0 | 1 => {
                A.enter_with(value);
                self.model.levels.last_mut().unwrap().1 = Some(value);
            }
            2 | 3 => {
                let (seen, resident) = match self.residents.pop() {
                    Some(resident) if value % 2 == 0 => resident,
                    _ => (Some(value), Resident::new(A.run(value, snapshot))),
                };
                let id = value as usize;
                self.tickets.push((id, resident.visit()));
                self.model.levels.push((Some(id), seen));
            }
            4 | 5 if !self.tickets.is_empty() => {
                let which = self.below(self.tickets.len() as u64) as usize;
                let (id, visit) = self.tickets.swap_remove(which);
                match (self.model.find(id), visit.leave()) {
                    (Some(level), Ok(resident)) => {
                        self.residents.push((self.model.levels[level].1, resident));
                        self.model.levels.truncate(level);
                    }
                    (None, Err(visit)) => self.tickets.push((id, visit)),
                    (expected, left) => panic!("{expected:?} {left:?}"),
                }
            }
            6 => mem::forget(self.tickets.pop()),
            7 => drop(self.residents.pop()),
            8 => A.run(value, || self.closure(Some(value), depth)),
            9 => {
                let seen = self.model.sees();
                snapshot().run(|| self.closure(seen, depth));
            }
            10 => root(|| self.closure(None, depth)),
            11 => {
                let mut seen = None;
                let mut future = pin!(root_scope(async {
                    for _ in 0..3 {
                        self.model.levels.push((None, seen));
                        let height = self.model.levels.len();
                        self.steps(depth - 1);
                        self.model.levels.truncate(height);
                        seen = self.model.levels.pop().unwrap().1;
                        pause().await;
                    }
                }));
                while poll(future.as_mut()).is_pending() {}
            }
            _ => {}
        }
    }
}

/// Laws 1 and 3, whatever is left, kept, dropped and forgotten, in whatever order.
#[test]
fn random_programs_of_visits_and_closures_see_what_the_model_sees() {
    for seed in 1..=2_000_u64 {
        let mut program = Program {
            random: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1,
            next: 0,
            model: Model::default(),
            tickets: Vec::new(),
            residents: Vec::new(),
        };
        root(|| program.closure(None, 5));
        assert_nothing_left();
    }
}
