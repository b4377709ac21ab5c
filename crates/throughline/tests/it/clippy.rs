//! `docs/clippy.toml`, which users copy: clippy takes each line of it, and no way to spawn is missing.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use toml::{Table, Value};

/// What clippy reads has every feature that brings something that spawns.
const MANIFEST: &str = r#"
[package]
name = "raw"
version = "0.0.0"
edition = "2024"
publish = false

[[bin]]
name = "raw"
path = "raw.rs"

[dependencies]
tokio = { version = "1", features = ["full", "tracing"] }
tokio-util = { version = "0.7", features = ["rt", "join-map"] }
rayon = "1"
smol = "2"
futures = { version = "0.3", features = ["thread-pool"] }

[dependencies.throughline]
features = ["tokio-util", "tokio-rt-multi-thread", "tokio-tracing", "rayon"]
path = "#;

const RAW: &str = include_str!("../clippy/raw.rs");

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn fragment() -> Table {
    let text = fs::read_to_string(repository().join("docs/clippy.toml")).unwrap();
    text.parse().unwrap()
}

fn field<'a>(entry: &'a Value, name: &str) -> Option<&'a str> {
    entry.get(name)?.as_str()
}

/// What a list of the fragment names.
fn paths(list: &str) -> BTreeSet<String> {
    let fragment = fragment();
    let entries = fragment[list].as_array().unwrap();
    let paths: BTreeSet<_> = entries
        .iter()
        .map(|entry| field(entry, "path").unwrap().to_owned())
        .collect();
    assert_eq!(paths.len(), entries.len(), "nothing twice");
    paths
}

#[test]
fn each_line_has_a_reason_and_holds_also_where_it_does_not_apply() {
    let fragment = fragment();
    assert_eq!(fragment.len(), 2);
    for (list, entries) in &fragment {
        for entry in entries.as_array().unwrap() {
            assert!(!field(entry, "reason").unwrap().is_empty(), "{entry}");
            let allowed = entry.get("allow-invalid").and_then(Value::as_bool);
            assert_eq!(allowed == Some(true), list == "disallowed-methods", "{entry}");
        }
    }
}

/// Clippy reads a program that does each once, and uses each replacement.
#[test]
fn clippy_reports_each_line_and_each_replacement_is_there() {
    if !there_is_clippy() {
        return;
    }
    let project = Path::new(env!("CARGO_TARGET_TMPDIR")).join("clippy");
    lay_out(&project);
    let output = cargo(&project)
        .args(["clippy", "--message-format", "short"])
        .env("CLIPPY_CONF_DIR", repository().join("docs"))
        .env("CARGO_TARGET_DIR", project.join("target"))
        // Cargo's own idea of the flags would win over this one.
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env("RUSTFLAGS", "--cfg tokio_unstable")
        .output()
        .unwrap();
    let said = text(&output);
    assert!(output.status.success(), "{said}");

    assert_eq!(
        reported(&said, "disallowed method"),
        paths("disallowed-methods"),
        "{said}"
    );
    let guards = reported(&said, "disallowed type across an await point");
    assert_eq!(guards, paths("await-holding-invalid-types"), "{said}");
    assert!(!said.contains("does not refer to"), "{said}");
}

fn there_is_clippy() -> bool {
    let version = Command::new("cargo").args(["clippy", "--version"]).output();
    version.is_ok_and(|version| version.status.success())
}

fn lay_out(project: &Path) {
    fs::create_dir_all(project).unwrap();
    let manifest = format!("{MANIFEST}{:?}\n\n[workspace]\n", env!("CARGO_MANIFEST_DIR"));
    write(&project.join("Cargo.toml"), &manifest);
    // The versions in use here.
    let lock = fs::read_to_string(repository().join("Cargo.lock")).unwrap();
    write(&project.join("Cargo.lock"), &lock);
    write(&project.join("raw.rs"), RAW);
    write(&project.join("replacements.rs"), &replacements());
}

/// What is as it was is not to be checked again.
fn write(path: &Path, text: &str) {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return;
    }
    fs::write(path, text).unwrap();
}

fn replacements() -> String {
    let fragment = fragment();
    let entries = fragment["disallowed-methods"].as_array().unwrap();
    let replacements = entries.iter().filter_map(|entry| field(entry, "replacement"));
    let uses: String = replacements
        .enumerate()
        .map(|(n, path)| format!("pub use {path} as _replacement_{n};\n"))
        .collect();
    assert!(uses.lines().count() > 10);
    format!("#![allow(unused_imports)]\n{uses}pub const ALL: &() = &();\n")
}

fn cargo(project: &Path) -> Command {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(project);
    cargo
}

fn text(output: &Output) -> String {
    let [out, err] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    format!("{out}{err}")
}

/// The paths in lines like "raw.rs:16:5: warning: use of a disallowed method `tokio::spawn`: help: …".
fn reported(said: &str, what: &str) -> BTreeSet<String> {
    said.lines()
        .filter_map(|line| line.split_once(what)?.1.split('`').nth(1))
        .map(str::to_owned)
        .collect()
}

