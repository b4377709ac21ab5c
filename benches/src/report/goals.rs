//! The goals: those that a question found, and those that take more than one of them.

use throughline_benches::{FoundGoal, Number, Spread, Unit, Who};

use super::Report;

/// All, in their order.
pub(super) fn all(report: &Report) -> Vec<FoundGoal> {
    let mut goals: Vec<FoundGoal> = report
        .questions
        .iter()
        .flat_map(|found| found.goals.clone())
        .collect();
    goals.extend(report.memory.iter().flat_map(|memory| memory.goals.clone()));
    goals.extend(servers(report));
    goals.extend(beside_node(report));
    goals.sort_by_key(|goal| goal.number);
    goals
}

/// Goal 19, and the fifth beyond the table.
fn servers(report: &Report) -> Vec<FoundGoal> {
    let ours = report.servers.iter().filter(|server| server.is_ours);
    let one_storage = ours.filter(|server| server.storages == 1);
    let goals = one_storage.flat_map(|server| {
        let inverse = |spread: Spread| Spread {
            low: 1.0 / spread.high,
            median: 1.0 / spread.median,
            high: 1.0 / spread.low,
        };
        let processor = server.processor_ratio.map(|ratio| {
            let what = "request logger over TCP: processor a request / without context";
            goal(Number::Table(19), what, inverse(ratio), Some(1.01), 1.03)
        });
        let what = "request logger over TCP: requests per second without context / with";
        let mut stretch = goal(Number::Stretch(5), what, inverse(server.ratio), None, 1.0 / 0.99);
        stretch.nice = true;
        processor.into_iter().chain([stretch])
    });
    goals.collect()
}

fn goal(number: Number, what: &str, spread: Spread, prototype: Option<f64>, at_most: f64) -> FoundGoal {
    FoundGoal {
        number,
        what: what.to_owned(),
        unit: Unit::Ratio,
        ours: spread.median,
        peer: 1.0,
        shown: spread.median,
        quartiles: Some([spread.low, spread.high]),
        prototype,
        at_most,
        nice: false,
    }
}

/// Goal 20, and what hooks cost there for goal 15.
fn beside_node(report: &Report) -> Vec<FoundGoal> {
    let rows = [
        (20, "getStore", "read", "read, 1 live", 1, 0.1, 0.15),
        (20, "run", "run", "run, 1 live", 1, 0.04, 0.06),
        (20, "run", "run", "run, 1000 live", 1000, 0.0012, 0.003),
        (
            20,
            "snapshot",
            "capture",
            "capture and drop, 1 live",
            1,
            0.005,
            0.01,
        ),
    ];
    let beside = |(number, theirs, question, row, live, prototype, at_most)| {
        let node = report
            .nodes
            .iter()
            .find(|node| node.live == live && node.version.starts_with("26."))?;
        let theirs_took = *node.times.get(theirs)?;
        let ours = time(report, question, row)?;
        Some(FoundGoal {
            number: Number::Table(number),
            what: format!("{theirs}, {live} live / Node {}", node.version),
            unit: Unit::Ratio,
            ours,
            peer: theirs_took,
            shown: ours / theirs_took,
            quartiles: None,
            prototype: Some(prototype),
            at_most,
            nice: false,
        })
    };
    rows.into_iter().filter_map(beside).collect()
}

fn time(report: &Report, question: &str, row: &str) -> Option<f64> {
    let found = report.question(question)?;
    let row = found.rows.iter().find(|found| found.row.to_string() == row)?;
    Some(row.of(Who::Ours)?.time?.median)
}

/// Why a goal is missed, where that is known.
pub(super) fn why_missed(goal: &FoundGoal) -> Option<&'static str> {
    let begins = |with: &str| goal.what.starts_with(with);
    Some(match goal.number {
        Number::Table(5) => {
            "Set when a `run` took its memory from `malloc`. Free lists made the `run` at one storage three times as fast, and the copy of the index, a pointer a storage, is what \
             it was: it is the processor's copy from cache to cache. A second level in the index would copy less, and cost each read a load: see *What stands in the way*."
        }
        Number::Table(12) if begins("captured") => {
            "Set beside a `run` that took its memory from `malloc`. What is kept takes five counts, all but one of them locked instructions; the row beside the same counts on an `Arc` says \
             how much is left."
        }
        Number::Table(12) => {
            "Two locked instructions for each store that is listed, one to take the count and one to give it back: as much as an `Arc` takes here, and this machine's are slower \
             than those that the goal was set on."
        }
        Number::Table(14) if begins("bind and call") => {
            "A plain closure counts nothing. What is bound is counted when it is bound and when it goes, two locked instructions; the box and the call are the same."
        }
        Number::Table(15) if goal.what.contains("hook") || goal.what.contains("watched") => {
            "An event locks the list of hooks and counts it, and gives both back: four locked instructions, before a boundary and a net for panics around each hook. The prototype read \
             a bare pointer, and could not let go of a hook. A copy of the list for each thread would need none of them, and would keep what a dropped hook owns alive on threads that \
             have nothing to do."
        }
        Number::Stretch(2) => {
            "An index is one flat array, copied for each `run`. See *What stands in the way*."
        }
        _ => return None,
    })
}
