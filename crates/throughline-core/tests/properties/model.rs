//! What the library should do, told as simply as possible: a map per boundary, boundaries as a stack (visits among them), a snapshot as a copy of a
//! map. And what should be alive: whatever is in a map that somebody holds.

use std::collections::{BTreeMap, BTreeSet};

pub(crate) type StorageId = u32;
pub(crate) type StoreId = u64;
pub(crate) type GuardId = u64;
pub(crate) type HoldId = u64;
pub(crate) type VisitId = u64;

/// Storage to store.
#[derive(Clone, Debug, Default)]
pub(crate) struct Map {
    pub(crate) set: BTreeMap<StorageId, StoreId>,
    /// Stores that came into a frame when their storage had been dropped, by a `scope` polled for the first time or by the end of
    /// a guard. Nobody can read them; this frame, and frames on top of it, may keep them or not.
    pub(crate) unclear: BTreeSet<StoreId>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Boundary {
    /// The frame it began with, which it holds to its end.
    base: Map,
    map: Map,
    entered: bool,
    /// In the order of their making.
    guards: Vec<Guard>,
    /// If no closure bounds it.
    visit: Option<VisitId>,
}

#[derive(Clone, Debug)]
struct Guard {
    id: GuardId,
    storage: StorageId,
    below: Option<StoreId>,
}

impl Boundary {
    pub(crate) fn on(map: Map) -> Self {
        Boundary {
            base: map.clone(),
            map,
            ..Boundary::default()
        }
    }

    /// A resident that nobody visited yet.
    pub(crate) fn resting(map: Map) -> Self {
        Boundary {
            map,
            entered: true,
            ..Boundary::default()
        }
    }

    /// Between two polls a future holds what is current in it. What it began with goes, if something was entered.
    pub(crate) fn at_rest(mut self) -> Self {
        if self.entered {
            self.base = Map::default();
        }
        self
    }

    /// Nothing is set in it, and no guard is open.
    pub(crate) fn is_empty(&self) -> bool {
        self.map.set.is_empty() && self.guards.is_empty()
    }

    pub(crate) fn stores(&self) -> impl Iterator<Item = StoreId> {
        let maps = self.base.set.values().chain(self.map.set.values());
        maps.copied().chain(self.guards.iter().filter_map(|g| g.below))
    }

    pub(crate) fn unclear(&self) -> impl Iterator<Item = StoreId> {
        self.base.unclear.iter().chain(&self.map.unclear).copied()
    }

    fn put_in_force(&mut self, map: Map) {
        self.map = map;
        self.entered = true;
    }
}

pub(crate) const THREADS: usize = 3;

#[derive(Debug, Default)]
pub(crate) struct Model {
    /// The boundaries of each thread, the innermost last.
    threads: [Vec<Boundary>; THREADS],
    /// What snapshots, bound closures and resting futures hold.
    held: BTreeMap<HoldId, Boundary>,
    /// Stores on their way into a frame, such as those of a `scope` that was not polled yet.
    loose: BTreeSet<StoreId>,
    /// What futures may keep until they are ready and beyond: stores of dropped storages; and all, if one panics over their end.
    lingering: BTreeMap<HoldId, BTreeSet<StoreId>>,
    dropped_storages: BTreeSet<StorageId>,
    /// What stores are mapped to at the hand-over that comes now.
    mapped: BTreeMap<StoreId, StoreId>,
    last_id: u64,
}

impl Model {
    pub(crate) fn new_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    // Maps.

    pub(crate) fn current(&self, thread: usize) -> Map {
        self.threads[thread]
            .last()
            .map(|b| b.map.clone())
            .unwrap_or_default()
    }

    /// What a new frame on top of `base` begins with: what is set there, and nothing of dropped storages (`MEM-2`).
    fn fresh(&self, base: &Map) -> Map {
        let mut map = base.clone();
        map.set.retain(|s, _| !self.dropped_storages.contains(s));
        map
    }

    pub(crate) fn with(&mut self, base: &Map, stores: &[(StorageId, StoreId)]) -> Map {
        let mut map = self.fresh(base);
        for &(storage, store) in stores {
            self.loose.remove(&store);
            if self.dropped_storages.contains(&storage) {
                map.unclear.insert(store);
            } else {
                map.set.insert(storage, store);
            }
        }
        map
    }

