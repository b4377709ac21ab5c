// `node:worker_threads`: runtimes on threads of their own.
//
// A worker shares nothing with who made it: no memory, no context. Its messages, its error and its exit are told in the frame in which it was made.
//
// Needs of `internal`: `threads`, `loop`, `nextTick`.
'use strict';

const EventEmitter = require('node:events');
const path = require('node:path');
const url = require('node:url');
const { binding } = internal;
const { codes, validate } = require('internal/errors');
const ports = require('internal/message_port');
const { deserialize } = require('internal/message_clone');

const { MessagePort, MessageChannel, pack, unpack } = ports;

// What this runtime was started as: nothing for the main one, else its number, name and first message.
const start = internal.threads.worker();
const SHARE_ENV = Symbol.for('nodejs.worker_threads.SHARE_ENV');
let environmentData = new Map();

// ---- In a worker -----------------------------------------------------------------------------------------------------

let parentPort = null;
let workerData = null;
let resourceLimits = {};
if (start !== undefined) {
  const message = unpack(start.message);
  ({ workerData, environmentData, resourceLimits, publicPort: parentPort } = message);
}

// ---- Worker ------------------------------------------------------------------------------------------------------------

const kRequest = Symbol('kRequest');
const kControl = Symbol('kControl');
const kPublicPort = Symbol('kPublicPort');
const kStdio = Symbol('kParentSideStdio');

function scriptOf(filename, options) {
  if (options.eval) {
    if (typeof filename !== 'string') {
      throw new codes.ERR_INVALID_ARG_VALUE('options.eval', options.eval, "must be false when 'filename' is not a string");
    }
    return { source: filename, file: '[worker eval]' };
  }
  if (filename instanceof URL) {
    if (filename.protocol !== 'data:') return { file: url.fileURLToPath(filename) };
    const [, kind, data] = /^data:([^,]*),(.*)$/s.exec(filename.href) ?? [];
    return { source: /;base64$/.test(kind) ? atob(data) : decodeURIComponent(data), file: '[worker eval]' };
  }
  if (typeof filename !== 'string') throw new codes.ERR_INVALID_ARG_TYPE('filename', ['string', 'URL'], filename);
  if (!path.isAbsolute(filename) && !/^\.\.?[\\/]/.test(filename)) throw new codes.ERR_WORKER_PATH(filename);
  return { file: path.resolve(filename) };
}

function environmentOf(env) {
  if (env !== null && typeof env === 'object') return Object.entries(env).map(([name, value]) => [name, `${value}`]);
  if (env === undefined || env === null || env === SHARE_ENV) return Object.entries(process.env);
  throw new codes.ERR_INVALID_ARG_TYPE('options.env', ['object', 'undefined', 'null', 'worker_threads.SHARE_ENV'], env);
}

class Worker extends EventEmitter {
  #ended = false;

