//! The gate: what Throughline's operations cost in instructions, bytes and blocks, which repeats on a busy machine, beside
//! what they may cost, which is written down in `budgets.toml`.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use throughline_benches::questions::{QUESTIONS, UNSTABLE};
use throughline_benches::{Found, Memory, Question, Who, stamp, table};
use toml::Value;

use crate::Outcome;

/// By question, then by operation.
type Costs = BTreeMap<String, BTreeMap<String, f64>>;

const HEAD: &str = "\
# What Throughline's operations may cost: instructions beyond their floor (callgrind), and under `memory` bytes and blocks.
# `.ci/run` fails where one costs more. A change that makes something dearer for a reason, or cheaper, writes it down with
#     cargo run --release -p throughline-benches -- budgets --update
# and says why in its commit.
";

/// What is asked about: some questions, or all that this build can ask, and memory.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a>(pub(crate) &'a [&'static Question]);

impl Asked<'_> {
    fn is_all(self) -> bool {
        self.0.is_empty()
    }

    /// Whether a budget under this name is to be held to.
    fn includes(self, name: &str) -> bool {
        if self.is_all() {
            cfg!(tokio_unstable) || !UNSTABLE.contains(&name)
        } else {
            self.0.iter().any(|question| question.name() == name)
        }
    }
}

/// Compares, and says what became dearer and by how much.
pub(crate) fn check(asked: Asked<'_>) -> Outcome<ExitCode> {
    let (taken_with, mut allowed) = read()?;
    allowed.retain(|name, _| asked.includes(name));
    table::print_stamp(&stamp());
    let mut found = measure(asked)?;
    let mut comparison = Comparison::of(&found, &allowed);
    for _ in 1..TURNS {
        let again = comparison.questions();
        if again.is_empty() {
            break;
        }
        merge(&mut found, measure(Asked(&again))?, f64::min);
        comparison = Comparison::of(&found, &allowed);
    }
    comparison.print();
    if comparison.is_within() {
        return Ok(ExitCode::SUCCESS);
    }
    if taken_with != stamp().rustc {
        println!(
            "(the budgets were taken with {taken_with}; this is {})",
            stamp().rustc
        );
    }
    println!("if that is meant: cargo run --release -p throughline-benches -- budgets --update");
    Ok(ExitCode::FAILURE)
}

/// Where memory lies, and the seeds of hash maps, make a count vary between processes. So what is written down is the most of so many turns, and what is dearer is
/// asked again, and is so only if it stays.
const TURNS: usize = 3;

/// Each of `others` into `costs`, by `choose` where both have it.
fn merge(costs: &mut Costs, others: Costs, choose: fn(f64, f64) -> f64) {
    for (question, others) in others {
        let costs = costs.entry(question).or_default();
        for (what, other) in others {
            let cost = costs.entry(what).or_insert(other);
            *cost = choose(*cost, other);
        }
    }
}

/// Writes down what is.
pub(crate) fn update(asked: Asked<'_>) -> Outcome<ExitCode> {
    let (_, before) = read().unwrap_or_default();
    let (before, mut kept): (Costs, Costs) = before.into_iter().partition(|(name, _)| asked.includes(name));
    let mut found = measure(asked)?;
    for _ in 1..TURNS {
        merge(&mut found, measure(asked)?, f64::max);
    }
    Comparison::of(&found, &before).print();
    kept.extend(found);
    fs::write(path(), written(&kept))?;
    println!("written: {}", path().display());
    Ok(ExitCode::SUCCESS)
}

fn path() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "budgets.toml"].iter().collect()
}

fn measure(asked: Asked<'_>) -> Outcome<Costs> {
    let mut costs = Costs::new();
    for question in QUESTIONS
        .iter()
        .filter(|question| asked.includes(question.name()))
    {
        let found = instructions(&question.count()?);
        if !found.is_empty() {
            costs.insert(question.name().to_owned(), found);
        }
    }
    if asked.is_all() {
        costs.insert("memory".to_owned(), memory(&Memory::measured()?));
    }
    Ok(costs)
}

