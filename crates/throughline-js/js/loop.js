// The phases of the loop, as the host calls them, and the requests that wait for the host.
//
// A *request* stands for something the host does for the script: an object (the resource its callback runs as), a callback, the frame it was made in.
// It has a number, which is all the host keeps of it. As long as a request that holds the loop is open, the loop waits.
//
// Required as `internal/loop`.
'use strict';

const { binding } = internal;
const ah = require('internal/async_hooks');
const { emitBefore, emitAfter, emitDestroy, initResource, typeNumber } = ah;
const { async_id_symbol, trigger_async_id_symbol } = ah.symbols;
const timers = require('internal/timers');
const { drain, hasTicks } = require('internal/task_queues');

const kFrame = Symbol('kAsyncContextFrame');
const NO_ARGUMENTS = [];
// Whatever a program makes of `Reflect`, or of a callback's own `call`.
const { apply } = Reflect;

// Runs a callback as a resource, in a frame. `end`, if given, is called when it has returned or thrown, before hooks are told. Answers whether it threw.
function callback(resource, type, frame, fn, thisArg, args, end) {
  const asyncId = resource[async_id_symbol];
  const prior = binding.exchangeFrame(frame);
  emitBefore(asyncId, resource[trigger_async_id_symbol], resource, type);
  try {
    apply(fn, thisArg, args ?? NO_ARGUMENTS);
  } catch (error) {
    end?.(true);
    internal.triggerUncaughtException(error);
    binding.setFrame(prior);
    return true;
  }
  end?.(false);
  internal.closePromise?.();
  if (ah.hasAsyncIdStack()) emitAfter(asyncId);
  binding.setFrame(prior);
  return false;
}
internal.callback = callback;

// ---- requests -----------------------------------------------------------------------------------------------------------

const requests = new Map();
let lastRequest = 0;
let holding = 0;

// Opens a request: `resource` becomes a resource of that type, `fn` is called with what the host completes it with. The answer is its number.
// `keeps`: the resource has its id and frame already, and outlives the request.
function openRequest(resource, type, fn, { ref = true, keeps = false } = {}) {
  if (!keeps) initResource(resource, type, kFrame);
  const number = ++lastRequest;
  const frame = keeps ? binding.currentFrame() : resource[kFrame];
  requests.set(number, { resource, type: typeNumber(type), name: type, fn, frame, isHolding: ref, keeps });
  if (ref) holding += 1;
  return number;
}

function refRequest(number, ref) {
  const request = requests.get(number);
  if (request === undefined || request.isHolding === ref) return;
  request.isHolding = ref;
  holding += ref ? 1 : -1;
}

// A request goes on as another resource, made here and now: what it waits for is used for something else.
function renewRequest(number, resource, type) {
  const request = requests.get(number);
  if (request === undefined) return;
  emitDestroy(request.resource[async_id_symbol], request.resource[trigger_async_id_symbol], request.type);
  initResource(resource, type, kFrame);
  Object.assign(request, { resource, type: typeNumber(type), name: type, frame: resource[kFrame] });
}

const isOpen = (number) => requests.has(number);
const isRefed = (number) => requests.get(number)?.isHolding === true;

// Closes a request without a call.
function closeRequest(number) {
  const request = requests.get(number);
  if (request === undefined) return;
  requests.delete(number);
  if (request.isHolding) holding -= 1;
  const { resource, type, keeps } = request;
  if (!keeps) emitDestroy(resource[async_id_symbol], resource[trigger_async_id_symbol], type);
}

// The host calls: the callback of a request is run, which stays open.
function emit(number, ...args) {
  const request = requests.get(number);
  if (request === undefined) return;
  callback(request.resource, request.type, request.frame, request.fn, request.resource, args);
  drain();
}

// As a parser hands over a message: a call for each part, and ticks between them, but not after the head (`isHead`: the first part is one).
function emitParts(number, isHead, ...parts) {
  parts.forEach((args, i) => {
    const request = requests.get(number);
    if (request === undefined) return;
    callback(request.resource, request.type, request.frame, request.fn, request.resource, args);
    if (i > 0 || !isHead) drain();
  });
  drain();
}

// And for the last time.
function complete(number, ...args) {
  const request = requests.get(number);
  if (request === undefined) return;
  callback(request.resource, request.type, request.frame, request.fn, request.resource, args, () => closeRequest(number));
  drain();
}

class HostFuture {}

// A promise that the host settles by completing a request: `[promise, number]`.
function openPromise() {
  const { promise, resolve, reject } = Promise.withResolvers();
  const settle = (isError, value) => (isError ? reject(value) : resolve(value));
  return [promise, openRequest(new HostFuture(), 'HOSTFUTURE', settle)];
}

// ---- phases -----------------------------------------------------------------------------------------------------------------

let destroyIsDue = false;
internal.wake = () => {
  destroyIsDue = true;
  internal.wakeLoop();
};

function runTimers() {
  timers.processTimers(binding.now());
  drain();
}

function flushDestroyed() {
  if (!destroyIsDue) return;
  destroyIsDue = false;
  binding.flushDestroyEvents();
  drain();
}

function runImmediates() {
  flushDestroyed();
  if (timers.hasImmediates()) {
    timers.processImmediates();
    drain();
  }
}

// How long the loop may wait for the host: in milliseconds, 0 not at all, undefined for ever.
function wait() {
  if (timers.refedImmediates() || hasTicks()) return 0;
  return timers.untilNextTimer();
}

// What the loop waits for, by the types of the resources.
const active = () => [...[...requests.values()].filter(({ isHolding }) => isHolding).map(({ name }) => name), ...timers.active()];

const isAlive = () => timers.refed() || holding > 0;

module.exports = {
  openRequest, renewRequest, openPromise, refRequest, closeRequest, isOpen, isRefed, emit, emitParts, complete,
  runTimers, runImmediates, flushDestroyed, wait, isAlive, active, drain, callback,
};
internal.loop = module.exports;
