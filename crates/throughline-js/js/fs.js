// `node:fs`, as far as ordinary programs ask for it: whole files, directories, and what stands there.
'use strict';

const { binding } = internal;
const { validate } = require('internal/errors');
const { isErrno, uvError, done, kinds } = require('internal/fs');

const { Stats, Dirent, RECURSIVE, FORCE, APPEND, EXCLUSIVE, pathOf, encodingOf, bytesOf, decoded } = kinds;

// What each operation asks of the host, and what it makes of the answer: `[syscall, arguments of the call -> { name, path, text, bytes, flags, finish }]`.
const OPERATIONS = {
  __proto__: null,
  readFile: ['open', (path, options) => {
    const encoding = encodingOf(options);
    return { name: 'read', path: pathOf(path), finish: (bytes) => decoded(bytes, encoding) };
  }],
  writeFile: ['open', (path, data, options) => write(path, data, options, options?.flag ?? 'w')],
  appendFile: ['open', (path, data, options) => write(path, data, options, options?.flag ?? 'a')],
  stat: ['stat', (path) => ({ name: 'stat', path: pathOf(path), finish: (found) => new Stats(found) })],
  lstat: ['lstat', (path) => ({ name: 'lstat', path: pathOf(path), finish: (found) => new Stats(found) })],
  access: ['access', (path) => ({ name: 'stat', path: pathOf(path), finish: () => undefined })],
  readdir: ['scandir', (path, options) => {
    const at = pathOf(path);
    const finish = (list) => {
      const answer = [];
      for (let i = 0; i < list.length; i += 2) answer.push(options?.withFileTypes ? new Dirent(list[i], at, list[i + 1]) : list[i]);
      return answer;
    };
    return { name: 'readdir', path: at, finish };
  }],
  mkdir: ['mkdir', (path, options) => ({ name: 'mkdir', path: pathOf(path), flags: options?.recursive ? RECURSIVE : 0 })],
  mkdtemp: ['mkdtemp', (prefix) => ({ name: 'mkdtemp', path: pathOf(prefix, 'prefix') })],
  rmdir: ['rmdir', (path) => ({ name: 'rmdir', path: pathOf(path) })],
  unlink: ['unlink', (path) => ({ name: 'unlink', path: pathOf(path) })],
  rm: ['rm', (path, options) => ({
    name: 'rm', path: pathOf(path), flags: (options?.recursive ? RECURSIVE : 0) | (options?.force ? FORCE : 0),
  })],
  rename: ['rename', (from, to) => ({ name: 'rename', path: pathOf(from, 'oldPath'), text: pathOf(to, 'newPath') })],
  copyFile: ['copyfile', (from, to) => ({ name: 'copyFile', path: pathOf(from, 'src'), text: pathOf(to, 'dest') })],
  symlink: ['symlink', (to, at) => ({ name: 'symlink', path: pathOf(to, 'target'), text: pathOf(at) })],
  readlink: ['readlink', (path) => ({ name: 'readlink', path: pathOf(path) })],
  realpath: ['realpath', (path) => ({ name: 'realpath', path: pathOf(path) })],
};

function write(path, data, options, flag) {
  const flags = (flag.startsWith('a') ? APPEND : 0) | (flag.includes('x') ? EXCLUSIVE : 0);
  return { name: 'write', path: pathOf(path), bytes: bytesOf(data, encodingOf(options)), flags };
}

const ask = (request, { name, path, text, bytes, flags = 0 }) => binding.file(request, name, path, text, bytes, flags);

function runSync(name, args) {
  const [syscall, prepare] = OPERATIONS[name];
  const job = prepare(...args);
  const answer = ask(undefined, job);
  if (isErrno(answer)) throw uvError(answer, syscall, job);
  return job.finish === undefined ? answer : job.finish(answer);
}

class FSReqCallback {}
class FSReqPromise {}

// Starts an operation, and answers by `callback(error, answer)`.
function start(name, args, resource, type, callback) {
  const [syscall, prepare] = OPERATIONS[name];
  const job = prepare(...args);
  const request = internal.loop.openRequest(resource, type, (answer) => {
    if (isErrno(answer)) callback(uvError(answer, syscall, job));
    else callback(null, job.finish === undefined ? answer : job.finish(answer));
  });
  ask(request, job);
}

function runLater(name, args) {
  const callback = args.findLast((arg) => typeof arg === 'function') ?? args.at(-1);
  validate.function(callback, 'cb');
  start(name, args.slice(0, args.lastIndexOf(callback)), new FSReqCallback(), 'FSREQCALLBACK', (error, answer) => {
    if (error) callback(error);
    else if (answer === undefined) callback(null);
    else callback(null, answer);
  });
}

async function runPromised(name, args) {
  const { promise, resolve, reject } = Promise.withResolvers();
  start(name, args, new FSReqPromise(), 'FSREQPROMISE', (error, answer) => (error ? reject(error) : resolve(answer)));
  return promise;
}

const fs = {};
const promises = {};
for (const name of Object.keys(OPERATIONS)) {
  done(fs, name, (...args) => runLater(name, args));
  done(fs, `${name}Sync`, (...args) => runSync(name, args));
  done(promises, name, (...args) => runPromised(name, args));
}

const throwIfNoEntry = (run) => (path, options) => {
  try {
    return run(path, options);
  } catch (error) {
    if (options?.throwIfNoEntry === false && error.code === 'ENOENT') return undefined;
    throw error;
  }
};
fs.statSync = throwIfNoEntry(fs.statSync);
fs.lstatSync = throwIfNoEntry(fs.lstatSync);

fs.existsSync = function existsSync(path) {
  try {
    return binding.stat(pathOf(path)) >= 0;
  } catch {
    return false;
  }
};

fs.exists = function exists(path, callback) {
  fs.access(path, (error) => callback(!error));
};

Object.assign(fs, require('internal/fs_descriptors'));

fs.constants = Object.freeze({ __proto__: null, F_OK: 0, R_OK: 4, W_OK: 2, X_OK: 1, COPYFILE_EXCL: 1 });
Object.assign(fs, fs.constants, { Stats, Dirent });
promises.constants = fs.constants;

Object.defineProperty(fs, 'promises', { configurable: true, enumerable: true, value: promises });

module.exports = fs;