    pub(crate) fn without(&self, base: &Map, storage: StorageId) -> Map {
        if !base.set.contains_key(&storage) {
            // There is no new frame.
            return base.clone();
        }
        let mut map = self.fresh(base);
        map.set.remove(&storage);
        map
    }

    /// What of a map crosses a hand-over. The stores that are mapped there get their numbers now.
    pub(crate) fn crossing(&mut self, map: &Map, how: impl Fn(StorageId) -> Crosses) -> Map {
        let mut crossing = Map {
            set: BTreeMap::new(),
            unclear: map.unclear.clone(),
        };
        for (&storage, &store) in &map.set {
            match how(storage) {
                // Whether there is a new frame depends on what else is, or was, in this one.
                _ if self.dropped_storages.contains(&storage) => {
                    crossing.unclear.insert(store);
                }
                Crosses::AsItIs => {
                    crossing.set.insert(storage, store);
                }
                Crosses::Not => {}
                // One in three is mapped to nothing.
                Crosses::Mapped if store % 3 == 0 => {}
                Crosses::Mapped => {
                    let mapped = self.new_id();
                    self.mapped.insert(store, mapped);
                    crossing.set.insert(storage, mapped);
                }
            }
        }
        crossing
    }

    pub(crate) fn take_mapped(&mut self, store: StoreId) -> Option<StoreId> {
        self.mapped.remove(&store)
    }

    // Boundaries.

    pub(crate) fn depth(&self, thread: usize) -> usize {
        self.threads[thread].len()
    }

    pub(crate) fn push(&mut self, thread: usize, boundary: Boundary) {
        self.threads[thread].push(boundary);
    }

    /// The end of a closure: of the visits that are on in it, too.
    pub(crate) fn pop(&mut self, thread: usize) -> Boundary {
        let boundaries = &mut self.threads[thread];
        while boundaries.last().is_some_and(|b| b.visit.is_some()) {
            boundaries.pop();
        }
        boundaries.pop().expect("the boundary that was pushed")
    }

    pub(crate) fn visit(&mut self, thread: usize, mut boundary: Boundary) -> VisitId {
        let id = self.new_id();
        boundary.visit = Some(id);
        self.push(thread, boundary);
        id
    }

    /// Ends a visit and those that began in it; none if it is not on, or a closure that began in it is running.
    pub(crate) fn leave(&mut self, thread: usize, id: VisitId) -> Option<Boundary> {
        let boundaries = &mut self.threads[thread];
        let of_closures = boundaries.iter().rposition(|b| b.visit.is_none());
        let place = boundaries.iter().rposition(|b| b.visit == Some(id))?;
        if of_closures.is_some_and(|n| n > place) {
            return None;
        }
        boundaries.truncate(place + 1);
        let mut left = self.threads[thread].pop()?;
        left.visit = None;
        Some(left)
    }

    /// Whether a visit ends at some time even if nobody can leave it.
    pub(crate) fn is_bounded(&self, thread: usize, id: VisitId) -> bool {
        let boundaries = &self.threads[thread];
        let place = boundaries.iter().rposition(|b| b.visit == Some(id));
        place.is_none_or(|place| boundaries[..place].iter().any(|b| b.visit.is_none()))
    }

    pub(crate) fn hold(&mut self, boundary: Boundary) -> HoldId {
        let id = self.new_id();
        self.held.insert(id, boundary);
        id
    }

    pub(crate) fn held(&self, id: HoldId) -> Map {
        self.held[&id].map.clone()
    }

    pub(crate) fn is_held_empty(&self, id: HoldId) -> bool {
        self.held[&id].is_empty()
    }

    pub(crate) fn release(&mut self, id: HoldId) -> Boundary {
        self.held.remove(&id).expect("what was held")
    }

    /// Holds again what was released.
    pub(crate) fn keep(&mut self, id: HoldId, boundary: Boundary) {
        self.held.insert(id, boundary);
    }

    /// What an adapter may keep longer than it has to.
    pub(crate) fn linger(&mut self, id: HoldId, stores: impl Iterator<Item = StoreId>) {
        self.lingering.entry(id).or_default().extend(stores);
    }

    pub(crate) fn stop_lingering(&mut self, id: HoldId) {
        self.lingering.remove(&id);
    }

