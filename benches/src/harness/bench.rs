//! What a question defines: rows of operations, side by side, and goals over them.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::goal::Number;
use super::{Goal, Meter, Who};

/// One bench: rows of operations, measured side by side, and goals over them.
pub struct Bench {
    pub(crate) name: &'static str,
    pub(crate) batch: Duration,
    /// How often an operation is repeated where its instructions are counted.
    pub(crate) repeated: u64,
    pub(crate) rows: Vec<Row>,
    pub(crate) operations: Vec<Operation>,
    pub(crate) goals: Vec<Goal>,
    floor: Option<Op>,
}

/// The same work, done by each.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Row {
    /// What is done.
    pub what: String,
    /// While what else is there.
    pub under: Under,
    /// What the row's limit does.
    pub limit: Option<String>,
    /// Why ours is not at the limit.
    pub why: Option<String>,
}

/// What else is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Under {
    /// Nothing that matters.
    Plain,
    /// So many other storages are set.
    Live(usize),
    /// So many scopes are nested.
    Depth(usize),
}

pub(crate) struct Operation {
    /// None for a floor, which is in no row.
    pub(crate) row: Option<usize>,
    pub(crate) who: Who,
    /// Which of several of the same `who` in a row.
    pub(crate) variant: Option<String>,
    /// What is taken off for what the operation itself costs.
    pub(crate) floor: Option<Op>,
    pub(crate) per: f64,
    pub(crate) counted: bool,
    measure: Box<dyn Fn(&mut Meter)>,
}

/// An operation of the bench that returned it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Op(pub(crate) usize);

impl Bench {
    pub(crate) fn new(name: &'static str) -> Self {
        Bench {
            name,
            batch: Duration::from_micros(300),
            repeated: 200,
            rows: Vec::new(),
            operations: Vec::new(),
            goals: Vec::new(),
            floor: None,
        }
    }

    /// What costs nothing of what is asked about: the empty loop, the bare future. It is taken off all rows that follow.
    pub fn floor(&mut self, measure: impl Fn(&mut Meter) + 'static) -> Op {
        self.floor = None;
        let floor = self.push(None, Who::Limit, measure);
        self.floor = Some(floor);
        floor
    }

    /// The rows that follow have no floor.
    pub fn no_floor(&mut self) {
        self.floor = None;
    }

    /// Begins a row; the operations that follow are its own.
    pub fn row(&mut self, what: impl Into<String>, under: Under) {
        self.rows.push(Row {
            what: what.into(),
            under,
            limit: None,
            why: None,
        });
    }

    /// What the row costs at the least: `what` says what that is.
    pub fn limit(&mut self, what: &str, measure: impl Fn(&mut Meter) + 'static) -> Op {
        self.last_row().limit = Some(what.to_owned());
        self.op(Who::Limit, measure)
    }

    /// The same by Throughline.
    pub fn ours(&mut self, measure: impl Fn(&mut Meter) + 'static) -> Op {
        self.op(Who::Ours, measure)
    }

    /// The same by `who`: `measure` sets up, repeats the operation with [`Meter::each`] and tears down.
    pub fn op(&mut self, who: Who, measure: impl Fn(&mut Meter) + 'static) -> Op {
        let row = self.rows.len().checked_sub(1).expect("a row comes first");
        self.push(Some(row), who, measure)
    }

    /// As [`op`](Self::op), for one that has several ways.
    pub fn variant(
        &mut self,
        who: Who,
        variant: impl Into<String>,
        measure: impl Fn(&mut Meter) + 'static,
    ) -> Op {
        let op = self.op(who, measure);
        self.operations[op.0].variant = Some(variant.into());
        op
    }

    /// Why ours is not at the row's limit.
    pub fn why(&mut self, why: &str) {
        self.last_row().why = Some(why.to_owned());
    }

    /// The last operation does so many things at once: what is told is the cost of one.
    pub fn each_does(&mut self, things: usize) {
        self.operations.last_mut().unwrap().per = things as f64;
    }

    /// The last operation is the work of several threads: how many instructions that takes depends on who waits for whom.
    pub fn uncounted(&mut self) {
        self.operations.last_mut().unwrap().counted = false;
    }

    /// Adds one of the twenty goals of the table.
    pub fn goal(&mut self, number: u8, what: impl Into<String>) -> &mut Goal {
        self.add_goal(Number::Table(number), what.into())
    }

    /// Adds one of the six goals beyond it.
    pub fn stretch_goal(&mut self, number: u8, what: impl Into<String>) -> &mut Goal {
        self.add_goal(Number::Stretch(number), what.into()).nice()
    }

    /// Adds a goal of what was built on the frame.
    pub fn own_goal(&mut self, what: impl Into<String>) -> &mut Goal {
        self.add_goal(Number::Built, what.into())
    }

    fn add_goal(&mut self, number: Number, what: String) -> &mut Goal {
        self.goals.push(Goal::new(number, what));
        self.goals.last_mut().unwrap()
    }

    /// How long one operation is repeated before the next one has its turn.
    pub fn batch(&mut self, batch: Duration) {
        self.batch = batch;
    }

    /// How often an operation is repeated where its instructions are counted, if each is long.
    pub fn repeated(&mut self, times: u64) {
        self.repeated = times;
    }

    pub(crate) fn name_of(&self, op: Op) -> String {
        let operation = &self.operations[op.0];
        let Some(row) = operation.row else {
            return "floor".to_owned();
        };
        let row = self.rows[row].to_string();
        match (&operation.variant, operation.who) {
            (None, Who::Ours) => row,
            (None, who) => format!("{row} [{who}]"),
            (Some(variant), Who::Ours) => format!("{row}: {variant}"),
            (Some(variant), who) => format!("{row} [{who}: {variant}]"),
        }
    }

    fn push(&mut self, row: Option<usize>, who: Who, measure: impl Fn(&mut Meter) + 'static) -> Op {
        self.operations.push(Operation {
            row,
            who,
            variant: None,
            floor: self.floor,
            per: 1.0,
            counted: true,
            measure: Box::new(measure),
        });
        Op(self.operations.len() - 1)
    }

    fn last_row(&mut self) -> &mut Row {
        self.rows.last_mut().expect("a row comes first")
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.what, self.under)
    }
}

impl fmt::Display for Under {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Under::Plain => Ok(()),
            Under::Live(live) => write!(f, ", {live} live"),
            Under::Depth(depth) => write!(f, ", depth {depth}"),
        }
    }
}

impl Operation {
    pub(crate) fn time(&self, iterations: u64) -> Duration {
        let mut meter = Meter::new(iterations, false);
        (self.measure)(&mut meter);
        meter.took()
    }

    pub(crate) fn count(&self, iterations: u64) {
        (self.measure)(&mut Meter::new(iterations, true));
    }
}

impl fmt::Debug for Bench {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operations: Vec<String> = (0..self.operations.len())
            .map(|op| self.name_of(Op(op)))
            .collect();
        f.debug_struct("Bench")
            .field("name", &self.name)
            .field("operations", &operations)
            .finish()
    }
}
