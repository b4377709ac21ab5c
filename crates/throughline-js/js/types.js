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

const { isPrototypeOf } = Object.prototype;

// Whether calling `method` of `prototype` on a value succeeds, which built-in methods do only on their own kind. An
// object with an ordinary chain of prototypes that misses `prototype` is not even asked: an error costs much.
function brand(prototype, method, ...args) {
  return (value) => {
    if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return false;
    if (!isPrototypeOf.call(prototype, value) && isPrototypeOf.call(Object.prototype, value)) return false;
    try {
      method.call(value, ...args);
      return true;
    } catch {
      return false;
    }
  };
}

const boxed = (prototype) => {
  const is = brand(prototype, prototype.valueOf);
  return (value) => typeof value === 'object' && is(value);
};

// A tag that only the engine's own prototype gives: no getter of the value itself is asked.
function tagged(tag, prototype) {
  return (value) => {
    if (value === null || typeof value !== 'object') return false;
    return (
      prototype.isPrototypeOf(value) &&
      !Object.hasOwn(value, Symbol.toStringTag) &&
      toString.call(value) === `[object ${tag}]`
    );
  };
}

const protoOf = Object.getPrototypeOf;
const GeneratorPrototype = protoOf(protoOf((function* () {})()));
const AsyncGeneratorPrototype = protoOf(protoOf((async function* () {})()));

// The kind of a function shows in the intrinsic prototype it was made with.
const AsyncFunctionPrototype = protoOf(async function () {});
const GeneratorFunctionPrototype = protoOf(function* () {});
const AsyncGeneratorFunctionPrototype = protoOf(async function* () {});
// One that has lost its prototype shows it in its text.
const functionOf =
  (text, ...prototypes) =>
  (value) => {
    if (typeof value !== 'function') return false;
    if (protoOf(value) === null) return text.test(Function.prototype.toString.call(value));
    return prototypes.some((prototype) => isPrototypeOf.call(prototype, value));
  };

const isDataView = brand(DataView.prototype, getter(DataView.prototype, 'byteLength'));
const isArrayBuffer = brand(ArrayBuffer.prototype, getter(ArrayBuffer.prototype, 'byteLength'));
const isSharedArrayBuffer =
  typeof SharedArrayBuffer === 'function'
    ? brand(SharedArrayBuffer.prototype, getter(SharedArrayBuffer.prototype, 'byteLength'))
    : () => false;

const typedArrayName = (value) => (ArrayBuffer.isView(value) ? typedArrayTag.call(value) : undefined);
const isTyped = (name) => (value) => typedArrayName(value) === name;

const isNumberObject = boxed(Number.prototype);
const isStringObject = boxed(String.prototype);
const isBooleanObject = boxed(Boolean.prototype);
const isBigIntObject = boxed(BigInt.prototype);
const isSymbolObject = boxed(Symbol.prototype);

const isRegExpLike = brand(RegExp.prototype, getter(RegExp.prototype, 'source'));

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
  return (
    value !== null &&
    typeof value === 'object' &&
    !(Symbol.toStringTag in value) &&
    toString.call(value) === '[object Arguments]'
  );
}

function isModuleNamespaceObject(value) {
  if (value === null || typeof value !== 'object' || protoOf(value) !== null) return false;
  const tag = Object.getOwnPropertyDescriptor(value, Symbol.toStringTag);
  return (
    tag !== undefined &&
    tag.value === 'Module' &&
    !tag.writable &&
    !tag.configurable &&
    !Object.isExtensible(value)
  );
}

const types = {
  isExternal: () => false,
  isDate: brand(Date.prototype, Date.prototype.getTime),
  isArgumentsObject,
  isBigIntObject,
  isBooleanObject,
  isNumberObject,
  isStringObject,
  isSymbolObject,
  isBoxedPrimitive: (value) =>
    isNumberObject(value) ||
    isStringObject(value) ||
    isBooleanObject(value) ||
    isBigIntObject(value) ||
    isSymbolObject(value),
  isNativeError,
  isRegExp: (value) => value !== RegExp.prototype && isRegExpLike(value),
  isAsyncFunction: functionOf(/^async[\s(]/, AsyncFunctionPrototype, AsyncGeneratorFunctionPrototype),
  isGeneratorFunction: functionOf(
    /^(async\s+)?(function\s*)?\*/,
    GeneratorFunctionPrototype,
    AsyncGeneratorFunctionPrototype,
  ),
  isGeneratorObject: (value) =>
    tagged('Generator', GeneratorPrototype)(value) ||
    tagged('AsyncGenerator', AsyncGeneratorPrototype)(value),
  isPromise,
  isMap: brand(Map.prototype, getter(Map.prototype, 'size')),
  isSet: brand(Set.prototype, getter(Set.prototype, 'size')),
  isMapIterator: tagged('Map Iterator', protoOf(new Map().keys())),
  isSetIterator: tagged('Set Iterator', protoOf(new Set().keys())),
  isWeakMap: brand(WeakMap.prototype, WeakMap.prototype.has, {}),
  isWeakSet: brand(WeakSet.prototype, WeakSet.prototype.has, {}),
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
