// Deep equality: loose, strict, and partial (the expected value is a part of the actual one).
//
// Required as `internal/comparisons`. Needs of `internal`: what `types.js` may use.
'use strict';

const { types } = require('internal/types');

const LOOSE = 0;
const STRICT = 1;
const PARTIAL = 2;

const tagOf = (value) => Object.prototype.toString.call(value);
const isObject = (value) => typeof value === 'object' && value !== null;

function equal(a, b, mode, seen) {
  if (a === b) return mode === LOOSE || a !== 0 || Object.is(a, b);
  if (mode === LOOSE) {
    if (!isObject(a) || !isObject(b)) {
      if (typeof a === 'function' || typeof b === 'function' || isObject(a) || isObject(b)) return false;
      // eslint-disable-next-line eqeqeq
      return a == b || (a !== a && b !== b);
    }
  } else {
    if (!isObject(a) || !isObject(b))
      return a !== a && b !== b && typeof a === 'number' && typeof b === 'number';
    if (mode === STRICT && Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  }
  if (tagOf(a) !== tagOf(b)) return false;
  return (
    sameKind(a, b) && (Array.isArray(a) ? equalArrays(a, b, mode, seen) : equalObjects(a, b, mode, seen))
  );
}

const KINDS = [
  Array.isArray,
  types.isDate,
  types.isRegExp,
  types.isNativeError,
  types.isSet,
  types.isMap,
  types.isAnyArrayBuffer,
  types.isTypedArray,
  types.isBoxedPrimitive,
  types.isPromise,
  types.isWeakMap,
  types.isWeakSet,
];

const sameKind = (a, b) => KINDS.every((is) => is(a) === is(b));

const isIndex = (key) => /^(0|[1-9]\d*)$/.test(key);

// The keys that count: own and enumerable, symbols only when strict.
function keysOf(value, mode, withoutIndices) {
  let keys = Object.keys(value);
  if (withoutIndices) keys = keys.filter((key) => !isIndex(key));
  if (mode === LOOSE) return keys;
  const symbols = Object.getOwnPropertySymbols(value).filter((key) =>
    Object.prototype.propertyIsEnumerable.call(value, key),
  );
  return keys.concat(symbols);
}

function equalArrays(a, b, mode, seen) {
  if (mode === PARTIAL ? a.length < b.length : a.length !== b.length) return false;
  const compareItems =
    mode === PARTIAL
      ? () => partOf(a, b, seen)
      : () => {
          for (let i = 0; i < a.length; i += 1) {
            if (Object.hasOwn(a, i) !== Object.hasOwn(b, i)) return false;
            if (!equal(a[i], b[i], mode, seen)) return false;
          }
          return true;
        };
  return equalKeys(a, b, mode, seen, true, compareItems);
}

// Each expected item is found, in order.
function partOf(a, b, seen) {
  let from = 0;
  for (let i = 0; i < b.length; i += 1) {
    const fits = () => Object.hasOwn(a, from) === Object.hasOwn(b, i) && equal(a[from], b[i], PARTIAL, seen);
    while (from < a.length && !fits()) from += 1;
    if (from === a.length) return false;
    from += 1;
  }
  return true;
}

function equalObjects(a, b, mode, seen) {
  if (types.isDate(a)) {
    const [left, right] = [a, b].map((date) => Date.prototype.getTime.call(date));
    if (left !== right && !(Number.isNaN(left) && Number.isNaN(right))) return false;
  } else if (types.isRegExp(a)) {
    if (a.source !== b.source || a.flags !== b.flags || a.lastIndex !== b.lastIndex) return false;
  } else if (types.isNativeError(a)) {
    if (a.message !== b.message || a.name !== b.name || !hiddenEqual(a, b, mode, seen)) return false;
  } else if (types.isTypedArray(a)) {
    if (!equalNumbers(a, b, mode)) return false;
    return equalKeys(a, b, mode, seen, true, () => true);
  } else if (types.isAnyArrayBuffer(a)) {
    if (!equalNumbers(new Uint8Array(a), new Uint8Array(b), mode)) return false;
  } else if (types.isBoxedPrimitive(a)) {
    if (!equalBoxed(a, b)) return false;
    return equalKeys(a, b, mode, seen, types.isStringObject(a), () => true);
  } else if (types.isPromise(a) || types.isWeakMap(a) || types.isWeakSet(a)) {
    return false;
  } else if (types.isSet(a)) {
    if (mode === PARTIAL ? a.size < b.size : a.size !== b.size) return false;
    return equalKeys(a, b, mode, seen, false, () => equalSets(a, b, mode, seen));
  } else if (types.isMap(a)) {
    if (mode === PARTIAL ? a.size < b.size : a.size !== b.size) return false;
    return equalKeys(a, b, mode, seen, false, () => equalMaps(a, b, mode, seen));
  }
  return equalKeys(a, b, mode, seen, false, () => true);
}

// `cause` and `errors` count although they are not enumerable.
function hiddenEqual(a, b, mode, seen) {
  return ['cause', 'errors'].every((key) => {
    if (mode === PARTIAL && !Object.hasOwn(b, key)) return true;
    return Object.hasOwn(a, key) === Object.hasOwn(b, key) && equal(a[key], b[key], mode, seen);
  });
}

function equalNumbers(a, b, mode) {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i += 1) {
    if (mode === LOOSE ? a[i] !== b[i] && !(a[i] !== a[i] && b[i] !== b[i]) : !Object.is(a[i], b[i]))
      return false;
  }
  return true;
}

