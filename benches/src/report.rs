//! Tables for people and, of instruction counts, for programs.

use std::process::ExitCode;

use crate::bench::Bench;
use crate::count::Counts;
use crate::goal::{Goal, Kind};
use crate::stamp;
use crate::time::{Spread, Times};

pub(crate) fn stamp(lines: &[String]) {
    for line in lines {
        println!("# {line}");
    }
}

pub(crate) fn times(bench: &Bench, times: &Times) {
    let mut rows = vec![cells(["operation", "ns", "q1", "q3"])];
    for (index, op) in bench.operations.iter().enumerate() {
        let Spread { low, median, high } = times.of(crate::Op(index));
        rows.push(cells([&op.name, &time(median), &time(low), &time(high)]));
    }
    table(&rows, 1);
    goals(bench, |goal| timed(bench, times, goal));
}

/// Prints the counts as tab-separated values, then the goals as comments.
pub(crate) fn counts(bench: &Bench, counts: &Counts) -> ExitCode {
    for (index, op) in bench.operations.iter().enumerate() {
        println!("{}\t{}\t{:.1}", bench.name, op.name, counts.of(crate::Op(index)));
    }
    goals(bench, |goal| counted(bench, counts, goal))
}

/// Exact numbers, such as bytes and blocks, each held to a limit.
#[derive(Debug)]
pub struct Checks {
    rows: Vec<Vec<String>>,
    failed: bool,
}

impl Checks {
    /// Begins a table.
    pub fn new(name: &str) -> Self {
        stamp(&stamp::stamp(name));
        let rows = vec![cells([
            "#",
            "goal",
            "ours",
            "peer",
            "shown",
            "prototype",
            "goal",
            "",
        ])];
        Checks { rows, failed: false }
    }

    /// `found` is to be `limit` or less.
    pub fn at_most(&mut self, goal: u8, what: &str, found: f64, limit: f64) {
        self.push(
            goal,
            what,
            ["", "", &number(found), "", &number(limit)],
            found <= limit,
        );
    }

    /// `ours` is to be `limit` parts of `peer` or less; the prototype was `prototype`.
    pub fn ratio(&mut self, goal: u8, what: &str, [ours, peer]: [f64; 2], [prototype, limit]: [f64; 2]) {
        let shown = ours / peer;
        let numbers = [ours, peer, shown, prototype, limit].map(number);
        self.push(goal, what, numbers.each_ref().map(String::as_str), shown <= limit);
    }

    /// A number that is merely told.
    pub fn tell(&mut self, what: &str, ours: f64, peer: Option<f64>) {
        let peer = peer.map(number).unwrap_or_default();
        self.rows
            .push(cells(["#", what, &number(ours), &peer, "", "", "", ""]));
    }

    /// Prints the table. The exit code says whether all was well.
    pub fn finish(self) -> ExitCode {
        table(&self.rows, 2);
        exit_code(self.failed)
    }

    fn push(&mut self, goal: u8, what: &str, numbers: [&str; 5], passed: bool) {
        let [ours, peer, shown, prototype, limit] = numbers;
        let verdict = if passed { "PASS" } else { "MISS" };
        self.failed |= !passed;
        let goal = format!("# {goal}");
        self.rows
            .push(cells([&goal, what, ours, peer, shown, prototype, limit, verdict]));
    }
}

/// A goal as it was found, if this run asked for it.
struct Found {
    ours: String,
    peer: String,
    shown: f64,
    quartiles: Option<[f64; 2]>,
}

fn goals(bench: &Bench, found: impl Fn(&Goal) -> Option<Found>) -> ExitCode {
    let head = [
        "#",
        "goal",
        "ours",
        "peer",
        "shown",
        "q1",
        "q3",
        "prototype",
        "goal",
        "",
    ];
    let mut rows = vec![cells(head)];
    let mut failed = false;
    let mut sorted: Vec<&Goal> = bench.goals.iter().collect();
    sorted.sort_by_key(|goal| goal.number);
    for goal in sorted {
        let Some(found) = found(goal) else { continue };
        failed |= found.shown > goal.at_most && !goal.stretch;
        rows.push(row(goal, &found));
    }
    if rows.len() > 1 {
        println!("#");
        table(&rows, 2);
    }
    exit_code(failed)
}

