//! How a question is asked: timed in interleaved rounds, or counted in instructions.

mod ask;
mod bench;
mod count;
mod found;
mod goal;
mod memory;
mod meter;
mod stamp;
mod time;
mod who;

pub use ask::{MEASURED, Question};
pub use bench::{Bench, Op, Row, Under};
pub use count::COUNTED;
pub use found::{Cell, Found, FoundGoal, FoundRow, Unit};
pub use goal::{Goal, Number};
pub use memory::{Amount, Memory};
pub use meter::Meter;
pub use stamp::{Stamp, stamp};
pub use time::Spread;
pub(crate) use time::{spread, whose_turn};
pub use who::Who;
