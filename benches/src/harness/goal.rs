//! Goals: what is to be reached, by which measure. `docs/performance.md` lists them by their numbers.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Op;

/// What is to be reached: a ratio of times, a time, or a number of instructions.
#[derive(Debug)]
pub struct Goal {
    pub(crate) number: Number,
    pub(crate) what: String,
    pub(crate) kind: Kind,
    pub(crate) prototype: Option<f64>,
    pub(crate) at_most: f64,
    /// Missing it is no matter.
    pub(crate) nice: bool,
}

/// Which goal: one of the table's, or one beyond it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Number {
    /// One of the twenty that were set with the prototype of the frame.
    Table(u8),
    /// One of the six beyond it.
    Stretch(u8),
    /// Of what was built on the frame.
    Built,
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Number::Table(number) => write!(f, "{number}"),
            Number::Stretch(number) => write!(f, "S{number}"),
            Number::Built => write!(f, "–"),
        }
    }
}

#[derive(Debug)]
pub(crate) enum Kind {
    /// Nothing asked yet.
    Unset,
    /// `ours / peer`, in nanoseconds, both without the floor.
    Ratio { ours: Op, peer: Op, floor: Option<Op> },
    /// `(more - less) / per` nanoseconds.
    Difference { more: Op, less: Op, per: f64 },
    /// The instructions of `ours` without those of each of `less`.
    Instructions { ours: Op, less: Vec<Op> },
    /// The instructions of `ours` by those of `peer`.
    InstructionRatio { ours: Op, peer: Op },
    /// As many instructions in each of these.
    SameInstructions { ops: Vec<Op> },
}

impl Goal {
    pub(crate) fn new(number: Number, what: String) -> Self {
        Goal {
            number,
            what,
            kind: Kind::Unset,
            prototype: None,
            at_most: 0.0,
            nice: false,
        }
    }

    /// The time of `ours` in parts of the time of `peer`.
    pub fn ratio(&mut self, ours: Op, peer: Op) -> &mut Self {
        self.kind = Kind::Ratio {
            ours,
            peer,
            floor: None,
        };
        self
    }

    /// The same, after `floor` was taken off both.
    pub fn net_ratio(&mut self, ours: Op, peer: Op, floor: Op) -> &mut Self {
        self.kind = Kind::Ratio {
            ours,
            peer,
            floor: Some(floor),
        };
        self
    }

    /// Nanoseconds that `more` takes beyond `less`, for each of `per` things.
    pub fn nanoseconds(&mut self, more: Op, less: Op, per: usize) -> &mut Self {
        self.kind = Kind::Difference {
            more,
            less,
            per: per as f64,
        };
        self
    }

    /// Instructions that `ours` takes beyond those of `less`.
    pub fn instructions(&mut self, ours: Op, less: &[Op]) -> &mut Self {
        self.kind = Kind::Instructions {
            ours,
            less: less.to_vec(),
        };
        self
    }

    /// The instructions of `ours` in parts of those of `peer`.
    pub fn instruction_ratio(&mut self, ours: Op, peer: Op) -> &mut Self {
        self.kind = Kind::InstructionRatio { ours, peer };
        self
    }

    /// `ops` take equally many instructions.
    pub fn same_instructions(&mut self, ops: &[Op]) -> &mut Self {
        self.kind = Kind::SameInstructions { ops: ops.to_vec() };
        self.prototype(0.0).at_most(0.0)
    }

    /// What the prototype showed.
    pub fn prototype(&mut self, shown: f64) -> &mut Self {
        self.prototype = Some(shown);
        self
    }

    /// What is asked for.
    pub fn at_most(&mut self, limit: f64) -> &mut Self {
        self.at_most = limit;
        self
    }

    /// Nice to have: missing it fails nothing.
    pub fn nice(&mut self) -> &mut Self {
        self.nice = true;
        self
    }
}
