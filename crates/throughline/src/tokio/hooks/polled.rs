//! What happens at each hook.
//!
//! # Invariants
//! 1. A poll that has begun is on its thread's stack (`on`) until it ends: polls nest, where one blocks on another runtime.
//! 2. No hook unwinds, which would end tokio's worker: user code runs in `isolate`.
//! 3. tokio tells of a task's end inside its last poll, so what that poll entered is kept no more; and where the runtime is closed, before it tells of
//!    the task's beginning.
//! 4. A task that is no more has no entry; but for one that another thread ended, at shutdown, between its making and its spawn hook. That one goes with
//!    its runtime, whose hooks own the table.

use super::frames::{Place, Table, TaskFrames};
use super::on::{HAS_PLACE, IS_OVER};
use super::{hand_over_of, on, recent, shutdown};
use crate::__private::isolate;
use crate::host::{self, Resident, Visit};
use crate::{HandOver, Snapshot};
use ::tokio::runtime::TaskMeta;
use ::tokio::task::Id;
use std::cell::Cell;
use std::sync::Arc;

/// The contexts of a runtime's tasks: what the hooks of `Hooks::install` share, for who calls ours from hooks of their own.
///
/// All four are to be called, each from the hook of its name: the first two before anything else, the last two after. Clones share the same contexts. None
/// of them unwinds.
///
/// # Examples
/// ```
/// # use throughline::{AsyncLocalStorage, tokio::hooks::TaskContexts};
/// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
///
/// let contexts = TaskContexts::new();
/// let [spawn, before, after, terminate] = std::array::from_fn(|_| contexts.clone());
/// let runtime = tokio::runtime::Builder::new_current_thread()
///     .on_task_spawn(move |meta| spawn.on_task_spawn(meta))
///     .on_before_task_poll(move |meta| before.on_before_task_poll(meta))
///     .on_after_task_poll(move |meta| after.on_after_task_poll(meta))
///     .on_task_terminate(move |meta| terminate.on_task_terminate(meta))
///     .build()
///     .unwrap();
/// let task = USER.scope("ada", async { tokio::spawn(async { USER.get_store() }).await.unwrap() });
/// assert_eq!(runtime.block_on(task), Some("ada"));
/// ```
#[derive(Clone, Debug)]
pub struct TaskContexts(Arc<Table>);

impl TaskContexts {
    /// Those of a new runtime.
    #[allow(clippy::new_without_default)] // Each is another.
    pub fn new() -> Self {
        let table = Arc::new(Table::new());
        shutdown::know(&table);
        TaskContexts(table)
    }

    /// A task is being spawned on this thread: it begins with what crosses of the current context, by [`hand_over_of`].
    pub fn on_task_spawn(&self, meta: &TaskMeta<'_>) {
        self.on_task_spawn_as(meta, Some(hand_over_of(meta)));
    }

    /// The same, with what crosses at such a hand-over; at none, nothing.
    pub fn on_task_spawn_as(&self, meta: &TaskMeta<'_>, hand_over: Option<HandOver>) {
        self.spawned(meta, || hand_over);
    }

    /// `choose` is asked if there is something to hand over.
    pub(super) fn spawned(&self, meta: &TaskMeta<'_>, choose: impl FnOnce() -> Option<HandOver>) {
        let task = meta.id();
        // 3: the runtime is closed.
        let is_over = LAST_TERMINATED.get() == Some(task);
        if HANDED_OVER.take() || is_over {
            return;
        }
        let place = || format!("hand-over to tokio's task {task}");
        isolate(place, || {
            if Resident::new(crate::snapshot()).is_empty() {
                return;
            }
            let context = Resident::new(host::hand_over(choose(), meta.spawned_at()));
            if !context.is_empty() {
                self.0.put(task, context);
            }
        });
    }

    /// A poll begins on this thread: in a boundary, with the task's context.
    #[inline]
    pub fn on_before_task_poll(&self, meta: &TaskMeta<'_>) {
        let task = meta.id();
        let (context, marks) = match self.taken(task) {
            Some(own) => (own, HAS_PLACE),
            None => (spare(), 0),
        };
        on::begin(task, context.visit(), marks);
    }

    #[inline]
    fn taken(&self, task: Id) -> Option<Resident> {
        if self.0.is_empty() {
            return None;
        }
        recent::take(task).unwrap_or_else(|| self.place(task)?.take())
    }

    /// The task's place, if it has one; remembered from now on.
    #[cold]
    fn place(&self, task: Id) -> Option<Place> {
        let place = self.0.find(task)?;
        recent::keep(task, place.clone());
        Some(place)
    }

    /// The poll has ended: what was before is back, and the task keeps what was entered.
    #[inline]
    pub fn on_after_task_poll(&self, meta: &TaskMeta<'_>) {
        let task = meta.id();
        if let Some((visit, marks)) = on::end(task) {
            isolate(
                || format!("end of a poll of tokio's task {task}"),
                || self.ended(task, visit, marks),
            );
        }
    }

    #[inline]
    fn ended(&self, task: Id, visit: Visit, marks: u8) {
        // It is not to be left only if a boundary inside it goes on, which is the task's own doing.
        let Ok(context) = visit.leave() else { return };
        if marks & IS_OVER != 0 {
            drop(context);
        } else if marks & HAS_PLACE != 0 {
            // What was there is dropped where nothing is lent: nothing was, if polls do not overlap.
            drop(recent::put_back(task, context).or_else(|context| self.put_back(task, context)));
        } else if context.is_empty() {
            keep_spare(context);
        } else {
            // It began with nothing, and entered something.
            self.0.put(task, context);
        }
    }

    #[cold]
    fn put_back(&self, task: Id, context: Resident) -> Result<Option<Resident>, Resident> {
        match self.place(task) {
            Some(place) => Ok(place.put_back(context)),
            None => Err(context),
        }
    }

    /// The task is no more.
    pub fn on_task_terminate(&self, meta: &TaskMeta<'_>) {
        let task = meta.id();
        LAST_TERMINATED.set(Some(task));
        on::mark_over(task);
        // It is taken out, whoever remembers the place.
        let context = self.0.remove(task).and_then(|place| place.take());
        if context.is_some() {
            isolate(|| format!("end of tokio's task {task}"), || drop(context));
        }
    }
}

thread_local! {
    /// An empty context, for the polls of tasks that have none: so they take no memory.
    static SPARE: Cell<Option<Resident>> = const { Cell::new(None) };
    static LAST_TERMINATED: Cell<Option<Id>> = const { Cell::new(None) };
    static HANDED_OVER: Cell<bool> = const { Cell::new(false) };
}

#[inline]
fn spare() -> Resident {
    let spare = SPARE.try_with(Cell::take).ok().flatten();
    spare.unwrap_or_else(|| Resident::new(Snapshot::empty()))
}

#[inline]
fn keep_spare(context: Resident) {
    let _ = SPARE.try_with(|spare| spare.set(Some(context)));
}

/// While this is there, the task that is spawned on this thread has its context already.
#[derive(Debug)]
pub(in crate::tokio) struct Already(());

impl Already {
    #[inline]
    pub(in crate::tokio) fn handed_over() -> Self {
        HANDED_OVER.set(true);
        Already(())
    }
}

impl Drop for Already {
    /// Where no hook has heard it.
    #[inline]
    fn drop(&mut self) {
        HANDED_OVER.set(false);
    }
}
