//! The lists of an emitter's listeners: changed under a lock, read by emissions without one.
//!
//! # Invariants
//!
//! 1. An emission reads what nobody changes (clause `EE-10`): where there are few events a *frozen* copy of all lists, made by the first
//!    emission after a change, and taken back by the next change; so adding a thousand listeners copies nothing. Where there are many, a copy would
//!    be dear, and each emission takes its list from under the lock.
//! 2. A frozen copy, and an emission, share each list with the lists under the lock. A change that finds a list shared copies it first: somebody
//!    is emitting. Whatever a frozen copy holds while it is published, the lists under the lock hold too.
//! 3. Nothing under the lock runs user code. A listener that is taken out is handed out, to be dropped by the caller; if an emission
//!    still has it, by that emission's end.
//! 4. An event without listeners has no list.

use super::Event;
use super::event::{EventId, ListenerId};
use super::listener::Listen;
use arc_swap::ArcSwapOption;
use std::any::Any;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[derive(Default)]
pub(super) struct Lists {
    frozen: ArcSwapOption<Frozen>,
    /// The bits of events, so that one which has no listener is mostly known by a load.
    heard: AtomicU64,
    changed: Mutex<Changed>,
}

/// Beyond so many events there is no frozen copy.
const FEW: usize = 16;

/// What changes, under the lock.
#[derive(Default)]
struct Changed {
    lists: HashMap<EventId, List>,
    /// The event of each listener.
    homes: HashMap<ListenerId, EventId>,
    /// The bits of all events that have listeners, and, where there are many, of some that had.
    bits: u64,
    /// How many lists there have been.
    begun: u64,
    /// Whether a frozen copy is published.
    is_frozen: bool,
}

/// The listeners of one event.
struct List {
    /// Lists are told apart, and named, by when they began.
    since: u64,
    /// That there are too many has been said.
    warned: bool,
    entries: Arc<dyn AnyEntries>,
}

/// The lists, as they were when an emission began.
struct Frozen(Vec<(EventId, Arc<dyn Any + Send + Sync>)>);

/// The listeners of an event whose payload is `A`, in the order of their calls.
struct Entries<A: ?Sized>(Vec<Entry<A>>);

pub(super) struct Entry<A: ?Sized> {
    pub(super) id: ListenerId,
    pub(super) listener: Arc<dyn Listen<A>>,
}

/// A listener that was taken out, for its drop.
pub(super) type Removed = Box<dyn Any + Send + Sync>;

/// At which end of the list.
#[derive(Clone, Copy)]
pub(super) enum Place {
    First,
    Last,
}

impl Lists {
    /// Whether anybody listens for `event`.
    pub(super) fn hears(&self, event: &EventId) -> bool {
        self.may_hear(event.bit()) && self.lock().lists.contains_key(event)
    }

    #[inline(always)]
    fn may_hear(&self, bit: u64) -> bool {
        self.heard.load(Ordering::Acquire) & bit != 0
    }

