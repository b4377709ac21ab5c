//! Servers that take turns.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::{Engine, Ids, Load, Process, Work};
use crate::harness::{Spread, spread, whose_turn};

/// Where [`node_binaries`] looks for more: paths with colons between.
pub const NODE_BINARIES_FROM: &str = "NODE_BINARIES";

/// `node`, and what [`NODE_BINARIES_FROM`] names: those that are there, and for each other one a line that says why not.
pub fn node_binaries() -> (Vec<Engine>, Vec<String>) {
    let more = std::env::var(NODE_BINARIES_FROM).unwrap_or_default();
    let paths = std::iter::once("node").chain(more.split(':').filter(|path| !path.is_empty()));
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for path in paths {
        match Engine::node(PathBuf::from(path)) {
            Ok(engine) => found.push(engine),
            Err(error) => missing.push(format!("left out: node at {path}: {error}")),
        }
    }
    (found, missing)
}

/// Servers with storages beside those without, each loaded in turn, over and over.
#[derive(Clone, Debug)]
pub struct Compare {
    /// What the servers are written in.
    pub engines: Vec<Engine>,
    /// What they do for a request.
    pub work: Work,
    /// How many storages they set. Each is beside a server without.
    pub storages: Vec<usize>,
    /// Whether that passes the id on by hand, and says it as the others do. Or else it knows and says none, and has less to do.
    pub by_hand: bool,
    /// Whether a server with a layer that does nothing takes turns too. (Node's has no layers.)
    pub idle: bool,
    /// How often each has its turn.
    pub rounds: usize,
    /// How many requests it gets then.
    pub requests: usize,
    /// Over how many connections.
    pub connections: usize,
}

impl Default for Compare {
    /// The figure that is promised: a request logger, three storages, 64 connections, 20 000 requests, seven rounds.
    fn default() -> Self {
        Compare {
            engines: vec![Engine::Throughline],
            work: Work::Logger,
            storages: vec![3],
            by_hand: false,
            idle: false,
            rounds: 7,
            requests: 20_000,
            connections: 64,
        }
    }
}

/// One server with a layer, beside the same without.
#[derive(Clone, Debug)]
pub struct Row {
    /// What it is written in.
    pub engine: Engine,
    /// What the layer does.
    pub ids: Ids,
    /// Requests in a second.
    pub per_second: Spread,
    /// The same without storages.
    pub bare_per_second: Spread,
    /// One by the other, within each round.
    pub ratio: Spread,
    /// How much of the processor the bare server takes for a request, by what this one takes: what the first ratio would be if nothing but the server counted. None
    /// where the system does not say.
    pub processor_ratio: Option<Spread>,
    /// Microseconds of the processor that this one takes for a request.
    pub processor_micros: Option<Spread>,
}

/// One turn of one server.
#[derive(Clone, Copy)]
struct Turn {
    per_second: f64,
    processor_micros: Option<f64>,
}

/// A server, and its turns.
struct Contender {
    ids: Ids,
    process: Process,
    turns: Vec<Turn>,
}

impl Compare {
    /// Does it.
    ///
    /// # Errors
    /// If a server does not start, or does not answer as it should.
    pub fn run(&self) -> io::Result<Vec<Row>> {
        let mut rows = Vec::new();
        for engine in &self.engines {
            let contenders = self.turns_of(engine)?;
            let bare = &contenders[0];
            rows.extend(contenders[1..].iter().map(|it| row(engine, it, bare)));
        }
        Ok(rows)
    }

    /// First the one without storages, then the others.
    fn turns_of(&self, engine: &Engine) -> io::Result<Vec<Contender>> {
        let bare = if self.by_hand { Ids::ByHand } else { Ids::Layer(0) };
        let with = self.storages.iter().copied().map(Ids::Layer);
        let idle = (self.idle && *engine == Engine::Throughline).then_some(Ids::Idle);
        let mut contenders = std::iter::once(bare)
            .chain(with)
            .chain(idle)
            .map(|ids| Contender::start(engine, ids, self.rounds))
            .collect::<io::Result<Vec<_>>>()?;
        // What is made, compiled or looked up at first is so now.
        for contender in &contenders {
            self.turn(contender)?;
        }
        for round in 0..self.rounds {
            for turn in 0..contenders.len() {
                let it = whose_turn(round, turn, contenders.len());
                let turn = self.turn(&contenders[it])?;
                contenders[it].turns.push(turn);
            }
        }
        Ok(contenders)
    }

    fn turn(&self, it: &Contender) -> io::Result<Turn> {
        let load = Load {
            address: it.process.address,
            work: self.work,
            requests: self.requests,
            connections: self.connections,
            is_named: it.ids.are_told(),
        };
        let before = it.process.processor_time();
        let loaded = load.run()?;
        let after = it.process.processor_time();
        let processor = before
            .zip(after)
            .map(|(before, after)| (after - before).as_secs_f64());
        Ok(Turn {
            per_second: loaded.per_second(),
            processor_micros: processor.map(|seconds| seconds * 1e6 / self.requests as f64),
        })
    }
}

impl Contender {
    fn start(engine: &Engine, ids: Ids, rounds: usize) -> io::Result<Self> {
        Ok(Contender {
            ids,
            process: Process::start(engine, ids)?,
            turns: Vec::with_capacity(rounds),
        })
    }

    fn spread(&self, of: impl Fn(&Turn) -> f64) -> Spread {
        spread(self.turns.iter().map(of).collect())
    }
}

fn row(engine: &Engine, it: &Contender, bare: &Contender) -> Row {
    let per_second = |turn: &Turn| turn.per_second;
    let rounds = || it.turns.iter().zip(&bare.turns);
    let processor = |(it, bare): (&Turn, &Turn)| Some(bare.processor_micros? / it.processor_micros?);
    let processor_micros: Option<Vec<f64>> = it.turns.iter().map(|turn| turn.processor_micros).collect();
    Row {
        engine: engine.clone(),
        ids: it.ids,
        per_second: it.spread(per_second),
        bare_per_second: bare.spread(per_second),
        ratio: spread(
            rounds()
                .map(|(it, bare)| it.per_second / bare.per_second)
                .collect(),
        ),
        processor_ratio: rounds().map(processor).collect::<Option<Vec<_>>>().map(spread),
        processor_micros: processor_micros.map(spread),
    }
}

/// As a row of a table in Markdown.
impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Spread { low, median, high } = self.ratio;
        let processor = match (self.processor_ratio, self.processor_micros) {
            (Some(ratio), Some(micros)) => format!("{:.3} | {:.1}", ratio.median, micros.median),
            _ => "not known | not known".to_owned(),
        };
        write!(
            f,
            "| {} | {} | {:.0} | {:.0} | {median:.3} ({low:.3} to {high:.3}) | {processor} |",
            self.engine, self.ids, self.per_second.median, self.bare_per_second.median,
        )
    }
}
