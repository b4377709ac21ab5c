//! What is asked: a file each. Their goals have the numbers of the table in `docs/performance.md`.

mod bind;
mod capture;
mod channel;
mod emit;
#[cfg(tokio_unstable)]
mod hooks;
mod logger;
mod poll;
mod pool;
mod rayon;
mod read;
mod resource;
mod restore;
mod run;
mod spawn;
mod storage;
mod two_threads;

use crate::Question;

macro_rules! questions {
    ($($(#[$cfg:meta])* $name:ident: $asks:literal,)*) => {
        /// All of them.
        pub const QUESTIONS: &[Question] = &[$($(#[$cfg])* Question {
            name: stringify!($name),
            asks: $asks,
            define: $name::define,
        },)*];
    };
}

questions! {
    read: "What does it cost to read a store?",
    run: "What does it cost to run a closure with a store set?",
    storage: "What does it cost to make a storage at run time, and to drop it?",
    poll: "What does it cost to poll a wrapped future, beyond the poll of the bare one?",
    capture: "What does it cost to keep what is set, for later?",
    restore: "What does it cost to run a closure with what was kept?",
    bind: "What does it cost to bind a closure to what is set, and to call it?",
    spawn: "What does a task cost that inherits, beside a bare one?",
    #[cfg(tokio_unstable)]
    hooks: "What does a poll cost whose context comes by tokio's hooks, beyond a bare one?",
    rayon: "What does a rayon job cost that runs in its giver's context, beside a bare one?",
    resource: "What does a resource cost, and a callback of it, with and without hooks?",
    emit: "What does it cost to call an event's listeners, beyond calling as many boxed closures?",
    channel: "What does a diagnostics channel cost, unused and used?",
    pool: "What does a job of the worker pool cost, beside one of rayon's on as many threads?",
    logger: "What does the context cost a server for one request, in process?",
    two_threads: "Do two threads that work in one context get in each other's way?",
}

/// Those that only builds with `--cfg tokio_unstable` can ask.
pub const UNSTABLE: &[&str] = &["hooks"];

/// The question of a name.
pub fn question(name: &str) -> Option<&'static Question> {
    QUESTIONS.iter().find(|question| question.name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_can_be_asked() {
        for question in QUESTIONS {
            question.try_once();
        }
    }
}
