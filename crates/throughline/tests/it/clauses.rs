//! The list of clauses (`docs/clauses.md`) and the tests that hold them, kept in step.
//!
//! A test cites the clauses that it holds in a comment: above it, above its module, or in it. `CLAUSES=write` writes down which do, at the end of
//! the list.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// What no code of ours can do or leave undone, and why.
const NOT_OURS: &[(&str, &str)] = &[
    ("ALS-1", "options are methods"),
    ("HK-3", "closures have no `this`"),
    ("HK-14", "the sequences are those of Node's own resources"),
    ("HK-16", "the turns are those of Node's own loop"),
    ("HK-21", "there are no such switches"),
    ("RES-7", "no handler of uncaught panics empties our stack"),
];

/// What the compiler holds.
const BY_TYPES: &[(&str, &str)] = &[
    ("ALS-12", "what is run is a closure"),
    ("EEA-6", "methods have their receiver"),
    (
        "HK-1",
        "callbacks are `Fn + Send + Sync`: an example of `HookBuilder::init` that does not compile",
    ),
];

const FAMILIES: &[&str] = &[
    "ALS", "RES", "HK", "ID", "EE", "EEA", "DC", "WP", "MEM", "M", "PERF",
];

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The clauses that a text names, as in `ALS-9`.
fn clauses_in(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
    let is_clause = |word: &&str| {
        word.split_once('-').is_some_and(|(family, n)| {
            FAMILIES.contains(&family) && !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit())
        })
    };
    words.filter(is_clause).map(str::to_owned)
}

fn clauses_under(directory: &Path, into: &mut BTreeSet<String>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let is_code = path.extension().is_some_and(|e| e == "rs" || e == "js");
        if path.is_dir() && !path.ends_with("target") && !path.ends_with("node_modules") {
            clauses_under(&path, into);
        } else if is_code && !path.ends_with(file!().rsplit('/').next().unwrap()) {
            into.extend(clauses_in(&fs::read_to_string(&path).unwrap()));
        }
    }
}

/// Of code, tests and the examples in its documentation.
fn cited() -> BTreeSet<String> {
    let mut cited = BTreeSet::new();
    clauses_under(&workspace().join("crates"), &mut cited);
    cited
}

fn list() -> Vec<String> {
    let list = fs::read_to_string(workspace().join("docs/clauses.md")).unwrap();
    let (list, _) = list.split_once(TABLE).expect("the list ends with the table");
    clauses_in(list).collect()
}

fn listed() -> BTreeSet<String> {
    list().into_iter().collect()
}

/// Where the table of tests begins, which is written by the test that compares it.
const TABLE: &str = "## Which tests hold which";

const REFRESH: &str = "CLAUSES=write cargo test -p throughline --test it clauses";

fn table() -> String {
    let mut table = format!(
        "{TABLE}\n\n\
         A test cites what it holds, and this table is made of that (`{REFRESH}`). `core` is\n\
         `crates/throughline-core/tests/it`, `it` is `crates/throughline/tests/it`. Beside those with a star the same is played by the real Node; in `random` it is\n\
         random programs that are.\n\n\
         | clause | tests |\n| --- | --- |\n"
    );
    let (listed, tests) = (list(), tests());
    let mut done = BTreeSet::new();
    for clause in listed.iter().filter(|clause| done.insert(*clause)) {
        let reason = |list: &[(&str, &str)]| {
            let found = list.iter().find(|(of, _)| of == clause);
            found.map(|(_, reason)| (*reason).to_owned())
        };
        let not_ours = || reason(NOT_OURS).map(|reason| format!("no meaning here: {reason}"));
        let by_types = || reason(BY_TYPES).map(|reason| format!("by types: {reason}"));
        let held = tests.get(clause).map(|tests| tests.join("; "));
        let held = held.or_else(not_ours).or_else(by_types).unwrap_or_default();
        writeln!(table, "| `{clause}` | {held} |").unwrap();
    }
    table
}

/// The tests of the core and of this crate by the clauses that they cite.
fn tests() -> BTreeMap<String, Vec<String>> {
    let mut tests = BTreeMap::new();
    for (crate_name, directory) in [("core", "throughline-core"), ("it", "throughline")] {
        let root = workspace().join("crates").join(directory).join("tests/it");
        for file in files_under(&root) {
            let path = file.strip_prefix(&root).unwrap().with_extension("");
            let module = format!("{crate_name}/{}", path.to_str().unwrap().replace('\\', "/"));
            for test in tests_in(&fs::read_to_string(&file).unwrap()) {
                let star = if test.is_beside_node { "*" } else { "" };
                let name = format!("`{module}` {}{star}", test.name);
                for clause in test.clauses {
                    tests.entry(clause).or_insert_with(Vec::new).push(name.clone());
                }
            }
        }
    }
    tests
}

fn files_under(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries
        .flat_map(|path| {
            if path.is_dir() {
                files_under(&path)
            } else {
                vec![path]
            }
        })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect();
    files.sort();
    files
}

