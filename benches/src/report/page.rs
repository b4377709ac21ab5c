//! `docs/performance.md`.

use throughline_benches::questions::QUESTIONS;
use throughline_benches::scale::Figure;
use throughline_benches::table::{Table, number, verdict};
use throughline_benches::{Cell, Found, FoundGoal, FoundRow, Memory, Number, Spread, Unit, Who};

use super::charts::Drawn;
use super::node::Node;
use super::servers::Server;
use super::{Report, goals, versions};

const HEAD: &str = "\
# Performance

Throughline beside its neighbours, on the same work, in one run. Written by

```sh
cargo run --release -p throughline-benches -- report
```

which anybody can run; what the figures mean, and how they are taken, is in [benches](../benches/README.md). Trust ratios, not nanoseconds: what takes turns in one
run has the same machine and the same company. Instructions do not depend on either.
";

const WAY: &str = "\
A frame's index is one flat array, so that a read is two loads: the thread's frame, and in it the entry of the storage. A `run` copies that array, eight bytes a storage. Up to sixteen
storages that is a few instructions; at a thousand it is 8 KB from cache to cache, and nearly all of the time of the `run`.

A second level (a directory of pages, of which a `run` copies the directory and one page) would make it flat. It asks of *every* read one more load that depends on the one before, and one more comparison, since a page of
a program with three storages must not be as long as one of a program with a thousand: a frame of one store would take 312 bytes where it takes 80. Reads are what a
program does most, a thousand storages is what nobody has; so the index stays flat, reads take as many instructions at a thousand as at one, and these goals are missed.

Locked instructions are the other floor. What outlives its scope is counted, with one atomic for each reference taken and one for each given back: that is what an `Arc` pays, and the
rows about captures, bound closures and hidden stores stand beside an `Arc` with as many.
";

pub(super) fn written(report: &Report, charts: &[Drawn]) -> String {
    let mut page = HEAD.to_owned();
    page += &stamp(report);
    page += &goals_section(report);
    page += "\n## What stands in the way\n\n";
    page += WAY;
    page += "\n## Charts\n";
    for chart in charts {
        page += &format!("\n![{}](performance/{})\n", chart.title, chart.file);
    }
    page += "\n## What each costs\n\nNanoseconds, and instructions in brackets, beyond the empty loop or the bare future; of the others, how many times ours they take. \
        *Limit* is what the machine, the allocator or the runtime asks for the same at the least.\n";
    for found in &report.questions {
        page += &question(found);
    }
    if let Some(memory) = &report.memory {
        page += "\n## Memory\n\nInline: bytes where the thing lies, of a future beyond those of the bare one. Then bytes and blocks on the heap.\n\n";
        page += &memory_table(memory).markdown();
    }
    page += "\n## A server\n\nThe request logger: a spawned task, a blocking call, a body in three chunks, eight log lines a request; one thread, 64 connections over loopback. Each beside the same server without \
        context, taking turns. (How much faster one engine is than another is no question here: they do not do the same.)\n\n";
    page += &servers(&report.servers).markdown();
    page += "\nThat one knows no id and says none. Beside one that takes the id, hands it down to whoever logs, and says it in its answer, all by hand:\n\n";
    page += &servers(&report.servers_by_hand).markdown();
    page += "\n## Node\n\nNanoseconds of the same operations there, each version in a process of its own, not in turns with ours.\n\n";
    page += &nodes(&report.nodes).markdown();
    page += "\n## Large numbers\n\n";
    page += &scale(&report.scale).markdown();
    page += &left_out(report);
    page
}

fn stamp(report: &Report) -> String {
    let stamp = &report.stamp;
    format!(
        "\n- commit {}, {}\n- {}\n- {}; {}; {} programs wanted a core in the minute before\n- medians of {} interleaved rounds\n- beside {}\n",
        stamp.commit,
        stamp.date,
        stamp.rustc,
        stamp.build,
        stamp.machine,
        stamp.load,
        report.rounds,
        versions::of_the_neighbours(),
    )
}

