// What goes from one runtime to another: a value as text and bytes, by the rules of the structured clone.
//
// Values that refer to each other, or to themselves, are numbered; the text is JSON. Errors keep what is theirs (`own`) where a thread's end is told.
//
// Required as `internal/message_clone`.
'use strict';

const { DOMException } = require('internal/errors');
const { types } = require('internal/types');
const { refuse } = require('internal/structured_clone');

const ERRORS = { EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };
const VIEWS = [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array, BigInt64Array, BigUint64Array, DataView];
if (typeof Float16Array === 'function') VIEWS.push(Float16Array);
const viewNamed = Object.fromEntries(VIEWS.map((View) => [View.name, View]));
const tagOf = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag).get;

const failure = (message) => new DOMException(message, 'DataCloneError');

// ---- To text ---------------------------------------------------------------------------------------------------------

class Writer {
  constructor(transfer, own) {
    this.numbers = new Map();
    this.objects = [];
    this.buffers = [];
    this.transfer = transfer;
    this.own = own;
  }

  value(value) {
    switch (typeof value) {
      case 'string':
      case 'boolean':
        return value;
      case 'number':
        return Number.isFinite(value) && !Object.is(value, -0) ? value : ['n', Object.is(value, -0) ? '-0' : `${value}`];
      case 'undefined':
        return ['u'];
      case 'bigint':
        return ['b', `${value}`];
      case 'object':
        return value === null ? null : ['r', this.number(value)];
      default:
        return refuse(value);
    }
  }

  number(object) {
    let number = this.numbers.get(object);
    if (number === undefined) {
      number = this.objects.length;
      this.numbers.set(object, number);
      this.objects.push(object);
    }
    return number;
  }

  // One object after another, so that the depth of a value is no matter.
  all(value) {
    const root = this.value(value);
    const entries = [];
    while (entries.length < this.objects.length) entries.push(this.object(this.objects[entries.length]));
    return JSON.stringify([root, entries]);
  }

  object(object) {
    const port = this.transfer.ports.indexOf(object);
    if (port !== -1) return ['P', port];
    if (types.isBoxedPrimitive(object)) {
      const primitive = object.valueOf();
      return typeof primitive === 'symbol' ? refuse(object) : ['W', this.value(primitive)];
    }
    if (types.isDate(object)) return ['D', this.value(object.getTime())];
    if (types.isRegExp(object)) return ['X', object.source, object.flags];
    if (types.isArrayBuffer(object)) return this.buffer(object);
    if (ArrayBuffer.isView(object)) return ['V', tagOf.call(object) ?? 'DataView', this.number(object.buffer), object.byteOffset, object.length ?? object.byteLength];
    if (types.isMap(object)) return ['M', [...object].flat().map((item) => this.value(item))];
    if (types.isSet(object)) return ['S', [...object].map((item) => this.value(item))];
    if (types.isNativeError(object)) return this.error(object);
    if (object instanceof DOMException) return ['Q', object.message, object.name];
    if (object[Symbol.for('throughline.port')] !== undefined) {
      throw failure('Object that needs transfer was found in message but not listed in transferList');
    }
    if (types.isGeneratorObject(object)) throw failure('[object Generator] could not be cloned.');
    if (isUncloneable(object)) refuse(object);
    const values = Object.keys(object).map((key) => [key, this.value(object[key])]);
    return Array.isArray(object) ? ['A', object.length, values] : ['O', values];
  }

  buffer(buffer) {
    if (buffer.detached) throw failure('An ArrayBuffer is detached and could not be cloned.');
    // A copy also where it is handed over: two engines share no memory.
    return ['B', this.buffers.push(buffer) - 1, buffer.resizable ? buffer.maxByteLength : -1];
  }

  error(error) {
    const text = (key) => {
      const property = Object.getOwnPropertyDescriptor(error, key);
      return property !== undefined && 'value' in property ? `${property.value}` : null;
    };
    const rest = this.own ? Object.keys(error).filter((key) => key !== 'stack' && key !== 'message') : [];
    const values = [...rest, ...(Object.hasOwn(error, 'cause') && !rest.includes('cause') ? ['cause'] : [])].map((key) => [key, this.value(error[key]), rest.includes(key)]);
    return ['E', Object.hasOwn(ERRORS, error.name) ? error.name : 'Error', text('message'), typeof error.stack === 'string' ? error.stack : null, values];
  }
}

