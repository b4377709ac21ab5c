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
    /// How many nodes there are beside those.
    pushed: Cell<usize>,
    /// How many [`lend_nothing`] are running.
    nothings: Cell<usize>,
}

impl<T> Lent<T> {
    pub(crate) const fn nothing() -> Self {
        Lent {
            top: Cell::new(ptr::null()),
            dead: Cell::new(ptr::null()),
            pushed: Cell::new(0),
            nothings: Cell::new(0),
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
            // SAFETY: dead nodes are there until they are buried.
            let node = unsafe { &*dead };
            if ptr::eq(&raw const node.value, top) {
                // It can be put back, so what it found can.
                top = node.previous;
                dead = self.dead.get();
            } else {
                dead = node.next.get();
            }
        }
        if top.is_null() {
            self.bury();
        }
        top
    }

    /// Frees the dead, unless somebody may still put one back. Nothing that is alive is on top.
    fn bury(&self) {
        if self.pushed.get() > 0 || self.nothings.get() > 0 {
            return;
        }
        // Then no `lend` is running, since what that lends would be on top, or something above it that is alive.
        self.top.set(ptr::null());
        let mut dead = self.dead.replace(ptr::null());
        while !dead.is_null() {
            // SAFETY: a leaked box, freed once; neither the word nor a node refers to it any more.
            let node = unsafe { Box::from_raw(dead.cast_mut()) };
            dead = node.next.get();
        }
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
    struct Running<T: 'static>(&'static LocalKey<Lent<T>>);
    impl<T> Drop for Running<T> {
        fn drop(&mut self) {
            self.0.with(|word| word.nothings.set(word.nothings.get() - 1));
        }
    }
    key.with(|word| word.nothings.set(word.nothings.get() + 1));
    let _running = Running(key);
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
    value: *const T,
    outer: *const Link<T>,
}

/// Runs `f` while `value` is lent beside all that is lent already.
#[inline(always)]
pub(crate) fn link<T, R>(key: &'static LocalKey<Lent<Link<T>>>, value: &T, f: impl FnOnce() -> R) -> R {
    let outer = key.with(Lent::alive);
    // `value` is borrowed until `f` has ended.
    lend(key, &Link { value, outer }, f)
}

/// The first answer of `f` for what is linked, from the innermost on.
pub(crate) fn find_linked<T, R>(
    key: &'static LocalKey<Lent<Link<T>>>,
    mut f: impl FnMut(&T) -> Option<R>,
) -> Option<R> {
    let mut link = key.with(Lent::alive);
    // SAFETY: each is lent by a `link` that is running, as is, further down the stack, the one it found. None ends while `f` runs, and with it what it
    // borrows.
    while let Some((inner, value)) = unsafe { link.as_ref().map(|link| (link, &*link.value)) } {
        if let Some(answer) = f(value) {
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
pub(crate) fn push<T: Copy>(key: &'static LocalKey<Lent<T>>, value: T) -> Pushed<T> {
    let previous = key.with(Lent::alive);
    let next = Cell::new(ptr::null());
    let node = NonNull::from(Box::leak(Box::new(Node {
        value,
        previous,
        next,
    })));
    // SAFETY: a leaked box is alive.
    let value = unsafe { &raw const (*node.as_ptr()).value };
    key.with(|word| {
        word.top.set(value);
        word.pushed.set(word.pushed.get() + 1);
    });
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
    /// Puts back what was lent before, if this is on top. If something else is, which may still put this back, this is dead from here on: passed
    /// over, and there until nothing is lent.
    fn drop(&mut self) {
        self.key.with(|word| {
            word.pushed.set(word.pushed.get() - 1);
            let node = self.node();
            if ptr::eq(word.top.get(), &raw const node.value) {
                word.top.set(node.previous);
                // SAFETY: a leaked box, freed once. Whoever found it in the word and puts it back would have begun after it; but since then the word
                // was something else until that one ended, so that one has ended, or is dead, and puts nothing back.
                drop(unsafe { Box::from_raw(self.node.as_ptr()) });
            } else {
                node.next.set(word.dead.replace(self.node.as_ptr()));
            }
            // The last to go buries the dead.
            word.alive();
        });
    }
}

impl<T: fmt::Debug> fmt::Debug for Pushed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    std::thread_local! {
        static WORD: Lent<u32> = const { Lent::nothing() };
    }

    /// A random program on the word, and what the word should say.
    struct Program {
        random: u64,
        next: u32,
        /// From the outermost on: what is lent, if anything; and whether it was pushed.
        expected: Vec<(Option<u32>, bool)>,
        pushed: Vec<Pushed<u32>>,
    }

    impl Program {
        fn below(&mut self, limit: u64) -> u64 {
            self.random ^= self.random << 13;
            self.random ^= self.random >> 7;
            self.random ^= self.random << 17;
            self.random % limit
        }

        fn check(&self) {
            let top = self.expected.last().and_then(|top| top.0);
            assert_eq!(lent(&WORD), top);
            let on_top: Vec<_> = self.pushed.iter().filter(|pushed| pushed.is_on_top()).collect();
            assert!(on_top.len() <= 1);
            assert!(on_top.iter().all(|pushed| Some(*pushed.get()) == top));
        }

        fn lend(&mut self, depth: u32, value: Option<u32>) {
            let program = || {
                self.expected.push((value, false));
                self.run(depth - 1);
                // What was pushed in it is never on top again. (Of what was there before it, some may be gone.)
                let place = self.expected.iter().rposition(|&it| it == (value, false));
                self.expected.truncate(place.unwrap());
            };
            match &value {
                Some(value) => lend(&WORD, value, program),
                None => lend_nothing(&WORD, program),
            }
        }

        fn run(&mut self, depth: u32) {
            for _ in 0..self.below(8) {
                self.next += 1;
                let value = self.next;
                match self.below(if depth > 0 { 6 } else { 4 }) {
                    0 | 1 => {
                        self.pushed.push(push(&WORD, value));
                        self.expected.push((Some(value), true));
                    }
                    2 | 3 if !self.pushed.is_empty() => {
                        let which = self.below(self.pushed.len() as u64) as usize;
                        let pushed = self.pushed.swap_remove(which);
                        self.expected.retain(|&it| it != (Some(*pushed.get()), true));
                        drop(pushed);
                    }
                    4 => self.lend(depth, Some(value)),
                    5 => self.lend(depth, None),
                    _ => {}
                }
                self.check();
            }
        }
    }

    #[test]
    fn random_programs_see_what_was_lent_last_and_is_alive_and_leave_nothing() {
        for seed in 1..=3_000_u64 {
            let mut program = Program {
                random: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1,
                next: 0,
                expected: Vec::new(),
                pushed: Vec::new(),
            };
            program.run(4);
            drop(program);
            assert_eq!(lent(&WORD), None);
            WORD.with(|word| {
                assert!(word.top.get().is_null() && word.dead.get().is_null());
                assert_eq!((word.pushed.get(), word.nothings.get()), (0, 0));
            });
        }
    }
}
