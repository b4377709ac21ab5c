//! Of the neighbours, as the lock file has them.

use std::fs;
use std::path::PathBuf;

const NEIGHBOURS: [&str; 10] = [
    "tokio",
    "tokio-inherit-task-local",
    "dcontext",
    "opentelemetry",
    "tracing",
    "tracing-subscriber",
    "fastrace",
    "sentry-core",
    "rayon",
    "axum",
];

/// `tokio 1.54.1, …`
pub(super) fn of_the_neighbours() -> String {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "..", "Cargo.lock"].iter().collect();
    let lock: toml::Table = fs::read_to_string(path)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or_default();
    let packages = lock.get("package").and_then(|packages| packages.as_array());
    let version = |name: &str| {
        let package = packages?
            .iter()
            .find(|package| package.get("name").and_then(|it| it.as_str()) == Some(name))?;
        Some(format!("{name} {}", package.get("version")?.as_str()?))
    };
    NEIGHBOURS
        .iter()
        .filter_map(|name| version(name))
        .collect::<Vec<_>>()
        .join(", ")
}
