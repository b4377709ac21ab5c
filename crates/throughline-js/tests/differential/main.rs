//! Scripts that run on `throughline run` and on Node 26, and have to print the same and end alike. Nobody writes down what is expected: `js/expected` holds what
//! Node printed.
//!
//! - `THROUGHLINE_NODE=PATH` runs the real one too, and holds what is recorded against it (as `.ci/run` does).
//! - `THROUGHLINE_RECORD=node`, with it, records what Node prints.
//! - `THROUGHLINE_RECORD=differences` records where we differ from that, in a file `….differs` beside it: then exactly these differences are asserted, and
//!   `docs/differences.md` has to say why.
//! - `THROUGHLINE_ONLY=TEXT` runs the scripts whose name has that in it.
//!
//! A script says in its first lines which flags it needs (`// Flags: --expose-gc`).

mod compare;
mod outcome;

use compare::{differences, report};
use outcome::Outcome;
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// A script, and where what is known of it lies.
struct Script {
    path: PathBuf,
    recorded: PathBuf,
    differs: PathBuf,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join("js")
}

/// The scripts of a folder, sorted.
fn scripts(folder: &str) -> Vec<Script> {
    let entries = fs::read_dir(root().join(folder)).expect("the folder is there");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("readable").path()).collect();
    paths.retain(|path| {
        path.extension()
            .is_some_and(|it| it == "js" || it == "mjs" || it == "cjs")
    });
    if let Ok(only) = env::var("THROUGHLINE_ONLY") {
        paths.retain(|path| path.to_string_lossy().contains(&only));
    }
    paths.sort();
    let expected = root().join("expected").join(folder);
    let script = |path: PathBuf| {
        let name = path.file_name().expect("a file").to_string_lossy().into_owned();
        Script {
            path,
            recorded: expected.join(format!("{name}.txt")),
            differs: expected.join(format!("{name}.differs")),
        }
    };
    paths.into_iter().map(script).collect()
}

impl Script {
    fn flags(&self) -> Vec<String> {
        let text = fs::read_to_string(&self.path).expect("a script");
        let line = text
            .lines()
            .take(5)
            .find_map(|line| line.strip_prefix("// Flags: "));
        line.map(|flags| flags.split(' ').map(str::to_owned).collect())
            .unwrap_or_default()
    }

    fn on_ours(&self) -> Outcome {
        let mut args = vec!["run".to_owned()];
        args.extend(self.flags());
        outcome::of(
            env!("CARGO_BIN_EXE_throughline").as_ref(),
            args,
            &self.path,
            &root(),
        )
    }

    /// What Node prints: the real one, if it is there, and then what is recorded is up to date.
    fn on_node(&self) -> Result<String, String> {
        let recorded = fs::read_to_string(&self.recorded);
        let Some(node) = env::var_os("THROUGHLINE_NODE") else {
            return recorded.map_err(|_| {
                "nothing is recorded for it: run with THROUGHLINE_NODE and THROUGHLINE_RECORD=node".to_owned()
            });
        };
        let now = outcome::of(node.as_ref(), self.flags(), &self.path, &root()).to_string();
        if env::var("THROUGHLINE_RECORD").is_ok_and(|what| what == "node") {
            write(&self.recorded, &now);
            return Ok(now);
        }
        match recorded {
            Ok(recorded) if recorded == now => Ok(now),
            Ok(recorded) => {
                let differences = differences(&recorded, &now);
                Err(format!(
                    "Node prints something else than what is recorded:\n{}",
                    report(&differences, "recorded", "node now")
                ))
            }
            Err(_) => Err("nothing is recorded for it: THROUGHLINE_RECORD=node".to_owned()),
        }
    }

    fn check(&self) -> Result<(), String> {
        let node = self.on_node()?;
        let ours = self.on_ours().to_string();
        let found = report(&differences(&node, &ours), "node", "ours");
        if env::var("THROUGHLINE_RECORD").is_ok_and(|what| what == "differences") {
            if found.is_empty() {
                let _ = fs::remove_file(&self.differs);
            } else {
                write(&self.differs, &found);
            }
            return Ok(());
        }
        let known = fs::read_to_string(&self.differs).unwrap_or_default();
        match found == known {
            true => Ok(()),
            false if known.is_empty() => Err(head(&found)),
            false => Err(format!("{}  where this is known:\n{known}", head(&found))),
        }
    }
}

/// The founding listings that are fragments, each in the surroundings that `listings/around` gives it, its own text untouched.
fn listings() -> Vec<Script> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("listings");
    let mut scripts = scripts("listings/around");
    for script in &mut scripts {
        let name = script.path.file_name().expect("a file").to_owned();
        let around = fs::read_to_string(&script.path).expect("a script");
        let listing = fs::read_to_string(root().join("listings").join(&name)).expect("a listing");
        assert_eq!(
            around.matches(PLACE).count(),
            1,
            "{} has a place for its listing",
            script.path.display()
        );
        script.path = folder.join(&name);
        write(&script.path, &around.replace(PLACE, &listing));
    }
    scripts
}

/// Where a listing goes.
const PLACE: &str = "// LISTING\n";

/// As much as helps.
fn head(text: &str) -> String {
    const LINES: usize = 30;
    let mut lines: Vec<&str> = text.lines().take(LINES + 1).collect();
    if lines.len() > LINES {
        lines[LINES] = "…";
    }
    lines.join("\n") + "\n"
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
    fs::write(path, text).expect("writable");
}

/// Runs all scripts of a folder, and tells of all that differ.
fn check_all(folder: &str) {
    check_each(&scripts(folder));
}

fn check_each(scripts: &[Script]) {
    let mut failures = String::new();
    for script in scripts {
        if let Err(difference) = script.check() {
            let _ = write!(
                failures,
                "\n{}\n{difference}",
                script.path.strip_prefix(root()).unwrap_or(&script.path).display()
            );
        }
    }
    assert!(failures.is_empty(), "{failures}");
    assert!(
        !scripts.is_empty() || env::var_os("THROUGHLINE_ONLY").is_some(),
        "there are no scripts"
    );
}

#[test]
fn each_clause_of_nodes_behaviour_holds() {
    check_all("clauses");
}

#[test]
fn scripts_end_as_on_node() {
    check_all("exits");
}

#[test]
fn commonjs_and_es_modules_load_as_on_node() {
    check_all("modules-es");
}

#[test]
fn what_crosses_what_is_collected_and_what_is_hostile() {
    check_all("matrices");
}

#[test]
fn servers_and_clients_are_those_of_node() {
    check_all("http");
}

#[test]
fn workers_and_ports_are_those_of_node() {
    check_all("workers");
}

#[test]
fn whole_programs_run_as_on_node() {
    check_all("programs");
}

#[test]
fn random_programs_leave_the_same_trace() {
    check_all("random");
}

#[test]
fn the_founding_listings_run_as_they_stand() {
    check_each(&listings());
}