fn instructions(found: &Found) -> BTreeMap<String, f64> {
    let rows = found
        .rows
        .iter()
        .flat_map(|found| found.cells.iter().map(|cell| (&found.row, cell)));
    rows.filter(|(row, cell)| cell.who == Who::Ours && is_ours_alone(&row.to_string()))
        .filter_map(|(row, cell)| Some((row.to_string(), round(cell.instructions?))))
        .collect()
}

/// A whole task is mostly tokio's, whose scheduler runs it now one way and now another (2000 to 5000 instructions): it is shown, and its future, in which all of ours
/// is, has the budget.
fn is_ours_alone(row: &str) -> bool {
    !row.starts_with("spawn a task")
}

fn memory(memory: &Memory) -> BTreeMap<String, f64> {
    let mut costs = BTreeMap::new();
    for amount in memory.amounts.iter().filter(|amount| amount.who == Who::Ours) {
        let kinds = [
            ("bytes inline", amount.inline),
            ("bytes", amount.heap),
            ("blocks", amount.blocks),
        ];
        for (kind, found) in kinds {
            if let Some(found) = found {
                costs.insert(format!("{}: {kind}", amount.what), round(found));
            }
        }
    }
    costs
}

/// Of an instruction, what counts is whole ones and a bit.
fn round(cost: f64) -> f64 {
    (cost * 10.0).round() / 10.0
}

fn read() -> Outcome<(String, Costs)> {
    let text = fs::read_to_string(path()).map_err(|error| format!("{}: {error}", path().display()))?;
    let mut table: toml::Table = text.parse()?;
    let rustc = table
        .remove("rustc")
        .and_then(|rustc| Some(rustc.as_str()?.to_owned()));
    let costs = table.into_iter().map(|(question, costs)| {
        let costs = costs
            .as_table()
            .ok_or_else(|| format!("budgets: `{question}` is no table"))?;
        let number = |value: &Value| value.as_float().or(value.as_integer().map(|whole| whole as f64));
        let costs = costs
            .iter()
            .filter_map(|(what, cost)| Some((what.clone(), number(cost)?)));
        Ok((question, costs.collect()))
    });
    Ok((rustc.unwrap_or_default(), costs.collect::<Outcome<_>>()?))
}

fn written(costs: &Costs) -> String {
    let quoted = |text: &str| Value::from(text).to_string();
    let mut text = format!("{HEAD}rustc = {}\n", quoted(&stamp().rustc));
    for (question, costs) in costs {
        text += &format!("\n[{question}]\n");
        for (what, cost) in costs {
            text += &format!("{} = {cost:?}\n", quoted(what));
        }
    }
    text
}

#[derive(Default)]
struct Comparison {
    dearer: Vec<String>,
    cheaper: Vec<String>,
    unknown: Vec<String>,
    gone: Vec<String>,
    compared: usize,
}

/// As far as a count is not the code's own: where the loop's end falls, where `malloc` finds its block.
fn slack(budget: f64) -> f64 {
    (budget.abs() * 0.01).max(0.5)
}

impl Comparison {
    fn of(found: &Costs, allowed: &Costs) -> Self {
        let mut comparison = Comparison::default();
        for (question, what, cost) in each(found) {
            let name = format!("{question}: {what}");
            match allowed.get(question).and_then(|budgets| budgets.get(what)) {
                None => comparison.unknown.push(format!("{name}: {cost}, and no budget")),
                Some(&budget) => comparison.compare(&name, cost, budget),
            }
        }
        for (question, what, _) in each(allowed) {
            if found.get(question).is_none_or(|costs| !costs.contains_key(what)) {
                comparison
                    .gone
                    .push(format!("{question}: {what}: a budget, but nothing costs it"));
            }
        }
        comparison
    }

