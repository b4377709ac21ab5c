//! Our hooks beside the user's.

use super::{TaskContexts, hand_over_of};
use crate::__private::isolate;
use crate::HandOver;
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
#[must_use = "they are set by `install`"]
pub struct Hooks {
    hand_over: Choose,
    spawn: Vec<Hook>,
    before_poll: Vec<Hook>,
    after_poll: Vec<Hook>,
    terminate: Vec<Hook>,
}

type Choose = Box<dyn Fn(&TaskMeta<'_>) -> Option<HandOver> + Send + Sync>;
type Hook = Box<dyn Fn(&TaskMeta<'_>) + Send + Sync>;

impl Hooks {
    /// Ours alone.
    pub fn new() -> Self {
        Hooks {
            hand_over: Box::new(|meta| Some(hand_over_of(meta))),
            spawn: Vec::new(),
            before_poll: Vec::new(),
            after_poll: Vec::new(),
            terminate: Vec::new(),
        }
    }

    /// Says which hand-over the spawn of each task is, in place of [`hand_over_of`]; none, and the task inherits nothing.
    ///
    /// It is asked on the spawner's thread, in its context, where there is something to hand over, and not of tasks that are spawned by
    /// [the functions](crate::tokio) that hand over by themselves. If it panics, that is [reported](crate::Report), and the task inherits nothing.
    ///
    /// With the feature `audit`, a program that never answers anything but none finds its raw spawns: it runs as without hooks, and what its tasks miss is
    /// [counted](crate::audit) by where they were spawned.
    ///
    /// # Examples
    /// ```
    /// use throughline::{AsyncLocalStorage, HandOver, tokio::hooks::{Hooks, hand_over_of}};
    /// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
    ///
    /// let mut builder = tokio::runtime::Builder::new_current_thread();
    /// Hooks::new()
    ///     .hand_over(|meta| match meta.spawned_at().file() {
    ///         file if file.contains("/my-pool/") => Some(HandOver::Detached),
    ///         _ => Some(hand_over_of(meta)),
    ///     })
    ///     .install(&mut builder);
    /// let task = USER.scope("ada", async { tokio::spawn(async { USER.get_store() }).await.unwrap() });
    /// assert_eq!(builder.build().unwrap().block_on(task), Some("ada"));
    /// ```
    pub fn hand_over(
        mut self,
        choose: impl Fn(&TaskMeta<'_>) -> Option<HandOver> + Send + Sync + 'static,
    ) -> Self {
        self.hand_over = Box::new(choose);
        self
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
            hand_over,
            spawn,
            before_poll,
            after_poll,
            terminate,
        } = self;
        let contexts = TaskContexts::new();
        let ours = contexts.clone();
        builder.on_task_spawn(move |meta| {
            ours.spawned(meta, || hand_over(meta));
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
    if !hooks.is_empty() {
        call_each(name, hooks, meta);
    }
}

#[inline(never)]
fn call_each(name: &str, hooks: &[Hook], meta: &TaskMeta<'_>) {
    for hook in hooks {
        isolate(|| format!("tokio hook `{name}`"), || hook(meta));
    }
}

impl Default for Hooks {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooks")
            .field("spawn", &self.spawn.len())
            .field("before_poll", &self.before_poll.len())
            .field("after_poll", &self.after_poll.len())
            .field("terminate", &self.terminate.len())
            .finish_non_exhaustive()
    }
}
