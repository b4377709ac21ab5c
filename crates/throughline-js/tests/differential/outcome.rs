//! Running a script, and what is compared of it.

use std::ffi::OsStr;
use std::fmt;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How a script ended: what it printed, without what no two engines share.
pub(crate) struct Outcome {
    status: String,
    stdout: String,
    stderr: String,
}

/// Longer than any script takes on a loaded machine.
const TIMEOUT: Duration = Duration::from_secs(120);

pub(crate) fn of(program: &OsStr, args: Vec<String>, script: &Path, root: &Path) -> Outcome {
    let mut child = Command::new(program)
        .args(args)
        .arg(script)
        .env_remove("NODE_OPTIONS")
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{} does not start: {error}", program.to_string_lossy()));
    let stdout = read(child.stdout.take());
    let stderr = read(child.stderr.take());
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("a child of ours") {
            break status
                .code()
                .map_or_else(|| status.to_string(), |code| code.to_string());
        }
        if start.elapsed() > TIMEOUT {
            let _ = child.kill();
            break "timeout".to_owned();
        }
        thread::sleep(Duration::from_millis(2));
    };
    let text = |output: thread::JoinHandle<Vec<u8>>| {
        let bytes = output.join().expect("the reader does not panic");
        without_paths(&String::from_utf8_lossy(&bytes), root)
    };
    Outcome {
        status,
        stdout: text(stdout),
        stderr: without_traces(&text(stderr)),
    }
}

fn read(pipe: Option<impl Read + Send + 'static>) -> thread::JoinHandle<Vec<u8>> {
    let mut pipe = pipe.expect("it is piped");
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.read_to_end(&mut bytes);
        bytes
    })
}

/// Where the tests lie is not what they print.
fn without_paths(text: &str, root: &Path) -> String {
    let root = root.to_string_lossy();
    text.replace(&format!("file://{root}"), "<tests>")
        .replace(&*root, "<tests>")
}

/// Standard error without where an error came from (the line above it, its trace), the number of the process and the version of Node.
fn without_traces(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut kept: Vec<String> = Vec::new();
    for (i, line) in lines.iter().enumerate() {
        let trimmed = line.trim_start();
        let is_trace = trimmed.starts_with("at ")
            || trimmed.starts_with("... ") && trimmed.contains("lines matching")
            || trimmed.starts_with("Emitted 'error' event");
        let is_caret = |line: Option<&&str>| {
            line.is_some_and(|line| !line.trim().is_empty() && line.trim().chars().all(|c| c == '^'))
        };
        let is_warning = line.starts_with("Warning:");
        let is_excerpt =
            is_caret(lines.get(i)) || is_caret(lines.get(i + 1)) || is_caret(lines.get(i + 2)) && !is_warning;
        let is_hint = line.starts_with("(Use `") || line.starts_with("Node.js v") || *line == "Uncaught:";
        if trimmed.is_empty() || is_trace || is_excerpt || is_hint {
            continue;
        }
        let line = match line.split_once(" at <tests>") {
            Some((text, _)) if is_warning => text,
            _ => line.strip_suffix(" {").unwrap_or(line),
        };
        kept.push(without_process(line));
    }
    kept.join("\n")
}

/// `(node:123)` is `(node)`.
fn without_process(line: &str) -> String {
    let number = line.strip_prefix("(node:").and_then(|rest| rest.split_once(')'));
    match number {
        Some((digits, rest)) if digits.bytes().all(|byte| byte.is_ascii_digit()) => format!("(node){rest}"),
        _ => line.to_owned(),
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.stdout)?;
        if !self.stdout.is_empty() && !self.stdout.ends_with('\n') {
            writeln!(f)?;
        }
        if !self.stderr.is_empty() {
            writeln!(f, "---- on standard error\n{}", self.stderr)?;
        }
        writeln!(f, "---- ended with {}", self.status)
    }
}
