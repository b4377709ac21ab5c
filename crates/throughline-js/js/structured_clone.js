// `structuredClone`.
//
// Required as `internal/structured_clone`.
'use strict';

const { codes, DOMException } = require('internal/errors');
const { types } = require('internal/types');

const ERRORS = { EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };

function refuse(value) {
  let text;
  try {
    text = typeof value === 'symbol' ? value.toString() : typeof value === 'function' ? `${value}` : '#<Object>';
    if (typeof value === 'object') text = `#<${value.constructor?.name || 'Object'}>`;
  } catch {
    text = '#<Object>';
  }
  throw new DOMException(`${text} could not be cloned.`, 'DataCloneError');
}

function structuredClone(value, options = undefined) {
  if (arguments.length === 0) throw new codes.ERR_MISSING_ARGS("value");
  const transfer = [...(options?.transfer ?? [])];
  for (const item of transfer) {
    if (!types.isArrayBuffer(item)) throw new DOMException('Value not transferable', 'DataCloneError');
    if (item.detached) throw new DOMException('An ArrayBuffer is detached and could not be cloned.', 'DataCloneError');
  }
  if (new Set(transfer).size !== transfer.length) throw new DOMException('ArrayBuffer occurs in the transfer list more than once', 'DataCloneError');
  const seen = new Map();
  const answer = clone(value, seen, transfer);
  return answer;
}

function clone(value, seen, transfer) {
  if (typeof value === 'symbol' || typeof value === 'function') refuse(value);
  if (typeof value !== 'object' || value === null) return value;
  const known = seen.get(value);
  if (known !== undefined) return known;
  const copy = (made) => {
    seen.set(value, made);
    return made;
  };
  const inner = (one) => clone(one, seen, transfer);

  if (types.isBoxedPrimitive(value)) {
    const primitive = value.valueOf();
    if (typeof primitive === 'symbol') refuse(value);
    return copy(Object(primitive));
  }
  if (types.isDate(value)) return copy(new Date(value.getTime()));
  if (types.isRegExp(value)) return copy(new RegExp(value.source, value.flags));
  if (types.isSharedArrayBuffer(value)) return copy(value);
  if (types.isArrayBuffer(value)) {
    if (value.detached) refuse(value);
    if (transfer.includes(value)) return copy(value.transfer());
    return copy(value.resizable ? resized(value) : value.slice(0));
  }
  if (ArrayBuffer.isView(value)) return copy(view(value, inner));
  if (types.isMap(value)) {
    const made = copy(new Map());
    for (const [key, item] of [...value]) made.set(inner(key), inner(item));
    return made;
  }
  if (types.isSet(value)) {
    const made = copy(new Set());
    for (const item of [...value]) made.add(inner(item));
    return made;
  }
  if (types.isNativeError(value)) return copy(error(value, inner, seen));
  if (value instanceof DOMException) return copy(new DOMException(value.message, value.name));
  if (
    types.isProxy(value) || types.isPromise(value) || types.isWeakMap(value) || types.isWeakSet(value) ||
    types.isGeneratorObject(value) || value instanceof WeakRef
  ) {
    refuse(value);
  }
  const made = copy(Array.isArray(value) ? new Array(value.length) : {});
  for (const key of Object.keys(value)) {
    Object.defineProperty(made, key, { value: inner(value[key]), writable: true, enumerable: true, configurable: true });
  }
  return made;
}

function resized(buffer) {
  const made = new ArrayBuffer(buffer.byteLength, { maxByteLength: buffer.maxByteLength });
  new Uint8Array(made).set(new Uint8Array(buffer));
  return made;
}

function view(value, inner) {
  const buffer = inner(value.buffer);
  if (types.isDataView(value)) return new DataView(buffer, value.byteOffset, value.byteLength);
  // A subclass is not kept.
  const Kind = globalThis[Object.getPrototypeOf(Uint8Array.prototype)[Symbol.toStringTag] ?? value[Symbol.toStringTag]];
  return new Kind(buffer, value.byteOffset, value.length);
}

function error(value, inner, seen) {
  const name = Object.hasOwn(ERRORS, value.name) ? value.name : 'Error';
  const made = Object.create((ERRORS[name] ?? Error).prototype);
  const copy = Reflect.construct(ERRORS[name] ?? Error, []);
  seen.set(value, copy);
  Object.setPrototypeOf(copy, Object.getPrototypeOf(made));
  const hide = (key, text) => Object.defineProperty(copy, key, { value: text, writable: true, configurable: true });
  const message = Object.getOwnPropertyDescriptor(value, 'message');
  if (message !== undefined && 'value' in message) hide('message', `${message.value}`);
  const { stack } = value;
  if (typeof stack === 'string') hide('stack', stack);
  if (Object.hasOwn(value, 'cause')) hide('cause', inner(value.cause));
  return copy;
}

module.exports = { structuredClone, refuse };
