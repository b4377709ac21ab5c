//! `node:fs`: what is done with files, at once or on a thread that may wait.

use crate::engine;
use crate::event_loop::Request;
use rquickjs::{Array, Ctx, Function, IntoJs, Object, Result, TypedArray, Value};
use std::fs::{self, Metadata, OpenOptions};
use std::io::{self, Write};
use std::time::UNIX_EPOCH;

/// `binding.file(request, name, path, text, bytes, flags)`: the answer, or with a request the promise of one. An error is `{ error, code }`.
pub(crate) fn install<'js>(ctx: &Ctx<'js>, binding: &Object<'js>) -> Result<()> {
    binding.set("file", Function::new(ctx.clone(), file)?)
}

#[allow(clippy::needless_pass_by_value)] // As the engine hands them.
fn file<'js>(
    ctx: Ctx<'js>,
    request: Option<f64>,
    name: String,
    path: String,
    text: Option<String>,
    bytes: Option<TypedArray<'js, u8>>,
    flags: i32,
) -> Result<Value<'js>> {
    let job = Job {
        name,
        path,
        text,
        bytes: bytes.map(|bytes| engine::bytes(&bytes)).unwrap_or_default(),
        flags,
    };
    match request {
        None => into_js(&ctx, job.run()),
        Some(number) => {
            let request = Request::new(&ctx, number);
            // Nobody waits for the task: it says itself when it is done.
            blocking::unblock(move || {
                let answer = job.run();
                request.complete(move |ctx| Ok(vec![into_js(ctx, answer)?]));
            })
            .detach();
            Ok(Value::new_undefined(ctx))
        }
    }
}

struct Job {
    name: String,
    path: String,
    /// Another path.
    text: Option<String>,
    bytes: Vec<u8>,
    flags: i32,
}

enum Answer {
    Nothing,
    Text(String),
    Bytes(Vec<u8>),
    /// Names and kinds.
    Names(Vec<(String, i32)>),
    Stat(Box<Metadata>),
}

/// Flags of a job.
const RECURSIVE: i32 = 1;
const FORCE: i32 = 2;
const APPEND: i32 = 4;
const EXCLUSIVE: i32 = 8;

impl Job {
    fn has(&self, flag: i32) -> bool {
        self.flags & flag != 0
    }

    fn run(&self) -> io::Result<Answer> {
        let path = self.path.as_str();
        let other = self.text.as_deref().unwrap_or_default();
        match self.name.as_str() {
            "read" => fs::read(path).map(Answer::Bytes),
            "write" => self.write().map(|()| Answer::Nothing),
            "stat" => fs::metadata(path).map(|found| Answer::Stat(Box::new(found))),
            "lstat" => fs::symlink_metadata(path).map(|found| Answer::Stat(Box::new(found))),
            "readdir" => names(path).map(Answer::Names),
            "mkdir" if self.has(RECURSIVE) => fs::create_dir_all(path).map(|()| Answer::Nothing),
            "mkdir" => fs::create_dir(path).map(|()| Answer::Nothing),
            "rmdir" => fs::remove_dir(path).map(|()| Answer::Nothing),
            "unlink" => fs::remove_file(path).map(|()| Answer::Nothing),
            "rm" => self.remove().map(|()| Answer::Nothing),
            "rename" => fs::rename(path, other).map(|()| Answer::Nothing),
            "copyFile" => fs::copy(path, other).map(|_| Answer::Nothing),
            "symlink" => symlink(path, other).map(|()| Answer::Nothing),
            "readlink" => fs::read_link(path).map(|to| Answer::Text(to.to_string_lossy().into_owned())),
            "realpath" => fs::canonicalize(path).map(|to| Answer::Text(to.to_string_lossy().into_owned())),
            "mkdtemp" => make_temporary(path).map(Answer::Text),
            _ => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    fn write(&self) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).create_new(self.has(EXCLUSIVE));
        options.append(self.has(APPEND)).truncate(!self.has(APPEND));
        options.open(&self.path)?.write_all(&self.bytes)
    }

