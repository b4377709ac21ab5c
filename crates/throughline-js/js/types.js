// What a value is, told by brands rather than by prototypes wherever the language lets us ask.
//
// Required as `internal/types` (and given out as `node:util/types`). May use of `internal`, each optional:
//   promiseState(value)  -> undefined if no promise, else ['pending'] | ['fulfilled', value] | ['rejected', reason]
//   proxyDetails(value)  -> undefined if no proxy, else [target, handler]
'use strict';

const TypedArrayPrototype = Object.getPrototypeOf(Uint8Array.prototype);
const typedArrayTag = Object.getOwnPropertyDescriptor(TypedArrayPrototype, Symbol.toStringTag).get;
const { toString } = Object.prototype;

const getter = (prototype, name) => Object.getOwnPropertyDescriptor(prototype, name).get;

// Whether calling `method` on a value succeeds, which built-in methods do only on their own kind.
function brand(method, ...args) {
  return (value) => {
    if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return false;
    try {
      method.call(value, ...args);
      return true;
    } catch {
      return false;
    }
  };
}

const boxed = (prototype) => {
  const is = brand(prototype.valueOf);
  return (value) => typeof value === 'object' && is(value);
};

// A tag that only the engine's own prototype gives: no getter of the value itself is asked.
function tagged(tag, prototype) {
  return (value) => {
    if (value === null || typeof value !== 'object') return false;
    return prototype.isPrototypeOf(value) && !Object.hasOwn(value, Symbol.toStringTag) && toString.call(value) === `[object ${tag}]`;
  };
}

const protoOf = Object.getPrototypeOf;
const GeneratorPrototype = protoOf(protoOf((function* () {})()));
const AsyncGeneratorPrototype = protoOf(protoOf((async function* () {})()));

// The kind of a function shows in the intrinsic prototype it was made with.
const AsyncFunctionPrototype = protoOf(async function () {});
const GeneratorFunctionPrototype = protoOf(function* () {});
const AsyncGeneratorFunctionPrototype = protoOf(async function* () {});
const functionOf =
  (...prototypes) =>
  (value) =>
    typeof value === 'function' && prototypes.some((prototype) => prototype.isPrototypeOf(value));

const isDataView = brand(getter(DataView.prototype, 'byteLength'));
const isArrayBuffer = brand(getter(ArrayBuffer.prototype, 'byteLength'));
const isSharedArrayBuffer =
  typeof SharedArrayBuffer === 'function' ? brand(getter(SharedArrayBuffer.prototype, 'byteLength')) : () => false;

const typedArrayName = (value) => (ArrayBuffer.isView(value) ? typedArrayTag.call(value) : undefined);
const isTyped = (name) => (value) => typedArrayName(value) === name;

const isNumberObject = boxed(Number.prototype);
const isStringObject = boxed(String.prototype);
const isBooleanObject = boxed(Boolean.prototype);
const isBigIntObject = boxed(BigInt.prototype);
const isSymbolObject = boxed(Symbol.prototype);

const isRegExpLike = brand(getter(RegExp.prototype, 'source'));

function promiseState(value) {
  return internal.promiseState?.(value);
}

function isPromise(value) {
  if (internal.promiseState) return promiseState(value) !== undefined;
  return value instanceof Promise;
}

function isNativeError(value) {
  if (value === null || typeof value !== 'object') return false;
  if (typeof Error.isError === 'function') return Error.isError(value);
  return toString.call(value) === '[object Error]' || value instanceof Error;
}

function isArgumentsObject(value) {
  return value !== null && typeof value === 'object' && !(Symbol.toStringTag in value) && toString.call(value) === '[object Arguments]';
}

function isModuleNamespaceObject(value) {
  if (value === null || typeof value !== 'object' || protoOf(value) !== null) return false;
  const tag = Object.getOwnPropertyDescriptor(value, Symbol.toStringTag);
  return tag !== undefined && tag.value === 'Module' && !tag.writable && !tag.configurable && !Object.isExtensible(value);
}

const types = {
  isExternal: () => false,
  isDate: brand(Date.prototype.getTime),
  isArgumentsObject,
  isBigIntObject,
  isBooleanObject,
  isNumberObject,
  isStringObject,
  isSymbolObject,
  isBoxedPrimitive: (value) =>
    isNumberObject(value) || isStringObject(value) || isBooleanObject(value) || isBigIntObject(value) || isSymbolObject(value),
  isNativeError,
  isRegExp: (value) => value !== RegExp.prototype && isRegExpLike(value),
  isAsyncFunction: functionOf(AsyncFunctionPrototype, AsyncGeneratorFunctionPrototype),
  isGeneratorFunction: functionOf(GeneratorFunctionPrototype, AsyncGeneratorFunctionPrototype),
  isGeneratorObject: (value) =>
    tagged('Generator', GeneratorPrototype)(value) || tagged('AsyncGenerator', AsyncGeneratorPrototype)(value),
  isPromise,
  isMap: brand(getter(Map.prototype, 'size')),
  isSet: brand(getter(Set.prototype, 'size')),
  isMapIterator: tagged('Map Iterator', protoOf(new Map().keys())),
  isSetIterator: tagged('Set Iterator', protoOf(new Set().keys())),
  isWeakMap: brand(WeakMap.prototype.has, {}),
  isWeakSet: brand(WeakSet.prototype.has, {}),
  isArrayBuffer,
  isSharedArrayBuffer,
  isProxy: (value) => internal.proxyDetails?.(value) !== undefined,
  isModuleNamespaceObject,
  isAnyArrayBuffer: (value) => isArrayBuffer(value) || isSharedArrayBuffer(value),
  isCryptoKey: () => false,
  isKeyObject: () => false,
  isArrayBufferView: (value) => ArrayBuffer.isView(value),
  isDataView,
  isTypedArray: (value) => typedArrayName(value) !== undefined,
  isUint8Array: isTyped('Uint8Array'),
  isUint8ClampedArray: isTyped('Uint8ClampedArray'),
  isUint16Array: isTyped('Uint16Array'),
  isUint32Array: isTyped('Uint32Array'),
  isInt8Array: isTyped('Int8Array'),
  isInt16Array: isTyped('Int16Array'),
  isInt32Array: isTyped('Int32Array'),
  isFloat16Array: isTyped('Float16Array'),
  isFloat32Array: isTyped('Float32Array'),
  isFloat64Array: isTyped('Float64Array'),
  isBigInt64Array: isTyped('BigInt64Array'),
  isBigUint64Array: isTyped('BigUint64Array'),
};

module.exports = { types, promiseState, typedArrayName };