  constructor(filename, options = {}) {
    super();
    if (options.execArgv) validate.array(options.execArgv, 'options.execArgv');
    if (options.argv) validate.array(options.argv, 'options.argv');
    const script = scriptOf(filename, options);
    const env = environmentOf(options.env);
    if (options.name) validate.string(options.name, 'options.name');
    const limits = { ...options.resourceLimits };

    const { port1, port2 } = channel(this);
    this[kPublicPort] = port1;
    this[kStdio] = { stdin: null, stdout: output(options.stdout), stderr: output(options.stderr) };
    const first = { workerData: options.workerData, environmentData, resourceLimits: limits, publicPort: port2 };
    const [text, buffers, handedOver] = pack(first, [port2, ...(options.transferList ?? [])]);

    for (const event of ['message', 'messageerror']) port1.on(event, (message) => this.emit(event, message));
    port1.unref();
    this.on('newListener', (type) => type === 'message' && this.listenerCount(type) === 0 && port1.ref());
    this.on('removeListener', (type) => type === 'message' && this.listenerCount(type) === 0 && port1.unref());

    this.#threadId = internal.threads.spawn({
      ...script, env, text, buffers,
      request: this[kRequest],
      control: this[kControl].number,
      argv: (options.argv ?? []).map(String),
      name: options.name?.trim() || 'WorkerThread',
      ports: handedOver,
      memory: limits.maxOldGenerationSizeMb ?? 0,
      stack: limits.stackSizeMb ?? 0,
    });
    this.resourceLimits = limits;
    this.threadName = options.name?.trim() || 'WorkerThread';
    internal.nextTick(() => process.emit('worker', this));
  }

  #threadId;

  get threadId() {
    return this.#ended ? -1 : this.#threadId;
  }

  get stdin() {
    return this[kStdio].stdin;
  }

  get stdout() {
    return this[kStdio].stdout;
  }

  get stderr() {
    return this[kStdio].stderr;
  }

  _exited(code) {
    this.#ended = true;
    for (const name of ['stdout', 'stderr']) this[kStdio][name].push(null);
    this[kPublicPort].close();
    internal.loop.closeRequest(this[kControl].number);
    this.resourceLimits = {};
    this.threadName = null;
    this.emit('exit', code);
    this.removeAllListeners();
  }

  postMessage(...args) {
    if (!this.#ended) this[kPublicPort].postMessage(...args);
  }

  terminate() {
    this.ref();
    if (this.#ended) return Promise.resolve();
    internal.threads.terminate(this.#threadId);
    return new Promise((resolve) => this.once('exit', resolve));
  }

  async [Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')]() {
    await this.terminate();
  }

  ref() {
    if (this.#ended) return;
    internal.loop.refRequest(this[kRequest], true);
    this[kPublicPort].ref();
  }

  unref() {
    if (this.#ended) return;
    internal.loop.refRequest(this[kRequest], false);
    this[kPublicPort].unref();
  }
}

// The resources of a worker: itself, the port on which its thread tells of itself, and the channel of its messages.
function channel(worker) {
  worker[kRequest] = internal.loop.openRequest(worker, 'WORKER', (code) => worker._exited(code));
  const control = {};
  Object.setPrototypeOf(control, MessagePort.prototype);
  const number = internal.loop.openRequest(control, 'MESSAGEPORT', (event, ...args) => CONTROL[event](worker, ...args), { ref: false });
  worker[kControl] = { control, number };
  return new MessageChannel();
}

const CONTROL = {
  online: (worker) => worker.emit('online'),
  error(worker, text, buffers) {
    const error = text == null ? new codes.ERR_WORKER_UNSERIALIZABLE_ERROR() : deserialize(text, buffers, []);
    worker.emit('error', error);
  },
  failed: (worker, why) => worker.emit('error', new codes.ERR_WORKER_INIT_FAILED(why)),
  memory: (worker) => worker.emit('error', new codes.ERR_WORKER_OUT_OF_MEMORY('JS heap out of memory')),
  output(worker, fd, bytes) {
    const stream = fd === 1 ? worker.stdout : worker.stderr;
    if (stream.isOwn) stream.push(Buffer.from(bytes));
    else binding.writeBytes(fd, new Uint8Array(bytes));
  },
};

// What a worker writes goes where we write to, unless somebody wants to read it.
function output(isOwn) {
  const { Readable } = require('node:stream');
  return Object.assign(new Readable({ read() {} }), { isOwn: Boolean(isOwn) });
}

// ---- For all threads ---------------------------------------------------------------------------------------------------

function setEnvironmentData(key, value) {
  if (value === undefined) environmentData.delete(key);
  else environmentData.set(key, value);
}

module.exports = {
  isMainThread: start === undefined,
  isInternalThread: false,
  threadId: start?.threadId ?? 0,
  threadName: start?.name ?? '',
  parentPort,
  workerData,
  resourceLimits,
  SHARE_ENV,
  Worker,
  MessagePort,
  MessageChannel,
  receiveMessageOnPort: ports.receiveMessageOnPort,
  markAsUntransferable(object) {
    if ((typeof object === 'object' && object !== null) || typeof object === 'function') ports.untransferable.add(object);
  },
  isMarkedAsUntransferable: (object) => ports.untransferable.has(object),
  getEnvironmentData: (key) => environmentData.get(key),
  setEnvironmentData,
};
