// `node:util`, as far as ordinary programs and tests ask for it.
//
// Needs of `internal`: `nextTick(fn, ...args)`, `emitWarning(text, type?, code?)`, `write(fd, text)`, and what
// `types.js` may use; `environment(name)`, if given, answers the environment variables `debuglog` reads.
'use strict';

const { types } = require('internal/types');
const { inspect, format, formatWithOptions } = require('internal/inspect');
const { codes, validate } = require('internal/errors');
const { isDeepStrictEqual } = require('internal/comparisons');

function inherits(constructor, superConstructor) {
  if (constructor === undefined || constructor === null)
    throw new codes.ERR_INVALID_ARG_TYPE('ctor', 'Function', constructor);
  if (superConstructor === undefined || superConstructor === null) {
    throw new codes.ERR_INVALID_ARG_TYPE('superCtor', 'Function', superConstructor);
  }
  if (superConstructor.prototype === undefined) {
    throw new codes.ERR_INVALID_ARG_TYPE('superCtor.prototype', 'Object', superConstructor.prototype);
  }
  Object.defineProperty(constructor, 'super_', {
    value: superConstructor,
    writable: true,
    configurable: true,
  });
  Object.setPrototypeOf(constructor.prototype, superConstructor.prototype);
}

const customPromisify = Symbol.for('nodejs.util.promisify.custom');
const customPromisifyArgs = Symbol('customPromisifyArgs');

function promisify(original) {
  validate.function(original, 'original');
  const own = original[customPromisify];
  if (own) {
    validate.function(own, 'util.promisify.custom');
    return Object.defineProperty(own, customPromisify, { value: own, configurable: true });
  }
  const names = original[customPromisifyArgs];
  function fn(...args) {
    return new Promise((resolve, reject) => {
      const returned = Reflect.apply(original, this, [
        ...args,
        (error, ...values) => {
          if (error) return reject(error);
          if (names === undefined || values.length < 2) return resolve(values[0]);
          resolve(Object.fromEntries(names.map((name, i) => [name, values[i]])));
        },
      ]);
      if (types.isPromise(returned)) {
        internal.emitWarning(
          'Calling promisify on a function that returns a Promise is likely a mistake.',
          'DeprecationWarning',
          'DEP0174',
        );
      }
    });
  }
  Object.setPrototypeOf(fn, Object.getPrototypeOf(original));
  Object.defineProperty(fn, customPromisify, { value: fn, configurable: true });
  const descriptors = Object.getOwnPropertyDescriptors(original);
  for (const key of Reflect.ownKeys(descriptors)) {
    try {
      Object.defineProperty(fn, key, descriptors[key]);
    } catch {
      // `prototype`, where it is fixed.
    }
  }
  return fn;
}
promisify.custom = customPromisify;

function callbackify(original) {
  validate.function(original, 'original');
  function callbackified(...args) {
    const callback = args.pop();
    validate.function(callback, 'last argument');
    const call = callback.bind(this);
    Reflect.apply(original, this, args).then(
      (value) => internal.nextTick(call, null, value),
      (reason) => {
        // A callback tells success by a falsy first argument, so such a reason is wrapped.
        internal.nextTick(call, reason || new codes.ERR_FALSY_VALUE_REJECTION(reason));
      },
    );
  }
  const descriptors = Object.getOwnPropertyDescriptors(original);
  if (typeof descriptors.length?.value === 'number') descriptors.length.value += 1;
  if (typeof descriptors.name?.value === 'string') descriptors.name.value += 'Callbackified';
  for (const key of Reflect.ownKeys(descriptors)) {
    try {
      Object.defineProperty(callbackified, key, descriptors[key]);
    } catch {
      // `prototype`, where it is fixed.
    }
  }
  return callbackified;
}

const warnedCodes = new Set();

function deprecate(fn, message, code) {
  if (code !== undefined) validate.string(code, 'code');
  let warned = false;
  function warn() {
    if (warned) return;
    warned = true;
    if (code !== undefined) {
      if (warnedCodes.has(code)) return;
      warnedCodes.add(code);
    }
    internal.emitWarning(message, 'DeprecationWarning', code, deprecated);
  }
  function deprecated(...args) {
    warn();
    if (new.target) return Reflect.construct(fn, args, new.target === deprecated ? fn : new.target);
    return Reflect.apply(fn, this, args);
  }
  Object.setPrototypeOf(deprecated, fn);
  if (fn.prototype) deprecated.prototype = fn.prototype;
  Object.defineProperty(deprecated, 'length', { ...Object.getOwnPropertyDescriptor(fn, 'length') });
  return deprecated;
}

