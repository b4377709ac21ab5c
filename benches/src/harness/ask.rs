//! Questions: each is asked in a process of its own, and answers by what it prints.

use std::process::{Command, Stdio};
use std::{env, io, thread};

use super::{Bench, Found, count, time};
use crate::peers::{Ours, Peer as _};

/// A question: rows of operations and goals over them.
#[derive(Debug)]
pub struct Question {
    pub(crate) name: &'static str,
    pub(crate) asks: &'static str,
    pub(crate) define: fn(&mut Bench),
}

/// Of the storage that many questions have: an index is as long as the highest slot in it, and some fill a thousand.
fn take_first_slots() {
    Ours::run(7, || ());
}

/// Scopes a thousand deep want a deep stack.
const STACK: usize = 256 << 20;

/// The command that times in the process it runs in.
pub const MEASURED: &str = "measured";

impl Question {
    /// As the command line has it.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The question itself.
    pub fn asks(&self) -> &'static str {
        self.asks
    }

    /// Times it in a process of its own, where nobody else's storages are.
    ///
    /// # Errors
    /// If that process fails.
    pub fn time(&self, rounds: usize) -> io::Result<Found> {
        let output = Command::new(env::current_exe()?)
            .args([MEASURED, self.name, &rounds.to_string()])
            .stderr(Stdio::inherit())
            .output()?;
        if !output.status.success() {
            let what = format!("{}: timing it failed: {}", self.name, output.status);
            return Err(io::Error::other(what));
        }
        serde_json::from_slice(&output.stdout).map_err(io::Error::other)
    }

    /// Times it in this process.
    pub fn measure(&self, rounds: usize) -> Found {
        self.on_deep_stack(|bench| Found::timed(bench, &time::time(bench, rounds)))
    }

    /// Counts its instructions.
    ///
    /// # Errors
    /// If there is no valgrind, or it fails.
    pub fn count(&self) -> io::Result<Found> {
        self.on_deep_stack(|bench| Ok(Found::counted(bench, &count::count(bench)?)))
    }

    /// Is what [`count`](Self::count) counts.
    pub fn be_counted(&self) {
        self.on_deep_stack(count::be_counted);
    }

    /// Does each operation once, for what its assertions say.
    #[cfg(test)]
    pub(crate) fn try_once(&self) {
        self.on_deep_stack(|bench| {
            for op in &bench.operations {
                op.time(1);
            }
        });
    }

    fn on_deep_stack<R: Send>(&self, f: impl FnOnce(&Bench) -> R + Send) -> R {
        let work = || {
            take_first_slots();
            let mut bench = Bench::new(self.name);
            (self.define)(&mut bench);
            f(&bench)
        };
        thread::scope(|scope| {
            let deep = thread::Builder::new().stack_size(STACK);
            deep.spawn_scoped(scope, work).unwrap().join().unwrap()
        })
    }
}
