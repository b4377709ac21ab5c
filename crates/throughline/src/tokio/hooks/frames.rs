//! Where the context of each task is between its polls.

use crate::Snapshot;
use crate::host::Resident;
use ::tokio::task::Id;
use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Where the context of each task is between its polls.
///
/// tokio gives a hook a task's id, and nothing that it could keep with the task (yet: tokio #7306, #8136), so this is a [`Table`]; the day it does, this trait is what
/// changes.
pub(super) trait TaskFrames {
    /// A task has a context from now on. Answers the place of what it had before.
    fn put(&self, task: Id, context: Resident) -> Option<Place>;
    /// Where the task's context is, if it has one: looked up once a poll.
    fn find(&self, task: Id) -> Option<Place>;
    /// The task is no more. (It may be one that never had a context, or never was put here.)
    fn remove(&self, task: Id) -> Option<Place>;
}

/// Where one task's context is between its polls; nothing is in it during a poll.
#[derive(Clone)]
pub(super) struct Place(Arc<Mutex<Option<Resident>>>);

impl Place {
    fn new(context: Resident) -> Self {
        Place(Arc::new(Mutex::new(Some(context))))
    }

    #[inline]
    fn lock(&self) -> MutexGuard<'_, Option<Resident>> {
        // Nothing that could panic runs under the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A poll begins.
    #[inline]
    pub(super) fn take(&self) -> Option<Resident> {
        self.lock().take()
    }

    /// The poll has ended. Answers what is there already, which is nothing if polls do not overlap.
    #[inline]
    pub(super) fn put_back(&self, context: Resident) -> Option<Resident> {
        self.lock().replace(context)
    }

    pub(super) fn snapshot(&self) -> Option<Snapshot> {
        self.lock().as_ref().map(Resident::snapshot)
    }
}

const SHARDS: usize = 64;

/// A map by task id, in shards, so that workers seldom wait for each other. No user code runs under a lock: what goes comes out, and is its caller's to drop.
pub(super) struct Table {
    shards: [Shard; SHARDS],
}

/// On a cache line of its own.
#[repr(align(64))]
#[derive(Default)]
struct Shard {
    /// Without the lock, so that tasks that have no context do not take it.
    len: AtomicUsize,
    places: Mutex<Places>,
}

type Places = HashMap<Id, Place, BuildHasherDefault<IdHasher>>;

impl Table {
    pub(super) fn new() -> Self {
        Table {
            shards: std::array::from_fn(|_| Shard::default()),
        }
    }

    #[inline]
    fn shard(&self, task: Id) -> &Shard {
        let hash = BuildHasherDefault::<IdHasher>::default().hash_one(task);
        // The map uses the low bits and the highest seven.
        &self.shards[(hash >> 32) as usize % SHARDS]
    }
}

impl Shard {
    /// Whether there is anything. A task's own entry was made before any of its polls, and seen by the thread that polls it.
    #[inline]
    fn is_empty(&self) -> bool {
        self.len.load(Ordering::Relaxed) == 0
    }

    #[inline]
    fn lock(&self) -> MutexGuard<'_, Places> {
        // Nothing that could panic runs under the lock.
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<R>(&self, f: impl FnOnce(&mut Places) -> R) -> R {
        let mut places = self.lock();
        let answer = f(&mut places);
        self.len.store(places.len(), Ordering::Relaxed);
        answer
    }
}

impl TaskFrames for Table {
    fn put(&self, task: Id, context: Resident) -> Option<Place> {
        let place = Place::new(context);
        self.shard(task).change(|places| places.insert(task, place))
    }

    #[inline]
    fn find(&self, task: Id) -> Option<Place> {
        let shard = self.shard(task);
        if shard.is_empty() {
            return None;
        }
        shard.lock().get(&task).cloned()
    }

    fn remove(&self, task: Id) -> Option<Place> {
        let shard = self.shard(task);
        if shard.is_empty() {
            return None;
        }
        shard.change(|places| places.remove(&task))
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tasks: usize = self
            .shards
            .iter()
            .map(|shard| shard.len.load(Ordering::Relaxed))
            .sum();
        f.debug_struct("Table").field("tasks", &tasks).finish()
    }
}

/// For ids, which tokio counts up: one multiplication. (Nobody can choose them, so there is nothing to defend.)
#[derive(Default)]
struct IdHasher(u64);

impl Hasher for IdHasher {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.write_u64(byte.into()));
    }

    #[inline]
    fn write_u64(&mut self, number: u64) {
        // 2^64 over the golden ratio: neighbours end up far from each other.
        self.0 = (self.0.rotate_left(5) ^ number).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
}
