//! A thread's word that says what the running scope lends: who is running. Not a frame, but here because it takes a pointer to be cheap.
//!
//! Safe code would copy what is lent (four words) into the thread's own memory and back at each scope: some thirty instructions, where
//! this takes four (`benches/benches/resource.rs`).

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::ptr::{self, NonNull};
use std::thread::LocalKey;

/// Invariant: what it points to, if anything, is alive: it is borrowed by a [`lend`] that is running on this thread, or owned by a
/// [`Pushed`] that has not been popped. Nor does any of these free what it owns while another one, still to put back what it found,
/// found just that.
pub(crate) struct Lent<T>(Cell<*const T>);

impl<T> Lent<T> {
    pub(crate) const fn nothing() -> Self {
        Lent(Cell::new(ptr::null()))
    }
}

/// A copy of what is lent.
#[inline]
pub(crate) fn lent<T: Copy>(key: &'static LocalKey<Lent<T>>) -> Option<T> {
    // SAFETY: by the invariant it is alive, and only read.
    key.with(|word| unsafe { word.0.get().as_ref() }.copied())
}

/// Runs `f` while `value` is lent.
#[inline(always)]
pub(crate) fn lend<T, R>(key: &'static LocalKey<Lent<T>>, value: &T, f: impl FnOnce() -> R) -> R {
    // `value` is borrowed until `f` has ended.
    with_word(key, value, f)
}

/// Runs `f` while nothing is lent.
pub(crate) fn lend_nothing<T, R>(key: &'static LocalKey<Lent<T>>, f: impl FnOnce() -> R) -> R {
    with_word(key, ptr::null(), f)
}

#[inline(always)]
fn with_word<T, R>(key: &'static LocalKey<Lent<T>>, word: *const T, f: impl FnOnce() -> R) -> R {
    struct PutBack<T: 'static>(&'static LocalKey<Lent<T>>, *const T);
    impl<T> Drop for PutBack<T> {
        #[inline(always)]
        fn drop(&mut self) {
            self.0.with(|word| word.0.set(self.1));
        }
    }
    let _before = PutBack(key, key.with(|it| it.0.replace(word)));
    f()
}

/// Lends `value` until the answer is popped.
pub(crate) fn push<T>(key: &'static LocalKey<Lent<T>>, value: T) -> Pushed<T> {
    let value = NonNull::from(Box::leak(Box::new(value)));
    let previous = key.with(|word| word.0.replace(value.as_ptr()));
    Pushed {
        key,
        value,
        previous,
        not_send: PhantomData,
    }
}

/// What it holds is lent, unless something else is that was lent after it.
#[must_use = "it is popped when this is dropped"]
pub(crate) struct Pushed<T: 'static> {
    key: &'static LocalKey<Lent<T>>,
    /// A leaked box.
    value: NonNull<T>,
    previous: *const T,
    /// The word is the thread's.
    not_send: PhantomData<*const ()>,
}

impl<T> Pushed<T> {
    pub(crate) fn is_on_top(&self) -> bool {
        self.key.with(|word| ptr::eq(word.0.get(), self.value.as_ptr()))
    }

    pub(crate) fn get(&self) -> &T {
        // SAFETY: only `drop` frees it.
        unsafe { self.value.as_ref() }
    }
}

impl<T> Drop for Pushed<T> {
    /// Puts back what was lent before, if this is on top; what was lent is gone then. If not, somebody may still put it back: then it
    /// stays where it is, leaked, and nothing changes.
    fn drop(&mut self) {
        if !self.is_on_top() {
            return;
        }
        self.key.with(|word| word.0.set(self.previous));
        // SAFETY: a leaked box, freed once. Whoever found it in the word and puts it back would have begun after it; but since then the word was
        // something else until that one ended, so that one has ended, or was popped out of order and puts nothing back.
        drop(unsafe { Box::from_raw(self.value.as_ptr()) });
    }
}

impl<T: fmt::Debug> fmt::Debug for Pushed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}
