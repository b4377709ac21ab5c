use std::process::Command;
use std::{fs, thread};

/// What ran, how it was built, where: no number is worth quoting without it.
pub(crate) fn stamp(bench: &str) -> [String; 3] {
    [
        format!("{bench}: throughline at {}, {}", commit(), env!("BENCHES_RUSTC")),
        build(),
        format!("{}, {} cores", processor(), cores()),
    ]
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

fn commit() -> String {
    let git = Command::new("git")
        .args([
            "-C",
            env!("CARGO_MANIFEST_DIR"),
            "describe",
            "--always",
            "--dirty",
            "--abbrev=12",
        ])
        .output();
    match git {
        Ok(found) if found.status.success() => String::from_utf8_lossy(&found.stdout).trim().into(),
        _ => "no commit".into(),
    }
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