const isUncloneable = (object) =>
  types.isSharedArrayBuffer(object) || types.isProxy(object) || types.isPromise(object) || types.isWeakMap(object) || types.isWeakSet(object) ||
  object instanceof WeakRef;

// A value as text; `list` has what is to be handed over: ports, and buffers, which `takeBuffers` takes with the others.
function serialize(value, list = [], { isPort = () => false, own = false } = {}) {
  const transfer = { ports: [], buffers: [] };
  for (const item of list) {
    const kind = isPort(item) ? transfer.ports : types.isArrayBuffer(item) ? transfer.buffers : undefined;
    if (kind === undefined) throw failure('Found invalid value in transferList.');
    if (kind.includes(item)) throw failure(`Transfer list contains duplicate ${isPort(item) ? 'MessagePort' : 'ArrayBuffer'}`);
    kind.push(item);
  }
  const writer = new Writer(transfer, own);
  const text = writer.all(value);
  const takeBuffers = () => {
    const taken = new Map(transfer.buffers.map((buffer) => [buffer, buffer.transfer()]));
    return writer.buffers.map((buffer) => new Uint8Array(taken.get(buffer) ?? buffer));
  };
  return { text, ports: transfer.ports, takeBuffers };
}

// ---- From text -------------------------------------------------------------------------------------------------------

function deserialize(text, buffers, ports) {
  const [root, entries] = JSON.parse(text);
  const objects = [];
  const value = (written) => {
    if (!Array.isArray(written)) return written;
    switch (written[0]) {
      case 'u': return undefined;
      case 'n': return Number(written[1]);
      case 'b': return BigInt(written[1]);
      default: return objects[written[1]];
    }
  };
  entries.forEach((entry, i) => {
    if (entry[0] !== 'V') objects[i] = empty(entry, buffers, ports, value);
  });
  entries.forEach((entry, i) => {
    if (entry[0] === 'V') objects[i] = new viewNamed[entry[1]](objects[entry[2]], entry[3], entry[4]);
  });
  entries.forEach((entry, i) => fill(objects[i], entry, value));
  return value(root);
}

// What an entry stands for, without what it holds.
function empty([kind, ...rest], buffers, ports, value) {
  switch (kind) {
    case 'O': return {};
    case 'A': return new Array(rest[0]);
    case 'M': return new Map();
    case 'S': return new Set();
    case 'D': return new Date(value(rest[0]));
    case 'X': return new RegExp(rest[0], rest[1]);
    case 'W': return Object(value(rest[0]));
    case 'B': return rest[1] === -1 ? buffers[rest[0]] : resizable(buffers[rest[0]], rest[1]);
    case 'P': return ports[rest[0]];
    case 'Q': return new DOMException(rest[0], rest[1]);
    default: return Reflect.construct(ERRORS[rest[0]] ?? Error, []);
  }
}

function resizable(buffer, maxByteLength) {
  const made = new ArrayBuffer(buffer.byteLength, { maxByteLength });
  new Uint8Array(made).set(new Uint8Array(buffer));
  return made;
}

function fill(object, entry, value) {
  const define = (key, content, enumerable = true) =>
    Object.defineProperty(object, key, { value: content, writable: true, enumerable, configurable: true });
  switch (entry[0]) {
    case 'O':
      for (const [key, written] of entry[1]) define(key, value(written));
      break;
    case 'A':
      for (const [key, written] of entry[2]) define(key, value(written));
      break;
    case 'M':
      for (let i = 0; i < entry[1].length; i += 2) object.set(value(entry[1][i]), value(entry[1][i + 1]));
      break;
    case 'S':
      for (const written of entry[1]) object.add(value(written));
      break;
    case 'E':
      if (entry[2] !== null) define('message', entry[2], false);
      if (entry[3] !== null) define('stack', entry[3], false);
      for (const [key, written, enumerable] of entry[4]) define(key, value(written), enumerable);
      break;
  }
}

module.exports = { serialize, deserialize };