    /// Hands the listeners of `event`, as they are now, to `f`; if there are none, it is not called.
    #[inline(always)]
    pub(super) fn frozen<A: ?Sized + 'static, K, R>(
        &self,
        event: &Event<A, K>,
        f: impl FnOnce(&[Entry<A>]) -> R,
    ) -> Option<R> {
        if !self.may_hear(event.bit()) {
            return None;
        }
        let frozen = self.frozen.load();
        let list;
        let entries = match &*frozen {
            Some(frozen) => frozen.find(event)?,
            None => {
                list = self.freeze(&event.id())?;
                let entries = list.downcast_ref::<Entries<A>>().expect(ITS_PAYLOAD);
                &entries.0
            }
        };
        Some(f(entries))
    }

    /// The list of one event; and, where there are few, a frozen copy of all for the emissions to come.
    #[cold]
    #[inline(never)]
    fn freeze(&self, event: &EventId) -> Option<Arc<dyn Any + Send + Sync>> {
        let mut changed = self.lock();
        if changed.lists.len() <= FEW && !changed.is_frozen {
            let lists = changed.lists.iter();
            let frozen = lists.map(|(event, list)| (*event, list.shared())).collect();
            changed.is_frozen = true;
            // Under the lock, so that no change comes between.
            self.frozen.store(Some(Arc::new(Frozen(frozen))));
        }
        changed.lists.get(event).map(List::shared)
    }

    /// Adds a listener. Answers how many there are now, if that is more than `limit`, for the first time.
    pub(super) fn add<A: ?Sized + 'static>(
        &self,
        event: EventId,
        entry: Entry<A>,
        place: Place,
        limit: usize,
    ) -> Option<usize> {
        self.change(|changed| {
            changed.homes.insert(entry.id, event);
            let list = changed.list_of::<A>(event);
            let entries = list.entries().as_any_mut().downcast_mut::<Entries<A>>();
            let Entries(entries) = entries.expect(ITS_PAYLOAD);
            match place {
                Place::First => entries.insert(0, entry),
                Place::Last => entries.push(entry),
            }
            let count = entries.len();
            let warn = count > limit && !list.warned;
            list.warned |= warn;
            warn.then_some(count)
        })
    }

    /// Takes a listener out.
    pub(super) fn remove(&self, id: ListenerId) -> Option<(EventId, Removed)> {
        self.change(|changed| {
            let event = changed.homes.remove(&id)?;
            let list = changed.lists.get_mut(&event)?;
            let at = list.entries.position(id)?;
            let removed = list.entries().remove(at);
            if list.entries.len() == 0 {
                changed.end(&event);
            }
            Some((event, removed))
        })
    }

    /// Takes all listeners of one event out.
    pub(super) fn remove_all_of(&self, event: &EventId) -> impl Sized + use<> {
        self.change(|changed| {
            let ended = changed.end(event)?;
            for id in ended.entries.ids() {
                changed.homes.remove(&id);
            }
            Some(ended)
        })
    }

    /// Takes all listeners out.
    pub(super) fn remove_all(&self) -> impl Sized + use<> {
        self.change(std::mem::take)
    }

    /// The listeners of an event, in the order of their calls.
    pub(super) fn ids(&self, event: &EventId) -> Vec<ListenerId> {
        let changed = self.lock();
        changed
            .lists
            .get(event)
            .map_or(Vec::new(), |list| list.entries.ids())
    }

    /// How many listeners an event has.
    pub(super) fn count(&self, event: &EventId) -> usize {
        let changed = self.lock();
        changed.lists.get(event).map_or(0, |list| list.entries.len())
    }

    /// The events that have listeners, in the order of their first ones.
    pub(super) fn events(&self) -> Vec<EventId> {
        let changed = self.lock();
        let mut events: Vec<_> = changed
            .lists
            .iter()
            .map(|(event, list)| (list.since, *event))
            .collect();
        drop(changed);
        events.sort_unstable_by_key(|(since, _)| *since);
        events.into_iter().map(|(_, event)| event).collect()
    }

    /// `f` changes the lists; it runs no user code.
    fn change<R>(&self, f: impl FnOnce(&mut Changed) -> R) -> R {
        let mut changed = self.lock();
        if std::mem::take(&mut changed.is_frozen) {
            // All that it holds is in the lists too, so that no listener is dropped here.
            self.frozen.store(None);
        }
        let result = f(&mut changed);
        self.heard.store(changed.bits, Ordering::Release);
        result
    }

    fn lock(&self) -> MutexGuard<'_, Changed> {
        self.changed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const ITS_PAYLOAD: &str = "an event's identity includes its payload's type";

impl Changed {
    /// The list of that event, begun if there is none.
    fn list_of<A: ?Sized + 'static>(&mut self, event: EventId) -> &mut List {
        self.lists.entry(event).or_insert_with(|| {
            self.bits |= event.bit();
            self.begun += 1;
            List {
                since: self.begun,
                warned: false,
                entries: Arc::new(Entries::<A>(Vec::new())),
            }
        })
    }

    fn end(&mut self, event: &EventId) -> Option<List> {
        let ended = self.lists.remove(event);
        if self.lists.len() <= FEW {
            self.bits = self.lists.keys().fold(0, |bits, event| bits | event.bit());
        }
        ended
    }
}

impl List {
    /// The entries, to be changed: ours alone.
    fn entries(&mut self) -> &mut dyn AnyEntries {
        if Arc::get_mut(&mut self.entries).is_none() {
            self.entries = self.entries.copy();
        }
        Arc::get_mut(&mut self.entries).expect("a copy is shared by nobody")
    }

    /// The entries, which nobody changes as long as the answer is there.
    fn shared(&self) -> Arc<dyn Any + Send + Sync> {
        Arc::clone(&self.entries).into_any()
    }
}

impl Frozen {
    #[inline(always)]
    fn find<A: ?Sized + 'static, K>(&self, event: &Event<A, K>) -> Option<&[Entry<A>]> {
        // The type is compared by the downcast.
        let mut lists = self
            .0
            .iter()
            .filter(|(of, _)| of.is_named(event.name(), event.hash()));
        let entries = lists.find_map(|(_, entries)| entries.downcast_ref::<Entries<A>>())?;
        Some(&entries.0)
    }
}

/// [`Entries`] of whatever payload.
trait AnyEntries: Send + Sync {
    fn len(&self) -> usize;
    fn ids(&self) -> Vec<ListenerId>;
    fn position(&self, id: ListenerId) -> Option<usize>;
    fn remove(&mut self, at: usize) -> Removed;
    fn copy(&self) -> Arc<dyn AnyEntries>;
    fn as_any_mut(&mut self) -> &mut dyn Any;
    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}

impl<A: ?Sized + 'static> AnyEntries for Entries<A> {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn ids(&self) -> Vec<ListenerId> {
        self.0.iter().map(|entry| entry.id).collect()
    }

    fn position(&self, id: ListenerId) -> Option<usize> {
        self.0.iter().position(|entry| entry.id == id)
    }

    fn remove(&mut self, at: usize) -> Removed {
        Box::new(self.0.remove(at))
    }

    fn copy(&self) -> Arc<dyn AnyEntries> {
        Arc::new(Entries(self.0.clone()))
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

impl<A: ?Sized> Clone for Entry<A> {
    fn clone(&self) -> Self {
        Entry {
            id: self.id,
            listener: Arc::clone(&self.listener),
        }
    }
}
