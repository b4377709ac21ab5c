//! The guide names the tests that hold what its tables say: they are there.

use std::fs;
use std::path::{Path, PathBuf};

/// The last cells of the tables whose last column is "held by".
fn cells(page: &str) -> Vec<&str> {
    let mut held_by = false;
    let mut cells = Vec::new();
    for line in page.lines() {
        let Some(row) = line.strip_prefix('|').and_then(|row| row.strip_suffix('|')) else {
            held_by = false;
            continue;
        };
        let last = row.rsplit(" | ").next().unwrap_or(row).trim();
        match last {
            "held by" => held_by = true,
            _ if held_by && !last.starts_with("---") => cells.push(last),
            _ => {}
        }
    }
    cells
}

/// The tests of `krate` in which a test of that path would be.
fn files(krate: &str, path: &[&str]) -> Vec<PathBuf> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join(krate)
        .join("tests/it");
    let mut files = Vec::new();
    for length in 1..=path.len() {
        let module = tests.join(path[..length].join("/"));
        files.extend([module.with_extension("rs"), module.join("mod.rs")]);
    }
    files.push(tests.join("main.rs"));
    files.into_iter().filter(|file| file.exists()).collect()
}

fn is_there(reference: &str) -> bool {
    let (krate, path) = reference.split_once(": ").unwrap_or(("throughline", reference));
    let path: Vec<&str> = path.split("::").collect();
    let &[.., name] = path.as_slice() else {
        unreachable!("a path has a last part")
    };
    let files = files(krate, &path);
    let is_module = files
        .iter()
        .any(|file| file.file_stem().is_some_and(|stem| stem == name));
    is_module
        || files
            .iter()
            .any(|file| fs::read_to_string(file).unwrap().contains(&format!("fn {name}(")))
}

#[test]
fn each_test_that_the_guide_names_is_there() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/guide");
    let mut named = 0;
    for page in fs::read_dir(guide).unwrap() {
        let page = fs::read_to_string(page.unwrap().path()).unwrap();
        for cell in cells(&page) {
            let Some(reference) = cell.strip_prefix('`').and_then(|cell| cell.strip_suffix('`')) else {
                continue;
            };
            assert!(
                is_there(reference),
                "the guide names a test that is not there: {reference}"
            );
            named += 1;
        }
    }
    assert!(
        named > 30,
        "only {named} were found: has the guide another shape now?"
    );
}

#[test]
fn one_that_is_not_there_would_be_noticed() {
    assert!(is_there(
        "tokio::tasks::task_inherits_and_a_later_change_of_its_spawner_is_not_seen"
    ));
    assert!(!is_there("tokio::tasks::a_test_that_is_not_there"));
    assert!(!is_there("throughline-core: a_module_that_is_not_there"));
}
