//! What of ours stands in the place of tokio's and tokio-util's is called as theirs is: the same arguments, bounds and answer, and `#[track_caller]` where
//! they have it.

use crate::entry_points::{FUNCTIONS, REPLACED, of, ours, tokio};
use crate::source::{self, Function, Public};
use crate::tokio_package;
use std::collections::BTreeMap;
use std::path::Path;

/// tokio-util's types that ours replace.
const UTIL: [(&str, &str); 4] = [
    ("task::join_map::JoinMap", "task::join_map::JoinMap"),
    ("task::join_queue::JoinQueue", "task::join_queue::JoinQueue"),
    (
        "task::spawn_pinned::LocalPoolHandle",
        "task::local_pool::LocalPoolHandle",
    ),
    (
        "task::task_tracker::TaskTracker",
        "task::task_tracker::TaskTracker",
    ),
];

fn by_path(public: Public) -> BTreeMap<String, Function> {
    let functions = public.functions.into_iter();
    functions
        .map(|function| (function.path.clone(), function))
        .collect()
}

/// Those of `theirs` that have a counterpart among `ours`.
fn pairs<'a>(
    theirs: &'a BTreeMap<String, Function>,
    ours: &'a BTreeMap<String, Function>,
    replaced: &[(&str, &str)],
    functions: &[(&str, &str)],
) -> Vec<(&'a Function, &'a Function)> {
    let counterpart = |path: &str| {
        let function = functions.iter().find(|(their, _)| *their == path);
        let method = || {
            let (_, our) = replaced.iter().find(|(their, _)| of(path) == Some(*their))?;
            Some(format!("{our}::{}", path.rsplit("::").next()?))
        };
        let path = function.map(|(_, our)| (*our).to_owned()).or_else(method)?;
        ours.get(&path)
    };
    theirs
        .values()
        .filter_map(|their| Some((their, counterpart(&their.path)?)))
        .collect()
}

fn compare(pairs: &[(&Function, &Function)]) {
    let mut differences = Vec::new();
    for (theirs, ours) in pairs {
        if theirs.tracks_caller && !ours.tracks_caller {
            differences.push(format!("{} has #[track_caller]", theirs.path));
        }
        if ours.shape.is_some() && theirs.shape != ours.shape {
            differences.push(format!(
                "{}:\n  {:?}\n  {:?}",
                theirs.path, theirs.shape, ours.shape
            ));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn ours_are_called_as_tokios() {
    let (theirs, ours) = (by_path(tokio()), by_path(ours()));
    let pairs = pairs(&theirs, &ours, &REPLACED, &FUNCTIONS);
    assert!(pairs.len() > 80, "{}", pairs.len());
    compare(&pairs);
}

#[test]
fn ours_are_called_as_tokio_utils_and_none_that_spawns_is_missing() {
    let util = source::read(&tokio_package::source("tokio-util"), &[]);
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("../throughline/src/tokio");
    let (theirs, ours) = (by_path(util), by_path(source::read(&here, &[])));
    let pairs = pairs(&theirs, &ours, &UTIL, &[]);
    compare(&pairs);
    let is_covered = |function: &&Function| pairs.iter().any(|(theirs, _)| theirs.path == function.path);
    let spawns = |function: &&Function| {
        function
            .path
            .rsplit("::")
            .next()
            .is_some_and(|name| name.contains("spawn"))
    };
    let missing: Vec<_> = theirs
        .values()
        .filter(spawns)
        .filter(|function| !is_covered(function))
        .collect();
    assert!(missing.is_empty(), "{missing:#?}");
    assert!(pairs.iter().filter(|(theirs, _)| spawns(theirs)).count() >= 19);
}

#[test]
fn a_signature_is_what_its_callers_see_of_it() {
    let shape = |text: &str| {
        let mut public = Public::default();
        let text = format!("pub struct Set; impl Set {{ {text} }}");
        source::read_text(Vec::new(), &text, &mut public);
        public.functions.pop_first().unwrap().shape.unwrap()
    };
    let written = shape(
        "pub fn spawn<F>(&mut self, task: F) -> io::Result<JoinHandle<F::Output>> where F: Future + Send + 'static, F::Output: Send {}",
    );
    let other = shape(
        "pub fn spawn<Fut: std::future::Future + 'static + Send>(&mut self, it: Fut) -> Result<crate::JoinHandle<Fut::Output>> where Fut::Output: Send {}",
    );
    assert_eq!(written, other);
    for differs in [
        "pub fn spawn<F>(&self, task: F) -> io::Result<JoinHandle<F::Output>> where F: Future + Send + 'static, F::Output: Send {}",
        "pub fn spawn<F>(&mut self, task: F) -> JoinHandle<F::Output> where F: Future + Send + 'static, F::Output: Send {}",
        "pub fn spawn<F>(&mut self, task: F) -> io::Result<JoinHandle<F::Output>> where F: Future + 'static, F::Output: Send {}",
    ] {
        assert_ne!(shape(differs), written);
    }
    assert_eq!(shape("pub fn new() -> Set {}"), shape("pub fn new() -> Self {}"));
}
