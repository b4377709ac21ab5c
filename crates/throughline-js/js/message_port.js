// `MessagePort` and `MessageChannel`: two ends, in one runtime or in two, on which values go back and forth.
//
// A port is a resource, and what is told on it runs in the frame in which it was made. Nothing of the context goes with a message.
//
// Required as `internal/message_port`. Needs of `internal`: `threads`, `loop`.
'use strict';

const { codes, DOMException } = require('internal/errors');
const { CustomEvent, Event, EventTarget, defineEventHandler, kListenerAdded, kListenerRemoved } = require('internal/event_target');
const { serialize, deserialize } = require('internal/message_clone');

class MessageEvent extends Event {
  #data;
  #ports;

  constructor(type, init = {}) {
    super(type, init);
    this.#data = 'data' in init ? init.data : null;
    this.#ports = init.ports ?? [];
  }

  get data() {
    return this.#data;
  }

  get ports() {
    return this.#ports;
  }

  get origin() {
    return '';
  }

  get lastEventId() {
    return '';
  }

  get source() {
    return null;
  }
}

const kMake = Symbol('make');
const kPort = Symbol.for('throughline.port');
const kRequest = Symbol('request');
const kWrappers = Symbol('wrappers');
const kStarted = Symbol('started');

// Events that were emitted, and what with: that is what listeners of an emitter get.
const emitted = new WeakMap();

class MessagePort extends EventTarget {
  constructor(make, port) {
    if (make !== kMake) {
      throw Object.assign(new TypeError('Constructor cannot be called'), { code: 'ERR_CONSTRUCT_CALL_INVALID' });
    }
    super();
    const hide = (key, value) => Object.defineProperty(this, key, { value, writable: true, configurable: true });
    // Its number at the host, until it is closed or handed over.
    hide(kPort, port);
    hide(kWrappers, []);
    hide(kStarted, false);
    hide(kRequest, internal.loop.openRequest(this, 'MESSAGEPORT', () => receive(this), { ref: false }));
    internal.threads.attach(port, this[kRequest]);
  }

  postMessage(message, transfer) {
    if (arguments.length === 0) {
      throw Object.assign(new TypeError('Not enough arguments to MessagePort.postMessage'), { code: 'ERR_MISSING_ARGS' });
    }
    post(this, message, transfer);
  }

  start() {
    if (this[kPort] === null || this[kStarted]) return;
    this[kStarted] = true;
    internal.threads.start(this[kPort]);
  }

  close(callback) {
    if (typeof callback === 'function') this.once('close', callback);
    if (this[kPort] !== null) internal.threads.close(this[kPort]);
  }

  ref() {
    internal.loop.refRequest(this[kRequest], true);
  }

  unref() {
    internal.loop.refRequest(this[kRequest], false);
  }

  hasRef() {
    return internal.loop.isRefed(this[kRequest]);
  }

  // Who listens for messages wants them, and waits for them.
  [kListenerAdded](count, type) {
    super[kListenerAdded](count, type);
    if (type !== 'message' || count !== 1) return;
    this.ref();
    this.start();
  }

  [kListenerRemoved](count, type) {
    super[kListenerRemoved](count, type);
    if (type === 'message' && count === 0) this.unref();
  }

  // ---- As an emitter: listeners get the message itself.

  on(type, listener) {
    return listen(this, type, listener, false);
  }

  once(type, listener) {
    return listen(this, type, listener, true);
  }

  off(type, listener) {
    const all = this[kWrappers];
    const at = all.findLastIndex((one) => one.type === type && one.listener === listener);
    if (at === -1) {
      this.removeEventListener(type, listener);
    } else {
      const [{ wrapper }] = all.splice(at, 1);
      this.removeEventListener(type, wrapper);
    }
    return this;
  }

  emit(type, argument) {
    const isMessage = type === 'message' || type === 'messageerror';
    const event = isMessage ? new MessageEvent(type, { data: argument }) : new CustomEvent(type, { detail: argument });
    emitted.set(event, argument);
    return this.dispatchEvent(event);
  }

