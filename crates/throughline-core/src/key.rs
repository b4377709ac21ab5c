//! What a storage is to a frame: a slot in its index, and an id that says whose store stands there.
//!
//! Slots are handed out smallest first and used again when a storage is dropped, so that an index stays as short as
//! the number of storages alive. Ids are never used again: a store left behind in a frame by a dropped storage is not
//! taken for one of the storage that has its slot now.

use crate::Store;
use crate::label::{Label, Show, Shows, ShowsOf};
use crate::propagation::{Maps, MapsOf, Propagation};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::marker::PhantomData;
use std::panic::Location;
use std::sync::atomic::{AtomicI16, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

/// A storage's place, as frames use it. `T` is the type of its stores: nobody but the key of that type makes a `Place<T>`, which is what
/// lets a frame trust an id with a type.
#[derive(Debug)]
pub(crate) struct Place<T = ()> {
    /// See [`entry_of`].
    pub(crate) entry: i16,
    pub(crate) id: u64,
    pub(crate) asks: Asks,
    stores: PhantomData<fn() -> T>,
}

impl<T> Place<T> {
    /// The same for all that does not read or make a store.
    #[inline]
    pub(crate) fn untyped(self) -> Place {
        Place {
            entry: self.entry,
            id: self.id,
            asks: self.asks,
            stores: PhantomData,
        }
    }
}

impl<T> Clone for Place<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Place<T> {}

/// At which hand-overs a store does not simply cross: one bit for each [`HandOver`](crate::HandOver). A frame's header holds the union of its
/// stores' bits, so that one test tells whether a hand-over has anything to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asks(pub(crate) u8);

/// What makes a storage one: it takes a place when something is first set.
#[derive(Debug)]
pub(crate) struct Key<T> {
    id: AtomicU64,
    /// Of its slot.
    entry: AtomicI16,
    /// Of `propagation`, at hand for each place.
    asks: Asks,
    propagation: Propagation<T>,
    /// Wherever it was set further up: see `audit`.
    pub(crate) is_expected: bool,
    pub(crate) name: &'static str,
    declared: &'static Location<'static>,
    /// How its stores are shown to people; they are not, if nobody said how.
    pub(crate) show: Option<Show<T>>,
}

/// No binding has this id, nor is any index as long as this: an untouched storage reads as unset.
const NO_ID: u64 = u64::MAX;
const NO_ENTRY: i16 = i16::MIN;

/// A frame's header has 16 bits for where its index begins, whose length comes in fours.
const MOST_SLOTS: usize = i16::MAX as usize - 3;

/// Where the entry of a slot is in an index, in entries from the header. Kept in this form, for a read has nothing to compute then.
#[inline(always)]
pub(crate) const fn entry_of(slot: u32) -> i16 {
    !(slot as i16)
}

/// The slot of an entry.
#[inline(always)]
pub(crate) const fn slot_of(entry: i16) -> u32 {
    !entry as u32
}

impl<T> Key<T> {
    #[track_caller]
    pub(crate) const fn new() -> Self {
        Key {
            id: AtomicU64::new(NO_ID),
            entry: AtomicI16::new(NO_ENTRY),
            asks: Asks(Propagation::<T>::new().asks()),
            propagation: Propagation::new(),
            is_expected: false,
            name: "",
            declared: Location::caller(),
            show: None,
        }
    }

    /// What people call it.
    pub(crate) fn label(&self) -> Label {
        Label::of::<T>(self.name, self.declared)
    }

    /// Before the storage is used.
    pub(crate) const fn set_propagation(&mut self, propagation: Propagation<T>) {
        self.asks = Asks(propagation.asks());
        self.propagation = propagation;
    }

    /// For reading. A thread that has a frame with this storage's store in it has seen the place being taken, since
    /// the frame came to it from the thread that took it.
    #[inline(always)]
    pub(crate) fn entry(&self) -> i16 {
        self.entry.load(Ordering::Relaxed)
    }

    #[inline(always)]
    pub(crate) fn id(&self) -> u64 {
        self.id.load(Ordering::Relaxed)
    }
}

impl<T: Store> Key<T> {
    /// For setting: takes a place if there is none yet.
    #[inline]
    #[track_caller]
    pub(crate) fn place(&self) -> Place<T> {
        let mut id = self.id.load(Ordering::Acquire);
        if id == NO_ID {
            // Answers the id alone, so that the usual path keeps the place in registers.
            id = self.take_place();
        }
        Place {
            entry: self.entry(),
            id,
            asks: self.asks,
            stores: PhantomData,
        }
    }

    /// The place, if one was taken: without it, nothing is set anywhere.
    pub(crate) fn place_taken(&self) -> Option<Place> {
        (self.id.load(Ordering::Acquire) != NO_ID).then(|| self.place().untyped())
    }

    #[cold]
    #[inline(never)]
    #[track_caller]
    fn take_place(&self) -> u64 {
        let mut registry = REGISTRY.write().unwrap_or_else(PoisonError::into_inner);
        // Another thread may have been first.
        if self.id() == NO_ID {
            let Some((slot, id)) = registry.take(|slot, id| self.owner(slot, id)) else {
                drop(registry);
                let label = self.label();
                panic!("no room for {label}: more than {MOST_SLOTS} AsyncLocalStorage values in use at once");
            };
            self.entry.store(entry_of(slot), Ordering::Relaxed);
            self.id.store(id, Ordering::Release);
        }
        self.id()
    }

    fn owner(&self, slot: u32, id: u64) -> Owner {
        let place = Place {
            entry: entry_of(slot),
            id,
            asks: self.asks,
            stores: PhantomData,
        };
        let propagation = self.propagation;
        let maps = propagation
            .has_map()
            .then(|| Arc::new(MapsOf { place, propagation }) as Arc<dyn Maps>);
        let shows = self
            .show
            .map(|show| Arc::new(ShowsOf { place, show }) as Arc<dyn Shows>);
        Owner {
            id,
            asks: self.asks.0,
            maps,
            label: Some(self.label()),
            shows,
            #[cfg(feature = "audit")]
            is_expected: self.is_expected,
        }
    }
}

impl<T> Drop for Key<T> {
    fn drop(&mut self) {
        if *self.id.get_mut() == NO_ID {
            return;
        }
        let mut registry = REGISTRY.write().unwrap_or_else(PoisonError::into_inner);
        registry.give_back(slot_of(*self.entry.get_mut()));
        // Frames made before this may hold a store nobody can read any more: see `Frame::epoch`.
        EPOCH.fetch_add(1, Ordering::Relaxed);
    }
}

/// How many storages have been dropped so far, modulo 2^32: it only says when a frame's index is worth looking through,
/// so that missing a change (after exactly 2^32 of them) would merely keep a dead store a little longer.
static EPOCH: AtomicU32 = AtomicU32::new(0);

#[inline(always)]
pub(crate) fn epoch() -> u32 {
    EPOCH.load(Ordering::Relaxed)
}

/// Calls `f` with a function that tells whether the storage of a slot and id is still alive. No user code may run in it.
pub(crate) fn with_liveness<R>(f: impl FnOnce(&dyn Fn(u32, u64) -> bool) -> R) -> R {
    with_owners(|owners| f(&|slot, id| owners.get(slot, id).is_some()))
}

/// Calls `f` with what is known of the storages that are alive, by slot and id. No user code may run in it.
pub(crate) fn with_owners<R>(f: impl FnOnce(&Owners) -> R) -> R {
    f(&REGISTRY.read().unwrap_or_else(PoisonError::into_inner).owners)
}

/// The storage that has each slot.
pub(crate) struct Owners(Vec<Owner>);

/// A storage, as those know it who do not know its type.
#[derive(Default)]
pub(crate) struct Owner {
    /// 0 if none has the slot.
    id: u64,
    /// See [`Asks`].
    pub(crate) asks: u8,
    /// Its maps, if it has any.
    pub(crate) maps: Option<Arc<dyn Maps>>,
    /// None if none has the slot.
    pub(crate) label: Option<Label>,
    /// If its stores may be shown.
    pub(crate) shows: Option<Arc<dyn Shows>>,
    #[cfg(feature = "audit")]
    pub(crate) is_expected: bool,
}

impl Owners {
    /// None if that storage is no more.
    pub(crate) fn get(&self, slot: u32, id: u64) -> Option<&Owner> {
        let owner = self.0.get(slot as usize)?;
        (owner.id == id).then_some(owner)
    }
}

static REGISTRY: RwLock<Registry> = RwLock::new(Registry {
    last_id: 0,
    owners: Owners(Vec::new()),
    free: BinaryHeap::new(),
});

struct Registry {
    last_id: u64,
    owners: Owners,
    free: BinaryHeap<Reverse<u32>>,
}

impl Registry {
    fn take(&mut self, owner: impl FnOnce(u32, u64) -> Owner) -> Option<(u32, u64)> {
        let owners = &mut self.owners.0;
        let slot = match self.free.pop() {
            Some(Reverse(slot)) => slot,
            None if owners.len() == MOST_SLOTS => return None,
            None => {
                owners.push(Owner::default());
                (owners.len() - 1) as u32
            }
        };
        self.last_id += 1;
        let id = self.last_id;
        owners[slot as usize] = owner(slot, id);
        Some((slot, id))
    }

    fn give_back(&mut self, slot: u32) {
        self.owners.0[slot as usize] = Owner::default();
        self.free.push(Reverse(slot));
    }
}
