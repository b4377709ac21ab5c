//! Tables for people.

use crate::{Cell, Found, FoundGoal, FoundRow, Stamp, Who};

/// A table of text: the first row is its head.
#[derive(Debug)]
pub struct Table {
    texts: usize,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// With `texts` columns of text, and numbers after them.
    pub fn new<const N: usize>(texts: usize, head: [&str; N]) -> Self {
        Table::with_head(texts, head.map(str::to_owned).to_vec())
    }

    /// The same, with as many columns as there are in `head`.
    pub fn with_head(texts: usize, head: Vec<String>) -> Self {
        Table {
            texts,
            rows: vec![head],
        }
    }

    /// Adds a row, with as many cells as the head has.
    pub fn push_row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// Adds a row.
    pub fn push<const N: usize>(&mut self, cells: [String; N]) {
        self.push_row(cells.to_vec());
    }

    /// Prints it. A column with nothing in it is left out.
    pub fn print(&self) {
        let columns = self.columns();
        let width = |column: usize| self.rows.iter().map(|row| row[column].chars().count()).max();
        let widths: Vec<usize> = columns.iter().map(|&column| width(column).unwrap_or(0)).collect();
        for row in &self.rows {
            let padded = columns.iter().zip(&widths).map(|(&column, &width)| {
                let cell = &row[column];
                if column < self.texts {
                    format!("{cell:width$}")
                } else {
                    format!("{cell:>width$}")
                }
            });
            println!("{}", padded.collect::<Vec<_>>().join("  ").trim_end());
        }
    }

    /// The same in Markdown.
    pub fn markdown(&self) -> String {
        let columns = self.columns();
        let line = |cells: Vec<&str>| format!("| {} |\n", cells.join(" | "));
        let row = |row: &Vec<String>| line(columns.iter().map(|&column| row[column].as_str()).collect());
        let rule = columns
            .iter()
            .map(|&column| if column < self.texts { "---" } else { "---:" });
        let mut text = row(&self.rows[0]) + &line(rule.collect());
        self.rows[1..].iter().for_each(|cells| text += &row(cells));
        text
    }

    /// Those with something in them.
    fn columns(&self) -> Vec<usize> {
        let is_empty = |&column: &usize| self.rows[1..].iter().all(|row| row[column].is_empty());
        (0..self.rows[0].len())
            .filter(|column| !is_empty(column))
            .collect()
    }
}

/// Prints what ran, how and where.
pub fn print_stamp(stamp: &Stamp) {
    println!("# throughline at {}, {}", stamp.commit, stamp.rustc);
    println!("# {}", stamp.build);
    println!("# {}; {}, load {}", stamp.machine, stamp.date, stamp.load);
}

/// Prints what was found of a question.
pub fn print(found: &Found) {
    println!("== {}", found.question);
    cells(&found.rows).print();
    if !found.goals.is_empty() {
        println!();
        goals(&found.goals).print();
    }
    println!();
}

/// One line for each operation.
fn cells(rows: &[FoundRow]) -> Table {
    let mut table = Table::new(
        2,
        ["operation", "by", "ns", "q1", "q3", "of ours", "instructions"],
    );
    for found in rows {
        for cell in &found.cells {
            let [low, median, high] = match cell.time {
                Some(ns) => [ns.low, ns.median, ns.high].map(number),
                None => Default::default(),
            };
            let to_ours = cell.to_ours.filter(|_| cell.who != Who::Ours);
            table.push([
                found.row.to_string(),
                by(found, cell),
                median,
                low,
                high,
                to_ours.map(|ratio| number(ratio.median)).unwrap_or_default(),
                cell.instructions
                    .map(|count| format!("{count:.1}"))
                    .unwrap_or_default(),
            ]);
        }
    }
    table
}

fn by(found: &FoundRow, cell: &Cell) -> String {
    let variant = match cell.who {
        Who::Limit => found.row.limit.as_ref(),
        _ => cell.variant.as_ref(),
    };
    match variant {
        Some(variant) => format!("{}: {variant}", cell.who),
        None => cell.who.to_string(),
    }
}

/// The goals, in their order.
pub fn goals(goals: &[FoundGoal]) -> Table {
    let mut sorted: Vec<&FoundGoal> = goals.iter().collect();
    sorted.sort_by_key(|goal| goal.number);
    let head = [
        "#",
        "goal",
        "ours",
        "peer",
        "shown",
        "q1",
        "q3",
        "prototype",
        "at most",
        "",
    ];
    let mut table = Table::new(2, head);
    for goal in sorted {
        let [low, high] = goal.quartiles.map_or(Default::default(), |both| both.map(number));
        table.push([
            goal.number.to_string(),
            goal.what.clone(),
            number(goal.ours),
            number(goal.peer),
            number(goal.shown),
            low,
            high,
            goal.prototype.map(number).unwrap_or_default(),
            number(goal.at_most),
            verdict(goal).to_owned(),
        ]);
    }
    table
}

/// Whether it is reached.
pub fn verdict(goal: &FoundGoal) -> &'static str {
    match (goal.is_reached(), goal.nice) {
        (true, _) => "PASS",
        (false, false) => "MISS",
        (false, true) => "MISS (nice to have)",
    }
}

/// Three digits or so.
pub fn number(value: f64) -> String {
    match value.abs() {
        whole if whole.fract() == 0.0 => format!("{value:.0}"),
        small if small < 0.1 => format!("{value:.4}"),
        small if small < 10.0 => format!("{value:.2}"),
        middle if middle < 1000.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}
