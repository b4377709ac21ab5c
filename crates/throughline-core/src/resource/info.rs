//! What is known of a resource: its id, its cause, its type.

use super::AsyncId;
use std::collections::HashSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// The type name of a resource, such as `"DBQuery"`: what hooks are told, and choose by.
///
/// Made from a `&'static str`; a name that is known only at run time is [`interned`](Self::interned). An empty name is refused where a
/// resource is made of it (clause `RES-1`).
///
/// Anything else than a name is refused by the compiler, and so is a name that may be gone before the resource:
/// ```compile_fail,E0597
/// let name = String::from("DBQuery");
/// throughline_core::AsyncResource::new(name.as_str());
/// ```
/// ```
/// use throughline_core::{AsyncResource, ResourceType};
/// let name = String::from("DBQuery");
/// AsyncResource::new(ResourceType::interned(&name));
/// ```
#[allow(clippy::derived_hash_with_manual_eq)] // Equal as the texts are, of which the hash is.
#[derive(Clone, Copy, Eq, Hash)]
pub struct ResourceType(&'static str);

impl PartialEq for ResourceType {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        // Mostly the same text at the same place.
        std::ptr::eq(self.0, other.0) || self.0 == other.0
    }
}

impl ResourceType {
    /// What Node calls the resource of a bound function (clause `RES-12`).
    pub const BOUND: Self = ResourceType("bound-anonymous-fn");

    /// The type of that name.
    pub const fn new(name: &'static str) -> Self {
        ResourceType(name)
    }

    /// The type of that name, which is kept for as long as the process lives: not for names without end.
    pub fn interned(name: &str) -> Self {
        ResourceType(interned(name))
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        self.0
    }

    /// One bit of 63, the same for equal names. Different names may share one: it only tells quickly that nobody watches a type.
    pub(super) const fn bit(self) -> u64 {
        let name = self.0.as_bytes();
        match name.len() {
            0 => 1,
            len => 1 << ((len * 7 + name[0] as usize + name[len - 1] as usize * 3) % 63),
        }
    }
}

/// That text, kept for as long as the process lives: the same place for the same text.
pub fn interned(text: &str) -> &'static str {
    static KEPT: Mutex<Option<HashSet<&'static str>>> = Mutex::new(None);
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let kept = kept.get_or_insert_default();
    if let Some(known) = kept.get(text) {
        return known;
    }
    let text: &'static str = Box::leak(text.into());
    kept.insert(text);
    text
}

impl From<&'static str> for ResourceType {
    #[inline]
    fn from(name: &'static str) -> Self {
        ResourceType(name)
    }
}

impl fmt::Display for ResourceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for ResourceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ResourceType({})", self.0)
    }
}

/// What hooks are told of a resource: its id, its cause, its type.
///
/// In Node it is the resource object itself; here a copy of what identifies it, which is there also after the resource is gone.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ResourceInfo {
    id: AsyncId,
    trigger: Option<AsyncId>,
    type_name: ResourceType,
}

impl ResourceInfo {
    #[inline]
    pub(super) fn new(id: AsyncId, trigger: Option<AsyncId>, type_name: ResourceType) -> Self {
        ResourceInfo {
            id,
            trigger,
            type_name,
        }
    }

    /// Its id.
    #[doc(alias = "asyncId")]
    #[inline]
    pub fn async_id(&self) -> AsyncId {
        self.id
    }

    /// The id of what caused it; none where Node says 0, outside of any resource.
    #[doc(alias = "triggerAsyncId")]
    #[inline]
    pub fn trigger_async_id(&self) -> Option<AsyncId> {
        self.trigger
    }

    /// The name of its type.
    #[doc(alias = "type")]
    #[inline]
    pub fn type_name(&self) -> &'static str {
        self.type_name.name()
    }

    /// Its type.
    #[inline]
    pub fn resource_type(&self) -> ResourceType {
        self.type_name
    }
}

impl fmt::Debug for ResourceInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({}", self.type_name, self.id)?;
        if let Some(trigger) = self.trigger {
            write!(f, " by {trigger}")?;
        }
        f.write_str(")")
    }
}
