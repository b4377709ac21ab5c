//! What all handles of one channel share.

use super::quiet;
use super::registry;
use super::subscription::Leave;
use super::wiring::{Listener, Lists, Subscriber, Wiring};
use arc_swap::{ArcSwapOption, Guard};
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

pub(super) struct Shared<M: ?Sized + 'static> {
    name: Box<str>,
    /// None while nobody uses the channel. Publishers read it without a lock.
    wiring: ArcSwapOption<Wiring<M>>,
    /// Whoever changes the wiring. Nothing of a user's runs while this is locked: not a closure, not its destructor.
    changing: Mutex<()>,
}

/// Who uses a channel at a moment. Always somebody.
pub(super) struct InUse<M: ?Sized + 'static>(Guard<Option<Arc<Wiring<M>>>>);

impl<M: ?Sized> Deref for InUse<M> {
    type Target = Wiring<M>;

    #[inline]
    fn deref(&self) -> &Wiring<M> {
        match &*self.0 {
            Some(wiring) => wiring,
            None => unreachable!("it is made of somebody's wiring"),
        }
    }
}

/// Ids of subscribers: as rarely asked for as anybody subscribes.
static NEXT: AtomicU64 = AtomicU64::new(0);

impl<M: ?Sized> Shared<M> {
    pub(super) fn new(name: &str) -> Self {
        Shared {
            name: name.into(),
            wiring: ArcSwapOption::empty(),
            changing: Mutex::new(()),
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Who uses it now, if anybody does.
    #[inline]
    pub(super) fn in_use(&self) -> Option<InUse<M>> {
        let wiring = self.wiring.load();
        wiring.is_some().then(|| InUse(wiring))
    }

    /// Puts a changed copy of the lists in place of those that publishers may be walking along.
    pub(super) fn change<R>(self: &Arc<Self>, change: impl FnOnce(&mut Lists<M>) -> R) -> R {
        let changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let former = self.wiring.load_full();
        let mut lists = match &former {
            Some(wiring) => wiring.lists.clone(),
            None => Lists::default(),
        };
        let answer = change(&mut lists);
        let next = (!lists.are_empty()).then(|| {
            Arc::new(Wiring {
                lists,
                channel: self.clone(),
            })
        });
        let comes_into_use = former.is_none() && next.is_some();
        self.wiring.store(next);
        if comes_into_use {
            // Still locked: who subscribes next would not do this, and must not be back before it is done.
            quiet::disturb();
        }
        drop(changing);
        // Last, since it may hold the last count of a closure.
        drop(former);
        answer
    }

    pub(super) fn subscribe(self: &Arc<Self>, listener: Arc<dyn Listener<M>>) -> u64 {
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        self.change(|lists| lists.subscribers.push(Subscriber { id, listener }));
        id
    }
}

impl<M: ?Sized + 'static> Leave for Arc<Shared<M>> {
    fn leave(&self, id: u64) {
        self.change(|lists| lists.subscribers.retain(|subscriber| subscriber.id != id));
    }

    fn channel_name(&self) -> &str {
        &self.name
    }
}

impl<M: ?Sized + 'static> Drop for Shared<M> {
    fn drop(&mut self) {
        registry::sweep(&self.name);
    }
}
