use std::env;
use std::process::ExitCode;
use std::thread;

use crate::{Bench, count, report, stamp, time};

/// Enough that the median stays where it is on a machine that others use too.
const ROUNDS: usize = 101;
/// Scopes a thousand deep want a deep stack.
const STACK: usize = 256 << 20;

/// What a bench's `main` does: makes the list, and does with it what the command line asks for.
pub fn run(name: &'static str, define: fn(&mut Bench)) -> ExitCode {
    let deep = thread::Builder::new().stack_size(STACK);
    deep.spawn(move || on_deep_stack(name, define))
        .unwrap()
        .join()
        .unwrap()
}

fn on_deep_stack(name: &'static str, define: fn(&mut Bench)) -> ExitCode {
    let mut bench = Bench::new(name);
    define(&mut bench);
    match Mode::asked_for() {
        Mode::Time { rounds } => time_and_report(&bench, rounds),
        Mode::Count => count_and_report(&bench),
        Mode::Counted => count::be_counted(&bench),
        Mode::Try => try_once(&bench),
    }
}

enum Mode {
    /// `cargo bench`
    Time { rounds: usize },
    /// `cargo bench -- --count`
    Count,
    /// The child of `Count`, inside callgrind.
    Counted,
    /// `cargo test --benches`
    Try,
}

impl Mode {
    fn asked_for() -> Self {
        let args: Vec<String> = env::args().collect();
        let has = |arg| args.iter().any(|found| found == arg);
        if has(count::COUNTED) {
            Mode::Counted
        } else if has("--count") {
            Mode::Count
        } else if has("--bench") {
            Mode::Time {
                rounds: number_after(&args, "--rounds").unwrap_or(ROUNDS),
            }
        } else {
            Mode::Try
        }
    }
}

fn number_after(args: &[String], name: &str) -> Option<usize> {
    let at = args.iter().position(|arg| arg == name)?;
    args.get(at + 1)?.parse().ok().filter(|&number| number > 0)
}

fn time_and_report(bench: &Bench, rounds: usize) -> ExitCode {
    let times = time::time(bench, rounds);
    report::stamp(&stamp::stamp(bench.name));
    println!(
        "# medians (and quartiles) of {rounds} interleaved rounds of {:?}",
        bench.batch
    );
    report::times(bench, &times);
    // Nanoseconds depend on the day: they are shown, and fail nothing.
    ExitCode::SUCCESS
}

fn count_and_report(bench: &Bench) -> ExitCode {
    match count::count(bench) {
        Ok(counts) => {
            report::stamp(&stamp::stamp(bench.name));
            report::counts(bench, &counts)
        }
        Err(error) => {
            eprintln!("cannot count: {error}");
            ExitCode::from(2)
        }
    }
}

fn try_once(bench: &Bench) -> ExitCode {
    for op in &bench.operations {
        op.time(1);
    }
    println!("{}: tried {} operations once", bench.name, bench.operations.len());
    ExitCode::SUCCESS
}
