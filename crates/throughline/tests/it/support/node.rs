//! Real Node beside us: a scenario is played by both, each prints what happened, and the lines have to be the same.

use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, OnceLock};

/// What `tests/node/<script>` printed; none if there is no Node. `THROUGHLINE_NODE` names another one than that on the `PATH`.
///
/// # Panics
/// When the script fails.
pub(crate) fn run_node(script: &str) -> Option<String> {
    let output = Command::new(node()?).arg(path_of(script)).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script} failed: {errors}");
    Some(String::from_utf8(output.stdout).unwrap())
}

/// Asserts that `lines` are those which Node prints. Where there is no Node, it says so, and holds.
#[track_caller]
pub(crate) fn assert_same_as_node(script: &str, lines: &[String]) {
    match run_node(script) {
        Some(printed) => {
            let printed: Vec<&str> = printed.lines().collect();
            assert_eq!(lines, printed, "ours, and what Node printed for {script}");
        }
        None => eprintln!("skipped: there is no `node` to play {script} with"),
    }
}

fn path_of(script: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/node")
        .join(script)
}

/// A Node that plays one program after the other.
pub(crate) struct Player {
    node: Child,
    pipes: Mutex<(ChildStdin, Lines<BufReader<ChildStdout>>)>,
}

impl Player {
    /// None if there is no Node.
    pub(crate) fn start(script: &str) -> Option<Self> {
        let mut node = Command::new(node()?)
            .arg(path_of(script))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (stdin, stdout) = (node.stdin.take().unwrap(), node.stdout.take().unwrap());
        let pipes = Mutex::new((stdin, BufReader::new(stdout).lines()));
        Some(Player { node, pipes })
    }

    /// What it says of a program, which is one line.
    ///
    /// # Panics
    /// When it fails.
    pub(crate) fn play(&self, program: &str) -> Vec<String> {
        let (stdin, stdout) = &mut *self.pipes.lock().unwrap();
        writeln!(stdin, "{program}").unwrap();
        let mut said = Vec::new();
        loop {
            match stdout.next() {
                Some(line) => match line.unwrap() {
                    end if end == "." => return said,
                    line => said.push(line),
                },
                None => panic!("Node ended over {program}, after {said:#?}"),
            }
        }
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        // It waits for another program.
        let _ = self.node.kill();
        let _ = self.node.wait();
    }
}

/// The command that is Node, if it can be started.
fn node() -> Option<&'static str> {
    static NODE: OnceLock<Option<String>> = OnceLock::new();
    let node = NODE.get_or_init(|| {
        let node = std::env::var("THROUGHLINE_NODE").unwrap_or("node".to_owned());
        let version = Command::new(&node)
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        version.is_ok_and(|status| status.success()).then_some(node)
    });
    node.as_deref()
}
