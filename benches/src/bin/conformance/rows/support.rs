//! What the questions share.

use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use crate::cell::Cell;
use crate::peer::{Callback, How, Job, Peer, Task};

/// What was seen, in order.
pub(super) struct Seen<P>(Arc<Mutex<Vec<Option<u64>>>>, PhantomData<fn(P)>);

impl<P> Clone for Seen<P> {
    fn clone(&self) -> Self {
        Seen(Arc::clone(&self.0), PhantomData)
    }
}

impl<P: Peer> Seen<P> {
    pub(super) fn new() -> Self {
        Seen(Arc::default(), PhantomData)
    }

    pub(super) fn look(&self) {
        // Not under the lock: it is the peer's code.
        let seen = P::get();
        self.0.lock().unwrap().push(seen);
    }

    pub(super) fn all(&self) -> Vec<Option<u64>> {
        self.0.lock().unwrap().clone()
    }

    pub(super) fn job(&self) -> Job {
        let seen = self.clone();
        Box::new(move || seen.look())
    }

    pub(super) fn callback(&self) -> Callback {
        let seen = self.clone();
        Box::new(move || seen.look())
    }

    /// Looks before and after it gave way.
    pub(super) fn task(&self) -> Task {
        let seen = self.clone();
        Box::pin(async move {
            seen.look();
            give_way().await;
            seen.look();
        })
    }

    /// Whether it is what belongs there.
    pub(super) fn expect(&self, expected: &[Option<u64>], how: How) -> Cell {
        Cell::if_same(self.all().as_slice(), expected, how)
    }

    /// Looks when it is dropped.
    pub(super) fn at_drop(&self) -> LooksAtDrop<P> {
        LooksAtDrop(self.clone())
    }
}

pub(super) struct LooksAtDrop<P: Peer>(Seen<P>);

impl<P: Peer> Drop for LooksAtDrop<P> {
    fn drop(&mut self) {
        self.0.look();
    }
}

/// Pending once.
pub(super) fn give_way() -> impl Future<Output = ()> + Send {
    let mut given = false;
    std::future::poll_fn(move |cx| {
        if given {
            return Poll::Ready(());
        }
        given = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
}

pub(super) fn poll(task: &mut Pin<Box<dyn Future<Output = ()> + Send>>) -> Poll<()> {
    task.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

pub(super) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap()
}

/// Runs `f` with the value 7.
pub(super) fn in_seven<P: Peer>(mut f: impl FnMut()) {
    P::boundary(&mut || P::run(7, &mut f));
}

/// The peer's own way to bind it, or by hand.
pub(super) fn bound_once<P: Peer>(seen: &Seen<P>) -> (Job, How) {
    match P::bind_once(seen.job()) {
        Some(bound) => (bound, How::Own),
        None => {
            let (kept, mut job) = (P::keep(), Some(seen.job()));
            let by_hand = move || kept(&mut || job.take().unwrap()());
            (Box::new(by_hand), How::ByHand)
        }
    }
}

/// As [`bound_once`], where the call is to a function that is no peer's: wrapping what it is handed is by hand.
pub(super) fn carried<P: Peer>(seen: &Seen<P>) -> Job {
    bound_once(seen).0
}
