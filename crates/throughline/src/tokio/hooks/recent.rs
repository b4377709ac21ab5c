//! What a thread remembers of the tasks that it polled last, so that it need not look them up among all.
//!
//! A place is the same for as long as its task lives, and no id is used twice: so what is remembered is never wrong, and at worst nobody asks for it
//! again. The context of a task that is no more is not in its place.

use super::frames::{IdHasher, Place};
use crate::host::Resident;
use ::tokio::task::Id;
use std::cell::RefCell;
use std::hash::{BuildHasher, BuildHasherDefault};

const PLACES: usize = 16;

/// Borrowed only where no code of users runs.
type Remembered = RefCell<Option<(Id, Place)>>;

thread_local! {
    static RECENT: [Remembered; PLACES] = const { [const { RefCell::new(None) }; PLACES] };
}

#[inline]
fn index(task: Id) -> usize {
    let hash = BuildHasherDefault::<IdHasher>::default().hash_one(task);
    (hash >> 60) as usize % PLACES
}

/// Takes the context out of the task's place; none if the place is not remembered.
#[inline]
pub(super) fn take(task: Id) -> Option<Option<Resident>> {
    let take = |recent: &[Remembered; PLACES]| match &*recent[index(task)].borrow() {
        Some((known, place)) if *known == task => Some(place.take()),
        _ => None,
    };
    RECENT.try_with(take).ok().flatten()
}

/// Puts it back there, and answers what was there; the context itself if the place is not remembered.
#[inline]
pub(super) fn put_back(task: Id, context: Resident) -> Result<Option<Resident>, Resident> {
    let mut context = Some(context);
    let put_back = RECENT.try_with(|recent| match &*recent[index(task)].borrow() {
        Some((known, place)) if *known == task => context.take().map(|context| place.put_back(context)),
        _ => None,
    });
    match context {
        Some(context) => Err(context),
        None => Ok(put_back.ok().flatten().flatten()),
    }
}

/// Remembers the task's place, and forgets another one for it.
pub(super) fn keep(task: Id, place: Place) {
    let _ = RECENT.try_with(|recent| recent[index(task)].replace(Some((task, place))));
}
