//! Everything at once, as tables for people and as `docs/performance.md`.

mod charts;
mod goals;
mod node;
mod page;
mod pieces;
mod servers;
mod versions;

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use throughline_benches::questions::QUESTIONS;
use throughline_benches::scale::{self, Figure};
use throughline_benches::{Found, Memory, Stamp, stamp, table};

use crate::Outcome;
use node::Node;
use pieces::Pieces;
use servers::Server;

/// How much is to be done.
#[derive(Clone, Copy)]
pub(crate) struct Extent {
    rounds: usize,
    /// What the large numbers are divided by.
    less: usize,
    server_rounds: usize,
    requests: usize,
    is_quick: bool,
}

impl Extent {
    /// For `docs/performance.md`.
    pub(crate) const FULL: Extent = Extent {
        rounds: 101,
        less: 1,
        server_rounds: 9,
        requests: 10_000,
        is_quick: false,
    };
    /// To see whether all works.
    pub(crate) const QUICK: Extent = Extent {
        rounds: 5,
        less: 20,
        server_rounds: 2,
        requests: 1_000,
        is_quick: true,
    };
}

/// What was found, and what could not be.
pub(crate) struct Report {
    stamp: Stamp,
    rounds: usize,
    questions: Vec<Found>,
    memory: Option<Memory>,
    servers: Vec<Server>,
    servers_by_hand: Vec<Server>,
    nodes: Vec<Node>,
    scale: Vec<Figure>,
    left_out: Vec<String>,
}

/// Does all, prints it and writes it down. What was done before at the same commit by the same program is not done anew.
pub(crate) fn report(extent: Extent) -> Outcome<ExitCode> {
    let report = Report::made(extent)?;
    report.print();
    let page = if extent.is_quick {
        quick_page()
    } else {
        page_in_docs()
    };
    let charts = page.with_extension("");
    fs::create_dir_all(&charts)?;
    let drawn = charts::draw(&report, &charts)?;
    fs::write(&page, page::written(&report, &drawn))?;
    println!("written: {}", page.display());
    Ok(ExitCode::SUCCESS)
}

fn page_in_docs() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "..", "docs", "performance.md"]
        .iter()
        .collect()
}

/// Beside the program: it is not to be read by anybody else.
fn quick_page() -> PathBuf {
    pieces::directory().join("performance.md")
}

impl Report {
    fn made(extent: Extent) -> Outcome<Self> {
        let pieces = Pieces::of_this_program(extent.is_quick)?;
        let mut left_out = Vec::new();
        let questions = questions(&pieces, extent, &mut left_out)?;
        let memory = or_left_out(
            pieces.piece("memory", || Ok(Memory::measured()?)),
            "bytes and blocks",
            &mut left_out,
        );
        let binaries = node::binaries(extent.is_quick, &mut left_out);
        let nodes = pieces.piece("node", || node::measure(&binaries))?;
        let servers = pieces.piece("servers", || {
            servers::measure(&binaries, extent.server_rounds, extent.requests)
        })?;
        let servers_by_hand = pieces.piece("servers_by_hand", || {
            servers::measure_by_hand(extent.server_rounds, extent.requests)
        })?;
        let scale = pieces.piece("scale", || Ok(scale::all(extent.less)?))?;
        Ok(Report {
            stamp: stamp(),
            rounds: extent.rounds,
            questions,
            memory,
            servers,
            servers_by_hand,
            nodes,
            scale,
            left_out,
        })
    }

    fn print(&self) {
        table::print_stamp(&self.stamp);
        for found in &self.questions {
            table::print(found);
        }
        table::goals(&goals::all(self)).print();
        println!();
        page::servers(&self.servers).print();
        println!();
        page::servers(&self.servers_by_hand).print();
        println!();
        page::scale(&self.scale).print();
        self.left_out.iter().for_each(|line| println!("left out: {line}"));
    }

    fn question(&self, name: &str) -> Option<&Found> {
        self.questions.iter().find(|found| found.question == name)
    }
}

fn questions(pieces: &Pieces, extent: Extent, left_out: &mut Vec<String>) -> Outcome<Vec<Found>> {
    let mut all = Vec::new();
    let mut counted = true;
    for question in QUESTIONS {
        let name = question.name();
        let mut found: Found = pieces.piece(&format!("{name}.time"), || Ok(question.time(extent.rounds)?))?;
        if counted {
            match pieces.piece(&format!("{name}.count"), || Ok(question.count()?)) {
                Ok(counts) => found.merge(counts),
                Err(error) => {
                    // What is the matter with one is so with all.
                    left_out.push(format!(
                        "all counts of instructions, and the goals about them: {error}"
                    ));
                    counted = false;
                }
            }
        }
        all.push(found);
    }
    Ok(all)
}

fn or_left_out<T>(outcome: Outcome<T>, what: &str, left_out: &mut Vec<String>) -> Option<T> {
    outcome
        .map_err(|error| left_out.push(format!("{what}: {error}")))
        .ok()
}