    /// While a store is lent out, an entered frame is held.
    pub(crate) fn lend(&mut self, thread: usize, storage: StorageId) -> Option<HoldId> {
        let boundary = self.threads[thread].last()?;
        let is_held = boundary.entered && boundary.map.set.contains_key(&storage);
        let map = is_held.then(|| boundary.map.clone())?;
        Some(self.hold(Boundary::on(map)))
    }

    pub(crate) fn enter(&mut self, thread: usize, storage: StorageId, store: StoreId) {
        let map = self.current(thread);
        let map = self.with(&map, &[(storage, store)]);
        self.innermost(thread).put_in_force(map);
    }

    pub(crate) fn set(&mut self, thread: usize, map: Map) {
        let boundary = self.innermost(thread);
        boundary.guards.clear();
        boundary.put_in_force(map);
    }

    pub(crate) fn disable(&mut self, thread: usize, storage: StorageId) {
        if self.depth(thread) == 0 {
            return;
        }
        let map = self.current(thread);
        let without = self.without(&map, storage);
        let boundary = self.innermost(thread);
        boundary.guards.retain(|g| g.storage != storage);
        if map.set.contains_key(&storage) {
            boundary.put_in_force(without);
        }
    }

    pub(crate) fn open(&mut self, thread: usize, storage: StorageId, store: StoreId) -> GuardId {
        let id = self.new_id();
        let below = self.innermost(thread).map.set.get(&storage).copied();
        self.enter(thread, storage, store);
        let guards = &mut self.innermost(thread).guards;
        guards.push(Guard { id, storage, below });
        id
    }

    /// In another boundary than the guard's own this does nothing, nor after that has ended.
    pub(crate) fn close(&mut self, thread: usize, id: GuardId) {
        let Some(boundary) = self.threads[thread].last_mut() else {
            return;
        };
        let Some(i) = boundary.guards.iter().position(|g| g.id == id) else {
            return;
        };
        let Guard { storage, below, .. } = boundary.guards.remove(i);
        if let Some(later) = boundary.guards[i..].iter_mut().find(|g| g.storage == storage) {
            later.below = below;
            return;
        }
        let old = boundary.map.clone();
        let mut map = self.fresh(&old);
        if self.dropped_storages.contains(&storage) {
            // Nobody can see what is done, and whether there is a new frame.
            let dropped = old
                .set
                .into_iter()
                .filter(|(s, _)| self.dropped_storages.contains(s));
            map.unclear.extend(dropped.map(|(_, store)| store).chain(below));
        } else if let Some(below) = below {
            map.set.insert(storage, below);
        } else {
            map.set.remove(&storage);
        }
        self.innermost(thread).put_in_force(map);
    }

    fn innermost(&mut self, thread: usize) -> &mut Boundary {
        self.threads[thread].last_mut().expect("a boundary")
    }

    // Stores and storages.

    pub(crate) fn new_store(&mut self) -> StoreId {
        let id = self.new_id();
        self.loose.insert(id);
        id
    }

    /// One that was on its way will come into no frame any more.
    pub(crate) fn store_dropped(&mut self, store: StoreId) {
        self.loose.remove(&store);
    }

    pub(crate) fn storage_dropped(&mut self, storage: StorageId) {
        self.dropped_storages.insert(storage);
    }

    /// The stores that must be alive, and those that may be.
    pub(crate) fn reachable(&self) -> (BTreeSet<StoreId>, BTreeSet<StoreId>) {
        let mut must = self.loose.clone();
        let mut may: BTreeSet<_> = self.lingering.values().flatten().copied().collect();
        for boundary in self.threads.iter().flatten().chain(self.held.values()) {
            must.extend(boundary.stores());
            may.extend(boundary.unclear());
        }
        (must, may)
    }

    /// Whether no thread is in a boundary, and nothing is held.
    pub(crate) fn is_at_rest(&self) -> bool {
        self.threads.iter().all(Vec::is_empty) && self.held.is_empty() && self.loose.is_empty()
    }
}

/// How a store crosses a hand-over.
pub(crate) enum Crosses {
    AsItIs,
    Not,
    Mapped,
}

impl From<Map> for Boundary {
    fn from(map: Map) -> Self {
        Boundary::on(map)
    }
}