struct Test {
    name: String,
    clauses: BTreeSet<String>,
    is_beside_node: bool,
}

/// The tests in a file. What is formatted as ours is, is read line by line.
fn tests_in(text: &str) -> Vec<Test> {
    let mut tests: Vec<Test> = Vec::new();
    let mut modules: Vec<(usize, Vec<String>)> = Vec::new();
    // What comments say of what comes next, and whether that is a test.
    let (mut above, mut is_test) = (Vec::new(), false);
    for line in text.lines() {
        let code = line.trim_start();
        let indent = line.len() - code.len();
        if code == "}" {
            modules.retain(|(module, _)| *module < indent);
        }
        if code.starts_with("//") {
            // That of the file as a whole says nothing of any one.
            above.extend(clauses_in(code).filter(|_| !code.starts_with("//!")));
        } else if code.starts_with("#[") {
            is_test |= code.contains("test");
        } else if code.starts_with("mod ") && code.ends_with('{') {
            modules.push((indent, std::mem::take(&mut above)));
        } else if let Some(name) = name_of_fn(code) {
            if is_test {
                let clauses = modules.iter().flat_map(|(_, clauses)| clauses.iter().cloned());
                let clauses = clauses.chain(above.drain(..)).chain(clause_in_name(name));
                tests.push(Test {
                    name: name.to_owned(),
                    clauses: clauses.collect(),
                    is_beside_node: false,
                });
            }
            above.clear();
            is_test = false;
        } else if let Some(test) = tests.last_mut() {
            test.clauses.extend(above.drain(..));
            let comment = code.split_once(" // ").map_or("", |(_, comment)| comment);
            test.clauses.extend(clauses_in(comment));
            let plays = ["assert_same_as_node(", "run_node(", "compare("];
            test.is_beside_node |= plays.iter().any(|play| code.contains(play));
        }
    }
    tests
}

fn name_of_fn(code: &str) -> Option<&str> {
    let code = code.strip_prefix("async ").unwrap_or(code);
    let (name, _) = code.strip_prefix("fn ")?.split_once(['(', '<'])?;
    Some(name)
}

/// As in `wp_2_nodes_own_sample_…`.
fn clause_in_name(name: &str) -> Option<String> {
    let mut words = name.split('_');
    let (family, number) = (words.next()?.to_uppercase(), words.next()?);
    clauses_in(&format!("{family}-{number}")).next()
}

#[test]
fn each_clause_that_is_cited_is_listed() {
    let unlisted: Vec<_> = cited().difference(&listed()).cloned().collect();
    assert!(unlisted.is_empty(), "{unlisted:?}");
}

#[test]
fn each_clause_that_is_listed_has_a_test_or_a_reason_why_not() {
    let reasons = NOT_OURS.iter().chain(BY_TYPES);
    let reasons: BTreeSet<_> = reasons.map(|(clause, _)| (*clause).to_owned()).collect();
    let tested: BTreeSet<_> = tests().into_keys().collect();
    let untested: BTreeSet<_> = listed().difference(&tested).cloned().collect();
    assert_eq!(untested, reasons);
}

/// It may name fewer than there are by now, but none that holds no more.
#[test]
fn which_tests_hold_which_clause_is_written_down() {
    let path = workspace().join("docs/clauses.md");
    let written = fs::read_to_string(&path).unwrap();
    let (list, written) = written.split_once(TABLE).expect("the list ends with the table");
    let (tests, table) = (tests(), table());
    if std::env::var_os("CLAUSES").is_some_and(|what| what == "write") {
        return fs::write(path, format!("{list}{table}")).unwrap();
    }
    let rows = |table: &str| -> BTreeMap<String, String> {
        let rows = table
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
        rows.map(|(clause, held)| (clause.to_owned(), held.trim_end_matches(" |").to_owned()))
            .collect()
    };
    let (written, current) = (rows(written), rows(&table));
    let stale = current.iter().filter(|(clause, current)| {
        let holds = |test: &str| {
            tests
                .get(*clause)
                .is_some_and(|tests| tests.iter().any(|known| known == test))
        };
        let held = written.get(*clause).map_or("", String::as_str);
        held != **current && !held.split("; ").all(holds)
    });
    let stale: Vec<_> = stale.map(|(clause, _)| clause).collect();
    assert!(stale.is_empty(), "{REFRESH} says anew of {stale:?}");
}

/// No clause was forgotten between two.
#[test]
fn the_list_has_no_gaps() {
    let listed = listed();
    for (family, last) in [
        ("ALS", 31),
        ("RES", 12),
        ("HK", 22),
        ("ID", 7),
        ("EE", 18),
        ("EEA", 6),
        ("DC", 16),
        ("WP", 3),
        ("MEM", 5),
    ] {
        for n in 1..=last {
            let clause = format!("{family}-{n}");
            assert!(listed.contains(&clause), "{clause}");
        }
    }
}
