//! What caused each resource that is there.
//!
//! A resource keeps its chain of causes, also of those that are gone: each link is shared by all that it caused. A chain that only grows (a timer that is
//! set anew by its own callback) is cut: from [`LONGEST`] to its nearest half.

use crate::{AsyncHook, AsyncId, ResourceInfo, create_hook};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

const LONGEST: u32 = 64;

pub(super) struct Causes(HashMap<AsyncId, Arc<Link>>);

struct Link {
    resource: ResourceInfo,
    by: Option<Arc<Link>>,
    /// How many links there are from here on.
    length: u32,
}

impl Link {
    fn new(resource: ResourceInfo, by: Option<Arc<Link>>) -> Arc<Self> {
        let length = 1 + by.as_ref().map_or(0, |by| by.length);
        Arc::new(Link { resource, by, length })
    }

    fn chain(self: &Arc<Self>) -> impl Iterator<Item = &Arc<Link>> {
        std::iter::successors(Some(self), |link| link.by.as_ref())
    }

    /// The nearest half of it, in links of its own.
    fn cut(self: &Arc<Self>) -> Option<Arc<Self>> {
        let nearest: Vec<_> = self.chain().take(LONGEST as usize / 2).collect();
        let farthest_first = nearest.into_iter().rev();
        farthest_first.fold(None, |by, link| Some(Link::new(link.resource, by)))
    }
}

impl Causes {
    /// Begins to collect, if that has not been done.
    pub(super) fn collect() {
        static HOOK: OnceLock<AsyncHook> = OnceLock::new();
        let hook = HOOK.get_or_init(|| {
            create_hook()
                .init(|resource| Causes::lock().add(*resource))
                .destroy(|resource| Causes::remove(resource.async_id()))
                .destroy_immediately()
                .build()
        });
        hook.enable();
    }

    /// What caused a resource, the nearest first.
    pub(super) fn of(resource: AsyncId) -> Vec<ResourceInfo> {
        let link = Causes::lock().0.get(&resource).cloned();
        let causes = link.iter().flat_map(Link::chain).skip(1);
        causes.map(|link| link.resource).collect()
    }

    /// No user code runs while it is locked, nor anything that panics: so that a panic hook may lock it.
    fn lock() -> MutexGuard<'static, Causes> {
        static CAUSES: OnceLock<Mutex<Causes>> = OnceLock::new();
        let causes = CAUSES.get_or_init(|| Mutex::new(Causes(HashMap::new())));
        causes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&mut self, resource: ResourceInfo) {
        let by = resource.trigger_async_id().and_then(|id| self.0.get(&id));
        let by = match by {
            Some(by) if by.length == LONGEST => by.cut(),
            by => by.cloned(),
        };
        self.0.insert(resource.async_id(), Link::new(resource, by));
    }

    fn remove(resource: AsyncId) {
        let link = Causes::lock().0.remove(&resource);
        // Outside the lock: it may be the last of a chain.
        drop(link);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AsyncResource;

    #[test]
    fn a_chain_without_end_is_cut() {
        let mut causes = Causes(HashMap::new());
        let mut last = AsyncResource::new("Timer");
        causes.add(last.info());
        for n in 2..1_000_u32 {
            last = last.run_in_async_scope(|| AsyncResource::new("Timer"));
            causes.add(last.info());
            let link = &causes.0[&last.async_id()];
            assert_eq!(link.chain().count() as u32, link.length);
            assert!(link.length <= LONGEST && (link.length == n || link.length > LONGEST / 2));
            assert!(
                link.chain()
                    .zip(link.chain().skip(1))
                    .all(|(link, by)| { link.resource.trigger_async_id() == Some(by.resource.async_id()) })
            );
        }
    }
}