    fn remove(&self) -> io::Result<()> {
        let removed = match fs::symlink_metadata(&self.path) {
            Ok(found) if found.is_dir() && self.has(RECURSIVE) => fs::remove_dir_all(&self.path),
            Ok(found) if found.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
            Ok(_) => fs::remove_file(&self.path),
            Err(error) => Err(error),
        };
        match removed {
            Err(error) if self.has(FORCE) && error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }
}

fn names(path: &str) -> io::Result<Vec<(String, i32)>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        let kind = kind_of(kind.is_dir(), kind.is_symlink());
        names.push((entry.file_name().to_string_lossy().into_owned(), kind));
    }
    names.sort();
    Ok(names)
}

/// A file, a directory, a link.
fn kind_of(is_directory: bool, is_link: bool) -> i32 {
    match (is_directory, is_link) {
        (true, _) => 1,
        (_, true) => 2,
        _ => 0,
    }
}

#[cfg(unix)]
fn symlink(to: &str, at: &str) -> io::Result<()> {
    std::os::unix::fs::symlink(to, at)
}

#[cfg(not(unix))]
fn symlink(_: &str, _: &str) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// A new directory whose name begins so.
fn make_temporary(start: &str) -> io::Result<String> {
    use std::hash::{BuildHasher, Hasher, RandomState};
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    loop {
        let mut random = RandomState::new().build_hasher().finish();
        let mut path = start.to_owned();
        for _ in 0..6 {
            path.push(char::from(LETTERS[(random % LETTERS.len() as u64) as usize]));
            random /= LETTERS.len() as u64;
        }
        match fs::create_dir(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
}

fn into_js<'js>(ctx: &Ctx<'js>, answer: io::Result<Answer>) -> Result<Value<'js>> {
    match answer {
        Ok(Answer::Nothing) => Ok(Value::new_undefined(ctx.clone())),
        Ok(Answer::Text(text)) => text.into_js(ctx),
        Ok(Answer::Bytes(bytes)) => TypedArray::new(ctx.clone(), bytes)?.into_js(ctx),
        Ok(Answer::Names(names)) => {
            let list = Array::new(ctx.clone())?;
            for (i, (name, kind)) in names.into_iter().enumerate() {
                list.set(i * 2, name)?;
                list.set(i * 2 + 1, kind)?;
            }
            Ok(list.into_value())
        }
        Ok(Answer::Stat(found)) => stat(ctx, &found).map(Object::into_value),
        Err(error) => {
            let about = Object::new(ctx.clone())?;
            about.set(
                "errno",
                error.raw_os_error().unwrap_or_else(|| number_of(error.kind())),
            )?;
            about.set("error", error.to_string())?;
            Ok(about.into_value())
        }
    }
}

/// The system's number of errors that we made ourselves.
fn number_of(kind: io::ErrorKind) -> i32 {
    match kind {
        io::ErrorKind::IsADirectory => 21,
        io::ErrorKind::InvalidInput => 22,
        _ => 5,
    }
}

/// What is known of a file, as `Stats` has it.
pub(crate) fn stat<'js>(ctx: &Ctx<'js>, found: &Metadata) -> Result<Object<'js>> {
    let stat = Object::new(ctx.clone())?;
    let millis = |time: io::Result<std::time::SystemTime>| {
        let since = time.ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        since.unwrap_or_default().as_secs_f64() * 1000.0
    };
    stat.set("size", found.len() as f64)?;
    stat.set("atimeMs", millis(found.accessed()))?;
    stat.set("mtimeMs", millis(found.modified()))?;
    stat.set("birthtimeMs", millis(found.created()))?;
    stat.set("kind", kind_of(found.is_dir(), found.is_symlink()))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        stat.set("dev", found.dev() as f64)?;
        stat.set("mode", found.mode())?;
        stat.set("nlink", found.nlink() as f64)?;
        stat.set("uid", found.uid())?;
        stat.set("gid", found.gid())?;
        stat.set("ino", found.ino() as f64)?;
        stat.set(
            "ctimeMs",
            found.ctime() as f64 * 1000.0 + (found.ctime_nsec() / 1_000_000) as f64,
        )?;
    }
    Ok(stat)
}
