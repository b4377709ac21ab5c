//! What was found, as it goes from the process that measures to the one that tells.

use serde::{Deserialize, Serialize};

use super::bench::{Bench, Operation, Row};
use super::count::Counts;
use super::goal::{Goal, Kind, Number};
use super::stamp::{Stamp, stamp};
use super::time::{Spread, Times};
use super::{Op, Who};

/// What was found of one question.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Found {
    /// The question.
    pub question: String,
    /// What ran, how it was built, where and when.
    pub stamp: Stamp,
    /// Of the question's rows.
    pub rows: Vec<FoundRow>,
    /// Of its goals.
    pub goals: Vec<FoundGoal>,
}

/// What was found of a row.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FoundRow {
    /// What is done.
    pub row: Row,
    /// By each.
    pub cells: Vec<Cell>,
}

/// What one of those in a row costs, beyond the row's floor.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Cell {
    /// Whose it is.
    pub who: Who,
    /// Which of several ways.
    pub variant: Option<String>,
    /// Nanoseconds.
    pub time: Option<Spread>,
    /// In parts of the time of ours, taken in the same round.
    pub to_ours: Option<Spread>,
    /// Instructions.
    pub instructions: Option<f64>,
}

/// A goal, and what was found.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FoundGoal {
    /// Which it is.
    pub number: Number,
    /// What is asked for.
    pub what: String,
    /// What `shown` is.
    pub unit: Unit,
    /// Ours.
    pub ours: f64,
    /// What ours is compared with.
    pub peer: f64,
    /// What is to be at most `at_most`.
    pub shown: f64,
    /// Of times, how far the rounds lay apart.
    pub quartiles: Option<[f64; 2]>,
    /// What the prototype showed.
    pub prototype: Option<f64>,
    /// The goal.
    pub at_most: f64,
    /// Missing it is no matter.
    pub nice: bool,
}

/// What a goal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unit {
    /// Nanoseconds by nanoseconds, or instructions by instructions.
    Ratio,
    /// Nanoseconds.
    Nanoseconds,
    /// Instructions.
    Instructions,
    /// Bytes or blocks.
    Memory,
}

impl FoundGoal {
    /// Whether it is reached.
    pub fn is_reached(&self) -> bool {
        let slack = match self.unit {
            // What is left of the loop's beginning and end.
            Unit::Instructions => 0.5,
            _ => 0.0,
        };
        self.shown <= self.at_most + slack
    }
}

impl Found {
    pub(crate) fn timed(bench: &Bench, times: &Times) -> Self {
        let cell = |op: Op, ours: Option<Op>| {
            let operation = &bench.operations[op.0];
            let floor = operation.floor;
            let time = times.net(op, floor).map(|ns| ns / operation.per);
            let to_ours = ours.map(|ours| {
                let per = operation.per / bench.operations[ours.0].per;
                times.ratio(op, ours, floor).map(|ratio| ratio / per)
            });
            Cell {
                time: Some(time),
                to_ours,
                ..Cell::of(operation)
            }
        };
        Found::new(bench, cell, |goal| timed_goal(times, goal))
    }

    pub(crate) fn counted(bench: &Bench, counts: &Counts) -> Self {
        let cell = |op: Op, _| {
            let operation = &bench.operations[op.0];
            let floor = operation.floor.map_or(0.0, |floor| counts.of(floor));
            Cell {
                instructions: operation.counted.then(|| (counts.of(op) - floor) / operation.per),
                ..Cell::of(operation)
            }
        };
        Found::new(bench, cell, |goal| counted_goal(counts, goal))
    }