fn goals_section(report: &Report) -> String {
    let all = goals::all(report);
    let reached = |of: &dyn Fn(&FoundGoal) -> bool| {
        let (mut met, mut rows) = (0, 0);
        for goal in all.iter().filter(|goal| of(goal)) {
            rows += 1;
            met += usize::from(goal.is_reached());
        }
        format!("{met} of {rows}")
    };
    let is_table = |goal: &FoundGoal| matches!(goal.number, Number::Table(_));
    let is_stretch = |goal: &FoundGoal| matches!(goal.number, Number::Stretch(_));
    let mut text = format!(
        "\n## Goals\n\nSet when the frame was designed, from what its prototype showed; numbers with an S are beyond them, – is what was built on the frame since. Reached: {} rows of the table, {} of those \
         beyond it, {} of the others.\n\n",
        reached(&is_table),
        reached(&is_stretch),
        reached(&|goal| goal.number == Number::Built),
    );
    text += &goals_table(&all).markdown();
    text += "\nWhat is missed, and why:\n\n";
    for goal in all.iter().filter(|goal| !goal.is_reached()) {
        let why = goals::why_missed(goal).map_or(String::new(), |why| format!(" {why}"));
        text += &format!(
            "- {}, {}: {}, not {}.{why}\n",
            goal.number,
            goal.what,
            number(goal.shown),
            number(goal.at_most)
        );
    }
    text
}

fn goals_table(all: &[FoundGoal]) -> Table {
    let mut table = Table::new(
        2,
        ["#", "goal", "ours", "beside", "shown", "prototype", "at most", ""],
    );
    for goal in all {
        let unit = match goal.unit {
            Unit::Ratio | Unit::Memory => "",
            Unit::Nanoseconds => " ns",
            Unit::Instructions => " instr.",
        };
        let spread = goal.quartiles.map_or(String::new(), |[low, high]| {
            format!(" ({} to {})", number(low), number(high))
        });
        table.push([
            goal.number.to_string(),
            goal.what.clone(),
            number(goal.ours),
            number(goal.peer),
            format!("{}{unit}{spread}", number(goal.shown)),
            goal.prototype.map(number).unwrap_or_default(),
            number(goal.at_most),
            verdict(goal).to_owned(),
        ]);
    }
    table
}

fn question(found: &Found) -> String {
    let asks = QUESTIONS
        .iter()
        .find(|question| question.name() == found.question);
    let mut text = format!(
        "\n### {}\n\n",
        asks.map_or(found.question.as_str(), |question| question.asks())
    );
    text += &rows(&found.rows).markdown();
    let reasons = reasons(&found.rows);
    if !reasons.is_empty() {
        text += &format!("\n{reasons}");
    }
    text
}

/// One column for each who is in any of them.
fn rows(rows: &[FoundRow]) -> Table {
    let head = ["operation", "Throughline", "limit", "× limit"].map(str::to_owned);
    let others: Vec<Who> = Who::ALL
        .into_iter()
        .filter(|who| !matches!(who, Who::Ours | Who::Limit))
        .filter(|&who| rows.iter().any(|found| found.of(who).is_some()))
        .collect();
    let mut table = Table::with_head(
        1,
        head.into_iter()
            .chain(others.iter().map(|who| who.name().to_owned()))
            .collect(),
    );
    for found in rows.iter().filter(|found| found.of(Who::Ours).is_some()) {
        let ours = found.of(Who::Ours);
        let limit = found.of(Who::Limit);
        let to_limit = limit
            .and_then(|limit| limit.to_ours)
            .map(|ratio| 1.0 / ratio.median);
        let mut cells = vec![
            found.row.to_string(),
            ours.map(cost).unwrap_or_default(),
            limit.map(cost).unwrap_or_default(),
            // Less than a tenth of a nanosecond is what the loop's place in memory makes of it.
            to_limit
                .filter(|_| limit.and_then(time).is_some_and(|ns| ns >= 0.1))
                .map(number)
                .unwrap_or_default(),
        ];
        let times_ours = |who: &Who| {
            found
                .of(*who)
                .and_then(|cell| cell.to_ours)
                .map(|ratio| format!("{}×", number(ratio.median)))
        };
        cells.extend(others.iter().map(|who| times_ours(who).unwrap_or_default()));
        table.push_row(cells);
    }
    table
}

