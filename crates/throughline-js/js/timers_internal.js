// Timers and immediates: their objects, their lists, and how the loop runs them.
//
// Timers of one duration are one list, in order of their start, so that they run in that order; the list that is due first runs first.
//
// Required as `internal/timers`.
'use strict';

const { binding } = internal;
const ah = require('internal/async_hooks');
const { emitDestroy, initResource, typeNumber } = ah;
const { async_id_symbol, trigger_async_id_symbol } = ah.symbols;

const kFrame = Symbol('kAsyncContextFrame');
const kRefed = Symbol('refed');
const kHasPrimitive = Symbol('kHasPrimitive');
const TIMEOUT_MAX = 2 ** 31 - 1;
const TIMEOUT = typeNumber('Timeout');
const IMMEDIATE = typeNumber('Immediate');

const customInspect = Symbol.for('nodejs.util.inspect.custom');
const inspectShallow = (value, options) =>
  require('node:util').inspect(value, { ...options, depth: 0, customInspect: false });

const now = () => binding.now();

// duration -> list
const lists = new Map();
const knownTimersById = { __proto__: null };
let lastList = 0;
let refedTimers = 0;

const warned = { negative: false, nan: false };
function warnOfDuration(after) {
  const end = '\nTimeout duration was set to 1.';
  if (after > TIMEOUT_MAX) {
    internal.emitWarning(`${after} does not fit into a 32-bit signed integer.${end}`, 'TimeoutOverflowWarning');
  } else if (after < 0 && !warned.negative) {
    warned.negative = true;
    internal.emitWarning(`${after} is a negative number.${end}`, 'TimeoutNegativeWarning');
  } else if (Number.isNaN(after) && !warned.nan) {
    warned.nan = true;
    internal.emitWarning(`${after} is not a number.${end}`, 'TimeoutNaNWarning');
  }
}

class Timeout {
  constructor(callback, after, args, isRepeat, isRefed) {
    if (after === undefined) after = 1;
    else after *= 1;
    if (!(after >= 1 && after <= TIMEOUT_MAX)) {
      warnOfDuration(after);
      after = 1;
    }
    this._idleTimeout = after;
    this._idlePrev = null;
    this._idleNext = null;
    this._idleStart = null;
    this._onTimeout = callback;
    this._timerArgs = args;
    this._repeat = isRepeat ? after : null;
    this._destroyed = false;
    if (isRefed) refedTimers += 1;
    this[kRefed] = isRefed;
    this[kHasPrimitive] = false;
    initResource(this, 'Timeout', kFrame);
  }

  [customInspect](_, options) {
    return inspectShallow(this, options);
  }

  refresh() {
    const msecs = this._idleTimeout;
    if (msecs < 0 || msecs === undefined) return this;
    insert(this, msecs);
    if (this._destroyed) {
      // It had run: from here on it is a new one (ALS propagation table, `refresh`).
      this._destroyed = false;
      initResource(this, 'Timeout', kFrame);
      if (this[kRefed]) refedTimers += 1;
    }
    return this;
  }

  unref() {
    if (this[kRefed]) {
      this[kRefed] = false;
      if (!this._destroyed) refedTimers -= 1;
    }
    return this;
  }

  ref() {
    if (!this[kRefed]) {
      this[kRefed] = true;
      if (!this._destroyed) refedTimers += 1;
    }
    return this;
  }

  hasRef() {
    return this[kRefed];
  }
}

const isListed = (item) => item._idleNext !== null;

function remove(item) {
  if (!isListed(item)) return;
  item._idleNext._idlePrev = item._idlePrev;
  item._idlePrev._idleNext = item._idleNext;
  item._idleNext = null;
  item._idlePrev = null;
}

function append(list, item) {
  remove(item);
  item._idleNext = list;
  item._idlePrev = list._idlePrev;
  list._idlePrev._idleNext = item;
  list._idlePrev = item;
}

const isEmpty = (list) => list._idleNext === list;

function insert(item, msecs, start = now()) {
  msecs = Math.trunc(msecs);
  item._idleStart = start;
  let list = lists.get(msecs);
  if (list === undefined) {
    list = { msecs, expiry: start + msecs, id: ++lastList, _idleNext: null, _idlePrev: null };
    list._idleNext = list;
    list._idlePrev = list;
    lists.set(msecs, list);
  }
  append(list, item);
  internal.wakeLoop();
}

function clean(timer) {
  timer[kFrame] = undefined;
  timer._onTimeout = undefined;
  timer._timerArgs = undefined;
}

function destroy(timer) {
  timer._destroyed = true;
  if (timer[kHasPrimitive]) delete knownTimersById[timer[async_id_symbol]];
  if (timer[kRefed]) refedTimers -= 1;
  emitDestroy(timer[async_id_symbol], timer[trigger_async_id_symbol], TIMEOUT);
}

// Takes a timer out: `clearTimeout`.
function unenroll(timer) {
  if (timer._destroyed) {
    clean(timer);
    return;
  }
  const wasListed = isListed(timer);
  destroy(timer);
  const list = lists.get(Math.trunc(timer._idleTimeout));
  remove(timer);
  if (list !== undefined && isEmpty(list)) lists.delete(list.msecs);
  if (wasListed) clean(timer);
  timer._idleTimeout = -1;
}

