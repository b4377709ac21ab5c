//! `throughline-benches COMMAND`: see `HELP`.

mod budgets;
mod report;

use std::env;
use std::process::ExitCode;

use throughline_benches::questions::{QUESTIONS, question};
use throughline_benches::scale::{self, SCALED};
use throughline_benches::{COUNTED, MEASURED, Question, stamp, table, web};

const HELP: &str = "\
Throughline beside its neighbours.

Usage: throughline-benches COMMAND

  time [--rounds N] [QUESTION…]  nanoseconds, in rounds in which all take turns
  count [QUESTION…]              instructions, by callgrind
  budgets [--update] [QUESTION…] are Throughline's instructions, bytes and blocks within benches/budgets.toml?
  report [--quick]               all of it, with servers and Node beside, to docs/performance.md; what a stopped one has measured is kept.
                                 Quick: a few minutes, to see that all works, and not to docs. NODE_BINARIES names more Nodes
  questions                      what can be asked
";

/// Enough that the median stays where it is on a machine that others use too.
const ROUNDS: usize = 101;

fn main() -> ExitCode {
    web::serve_if_asked();
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match run(&args) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn run(args: &[&str]) -> Outcome<ExitCode> {
    match args {
        ["time", "--rounds", rounds, names @ ..] => time(names, rounds.parse()?),
        ["time", names @ ..] => time(names, ROUNDS),
        ["count", names @ ..] => count(names),
        ["budgets", "--update", names @ ..] => budgets::update(budgets::Asked(&some(names)?)),
        ["budgets", names @ ..] => budgets::check(budgets::Asked(&some(names)?)),
        ["report"] => report::report(report::Extent::FULL),
        ["report", "--quick"] => report::report(report::Extent::QUICK),
        ["questions"] => list(),
        // What the above start anew, in a process of its own.
        [command, name, rounds] if *command == MEASURED => measured(named(name)?, rounds.parse()?),
        [command, name, less] if *command == SCALED => scaled(name, less.parse()?),
        [command, name] if *command == COUNTED => {
            named(name)?.be_counted();
            Ok(ExitCode::SUCCESS)
        }
        _ => {
            eprint!("{HELP}");
            Ok(ExitCode::from(2))
        }
    }
}

/// Those named, or all.
fn asked(names: &[&str]) -> Outcome<Vec<&'static Question>> {
    if names.is_empty() {
        return Ok(QUESTIONS.iter().collect());
    }
    some(names)
}

fn some(names: &[&str]) -> Outcome<Vec<&'static Question>> {
    names.iter().map(|name| named(name)).collect()
}

fn named(name: &str) -> Outcome<&'static Question> {
    question(name).ok_or_else(|| format!("no such question: {name} (see `questions`)").into())
}

fn time(names: &[&str], rounds: usize) -> Outcome<ExitCode> {
    let questions = asked(names)?;
    table::print_stamp(&stamp());
    println!("# medians (and quartiles) of {rounds} interleaved rounds, beyond the floor\n");
    for question in questions {
        table::print(&question.time(rounds)?);
    }
    Ok(ExitCode::SUCCESS)
}

fn measured(question: &Question, rounds: usize) -> Outcome<ExitCode> {
    println!("{}", serde_json::to_string(&question.measure(rounds))?);
    Ok(ExitCode::SUCCESS)
}

fn scaled(name: &str, less: usize) -> Outcome<ExitCode> {
    let figures = scale::part(name, less).ok_or_else(|| format!("no such part: {name}"))?;
    println!("{}", serde_json::to_string(&figures)?);
    Ok(ExitCode::SUCCESS)
}

fn count(names: &[&str]) -> Outcome<ExitCode> {
    let questions = asked(names)?;
    table::print_stamp(&stamp());
    println!("# instructions, beyond the floor\n");
    for question in questions {
        table::print(&question.count()?);
    }
    Ok(ExitCode::SUCCESS)
}

fn list() -> Outcome<ExitCode> {
    let width = QUESTIONS
        .iter()
        .map(|question| question.name().len())
        .max()
        .unwrap_or(0);
    for question in QUESTIONS {
        println!("{:width$}  {}", question.name(), question.asks());
    }
    Ok(ExitCode::SUCCESS)
}