// `NODE_DEBUG=name,other*` turns sections on.
function sections() {
  const text = internal.environment?.('NODE_DEBUG') ?? '';
  const patterns = text
    .split(',')
    .filter(Boolean)
    .map((word) => word.replace(/[|\\{}()[\]^$+?.]/g, '\\$&').replaceAll('*', '.*'));
  return patterns.length === 0 ? /$^/ : new RegExp(`^(${patterns.join('|')})$`, 'i');
}

function debuglog(set, callback) {
  const name = String(set).toUpperCase();
  let enabled;
  const isEnabled = () => (enabled ??= sections().test(name));
  let first = true;
  function logger(...args) {
    if (first) {
      first = false;
      callback?.(logger);
    }
    if (!isEnabled()) return;
    internal.write(2, `${name} ${internal.pid?.() ?? 0}: ${format(...args)}\n`);
  }
  return Object.defineProperty(logger, 'enabled', { get: isEnabled, configurable: true, enumerable: true });
}

// eslint-disable-next-line no-control-regex
const ANSI =
  /[\u001b\u009b][[\]()#;?]*(?:(?:(?:(?:;[-a-zA-Z\d/#&.:=?%@~_]+)*|[a-zA-Z\d]+(?:;[-a-zA-Z\d/#&.:=?%@~_]*)*)?(?:\u0007|\u001b\\|\u009c))|(?:(?:\d{1,4}(?:;\d{0,4})*)?[\dA-PR-TZcf-nq-uy=><~]))/g;

function stripVTControlCharacters(text) {
  validate.string(text, 'str');
  return text.replace(ANSI, '');
}

function styleText(name, text) {
  validate.string(text, 'text');
  let open = '';
  let close = '';
  for (const each of Array.isArray(name) ? name : [name]) {
    const colour = inspect.colors[each];
    if (colour === undefined) validate.oneOf(each, 'format', Object.keys(inspect.colors));
    open += `\u001b[${colour[0]}m`;
    close = `\u001b[${colour[1]}m${close}`;
  }
  return `${open}${text}${close}`;
}

// Settles once `signal` is aborted.
async function aborted(signal, resource) {
  if (signal === null || typeof signal !== 'object' || !('aborted' in signal)) throw notASignal();
  if (resource === null || (typeof resource !== 'object' && typeof resource !== 'function')) {
    throw new codes.ERR_INVALID_ARG_TYPE('resource', 'object', resource);
  }
  if (signal.aborted) return undefined;
  return new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}

const notASignal = () =>
  Object.assign(new TypeError('signal is not of type AbortSignal.'), { code: 'ERR_INVALID_ARG_TYPE' });

function extend(target, source) {
  if (source === null || typeof source !== 'object') return target;
  return Object.assign(target, source);
}

const toUSVString = (text) => String(text).toWellFormed();

module.exports = {
  _extend: deprecate(
    extend,
    'The `util._extend` API is deprecated. Please use Object.assign() instead.',
    'DEP0060',
  ),
  aborted,
  callbackify,
  debug: debuglog,
  debuglog,
  deprecate,
  format,
  styleText,
  formatWithOptions,
  inherits,
  inspect,
  isArray: deprecate(
    Array.isArray,
    'The `util.isArray` API is deprecated. Please use `Array.isArray()` instead.',
    'DEP0044',
  ),
  isDeepStrictEqual,
  promisify,
  stripVTControlCharacters,
  toUSVString,
  types,
};
const encoding = require('internal/encoding');
for (const name of ['TextDecoder', 'TextEncoder']) module.exports[name] = globalThis[name] ?? encoding[name];
// Where a function is, only an engine knows whose `Error` says it.
Object.defineProperty(module.exports, 'getCallSites', {
  configurable: true,
  enumerable: true,
  get: () => require('internal/call_sites').getCallSites,
});
