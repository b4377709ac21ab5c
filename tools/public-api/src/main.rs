//! Writes down the public interface of each crate in `docs/api/`, or tells where it is no longer what stands there.
//!
//! ```sh
//! cargo run -p throughline-public-api              # exits with 1 where something changed
//! cargo run -p throughline-public-api -- --update  # writes it down
//! ```
//!
//! It reads rustdoc's JSON, which stable Rust keeps behind a switch, and whose format comes with the compiler: with another one than it was written for, it says
//! so and leaves everything as it is.

use similar::TextDiff;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Set for rustdoc, which is this program again, so that the switch is for rustdoc alone and nothing else is built anew.
const AS_RUSTDOC: &str = "THROUGHLINE_AS_RUSTDOC";

fn main() -> Result<ExitCode> {
    if env::var_os(AS_RUSTDOC).is_some() {
        return as_rustdoc();
    }
    let update = match env::args().skip(1).collect::<Vec<_>>().as_slice() {
        [] => false,
        [flag] if flag == "--update" => true,
        other => return Err(format!("there is only `--update`, not {other:?}").into()),
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()?;
    let mut changed = false;
    for name in crates(&root)? {
        let json = document(&root, &name)?;
        let Some(api) = interface(&json)? else {
            println!(
                "left out: this compiler writes rustdoc's JSON in another format than this program reads"
            );
            return Ok(ExitCode::SUCCESS);
        };
        let file = root.join("docs/api").join(format!("{name}.txt"));
        let before = fs::read_to_string(&file).unwrap_or_default();
        if before == api {
            continue;
        }
        changed = true;
        println!(
            "{name}:\n{}",
            TextDiff::from_lines(&before, &api)
                .unified_diff()
                .context_radius(0)
        );
        if update {
            fs::write(&file, api)?;
        }
    }
    if changed && !update {
        println!(
            "The public interface changed. If it should: cargo run -p throughline-public-api -- --update"
        );
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// The names of the published crates.
fn crates(root: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(root.join("crates"))? {
        let name = entry?
            .file_name()
            .into_string()
            .map_err(|name| format!("{name:?} is no name"))?;
        if root.join("crates").join(&name).join("src/lib.rs").exists() {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// Has rustdoc describe a crate with all features, and answers where.
fn document(root: &Path, name: &str) -> Result<PathBuf> {
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let status = Command::new("cargo")
        .args([
            "rustdoc",
            "--quiet",
            "--lib",
            "--all-features",
            "--package",
            name,
            "--",
        ])
        .args([
            "-Z",
            "unstable-options",
            "--output-format",
            "json",
            "--cap-lints",
            "allow",
        ])
        .current_dir(root)
        .env("RUSTDOC", env::current_exe()?)
        .env(AS_RUSTDOC, "1")
        .status()?;
    if !status.success() {
        return Err(format!("rustdoc failed on {name}").into());
    }
    Ok(target
        .join("doc")
        .join(name.replace('-', "_"))
        .with_extension("json"))
}

fn as_rustdoc() -> Result<ExitCode> {
    let status = Command::new("rustdoc")
        .args(env::args_os().skip(1))
        .env("RUSTC_BOOTSTRAP", "1")
        .status()?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// A line for each item; none if the format is another one.
fn interface(json: &Path) -> Result<Option<String>> {
    let built = public_api::Builder::from_rustdoc_json(json)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .omit_auto_derived_impls(true)
        .build();
    match built {
        Ok(api) => Ok(Some(api.items().map(|item| format!("{item}\n")).collect())),
        Err(public_api::Error::SerdeJsonError(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