function equalBoxed(a, b) {
  for (const [is, { valueOf }] of [
    [types.isNumberObject, Number.prototype],
    [types.isStringObject, String.prototype],
    [types.isBooleanObject, Boolean.prototype],
    [types.isBigIntObject, BigInt.prototype],
    [types.isSymbolObject, Symbol.prototype],
  ]) {
    if (is(a)) return is(b) && Object.is(valueOf.call(a), valueOf.call(b));
  }
  return false;
}

// A pair that is being compared further up is taken as equal: if it is not, that will show there. A cycle on one side
// only is a difference.
function equalKeys(a, b, mode, seen, withoutIndices, compareEntries) {
  const keys = keysOf(b, mode, withoutIndices);
  if (mode !== PARTIAL && keysOf(a, mode, withoutIndices).length !== keys.length) return false;
  const has =
    mode === LOOSE ? Object.hasOwn : (object, key) => Object.prototype.propertyIsEnumerable.call(object, key);
  if (!keys.every((key) => has(a, key))) return false;
  const above = seen.findIndex(([left]) => left === a);
  if (above !== seen.findIndex(([, right]) => right === b)) return false;
  if (above !== -1) return true;
  seen.push([a, b]);
  const same = compareEntries() && keys.every((key) => equal(a[key], b[key], mode, seen));
  seen.pop();
  return same;
}

// Members that are not the very same are matched with what is left on the other side.
function equalSets(a, b, mode, seen) {
  const wanted = [...b].filter((item) => !a.has(item));
  const left = [...a].filter((item) => !b.has(item));
  if (mode === STRICT && wanted.some((item) => !isObject(item))) return false;
  return matchAll(wanted, left, (x, y) => equal(x, y, mode, seen));
}

function equalMaps(a, b, mode, seen) {
  const wanted = [];
  const left = [...a].filter(([key]) => !b.has(key));
  for (const [key, value] of b) {
    if (!a.has(key)) {
      if (mode === STRICT && !isObject(key)) return false;
      wanted.push([key, value]);
    } else if (!equal(a.get(key), value, mode, seen)) {
      if (mode !== LOOSE || isObject(key)) return false;
      wanted.push([key, value]);
      left.push([key, a.get(key)]);
    }
  }
  return matchAll(wanted, left, (x, y) => equal(x[0], y[0], mode, seen) && equal(x[1], y[1], mode, seen));
}

function matchAll(wanted, left, same) {
  return wanted.every((item) => {
    const at = left.findIndex((candidate) => same(candidate, item));
    if (at === -1) return false;
    left.splice(at, 1);
    return true;
  });
}

module.exports = {
  isDeepEqual: (a, b) => equal(a, b, LOOSE, []),
  isDeepStrictEqual: (a, b) => equal(a, b, STRICT, []),
  isPartialStrictEqual: (a, b) => equal(a, b, PARTIAL, []),
};
