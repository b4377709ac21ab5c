//! What the same costs in Node.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};
use throughline_benches::web::{Engine, node_binaries};

use super::pieces;
use crate::Outcome;

/// One binary, with so many other storages set.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Node {
    pub(super) version: String,
    pub(super) live: usize,
    /// Nanoseconds by operation.
    pub(super) times: BTreeMap<String, f64>,
}

/// The newest Node that we are beside, from npm.
const NEWEST: &str = "node@26";

/// `node`, those that the environment names, and the newest one, which is fetched if it is not there.
pub(super) fn binaries(is_quick: bool, left_out: &mut Vec<String>) -> Vec<Engine> {
    let (mut binaries, missing) = node_binaries();
    left_out.extend(
        missing
            .into_iter()
            .map(|line| line.trim_start_matches("left out: ").to_owned()),
    );
    let has_newest = binaries.iter().any(|engine| version(engine).starts_with("26."));
    if !has_newest {
        match newest(is_quick) {
            Ok(engine) => binaries.push(engine),
            Err(error) => left_out.push(format!("{NEWEST} from npm: {error}")),
        }
    }
    binaries
}

fn newest(is_quick: bool) -> Outcome<Engine> {
    let directory = pieces::directory().join("node");
    let binary = directory.join("node_modules/node/bin/node");
    if !binary.exists() {
        if is_quick {
            return Err("a quick report fetches nothing".into());
        }
        fetch(&directory)?;
    }
    Ok(Engine::node(binary)?)
}

fn fetch(directory: &Path) -> Outcome<()> {
    std::fs::create_dir_all(directory)?;
    let npm = Command::new("npm")
        .args(["install", "--no-audit", "--no-fund", "--silent", "--prefix"])
        .arg(directory)
        .arg(NEWEST)
        .stdout(Stdio::null())
        .status();
    match npm {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("npm: {status}").into()),
        Err(error) => Err(format!("npm: {error}").into()),
    }
}

pub(super) fn version(engine: &Engine) -> &str {
    match engine {
        Engine::Node { version, .. } => version.trim_start_matches('v'),
        Engine::Throughline => "",
    }
}

pub(super) fn measure(binaries: &[Engine]) -> Outcome<Vec<Node>> {
    let mut found = Vec::new();
    for engine in binaries {
        let Engine::Node { binary, .. } = engine else {
            continue;
        };
        for live in [1, 1000] {
            found.push(Node {
                version: version(engine).to_owned(),
                live,
                times: times(binary, live)?,
            });
        }
    }
    Ok(found)
}

fn times(binary: &Path, live: usize) -> Outcome<BTreeMap<String, f64>> {
    let script: PathBuf = [env!("CARGO_MANIFEST_DIR"), "node", "bench.mjs"].iter().collect();
    let output = Command::new(binary)
        .arg(script)
        .arg(live.to_string())
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err(format!("{}: {}", binary.display(), output.status).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}
