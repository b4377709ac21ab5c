//! How work ends: destructors, panics, threads that go; and who is told of it.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll};

use super::support::{LooksAtDrop, Seen, give_way, poll};
use crate::cell::Cell;
use crate::peer::{How, Peer, Speaks, Task};

/// A future whose own `Drop` looks, and what its poll does.
struct Looks<P: Peer>(
    fn() -> Poll<()>,
    #[expect(dead_code, reason = "it looks at its drop")] LooksAtDrop<P>,
);

impl<P: Peer> Future for Looks<P> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        self.0()
    }
}

fn dropped_after<P: Peer>(polls: fn() -> Poll<()>, polled: bool) -> Cell {
    let seen = Seen::<P>::new();
    let mut task = P::scope(7, Box::pin(Looks(polls, seen.at_drop())));
    if polled {
        let _ = catch_unwind(AssertUnwindSafe(|| poll(&mut task)));
    }
    drop(task);
    seen.expect(&[Some(7)], How::Own)
}

pub(super) fn unpolled<P: Peer>() -> Cell {
    dropped_after::<P>(|| Poll::Pending, false)
}

pub(super) fn cancelled<P: Peer>() -> Cell {
    dropped_after::<P>(|| Poll::Pending, true)
}

pub(super) fn ready<P: Peer>() -> Cell {
    dropped_after::<P>(|| Poll::Ready(()), true)
}

/// And not because its context was left on the thread.
pub(super) fn panicked<P: Peer>() -> Cell {
    match clean_after_poll::<P>() {
        Cell::Yes => dropped_after::<P>(|| panic!("in poll"), true),
        left => left,
    }
}

pub(super) fn clean_after_poll<P: Peer>() -> Cell {
    let seen = Seen::<P>::new();
    let task: Task = Box::pin(async {
        give_way().await;
        panic!("in poll");
    });
    let mut task = P::scope(7, task);
    let _ = poll(&mut task);
    let _ = catch_unwind(AssertUnwindSafe(|| poll(&mut task)));
    seen.look();
    drop(task);
    seen.look();
    seen.expect(&[None; 2], How::Own)
}

pub(super) fn clean_after_closure<P: Peer>() -> Cell {
    let seen = Seen::<P>::new();
    let _ = catch_unwind(|| P::run(7, &mut || panic!("in a closure")));
    seen.look();
    seen.expect(&[None], How::Own)
}

/// Set where nothing was: what its own `Drop` reads is nothing, or itself no more.
pub(super) fn value_reads<P: Peer>() -> Cell {
    static SEEN: Mutex<Vec<Option<u64>>> = Mutex::new(Vec::new());
    let speaks = || {
        let seen = P::get();
        SEEN.lock().unwrap().push(seen);
        // And it may set.
        P::run(9, &mut || assert_eq!(P::get(), Some(9)));
    };
    let mut ran = false;
    let set = catch_unwind(AssertUnwindSafe(|| {
        P::run_speaking(Speaks::by(speaks), &mut || ran = true)
    }));
    match set {
        Ok(None) => Cell::NoSense,
        Err(_) => Cell::Wrong("panics".to_owned()),
        Ok(Some(())) => {
            let seen = SEEN.lock().unwrap().clone();
            assert!(ran && !seen.is_empty());
            let expected = vec![None; seen.len()];
            Cell::if_same(seen, expected, How::Own)
        }
    }
}

/// Registered before the peer's thread-local and after it, since destructors run in an order of their own. A panic there aborts the process.
pub(super) fn thread_exit<P: Peer>() -> Cell {
    thread_local! {
        static FIRST: RefCell<Option<Speaks>> = const { RefCell::new(None) };
        static LAST: RefCell<Option<Speaks>> = const { RefCell::new(None) };
    }
    static SEEN: Mutex<Vec<Option<u64>>> = Mutex::new(Vec::new());
    let speaks = || {
        let seen = P::get();
        SEEN.lock().unwrap().push(seen);
    };
    let thread = std::thread::spawn(move || {
        FIRST.set(Some(Speaks::by(speaks)));
        P::run(7, &mut || assert_eq!(P::get(), Some(7)));
        LAST.set(Some(Speaks::by(speaks)));
    });
    thread.join().unwrap();
    let seen = SEEN.lock().unwrap().clone();
    Cell::if_same(seen, vec![None; 2], How::Own)
}

pub(super) fn cause<P: Peer>() -> Cell {
    P::cause()
}

/// A task of two polls. (Being dropped may be one more before and after.)
pub(super) fn lifecycle<P: Peer>() -> Cell {
    match P::lifecycle(Box::pin(give_way())) {
        None => Cell::Absent,
        Some([1, before, after, 1]) if before == after && before >= 2 => Cell::Yes,
        Some(told) => Cell::Wrong(format!("told {told:?} times")),
    }
}
