// Hooks that track promises, on an engine that says only when a promise is made, is fulfilled, and asks a thenable. The rest comes from our own
// reactions. All this sleeps until such a hook is enabled.
//
// Required as `internal/promise_hooks`.
'use strict';

const { binding } = internal;
const ah = require('internal/async_hooks');
const { newAsyncId, getDefaultTriggerAsyncId, executionAsyncId, hasAsyncIdStack, kAwait, PROMISE } = ah;
const { async_id_symbol: kId, trigger_async_id_symbol: kTrigger } = ah.symbols;

const hide = (object, key, value) => Object.defineProperty(object, key, { value, writable: true, configurable: true });

// The id of a promise, which it gets when it is first seen; its parent's comes before (as Node's does).
function track(promise, parent) {
  const known = promise[kId];
  if (known !== undefined) return known;
  const trigger = parent !== undefined ? track(parent) : getDefaultTriggerAsyncId();
  const id = newAsyncId();
  hide(promise, kId, id);
  hide(promise, kTrigger, trigger);
  return id;
}

const emitBefore = (object) => binding.emitBefore(object[kId], object[kTrigger], object, PROMISE, true);
const emitResolve = (object) => binding.emitPromiseResolve(object[kId], object[kTrigger], object);

// The `after` of a continuation that is running: the engine does not say when it ends, so it is told as soon as something else begins.
let open;
let resolvesItself = false;
function close() {
  if (open === undefined) return;
  const object = open;
  const id = object[kId];
  open = undefined;
  if (resolvesItself) emitResolve(object);
  if (hasAsyncIdStack() && executionAsyncId() === id) ah.emitAfter(id, true);
}
internal.closePromise = close;

function opens(object, resolves) {
  open = object;
  resolvesItself = resolves;
}

const MADE = 0;
const BEFORE = 1;
const AFTER = 2;
const RESOLVED = 3;

function onEvent(event, promise, parent) {
  switch (event) {
    case MADE: {
      const id = track(promise, parent);
      if (ah.initHooksExist()) binding.emitInit(id, PROMISE, promise[kTrigger], promise, true);
      if (ah.destroyHooksExist()) ah.registerDestroyHook(promise, id, undefined, PROMISE);
      break;
    }
    case BEFORE:
      close();
      track(promise);
      emitBefore(promise);
      break;
    case AFTER:
      if (hasAsyncIdStack()) ah.emitAfter(promise[kId], true);
      break;
    case RESOLVED:
      if (binding.isUnseen(promise)) return;
      track(promise);
      emitResolve(promise);
      if (open === promise) close();
      break;
  }
}

const PASSES_VALUE = 2;
const PASSES_ERROR = 3;
const LATE = 9;

// The id of a promise whose reaction has begun before any hook was there: it is put on the stack, so that its `after` is told (`HK-7`).
function late(promise) {
  if (promise[kId] !== undefined && executionAsyncId() === promise[kId]) return;
  track(promise);
  binding.emitBefore(promise[kId], promise[kTrigger], promise, PROMISE, true);
}

function onReaction(handler, derived, value, kind) {
  if (kind === LATE) {
    if (binding.isPromise(derived)) {
      late(derived);
      opens(derived, false);
    }
    return undefined;
  }
  close();
  const isTracked = isWatching && binding.isPromise(derived);
  if (isTracked) {
    track(derived);
    emitBefore(derived);
  }
  try {
    if (kind === PASSES_ERROR) throw value;
    return kind === PASSES_VALUE ? value : handler(value);
  } finally {
    if (isTracked) {
      opens(derived, false);
    } else if (isWatching && binding.isPromise(derived)) {
      late(derived);
      opens(derived, false);
    }
  }
}

// `await promise` makes no promise of its own here; something stands for it.
function onAwait(promise) {
  const frame = binding.currentFrame();
  const trigger = track(promise);
  const throwaway = { [kAwait]: true };
  const id = newAsyncId();
  hide(throwaway, kId, id);
  hide(throwaway, kTrigger, trigger);
  if (ah.initHooksExist()) binding.emitInit(id, PROMISE, trigger, throwaway, true);
  if (ah.destroyHooksExist()) ah.registerDestroyHook(throwaway, id, undefined, PROMISE);
  const begins = () => {
    close();
    if (isWatching) {
      emitBefore(throwaway);
      opens(throwaway, true);
    }
    binding.markNext(frame);
  };
  binding.attachUnseen(promise, begins, begins);
}

binding.onPromises(onEvent, onReaction, onAwait, close);

// While the engine tells of promises: from when the first hook is enabled until a microtask after the last is disabled.
let isWatching = false;
function watch(on) {
  isWatching = on;
  binding.watchPromises(on);
}

module.exports = { start: () => watch(true), stop: () => watch(false) };
