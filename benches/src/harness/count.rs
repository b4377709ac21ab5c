//! Instructions of an operation, by callgrind. The bench runs itself anew under valgrind, which zeroes and
//! dumps its counters when it comes by the two functions of `meter` that are named for it: so no client
//! request is needed, and no `unsafe`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

use super::{Bench, Meter, Op};

/// The command that runs inside callgrind.
pub const COUNTED: &str = "counted";

/// Instructions of each operation.
pub(crate) struct Counts(Vec<f64>);

impl Counts {
    pub(crate) fn of(&self, op: Op) -> f64 {
        self.0[op.0]
    }
}

/// Counts all operations of `bench`, in one process.
pub(crate) fn count(bench: &Bench) -> io::Result<Counts> {
    let program = env::current_exe()?;
    let dumps = dumps_beside(&program, bench.name)?;
    run_counted(&program, bench.name, &dumps)?;
    // The first dump is the price of the counting itself.
    let price = total(&dumps, 0)?;
    let mut dump = 0;
    let totals = bench.operations.iter().map(|op| {
        if !op.counted {
            return Ok(f64::NAN);
        }
        dump += 1;
        Ok((total(&dumps, dump)? - price) / bench.repeated as f64)
    });
    Ok(Counts(totals.collect::<io::Result<_>>()?))
}

/// What runs inside callgrind: an empty count, then all operations in their order.
pub(crate) fn be_counted(bench: &Bench) {
    Meter::new(0, true).each(|_| ());
    for op in bench.operations.iter().filter(|op| op.counted) {
        op.time(bench.repeated); // Uncounted: what is made on first use, and what grows, has done so.
        op.count(bench.repeated);
    }
}

/// A fresh directory. It stays there: `callgrind_annotate` shows where the instructions went.
fn dumps_beside(program: &Path, bench: &str) -> io::Result<PathBuf> {
    let directory = program.with_extension("callgrind").join(bench);
    if directory.exists() {
        fs::remove_dir_all(&directory)?;
    }
    fs::create_dir_all(&directory)?;
    Ok(directory)
}

fn run_counted(program: &Path, bench: &str, dumps: &Path) -> io::Result<()> {
    let status = Command::new("valgrind")
        .args(["--tool=callgrind", "-q"])
        .args([
            "--zero-before=*counting_starts_here*",
            "--dump-before=*counting_ends_here*",
        ])
        .arg(format!("--callgrind-out-file={}", dumps.join("out").display()))
        .args([program.as_os_str(), COUNTED.as_ref(), bench.as_ref()])
        .status()
        .map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => io::Error::new(error.kind(), "there is no valgrind"),
            kind => io::Error::new(kind, format!("valgrind: {error}")),
        })?;
    if status.success() {
        Ok(())
    } else {
        Err(io::Error::other(format!("valgrind: {status}")))
    }
}

fn total(dumps: &Path, number: usize) -> io::Result<f64> {
    // Callgrind numbers its dumps from one.
    let dump = dumps.join(format!("out.{}", number + 1));
    let text = fs::read_to_string(&dump)?;
    let total = text.lines().find_map(|line| line.strip_prefix("totals: "));
    total
        .and_then(|total| total.trim().parse().ok())
        .ok_or_else(|| io::Error::other(format!("no total in {}", dump.display())))
}
