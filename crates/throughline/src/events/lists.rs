//! The lists of an emitter's listeners: changed under a lock, read by emissions without one.
//!
//! # Invariants
//!
//! 1. An emission reads a *frozen* copy of the lists, which nobody changes (clause `EE-10`). It is made by the first emission after a
//!    change, and taken back by the next change; so adding a thousand listeners copies nothing.
//! 2. The frozen copy shares each list with the lists under the lock. A change that finds a list shared copies it first: somebody
//!    is emitting. Whatever a frozen copy holds while it is published, the lists under the lock hold too.
//! 3. Nothing under the lock runs user code. A listener that is taken out is handed out, to be dropped by the caller; if an emission
//!    still has it, by that emission's end.
//! 4. An event without listeners has no list.

use super::Event;
use super::event::{EventId, ListenerId};
use super::listener::Listen;
use arc_swap::{ArcSwapOption, Guard};
use std::any::Any;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[derive(Default)]
pub(super) struct Lists {
    frozen: ArcSwapOption<Frozen>,
    /// The bits of all events that have listeners; so that one which has none is known by a load.
    heard: AtomicU64,
    lists: Mutex<Vec<List>>,
}

/// The listeners of one event.
struct List {
    event: EventId,
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
        self.may_hear(event.bit()) && self.lock().iter().any(|list| list.event == *event)
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
        let frozen = if frozen.is_some() { frozen } else { self.freeze() };
        let entries = frozen.as_ref()?.find(event)?;
        Some(f(entries))
    }

    #[cold]
    #[inline(never)]
    fn freeze(&self) -> Guard<Option<Arc<Frozen>>> {
        let lists = self.lock();
        let frozen = lists
            .iter()
            .map(|list| (list.event, Arc::clone(&list.entries).into_any()));
        let frozen = Some(Arc::new(Frozen(frozen.collect())));
        // Under the lock, so that no change comes between.
        self.frozen.store(frozen.clone());
        Guard::from_inner(frozen)
    }

    /// Adds a listener. Answers how many there are now, if that is more than `limit`, for the first time.
    pub(super) fn add<A: ?Sized + 'static>(
        &self,
        event: EventId,
        entry: Entry<A>,
        place: Place,
        limit: usize,
    ) -> Option<usize> {
        self.change(|lists| {
            let list = match lists.iter().position(|list| list.event == event) {
                Some(at) => &mut lists[at],
                None => {
                    lists.push(List::new::<A>(event));
                    lists.last_mut().expect("one was pushed")
                }
            };
            let entries = list.entries().as_any_mut().downcast_mut::<Entries<A>>();
            let Entries(entries) = entries.expect("an event's identity includes its payload's type");
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
        self.change(|lists| {
            let mut places = lists.iter().enumerate();
            let (list, at) = places.find_map(|(i, list)| Some((i, list.entries.position(id)?)))?;
            let event = lists[list].event;
            let removed = lists[list].entries().remove(at);
            if lists[list].entries.len() == 0 {
                lists.remove(list);
            }
            Some((event, removed))
        })
    }

    /// Takes all listeners of one event out.
    pub(super) fn remove_all_of(&self, event: &EventId) -> impl Sized + use<> {
        self.change(|lists| {
            let at = lists.iter().position(|list| list.event == *event)?;
            Some(lists.remove(at))
        })
    }

    /// Takes all listeners out.
    pub(super) fn remove_all(&self) -> impl Sized + use<> {
        self.change(std::mem::take)
    }

    /// The listeners of an event, in the order of their calls.
    pub(super) fn ids(&self, event: &EventId) -> Vec<ListenerId> {
        let lists = self.lock();
        let list = lists.iter().find(|list| list.event == *event);
        list.map_or(Vec::new(), |list| list.entries.ids())
    }

    /// How many listeners an event has.
    pub(super) fn count(&self, event: &EventId) -> usize {
        let lists = self.lock();
        let list = lists.iter().find(|list| list.event == *event);
        list.map_or(0, |list| list.entries.len())
    }

    /// The events that have listeners, in the order of their first ones.
    pub(super) fn events(&self) -> Vec<EventId> {
        self.lock().iter().map(|list| list.event).collect()
    }

    /// `f` changes the lists; it runs no user code.
    fn change<R>(&self, f: impl FnOnce(&mut Vec<List>) -> R) -> R {
        let mut lists = self.lock();
        // All that it holds is in `lists` too, so that no listener is dropped here.
        self.frozen.store(None);
        let result = f(&mut lists);
        let heard = lists.iter().fold(0, |bits, list| bits | list.event.bit());
        self.heard.store(heard, Ordering::Release);
        result
    }

    fn lock(&self) -> MutexGuard<'_, Vec<List>> {
        self.lists.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl List {
    fn new<A: ?Sized + 'static>(event: EventId) -> Self {
        List {
            event,
            warned: false,
            entries: Arc::new(Entries::<A>(Vec::new())),
        }
    }

    /// The entries, to be changed: ours alone.
    fn entries(&mut self) -> &mut dyn AnyEntries {
        if Arc::get_mut(&mut self.entries).is_none() {
            self.entries = self.entries.copy();
        }
        Arc::get_mut(&mut self.entries).expect("a copy is shared by nobody")
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
