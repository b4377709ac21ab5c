// `node:timers/promises`.
'use strict';

const { codes, AbortError, validate } = require('internal/errors');
const { Timeout, Immediate, insert, clearImmediate } = require('internal/timers');
const { clearTimeout, clearInterval } = require('node:timers');

const kEmptyObject = Object.freeze({ __proto__: null });

// The error of options that are not what they must be.
function check(after, options) {
  if (after !== undefined) validate.number(after, 'delay');
  validate.object(options, 'options');
  if (options.signal !== undefined) validate.abortSignal(options.signal, 'options.signal');
  if (options.ref !== undefined) validate.boolean(options.ref, 'options.ref');
}

const aborted = (signal) => new AbortError(undefined, { cause: signal?.reason });

// A promise of what `start` starts and `clear` stops.
function promised(after, options, start, clear) {
  try {
    check(after, options);
  } catch (error) {
    return Promise.reject(error);
  }
  const { signal, ref = true } = options;
  if (signal?.aborted) return Promise.reject(aborted(signal));
  const { promise, resolve, reject } = Promise.withResolvers();
  const item = start(resolve, ref);
  if (!signal) return promise;
  const cancel = () => {
    if (item._destroyed) return;
    clear(item);
    reject(aborted(signal));
  };
  signal.addEventListener('abort', cancel);
  return promise.finally(() => signal.removeEventListener('abort', cancel));
}

function setTimeout(after, value, options = kEmptyObject) {
  const start = (resolve, ref) => {
    const timeout = new Timeout(resolve, after, [value], false, ref);
    insert(timeout, timeout._idleTimeout);
    return timeout;
  };
  return promised(after, options, start, clearTimeout);
}

function setImmediate(value, options = kEmptyObject) {
  const start = (resolve, ref) => {
    const immediate = new Immediate(resolve, [value]);
    if (!ref) immediate.unref();
    return immediate;
  };
  return promised(undefined, options, start, clearImmediate);
}

async function* setInterval(after, value, options = kEmptyObject) {
  check(after, options);
  const { signal, ref = true } = options;
  if (signal?.aborted) throw aborted(signal);
  let cancel;
  let interval;
  try {
    let notYielded = 0;
    let wake;
    interval = new Timeout(() => {
      notYielded++;
      wake?.();
      wake = undefined;
    }, after, undefined, true, ref);
    insert(interval, interval._idleTimeout);
    if (signal) {
      cancel = () => {
        clearInterval(interval);
        wake?.(Promise.reject(aborted(signal)));
        wake = undefined;
      };
      signal.addEventListener('abort', cancel, { once: true });
    }
    while (!signal?.aborted) {
      if (notYielded === 0) await new Promise((resolve) => { wake = resolve; });
      for (; notYielded > 0; notYielded--) yield value;
    }
    throw aborted(signal);
  } finally {
    clearInterval(interval);
    signal?.removeEventListener('abort', cancel);
  }
}

const kScheduler = Symbol('kScheduler');

class Scheduler {
  constructor() {
    throw new codes.ERR_ILLEGAL_CONSTRUCTOR();
  }

  yield() {
    if (!this[kScheduler]) throw new codes.ERR_INVALID_THIS('Scheduler');
    return setImmediate();
  }

  wait(delay, options = undefined) {
    if (!this[kScheduler]) throw new codes.ERR_INVALID_THIS('Scheduler');
    return setTimeout(delay, undefined, options === undefined ? kEmptyObject : { signal: options.signal, ref: options.ref });
  }
}

const scheduler = Object.create(Scheduler.prototype, { [kScheduler]: { value: true } });

module.exports = { setTimeout, setImmediate, setInterval, scheduler };
