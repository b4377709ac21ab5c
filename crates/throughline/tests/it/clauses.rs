//! The list of clauses (`docs/clauses.md`) and the tests that hold them, kept in step.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What no code of ours can do or leave undone, and why.
const NOT_OURS: &[(&str, &str)] = &[
    ("ALS-1", "options are methods"),
    ("HK-3", "closures have no `this`"),
    ("HK-14", "the sequences are those of Node's own resources"),
    ("HK-16", "so are the turns of its loop"),
    ("HK-21", "there are none"),
    ("RES-7", "no handler of uncaught panics empties our stack"),
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

fn listed() -> BTreeSet<String> {
    let list = fs::read_to_string(workspace().join("docs/clauses.md")).unwrap();
    clauses_in(&list).collect()
}

#[test]
fn each_clause_that_is_cited_is_listed() {
    let unlisted: Vec<_> = cited().difference(&listed()).cloned().collect();
    assert!(unlisted.is_empty(), "{unlisted:?}");
}

#[test]
fn each_clause_that_is_listed_is_cited_or_not_ours() {
    let not_ours: BTreeSet<_> = NOT_OURS.iter().map(|(clause, _)| (*clause).to_owned()).collect();
    let uncited: BTreeSet<_> = listed().difference(&cited()).cloned().collect();
    assert_eq!(uncited, not_ours);
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
