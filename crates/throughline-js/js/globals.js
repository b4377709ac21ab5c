// What a program finds without asking: the global object as Node has it.
//
// Required as `internal/globals`, first of all.
'use strict';

const { binding } = internal;

internal.write = (fd, text) => binding.write(fd, `${text}`.toWellFormed());
internal.cwd = binding.cwd;
internal.now = () => binding.hrtime() / 1e6;
internal.environment = (name) => binding.host.env[name];
internal.pid = () => binding.host.pid;
internal.promiseState = (value) => {
  const details = binding.promiseDetails(value);
  if (details === undefined) return undefined;
  return details[0] === 0 ? ['pending'] : [details[0] === 1 ? 'fulfilled' : 'rejected', details[1]];
};
internal.proxyDetails = binding.proxyDetails;
for (const name of ['children', 'codec', 'http', 'threads']) {
  // Each is made when a module first needs it.
  Object.defineProperty(internal, name, {
    configurable: true,
    get() {
      const value = binding[name]();
      Object.defineProperty(internal, name, { value });
      return value;
    },
  });
}

// Where somebody else drives the jobs, they have to be told of what is to be done: at the end of the jobs there are, and by the loop.
let isDrainScheduled = false;
internal.scheduleDrain = () => {
  if (isDrainScheduled || binding.drivesItself()) return;
  isDrainScheduled = true;
  binding.enqueueMicrotask(() => {
    isDrainScheduled = false;
    internal.runNextTicks();
  });
};
internal.wakeLoop = () => {
  if (!binding.drivesItself()) binding.wakeLoop();
};

require('internal/error_stack').install();

function define(name, value, enumerable = false) {
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable });
}

function lazy(name, make, enumerable = false) {
  Object.defineProperty(globalThis, name, {
    configurable: true,
    enumerable,
    get() {
      const value = make();
      define(name, value, enumerable);
      return value;
    },
    set(value) {
      define(name, value, enumerable);
    },
  });
}

define('global', globalThis);
Object.defineProperty(globalThis, Symbol.toStringTag, { value: 'global', configurable: true });

const process = require('node:process');
define('process', process);

const tasks = require('internal/task_queues');
require('internal/loop');
const timers = require('node:timers');
for (const name of ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate', 'clearImmediate']) {
  define(name, timers[name], true);
}
define('queueMicrotask', tasks.queueMicrotask, true);

lazy('structuredClone', () => require('internal/structured_clone').structuredClone, true);
lazy('performance', () => require('internal/performance').performance, true);
lazy('console', () => require('node:console'));
lazy('Buffer', () => require('node:buffer').Buffer);
lazy('atob', () => require('node:buffer').atob, true);
lazy('btoa', () => require('node:buffer').btoa, true);
for (const name of ['Event', 'EventTarget', 'CustomEvent', 'AbortController', 'AbortSignal']) {
  lazy(name, () => require('internal/event_target')[name]);
}
for (const name of ['TextEncoder', 'TextDecoder']) lazy(name, () => require('internal/encoding')[name]);
for (const name of ['URL', 'URLSearchParams']) lazy(name, () => require('node:url')[name]);
if (typeof globalThis.DOMException !== 'function') lazy('DOMException', () => require('internal/errors').DOMException);
if (binding.host.exposeGc) define('gc', () => binding.collectGarbage());

if (binding.builtin('internal/fetch') !== undefined) {
  define('fetch', function fetch(input, init = undefined) {
    return require('internal/fetch').fetch(input, init);
  }, true);
  for (const name of ['Headers', 'Response']) lazy(name, () => require('internal/fetch')[name]);
}
if (binding.builtin('internal/message_port') !== undefined) {
  for (const name of ['MessageChannel', 'MessageEvent', 'MessagePort']) lazy(name, () => require('internal/message_port')[name]);
}
lazy('navigator', () => {
  const { arch, platform, version } = process;
  const names = { linux: `Linux ${arch === 'x64' ? 'x86_64' : arch}`, darwin: 'MacIntel', win32: 'Win32' };
  return {
    hardwareConcurrency: binding.parallelism(),
    language: 'en-US',
    languages: Object.freeze(['en-US']),
    platform: names[platform] ?? platform,
    userAgent: `Node.js/${version.slice(1).split('.')[0]}`,
  };
});

// What the host asks for.
internal.runMain = (file) => require('node:module').runMain(file);
internal.runText = (source, filename) => require('node:module').runText(source, filename);
internal.requireHere = () => require('node:module').createRequire(`${binding.cwd()}/`);
internal.resolveEsm = (...args) => require('internal/esm').resolve(...args);
internal.loadEsm = (name) => require('internal/esm').load(name);
internal.describeEsm = (meta, name) => require('internal/esm').describe(meta, name);
internal.isMainPending ??= () => false;

if (binding.host.traces) require('internal/trace').start();
