//! Real Node beside us: a scenario is played by both, each prints what happened, and the lines have to be the same.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// What `tests/node/<script>` printed; none if there is no Node. `THROUGHLINE_NODE` names another one than that on the `PATH`.
///
/// # Panics
/// When the script fails.
pub(crate) fn run_node(script: &str) -> Option<String> {
    let node = node()?;
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/node")
        .join(script);
    let output = Command::new(node).arg(&file).output().unwrap();
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
