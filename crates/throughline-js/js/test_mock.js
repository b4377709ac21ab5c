// `mock` of `node:test`: functions, methods and properties that keep account of their calls.
//
// Required as `internal/test_mock`.
'use strict';

const { codes, validate } = require('internal/errors');

// What is known of a mock.
class MockFunctionContext {
  #calls = [];
  #implementation;
  #once = new Map();
  #restore;
  #times;
  #original;

  constructor(implementation, original, times, restore) {
    this.#implementation = implementation;
    this.#original = original;
    this.#times = times;
    this.#restore = restore;
  }

  get calls() {
    return this.#calls.slice();
  }

  callCount() {
    return this.#calls.length;
  }

  mockImplementation(implementation) {
    validate.function(implementation, 'implementation');
    this.#implementation = implementation;
  }

  mockImplementationOnce(implementation, onCall = this.#calls.length) {
    validate.function(implementation, 'implementation');
    validate.integer(onCall, 'onCall', this.#calls.length);
    this.#once.set(onCall, implementation);
  }

  restore() {
    this.#restore?.();
    this.#implementation = this.#original;
    this.#once.clear();
  }

  resetCalls() {
    this.#calls = [];
  }

  static called(context, args, thisArg, newTarget) {
    const place = context.#calls.length;
    const implementation = context.#once.get(place) ?? context.#implementation;
    context.#once.delete(place);
    const call = { arguments: args, error: undefined, result: undefined, stack: new Error(), target: newTarget, this: thisArg };
    try {
      call.result = newTarget === undefined ? Reflect.apply(implementation, thisArg, args) : Reflect.construct(implementation, args, newTarget);
      if (newTarget !== undefined) call.this = call.result;
      return call.result;
    } catch (error) {
      call.error = error;
      throw error;
    } finally {
      context.#calls.push(call);
      if (context.#calls.length === context.#times) context.restore();
    }
  }
}

function mocked(original, implementation, times, restore) {
  const context = new MockFunctionContext(implementation, original, times, restore);
  const fn = new Proxy(original, {
    apply: (_, thisArg, args) => MockFunctionContext.called(context, args, thisArg, undefined),
    construct: (_, args, newTarget) => MockFunctionContext.called(context, args, undefined, newTarget === fn ? original : newTarget),
    get: (target, key, receiver) => (key === 'mock' ? context : Reflect.get(target, key, receiver)),
  });
  return fn;
}

function timesOf(options) {
  if (options?.times === undefined) return Infinity;
  validate.integer(options.times, 'options.times', 1);
  return options.times;
}

class MockTracker {
  #mocks = [];

  fn(original = function () {}, implementation = original, options = undefined) {
    if (original !== null && typeof original === 'object') [options, original, implementation] = [original, () => {}, undefined];
    else if (implementation !== null && typeof implementation === 'object') [options, implementation] = [implementation, undefined];
    validate.function(original, 'original');
    implementation ??= original;
    validate.function(implementation, 'implementation');
    return this.#keep(mocked(original, implementation, timesOf(options)));
  }

  method(object, name, implementation = undefined, options = undefined) {
    if ((object === null || typeof object !== 'object') && typeof object !== 'function') throw new codes.ERR_INVALID_ARG_TYPE('object', 'object', object);
    if (typeof name !== 'string' && typeof name !== 'symbol') throw new codes.ERR_INVALID_ARG_TYPE('methodName', ['string', 'symbol'], name);
    if (implementation !== null && typeof implementation === 'object') [options, implementation] = [implementation, undefined];
    const part = options?.getter ? 'get' : options?.setter ? 'set' : 'value';
    let holder = object;
    while (holder !== null && !Object.hasOwn(holder, name)) holder = Object.getPrototypeOf(holder);
    const descriptor = holder === null ? undefined : Object.getOwnPropertyDescriptor(holder, name);
    const original = descriptor?.[part];
    if (typeof original !== 'function') throw new codes.ERR_INVALID_ARG_VALUE('methodName', original, 'must be a method');
    const isOwn = holder === object;
    const restore = () => {
      if (isOwn) Object.defineProperty(object, name, descriptor);
      else delete object[name];
    };
    const mock = mocked(original, implementation ?? original, timesOf(options), restore);
    Object.defineProperty(object, name, { ...descriptor, configurable: true, [part]: mock });
    return this.#keep(mock);
  }

  getter(object, name, implementation = undefined, options = undefined) {
    return this.method(object, name, implementation, { ...options, getter: true });
  }

  setter(object, name, implementation = undefined, options = undefined) {
    return this.method(object, name, implementation, { ...options, setter: true });
  }

  #keep(mock) {
    this.#mocks.push(mock.mock);
    return mock;
  }

  restoreAll() {
    for (const mock of this.#mocks) mock.restore();
  }

  reset() {
    this.restoreAll();
    this.#mocks = [];
  }
}

module.exports = { MockTracker };
