//! Large numbers: each part in a process of its own, which is new, so that what it takes can be read off.

mod futures;
mod resources;
mod shared;
mod storages;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, io};

use serde::{Deserialize, Serialize};

/// A figure of one of the parts.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Figure {
    /// What it is of.
    pub what: String,
    /// How it was done.
    pub by: String,
    /// Bytes for each.
    pub bytes: Option<f64>,
    /// Nanoseconds for each.
    pub nanoseconds: Option<f64>,
}

/// Does something so many times.
type Part = fn(usize) -> Vec<Figure>;

/// The parts: a name, how often, and what.
const PARTS: &[(&str, usize, Part)] = &[
    ("futures-bare", 1_000_000, futures::bare),
    ("futures-ours", 1_000_000, futures::ours),
    ("futures-inherited", 1_000_000, futures::inherited),
    ("futures-tokio", 1_000_000, futures::tokio),
    ("futures-opentelemetry", 1_000_000, futures::opentelemetry),
    ("resources-unwatched", 100_000, resources::unwatched),
    ("resources-watched", 100_000, resources::watched),
    ("storages", 10_000, storages::measure),
    ("shared", 100_000, shared::measure),
];

/// The command of a part.
pub const SCALED: &str = "scaled";

/// All of them; `less` says by what their numbers are divided.
///
/// # Errors
/// If a part's process fails.
pub fn all(less: usize) -> io::Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for (name, ..) in PARTS {
        let output = Command::new(env::current_exe()?)
            .args([SCALED, name, &less.to_string()])
            .stderr(Stdio::inherit())
            .output()?;
        if !output.status.success() {
            return Err(io::Error::other(format!("{name}: {}", output.status)));
        }
        let found: Vec<Figure> = serde_json::from_slice(&output.stdout).map_err(io::Error::other)?;
        figures.extend(found);
    }
    Ok(figures)
}

/// One of them, in this process.
pub fn part(name: &str, less: usize) -> Option<Vec<Figure>> {
    let (_, number, measure) = PARTS.iter().find(|(found, ..)| *found == name)?;
    Some(measure(number / less.max(1)))
}

impl Figure {
    fn new(what: impl Into<String>, by: &str) -> Self {
        Figure {
            what: what.into(),
            by: by.to_owned(),
            bytes: None,
            nanoseconds: None,
        }
    }

    fn nanoseconds(mut self, took: Duration, of: usize) -> Self {
        self.nanoseconds = Some(took.as_nanos() as f64 / of as f64);
        self
    }

    fn bytes(mut self, bytes: Option<f64>, of: usize) -> Self {
        self.bytes = bytes.map(|bytes| bytes / of as f64);
        self
    }
}

fn timed<R>(f: impl FnOnce() -> R) -> (R, Duration) {
    let started = Instant::now();
    let result = f();
    (result, started.elapsed())
}

/// What is in memory of this process, where the system says.
fn resident() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: f64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes * 1024.0)
}

/// What `make` leaves in memory.
fn grown<R>(make: impl FnOnce() -> R) -> (R, Option<f64>) {
    let before = resident();
    let made = make();
    let after = resident();
    (made, before.zip(after).map(|(before, after)| after - before))
}

/// With commas, as people write it.
fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| std::str::from_utf8(group).unwrap())
        .collect();
    groups.join(" ")
}
