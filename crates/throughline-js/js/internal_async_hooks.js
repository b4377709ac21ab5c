// The state machine of resources, as the modules that make resources use it. Ids, the execution stack, hooks and the queue of destroy events are the
// host's; here is what goes with them in JavaScript.
//
// Required as `internal/async_hooks`.
'use strict';

const { binding } = internal;

const async_id_symbol = Symbol('async_id_symbol');
const trigger_async_id_symbol = Symbol('trigger_async_id_symbol');
const init_symbol = Symbol('init');
const before_symbol = Symbol('before');
const after_symbol = Symbol('after');
const destroy_symbol = Symbol('destroy');
const promise_resolve_symbol = Symbol('promiseResolve');
const kNoPromiseHook = Symbol('kNoPromiseHook');

const {
  newAsyncId, executionAsyncId, triggerAsyncId, executionAsyncResource, defaultTriggerAsyncId,
  hasAsyncIdStack, initHooksExist, destroyHooksExist, currentFrame,
} = binding;

// The host knows types of resources by number.
const typeNumbers = new Map();
function typeNumber(type) {
  let number = typeNumbers.get(type);
  if (number === undefined) {
    number = binding.typeNumber(type);
    if (typeNumbers.size < 4096) typeNumbers.set(type, number);
  }
  return number;
}
const PROMISE = typeNumber('PROMISE');

const EVENTS = [init_symbol, before_symbol, after_symbol, destroy_symbol, promise_resolve_symbol];
const INIT = 0;

// A hook is told of an event.
function deliver(hook, event, id, type, trigger, resource) {
  try {
    if (event === INIT) hook[init_symbol](id, type, trigger, resource);
    else hook[EVENTS[event]](id);
  } catch (error) {
    internal.fatalError(error);
  }
}

const topLevelResource = {};
binding.onHooks(deliver, topLevelResource);

const isPromise = (resource) => binding.isPromise(resource) || (resource !== null && typeof resource === 'object' && resource[kAwait] === true);
// Stands for the promise that `await` makes elsewhere, and that this engine spares itself.
const kAwait = Symbol('await');

function emitInit(asyncId, type, triggerAsyncId, resource, isPromiseHook = false) {
  if (!initHooksExist()) return;
  const trigger = triggerAsyncId === null ? defaultTriggerAsyncId() : triggerAsyncId;
  binding.emitInit(asyncId, typeNumber(type), trigger, resource, isPromiseHook);
}

function emitBefore(asyncId, triggerAsyncId, resource, type) {
  binding.emitBefore(asyncId, triggerAsyncId, resource, type === undefined ? typeNumber('JS') : type, false);
}

function emitAfter(asyncId, isPromiseHook = false) {
  if (binding.emitAfter(asyncId, isPromiseHook) !== undefined) return;
  internal.fatal(`Error: async hook stack has become corrupted (actual: ${executionAsyncId()}, expected: ${asyncId})`);
}

function emitDestroy(asyncId, triggerAsyncId = 0, type = 0) {
  if (!(asyncId > 0) || !destroyHooksExist()) return;
  binding.emitDestroy(asyncId, triggerAsyncId, type);
  internal.wake();
}

// Resources that nobody destroys are destroyed when they are collected.
let collected;
function registerDestroyHook(object, asyncId, flag, type = 0) {
  collected ??= new FinalizationRegistry(({ asyncId, flag, type }) => {
    if (flag === undefined || !flag.destroyed) emitDestroy(asyncId, 0, type);
  });
  collected.register(object, { asyncId, flag, type });
}

function getOrSetAsyncId(object) {
  if (Object.prototype.hasOwnProperty.call(object, async_id_symbol)) return object[async_id_symbol];
  return (object[async_id_symbol] = newAsyncId());
}

function defaultTriggerAsyncIdScope(triggerAsyncId, block, ...args) {
  if (triggerAsyncId === undefined) return Reflect.apply(block, null, args);
  return binding.withDefaultTrigger(triggerAsyncId, () => Reflect.apply(block, null, args));
}

// Gives a resource of ours its id, cause and frame, and makes it known.
function initResource(resource, type, frameSymbol) {
  const asyncId = newAsyncId();
  const trigger = defaultTriggerAsyncId();
  resource[async_id_symbol] = asyncId;
  resource[trigger_async_id_symbol] = trigger;
  resource[frameSymbol] = currentFrame();
  if (initHooksExist()) binding.emitInit(asyncId, typeNumber(type), trigger, resource, false);
}

// ---- hooks --------------------------------------------------------------------------------------------------------

// Which are enabled, as far as they said; when that takes effect is the host's to say (`HK-6`).
const enabled = new Set();
let promiseHooks = 0;
const numbers = new WeakMap();

function enableHook(hook) {
  if (enabled.has(hook)) return;
  enabled.add(hook);
  let number = numbers.get(hook);
  if (number === undefined) {
    number = binding.makeHook(hook, ...EVENTS.map((event) => hook[event] !== undefined), !hook[kNoPromiseHook]);
    numbers.set(hook, number);
  }
  binding.enableHook(number, true);
  if (hook[kNoPromiseHook]) return;
  promiseHooks += 1;
  require('internal/promise_hooks').start();
}

function disableHook(hook) {
  if (!enabled.has(hook)) return;
  enabled.delete(hook);
  binding.enableHook(numbers.get(hook), false);
  if (!hook[kNoPromiseHook]) promiseHooks -= 1;
  // Not at once: this may run between the `before` and the `after` of a promise, or in an event that the hook is yet to be told of.
  binding.enqueueMicrotask(() => {
    if (promiseHooks === 0) require('internal/promise_hooks').stop();
    if (enabled.has(hook) || !numbers.has(hook)) return;
    binding.forgetHook(numbers.get(hook));
    numbers.delete(hook);
  });
}

const promiseHooksExist = () => promiseHooks > 0;
const enabledHooksExist = () => enabled.size > 0;

// ---- uncaught exceptions --------------------------------------------------------------------------------------------

// What is left on the stack after an exception that nobody caught: each gets its `after`.
function clearAsyncIdStack() {
  while (hasAsyncIdStack()) binding.emitAfter(executionAsyncId(), isPromise(executionAsyncResource()));
}

module.exports = {
  newAsyncId, executionAsyncId, triggerAsyncId, executionAsyncResource,
  getDefaultTriggerAsyncId: defaultTriggerAsyncId, defaultTriggerAsyncIdScope, getOrSetAsyncId,
  emitInit, emitBefore, emitAfter, emitDestroy, registerDestroyHook, initResource,
  initHooksExist, destroyHooksExist, enabledHooksExist, promiseHooksExist, enableHook, disableHook,
  hasAsyncIdStack, clearAsyncIdStack, typeNumber, isPromise, kAwait, kNoPromiseHook, PROMISE,
  symbols: {
    async_id_symbol, trigger_async_id_symbol,
    init_symbol, before_symbol, after_symbol, destroy_symbol, promise_resolve_symbol,
  },
};
