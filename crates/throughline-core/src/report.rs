//! What went wrong where nobody can be answered: a hook, a subscriber, a listener that panicked; a likely leak.

use crate::payload::discard;
use std::any::Any;
use std::cell::Cell;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError, RwLock};

/// Something that the program should hear of, though no caller is there to be told.
///
/// Node raises these as `uncaughtException` (clauses `DC-3`, `DC-8`, `HK-17`) and `warning` (`EE-15`).
#[non_exhaustive]
pub enum Report<'a> {
    /// A callback panicked, and its caller went on without it.
    Panic {
        /// What it was called for.
        place: &'a str,
        /// What it panicked with.
        payload: &'a (dyn Any + Send),
    },
    /// Something looks wrong.
    Warning {
        /// Of which sort; Node's name, where it has one.
        name: &'a str,
        /// What, and what to do about it.
        message: &'a str,
    },
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Report::Panic { place, payload } => write!(f, "panic in {place}: {}", message_of(*payload)),
            Report::Warning { name, message } => write!(f, "{name}: {message}"),
        }
    }
}

impl fmt::Debug for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn message_of(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("(not a text)")
}

type Reporter = Arc<dyn Fn(&Report<'_>) + Send + Sync>;

static REPORTER: RwLock<Option<Reporter>> = RwLock::new(None);

/// Says who hears of [`Report`]s, in place of the line on stderr that each is by default.
///
/// The reporter runs on the thread of what it is told of, in a boundary of its own on the context there. If it panics, that is swallowed. What it
/// causes to be reported itself (it makes a resource, say, whose hook panics) goes to stderr.
///
/// # Examples
/// ```
/// use throughline_core::{Report, set_reporter};
///
/// set_reporter(|report| match report {
///     Report::Panic { place, .. } => eprintln!("went on without {place}"),
///     other => eprintln!("{other}"),
/// });
/// # throughline_core::reset_reporter();
/// ```
pub fn set_reporter(reporter: impl Fn(&Report<'_>) + Send + Sync + 'static) {
    replace(Some(Arc::new(reporter)));
}

/// Takes back what [`set_reporter`] said: reports go to stderr again.
pub fn reset_reporter() {
    replace(None);
}

fn replace(reporter: Option<Reporter>) {
    let mut place = REPORTER.write().unwrap_or_else(PoisonError::into_inner);
    let former = std::mem::replace(&mut *place, reporter);
    // What the former one owns is dropped outside the lock.
    drop(place);
    drop(former);
}

thread_local! {
    /// Whether the reporter is running. Without a destructor, so that things can be reported in those of others.
    static REPORTING: Cell<bool> = const { Cell::new(false) };
}

/// Tells the reporter.
#[cold]
pub fn report(report: &Report<'_>) {
    let was_reporting = REPORTING.replace(true);
    let reporter = match was_reporting {
        // It would be told for ever.
        true => None,
        false => REPORTER.read().unwrap_or_else(PoisonError::into_inner).clone(),
    };
    // A panic in it would be reported to itself.
    let told = catch_unwind(AssertUnwindSafe(|| match reporter {
        Some(reporter) => crate::boundary(|| reporter(report)),
        None => eprintln!("throughline: {report}"),
    }));
    if let Err(payload) = told {
        discard(payload);
    }
    REPORTING.set(was_reporting);
}

/// Runs `f`; if it panics, that is reported as from `place`, and there is no answer.
pub fn isolate<R>(place: impl FnOnce() -> String, f: impl FnOnce() -> R) -> Option<R> {
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(answer) => Some(answer),
        Err(payload) => {
            panic(&place(), payload);
            None
        }
    }
}

/// Tells the reporter of a panic that was caught.
pub(crate) fn panic(place: &str, payload: Box<dyn Any + Send>) {
    report(&Report::Panic {
        place,
        payload: &*payload,
    });
    discard(payload);
}
