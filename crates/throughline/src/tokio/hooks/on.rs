//! The polls that are on, on this thread: a stack, since they nest where one blocks on another runtime.

use crate::__private::isolate;
use crate::host::Visit;
use ::tokio::task::Id;
use std::cell::{Cell, RefCell};
use std::mem::ManuallyDrop;

/// The poll's context is the task's own.
pub(super) const HAS_PLACE: u8 = 0b001;
/// The task ended in it.
pub(super) const IS_OVER: u8 = 0b010;
/// There are others around it.
const IS_NESTED: u8 = 0b100;

struct Poll {
    task: Id,
    visit: Visit,
    marks: u8,
}

/// The innermost poll, a word each, so that nothing is moved that is not asked for.
struct Innermost {
    /// None if no poll is on.
    task: Cell<Option<Id>>,
    visit: Cell<Option<ManuallyDrop<Visit>>>,
    marks: Cell<u8>,
}

impl Innermost {
    #[inline]
    fn set(&self, task: Id, visit: Visit, marks: u8) {
        self.task.set(Some(task));
        self.visit.set(Some(ManuallyDrop::new(visit)));
        self.marks.set(marks);
    }

    #[inline]
    fn take(&self) -> Option<(Visit, u8)> {
        self.task.set(None);
        let visit = ManuallyDrop::into_inner(self.visit.take()?);
        Some((visit, self.marks.get()))
    }

    fn take_whole(&self) -> Option<Poll> {
        let task = self.task.get()?;
        let (visit, marks) = self.take()?;
        Some(Poll { task, visit, marks })
    }
}

thread_local! {
    /// It has no destructor, so that it is found at once; a poll in which its thread ends is left as it is.
    static INNERMOST: Innermost = const {
        Innermost {
            task: Cell::new(None),
            visit: Cell::new(None),
            marks: Cell::new(0),
        }
    };
    /// Those around the innermost.
    static AROUND: RefCell<Vec<Poll>> = const { RefCell::new(Vec::new()) };
}

#[inline]
pub(super) fn begin(task: Id, visit: Visit, marks: u8) {
    INNERMOST.with(|innermost| {
        let nested = match innermost.task.get() {
            None => 0,
            Some(_) => nest(innermost),
        };
        innermost.set(task, visit, marks | nested);
    });
}

/// Makes room for one inside.
#[cold]
fn nest(innermost: &Innermost) -> u8 {
    let around = innermost.take_whole();
    // Where the thread is ending, there is nobody to come back to it.
    let _ = AROUND.try_with(|polls| polls.borrow_mut().extend(around));
    IS_NESTED
}

/// The poll of this task on this thread, which is over.
#[inline]
pub(super) fn end(task: Id) -> Option<(Visit, u8)> {
    INNERMOST.with(|innermost| {
        if innermost.task.get() == Some(task) && innermost.marks.get() & IS_NESTED == 0 {
            innermost.take()
        } else {
            end_nested(innermost, task)
        }
    })
}

#[cold]
fn end_nested(innermost: &Innermost, task: Id) -> Option<(Visit, u8)> {
    let mut polls = AROUND.try_with(RefCell::take).unwrap_or_default();
    polls.extend(innermost.take_whole());
    let begun = polls.iter().rposition(|poll| poll.task == task);
    // It is the last, unless somebody's hook broke off another before it could end.
    let mut ended = begun.map(|begun| polls.split_off(begun)).unwrap_or_default();
    if let Some(Poll { task, visit, marks }) = polls.pop() {
        innermost.set(task, visit, marks);
    }
    let _ = AROUND.try_with(|around| around.replace(polls));
    let poll = (!ended.is_empty()).then(|| ended.remove(0));
    isolate(
        || format!("polls that were broken off in one of tokio's task {task}"),
        || ended.into_iter().rev().for_each(|poll| drop(poll.visit)),
    );
    poll.map(|poll| (poll.visit, poll.marks))
}

pub(super) fn mark_over(task: Id) {
    INNERMOST.with(|innermost| {
        if innermost.task.get() == Some(task) {
            innermost.marks.set(innermost.marks.get() | IS_OVER);
        } else if innermost.task.get().is_some() {
            mark_around(task);
        }
    });
}

#[cold]
fn mark_around(task: Id) {
    let _ = AROUND.try_with(|polls| {
        if let Some(poll) = polls.borrow_mut().iter_mut().rfind(|poll| poll.task == task) {
            poll.marks |= IS_OVER;
        }
    });
}