/// Whose are the functions that spawn, in the files of the crates that have such.
const OWNERS: [(&str, &str, &[&str]); 21] = [
    ("tokio", "runtime/handle.rs", &["tokio::runtime::Handle"]),
    ("tokio", "runtime/runtime.rs", &["tokio::runtime::Runtime"]),
    (
        "tokio",
        "runtime/local_runtime/runtime.rs",
        &["tokio::runtime::LocalRuntime"],
    ),
    ("tokio", "task/blocking.rs", &["tokio::task"]),
    ("tokio", "task/builder.rs", &["tokio::task::Builder"]),
    (
        "tokio",
        "task/join_set.rs",
        &["tokio::task::JoinSet", "tokio::task::join_set::Builder"],
    ),
    (
        "tokio",
        "task/local.rs",
        &["tokio::task::LocalSet", "tokio::task"],
    ),
    ("tokio", "task/spawn.rs", &["tokio"]),
    ("tokio", "process/mod.rs", &[]),
    ("tokio-util", "task/join_map.rs", &["tokio_util::task::JoinMap"]),
    (
        "tokio-util",
        "task/join_queue.rs",
        &["tokio_util::task::JoinQueue"],
    ),
    (
        "tokio-util",
        "task/spawn_pinned.rs",
        &["tokio_util::task::LocalPoolHandle"],
    ),
    (
        "tokio-util",
        "task/task_tracker.rs",
        &["tokio_util::task::TaskTracker"],
    ),
    ("rayon-core", "broadcast/mod.rs", &["rayon"]),
    ("rayon-core", "join/mod.rs", &["rayon"]),
    (
        "rayon-core",
        "scope/mod.rs",
        &["rayon", "rayon::Scope", "rayon::ScopeFifo"],
    ),
    ("rayon-core", "spawn/mod.rs", &["rayon"]),
    (
        "rayon-core",
        "thread_pool/mod.rs",
        &["rayon", "rayon::ThreadPool"],
    ),
    // Its spawn handler is told of threads, which begin without a context.
    ("rayon-core", "lib.rs", &[]),
    (
        "async-executor",
        "lib.rs",
        &["smol::Executor", "smol::LocalExecutor"],
    ),
    // A feature that smol does not have.
    ("async-executor", "static_executors.rs", &[]),
];

/// In the source of the versions in use: a release that brings one more makes this fail.
#[test]
fn no_public_function_that_spawns_is_missing() {
    let listed = paths("disallowed-methods");
    let sources = sources();
    let mut seen = 0;
    let alike: [(_, &[_]); 4] = [
        ("tokio", &["spawn"]),
        ("tokio-util", &["spawn"]),
        (
            "rayon-core",
            &[
                "spawn",
                "join",
                "scope",
                "in_place",
                "broadcast",
                "install",
                "yield_",
            ],
        ),
        ("async-executor", &["spawn"]),
    ];
    for (name, like) in alike {
        let source = sources.iter().find(|path| is_of(path, name)).unwrap();
        for (file, function) in spawning(&source.join("src"), like) {
            let owners = OWNERS.iter().find(|owner| (owner.0, owner.1) == (name, &file));
            let (_, _, owners) =
                owners.unwrap_or_else(|| panic!("{name} has `{function}` in {file}: whose?"));
            let known = |owner: &&str| listed.contains(&format!("{owner}::{function}"));
            assert!(
                owners.is_empty() || owners.iter().any(known),
                "{name}, {file}: `{function}` is missing"
            );
            seen += 1;
        }
    }
    assert!(seen > 50, "the sources are read: {seen}");
}

/// Where the source of each dependency lies.
fn sources() -> Vec<PathBuf> {
    let output = cargo(&repository())
        .args(["metadata", "--format-version", "1", "--all-features"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output));
    let metadata = String::from_utf8(output.stdout).unwrap();
    let manifests = metadata.split(r#""manifest_path":""#).skip(1);
    manifests
        .map(|rest| {
            PathBuf::from(rest.split('"').next().unwrap())
                .parent()
                .unwrap()
                .to_owned()
        })
        .collect()
}

/// Whether the folder is called `name-1.2.3`.
fn is_of(path: &Path, name: &str) -> bool {
    let folder = path.file_name().unwrap().to_str().unwrap();
    let version = folder.strip_prefix(name).and_then(|rest| rest.strip_prefix('-'));
    version.is_some_and(|version| version.starts_with(|digit: char| digit.is_ascii_digit()))
}

/// The public functions in it that are called so, with the file that each is in.
fn spawning(source: &Path, like: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![source.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let file = path.strip_prefix(source).unwrap().to_str().unwrap().to_owned();
                let text = fs::read_to_string(&path).unwrap();
                found.extend(functions(&text, like).map(|function| (file.clone(), function)));
            }
        }
    }
    found
}

fn functions(text: &str, like: &[&str]) -> impl Iterator<Item = String> {
    text.lines()
        .filter_map(|line| line.trim_start().strip_prefix("pub fn "))
        .map(|rest| rest.split(['(', '<']).next().unwrap())
        .filter(|name| like.iter().any(|like| name.starts_with(like)) && !name.starts_with("spawned"))
        .map(str::to_owned)
}
