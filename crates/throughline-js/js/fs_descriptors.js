// Open files of `node:fs`, by their descriptors. There is only what is done at once.
//
// Required as `internal/fs_descriptors`.
'use strict';

const { binding } = internal;
const { codes, validate } = require('internal/errors');
const { isErrno, uvError, kinds } = require('internal/fs');

const { Stats, pathOf, encodingOf, bytesOf } = kinds;

function checked(answer, syscall, about = {}) {
  if (isErrno(answer)) throw uvError(answer, syscall, about);
  return answer;
}

function openSync(path, flags = 'r') {
  const name = pathOf(path);
  return checked(binding.openFile(name, typeof flags === 'string' ? flags : 'r'), 'open', { path: name });
}

function descriptor(fd) {
  validate.integer(fd, 'fd', 0, 2147483647);
  return fd;
}

const closeSync = (fd) => checked(binding.closeFile(descriptor(fd)), 'close');

const fstatSync = (fd) => new Stats(checked(binding.statFile(descriptor(fd)), 'fstat'));

// `(fd, buffer, offset, length, position)`, or `(fd, buffer, { offset, length, position })`.
function readSync(fd, buffer, offset = 0, length = undefined, position = null) {
  descriptor(fd);
  if (!ArrayBuffer.isView(buffer)) throw new codes.ERR_INVALID_ARG_TYPE('buffer', ['Buffer', 'TypedArray', 'DataView'], buffer);
  if (offset !== null && typeof offset === 'object') ({ offset = 0, length, position = null } = offset);
  length ??= buffer.byteLength - offset;
  const at = position === null || position < 0 ? undefined : Number(position);
  const bytes = checked(binding.readFile(fd, length, at), 'read');
  new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength).set(bytes, offset);
  return bytes.length;
}

// `(fd, buffer, offset, length, position)`, or `(fd, text, position, encoding)`.
function writeSync(fd, data, ...rest) {
  descriptor(fd);
  const isText = typeof data === 'string';
  let bytes = bytesOf(data, isText ? encodingOf(rest[1]) : undefined);
  if (!isText) bytes = bytes.subarray(rest[0] ?? 0, rest[1] === undefined ? undefined : (rest[0] ?? 0) + rest[1]);
  const position = isText ? rest[0] : rest[2];
  if (fd === 1 || fd === 2) binding.writeBytes(fd, new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length));
  else checked(binding.writeFile(fd, new Uint8Array(bytes), typeof position === 'number' ? position : undefined), 'write');
  return bytes.length;
}

module.exports = { openSync, closeSync, fstatSync, readSync, writeSync };
