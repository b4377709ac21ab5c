//! Interleaved rounds. In each round every operation has one turn, so that noise and clock changes hit all
//! alike; a ratio is taken within a round, and the median over the rounds.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Op;
use super::bench::{Bench, Operation};

/// Nanoseconds of every operation in every round.
pub(crate) struct Times(Vec<Vec<f64>>);

/// The median and the quartiles round it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// The lower quartile.
    pub low: f64,
    /// The median.
    pub median: f64,
    /// The upper quartile.
    pub high: f64,
}

pub(crate) fn time(bench: &Bench, rounds: usize) -> Times {
    let ops = &bench.operations;
    let iterations: Vec<u64> = ops.iter().map(|op| iterations(op, bench.batch)).collect();
    let mut times = vec![Vec::with_capacity(rounds); ops.len()];
    for round in 0..rounds {
        for turn in 0..ops.len() {
            let op = whose_turn(round, turn, ops.len());
            let took = ops[op].time(iterations[op]);
            times[op].push(took.as_nanos() as f64 / iterations[op] as f64);
        }
    }
    Times(times)
}

/// Another one begins each round, and every second round goes backwards: nobody has always the same
/// neighbour before it.
pub(crate) fn whose_turn(round: usize, turn: usize, ops: usize) -> usize {
    let rotated = (round + turn) % ops;
    if round % 2 == 0 {
        rotated
    } else {
        ops - 1 - rotated
    }
}

/// How often `op` is to be repeated to fill `batch`.
fn iterations(op: &Operation, batch: Duration) -> u64 {
    op.time(1); // What is made on first use is made now.
    let mut iterations = 16;
    loop {
        let took = op.time(iterations);
        if took >= batch / 4 {
            let fill = batch.as_secs_f64() / took.as_secs_f64();
            return ((iterations as f64 * fill).ceil() as u64).max(1);
        }
        iterations *= 4;
    }
}

impl Times {
    /// What `op` takes beyond `floor`.
    pub(crate) fn net(&self, op: Op, floor: Option<Op>) -> Spread {
        let rounds = 0..self.0[op.0].len();
        spread(rounds.map(|round| self.in_round(op, floor, round)).collect())
    }

    pub(crate) fn ratio(&self, ours: Op, peer: Op, floor: Option<Op>) -> Spread {
        let rounds = 0..self.0[ours.0].len();
        let ratio = |round| self.in_round(ours, floor, round) / self.in_round(peer, floor, round);
        spread(rounds.map(ratio).collect())
    }

    fn in_round(&self, op: Op, floor: Option<Op>, round: usize) -> f64 {
        self.0[op.0][round] - floor.map_or(0.0, |floor| self.0[floor.0][round])
    }
}

impl Spread {
    pub(crate) fn map(self, f: impl Fn(f64) -> f64) -> Self {
        Spread {
            low: f(self.low),
            median: f(self.median),
            high: f(self.high),
        }
    }
}

pub(crate) fn spread(mut values: Vec<f64>) -> Spread {
    values.sort_by(f64::total_cmp);
    let last = values.len() - 1;
    Spread {
        low: values[last / 4],
        median: values[last / 2],
        high: values[last - last / 4],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_is_the_median_between_the_quartiles() {
        let found = spread(vec![5.0, 1.0, 4.0, 2.0, 3.0]);
        assert_eq!(
            found,
            Spread {
                low: 2.0,
                median: 3.0,
                high: 4.0
            }
        );
    }

    #[test]
    fn everybody_has_one_turn_in_each_round() {
        for round in 0..7 {
            let mut turns: Vec<usize> = (0..5).map(|turn| whose_turn(round, turn, 5)).collect();
            turns.sort_unstable();
            assert_eq!(turns, [0, 1, 2, 3, 4]);
        }
    }

    #[test]
    fn a_ratio_is_taken_within_a_round() {
        // The second round ran at half speed: the ratio does not see it.
        let times = Times(vec![vec![2.0, 4.0], vec![5.0, 10.0], vec![1.0, 2.0]]);
        let expected = Spread {
            low: 0.25,
            median: 0.25,
            high: 0.25,
        };
        assert_eq!(times.ratio(Op(0), Op(1), Some(Op(2))), expected);
    }
}
