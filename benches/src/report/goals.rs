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
    let one_storage = ours.filter(|server| server.storages == Some(1));
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
        Number::Table(1) if goal.what.ends_with("tokio") => {
            "tokio's key *is* a thread-local: to read it is a load from a fixed address, and a look at two flags. Here one capture carries all storages, so a store is found through the \
             thread's frame: a load of the frame, one of its index's length, one of the entry, and two comparisons, since storages come and go. That is eleven instructions and some half \
             a nanosecond; less than that is not promised."
        }
        Number::Table(1) => {
            "The limit is a thread-local pointer and two loads that nobody checks. A read checks that the index is long enough, and whose the store is that it finds there."
        }
        Number::Table(5) => {
            "Set when a `run` took its memory from `malloc`. Free lists made the `run` at one storage three times as fast, and the copy of the index, a pointer a storage, is what \
             it was: it is the processor's copy from cache to cache. A second level in the index would copy less, and cost each read a load: see *What stands in the way*."
        }
        Number::Table(6) => {
            "In instructions the goal is reached: see the row after it. In time it is set beside `malloc` and `free`, whose quickness is another one on each machine."
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
        Number::Table(15) if begins("each further") => {
            "A boundary and a call through a box, some sixty instructions."
        }
        Number::Table(15) if goal.what.contains("hook") || goal.what.contains("watched") => {
            "An event locks the list of hooks and counts it, and gives both back: four locked instructions, which are most of it on this machine, beside a net for panics and a boundary \
             for the hook. (A poll and a callback are two events.) The prototype read a bare pointer, and could not let go of a hook. A copy of the list for each thread would need \
             none of them, and would keep what a dropped hook owns alive on threads that have nothing to do; to note the list in the thread's own memory, as `arc-swap` does, was tried and took half \
             (27 ns an event), for a dependency that the core does not take."
        }
        Number::Table(19) | Number::Stretch(5) => {
            "Over loopback it is the machine that is measured: the quartiles of the same two servers lie further apart than what is asked for. What the context adds to a request is counted \
             in row 18, in process: some hundreds of instructions, where a request over a socket takes tens of microseconds. The layer adds to that a resource and a body that it follows; and axum asks \
             of any layer that it be boxed, and its body with it: see the server with a layer that does nothing, in *A server*."
        }
        Number::Table(20) if begins("snapshot") => {
            "A capture and its drop are two locked instructions and next to nothing else: see row 11, beside an `Arc`. This machine's are slower than those that the goal was set on."
        }
        Number::Stretch(2) => {
            "An index is one flat array, copied for each `run`. See *What stands in the way*."
        }
        Number::Stretch(4) => {
            "A task's context is counted when it is spawned and when the task has ended: two locked instructions, beside some four hundred nanoseconds of a bare spawn."
        }
        Number::Built => return why_missed_of_the_built(goal),
        _ => return None,
    })
}

fn why_missed_of_the_built(goal: &FoundGoal) -> Option<&'static str> {
    let begins = |with: &str| goal.what.starts_with(with);
    Some(match () {
        () if begins("scope's empty job") => {
            "A job counts its context where it is spawned and when it has run, since what was current there may have ended by then: two locked instructions, beside a job that does nothing."
        }
        () if begins("scope's small job") || begins("join's small leaf") => {
            "Its quartiles lie on both sides: two threads that wait for each other on two busy cores. In instructions, on one thread, a job takes fifty to a hundred more, beside a thousand and more of its own."
        }
        () if begins("join's empty leaf") => {
            "Both halves are entered and left, and the caller's context is held back meanwhile: three boundaries, no count, beside halves that do nothing."
        }
        () if begins("emit") && goal.what.contains("that do nothing") => {
            "Four closures that do nothing take two nanoseconds each, a call. An emission finds its list by the event, notes it down and strikes it out (two locked instructions, which take longer than all four), \
             so that listeners may come and go meanwhile, and makes a boundary of each call."
        }
        () if begins("emit, nothing set") => {
            "Outside of all boundaries an emission opens one for all its listeners, which is what it has beyond the row with a store."
        }
        () if begins("emit, listeners of another event") => {
            "What is compared takes less than half a nanosecond. An emission follows two pointers to the word that says which events are heard, and tests a bit: thirteen instructions more."
        }
        () if begins("run, joined") => {
            "rayon's job answers nobody. This one's answer is awaited: beyond `run_task` there is a channel for one value and `join_all`'s node, a block each, and a waker that is called from the other thread. \
             rayon's `spawn` with the same channel and the same `join_all` took three times as long as without, when it was tried. The rest is a resource, which hooks can watch, and a place in the queue."
        }
        () if begins("run_task, with back-pressure") => {
            "rayon's queue grows without a limit. Here the submitter stands still when a thousand tasks wait, and is woken when one of them is done: on two cores, which the two workers have already, every \
             fourth task or so costs a thread's sleep and waking. With room for all it takes as long as `run_task` without back-pressure."
        }
        () => return None,
    })
}
