//! Where work passes to another task, thread or queue.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, mpsc};

use rayon::ThreadPoolBuilder;
use tokio::task::{JoinHandle, JoinSet, LocalSet};

use super::support::{Seen, carried, in_seven, runtime};
use crate::cell::Cell;
use crate::peer::{How, Peer, Task};

/// What is handed over: a future of the end, and how.
type HandedOver = (Task, How);

/// Hands over within a task whose value is 7, and awaits the end there.
fn in_task<P: Peer>(hand_over: impl FnOnce() -> HandedOver + Send + 'static) -> How {
    let how = Arc::new(OnceLock::new());
    let says = Arc::clone(&how);
    let task: Task = Box::pin(async move {
        let (end, how) = hand_over();
        says.set(how).unwrap();
        end.await;
    });
    runtime().block_on(P::scope(7, task));
    *how.get().unwrap()
}

fn end(handle: JoinHandle<()>) -> Task {
    Box::pin(async { handle.await.unwrap() })
}

/// The peer's own function, or tokio's with its wrapper.
fn spawned<P: Peer>(task: impl Fn() -> Task) -> HandedOver {
    match P::spawn(task()) {
        Some(own) => (end(own), How::Own),
        None => (end(tokio::spawn(P::inherit(task()))), How::ByHand),
    }
}

pub(super) fn spawn<P: Peer>() -> Cell {
    let seen = Seen::<P>::new();
    let inside = seen.clone();
    let how = in_task::<P>(move || spawned::<P>(|| inside.task()));
    seen.expect(&[Some(7); 2], how)
}

pub(super) fn plain<P: Peer>() -> Cell {
    let seen = Seen::<P>::new();
    let inside = seen.clone();
    let has_it = Arc::new(AtomicBool::new(true));
    let says = Arc::clone(&has_it);
    let how = in_task::<P>(move || match P::plain_spawn(inside.task()) {
        Some(spawned) => (end(spawned), How::Own),
        None => {
            says.store(false, Ordering::Relaxed);
            (Box::pin(async {}), How::Own)
        }
    });
    if has_it.load(Ordering::Relaxed) {
        seen.expect(&[Some(7); 2], how)
    } else {
        Cell::Absent
    }
}

pub(super) fn nested<P: Peer>() -> Cell {
    let seen = Seen::<P>::new();
    let inside = seen.clone();
    let how = in_task::<P>(move || {
        spawned::<P>(|| {
            let inside = inside.clone();
            Box::pin(async move { spawned::<P>(|| inside.task()).0.await })
        })
    });
    seen.expect(&[Some(7); 2], how)
}

pub(super) fn join_set<P: Peer>() -> Cell {
    let seen = Seen::<P>::new();
    let inside = seen.clone();
    let how = in_task::<P>(move || match P::join_set(inside.task()) {
        Some(end) => (end, How::Own),
        None => {
            let mut set = JoinSet::new();
            set.spawn(P::inherit(inside.task()));
            let end = async move { set.join_next().await.unwrap().unwrap() };
            (Box::pin(end), How::ByHand)
        }
    });
    seen.expect(&[Some(7); 2], how)
}

pub(super) fn spawn_local<P: Peer>() -> Cell {
    let seen = Seen::<P>::new();
    let inside = seen.clone();
    let how = Arc::new(OnceLock::new());
    let says = Arc::clone(&how);
    let task: Task = Box::pin(async move {
        let (handle, how) = match P::spawn_local(inside.task()) {
            Some(own) => (own, How::Own),
            None => {
                let task = P::inherit(inside.task());
                (tokio::task::spawn_local(task), How::ByHand)
            }
        };
        says.set(how).unwrap();
        handle.await.unwrap();
    });
    LocalSet::new().block_on(&runtime(), P::scope(7, task));
    seen.expect(&[Some(7); 2], *how.get().unwrap())
}

pub(super) fn spawn_blocking<P: Peer>() -> Cell {
    let seen = Seen::<P>::new();
    let inside = seen.clone();
    let how = in_task::<P>(move || match P::spawn_blocking(inside.job()) {
        Some(own) => (end(own), How::Own),
        None => (end(tokio::task::spawn_blocking(carried(&inside))), How::ByHand),
    });
    seen.expect(&[Some(7)], how)
}

