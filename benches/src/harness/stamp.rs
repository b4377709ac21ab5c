//! The stamp on each number: what ran, how it was built, where and when.

use std::process::Command;
use std::{fs, thread};

use serde::{Deserialize, Serialize};

/// What ran, how it was built, where and when: no number is worth quoting without it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Of this workspace.
    pub commit: String,
    /// The compiler.
    pub rustc: String,
    /// How the compiler was asked.
    pub build: String,
    /// The processor, and how many cores of it.
    pub machine: String,
    /// The day.
    pub date: String,
    /// How many programs wanted a core in the last minute.
    pub load: String,
}

/// Of now.
pub fn stamp() -> Stamp {
    Stamp {
        commit: output(
            "git",
            &[
                "-C",
                env!("CARGO_MANIFEST_DIR"),
                "describe",
                "--always",
                "--dirty",
                "--abbrev=12",
            ],
        )
        .unwrap_or_else(|| "no commit".to_owned()),
        rustc: env!("BENCHES_RUSTC").to_owned(),
        build: build(),
        machine: format!("{}, {} cores", processor(), cores()),
        date: output("date", &["-u", "+%F"]).unwrap_or_else(|| "no date".to_owned()),
        load: load().unwrap_or_else(|| "unknown".to_owned()),
    }
}

fn build() -> String {
    let [profile, opt_level] = [env!("BENCHES_PROFILE"), env!("BENCHES_OPT_LEVEL")];
    let lto = match env!("BENCHES_LTO") {
        "false" => "off (as cargo has it by default: thin, within each crate)",
        other => other,
    };
    let units = env!("BENCHES_CODEGEN_UNITS");
    format!("profile {profile}: opt-level {opt_level}, lto {lto}, codegen-units {units}")
}

fn output(program: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(program).args(args).output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn processor() -> String {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo.lines().find(|line| line.starts_with("model name"));
    let name = model.and_then(|line| line.split_once(": "));
    name.map_or("unknown processor", |(_, name)| name).to_owned()
}

fn cores() -> usize {
    thread::available_parallelism().map_or(0, |cores| cores.get())
}

fn load() -> Option<String> {
    let loads = fs::read_to_string("/proc/loadavg").ok()?;
    loads.split(' ').next().map(str::to_owned)
}
