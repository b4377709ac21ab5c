//! What people are told of a storage: its name, where it was declared, and what it holds, if that may be shown.

use crate::Store;
use crate::frame::FrameRef;
use crate::key::{self, Place};
use std::fmt;
use std::panic::Location;
use std::sync::Arc;

/// How one store is shown.
pub(crate) type Show<T> = fn(&T, &mut fmt::Formatter<'_>) -> fmt::Result;

/// Which storage it is: by its name, or else by its type and the place of its declaration.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Label {
    name: &'static str,
    store: &'static str,
    declared: &'static Location<'static>,
}

impl Label {
    pub(crate) fn of<T>(name: &'static str, declared: &'static Location<'static>) -> Self {
        Label {
            name,
            store: std::any::type_name::<T>(),
            declared,
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn declared(&self) -> &'static Location<'static> {
        self.declared
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.is_empty() {
            let Label { store, declared, .. } = self;
            write!(
                f,
                "AsyncLocalStorage<{store}> at {}:{}",
                declared.file(),
                declared.line()
            )
        } else {
            f.write_str(self.name)
        }
    }
}

impl fmt::Debug for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Shows the stores of one storage, for frames, which do not know the types of their stores.
pub(crate) trait Shows: Send + Sync {
    /// The store in `from`, in which it is set.
    fn show(&self, from: &FrameRef, f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

pub(crate) struct ShowsOf<T> {
    pub(crate) place: Place<T>,
    pub(crate) show: Show<T>,
}

impl<T: Store> Shows for ShowsOf<T> {
    fn show(&self, from: &FrameRef, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match from.find_at(self.place) {
            Some(store) => (self.show)(store, f),
            None => f.write_fmt(HIDDEN),
        }
    }
}

/// A store, as its storage shows it.
pub(crate) struct Shown<'a, T>(pub(crate) &'a T, pub(crate) Show<T>);

impl<T> fmt::Debug for Shown<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (self.1)(self.0, f)
    }
}

/// What stands for a store that is not to be shown.
pub(crate) const HIDDEN: fmt::Arguments<'static> = format_args!("..");

/// Writes each storage that is set in `frame`, and its store, if it may be shown. One that was dropped since is left out: nobody can read it.
pub(crate) fn write_stores(frame: &FrameRef, stores: &mut fmt::DebugStruct<'_, '_>) {
    struct Of<'a>(&'a dyn Shows, &'a FrameRef);
    impl fmt::Debug for Of<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.show(self.1, f)
        }
    }
    for (label, shows) in labels_in(frame) {
        let label = label.to_string();
        match shows {
            Some(shows) => stores.field(&label, &Of(&*shows, frame)),
            None => stores.field(&label, &HIDDEN),
        };
    }
}

/// Taken out of the registry first, since showing runs user code.
fn labels_in(frame: &FrameRef) -> Vec<(Label, Option<Arc<dyn Shows>>)> {
    key::with_owners(|owners| {
        let storages = crate::frame::storages_in(frame);
        storages
            .filter_map(|(slot, id)| owners.get(slot, id))
            .filter_map(|owner| owner.label.map(|label| (label, owner.shows.clone())))
            .collect()
    })
}
