//! Our hooks beside the user's.

use super::TaskContexts;
use crate::__private::isolate;
use ::tokio::runtime::{Builder, TaskMeta};
use std::fmt;

/// Our hooks, and yours: tokio has one of each kind, and a later one replaces it.
///
/// Yours run inside the task's boundary: before and after each poll with the task's context, at its end with what was entered last, and at `spawn` with the spawner's. If
/// one panics, that is [reported](crate::Report), and tokio goes on: a panic in a hook would end its worker.
///
/// Only with `--cfg tokio_unstable`.
///
/// # Examples
/// ```
/// use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
/// use throughline::{AsyncLocalStorage, tokio::hooks::Hooks};
/// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
/// static ADAS: AtomicU32 = AtomicU32::new(0);
///
/// let mut builder = tokio::runtime::Builder::new_current_thread();
/// Hooks::new()
///     .on_before_task_poll(|_| {
///         if USER.get_store() == Some("ada") {
///             ADAS.fetch_add(1, Relaxed);
///         }
///     })
///     .install(&mut builder);
/// builder.build().unwrap().block_on(USER.scope("ada", async {
///     tokio::spawn(tokio::task::yield_now()).await.unwrap();
/// }));
/// assert_eq!(ADAS.load(Relaxed), 2);
/// ```
#[derive(Default)]
#[must_use = "they are set by `install`"]
pub struct Hooks {
    spawn: Vec<Hook>,
    before_poll: Vec<Hook>,
    after_poll: Vec<Hook>,
    terminate: Vec<Hook>,
}

type Hook = Box<dyn Fn(&TaskMeta<'_>) + Send + Sync>;

impl Hooks {
    /// Ours alone.
    pub fn new() -> Self {
        Self::default()
    }

    /// With one of yours, as [`Builder::on_task_spawn`].
    pub fn on_task_spawn(mut self, hook: impl Fn(&TaskMeta<'_>) + Send + Sync + 'static) -> Self {
        self.spawn.push(Box::new(hook));
        self
    }

    /// With one of yours, as [`Builder::on_before_task_poll`].
    pub fn on_before_task_poll(mut self, hook: impl Fn(&TaskMeta<'_>) + Send + Sync + 'static) -> Self {
        self.before_poll.push(Box::new(hook));
        self
    }

    /// With one of yours, as [`Builder::on_after_task_poll`].
    pub fn on_after_task_poll(mut self, hook: impl Fn(&TaskMeta<'_>) + Send + Sync + 'static) -> Self {
        self.after_poll.push(Box::new(hook));
        self
    }

    /// With one of yours, as [`Builder::on_task_terminate`].
    pub fn on_task_terminate(mut self, hook: impl Fn(&TaskMeta<'_>) + Send + Sync + 'static) -> Self {
        self.terminate.push(Box::new(hook));
        self
    }

    /// Sets them, in place of those that `builder` has.
    pub fn install(self, builder: &mut Builder) {
        let Hooks {
            spawn,
            before_poll,
            after_poll,
            terminate,
        } = self;
        let contexts = TaskContexts::new();
        let ours = contexts.clone();
        builder.on_task_spawn(move |meta| {
            ours.on_task_spawn(meta);
            call("on_task_spawn", &spawn, meta);
        });
        let ours = contexts.clone();
        builder.on_before_task_poll(move |meta| {
            ours.on_before_task_poll(meta);
            call("on_before_task_poll", &before_poll, meta);
        });
        let ours = contexts.clone();
        builder.on_after_task_poll(move |meta| {
            call("on_after_task_poll", &after_poll, meta);
            ours.on_after_task_poll(meta);
        });
        builder.on_task_terminate(move |meta| {
            call("on_task_terminate", &terminate, meta);
            contexts.on_task_terminate(meta);
        });
    }
}

#[inline]
fn call(name: &str, hooks: &[Hook], meta: &TaskMeta<'_>) {
    for hook in hooks {
        isolate(|| format!("tokio hook `{name}`"), || hook(meta));
    }
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooks")
            .field("spawn", &self.spawn.len())
            .field("before_poll", &self.before_poll.len())
            .field("after_poll", &self.after_poll.len())
            .field("terminate", &self.terminate.len())
            .finish()
    }
}
