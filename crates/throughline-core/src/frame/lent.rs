//! A thread's word that says what the running scope lends: who is running. No frame, but here because it takes a pointer to be cheap.
//!
//! Safe code would copy what is lent (four words) into the thread's own memory and back at each scope: some thirty instructions, where
//! this takes four (`benches/src/questions/resource.rs`).

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::ptr::{self, NonNull};
use std::thread::LocalKey;

/// Invariant: what `top` points to, if anything, is alive: it is borrowed by a [`lend`] that is running on this thread, or lies in the [`Node`] of a
/// [`Pushed`], which is freed only where nobody can put it back any more. The same holds for what these found when they began, as long as they can
/// put it back.
pub(crate) struct Lent<T> {
    top: Cell<*const T>,
    /// The nodes that were dropped while something was on top of them: whoever finds one on top looks at what was there before it.
    dead: Cell<*const Node<T>>,
}

impl<T> Lent<T> {
    pub(crate) const fn nothing() -> Self {
        Lent {
            top: Cell::new(ptr::null()),
            dead: Cell::new(ptr::null()),
        }
    }

    /// What is lent, or was before what is dead.
    #[inline]
    fn alive(&self) -> *const T {
        if self.dead.get().is_null() {
            self.top.get()
        } else {
            self.alive_below()
        }
    }

    #[cold]
    fn alive_below(&self) -> *const T {
        let mut top = self.top.get();
        let mut dead = self.dead.get();
        while !dead.is_null() {
            // SAFETY: dead nodes are leaked.
            let node = unsafe { &*dead };
            if ptr::eq(&raw const node.value, top) {
                // It can be put back, so what it found can.
                top = node.previous;
                dead = self.dead.get();
            } else {
                dead = node.next.get();
            }
        }
        top
    }
}

/// A copy of what is lent.
#[inline]
pub(crate) fn lent<T: Copy>(key: &'static LocalKey<Lent<T>>) -> Option<T> {
    // SAFETY: by the invariant it is alive, and only read.
    key.with(|word| unsafe { word.alive().as_ref() }.copied())
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
            self.0.with(|word| word.top.set(self.1));
        }
    }
    let _before = PutBack(key, key.with(|it| it.top.replace(word)));
    f()
}

/// One of several values that are lent at once: see [`link`].
pub(crate) struct Link<T> {
    value: T,
    outer: *const Link<T>,
}

/// Runs `f` while `value` is lent beside all that is lent already; gives it back.
pub(crate) fn link<T, R>(key: &'static LocalKey<Lent<Link<T>>>, value: T, f: impl FnOnce(&T) -> R) -> (T, R) {
    let outer = key.with(Lent::alive);
    let link = Link { value, outer };
    let answer = lend(key, &link, || f(&link.value));
    (link.value, answer)
}

/// The first answer of `f` for what is linked, from the innermost on.
pub(crate) fn find_linked<T, R>(
    key: &'static LocalKey<Lent<Link<T>>>,
    mut f: impl FnMut(&T) -> Option<R>,
) -> Option<R> {
    let mut link = key.with(Lent::alive);
    // SAFETY: each is lent by a `link` that is running, as is, further down the stack, the one it found. None ends while `f` runs.
    while let Some(inner) = unsafe { link.as_ref() } {
        if let Some(answer) = f(&inner.value) {
            return Some(answer);
        }
        link = inner.outer;
    }
    None
}

/// What is pushed, in a leaked box.
struct Node<T> {
    value: T,
    previous: *const T,
    /// Among the dead.
    next: Cell<*const Node<T>>,
}

/// Lends `value` until the answer is popped.
pub(crate) fn push<T>(key: &'static LocalKey<Lent<T>>, value: T) -> Pushed<T> {
    let previous = key.with(|word| word.top.get());
    let next = Cell::new(ptr::null());
    let node = NonNull::from(Box::leak(Box::new(Node {
        value,
        previous,
        next,
    })));
    // SAFETY: a leaked box is alive.
    let value = unsafe { &raw const (*node.as_ptr()).value };
    key.with(|word| word.top.set(value));
    Pushed {
        key,
        node,
        not_send: PhantomData,
    }
}

/// What it holds is lent, unless something else is that was lent after it.
#[must_use = "it is popped when this is dropped"]
pub(crate) struct Pushed<T: 'static> {
    key: &'static LocalKey<Lent<T>>,
    node: NonNull<Node<T>>,
    /// The word is the thread's.
    not_send: PhantomData<*const ()>,
}

impl<T> Pushed<T> {
    fn node(&self) -> &Node<T> {
        // SAFETY: only `drop` frees it.
        unsafe { self.node.as_ref() }
    }

    pub(crate) fn is_on_top(&self) -> bool {
        self.key.with(|word| ptr::eq(word.alive(), self.get()))
    }

    pub(crate) fn get(&self) -> &T {
        &self.node().value
    }
}

impl<T> Drop for Pushed<T> {
    /// Puts back what was lent before, if this is on top. If something else is, which may still put this back, this is dead from here on: leaked,
    /// and passed over.
    fn drop(&mut self) {
        self.key.with(|word| {
            let node = self.node();
            if ptr::eq(word.top.get(), &raw const node.value) {
                word.top.set(node.previous);
                // SAFETY: a leaked box, freed once. Whoever found it in the word and puts it back would have begun after it; but since then the word
                // was something else until that one ended, so that one has ended, or is dead, and puts nothing back.
                drop(unsafe { Box::from_raw(self.node.as_ptr()) });
            } else {
                node.next.set(word.dead.replace(self.node.as_ptr()));
            }
        });
    }
}

impl<T: fmt::Debug> fmt::Debug for Pushed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}
