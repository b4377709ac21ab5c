//! [`std::thread`], whose threads begin in the context of whoever starts them.
//!
//! `use throughline::thread` in place of `use std::thread`: all else of that module is here too, as it is there. The hand-over is of kind
//! [`Blocking`](crate::HandOver::Blocking), or [`Detached`](crate::HandOver::Detached) where the name says so. It is taken when the thread is asked for; what
//! the closure owns is dropped in it, also if the thread cannot be started. What the thread answers belongs to who joins it, and is
//! dropped where they drop it; if nobody joins it, with its handle or, after its context has ended, with the thread, whichever goes last.
//!
//! Threads do not outlive their context by themselves: each holds a snapshot until its closure has returned. A thread that
//! serves many (a pool's, a server's) is [detached](spawn_detached), and takes the context of each piece of work with the work.
//!
//! # Examples
//! ```
//! use throughline::{AsyncLocalStorage, thread};
//! static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
//!
//! let words = vec!["hello", "good day"];
//! USER.run("ada", || {
//!     let kept = thread::spawn(|| USER.get_store());
//!     assert_eq!(kept.join().unwrap(), Some("ada"));
//!
//!     let greetings = thread::scope(|s| {
//!         let greet = |word: &str| format!("{word}, {}", USER.get_store().unwrap());
//!         let threads: Vec<_> = words.iter().map(|&word| s.spawn(move || greet(word))).collect();
//!         threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
//!     });
//!     assert_eq!(greetings, ["hello, ada", "good day, ada"]);
//! });
//! ```

use std::{fmt, io};

use throughline_core::__private::Bound;
use throughline_core::{HandOver, snapshot_for};

// What is named below comes before what a glob brings.
pub use std::thread::*;

/// As [`std::thread::spawn`], in the context of the place where this is called.
///
/// # Panics
/// If the operating system starts no thread: see [`Builder::spawn`]. If a storage's propagation map does.
///
/// # Examples
/// ```
/// use throughline::{AsyncLocalStorage, thread};
/// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
///
/// let thread = USER.run("ada", || thread::spawn(|| USER.get_store()));
/// assert_eq!(thread.join().unwrap(), Some("ada"));
/// ```
#[track_caller]
pub fn spawn<F, T>(f: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    std::thread::spawn(handed_over(HandOver::Blocking, f))
}

/// As [`spawn`], for a thread that outlives the work that starts it: with those stores alone that cross a
/// [`Detached`](HandOver::Detached) hand-over, by default none.
///
/// # Panics
/// As [`spawn`].
///
/// # Examples
/// ```
/// use throughline::{AsyncLocalStorage, thread};
/// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
///
/// let refresher = USER.run("ada", || thread::spawn_detached(|| USER.get_store()));
/// assert_eq!(refresher.join().unwrap(), None);
/// ```
#[track_caller]
pub fn spawn_detached<F, T>(f: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    std::thread::spawn(handed_over(HandOver::Detached, f))
}

/// As [`std::thread::scope`], whose threads begin in the context of whoever starts them.
///
/// The [`Scope`] is handed over by value, and is `Copy`: where a thread of the scope starts another one, its closure is a `move` closure. That and its
/// type, if it is written anywhere, are all that differs.
///
/// # Panics
/// As [`std::thread::scope`]: if `f` does, or a thread that nobody joined did.
///
/// # Examples
/// ```
/// use throughline::{AsyncLocalStorage, thread};
/// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
///
/// let mut seen = Vec::new();
/// USER.run("ada", || thread::scope(|s| {
///     s.spawn(|| seen.push(USER.get_store()));
/// }));
/// assert_eq!(seen, [Some("ada")]);
/// ```
#[track_caller]
pub fn scope<'env, F, T>(f: F) -> T
where
    F: for<'scope> FnOnce(Scope<'scope, 'env>) -> T,
{
    std::thread::scope(|scope| f(Scope(scope)))
}

/// Where [`scope`]'s threads are started: [`std::thread::Scope`], by which they begin in the context of whoever starts them.
#[derive(Clone, Copy)]
pub struct Scope<'scope, 'env: 'scope>(&'scope std::thread::Scope<'scope, 'env>);