    fn new(
        bench: &Bench,
        cell: impl Fn(Op, Option<Op>) -> Cell,
        goal: impl Fn(&Goal) -> Option<FoundGoal>,
    ) -> Self {
        let rows = bench.rows.iter().enumerate().map(|(index, row)| {
            let ops = || (0..bench.operations.len()).filter(|&op| bench.operations[op].row == Some(index));
            let ours = ops().find(|&op| bench.operations[op].who == Who::Ours).map(Op);
            FoundRow {
                row: row.clone(),
                cells: ops().map(|op| cell(Op(op), ours)).collect(),
            }
        });
        Found {
            question: bench.name.to_owned(),
            stamp: stamp(),
            rows: rows.collect(),
            goals: bench.goals.iter().filter_map(goal).collect(),
        }
    }

    /// Takes in what was found of the same question in another way.
    pub fn merge(&mut self, other: Found) {
        for (row, others) in self.rows.iter_mut().zip(other.rows) {
            for (cell, other) in row.cells.iter_mut().zip(others.cells) {
                cell.time = cell.time.or(other.time);
                cell.to_ours = cell.to_ours.or(other.to_ours);
                cell.instructions = cell.instructions.or(other.instructions);
            }
        }
        self.goals.extend(other.goals);
    }
}

impl FoundRow {
    /// The first one of `who`.
    pub fn of(&self, who: Who) -> Option<&Cell> {
        self.cells.iter().find(|cell| cell.who == who)
    }
}

impl Cell {
    fn of(operation: &Operation) -> Self {
        Cell {
            who: operation.who,
            variant: operation.variant.clone(),
            time: None,
            to_ours: None,
            instructions: None,
        }
    }
}

fn timed_goal(times: &Times, goal: &Goal) -> Option<FoundGoal> {
    let (ours, peer, spread, unit) = match goal.kind {
        Kind::Ratio { ours, peer, floor } => (ours, peer, times.ratio(ours, peer, floor), Unit::Ratio),
        Kind::Difference { more, less, per } => {
            let spread = times.net(more, Some(less)).map(|value| value / per);
            (more, less, spread, Unit::Nanoseconds)
        }
        Kind::Instructions { .. } | Kind::InstructionRatio { .. } | Kind::SameInstructions { .. } => {
            return None;
        }
        Kind::Unset => unset(goal),
    };
    let [ours, peer] = [ours, peer].map(|op| times.net(op, None).median);
    let quartiles = Some([spread.low, spread.high]);
    Some(FoundGoal::new(goal, unit, [ours, peer, spread.median], quartiles))
}

fn counted_goal(counts: &Counts, goal: &Goal) -> Option<FoundGoal> {
    let (ours, peer, shown, unit) = match &goal.kind {
        Kind::Instructions { ours, less } => {
            let less: f64 = less.iter().map(|&op| counts.of(op)).sum();
            let ours = counts.of(*ours);
            (ours, less, ours - less, Unit::Instructions)
        }
        Kind::InstructionRatio { ours, peer } => {
            let [ours, peer] = [ours, peer].map(|&op| counts.of(op));
            (ours, peer, ours / peer, Unit::Ratio)
        }
        Kind::SameInstructions { ops } => {
            let all = || ops.iter().map(|&op| counts.of(op));
            let (least, most) = (all().fold(f64::MAX, f64::min), all().fold(0.0, f64::max));
            (most, least, most - least, Unit::Instructions)
        }
        Kind::Ratio { .. } | Kind::Difference { .. } => return None,
        Kind::Unset => unset(goal),
    };
    Some(FoundGoal::new(goal, unit, [ours, peer, shown], None))
}

impl FoundGoal {
    fn new(goal: &Goal, unit: Unit, [ours, peer, shown]: [f64; 3], quartiles: Option<[f64; 2]>) -> Self {
        FoundGoal {
            number: goal.number,
            what: goal.what.clone(),
            unit,
            ours,
            peer,
            shown,
            quartiles,
            prototype: goal.prototype,
            at_most: goal.at_most,
            nice: goal.nice,
        }
    }
}

fn unset(goal: &Goal) -> ! {
    panic!("nothing is measured for goal {}, {}", goal.number, goal.what)
}