function nextList() {
  let first;
  for (const list of lists.values()) {
    if (first === undefined || list.expiry < first.expiry || (list.expiry === first.expiry && list.id < first.id)) first = list;
  }
  return first;
}

// Runs the timers that are due at `time`.
function processTimers(time) {
  let ran = false;
  for (;;) {
    const list = nextList();
    if (list === undefined || list.expiry > time) return;
    if (ran) {
      internal.runNextTicks();
      time = now();
    }
    ran = true;
    processList(list, time);
  }
}

function processList(list, time) {
  let ran = false;
  while (!isEmpty(list)) {
    const timer = list._idleNext;
    if (time - timer._idleStart < list.msecs) time = now();
    if (time - timer._idleStart < list.msecs) {
      list.expiry = Math.max(timer._idleStart + list.msecs, time + 1);
      list.id = ++lastList;
      return;
    }
    if (ran) {
      internal.runNextTicks();
      // What ran may have cleared it.
      if (isEmpty(list) || list._idleNext !== timer) {
        ran = false;
        continue;
      }
    }
    remove(timer);
    // After an exception the loop begins anew, with nothing drained.
    ran = true;
    if (timer._onTimeout) ran = !runTimer(timer);
    else if (!timer._destroyed) {
      clean(timer);
      destroy(timer);
    }
  }
  if (lists.get(list.msecs) === list) lists.delete(list.msecs);
}

function runTimer(timer) {
  const start = now();
  return internal.callback(timer, TIMEOUT, timer[kFrame], timer._onTimeout, timer, timer._timerArgs, (threw) => {
    if (timer._repeat && timer._idleTimeout !== -1) {
      timer._idleTimeout = timer._repeat;
      insert(timer, timer._idleTimeout, start);
    } else if (!isListed(timer)) {
      if (timer._destroyed) {
        timer._onTimeout = undefined;
        timer._timerArgs = undefined;
        if (!threw) timer[kFrame] = undefined;
      } else {
        if (!threw) timer[kFrame] = undefined;
        destroy(timer);
      }
    }
  });
}

// Milliseconds until the next timer is due; undefined if there is none. Timers that do not hold the loop do not count where nothing else does.
function untilNextTimer() {
  const list = nextList();
  return list === undefined ? undefined : Math.max(0, list.expiry - now());
}

// ---- immediates -------------------------------------------------------------------------------------------------------

let immediates = [];
let refedImmediates = 0;

class Immediate {
  constructor(callback, args) {
    this._idleNext = null;
    this._idlePrev = null;
    this._onImmediate = callback;
    this._argv = args;
    this._destroyed = false;
    this[kRefed] = false;
    initResource(this, 'Immediate', kFrame);
    this.ref();
    immediates.push(this);
    internal.wakeLoop();
  }

  ref() {
    if (this[kRefed] === false) {
      this[kRefed] = true;
      refedImmediates += 1;
    }
    return this;
  }

  unref() {
    if (this[kRefed] === true) {
      this[kRefed] = false;
      refedImmediates -= 1;
    }
    return this;
  }

  hasRef() {
    return !!this[kRefed];
  }
}

function cleanImmediate(immediate) {
  immediate[kFrame] = undefined;
  immediate._onImmediate = undefined;
  immediate._argv = undefined;
}

function endImmediate(immediate) {
  immediate._destroyed = true;
  if (immediate[kRefed]) refedImmediates -= 1;
  immediate[kRefed] = null;
}

function clearImmediate(immediate) {
  if (!immediate?._onImmediate || immediate._destroyed) return;
  endImmediate(immediate);
  emitDestroy(immediate[async_id_symbol], immediate[trigger_async_id_symbol], IMMEDIATE);
  cleanImmediate(immediate);
}

function processImmediates() {
  const batch = immediates;
  immediates = [];
  let ran = false;
  for (const immediate of batch) {
    if (ran) internal.runNextTicks();
    ran = false;
    if (immediate._destroyed) continue;
    endImmediate(immediate);
    const callback = immediate._onImmediate;
    ran = !internal.callback(immediate, IMMEDIATE, immediate[kFrame], callback, immediate, immediate._argv, (threw) => {
      if (threw) {
        immediate._onImmediate = undefined;
        immediate._argv = undefined;
      } else {
        cleanImmediate(immediate);
      }
      emitDestroy(immediate[async_id_symbol], immediate[trigger_async_id_symbol], IMMEDIATE);
    });
  }
}

const hasImmediates = () => immediates.some((immediate) => !immediate._destroyed);

module.exports = {
  Timeout, Immediate, insert, unenroll, clearImmediate, knownTimersById, kHasPrimitive,
  processTimers, processImmediates, untilNextTimer, hasImmediates,
  refedImmediates: () => refedImmediates > 0,
  active: () => [...Array(refedTimers).fill('Timeout'), ...Array(refedImmediates).fill('Immediate')],
  refed: () => refedTimers > 0 || refedImmediates > 0,
};
