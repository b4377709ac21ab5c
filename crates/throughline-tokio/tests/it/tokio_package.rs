//! tokio, as Cargo resolved it.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// What `cargo metadata` says of every package here.
static METADATA: LazyLock<Value> = LazyLock::new(|| {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--all-features",
            "--manifest-path",
        ])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON")
});

/// The one package of this name.
pub(crate) fn package(name: &str) -> &'static Value {
    let packages = METADATA["packages"].as_array().expect("packages");
    let mut named = packages.iter().filter(|package| package["name"] == name);
    let package = named.next().expect("the package is resolved");
    assert!(
        named.next().is_none(),
        "more than one {name}: which one is meant?"
    );
    package
}

/// Where a package's source is.
pub(crate) fn source(of: &str) -> PathBuf {
    let manifest = package(of)["manifest_path"].as_str().expect("a path");
    Path::new(manifest).with_file_name("src")
}

/// Which version of tokio this is, for messages.
pub(crate) fn version() -> &'static str {
    package("tokio")["version"].as_str().expect("a version")
}
