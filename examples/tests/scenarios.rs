//! Runs the small examples as a user does: each asserts what it shows.

use std::env::consts::EXE_SUFFIX;
use std::process::Command;

#[test]
fn hooks() {
    succeeds("hooks");
}

#[test]
fn event_emitter() {
    succeeds("event_emitter");
}

#[test]
fn worker_pool() {
    succeeds("worker_pool");
}

#[test]
fn db_query() {
    succeeds("db_query");
}

#[test]
fn connection_pool() {
    succeeds("connection_pool");
}

/// The example is beside this test: `cargo test` builds both.
fn succeeds(name: &str) {
    let test = std::env::current_exe().unwrap();
    let profile = test.ancestors().nth(2).unwrap();
    let example = profile.join("examples").join(format!("{name}{EXE_SUFFIX}"));
    assert!(
        example.exists(),
        "first: cargo build -p throughline-examples --examples"
    );
    let output = Command::new(example).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}
