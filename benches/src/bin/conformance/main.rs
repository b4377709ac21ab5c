//! The conformance table: what each crate does, each cell executed, in a process of its own, since some of them panic, abort or leave something behind.
//!
//! ```text
//! cargo run -p throughline-benches --bin conformance [-- --markdown]
//! ```
//! Exits with 1 if one of Throughline's own is not as it should be.

mod cell;
mod peer;
mod peers;
mod rows;

use std::io::Read as _;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};

use cell::Cell;
use peer::Peer;
use peers::{Dcontext, Fastrace, Inherit, Otel, Ours, Sentry, Tokio, Tracing};
use rows::rows;

/// A peer, of whatever type.
struct Column {
    name: &'static str,
    set_up: fn(),
    asks: Vec<fn() -> Cell>,
}

fn column<P: Peer>() -> Column {
    Column {
        name: P::NAME,
        set_up: P::set_up,
        asks: rows::<P>().into_iter().map(|row| row.ask).collect(),
    }
}

/// Ours is the first.
fn columns() -> Vec<Column> {
    vec![
        column::<Ours>(),
        column::<Tokio>(),
        column::<Inherit>(),
        column::<Dcontext>(),
        column::<Otel>(),
        column::<Tracing>(),
        column::<Fastrace>(),
        column::<Sentry>(),
    ]
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        [] => table(false),
        ["--markdown"] => table(true),
        ["--cell", column, row] => answer(column.parse().unwrap(), row.parse().unwrap()),
        _ => {
            eprintln!("usage: conformance [--markdown]");
            ExitCode::from(2)
        }
    }
}

/// In the process of one cell.
fn answer(column: usize, row: usize) -> ExitCode {
    let column = &columns()[column];
    (column.set_up)();
    println!("{}", column.asks[row]());
    ExitCode::SUCCESS
}

fn table(markdown: bool) -> ExitCode {
    let columns = columns();
    let questions: Vec<_> = rows::<Ours>().iter().map(|row| row.question).collect();
    let answers: Vec<Vec<Cell>> = (0..questions.len())
        .map(|row| (0..columns.len()).map(|column| ask(column, row)).collect())
        .collect();

    let mut lines = vec![
        std::iter::once("")
            .chain(columns.iter().map(|column| column.name))
            .map(str::to_owned)
            .collect::<Vec<_>>(),
    ];
    let mut notes = Vec::new();
    for (question, cells) in questions.iter().zip(&answers) {
        let mut line = vec![(*question).to_owned()];
        for (column, cell) in columns.iter().zip(cells) {
            let mut shown = cell.sign().to_owned();
            if let Cell::Wrong(what) = cell {
                notes.push(format!("{}, {question}: {what}", column.name));
                shown += &format!(" {}", notes.len());
            }
            line.push(shown);
        }
        lines.push(line);
    }
    if markdown {
        print_markdown(&lines);
    } else {
        print_padded(&lines);
    }
    println!();
    println!(
        "● a function for it · ◐ by hand, with its other functions · ○ nothing for it · – makes no sense there · ✗ wrong:"
    );
    println!();
    for (n, note) in notes.iter().enumerate() {
        println!("{}. {note}", n + 1);
    }
    // Whoever asked the others: this one has to answer well throughout.
    let ours_is_well = answers.iter().all(|cells| cells[0] == Cell::Yes);
    if !ours_is_well {
        eprintln!("{} is not as it should be", columns[0].name);
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn print_markdown(lines: &[Vec<String>]) {
    for (n, line) in lines.iter().enumerate() {
        println!("| {} |", line.join(" | "));
        if n == 0 {
            println!("| --- {}|", "| :---: ".repeat(line.len() - 1));
        }
    }
}

fn print_padded(lines: &[Vec<String>]) {
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max();
    let widths: Vec<usize> = (0..lines[0].len()).map(|column| width(column).unwrap()).collect();
    for line in lines {
        let cells = line
            .iter()
            .zip(&widths)
            .map(|(cell, &width)| format!("{cell:width$}"));
        println!("{}", cells.collect::<Vec<_>>().join("  ").trim_end());
    }
}

/// Far longer than any cell takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// Has a process of its own find the answer.
fn ask(column: usize, row: usize) -> Cell {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--cell", &column.to_string(), &row.to_string()])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let Some(code) = end_of(&mut child) else {
        return Cell::Wrong("hangs".to_owned());
    };
    let mut said = String::new();
    child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    match code {
        Some(0) => Cell::parse(said.trim_end()).expect("a cell's process says how it is"),
        Some(_) => Cell::Wrong("panics".to_owned()),
        None => Cell::Wrong("aborts the process".to_owned()),
    }
}

/// The exit code, none for a signal; nothing at all for one that had to be ended.
fn end_of(child: &mut Child) -> Option<Option<i32>> {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status.code());
        }
        if started.elapsed() > PATIENCE {
            child.kill().unwrap();
            child.wait().unwrap();
            return None;
        }
        thread::sleep(Duration::from_millis(1));
    }
}
