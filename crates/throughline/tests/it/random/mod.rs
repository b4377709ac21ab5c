//! Random programs, played by us and by real Node (`tests/node/random`): both have to say the same. A failure prints the smallest program that fails.
//!
//! `PROPTEST_CASES` sets the number of programs of each kind.

mod channel;
mod emitter;
mod hooks;

use crate::support::node::Player;
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};
use serde::Serialize;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Has many programs played by both. `compared` is what of their lines has to be the same.
#[track_caller]
fn compare<P: Serialize + std::fmt::Debug>(
    script: &str,
    programs: impl Strategy<Value = P>,
    play: impl Fn(&P) -> Vec<String>,
    compared: impl Fn(Vec<String>) -> Vec<String>,
) {
    let Some(player) = Player::start(script) else {
        return eprintln!("skipped: there is no `node` to play {script} with");
    };
    let mut config = Config {
        failure_persistence: None,
        max_shrink_iters: 5000,
        ..Config::default()
    };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = 500;
    }
    let result = TestRunner::new(config).run(&programs, |program| {
        let theirs = compared(player.play(&serde_json::to_string(&program).unwrap()));
        let ours = compared(play(&program));
        if ours == theirs {
            return Ok(());
        }
        let same = ours.iter().zip(&theirs).take_while(|(a, b)| a == b).count();
        let around = |lines: &[String]| lines[same.saturating_sub(10)..lines.len().min(same + 5)].to_vec();
        let (ours, theirs) = (around(&ours), around(&theirs));
        Err(TestCaseError::fail(format!(
            "after {same} lines, ours: {ours:#?}\nNode's: {theirs:#?}"
        )))
    });
    match result {
        Ok(()) => {}
        Err(TestError::Fail(why, program)) => panic!("{why}\n{program:#?}"),
        Err(TestError::Abort(why)) => panic!("{why}"),
    }
}

/// What a program throws.
struct Thrown(String);

fn throw(what: String) -> ! {
    resume_unwind(Box::new(Thrown(what)))
}

/// What `f` throws; another panic goes on.
fn thrown(f: impl FnOnce()) -> Option<String> {
    let payload = catch_unwind(AssertUnwindSafe(f)).err()?;
    match payload.downcast::<Thrown>() {
        Ok(thrown) => Some(thrown.0),
        Err(payload) => resume_unwind(payload),
    }
}

/// What both players of a program count and say.
#[derive(Default)]
struct Said {
    lines: Mutex<Vec<String>>,
    steps: AtomicUsize,
    numbers: AtomicUsize,
}

impl Said {
    fn say(&self, line: impl Into<String>) {
        lock(&self.lines).push(line.into());
    }

    /// Whether there is anything left to do: programs that call themselves get no further.
    fn goes_on(&self) -> bool {
        self.steps.fetch_add(1, Relaxed) < 120
    }

    fn number(&self) -> usize {
        self.numbers.fetch_add(1, Relaxed)
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut lock(&self.lines))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
