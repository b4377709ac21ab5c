// `node:process`: the object that is the global `process`.
'use strict';

const { binding } = internal;
const EventEmitter = require('node:events');
const { codes, validate } = require('internal/errors');
const { uvError } = require('internal/fs');
const flags = require('internal/flags');
const { signalNumber } = require('internal/signals');

const host = binding.host;

function process() {}
const prototype = Object.create(EventEmitter.prototype, {
  constructor: { value: process, writable: true, configurable: true },
  [Symbol.toStringTag]: { value: 'process', configurable: true },
});
const self = Object.create(prototype);
EventEmitter.call(self);
internal.process = self;

const { nextTick } = require('internal/task_queues');
const uncaught = require('internal/uncaught');

// ---- the end ----------------------------------------------------------------------------------------------------------------

let exitCode;

function checkedExitCode(value) {
  if (value === undefined || value === null) return undefined;
  const status = typeof value === 'string' && value !== '' && Number.isInteger(+value) ? +value : value;
  if (typeof status !== 'number') throw new codes.ERR_INVALID_ARG_TYPE('code', 'number', value);
  if (!Number.isInteger(status)) throw new codes.ERR_OUT_OF_RANGE('code', 'an integer', value);
  return status;
}

Object.defineProperty(self, 'exitCode', {
  configurable: true,
  enumerable: true,
  get: () => exitCode,
  set(value) {
    exitCode = checkedExitCode(value);
  },
});

internal.exitStatus = () => Number(exitCode ?? 0);

function emitExit() {
  self._exiting = true;
  self.emit('exit', exitCode ?? 0);
}

// The program has nothing left to do: its status.
internal.finish = () => {
  const isPending = internal.isMainPending();
  if (isPending) exitCode ??= 13;
  try {
    emitExit();
  } catch (error) {
    internal.triggerUncaughtException(error);
  }
  if (isPending && exitCode === 13) internal.write(2, 'Warning: Detected unsettled top-level await\n');
  return internal.exitStatus();
};

function exit(...args) {
  if (args.length > 0) self.exitCode = args[0] ?? exitCode;
  require('internal/async_hooks').clearAsyncIdStack();
  if (!self._exiting) emitExit();
  self.reallyExit(internal.exitStatus());
}

// ---- warnings ---------------------------------------------------------------------------------------------------------------

function emitWarning(warning, type, code, ctor) {
  let detail;
  if (type !== null && typeof type === 'object' && !Array.isArray(type)) {
    ({ ctor, code } = type);
    if (typeof type.detail === 'string') ({ detail } = type);
    type = type.type || 'Warning';
  } else if (typeof type === 'function') {
    ctor = type;
    code = undefined;
    type = 'Warning';
  }
  if (type !== undefined) validate.string(type, 'type');
  if (typeof code === 'function') {
    ctor = code;
    code = undefined;
  } else if (code !== undefined) {
    validate.string(code, 'code');
  }
  if (typeof warning === 'string') {
    warning = new Error(warning);
    warning.name = String(type || 'Warning');
    if (code !== undefined) warning.code = code;
    if (detail !== undefined) warning.detail = detail;
    Error.captureStackTrace(warning, ctor || self.emitWarning);
  } else if (!(warning instanceof Error)) {
    throw new codes.ERR_INVALID_ARG_TYPE('warning', ['Error', 'string'], warning);
  }
  if (warning.name === 'DeprecationWarning') {
    if (self.noDeprecation) return;
    if (self.throwDeprecation) {
      nextTick(() => {
        throw warning;
      });
      return;
    }
  }
  nextTick((told) => self.emit('warning', told), warning);
}
internal.emitWarning = emitWarning;

let isHelpShown = false;
function onWarning(warning) {
  if (!(warning instanceof Error)) return;
  const isDeprecation = warning.name === 'DeprecationWarning';
  if (isDeprecation && self.noDeprecation) return;
  const disabled = flags.valuesOf('disable-warning');
  if (disabled.includes(warning.name) || (warning.code && disabled.includes(warning.code))) return;
  const isTraced = self.traceProcessWarnings || (isDeprecation && self.traceDeprecation);
  let text = `(${self.release.name}:${self.pid}) `;
  if (warning.code) text += `[${warning.code}] `;
  if (isTraced && warning.stack) text += `${warning.stack}`;
  else text += typeof warning.toString === 'function' ? `${warning.toString()}` : Error.prototype.toString.call(warning);
  if (typeof warning.detail === 'string') text += `\n${warning.detail}`;
  if (!isTraced && !isHelpShown) {
    isHelpShown = true;
    const flag = isDeprecation ? '--trace-deprecation' : '--trace-warnings';
    text += `\n(Use \`node ${flag} ...\` to show where the warning was created)`;
  }
  internal.write(2, `${text}\n`);
}
if (!flags.has('no-warnings')) self.on('warning', onWarning);
const ON_FLAGS = {
  noDeprecation: 'no-deprecation', throwDeprecation: 'throw-deprecation', traceDeprecation: 'trace-deprecation', traceProcessWarnings: 'trace-warnings',
};
for (const name of Object.keys(ON_FLAGS)) if (flags.has(ON_FLAGS[name])) self[name] = true;

// ---- clocks and figures -----------------------------------------------------------------------------------------------------

