//! `entry-points.txt` says of each function of tokio's that hands work over whether it inherits, and of each method of the types we replace that it is there.

use crate::source::{self, Function, Public};
use crate::tokio_package;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// tokio's types that ours replace: where each is in tokio's source, and where ours is.
pub(crate) const REPLACED: [(&str, &str); 8] = [
    ("runtime::builder::Builder", "runtime::builder::Builder"),
    ("runtime::handle::Handle", "runtime::handle::Handle"),
    (
        "runtime::local_runtime::runtime::LocalRuntime",
        "runtime::local_runtime::LocalRuntime",
    ),
    ("runtime::runtime::Runtime", "runtime::runtime::Runtime"),
    ("task::builder::Builder", "task::builder::Builder"),
    ("task::join_set::Builder", "task::builder::JoinSetBuilder"),
    ("task::join_set::JoinSet", "task::join_set::JoinSet"),
    ("task::local::LocalSet", "task::local_set::LocalSet"),
];

/// Those of them that do not dereference to tokio's: what they lack is not there at all.
const CLOSED: [&str; 3] = [
    "runtime::builder::Builder",
    "task::builder::Builder",
    "task::join_set::Builder",
];

pub(crate) const FUNCTIONS: [(&str, &str); 3] = [
    ("task::spawn::spawn", "task::spawn::spawn"),
    ("task::blocking::spawn_blocking", "task::spawn::spawn_blocking"),
    ("task::local::spawn_local", "task::spawn::spawn_local"),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// It hands work over, with the context; the note names the test that shows it.
    Inherits,
    /// It hands nothing over.
    Same,
    /// It hands something over without the context; the note says why.
    Bare,
}

/// The list: of each path its kind and note.
fn list() -> BTreeMap<&'static str, (Kind, &'static str)> {
    let lines = include_str!("../../entry-points.txt")
        .lines()
        .filter(|line| !line.starts_with('#'));
    let mut list = BTreeMap::new();
    for line in lines.filter(|line| !line.trim().is_empty()) {
        let (kind, rest) = line
            .split_once(' ')
            .unwrap_or_else(|| panic!("a kind and a path: {line}"));
        let rest = rest.trim_start();
        let (path, note) = rest.split_once(' ').unwrap_or((rest, ""));
        let kind = match kind {
            "inherits" => Kind::Inherits,
            "same" => Kind::Same,
            "bare" => Kind::Bare,
            _ => panic!("inherits, same or bare: {line}"),
        };
        assert!(
            kind == Kind::Same || !note.trim().is_empty(),
            "a test or a reason: {line}"
        );
        assert_eq!(list.insert(path, (kind, note.trim())), None, "twice: {path}");
    }
    list
}

pub(crate) fn tokio() -> Public {
    // Tests of its own, and what stands in for the standard library in them.
    source::read(
        &tokio_package::source("tokio"),
        &["loom", "fs/mocks.rs", "runtime/tests"],
    )
}

pub(crate) fn ours() -> Public {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut ours = source::read(&here.join("src"), &[]);
    let functions = source::read(&here.join("../throughline/src/tokio"), &[]);
    ours.functions.extend(functions.functions);
    ours.traits.extend(functions.traits);
    ours
}

/// What the list has to say something of.
fn is_entry_point(function: &Function) -> bool {
    let name = function.path.rsplit("::").next().expect("a name");
    let of_replaced = REPLACED
        .iter()
        .any(|(theirs, _)| of(&function.path) == Some(*theirs));
    of_replaced || function.keeps_code || name.contains("spawn")
}

/// The type (or module) that a function is in.
pub(crate) fn of(path: &str) -> Option<&str> {
    path.rsplit_once("::").map(|(of, _)| of)
}

/// Where ours would be that replaces tokio's.
fn our_path(theirs: &str) -> Option<String> {
    let function = FUNCTIONS
        .iter()
        .find(|(path, _)| *path == theirs)
        .map(|(_, ours)| (*ours).to_owned());
    function.or_else(|| {
        let (of, name) = theirs.rsplit_once("::")?;
        let (_, ours) = REPLACED.iter().find(|(path, _)| *path == of)?;
        Some(format!("{ours}::{name}"))
    })
}

#[test]
fn each_entry_point_of_tokios_is_in_the_list() {
    let tokio = tokio();
    let macros = tokio.macros.iter().map(|name| format!("macro::{name}"));
    let found: BTreeSet<String> = tokio
        .functions
        .into_iter()
        .filter(is_entry_point)
        .map(|function| function.path)
        .chain(macros)
        .collect();
    let list = list();
    let missing: Vec<_> = found
        .iter()
        .filter(|path| !list.contains_key(path.as_str()))
        .collect();
    let gone: Vec<_> = list.keys().filter(|path| !found.contains(**path)).collect();
    let version = tokio_package::version();
    assert!(
        missing.is_empty(),
        "tokio {version} has what entry-points.txt does not tell of: {missing:#?}"
    );
    assert!(
        gone.is_empty(),
        "entry-points.txt tells of what tokio {version} has not: {gone:#?}"
    );
}

#[test]
fn what_keeps_code_inherits_or_has_a_reason() {
    let list = list();
    let unexplained: Vec<_> = tokio()
        .functions
        .into_iter()
        .filter(|function| {
            function.keeps_code
                && list
                    .get(&*function.path)
                    .is_some_and(|(kind, _)| *kind == Kind::Same)
        })
        .collect();
    assert!(unexplained.is_empty(), "{unexplained:#?}");
}