fn cost(cell: &Cell) -> String {
    match (time(cell), cell.instructions) {
        (Some(ns), Some(instructions)) => format!("{} ({instructions:.0})", number(ns)),
        (Some(ns), None) => number(ns),
        (None, Some(instructions)) => format!("({instructions:.0})"),
        (None, None) => String::new(),
    }
}

fn time(cell: &Cell) -> Option<f64> {
    cell.time.map(|Spread { median, .. }| median)
}

/// What the limits do, and why ours are not there: each reason once.
fn reasons(rows: &[FoundRow]) -> String {
    let mut lines: Vec<String> = Vec::new();
    for FoundRow { row, .. } in rows {
        let is_told = lines
            .iter()
            .any(|line| line.starts_with(&format!("- *{}*:", row.what)));
        let line = match (&row.limit, &row.why) {
            (Some(_), None) | (None, None) if is_told => continue,
            (Some(limit), Some(why)) => {
                format!("- *{}*: the limit is {limit}. Beyond it: {why}.\n", row.what)
            }
            (Some(limit), None) => format!("- *{}*: the limit is {limit}.\n", row.what),
            (None, Some(why)) => format!("- *{}*: {why}.\n", row.what),
            (None, None) => continue,
        };
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines.concat()
}

fn memory_table(memory: &Memory) -> Table {
    let mut table = Table::new(2, ["what", "by", "inline", "bytes", "blocks"]);
    let shown = |amount: Option<f64>| amount.map(number).unwrap_or_default();
    // What operations ask for is in the goals.
    for amount in memory.amounts.iter().filter(|amount| amount.heap.is_some()) {
        table.push([
            amount.what.clone(),
            amount.who.to_string(),
            shown(amount.inline),
            shown(amount.heap),
            shown(amount.blocks),
        ]);
    }
    table
}

pub(super) fn servers(servers: &[Server]) -> Table {
    let head = [
        "server",
        "storages",
        "requests/s",
        "without",
        "ratio",
        "processor, ratio",
        "µs of it a request",
    ];
    let mut table = Table::new(1, head);
    for server in servers {
        let Spread { low, median, high } = server.ratio;
        table.push([
            server.engine.clone(),
            server.with.clone(),
            format!("{:.0}", server.per_second.median),
            format!("{:.0}", server.bare_per_second.median),
            format!("{median:.3} ({low:.3} to {high:.3})"),
            server
                .processor_ratio
                .map(|ratio| format!("{:.3}", ratio.median))
                .unwrap_or_default(),
            server
                .processor_micros
                .map(|micros| format!("{:.1}", micros.median))
                .unwrap_or_default(),
        ]);
    }
    table
}

fn nodes(nodes: &[Node]) -> Table {
    let mut table = Table::new(2, ["Node", "operation", "live", "ns"]);
    for node in nodes {
        for (what, ns) in &node.times {
            table.push([
                node.version.clone(),
                what.clone(),
                node.live.to_string(),
                number(*ns),
            ]);
        }
    }
    table
}

pub(super) fn scale(figures: &[Figure]) -> Table {
    let mut table = Table::new(2, ["what", "by", "bytes", "ns"]);
    for figure in figures {
        table.push([
            figure.what.clone(),
            figure.by.clone(),
            figure
                .bytes
                .map(|bytes| format!("{bytes:.0}"))
                .unwrap_or_default(),
            figure.nanoseconds.map(number).unwrap_or_default(),
        ]);
    }
    table
}

fn left_out(report: &Report) -> String {
    let mut text = "\n## Left out\n\n".to_owned();
    if report.left_out.is_empty() {
        text += "Nothing.\n";
    }
    for line in &report.left_out {
        text += &format!("- {line}\n");
    }
    text
}