  listenerCount(type) {
    return require('node:events').getEventListeners(this, type).length;
  }

  removeAllListeners(type) {
    for (const one of this[kWrappers].filter((each) => type === undefined || each.type === type)) this.off(one.type, one.listener);
    return this;
  }
}
MessagePort.prototype.addListener = MessagePort.prototype.on;
MessagePort.prototype.removeListener = MessagePort.prototype.off;
for (const type of ['message', 'messageerror', 'close']) defineEventHandler(MessagePort.prototype, type);

function listen(port, type, listener, once) {
  if (typeof listener !== 'function') throw new codes.ERR_INVALID_ARG_TYPE('listener', 'Function', listener);
  const wrapper = (event) => {
    if (once) port[kWrappers].splice(port[kWrappers].findIndex((one) => one.wrapper === wrapper), 1);
    if (emitted.has(event)) return listener.call(port, emitted.get(event));
    return listener.call(port, event instanceof MessageEvent ? event.data : event);
  };
  port[kWrappers].push({ type, listener, wrapper });
  port.addEventListener(type, wrapper, { once });
  return port;
}

const isPort = (value) => value instanceof MessagePort;

const notIterable = (what) => Object.assign(new TypeError(`Optional ${what} argument must be an iterable`), { code: 'ERR_INVALID_ARG_TYPE' });

function transferListOf(transfer) {
  if (transfer === undefined || transfer === null) return [];
  if (typeof transfer !== 'object') throw notIterable('transferList');
  if (typeof transfer[Symbol.iterator] === 'function') return [...transfer];
  const { transfer: list } = transfer;
  if (list === undefined) return [];
  if (typeof list?.[Symbol.iterator] !== 'function') throw notIterable('options.transfer');
  return [...list];
}

// A value as the host carries it: `[text, buffers, ports]`. What is handed over is nobody's here any more.
function pack(message, transfer, except) {
  const list = transferListOf(transfer);
  if (except !== undefined && list.includes(except)) throw new DOMException('Transfer list contains source port', 'DataCloneError');
  if (list.some((item) => untransferable.has(item))) throw new DOMException('Cannot transfer object of unsupported type.', 'DataCloneError');
  const { text, ports, takeBuffers } = serialize(message, list, { isPort });
  if (ports.some((port) => port[kPort] === null)) throw new DOMException('MessagePort in transfer list is already detached', 'DataCloneError');
  return [text, takeBuffers(), ports.map(handOver)];
}

function unpack([text, buffers, ports]) {
  return deserialize(text, buffers, ports.map(fromHost));
}

function handOver(port) {
  const number = port[kPort];
  port[kPort] = null;
  internal.threads.detach(number);
  internal.loop.closeRequest(port[kRequest]);
  return number;
}

const fromHost = (number) => new MessagePort(kMake, number);

function post(port, message, transfer) {
  const packed = pack(message, transfer, port);
  if (port[kPort] !== null) internal.threads.post(port[kPort], ...packed);
}

// Something came: a message, or the end.
function receive(port) {
  if (port[kPort] === null) return;
  const received = internal.threads.receive(port[kPort], false);
  if (received === undefined) return;
  if (received !== null) {
    port.dispatchEvent(new MessageEvent('message', { data: unpack(received) }));
    return;
  }
  port[kPort] = null;
  internal.loop.closeRequest(port[kRequest]);
  port.dispatchEvent(new Event('close'));
}

function receiveMessageOnPort(port) {
  if (!isPort(port)) {
    throw Object.assign(new TypeError('The "port" argument must be a MessagePort instance'), { code: 'ERR_INVALID_ARG_TYPE' });
  }
  const received = port[kPort] === null ? undefined : internal.threads.receive(port[kPort], true);
  return received === undefined || received === null ? undefined : { message: unpack(received) };
}

class MessageChannel {
  constructor() {
    [this.port1, this.port2] = internal.threads.channel().map(fromHost);
  }
}

const untransferable = new WeakSet();

module.exports = { MessagePort, MessageChannel, MessageEvent, receiveMessageOnPort, pack, unpack, fromHost, untransferable };