#[test]
fn what_inherits_is_ours_and_has_its_test() {
    let ours: BTreeSet<_> = ours()
        .functions
        .into_iter()
        .map(|function| function.path)
        .collect();
    let tests: String = ["local", "macros", "runtime", "sets", "tasks", "unstable"]
        .map(|name| Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/ordinary/tests/it/{name}.rs")))
        .map(|path| std::fs::read_to_string(path).expect("a test"))
        .concat();
    for (path, (kind, test)) in list() {
        if kind != Kind::Inherits {
            continue;
        }
        assert!(
            tests.contains(&format!("fn {test}()")),
            "{path}: there is no test {test}"
        );
        if !path.starts_with("macro::") {
            let declared = our_path(path).is_some_and(|path| ours.contains(&path));
            assert!(declared, "{path} would be tokio's own");
        }
    }
}

#[test]
fn a_type_that_does_not_dereference_to_tokios_has_all_its_methods() {
    let ours: BTreeSet<_> = ours()
        .functions
        .into_iter()
        .map(|function| function.path)
        .collect();
    for path in list()
        .into_keys()
        .filter(|path| of(path).is_some_and(|of| CLOSED.contains(&of)))
    {
        let ours_is_at = our_path(path).expect("it is one of those replaced");
        assert!(ours.contains(&ours_is_at), "{ours_is_at} is missing");
    }
}

#[test]
fn a_type_of_ours_has_the_traits_of_tokios() {
    // Ours has these by what is in it.
    const BY_ITSELF: [&str; 3] = ["Drop", "UnwindSafe", "RefUnwindSafe"];
    let ours = ours().traits;
    // `task::join_set::Builder` is told by its neighbour of the same name.
    let names: BTreeSet<_> = REPLACED
        .iter()
        .filter_map(|(theirs, _)| theirs.rsplit("::").next())
        .collect();
    let missing: Vec<_> = tokio()
        .traits
        .into_iter()
        .filter(|line| {
            line.split_once(": ")
                .is_some_and(|(of, it)| names.contains(of) && !BY_ITSELF.contains(&it))
        })
        .filter(|line| !ours.contains(line))
        .collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

/// A glob brings what is in the crate; it is named here once to notice a module that is public some other way.
#[test]
fn each_module_of_tokios_is_here() {
    // For its documentation only, and for its fuzzing only.
    const NOT_IN_PROGRAMS: [&str; 2] = ["doc", "fuzz"];
    let used = include_str!("../ordinary/tests/it/modules.rs");
    let names = |prefix: &str| -> BTreeSet<String> {
        let (_, rest) = used
            .split_once(&format!("use tokio::{prefix}{{"))
            .expect("the modules");
        let (names, _) = rest.split_once("};").expect("the end of them");
        names
            .split(',')
            .map(|name| name.trim().to_owned())
            .filter(|name| !name.is_empty())
            .collect()
    };
    let modules = tokio().modules;
    let below = |prefix: &str, but: &[&str]| -> BTreeSet<String> {
        let inner = modules.iter().filter_map(|path| path.strip_prefix(prefix));
        inner
            .filter(|name| !name.contains("::") && !but.contains(name))
            .map(str::to_owned)
            .collect()
    };
    assert_eq!(below("", &NOT_IN_PROGRAMS), names(""));
    // With `--cfg tokio_unstable`: shown by the test `join_set_builder_inherits`.
    assert_eq!(below("task::", &["join_set"]), names("task::"));
    // With `--cfg tokio_unstable` and `taskdump`: brought by the glob in `runtime`, nothing of it being ours.
    assert_eq!(below("runtime::", &[]), BTreeSet::from(["dump".to_owned()]));
}

#[test]
fn the_scan_sees_through_tokios_macros() {
    let mut public = Public::default();
    let text = "
        cfg_rt! {
            #[derive(Debug)] pub struct Pool;
            #[derive(Debug)] struct Inner;
            cfg_unstable! { impl Pool { cfg_trace! { pub fn spawn_on_a_whim(&self) {} } fn inner() {} } }
            impl Pool { pub fn submit<F>(f: F) where F: FnOnce() + Send + 'static {} pub(crate) fn hidden() {} }
            impl Clone for Pool { fn clone(&self) -> Self { Pool } }
            pub fn later(f: impl Future<Output = ()> + 'static) {}
            pub fn now(f: impl FnOnce()) {}
        }
        feature! { #![unix] pub mod inner { pub fn spawn_inside() {} } }
        doc! { macro_rules! choose { () => {} } }
        macro_rules! private { () => {} }
        #[macro_export] macro_rules! exported { () => {} }
        pub use tokio_macros::main_rt as main;
        #[cfg(test)] mod tests { pub fn spawn_in_a_test() {} }
    ";
    source::read_text(vec!["room".to_owned()], text, &mut public);
    let functions: Vec<_> = public
        .functions
        .iter()
        .map(|it| (it.path.as_str(), it.keeps_code))
        .collect();
    assert_eq!(
        functions,
        [
            ("room::Pool::spawn_on_a_whim", false),
            ("room::Pool::submit", true),
            ("room::inner::spawn_inside", false),
            ("room::later", true),
            ("room::now", false),
        ]
    );
    assert_eq!(
        public.macros,
        ["choose", "exported", "main"].map(str::to_owned).into()
    );
    assert_eq!(public.modules, ["room::inner".to_owned()].into());
    assert_eq!(
        public.traits,
        ["Pool: Clone", "Pool: Debug"].map(str::to_owned).into()
    );
}