fn row(goal: &Goal, found: &Found) -> Vec<String> {
    let [low, high] = found
        .quartiles
        .map_or([String::new(), String::new()], |q| q.map(number));
    let prototype = goal.prototype.map(number).unwrap_or_default();
    let verdict = match (found.shown <= goal.at_most, goal.stretch) {
        (true, _) => "PASS",
        (false, false) => "MISS",
        (false, true) => "MISS (stretch)",
    };
    let [shown, limit] = [found.shown, goal.at_most].map(number);
    let goal_number = format!("# {}", goal.number);
    cells([
        &goal_number,
        &goal.what,
        &found.ours,
        &found.peer,
        &shown,
        &low,
        &high,
        &prototype,
        &limit,
        verdict,
    ])
}

fn timed(bench: &Bench, times: &Times, goal: &Goal) -> Option<Found> {
    let (ours, peer, spread) = match goal.kind {
        Kind::Ratio { ours, peer, floor } => (ours, peer, times.ratio(ours, peer, floor)),
        Kind::Difference { more, less, per } => {
            (more, less, times.difference(more, less).map(|value| value / per))
        }
        Kind::Instructions { .. } | Kind::SameInstructions { .. } => return None,
        Kind::Unset => unset(bench, goal),
    };
    let [ours, peer] = [ours, peer].map(|op| time(times.of(op).median));
    Some(Found {
        ours,
        peer,
        shown: spread.median,
        quartiles: Some([spread.low, spread.high]),
    })
}

fn counted(bench: &Bench, counts: &Counts, goal: &Goal) -> Option<Found> {
    let (ours, peer, shown) = match &goal.kind {
        Kind::Instructions { ours, less } => {
            let less: f64 = less.iter().map(|&op| counts.of(op)).sum();
            (counts.of(*ours), less, counts.of(*ours) - less)
        }
        Kind::SameInstructions { ops } => {
            let all = || ops.iter().map(|&op| counts.of(op));
            let (least, most) = (all().fold(f64::MAX, f64::min), all().fold(0.0, f64::max));
            (most, least, most - least)
        }
        Kind::Ratio { .. } | Kind::Difference { .. } => return None,
        Kind::Unset => unset(bench, goal),
    };
    let [ours, peer] = [ours, peer].map(|count| format!("{count:.1}"));
    Some(Found {
        ours,
        peer,
        shown,
        quartiles: None,
    })
}

fn unset(bench: &Bench, goal: &Goal) -> ! {
    panic!(
        "{}: nothing is measured for goal {}, {}",
        bench.name, goal.number, goal.what
    )
}

impl Spread {
    fn map(self, f: impl Fn(f64) -> f64) -> Self {
        Spread {
            low: f(self.low),
            median: f(self.median),
            high: f(self.high),
        }
    }
}

fn exit_code(failed: bool) -> ExitCode {
    if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

fn cells<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}

fn time(nanoseconds: f64) -> String {
    format!("{nanoseconds:.2}")
}

/// Three digits or so.
fn number(value: f64) -> String {
    match value.abs() {
        whole if whole.fract() == 0.0 => format!("{value:.0}"),
        small if small < 0.1 => format!("{value:.4}"),
        small if small < 10.0 => format!("{value:.2}"),
        _ => format!("{value:.1}"),
    }
}

/// Prints `rows`, of which the first is the head: `texts` columns of text, then numbers. A column with nothing
/// in it is left out.
fn table(rows: &[Vec<String>], texts: usize) {
    let empty = |&column: &usize| rows[1..].iter().all(|row| row[column].is_empty());
    let columns: Vec<usize> = (0..rows[0].len()).filter(|column| !empty(column)).collect();
    let width = |column: usize| {
        rows.iter()
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = columns.iter().map(|&column| width(column)).collect();
    for row in rows {
        let padded = columns.iter().zip(&widths).map(|(&column, &width)| {
            let cell = &row[column];
            if column < texts {
                format!("{cell:width$}")
            } else {
                format!("{cell:>width$}")
            }
        });
        println!("{}", padded.collect::<Vec<_>>().join("  ").trim_end());
    }
}
