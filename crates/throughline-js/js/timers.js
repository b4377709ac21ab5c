// `node:timers`.
'use strict';

const { validate } = require('internal/errors');
const { Timeout, Immediate, insert, unenroll, clearImmediate, knownTimersById, kHasPrimitive } = require('internal/timers');
const { async_id_symbol } = require('internal/async_hooks').symbols;

const customPromisify = Symbol.for('nodejs.util.promisify.custom');
const dispose = Symbol.dispose ?? Symbol.for('Symbol.dispose');

function setTimeout(callback, after, ...args) {
  validate.function(callback, 'callback');
  const timeout = new Timeout(callback, after, args.length ? args : undefined, false, true);
  insert(timeout, timeout._idleTimeout);
  return timeout;
}

function setInterval(callback, repeat, ...args) {
  validate.function(callback, 'callback');
  const timeout = new Timeout(callback, repeat, args.length ? args : undefined, true, true);
  insert(timeout, timeout._idleTimeout);
  return timeout;
}

function clearTimeout(timer) {
  if (timer?._onTimeout) {
    timer._onTimeout = null;
    unenroll(timer);
    return;
  }
  if (typeof timer === 'number' || typeof timer === 'string') {
    const known = knownTimersById[timer];
    if (known !== undefined) {
      known._onTimeout = null;
      unenroll(known);
    }
  }
}

function clearInterval(timer) {
  clearTimeout(timer);
}

Timeout.prototype.close = function () {
  clearTimeout(this);
  return this;
};

Timeout.prototype[dispose] = function () {
  clearTimeout(this);
};

Timeout.prototype[Symbol.toPrimitive] = function () {
  const id = this[async_id_symbol];
  if (!this[kHasPrimitive]) {
    this[kHasPrimitive] = true;
    knownTimersById[id] = this;
  }
  return id;
};

function setImmediate(callback, ...args) {
  validate.function(callback, 'callback');
  return new Immediate(callback, args.length ? args : undefined);
}

Immediate.prototype[dispose] = function () {
  clearImmediate(this);
};

for (const [fn, name] of [[setTimeout, 'setTimeout'], [setImmediate, 'setImmediate']]) {
  Object.defineProperty(fn, customPromisify, {
    enumerable: true,
    get: () => require('node:timers/promises')[name],
  });
}

module.exports = { setTimeout, clearTimeout, setImmediate, clearImmediate, setInterval, clearInterval };

Object.defineProperty(module.exports, 'promises', {
  configurable: true,
  enumerable: true,
  get: () => require('node:timers/promises'),
});
