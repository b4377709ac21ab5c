//! What the repository's pages link to, and the files that pages and comments name, are there.

use std::fs;
use std::path::{Component, Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// All files of the repository, from its root. (Links lead to one of these.)
fn files() -> Vec<PathBuf> {
    fn walk(root: &Path, folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let kind = entry.file_type().unwrap();
            let name = entry.file_name();
            // What others wrote: `patch/real` is tokio itself, unpacked to be built upon.
            let is_others = ["target", "node_modules", ".git", "vendor"]
                .iter()
                .any(|it| name == *it)
                || entry.path().ends_with("patch/real");
            if kind.is_dir() && !is_others {
                walk(root, &entry.path(), files);
            } else if kind.is_file() {
                files.push(entry.path().strip_prefix(root).unwrap().to_owned());
            }
        }
    }
    let mut files = Vec::new();
    walk(&root(), &root(), &mut files);
    files
}

/// What stands between each two of the same mark, on one line.
fn between<'a>(line: &'a str, open: &'a str, close: &'a str) -> impl Iterator<Item = &'a str> {
    let mut rest = line;
    std::iter::from_fn(move || {
        let (_, after) = rest.split_once(open)?;
        let (inner, after) = after.split_once(close)?;
        rest = after;
        Some(inner)
    })
}

/// The files that a page links to, on the spot or where it defines what its links mean. (Not other sites, nor items of the documentation.)
fn links(page: &str) -> impl Iterator<Item = &str> {
    page.lines()
        .flat_map(|line| between(line, "](", ")").chain(defined(line)))
        .map(|link| link.split('#').next().unwrap_or(link))
        .filter(|link| link.contains(['/', '.']) && !link.contains(':'))
}

/// Of `[name]: link`.
fn defined(line: &str) -> Option<&str> {
    Some(line.strip_prefix('[')?.split_once("]: ")?.1)
}

/// The files that a text names, in backticks.
fn names(text: &str) -> impl Iterator<Item = &str> {
    const KINDS: [&str; 9] = [
        ".rs", ".md", ".toml", ".js", ".mjs", ".cjs", ".json", ".txt", ".svg",
    ];
    const FOLDERS: [&str; 6] = ["crates/", "docs/", "examples/", "benches/", "tools/", ".ci/"];
    text.lines()
        .flat_map(|line| between(line, "`", "`"))
        .filter(|name| {
            name.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"./_-*".contains(&b))
        })
        .filter(|name| {
            KINDS
                .iter()
                .any(|kind| name.ends_with(kind) && name.len() > kind.len())
                || FOLDERS.iter().any(|folder| name.starts_with(folder))
        })
}

/// Those that are the reader's own, or stand for any.
const ELSEWHERE: [&str; 7] = [
    ".cargo/config.toml",
    "FILE.js",
    "NAME.js",
    "clippy.toml",
    "index.js",
    "package.json",
    "src/query.rs",
];

/// Whether some file or folder ends in that path. What follows a `*` is anything.
fn is_somewhere(name: &str, files: &[PathBuf]) -> bool {
    let name: Vec<_> = Path::new(name)
        .components()
        .take_while(|part| !part.as_os_str().to_string_lossy().contains('*'))
        .filter(|part| !matches!(part, Component::CurDir | Component::ParentDir))
        .collect();
    files.iter().any(|file| {
        let file: Vec<_> = file.components().collect();
        file.windows(name.len()).any(|part| part == name)
    })
}

fn has_extension(file: &Path, kinds: &[&str]) -> bool {
    file.extension()
        .is_some_and(|kind| kinds.iter().any(|it| kind == *it))
}

#[test]
fn each_file_that_a_page_links_to_is_there() {
    let mut seen = 0;
    for page in files().iter().filter(|file| has_extension(file, &["md"])) {
        let text = fs::read_to_string(root().join(page)).unwrap();
        for link in links(&text) {
            let target = root().join(page.parent().unwrap()).join(link);
            assert!(target.exists(), "{} links to {link}", page.display());
            seen += 1;
        }
    }
    assert!(seen > 30, "only {seen} links were found");
}

#[test]
fn each_file_that_a_page_or_a_comment_names_is_there() {
    let files = files();
    let mut seen = 0;
    for file in &files {
        let is_page = has_extension(file, &["md"]);
        if !is_page && !has_extension(file, &["rs", "js", "toml"]) {
            continue;
        }
        let text = fs::read_to_string(root().join(file)).unwrap();
        let is_text = |line: &&str| is_page || line.trim_start().starts_with(['/', '#']);
        for name in text.lines().filter(is_text).flat_map(names) {
            let is_there = ELSEWHERE.contains(&name) || is_somewhere(name, &files);
            assert!(is_there, "{} names `{name}`", file.display());
            seen += 1;
        }
    }
    assert!(seen > 100, "only {seen} names were found");
}

#[test]
fn a_file_that_is_not_there_would_be_noticed() {
    let page = "See [the laws](docs/laws.md#one), [Rust](https://rust-lang.org), [a type](crate::Type), `docs/old.md` and `count()`.";
    assert_eq!(links(page).collect::<Vec<_>>(), ["docs/laws.md"]);
    let definition = "[the laws]: docs/laws.md";
    assert_eq!(links(definition).collect::<Vec<_>>(), ["docs/laws.md"]);
    assert_eq!(names(page).collect::<Vec<_>>(), ["docs/old.md"]);
    let files = files();
    assert!(is_somewhere("docs/laws.md", &files) && is_somewhere("tests/it/*.rs", &files));
    assert!(!is_somewhere("docs/old.md", &files) && !is_somewhere("tests/old/*.rs", &files));
}