    fn compare(&mut self, name: &str, cost: f64, budget: f64) {
        self.compared += 1;
        let difference = cost - budget;
        let line = || {
            let percent = match budget {
                0.0 => String::new(),
                _ => format!(", {:+.1} %", 100.0 * difference / budget),
            };
            format!("{name}: {budget} -> {cost} ({difference:+.1}{percent})")
        };
        if difference > slack(budget) {
            self.dearer.push(line());
        } else if difference < -slack(budget) {
            self.cheaper.push(line());
        }
    }

    /// Those in which something is dearer.
    fn questions(&self) -> Vec<&'static Question> {
        let is_dearer = |question: &&Question| {
            let of_it = format!("{}: ", question.name());
            self.dearer.iter().any(|line| line.starts_with(&of_it))
        };
        QUESTIONS.iter().filter(is_dearer).collect()
    }

    fn is_within(&self) -> bool {
        [&self.dearer, &self.unknown, &self.gone]
            .iter()
            .all(|lines| lines.is_empty())
    }

    fn print(&self) {
        let kinds = [
            ("DEARER", &self.dearer),
            ("cheaper (write it down, lest it be lost)", &self.cheaper),
            ("NEW", &self.unknown),
            ("GONE", &self.gone),
        ];
        for (kind, lines) in kinds {
            lines.iter().for_each(|line| println!("{kind}: {line}"));
        }
        let dearer = self.dearer.len();
        println!(
            "budgets: {} compared, {dearer} dearer, {} cheaper",
            self.compared,
            self.cheaper.len()
        );
    }
}

fn each(costs: &Costs) -> impl Iterator<Item = (&str, &str, f64)> {
    costs.iter().flat_map(|(question, costs)| {
        costs
            .iter()
            .map(|(what, &cost)| (question.as_str(), what.as_str(), cost))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn costs(of: &[(&str, f64)]) -> Costs {
        let costs = of.iter().map(|&(what, cost)| (what.to_owned(), cost));
        Costs::from([("read".to_owned(), costs.collect())])
    }

    #[test]
    fn what_got_dearer_is_said_with_how_much() {
        let comparison = Comparison::of(&costs(&[("get", 16.0)]), &costs(&[("get", 14.0)]));
        assert_eq!(comparison.dearer, ["read: get: 14 -> 16 (+2.0, +14.3 %)"]);
        assert!(!comparison.is_within());
    }

    #[test]
    fn what_got_cheaper_passes_and_is_said() {
        let comparison = Comparison::of(&costs(&[("get", 14.0)]), &costs(&[("get", 16.0)]));
        assert_eq!(comparison.cheaper.len(), 1);
        assert!(comparison.is_within());
    }

    #[test]
    fn less_than_one_instruction_in_a_hundred_is_nothing() {
        let comparison = Comparison::of(&costs(&[("run", 1009.0)]), &costs(&[("run", 1000.0)]));
        assert!(comparison.is_within() && comparison.dearer.is_empty());
    }

    #[test]
    fn what_was_dearer_once_is_asked_again_and_the_least_counts() {
        let allowed = costs(&[("get", 14.0)]);
        let mut found = costs(&[("get", 16.0)]);
        let again = Comparison::of(&found, &allowed).questions();
        assert_eq!(
            again.iter().map(|question| question.name()).collect::<Vec<_>>(),
            ["read"]
        );
        merge(&mut found, costs(&[("get", 14.0)]), f64::min);
        assert!(Comparison::of(&found, &allowed).is_within());
    }

    #[test]
    fn an_operation_without_a_budget_and_a_budget_without_an_operation_do_not_pass() {
        let comparison = Comparison::of(&costs(&[("new", 1.0)]), &costs(&[("old", 1.0)]));
        assert_eq!((comparison.unknown.len(), comparison.gone.len()), (1, 1));
        assert!(!comparison.is_within());
    }

    #[test]
    fn what_is_written_is_what_is_read() {
        let table: toml::Table = written(&costs(&[("read an `Arc`, 1 live", 26.5)]))
            .parse()
            .unwrap();
        assert_eq!(table["read"]["read an `Arc`, 1 live"].as_float(), Some(26.5));
    }
}