pub(super) fn thread<P: Peer>() -> Cell {
    let seen = Seen::<P>::new();
    let mut started = None;
    in_seven::<P>(|| {
        started = Some(match P::thread(seen.job()) {
            Some(own) => (own, How::Own),
            None => (std::thread::spawn(carried(&seen)), How::ByHand),
        });
    });
    let (thread, how) = started.unwrap();
    thread.join().unwrap();
    seen.expect(&[Some(7)], how)
}

pub(super) fn scoped_thread<P: Peer>() -> Cell {
    let seen = Seen::<P>::new();
    let mut how = How::Own;
    in_seven::<P>(|| {
        if P::scoped_thread(&mut || seen.look()).is_some() {
            return;
        }
        how = How::ByHand;
        let kept = P::keep();
        std::thread::scope(|s| s.spawn(|| kept(&mut || seen.look())).join().unwrap());
    });
    seen.expect(&[Some(7)], how)
}

fn on_pool(f: impl FnOnce(&rayon::ThreadPool) + Send) {
    let pool = ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    pool.install(|| f(&pool));
}

/// Two ends of a channel, for closures that may run on any thread.
fn signal() -> (mpsc::SyncSender<()>, Mutex<mpsc::Receiver<()>>) {
    let (send, receive) = mpsc::sync_channel(1);
    (send, Mutex::new(receive))
}

fn wait(receive: &Mutex<mpsc::Receiver<()>>) {
    receive.lock().unwrap().recv().unwrap();
}

/// The first half ends when the second one has: which therefore runs on another thread.
pub(super) fn rayon_join<P: Peer>() -> Cell {
    let seen = Seen::<P>::new();
    let mut how = How::Own;
    on_pool(|_| {
        in_seven::<P>(|| {
            let (done, is_done) = signal();
            let second = || {
                seen.look();
                done.send(()).unwrap();
            };
            if P::rayon_join(&|| wait(&is_done), &second).is_none() {
                how = How::ByHand;
                let kept = P::keep();
                rayon::join(|| wait(&is_done), || kept(&mut || second()));
            }
        });
    });
    seen.expect(&[Some(7)], how)
}

pub(super) fn par_iter<P: Peer>() -> Cell {
    use rayon::prelude::*;
    let seen = Seen::<P>::new();
    let mut how = How::Own;
    on_pool(|_| {
        in_seven::<P>(|| {
            if P::par_iter(1000, &|| seen.look()).is_none() {
                how = How::ByHand;
                let kept = P::keep();
                (0..1000).into_par_iter().for_each(|_| kept(&mut || seen.look()));
            }
        });
    });
    seen.expect(&[Some(7); 1000], how)
}

/// The second half ends when the stranger's job has run: which only the waiting thread can do.
pub(super) fn stranger<P: Peer>() -> Cell {
    let seen = Seen::<P>::new();
    on_pool(|pool| {
        in_seven::<P>(|| {
            let ((begins, begun), (go, gone)) = (signal(), signal());
            let first = || {
                wait(&begun);
                let (job, go) = (seen.job(), go.clone());
                let stranger = move || {
                    job();
                    go.send(()).unwrap();
                };
                std::thread::scope(|s| s.spawn(|| pool.spawn(stranger)).join().unwrap());
            };
            let second = || {
                begins.send(()).unwrap();
                wait(&gone);
            };
            if P::rayon_join(&first, &second).is_none() {
                rayon::join(first, second);
            }
        });
    });
    seen.expect(&[None], How::Own)
}

pub(super) fn message<P: Peer>() -> Cell {
    let seen = Seen::<P>::new();
    let (send, receive) = mpsc::channel();
    let mut how = How::Own;
    in_seven::<P>(|| {
        let message = P::message(seen.job()).unwrap_or_else(|| {
            how = How::ByHand;
            carried(&seen)
        });
        send.send(message).unwrap();
    });
    P::run(8, &mut || receive.recv().unwrap()());
    seen.expect(&[Some(7)], how)
}

pub(super) fn detached<P: Peer>() -> Cell {
    match P::detached() {
        Some((seen, how)) => Cell::if_same(seen, None, how),
        None => Cell::Absent,
    }
}
