//! Requests per second.

use serde::{Deserialize, Serialize};
use throughline_benches::Spread;
use throughline_benches::web::{Compare, Engine, Ids, Row, Work};

use crate::Outcome;

/// A server with so many storages, beside the same without.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Server {
    pub(super) engine: String,
    pub(super) is_ours: bool,
    /// What its layer does.
    pub(super) with: String,
    /// None, if it does nothing.
    pub(super) storages: Option<usize>,
    pub(super) per_second: Spread,
    pub(super) bare_per_second: Spread,
    pub(super) ratio: Spread,
    pub(super) processor_ratio: Option<Spread>,
    pub(super) processor_micros: Option<Spread>,
}

/// They take turns within an engine: that one beside another is told by what each makes of its own bare server.
pub(super) fn measure(nodes: &[Engine], rounds: usize, requests: usize) -> Outcome<Vec<Server>> {
    let engines = std::iter::once(Engine::Throughline).chain(nodes.iter().cloned());
    let compare = Compare {
        engines: engines.collect(),
        work: Work::Logger,
        storages: vec![1, 4, 16],
        idle: true,
        rounds,
        requests,
        ..Compare::default()
    };
    Ok(compare.run()?.into_iter().map(Server::from).collect())
}

/// Beside one that knows and says the same id: what is left is the price of the context alone.
pub(super) fn measure_by_hand(rounds: usize, requests: usize) -> Outcome<Vec<Server>> {
    let compare = Compare {
        work: Work::Logger,
        storages: vec![1, 3],
        by_hand: true,
        rounds,
        requests,
        ..Compare::default()
    };
    Ok(compare.run()?.into_iter().map(Server::from).collect())
}

impl From<Row> for Server {
    fn from(row: Row) -> Self {
        Server {
            is_ours: row.engine == Engine::Throughline,
            engine: row.engine.to_string(),
            with: match row.ids {
                Ids::Idle => "none: a layer that does nothing".to_owned(),
                ids => ids.to_string(),
            },
            storages: match row.ids {
                Ids::Layer(storages) => Some(storages),
                Ids::Idle | Ids::ByHand => None,
            },
            per_second: row.per_second,
            bare_per_second: row.bare_per_second,
            ratio: row.ratio,
            processor_ratio: row.processor_ratio,
            processor_micros: row.processor_micros,
        }
    }
}