impl<'scope, 'env> Scope<'scope, 'env> {
    /// As [`std::thread::Scope::spawn`], in the context of the place where this is called.
    ///
    /// # Panics
    /// As [`spawn`](fn@spawn).
    #[track_caller]
    pub fn spawn<F, T>(self, f: F) -> ScopedJoinHandle<'scope, T>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        self.0.spawn(handed_over(HandOver::Blocking, f))
    }

    /// What it wraps, for code that is written against that: its threads begin without context.
    pub fn as_std(self) -> &'scope std::thread::Scope<'scope, 'env> {
        self.0
    }
}

impl fmt::Debug for Scope<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// As [`std::thread::Builder`], whose threads begin in the context of whoever starts them.
///
/// # Examples
/// ```
/// use throughline::{AsyncLocalStorage, thread};
/// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
///
/// # fn main() -> std::io::Result<()> {
/// let builder = thread::Builder::new().name("report".into()).stack_size(64 * 1024);
/// let thread = USER.run("ada", || {
///     builder.spawn(|| (thread::current().name().map(str::to_owned), USER.get_store()))
/// })?;
/// assert_eq!(thread.join().unwrap(), (Some("report".into()), Some("ada")));
/// # Ok(())
/// # }
/// ```
#[must_use = "a builder starts no thread until it is told to spawn"]
#[derive(Debug)]
pub struct Builder(std::thread::Builder);

impl Builder {
    /// As [`std::thread::Builder::new`].
    #[expect(clippy::new_without_default, reason = "as std's")]
    pub fn new() -> Self {
        Builder(std::thread::Builder::new())
    }

    /// As [`std::thread::Builder::name`].
    ///
    /// # Panics
    /// Spawning does, if there is a NUL in it.
    pub fn name(self, name: String) -> Self {
        Builder(self.0.name(name))
    }

    /// As [`std::thread::Builder::stack_size`].
    pub fn stack_size(self, size: usize) -> Self {
        Builder(self.0.stack_size(size))
    }

    /// As [`std::thread::Builder::spawn`], in the context of the place where this is called.
    ///
    /// # Panics
    /// If the name has a NUL in it; if a storage's propagation map panics.
    ///
    /// # Errors
    /// If the operating system starts no thread; `f` is dropped in its context then.
    #[track_caller]
    pub fn spawn<F, T>(self, f: F) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        self.0.spawn(handed_over(HandOver::Blocking, f))
    }

    /// As [`spawn`](Self::spawn), for a thread that outlives the work that starts it: see [`spawn_detached`].
    ///
    /// # Panics
    /// As [`spawn`](Self::spawn).
    ///
    /// # Errors
    /// As [`spawn`](Self::spawn).
    #[track_caller]
    pub fn spawn_detached<F, T>(self, f: F) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        self.0.spawn(handed_over(HandOver::Detached, f))
    }

    /// As [`std::thread::Builder::spawn_scoped`], in the context of the place where this is called.
    ///
    /// # Panics
    /// As [`spawn`](Self::spawn).
    ///
    /// # Errors
    /// As [`spawn`](Self::spawn).
    #[track_caller]
    pub fn spawn_scoped<'scope, 'env, F, T>(
        self,
        scope: Scope<'scope, 'env>,
        f: F,
    ) -> io::Result<ScopedJoinHandle<'scope, T>>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        self.0.spawn_scoped(scope.0, handed_over(HandOver::Blocking, f))
    }
}

/// A builder that has been told more than this one can be: what is unstable, what will come.
impl From<std::thread::Builder> for Builder {
    fn from(builder: std::thread::Builder) -> Self {
        Builder(builder)
    }
}

/// `f` as the thread is to call it; dropped in its context, called or not.
#[track_caller] // For the audit, which counts by where work was handed over.
fn handed_over<F: FnOnce() -> T, T>(hand_over: HandOver, f: F) -> impl FnOnce() -> T + use<F, T> {
    let bound = Bound::to(snapshot_for(hand_over), f);
    move || bound.call_once(|f| f())
}
