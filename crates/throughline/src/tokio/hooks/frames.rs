//! Where the context of each task is between its polls.

use crate::__private::isolate;
use crate::Snapshot;
use crate::host::{Resident, ResidentCell};
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
    /// A task, which had none, has a context from now on.
    fn put(&self, task: Id, context: Resident);
    /// Whether no task has a context.
    fn is_empty(&self) -> bool;
    /// Where the task's context is, if it has one.
    fn find(&self, task: Id) -> Option<Place>;
    /// The task is no more. (It may be one that never had a context, or never was put here.)
    fn remove(&self, task: Id) -> Option<Place>;
}

/// Where one task's context is between its polls; nothing is in it during a poll. It is the same for as long as the task lives.
#[derive(Clone)]
pub(super) struct Place(Arc<ResidentCell>);

impl Place {
    fn new(context: Resident) -> Self {
        Place(Arc::new(ResidentCell::new(context)))
    }

    /// A poll begins, or the task is no more.
    #[inline]
    pub(super) fn take(&self) -> Option<Resident> {
        self.0.take()
    }

    /// The poll has ended. Answers what is there already, which is nothing if polls do not overlap.
    #[inline]
    pub(super) fn put_back(&self, context: Resident) -> Option<Resident> {
        self.0.replace(context)
    }

    /// What is in it, for whoever knows that no poll begins meanwhile.
    pub(super) fn snapshot(&self) -> Option<Snapshot> {
        let context = self.take()?;
        let snapshot = context.snapshot();
        drop(self.put_back(context));
        Some(snapshot)
    }
}

const SHARDS: usize = 64;

/// A map by task id, in shards, so that workers seldom wait for each other. No user code runs under a lock: what goes comes out, and is its caller's to drop.
pub(super) struct Table {
    shards: [Shard; SHARDS],
    /// How many tasks are in it. (A task's own entry was made before any of its polls, and seen by the thread that polls it.)
    len: AtomicUsize,
}

/// On a cache line of its own.
#[repr(align(64))]
#[derive(Default)]
struct Shard(Mutex<Places>);

type Places = HashMap<Id, Place, BuildHasherDefault<IdHasher>>;

impl Table {
    pub(super) fn new() -> Self {
        Table {
            shards: std::array::from_fn(|_| Shard::default()),
            len: AtomicUsize::new(0),
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
    #[inline]
    fn lock(&self) -> MutexGuard<'_, Places> {
        // Nothing that could panic runs under the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TaskFrames for Table {
    fn put(&self, task: Id, context: Resident) {
        let place = Place::new(context);
        let before = self.shard(task).lock().insert(task, place);
        match before {
            // A poll that overlapped another one of its task: not what tokio does.
            Some(place) => drop(place),
            None => _ = self.len.fetch_add(1, Ordering::Relaxed),
        }
    }

    #[inline]
    fn is_empty(&self) -> bool {
        self.len.load(Ordering::Relaxed) == 0
    }

    fn find(&self, task: Id) -> Option<Place> {
        self.shard(task).lock().get(&task).cloned()
    }

    fn remove(&self, task: Id) -> Option<Place> {
        if self.is_empty() {
            return None;
        }
        let place = self.shard(task).lock().remove(&task)?;
        self.len.fetch_sub(1, Ordering::Relaxed);
        Some(place)
    }
}

/// Whoever remembers a place, none of its contexts outlives its runtime.
impl Drop for Table {
    fn drop(&mut self) {
        for shard in &mut self.shards {
            let places = shard.0.get_mut().unwrap_or_else(PoisonError::into_inner);
            for (task, place) in places.drain() {
                let place_of = || format!("end of the runtime of tokio's task {task}");
                isolate(place_of, || drop(place.take()));
            }
        }
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tasks = self.len.load(Ordering::Relaxed);
        f.debug_struct("Table").field("tasks", &tasks).finish()
    }
}

/// For ids, which tokio counts up: one multiplication. (Nobody can choose them, so there is nothing to defend.)
#[derive(Default)]
pub(super) struct IdHasher(u64);

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
