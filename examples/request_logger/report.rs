//! What the demo prints when it is over.

use std::io::{self, BufWriter, ErrorKind, Write};
use std::process::ExitCode;
use std::time::Duration;

use crate::check::Verdict;
use crate::demo::Limits;
use crate::record::{Place, Record};

/// How many offending lines of a kind are shown.
const SHOWN: usize = 20;

#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) log: Vec<Record>,
    pub(crate) verdict: Verdict,
    pub(crate) sent: usize,
    pub(crate) limits: Limits,
    pub(crate) took: Duration,
}

impl Report {
    /// Prints the log, what is wrong with it, and a summary; the exit code tells the verdict.
    pub(crate) fn print(&self) -> io::Result<ExitCode> {
        match self.write(BufWriter::new(io::stdout().lock())) {
            // A reader that has seen enough (`| head`) does not change the verdict.
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error),
            _ if self.verdict.is_fine() => Ok(ExitCode::SUCCESS),
            _ => Ok(ExitCode::FAILURE),
        }
    }

    fn write(&self, mut out: impl Write) -> io::Result<()> {
        for line in &self.log {
            writeln!(out, "{line}")?;
        }
        writeln!(out)?;
        write_some(&mut out, "mixed up", &self.verdict.mixed_up)?;
        write_some(&mut out, "lost", &self.verdict.lost)?;
        self.write_summary(&mut out)?;
        out.flush()
    }

    fn write_summary(&self, out: &mut impl Write) -> io::Result<()> {
        let Self {
            log,
            verdict,
            sent,
            limits,
            took,
        } = self;
        let outside = log
            .iter()
            .filter(|line| matches!(line.place, Place::Outside(_)))
            .count();
        writeln!(
            out,
            "{sent} requests, {limits}, in {took:.1?}; {} lines, {outside} outside a request; \
             {} mixed up, {} lost",
            log.len(),
            verdict.mixed_up.len(),
            verdict.lost.len(),
        )
    }
}

fn write_some(out: &mut impl Write, what: &str, offenders: &[String]) -> io::Result<()> {
    for offender in offenders.iter().take(SHOWN) {
        writeln!(out, "{what}: {offender}")?;
    }
    match offenders.len().saturating_sub(SHOWN) {
        0 => Ok(()),
        more => writeln!(out, "{what}: and {more} more"),
    }
}
