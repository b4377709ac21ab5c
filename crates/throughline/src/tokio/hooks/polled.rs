//! What happens at each hook.
//!
//! # Invariants
//! 1. A poll that has begun is on its thread's stack (`INNERMOST`, then `AROUND`) until it ends: polls nest, where one blocks on another runtime.
//! 2. No hook unwinds, which would end tokio's worker: user code runs in `isolate`.
//! 3. tokio tells of a task's end inside its last poll, so what that poll entered is kept no more; and where the runtime is closed, before it tells of
//!    the task's beginning.
//! 4. A task that is no more has no entry; but for one that another thread ended, at shutdown, between its making and its spawn hook. That one goes with
//!    its runtime, whose hooks own the table.

use super::frames::{Place, Table, TaskFrames};
use super::hand_over_of;
use super::shutdown;
use crate::__private::isolate;
use crate::host::{self, Resident, Visit};
use crate::{HandOver, Snapshot};
use ::tokio::runtime::TaskMeta;
use ::tokio::task::Id;
use std::cell::{Cell, RefCell};
use std::mem::ManuallyDrop;
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
                drop(self.0.put(task, context));
            }
        });
    }

    /// A poll begins on this thread: in a boundary, with the task's context.
    #[inline]
    pub fn on_before_task_poll(&self, meta: &TaskMeta<'_>) {
        let task = meta.id();
        let place = self.0.find(task);
        let context = place.as_ref().and_then(Place::take).unwrap_or_else(spare);
        let visit = context.visit();
        begin(On {
            task,
            visit,
            place,
            is_over: false,
        });
    }

    /// The poll has ended: what was before is back, and the task keeps what was entered.
    #[inline]
    pub fn on_after_task_poll(&self, meta: &TaskMeta<'_>) {
        let task = meta.id();
        if let Some(poll) = end(task) {
            isolate(
                || format!("end of a poll of tokio's task {task}"),
                || self.ended(poll),
            );
        }
    }

    #[inline]
    fn ended(&self, poll: On) {
        let On {
            task,
            visit,
            place,
            is_over,
        } = poll;
        // It is not to be left only if a boundary inside it goes on, which is the task's own doing.
        let Ok(context) = visit.leave() else { return };
        match place {
            _ if is_over => {}
            Some(place) => drop(place.put_back(context)),
            None if context.is_empty() => keep_spare(context),
            // It began with nothing, and entered something.
            None => drop(self.0.put(task, context)),
        }
    }

    /// The task is no more.
    pub fn on_task_terminate(&self, meta: &TaskMeta<'_>) {
        let task = meta.id();
        LAST_TERMINATED.set(Some(task));
        mark_over(task);
        let place = self.0.remove(task);
        if place.is_some() {
            isolate(|| format!("end of tokio's task {task}"), || drop(place));
        }
    }
}

/// A poll that has begun on this thread.
struct On {
    task: Id,
    visit: Visit,
    /// Where its context was.
    place: Option<Place>,
    /// The task ended in it.
    is_over: bool,
}

thread_local! {
    /// The innermost poll. It has no destructor, so that it is found at once; a poll in which its thread ends is left as it is.
    static INNERMOST: Cell<Option<ManuallyDrop<On>>> = const { Cell::new(None) };
    /// Those around it.
    static AROUND: RefCell<Vec<On>> = const { RefCell::new(Vec::new()) };
    /// An empty context, for the polls of tasks that have none: so they take no memory.
    static SPARE: Cell<Option<Resident>> = const { Cell::new(None) };
    static LAST_TERMINATED: Cell<Option<Id>> = const { Cell::new(None) };
    static HANDED_OVER: Cell<bool> = const { Cell::new(false) };
}

#[inline]
fn begin(poll: On) {
    if let Some(around) = INNERMOST.replace(Some(ManuallyDrop::new(poll))) {
        nest(around);
    }
}

#[cold]
fn nest(around: ManuallyDrop<On>) {
    // Where the thread is ending, there is nobody to come back to it.
    let _ = AROUND.try_with(|polls| polls.borrow_mut().push(ManuallyDrop::into_inner(around)));
}

/// The poll of this task on this thread, which is over.
#[inline]
fn end(task: Id) -> Option<On> {
    let poll = INNERMOST.take()?;
    let is_alone = AROUND.try_with(|polls| polls.borrow().is_empty()).unwrap_or(true);
    if is_alone && poll.task == task {
        return Some(ManuallyDrop::into_inner(poll));
    }
    end_nested(task, poll)
}

#[cold]
fn end_nested(task: Id, innermost: ManuallyDrop<On>) -> Option<On> {
    let mut polls = AROUND.try_with(RefCell::take).unwrap_or_default();
    polls.push(ManuallyDrop::into_inner(innermost));
    let begun = polls.iter().rposition(|poll| poll.task == task);
    // It is the last, unless somebody's hook broke off another before it could end.
    let mut ended = begun.map(|begun| polls.split_off(begun)).unwrap_or_default();
    INNERMOST.set(polls.pop().map(ManuallyDrop::new));
    let _ = AROUND.try_with(|around| around.replace(polls));
    let poll = (!ended.is_empty()).then(|| ended.remove(0));
    isolate(
        || format!("polls that began in one of tokio's task {task}"),
        || ended.into_iter().rev().for_each(drop),
    );
    poll
}

fn mark_over(task: Id) {
    let Some(mut innermost) = INNERMOST.take() else {
        return;
    };
    if innermost.task == task {
        innermost.is_over = true;
    } else {
        let _ = AROUND.try_with(|polls| {
            if let Some(poll) = polls.borrow_mut().iter_mut().rfind(|poll| poll.task == task) {
                poll.is_over = true;
            }
        });
    }
    INNERMOST.set(Some(innermost));
}

#[cold]
fn spare() -> Resident {
    let spare = SPARE.try_with(Cell::take).ok().flatten();
    spare.unwrap_or_else(|| Resident::new(Snapshot::empty()))
}

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
