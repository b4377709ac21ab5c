// What `node:fs` is made of: paths, answers of the host, errors of the system.
//
// Required as `internal/fs`.
'use strict';

const { codes } = require('internal/errors');

const RECURSIVE = 1;
const FORCE = 2;
const APPEND = 4;
const EXCLUSIVE = 8;

const isErrno = (answer) => answer !== null && typeof answer === 'object' && 'errno' in answer;

// number -> name and text, on Linux.
const ERRORS = {
  1: ['EPERM', 'operation not permitted'],
  2: ['ENOENT', 'no such file or directory'],
  3: ['ESRCH', 'no such process'],
  5: ['EIO', 'i/o error'],
  9: ['EBADF', 'bad file descriptor'],
  13: ['EACCES', 'permission denied'],
  16: ['EBUSY', 'resource busy or locked'],
  17: ['EEXIST', 'file already exists'],
  18: ['EXDEV', 'cross-device link not permitted'],
  20: ['ENOTDIR', 'not a directory'],
  21: ['EISDIR', 'illegal operation on a directory'],
  22: ['EINVAL', 'invalid argument'],
  24: ['EMFILE', 'too many open files'],
  28: ['ENOSPC', 'no space left on device'],
  30: ['EROFS', 'read-only file system'],
  36: ['ENAMETOOLONG', 'name too long'],
  39: ['ENOTEMPTY', 'directory not empty'],
  40: ['ELOOP', 'too many symbolic links encountered'],
  110: ['ETIMEDOUT', 'connection timed out'],
};

function uvError({ errno, error }, syscall, { name, path, text }) {
  const [code, words] = ERRORS[errno] ?? ['UNKNOWN', error ?? 'unknown error'];
  // A directory can be opened, but not read.
  if (code === 'EISDIR' && name === 'read') [syscall, path] = ['read', undefined];
  if (name === 'mkdtemp') path = `${path}XXXXXX`;
  let message = `${code}: ${words}, ${syscall}`;
  if (path !== undefined) message += ` '${path}'`;
  if (text !== undefined) message += ` -> '${text}'`;
  const made = new Error(message);
  made.errno = -errno;
  made.code = code;
  made.syscall = syscall;
  if (path !== undefined) made.path = path;
  if (text !== undefined) made.dest = text;
  return made;
}

function pathOf(path, name = 'path') {
  if (path instanceof URL) path = require('node:url').fileURLToPath(path);
  else if (path instanceof Uint8Array) path = require('internal/encoding').decodeUtf8(path);
  if (typeof path !== 'string') throw new codes.ERR_INVALID_ARG_TYPE(name, ['string', 'Buffer', 'URL'], path);
  if (path.includes('\0')) {
    throw new codes.ERR_INVALID_ARG_VALUE(name, path, 'must be a string, Uint8Array, or URL without null bytes');
  }
  return path;
}

function encodingOf(options) {
  const encoding = typeof options === 'string' ? options : options?.encoding;
  if (encoding === undefined || encoding === null || encoding === 'buffer') return undefined;
  const { Buffer } = require('node:buffer');
  if (!Buffer.isEncoding(encoding)) {
    throw new codes.ERR_INVALID_ARG_VALUE('encoding', encoding, 'is invalid encoding');
  }
  return encoding;
}

function bytesOf(data, encoding = 'utf8') {
  if (typeof data === 'string') return require('node:buffer').Buffer.from(data, encoding);
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  throw new codes.ERR_INVALID_ARG_TYPE('data', ['string', 'Buffer', 'TypedArray', 'DataView'], data);
}

function decoded(bytes, encoding) {
  const { Buffer } = require('node:buffer');
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return encoding === undefined ? buffer : buffer.toString(encoding);
}

const FILE = 0;
const DIRECTORY = 1;
const LINK = 2;

class Stats {
  #kind;

  constructor({ kind, ...figures }) {
    this.#kind = kind;
    Object.assign(this, figures);
    for (const name of ['atime', 'mtime', 'ctime', 'birthtime']) this[name] = new Date(figures[`${name}Ms`] ?? 0);
  }

  isFile() {
    return this.#kind === FILE;
  }

  isDirectory() {
    return this.#kind === DIRECTORY;
  }

  isSymbolicLink() {
    return this.#kind === LINK;
  }
}

class Dirent {
  #kind;

  constructor(name, parentPath, kind) {
    this.name = name;
    this.parentPath = parentPath;
    this.#kind = kind;
  }

  isFile() {
    return this.#kind === FILE;
  }

  isDirectory() {
    return this.#kind === DIRECTORY;
  }

  isSymbolicLink() {
    return this.#kind === LINK;
  }
}

// A function of a module, with its name.
function done(object, name, fn) {
  Object.defineProperty(fn, 'name', { value: name, configurable: true });
  object[name] = fn;
}

module.exports = {
  isErrno, uvError, done,
  kinds: { Stats, Dirent, RECURSIVE, FORCE, APPEND, EXCLUSIVE, pathOf, encodingOf, bytesOf, decoded },
};
