//! What was measured, piece by piece, so that a report that was stopped goes on where it was.

use std::path::PathBuf;
use std::time::UNIX_EPOCH;
use std::{env, fs};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use throughline_benches::stamp;

use crate::Outcome;

pub(super) struct Pieces {
    directory: PathBuf,
    /// Of another program, or at another commit, a piece is worth nothing.
    key: String,
}

#[derive(Serialize, Deserialize)]
struct Piece<T> {
    key: String,
    value: T,
}

/// Beside the program.
pub(super) fn directory() -> PathBuf {
    let program = env::current_exe().unwrap_or_default();
    program.with_file_name("report")
}

impl Pieces {
    pub(super) fn of_this_program(is_quick: bool) -> Outcome<Self> {
        let built = fs::metadata(env::current_exe()?)?.modified()?;
        let built = built.duration_since(UNIX_EPOCH)?.as_secs();
        let directory = directory().join(if is_quick { "quick" } else { "full" });
        fs::create_dir_all(&directory)?;
        let key = format!("{}, built {built}", stamp().commit);
        Ok(Pieces { directory, key })
    }

    /// What is there, or else what `make` makes.
    pub(super) fn piece<T>(&self, name: &str, make: impl FnOnce() -> Outcome<T>) -> Outcome<T>
    where
        T: Serialize + DeserializeOwned,
    {
        let path = self.directory.join(format!("{name}.json"));
        let there = fs::read(&path)
            .ok()
            .and_then(|text| serde_json::from_slice::<Piece<T>>(&text).ok());
        if let Some(piece) = there.filter(|piece| piece.key == self.key) {
            return Ok(piece.value);
        }
        eprintln!("measuring: {name}");
        let piece = Piece {
            key: self.key.clone(),
            value: make()?,
        };
        fs::write(&path, serde_json::to_vec(&piece)?)?;
        Ok(piece.value)
    }
}
