//! Tells the benches how they were built, since a number without that is worth little.
use std::path::Path;
use std::process::Command;
use std::{env, fs};

const MANIFEST: &str = "../Cargo.toml";

fn main() {
    let profile = profile();
    tell("PROFILE", &profile);
    tell("OPT_LEVEL", &env::var("OPT_LEVEL").unwrap());
    tell("LTO", &setting(&profile, "lto").unwrap_or("false".into()));
    tell(
        "CODEGEN_UNITS",
        &setting(&profile, "codegen-units").unwrap_or("16".into()),
    );
    tell("RUSTC", &rustc_version());
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={MANIFEST}");
}

fn tell(key: &str, value: &str) {
    println!("cargo::rustc-env=BENCHES_{key}={value}");
}

/// Cargo does not name the profile, but its directory: `target/<profile>/build/<package>/out`.
fn profile() -> String {
    let out = env::var("OUT_DIR").unwrap();
    let directory = Path::new(&out).ancestors().nth(3).and_then(Path::file_name);
    match directory.unwrap().to_str().unwrap() {
        "debug" => "dev".into(),
        other => other.into(),
    }
}

/// What cargo was told about `[profile.NAME]`; nor does it pass LTO and codegen units on to anybody.
fn setting(profile: &str, key: &str) -> Option<String> {
    let name = format!("CARGO_PROFILE_{}_{}", profile, key.replace('-', "_")).to_uppercase();
    println!("cargo::rerun-if-env-changed={name}");
    let manifest = fs::read_to_string(MANIFEST).unwrap();
    env::var(name)
        .ok()
        .or_else(|| in_manifest(&manifest, &format!("[profile.{profile}]"), key))
}

fn in_manifest(manifest: &str, section: &str, key: &str) -> Option<String> {
    let lines = manifest.lines().skip_while(|line| line.trim() != section).skip(1);
    lines
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split_once('='))
        .find(|(found, _)| found.trim() == key)
        .map(|(_, value)| value.trim().trim_matches('"').to_owned())
}

fn rustc_version() -> String {
    let version = Command::new(env::var("RUSTC").unwrap())
        .arg("--version")
        .output()
        .unwrap();
    String::from_utf8(version.stdout).unwrap().trim().to_owned()
}
