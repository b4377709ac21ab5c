// `process.nextTick`, `queueMicrotask`, and the draining of both queues between two callbacks of the loop.
//
// Required as `internal/task_queues`.
'use strict';

const { binding } = internal;
const { validate } = require('internal/errors');
const ah = require('internal/async_hooks');
const { async_id_symbol, trigger_async_id_symbol } = ah.symbols;
const { emitBefore, emitAfter, emitDestroy, initResource, typeNumber } = ah;

const kFrame = Symbol('kAsyncContextFrame');
const TICK = typeNumber('TickObject');

// ---- nextTick ---------------------------------------------------------------------------------------------------------

// Callbacks are taken from the front of `taken`; when that is used up, those that came meanwhile are next.
let queue = [];
let taken = [];
let next = 0;

function shift() {
  if (next === taken.length) {
    if (queue.length === 0) {
      if (taken.length > 0) taken = [];
      next = 0;
      return undefined;
    }
    taken = queue;
    queue = [];
    next = 0;
  }
  const tick = taken[next];
  taken[next++] = undefined;
  return tick;
}

const hasTicks = () => queue.length > 0 || next < taken.length;

function nextTick(callback, ...args) {
  validate.function(callback, 'callback');
  if (internal.process._exiting) return;
  const tick = { callback, args: args.length === 0 ? undefined : args };
  initResource(tick, 'TickObject', kFrame);
  queue.push(tick);
  internal.scheduleDrain();
}

function runTick(tick) {
  const asyncId = tick[async_id_symbol];
  const prior = binding.exchangeFrame(tick[kFrame]);
  emitBefore(asyncId, tick[trigger_async_id_symbol], tick, TICK);
  const { callback, args } = tick;
  try {
    if (args === undefined) callback();
    else Reflect.apply(callback, undefined, args);
  } finally {
    emitDestroy(asyncId, tick[trigger_async_id_symbol], TICK);
  }
  internal.closePromise?.();
  emitAfter(asyncId);
  binding.setFrame(prior);
}

// ---- draining -----------------------------------------------------------------------------------------------------------

const rejections = require('internal/rejections');

function runMicrotasks() {
  binding.runMicrotasks();
  internal.closePromise?.();
}

function processTicksAndRejections() {
  do {
    for (let tick = shift(); tick !== undefined; tick = shift()) runTick(tick);
    runMicrotasks();
  } while (hasTicks() || rejections.process());
}

// Between two callbacks, and at the end of each entry from the host. What a tick throws ends the draining; the rest is run after the next callback.
function drain() {
  if (!hasTicks() && !rejections.exist()) runMicrotasks();
  if (!hasTicks() && !rejections.exist()) return;
  try {
    processTicksAndRejections();
  } catch (error) {
    internal.triggerUncaughtException(error);
    binding.setFrame(undefined);
  }
}

// ---- queueMicrotask -------------------------------------------------------------------------------------------------------

let AsyncResource;

function queueMicrotask(callback) {
  validate.function(callback, 'callback');
  if (binding.currentFrame() === undefined && !ah.enabledHooksExist()) {
    binding.enqueueMicrotask(callback);
    return;
  }
  AsyncResource ??= require('node:async_hooks').AsyncResource;
  const resource = new AsyncResource('Microtask', { requireManualDestroy: true });
  const frame = binding.currentFrame();
  binding.enqueueMicrotask(() => {
    internal.closePromise?.();
    // Whoever hears of its exception is in its context.
    binding.setFrame(frame);
    try {
      resource.runInAsyncScope(() => {
        try {
          callback();
        } finally {
          resource.emitDestroy();
        }
      });
    } catch (error) {
      internal.triggerUncaughtException(error);
    }
  });
}

internal.nextTick = nextTick;
internal.runNextTicks = drain;

module.exports = { nextTick, queueMicrotask, drain, hasTicks };
