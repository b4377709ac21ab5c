// Preloaded into a real Node: gives programs our modules for Node's, over Node's own `node:async_hooks`.
// `node --expose-internals -r substitute.cjs SCRIPT`
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const Module = require('node:module');
const { internalBinding } = require('internal/test/binding');

const FOLDER = path.join(__dirname, '..', '..', 'js');
const PUBLIC = [
  'events', 'diagnostics_channel', 'util', 'util/types', 'assert', 'assert/strict', 'console', 'path', 'path/posix',
  'querystring', 'url', 'buffer', 'string_decoder', 'stream', 'stream/promises',
];

const types = require('node:util/types');
const util = internalBinding('util');
const errors = internalBinding('errors');
const STATES = ['pending', 'fulfilled', 'rejected'];

const internal = {
  nextTick: process.nextTick,
  emitWarning: (...args) => process.emitWarning(...args),
  triggerUncaughtException: (error) => errors.triggerUncaughtException(error, false),
  write: (fd, text) => void fs.writeSync(fd, text),
  promiseState(value) {
    if (!types.isPromise(value)) return undefined;
    const [state, result] = [].concat(util.getPromiseDetails(value));
    return [STATES[state], result];
  },
  proxyDetails: (value) => util.getProxyDetails(value),
};

// What is written in Rust there.
const { Buffer } = require('node:buffer');
const text = (encoding) => (bytes, start, end) => Buffer.prototype.toString.call(bytes, encoding, start, end);
const bytes = (encoding) => (string) => new Uint8Array(Buffer.from(string, encoding));
internal.codec = {
  utf8Bytes: bytes('utf8'), utf8Text: text('utf8'), utf8Length: (string) => Buffer.byteLength(string),
  latin1Bytes: bytes('latin1'), latin1Text: text('latin1'),
  base64Bytes: bytes('base64'), base64Text: text('base64'), base64urlText: text('base64url'),
  hexBytes: bytes('hex'), hexText: text('hex'),
};

const loaded = new Map();

function fileOf(name) {
  const base = name.replace(/^(node:|internal\/)/, '');
  return path.join(FOLDER, `${base.replace('/', '_')}.js`);
}

function load(name) {
  const file = fileOf(name);
  const known = loaded.get(file);
  if (known !== undefined) return known.exports;
  const module = { exports: {} };
  loaded.set(file, module);
  const body = fs.readFileSync(file, 'utf8');
  const wrapper = require('node:vm').compileFunction(body, ['exports', 'require', 'module', 'internal'], { filename: file });
  wrapper(module.exports, requireOurs, module, internal);
  return module.exports;
}

const isOurs = (name) => PUBLIC.includes(name.replace(/^node:/, '')) && fs.existsSync(fileOf(name));
const requireOurs = (name) => (name.startsWith('internal/') || isOurs(name) ? load(name) : require(name));

const load_ = Module._load;
Module._load = function (name, parent, isMain) {
  return typeof name === 'string' && !parent?.filename?.endsWith('substitute.cjs') && isOurs(name) ? load(name) : load_(name, parent, isMain);
};

function globals(names, from) {
  for (const name of names) {
    Object.defineProperty(globalThis, name, { value: from[name], writable: true, configurable: true, enumerable: false });
  }
}

if (fs.existsSync(fileOf('internal/event_target'))) {
  globals(['Event', 'EventTarget', 'CustomEvent', 'AbortController', 'AbortSignal'], load('internal/event_target'));
}
if (isOurs('url')) globals(['URL', 'URLSearchParams'], load('url'));
globals(['TextEncoder', 'TextDecoder'], load('internal/encoding'));
if (isOurs('buffer')) globals(['Buffer', 'atob', 'btoa'], load('buffer'));
if (isOurs('console')) globals(['console'], { console: load('console') });
