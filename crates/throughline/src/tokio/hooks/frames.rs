//! Where the context of each task is between its polls.

use crate::Snapshot;
use crate::host::Resident;
use ::tokio::task::Id;
use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Where the context of each task is between its polls.
///
/// tokio gives a hook a task's id, and nothing that it could keep with the task (yet: tokio #7306, #8136), so this is a [`Table`]; the day it does, this trait is what
/// changes.
pub(super) trait TaskFrames {
    /// A task has a context from now on. Answers what it had before.
    fn put(&self, task: Id, context: Resident) -> Option<Resident>;
    /// A poll of the task begins. None if it has no context, or that is out already.
    fn take(&self, task: Id) -> Option<Resident>;
    /// The poll has ended. Answers the context if the task has none to keep.
    fn put_back(&self, task: Id, context: Resident) -> Option<Resident>;
    /// What the task has between its polls.
    fn peek(&self, task: Id) -> Option<Snapshot>;
    /// The task is no more. (It may be one that never had a context, or never was put here.)
    fn remove(&self, task: Id) -> Option<Resident>;
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
    /// None while the context is out for a poll.
    contexts: Mutex<Contexts>,
}

type Contexts = HashMap<Id, Option<Resident>, BuildHasherDefault<IdHasher>>;

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
    /// None if it is empty. A task's own entry was made before any of its polls, and seen by the thread that polls it.
    #[inline]
    fn lock_unless_empty(&self) -> Option<MutexGuard<'_, Contexts>> {
        (self.len.load(Ordering::Relaxed) > 0).then(|| self.lock())
    }

    #[inline]
    fn lock(&self) -> MutexGuard<'_, Contexts> {
        // Nothing that could panic runs under the lock.
        self.contexts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<R>(&self, f: impl FnOnce(&mut Contexts) -> R) -> R {
        let mut contexts = self.lock();
        let answer = f(&mut contexts);
        self.len.store(contexts.len(), Ordering::Relaxed);
        answer
    }
}

impl TaskFrames for Table {
    fn put(&self, task: Id, context: Resident) -> Option<Resident> {
        self.shard(task)
            .change(|contexts| contexts.insert(task, Some(context)))
            .flatten()
    }

    #[inline]
    fn take(&self, task: Id) -> Option<Resident> {
        let mut contexts = self.shard(task).lock_unless_empty()?;
        contexts.get_mut(&task)?.take()
    }

    #[inline]
    fn put_back(&self, task: Id, context: Resident) -> Option<Resident> {
        let Some(mut contexts) = self.shard(task).lock_unless_empty() else {
            return Some(context);
        };
        match contexts.get_mut(&task) {
            Some(place) => place.replace(context),
            None => Some(context),
        }
    }

    fn peek(&self, task: Id) -> Option<Snapshot> {
        let contexts = self.shard(task).lock_unless_empty()?;
        contexts.get(&task)?.as_ref().map(Resident::snapshot)
    }

    #[inline]
    fn remove(&self, task: Id) -> Option<Resident> {
        let shard = self.shard(task);
        if shard.len.load(Ordering::Relaxed) == 0 {
            return None;
        }
        shard.change(|contexts| contexts.remove(&task)).flatten()
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
