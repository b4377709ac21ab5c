use std::fmt;
use std::time::Duration;

use crate::{Goal, Meter};

/// One bench: operations, measured side by side, and goals over them.
pub struct Bench {
    pub(crate) name: &'static str,
    pub(crate) batch: Duration,
    pub(crate) operations: Vec<Operation>,
    pub(crate) goals: Vec<Goal>,
}

pub(crate) struct Operation {
    pub(crate) name: String,
    measure: Box<dyn Fn(&mut Meter)>,
}

/// An operation of the bench that returned it.
#[derive(Clone, Copy, Debug)]
pub struct Op(pub(crate) usize);

impl Bench {
    pub(crate) fn new(name: &'static str) -> Self {
        let batch = Duration::from_micros(300);
        Bench {
            name,
            batch,
            operations: Vec::new(),
            goals: Vec::new(),
        }
    }

    /// Adds an operation: `measure` sets up, repeats the operation with [`Meter::each`] and tears down.
    pub fn op(&mut self, name: impl Into<String>, measure: impl Fn(&mut Meter) + 'static) -> Op {
        self.operations.push(Operation {
            name: name.into(),
            measure: Box::new(measure),
        });
        Op(self.operations.len() - 1)
    }

    /// Adds a goal, with its number in the table of goals.
    pub fn goal(&mut self, number: u8, what: impl Into<String>) -> &mut Goal {
        self.goals.push(Goal::new(number, what.into()));
        self.goals.last_mut().unwrap()
    }

    /// How long one operation is repeated before the next one has its turn.
    pub fn batch(&mut self, batch: Duration) {
        self.batch = batch;
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
        let operations: Vec<&str> = self.operations.iter().map(|op| op.name.as_str()).collect();
        f.debug_struct("Bench")
            .field("name", &self.name)
            .field("operations", &operations)
            .finish()
    }
}
