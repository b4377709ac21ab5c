//! Open files of `node:fs`, by their descriptors. Those that this program itself has open (a database's, a socket's) are not for scripts.

use crate::children::errno;
use crate::engine;
use crate::files;
use rquickjs::function::Opt;
use rquickjs::{Ctx, Function, IntoJs, Object, Result, TypedArray, Value};
use std::cell::RefCell;
use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::rc::Rc;

type Open = Rc<RefCell<HashMap<i32, File>>>;

/// `binding.openFile(path, flags)`, `closeFile(fd)`, `readFile(fd, length, position)`, `writeFile(fd, bytes, position)`, `statFile(fd)`: an error is `{ errno }`.
pub(crate) fn install<'js>(ctx: &Ctx<'js>, binding: &Object<'js>) -> Result<()> {
    let open = Open::default();
    let files = open.clone();
    binding.set(
        "openFile",
        Function::new(ctx.clone(), move |ctx: Ctx<'js>, path: String, flags: String| {
            answer(&ctx, open_file(&files, &path, &flags))
        })?,
    )?;
    let files = open.clone();
    binding.set(
        "closeFile",
        Function::new(ctx.clone(), move |ctx: Ctx<'js>, fd: i32| {
            let closed = files.borrow_mut().remove(&fd);
            answer(&ctx, closed.map(|_| ()).ok_or_else(not_open))
        })?,
    )?;
    let files = open.clone();
    binding.set(
        "readFile",
        Function::new(
            ctx.clone(),
            move |ctx: Ctx<'js>, fd: i32, length: usize, position: Opt<Option<f64>>| {
                let read = with(&files, fd, position.0.flatten(), |file| {
                    let mut bytes = vec![0; length];
                    let count = file.read(&mut bytes)?;
                    bytes.truncate(count);
                    Ok(bytes)
                });
                match read {
                    Ok(bytes) => TypedArray::new(ctx.clone(), bytes)?.into_js(&ctx),
                    Err(error) => errno(&ctx, &error),
                }
            },
        )?,
    )?;
    let files = open.clone();
    binding.set(
        "writeFile",
        Function::new(
            ctx.clone(),
            move |ctx: Ctx<'js>, fd: i32, bytes: TypedArray<'js, u8>, position: Opt<Option<f64>>| {
                let bytes = engine::bytes(&bytes);
                answer(
                    &ctx,
                    with(&files, fd, position.0.flatten(), |file| file.write_all(&bytes)),
                )
            },
        )?,
    )?;
    binding.set(
        "statFile",
        Function::new(ctx.clone(), move |ctx: Ctx<'js>, fd: i32| {
            let found = match open.borrow().get(&fd) {
                Some(file) => file.metadata(),
                None => Err(not_open()),
            };
            match found {
                Ok(found) => files::stat(&ctx, &found).map(Object::into_value),
                Err(error) => errno(&ctx, &error),
            }
        })?,
    )
}

fn open_file(files: &Open, path: &str, flags: &str) -> io::Result<i32> {
    let is_new = flags.contains('x');
    let mut options = OpenOptions::new();
    match flags.replace(['x', 's'], "").as_str() {
        "r" => options.read(true),
        "r+" => options.read(true).write(true),
        "w" => options.write(true).create(true).truncate(true),
        "w+" => options.read(true).write(true).create(true).truncate(true),
        "a" => options.append(true).create(true),
        "a+" => options.read(true).append(true).create(true),
        _ => return Err(io::ErrorKind::InvalidInput.into()),
    };
    let file = options.create_new(is_new).open(path)?;
    let fd = number_of(&file, files);
    files.borrow_mut().insert(fd, file);
    Ok(fd)
}

#[cfg(unix)]
fn number_of(file: &File, _: &Open) -> i32 {
    use std::os::fd::AsRawFd;
    file.as_raw_fd()
}

#[cfg(not(unix))]
fn number_of(_: &File, files: &Open) -> i32 {
    (3..)
        .find(|fd| !files.borrow().contains_key(fd))
        .unwrap_or_default()
}

fn with<R>(
    files: &Open,
    fd: i32,
    position: Option<f64>,
    f: impl FnOnce(&mut File) -> io::Result<R>,
) -> io::Result<R> {
    let mut files = files.borrow_mut();
    let file = files.get_mut(&fd).ok_or_else(not_open)?;
    let Some(position) = position else { return f(file) };
    // What is read or written at a place leaves the file where it was.
    let before = file.stream_position()?;
    file.seek(SeekFrom::Start(position as u64))?;
    let answer = f(file);
    file.seek(SeekFrom::Start(before))?;
    answer
}

fn not_open() -> io::Error {
    const BAD_DESCRIPTOR: i32 = 9;
    io::Error::from_raw_os_error(BAD_DESCRIPTOR)
}

fn answer<'js>(ctx: &Ctx<'js>, answer: io::Result<impl IntoJs<'js>>) -> Result<Value<'js>> {
    match answer {
        Ok(value) => value.into_js(ctx),
        Err(error) => errno(ctx, &error),
    }
}
