//! Two reference counts in one word, and the note of what a frame owns.
//!
//! *Full* references (low half) keep a frame enterable: its value, its index and whatever they reach. *Value*
//! references (high half) keep its value alone. All full references together hold one value reference, so a frame's
//! memory goes when its value references do.

use crate::sync::{AtomicU64, fence};
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

const FULL: u64 = 1;
const VALUE: u64 = 1 << 32;
const ONE: u64 = FULL | VALUE;
/// Beyond this many references of a kind the process aborts, as `Arc` does: only leaked handles get there.
const MOST: u64 = i32::MAX as u64;

pub(super) struct Counts(Word);

#[cfg(not(loom))]
type Word = AtomicU64;
/// Loom's atomics cannot stand in a `static`; the immortal frames, which are never counted, go without.
#[cfg(loom)]
type Word = Option<AtomicU64>;

impl Counts {
    /// For the frames that are `static`: never counted.
    #[cfg(not(loom))]
    pub(super) const fn immortal() -> Self {
        Counts(AtomicU64::new(ONE))
    }
    #[cfg(loom)]
    pub(super) const fn immortal() -> Self {
        Counts(None)
    }

    /// One full reference.
    #[inline(always)]
    pub(super) fn one() -> Self {
        Self::new(ONE)
    }

    /// One full reference, and `values` value references beside the one it holds.
    pub(super) fn one_and(values: usize) -> Self {
        Self::new(ONE + VALUE * values as u64)
    }

    /// One value reference and no full one.
    pub(super) fn value_only() -> Self {
        Self::new(VALUE)
    }

    #[cfg(not(loom))]
    #[inline(always)]
    fn new(n: u64) -> Self {
        Counts(AtomicU64::new(n))
    }
    #[cfg(loom)]
    fn new(n: u64) -> Self {
        Counts(Some(AtomicU64::new(n)))
    }

    #[cfg(not(loom))]
    #[inline(always)]
    fn word(&self) -> &AtomicU64 {
        &self.0
    }
    #[cfg(loom)]
    fn word(&self) -> &AtomicU64 {
        self.0.as_ref().expect("an immortal frame is never counted")
    }

    /// Whether the one full reference is all there is. If the caller holds it, the frame is the caller's alone.
    #[inline(always)]
    pub(super) fn is_one(&self) -> bool {
        // Acquire: what others did through references they have since given back happened before.
        self.word().load(Acquire) == ONE
    }

    /// Whether the caller's full reference is the only full one.
    #[inline]
    pub(super) fn is_only_full(&self) -> bool {
        self.word().load(Acquire) as u32 == 1
    }

    #[inline(always)]
    pub(super) fn add_full(&self) {
        if u64::from(self.word().fetch_add(FULL, Relaxed) as u32) > MOST {
            std::process::abort();
        }
    }

    #[inline]
    pub(super) fn add_value(&self) {
        if self.word().fetch_add(VALUE, Relaxed) >> 32 > MOST {
            std::process::abort();
        }
    }

    /// Gives a full reference back; true if it was the last one.
    #[inline(always)]
    #[must_use]
    pub(super) fn sub_full(&self) -> bool {
        // A sole owner needs no read-modify-write: nobody else can look.
        if self.is_one() {
            self.word().store(VALUE, Relaxed);
            return true;
        }
        let last = self.word().fetch_sub(FULL, Release) as u32 == 1;
        if last {
            fence(Acquire);
        }
        last
    }

    /// Gives a value reference back; true if nothing holds the frame any longer.
    #[inline]
    #[must_use]
    pub(super) fn sub_value(&self) -> bool {
        // A sole owner needs no read-modify-write.
        if self.word().load(Acquire) == VALUE {
            return true;
        }
        let last = self.word().fetch_sub(VALUE, Release) == VALUE;
        if last {
            fence(Acquire);
        }
        last
    }
}

#[cfg(all(test, not(loom), unix))]
mod tests {
    use super::*;
    use std::process::Command;

    /// Runs `count` in a process of its own, where it has to end that.
    #[track_caller]
    fn aborts(test: &str, count: impl FnOnce()) {
        const HERE: &str = "THROUGHLINE_COUNTS";
        if std::env::var_os(HERE).is_some() {
            count();
            return;
        }
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .env(HERE, "1")
            .output()
            .unwrap();
        // A test that fails exits with a code.
        assert_eq!(child.status.code(), None, "{child:?}");
    }

    #[test]
    fn more_than_two_billion_full_references_abort() {
        aborts(
            "frame::counts::tests::more_than_two_billion_full_references_abort",
            || {
                let counts = Counts::new(VALUE + MOST * FULL);
                counts.add_full();
                assert!(!counts.sub_full());
                counts.add_full();
                counts.add_full();
            },
        );
    }

    #[test]
    fn more_than_two_billion_value_references_abort() {
        aborts(
            "frame::counts::tests::more_than_two_billion_value_references_abort",
            || {
                let counts = Counts::new(MOST * VALUE + FULL);
                counts.add_value();
                assert!(!counts.sub_value());
                counts.add_value();
                counts.add_value();
            },
        );
    }
}