function hrtime(since) {
  const now = binding.hrtime();
  const seconds = Math.floor(now / 1e9);
  const nanoseconds = now % 1e9;
  if (since === undefined) return [seconds, nanoseconds];
  if (!Array.isArray(since)) throw new codes.ERR_INVALID_ARG_TYPE('time', 'Array', since);
  if (since.length !== 2) throw new codes.ERR_OUT_OF_RANGE('time', 2, since.length);
  const passed = nanoseconds - since[1];
  return passed < 0 ? [seconds - since[0] - 1, passed + 1e9] : [seconds - since[0], passed];
}
hrtime.bigint = () => BigInt(Math.trunc(binding.hrtime()));

function memoryUsage() {
  const { used, limit, rss } = binding.memory();
  return { rss, heapTotal: limit, heapUsed: used, external: 0, arrayBuffers: 0 };
}
memoryUsage.rss = () => binding.memory().rss;

// ---- streams ------------------------------------------------------------------------------------------------------------------

class HostStream extends EventEmitter {
  constructor(fd) {
    super();
    this.fd = fd;
    this.writable = true;
    this._isStdio = true;
  }

  get isTTY() {
    return binding.isTerminal(this.fd) ? true : undefined;
  }

  write(chunk, encoding, done) {
    if (typeof encoding === 'function') done = encoding;
    if (typeof chunk === 'string') internal.write(this.fd, chunk);
    else if (ArrayBuffer.isView(chunk)) binding.writeBytes(this.fd, new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    else throw new codes.ERR_INVALID_ARG_TYPE('chunk', ['string', 'Buffer', 'TypedArray', 'DataView'], chunk);
    if (typeof done === 'function') nextTick(done, null);
    return true;
  }

  end(chunk, encoding, done) {
    if (chunk !== undefined && typeof chunk !== 'function') this.write(chunk, encoding);
    const last = [chunk, encoding, done].find((arg) => typeof arg === 'function');
    if (last !== undefined) nextTick(last);
    return this;
  }
}

// ---- others -------------------------------------------------------------------------------------------------------------------

// A signal to this program ends the script: none is listened to.
function kill(pid, signal = 'SIGTERM') {
  // eslint-disable-next-line eqeqeq
  if (pid != (pid | 0)) throw new codes.ERR_INVALID_ARG_TYPE('pid', 'number', pid);
  const number = signalNumber(signal);
  if (+pid === self.pid && number !== 0) return binding.endScript(128 + number);
  const answer = binding.kill(+pid, number);
  if (answer !== undefined) throw uvError(answer, 'kill', {});
  return true;
}

function lazy(object, name, make) {
  Object.defineProperty(object, name, {
    configurable: true,
    enumerable: true,
    get() {
      const value = make();
      Object.defineProperty(object, name, { configurable: true, enumerable: true, writable: true, value });
      return value;
    },
    set(value) {
      Object.defineProperty(object, name, { configurable: true, enumerable: true, writable: true, value });
    },
  });
}

Object.assign(self, {
  version: host.version,
  versions: { node: host.version.slice(1), throughline: host.throughline, quickjs: host.engine },
  arch: host.arch,
  platform: host.platform,
  release: { name: 'node' },
  argv: host.argv,
  argv0: host.argv[0] ?? 'throughline',
  execArgv: host.execArgv,
  execPath: host.argv[0] ?? 'throughline',
  title: 'throughline',
  pid: host.pid,
  ppid: host.ppid,
  env: host.env,
  config: { target_defaults: {}, variables: {} },
  features: {
    inspector: false, debug: false, uv: false, ipv6: true, tls_alpn: false, tls_sni: false, tls_ocsp: false, tls: false,
    cached_builtins: true, require_module: true, typescript: false, quic: false,
  },
  moduleLoadList: [],
  allowedNodeEnvironmentFlags: new Set(),
  _exiting: false,
  nextTick,
  exit,
  reallyExit: (status) => binding.endScript(Number(status) | 0),
  abort: () => binding.endScript(134),
  emitWarning,
  hrtime,
  memoryUsage,
  uptime: () => binding.hrtime() / 1e9,
  cwd: () => binding.cwd(),
  chdir: (path) => binding.chdir(path),
  umask: () => 0o22,
  kill,
  setUncaughtExceptionCaptureCallback(fn) {
    if (fn === null) return uncaught.setCapture(null);
    if (typeof fn !== 'function') throw new codes.ERR_INVALID_ARG_TYPE('fn', ['Function', 'null'], fn);
    if (uncaught.hasCapture()) throw new codes.ERR_UNCAUGHT_EXCEPTION_CAPTURE_ALREADY_SET();
    return uncaught.setCapture(fn);
  },
  hasUncaughtExceptionCaptureCallback: () => uncaught.hasCapture(),
  getBuiltinModule: (id) => (internal.hasBuiltin(String(id).replace(/^node:/, '')) ? internal.requireBuiltin(String(id)) : undefined),
  _rawDebug: (...args) => internal.write(2, `${require('node:util').format(...args)}\n`),
  getActiveResourcesInfo: () => internal.loop.active(),
  _getActiveHandles: () => [],
  _getActiveRequests: () => [],
});
lazy(self, 'stdout', () => new HostStream(1));
lazy(self, 'stderr', () => new HostStream(2));
lazy(self, 'stdin', () => Object.assign(new HostStream(0), { writable: false, readable: true }));

module.exports = self;
