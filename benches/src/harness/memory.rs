//! Bytes and blocks, as the program that counts them (`src/bin/memory`) hands them over.

use std::path::Path;
use std::process::{Command, Stdio};
use std::{env, io};

use serde::{Deserialize, Serialize};

use super::found::{FoundGoal, Unit};
use super::goal::Number;
use super::stamp::{Stamp, stamp};
use super::who::Who;

/// What is exact: bytes that things take, and blocks that are asked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Memory {
    /// What ran, how it was built, where and when.
    pub stamp: Stamp,
    /// What was found.
    pub amounts: Vec<Amount>,
    /// What was to be.
    pub goals: Vec<FoundGoal>,
}

/// What one thing takes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Amount {
    /// The thing.
    pub what: String,
    /// Whose.
    pub who: Who,
    /// Bytes of its own, where it lies.
    pub inline: Option<f64>,
    /// Bytes on the heap.
    pub heap: Option<f64>,
    /// Blocks on the heap, of an operation those that it asks for.
    pub blocks: Option<f64>,
}

impl Memory {
    /// Of now, with nothing in it yet.
    pub fn new() -> Self {
        Memory {
            stamp: stamp(),
            amounts: Vec::new(),
            goals: Vec::new(),
        }
    }

    /// Adds what a thing takes.
    pub fn push(&mut self, what: impl Into<String>, who: Who, inline: Option<f64>, heap: Option<[f64; 2]>) {
        self.amounts.push(Amount {
            what: what.into(),
            who,
            inline,
            heap: heap.map(|[bytes, _]| bytes),
            blocks: heap.map(|[_, blocks]| blocks),
        });
    }

    /// Adds how many blocks an operation asks for.
    pub fn push_blocks(&mut self, what: impl Into<String>, blocks: f64) {
        self.amounts.push(Amount {
            what: what.into(),
            who: Who::Ours,
            inline: None,
            heap: None,
            blocks: Some(blocks),
        });
    }

    /// `ours` is to be at most `at_most`, in parts of `peer`.
    pub fn ratio(&mut self, number: u8, what: &str, [ours, peer]: [f64; 2], [prototype, at_most]: [f64; 2]) {
        self.goal(number, what, [ours, peer, ours / peer], Some(prototype), at_most);
    }

    /// `ours` is to be at most `at_most`.
    pub fn at_most(&mut self, number: u8, what: &str, ours: f64, at_most: f64) {
        self.goal(number, what, [ours, at_most, ours], None, at_most);
    }

    /// The same, of one of the goals beyond the table.
    pub fn stretch(&mut self, number: u8, what: &str, ours: f64, at_most: f64) {
        self.at_most(0, what, ours, at_most);
        let goal = self.goals.last_mut().unwrap();
        goal.number = Number::Stretch(number);
        goal.nice = true;
    }

    fn goal(&mut self, number: u8, what: &str, numbers: [f64; 3], prototype: Option<f64>, at_most: f64) {
        let [ours, peer, shown] = numbers;
        self.goals.push(FoundGoal {
            number: Number::Table(number),
            what: what.to_owned(),
            unit: Unit::Memory,
            ours,
            peer,
            shown,
            quartiles: None,
            prototype,
            at_most,
            nice: false,
        });
    }

    /// By the program `memory`, which has an allocator of its own that counts.
    ///
    /// # Errors
    /// If that program does not build or run.
    pub fn measured() -> io::Result<Self> {
        let output = program()?.stderr(Stdio::inherit()).output()?;
        if !output.status.success() {
            return Err(io::Error::other(format!(
                "the program `memory` failed: {}",
                output.status
            )));
        }
        serde_json::from_slice(&output.stdout).map_err(io::Error::other)
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

/// Cargo builds it if need be; without cargo it has to be there.
fn program() -> io::Result<Command> {
    if let Some(cargo) = env::var_os("CARGO") {
        let mut command = Command::new(cargo);
        command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")));
        command.args(["run", "--quiet", "--bin", "memory"]);
        if env!("BENCHES_PROFILE") != "dev" {
            command.args(["--profile", env!("BENCHES_PROFILE")]);
        }
        return Ok(command);
    }
    let beside = env::current_exe()?.with_file_name("memory");
    if beside.exists() {
        return Ok(Command::new(beside));
    }
    Err(io::Error::other(
        "the program `memory` is not there: start this with `cargo run --release -p throughline-benches`",
    ))
}
