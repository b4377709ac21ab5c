//! What a row may ask of a peer. What a peer has no function for, it does not implement.

use std::any::Any;
use std::convert::Infallible;
use std::pin::Pin;

use futures::{Sink, Stream};
use tokio::task::JoinHandle;

use crate::cell::Cell;

pub(crate) type Task = Pin<Box<dyn Future<Output = ()> + Send>>;
pub(crate) type Job = Box<dyn FnOnce() + Send>;
pub(crate) type Callback = Box<dyn Fn() + Send + Sync>;
pub(crate) type Items = Pin<Box<dyn Stream<Item = Option<u64>> + Send>>;
/// Is given items.
pub(crate) type Taker = Pin<Box<dyn Sink<u64, Error = Infallible> + Send>>;
/// Runs a closure in a context that was kept.
pub(crate) type Kept = Box<dyn Fn(&mut dyn FnMut()) + Send + Sync>;

/// A crate that keeps a number for the work that runs. Each method is what its users would write.
pub(crate) trait Peer: 'static {
    const NAME: &'static str;

    fn set_up() {}

    fn get() -> Option<u64>;
    fn run(value: u64, f: &mut dyn FnMut());
    fn scope(value: u64, task: Task) -> Task;
    /// Its wrapper for a task that is to be spawned.
    fn inherit(task: Task) -> Task;
    /// The best it has for code that is to run later: by hand.
    fn keep() -> Kept;

    /// Whether what is kept is all there is, not one key.
    const KEEPS_ALL: bool;

    /// Where guards and `enter_with` may live.
    fn boundary(f: &mut dyn FnMut()) {
        f();
    }

    fn lend(_: &mut dyn FnMut(Option<u64>)) -> Option<()> {
        None
    }
    fn enter_with(_: u64) -> Option<()> {
        None
    }
    /// Runs it without the value; the answer is how.
    fn exit(_: &mut dyn FnMut()) -> Option<How> {
        None
    }
    fn guard(_: u64) -> Option<Box<dyn Any>> {
        None
    }
    /// Sets a value whose `Drop` says what it sees.
    fn run_speaking(_: Speaks, _: &mut dyn FnMut()) -> Option<()> {
        None
    }
    fn dynamic_keys() -> Cell {
        Cell::Absent
    }
    fn default_value() -> Cell {
        Cell::Absent
    }
    /// Two keys, kept at once: what is seen of them.
    fn two_keys() -> Option<(Option<u64>, Option<u64>)> {
        None
    }
    fn bind_once(_: Job) -> Option<Job> {
        None
    }
    fn bind(_: Callback) -> Option<Callback> {
        None
    }
    /// Binds and calls, twice, what borrows.
    fn call_bound_mut(_: u64, _: &mut (dyn FnMut() + Send)) -> Option<()> {
        None
    }
    fn spawn(_: Task) -> Option<JoinHandle<()>> {
        None
    }
    fn spawn_local(_: Task) -> Option<JoinHandle<()>> {
        None
    }
    fn join_set(_: Task) -> Option<Task> {
        None
    }
    fn spawn_blocking(_: Job) -> Option<JoinHandle<()>> {
        None
    }
    fn thread(_: Job) -> Option<std::thread::JoinHandle<()>> {
        None
    }
    fn scoped_thread(_: &mut (dyn FnMut() + Send)) -> Option<()> {
        None
    }
    fn rayon_join(_: &(dyn Fn() + Sync), _: &(dyn Fn() + Sync)) -> Option<()> {
        None
    }
    fn par_iter(_: usize, _: &(dyn Fn() + Sync)) -> Option<()> {
        None
    }
    fn stream(_: Items) -> Option<Items> {
        None
    }
    fn sink(_: Taker) -> Option<Taker> {
        None
    }
    /// Code that says `tokio::spawn`, and is not changed.
    fn plain_spawn(_: Task) -> Option<JoinHandle<()>> {
        None
    }
    /// Sends a job through a channel and runs it where it is received.
    fn message(_: Job) -> Option<Job> {
        None
    }
    /// What work that outlives its giver sees of a key that is set, and is not to cross to such.
    fn detached() -> Option<(Option<u64>, How)> {
        None
    }
    /// What a task that was made in another one is told of both.
    fn cause() -> Cell {
        Cell::Absent
    }
    /// How often its hooks were told of init, before, after, destroy for this task, which it runs.
    fn lifecycle(_: Task) -> Option<[usize; 4]> {
        None
    }
}

/// How far a peer helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// A function for it.
    Own,
    /// Its other functions make it possible, by hand at each place.
    ByHand,
}

/// A value whose `Drop` says what it sees.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(crate) struct Speaks {
    #[serde(skip)]
    pub(crate) how: Option<fn()>,
}

impl Speaks {
    pub(crate) fn by(how: fn()) -> Self {
        Speaks { how: Some(how) }
    }
}

impl Drop for Speaks {
    fn drop(&mut self) {
        if let Some(speak) = self.how {
            speak();
        }
    }
}
