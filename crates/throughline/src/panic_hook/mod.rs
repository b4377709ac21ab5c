//! What a panic's message does not say: whose work it was.
//!
//! The message of a panic says where in the code it happened. [`PanicHook`] adds what was set there, which resource's callback was
//! running, and what that was caused by:
//!
//! ```text
//! thread 'worker' panicked at src/query.rs:41:9:
//! no such table
//!   in context: Snapshot { request_id: 7, tenant: "acme", session: .. }
//!   running: DBQuery(12 by 5)
//!   caused by: HTTPREQUEST(5 by 2)
//!   caused by: SERVER(2)
//! ```
//!
//! It prints stores of those storages alone that are [`shown`](crate::AsyncLocalStorage::shown). Nothing of it happens unless it is installed.

mod causes;

use crate::{execution_async_resource, snapshot};
use causes::Causes;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

/// Prints to stderr, after the message of each panic, what was set and what was running where it happened.
///
/// # Examples
/// ```
/// use throughline::{AsyncLocalStorage, panic_hook::PanicHook};
/// static REQUEST_ID: AsyncLocalStorage<u64> = AsyncLocalStorage::new().named("request_id").shown();
///
/// PanicHook::new().with_causes().install();
/// let result = std::panic::catch_unwind(|| REQUEST_ID.run(7, || panic!("no such table")));
/// // Printed: the message, and "in context: Snapshot { request_id: 7 }".
/// assert!(result.is_err());
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[must_use = "a panic hook does nothing until it is installed"]
pub struct PanicHook {
    causes: bool,
}

impl PanicHook {
    /// One that says what was set, and which resource was running.
    pub fn new() -> Self {
        Self::default()
    }

    /// And what caused that resource, and what caused that: the chain of triggers, of at most some 64, from now on.
    ///
    /// For this a hook is told of each resource from its making to its end, which costs each a lock and an allocation.
    pub fn with_causes(mut self) -> Self {
        self.causes = true;
        self
    }

    /// Puts it behind the panic hook that is there, which goes on printing first. Done again, it adds what it did not have.
    ///
    /// # Panics
    /// On a thread that is panicking, as [`std::panic::set_hook`] does. If the `Debug` of a store panics while it is printed, the process aborts: that is what the
    /// standard library does of a panic in a panic hook.
    pub fn install(self) {
        static INSTALLED: AtomicBool = AtomicBool::new(false);
        if self.causes {
            Causes::collect();
        }
        if !INSTALLED.swap(true, Ordering::Relaxed) {
            let first = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                first(panic);
                eprint!("{}", Here);
            }));
        }
    }
}

/// What is set and what is running here, as [`PanicHook`] prints it: a line each, none where there is nothing to say.
///
/// # Examples
/// ```
/// use throughline::{AsyncLocalStorage, panic_hook};
/// static REQUEST_ID: AsyncLocalStorage<u64> = AsyncLocalStorage::new().named("request_id").shown();
///
/// assert_eq!(panic_hook::here().to_string(), "");
/// let here = REQUEST_ID.run(7, || panic_hook::here().to_string());
/// assert_eq!(here, "  in context: Snapshot { request_id: 7 }\n");
/// ```
#[must_use = "it is printed or logged by whoever asks"]
pub fn here() -> impl fmt::Display {
    Here
}

struct Here;

impl fmt::Display for Here {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let context = snapshot();
        if !context.is_empty() {
            writeln!(f, "  in context: {context:?}")?;
        }
        let Some(running) = execution_async_resource() else {
            return Ok(());
        };
        writeln!(f, "  running: {running:?}")?;
        for cause in Causes::of(running.async_id()) {
            writeln!(f, "  caused by: {cause:?}")?;
        }
        Ok(())
    }
}
