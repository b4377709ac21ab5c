// `node:events`.
//
// Needs of `internal`: `nextTick(fn, ...args)`, `emitWarning(error)`. Uses `node:async_hooks` when the first
// `EventEmitterAsyncResource` is asked for.
'use strict';

const { codes, AbortError, validate } = require('internal/errors');
const eventTarget = require('internal/event_target');

const {
  isEventTarget,
  limits,
  kMaxEventTargetListeners,
  kMaxEventTargetListenersWarned,
  kResistStopPropagation,
} = eventTarget;

const inspect = (value, options) => require('internal/inspect').inspect(value, options);

const { apply } = Reflect;

const kCapture = Symbol('kCapture');
const kShapeMode = Symbol('shapeMode');
const kEmitting = Symbol('events.emitting');
const kErrorMonitor = Symbol('events.errorMonitor');
const kRejection = Symbol.for('nodejs.rejection');
const kFirstEventParam = Symbol.for('nodejs.kFirstEventParam');
const kWatermarkData = Symbol.for('nodejs.watermarkData');

let defaultMaxListeners = 10;

function EventEmitter(options) {
  EventEmitter.init.call(this, options);
}

EventEmitter.prototype._events = undefined;
EventEmitter.prototype._eventsCount = 0;
EventEmitter.prototype._maxListeners = undefined;
Object.defineProperty(EventEmitter.prototype, kCapture, { value: false, writable: true, enumerable: false });

// ---- Emission --------------------------------------------------------------------------------------------------------

EventEmitter.prototype.emit = function emit(type, ...args) {
  const events = this._events;
  if (type === 'error') {
    if (events !== undefined && events[kErrorMonitor] !== undefined) this.emit(kErrorMonitor, ...args);
    if (events === undefined || events.error === undefined) throw unhandled(args[0]);
  }
  const listeners = events?.[type];
  if (listeners === undefined) return false;
  if (typeof listeners === 'function') {
    const result = apply(listeners, this, args);
    if (result !== undefined && result !== null) captured(this, result, type, args);
    return true;
  }
  // A list that is being emitted is not changed but replaced (see `changeable`), so what a listener adds or removes is
  // for later emissions.
  listeners[kEmitting] += 1;
  try {
    for (let i = 0; i < listeners.length; i += 1) {
      const result = apply(listeners[i], this, args);
      if (result !== undefined && result !== null) captured(this, result, type, args);
    }
  } finally {
    listeners[kEmitting] -= 1;
  }
  return true;
};

function unhandled(error) {
  if (error instanceof Error) return error;
  let text = error;
  try {
    text = inspect(error);
  } catch {
    // What cannot be inspected is named by its own text.
  }
  const wrapped = new codes.ERR_UNHANDLED_ERROR(text);
  wrapped.context = error;
  return wrapped;
}

// With `captureRejections`, what an async listener rejects with comes back as an event.
function captured(emitter, result, type, args) {
  if (!emitter[kCapture]) return;
  try {
    const { then } = result;
    if (typeof then === 'function') {
      then.call(result, undefined, (error) => internal.nextTick(routeRejection, emitter, error, type, args));
    }
  } catch (error) {
    emitter.emit('error', error);
  }
}

function routeRejection(emitter, error, type, args) {
  if (typeof emitter[kRejection] === 'function') {
    emitter[kRejection](error, type, ...args);
    return;
  }
  const before = emitter[kCapture];
  // An `error` listener that rejects must not come back here.
  try {
    emitter[kCapture] = false;
    emitter.emit('error', error);
  } finally {
    emitter[kCapture] = before;
  }
}

function list(listeners) {
  listeners[kEmitting] = 0;
  return listeners;
}

// The list of a type to write to: a copy while the list is being emitted.
function changeable(events, type) {
  const listeners = events[type];
  if (listeners[kEmitting] === 0) return listeners;
  const copy = list(listeners.slice());
  if (listeners.warned) copy.warned = true;
  events[type] = copy;
  return copy;
}

// ---- Registration ----------------------------------------------------------------------------------------------------

const checkListener = (listener) => validate.function(listener, 'listener');

function add(emitter, type, listener, prepend) {
  checkListener(listener);
  if (emitter._events === undefined) {
    emitter._events = { __proto__: null };
    emitter._eventsCount = 0;
  } else if (emitter._events.newListener !== undefined) {
    // Told before the listener is there, so that a listener of `newListener` cannot meet itself.
    emitter.emit('newListener', type, listener.listener ?? listener);
  }
  const events = emitter._events;
  const existing = events[type];
  if (existing === undefined) {
    events[type] = listener;
    emitter._eventsCount += 1;
    return emitter;
  }
  if (typeof existing === 'function')
    events[type] = list(prepend ? [listener, existing] : [existing, listener]);
  else if (prepend) changeable(events, type).unshift(listener);
  else changeable(events, type).push(listener);
  warnOfMany(emitter, type, events[type]);
  return emitter;
}

function warnOfMany(emitter, type, listeners) {
  const max = maxListenersOf(emitter);
  if (!(max > 0) || listeners.length <= max || listeners.warned) return;
  listeners.warned = true;
  const warning = new Error(
    `Possible EventEmitter memory leak detected. ${listeners.length} ${String(type)} listeners added to ` +
      `${inspect(emitter, { depth: -1 })}. MaxListeners is ${max}. Use emitter.setMaxListeners() to increase limit`,
  );
  Object.assign(warning, { name: 'MaxListenersExceededWarning', emitter, type, count: listeners.length });
  internal.emitWarning(warning);
}

EventEmitter.prototype.addListener = function addListener(type, listener) {
  return add(this, type, listener, false);
};

EventEmitter.prototype.on = EventEmitter.prototype.addListener;

EventEmitter.prototype.prependListener = function prependListener(type, listener) {
  return add(this, type, listener, true);
};

// Removes itself before it calls, so that an emission within the call does not meet it again.
function wrapOnce(target, type, listener) {
  let fired = false;
  function wrapper(...args) {
    if (fired) return undefined;
    target.removeListener(type, wrapper);
    fired = true;
    return apply(listener, target, args);
  }
  wrapper.listener = listener;
  return wrapper;
}

EventEmitter.prototype.once = function once(type, listener) {
  checkListener(listener);
  this.on(type, wrapOnce(this, type, listener));
  return this;
};

EventEmitter.prototype.prependOnceListener = function prependOnceListener(type, listener) {
  checkListener(listener);
  this.prependListener(type, wrapOnce(this, type, listener));
  return this;
};

// ---- Removal ---------------------------------------------------------------------------------------------------------

const isOf = (candidate, listener) => candidate === listener || candidate.listener === listener;

EventEmitter.prototype.removeListener = function removeListener(type, listener) {
  checkListener(listener);
  const events = this._events;
  const listeners = events?.[type];
  if (listeners === undefined) return this;
  if (isOf(listeners, listener)) {
    forget(this, type);
    if (this._eventsCount > 0 && events.removeListener)
      this.emit('removeListener', type, listeners.listener || listener);
  } else if (typeof listeners !== 'function') {
    const at = listeners.findLastIndex((candidate) => isOf(candidate, listener));
    if (at < 0) return this;
    const rest = changeable(events, type);
    rest.splice(at, 1);
    if (rest.length === 1) events[type] = rest[0];
    if (events.removeListener !== undefined) this.emit('removeListener', type, listener);
  }
  return this;
};

EventEmitter.prototype.off = EventEmitter.prototype.removeListener;

// Drops a type and all of its listeners without telling anybody.
function forget(emitter, type) {
  emitter._eventsCount -= 1;
  if (emitter._eventsCount === 0) emitter._events = { __proto__: null };
  else delete emitter._events[type];
}

function forgetAll(emitter) {
  emitter._events = { __proto__: null };
  emitter._eventsCount = 0;
}

EventEmitter.prototype.removeAllListeners = function removeAllListeners(type) {
  const events = this._events;
  if (events === undefined) return this;
  const all = arguments.length === 0;
  if (events.removeListener === undefined) {
    if (all) forgetAll(this);
    else if (events[type] !== undefined) forget(this, type);
    return this;
  }
  if (all) {
    // Those who listen to removals go last: they hear of all others.
    for (const key of Reflect.ownKeys(events)) if (key !== 'removeListener') this.removeAllListeners(key);
    this.removeAllListeners('removeListener');
    forgetAll(this);
    return this;
  }
  const listeners = events[type];
  if (typeof listeners === 'function') this.removeListener(type, listeners);
  else if (listeners !== undefined)
    for (let i = listeners.length - 1; i >= 0; i -= 1) this.removeListener(type, listeners[i]);
  return this;
};

// ---- Looking -----------------------------------------------------------------------------------------------------------

function rawListenersOf(emitter, type) {
  const listeners = emitter._events?.[type];
  if (listeners === undefined) return [];
  return typeof listeners === 'function' ? [listeners] : listeners.slice();
}

EventEmitter.prototype.listeners = function listeners(type) {
  return rawListenersOf(this, type).map((listener) => listener.listener ?? listener);
};

EventEmitter.prototype.rawListeners = function rawListeners(type) {
  return rawListenersOf(this, type);
};

EventEmitter.prototype.listenerCount = function listenerCount(type, listener) {
  const listeners = this._events?.[type];
  if (listeners === undefined) return 0;
  if (listener === undefined || listener === null)
    return typeof listeners === 'function' ? 1 : listeners.length;
  return rawListenersOf(this, type).filter((candidate) => isOf(candidate, listener)).length;
};

EventEmitter.prototype.eventNames = function eventNames() {
  return this._eventsCount > 0 ? Reflect.ownKeys(this._events) : [];
};

const maxListenersOf = (emitter) =>
  emitter._maxListeners === undefined ? defaultMaxListeners : emitter._maxListeners;

EventEmitter.prototype.setMaxListeners = function setMaxListeners(n) {
  validate.number(n, 'setMaxListeners', 0);
  this._maxListeners = n;
  return this;
};

EventEmitter.prototype.getMaxListeners = function getMaxListeners() {
  return maxListenersOf(this);
};

// The order in which the prototype lists its methods is Node's.
const methods = [
  'setMaxListeners',
  'getMaxListeners',
  'emit',
  'addListener',
  'on',
  'prependListener',
  'once',
  'prependOnceListener',
  'removeListener',
  'off',
  'removeAllListeners',
  'listeners',
  'rawListeners',
  'listenerCount',
  'eventNames',
];
for (const name of methods) {
  const method = EventEmitter.prototype[name];
  delete EventEmitter.prototype[name];
  EventEmitter.prototype[name] = method;
}

// ---- Statics -----------------------------------------------------------------------------------------------------------

function listen(emitter, name, listener, options) {
  if (typeof emitter.on === 'function') {
    if (options?.once) emitter.once(name, listener);
    else emitter.on(name, listener);
  } else if (typeof emitter.addEventListener === 'function') {
    emitter.addEventListener(name, listener, options);
  } else {
    throw new codes.ERR_INVALID_ARG_TYPE('emitter', 'EventEmitter', emitter);
  }
}

function unlisten(emitter, name, listener) {
  if (typeof emitter?.removeListener === 'function') emitter.removeListener(name, listener);
  else if (typeof emitter?.removeEventListener === 'function') emitter.removeEventListener(name, listener);
  else throw new codes.ERR_INVALID_ARG_TYPE('emitter', 'EventEmitter', emitter);
}

const abortedBy = (signal) => new AbortError(undefined, { cause: signal?.reason });

function addAbortListener(signal, listener) {
  if (signal === undefined) throw new codes.ERR_INVALID_ARG_TYPE('signal', 'AbortSignal', signal);
  validate.abortSignal(signal, 'signal');
  validate.function(listener, 'listener');
  let remove;
  if (signal.aborted) {
    queueMicrotask(() => listener());
  } else {
    signal.addEventListener('abort', listener, {
      __proto__: null,
      once: true,
      [kResistStopPropagation]: true,
    });
    remove = () => signal.removeEventListener('abort', listener);
  }
  return {
    __proto__: null,
    [Symbol.dispose ?? Symbol.for('Symbol.dispose')]() {
      remove?.();
    },
  };
}

async function once(emitter, name, options = {}) {
  validate.object(options, 'options');
  const { signal } = options;
  validate.abortSignal(signal, 'options.signal');
  if (signal?.aborted) throw abortedBy(signal);
  return new Promise((resolve, reject) => {
    const forgetSignal = () => {
      if (signal !== undefined && signal !== null) unlisten(signal, 'abort', abortListener);
    };
    const errorListener = (error) => {
      emitter.removeListener(name, resolver);
      forgetSignal();
      reject(error);
    };
    const resolver = (...args) => {
      if (typeof emitter.removeListener === 'function') emitter.removeListener('error', errorListener);
      forgetSignal();
      resolve(args);
    };
    const abortListener = () => {
      unlisten(emitter, name, resolver);
      unlisten(emitter, 'error', errorListener);
      reject(abortedBy(signal));
    };
    listen(emitter, name, resolver, { __proto__: null, once: true });
    if (name !== 'error' && typeof emitter.once === 'function') emitter.once('error', errorListener);
    if (signal !== undefined && signal !== null) {
      listen(signal, 'abort', abortListener, { __proto__: null, once: true, [kResistStopPropagation]: true });
    }
  });
}

const AsyncIteratorPrototype = Object.getPrototypeOf(Object.getPrototypeOf(async function* () {}).prototype);

function on(emitter, event, options = {}) {
  validate.object(options, 'options');
  const { signal } = options;
  validate.abortSignal(signal, 'options.signal');
  if (signal?.aborted) throw abortedBy(signal);
  // Both spellings are taken; the second is the older one.
  const high = options.highWaterMark ?? options.highWatermark ?? Number.MAX_SAFE_INTEGER;
  validate.integer(high, 'options.highWaterMark', 1);
  const low = options.lowWaterMark ?? options.lowWatermark ?? 1;
  validate.integer(low, 'options.lowWaterMark', 1);

  const events = new Queue();
  const waiting = new Queue();
  const listening = [];
  let error = null;
  let finished = false;
  let paused = false;
  let abortListener;

  const attach = (name, listener) => {
    listen(emitter, name, listener);
    listening.push([name, listener]);
  };
  function onEvent(value) {
    if (waiting.size > 0) {
      waiting.shift().resolve({ done: false, value });
      return;
    }
    events.push(value);
    if (!paused && events.size > high) {
      paused = true;
      emitter.pause();
    }
  }
  function onError(reason) {
    if (waiting.size > 0) waiting.shift().reject(reason);
    else error = reason;
    close();
  }
  function close() {
    abortListener?.[Symbol.dispose ?? Symbol.for('Symbol.dispose')]();
    for (const [name, listener] of listening.splice(0)) unlisten(emitter, name, listener);
    finished = true;
    const done = { done: true, value: undefined };
    while (waiting.size > 0) waiting.shift().resolve(done);
    return Promise.resolve(done);
  }

  const iterator = Object.setPrototypeOf(
    {
      next() {
        if (events.size > 0) {
          const value = events.shift();
          if (paused && events.size < low) {
            emitter.resume();
            paused = false;
          }
          return Promise.resolve({ done: false, value });
        }
        if (error) {
          const rejected = Promise.reject(error);
          // Only once.
          error = null;
          return rejected;
        }
        if (finished) return close();
        return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
      },
      return() {
        return close();
      },
      throw(reason) {
        if (!reason || !(reason instanceof Error))
          throw new codes.ERR_INVALID_ARG_TYPE('EventEmitter.AsyncIterator', 'Error', reason);
        onError(reason);
      },
      [Symbol.asyncIterator]() {
        return this;
      },
      [kWatermarkData]: {
        get size() {
          return events.size;
        },
        get low() {
          return low;
        },
        get high() {
          return high;
        },
        get isPaused() {
          return paused;
        },
      },
    },
    AsyncIteratorPrototype,
  );

  attach(event, options[kFirstEventParam] ? onEvent : (...args) => onEvent(args));
  if (event !== 'error' && typeof emitter.on === 'function') attach('error', onError);
  for (const name of options.close ?? []) attach(name, close);
  if (signal) abortListener = addAbortListener(signal, () => onError(abortedBy(signal)));
  return iterator;
}

// First in, first out, each step in constant time.
class Queue {
  #items = [];
  #head = 0;

  get size() {
    return this.#items.length - this.#head;
  }

  push(item) {
    this.#items.push(item);
  }

  shift() {
    const item = this.#items[this.#head];
    this.#items[this.#head] = undefined;
    this.#head += 1;
    if (this.#head > 64 && this.#head * 2 > this.#items.length) {
      this.#items.splice(0, this.#head);
      this.#head = 0;
    }
    return item;
  }
}

function noEmitter(value) {
  return new codes.ERR_INVALID_ARG_TYPE('emitter', ['EventEmitter', 'EventTarget'], value);
}

function getEventListeners(emitterOrTarget, type) {
  if (typeof emitterOrTarget.listeners === 'function') return emitterOrTarget.listeners(type);
  if (isEventTarget(emitterOrTarget)) return eventTarget.listenersOf(emitterOrTarget, type);
  throw noEmitter(emitterOrTarget);
}

function getMaxListeners(emitterOrTarget) {
  if (typeof emitterOrTarget?.getMaxListeners === 'function') return maxListenersOf(emitterOrTarget);
  if (typeof emitterOrTarget?.[kMaxEventTargetListeners] === 'number')
    return emitterOrTarget[kMaxEventTargetListeners];
  throw noEmitter(emitterOrTarget);
}

function listenerCount(emitterOrTarget, type) {
  if (typeof emitterOrTarget.listenerCount === 'function') return emitterOrTarget.listenerCount(type);
  if (isEventTarget(emitterOrTarget)) return eventTarget.listenersOf(emitterOrTarget, type).length;
  throw noEmitter(emitterOrTarget);
}

EventEmitter.addAbortListener = addAbortListener;
EventEmitter.once = once;
EventEmitter.on = on;
EventEmitter.getEventListeners = getEventListeners;
EventEmitter.getMaxListeners = getMaxListeners;
EventEmitter.listenerCount = listenerCount;
EventEmitter.EventEmitter = EventEmitter;
EventEmitter.usingDomains = false;
EventEmitter.captureRejectionSymbol = kRejection;

Object.defineProperties(EventEmitter, {
  captureRejections: {
    get() {
      return EventEmitter.prototype[kCapture];
    },
    set(value) {
      validate.boolean(value, 'EventEmitter.captureRejections');
      EventEmitter.prototype[kCapture] = value;
    },
    configurable: false,
    enumerable: true,
  },
  EventEmitterAsyncResource: {
    get: function lazyEventEmitterAsyncResource() {
      asyncResourceEmitter ??= makeAsyncResourceEmitter();
      return asyncResourceEmitter;
    },
    configurable: true,
    enumerable: true,
  },
});

EventEmitter.errorMonitor = kErrorMonitor;

Object.defineProperties(EventEmitter, {
  defaultMaxListeners: {
    get() {
      return defaultMaxListeners;
    },
    set(n) {
      validate.number(n, 'defaultMaxListeners', 0);
      defaultMaxListeners = n;
    },
    configurable: false,
    enumerable: true,
  },
  kMaxEventTargetListeners: { value: kMaxEventTargetListeners },
  kMaxEventTargetListenersWarned: { value: kMaxEventTargetListenersWarned },
});

EventEmitter.setMaxListeners = function (n = defaultMaxListeners, ...targets) {
  validate.number(n, 'setMaxListeners', 0);
  if (targets.length === 0) {
    defaultMaxListeners = n;
    limits.listeners = n;
  }
  for (const target of targets) {
    if (isEventTarget(target)) {
      target[kMaxEventTargetListeners] = n;
      target[kMaxEventTargetListenersWarned] = false;
    } else if (typeof target?.setMaxListeners === 'function') {
      target.setMaxListeners(n);
    } else {
      throw new codes.ERR_INVALID_ARG_TYPE('eventTargets', ['EventEmitter', 'EventTarget'], target);
    }
  }
};
Object.defineProperty(EventEmitter.setMaxListeners, 'name', { value: '', configurable: true });

// Also for objects that become emitters without having been made by the constructor.
EventEmitter.init = function (options) {
  if (this._events === undefined || this._events === Object.getPrototypeOf(this)._events) {
    this._events = { __proto__: null };
    this._eventsCount = 0;
  }
  this._maxListeners = this._maxListeners || undefined;
  this[kShapeMode] = false;
  if (options?.captureRejections) {
    validate.boolean(options.captureRejections, 'options.captureRejections');
    this[kCapture] = Boolean(options.captureRejections);
  } else {
    this[kCapture] = EventEmitter.prototype[kCapture];
  }
};
Object.defineProperty(EventEmitter.init, 'name', { value: '', configurable: true });

// ---- EventEmitterAsyncResource ---------------------------------------------------------------------------------------

let asyncResourceEmitter;

function makeAsyncResourceEmitter() {
  const { AsyncResource } = require('node:async_hooks');

  class EventEmitterReferencingAsyncResource extends AsyncResource {
    #emitter;

    constructor(emitter, type, options) {
      super(type, options);
      this.#emitter = emitter;
    }

    get eventEmitter() {
      if (!(#emitter in this)) throw new codes.ERR_INVALID_THIS('EventEmitterReferencingAsyncResource');
      return this.#emitter;
    }
  }

  // An emitter that is an async resource: its listeners run in the context it was made in, each emission one scope.
  return class EventEmitterAsyncResource extends EventEmitter {
    #asyncResource;

    constructor(options = undefined) {
      let name;
      if (typeof options === 'string') {
        name = options;
        options = undefined;
      } else {
        if (new.target === EventEmitterAsyncResource) validate.string(options?.name, 'options.name');
        name = options?.name || new.target.name;
      }
      super(options);
      this.#asyncResource = new EventEmitterReferencingAsyncResource(this, name, options);
    }

    emit(event, ...args) {
      return this.#asyncResource.runInAsyncScope(super.emit, this, event, ...args);
    }

    emitDestroy() {
      this.#asyncResource.emitDestroy();
    }

    get asyncId() {
      return this.#asyncResource.asyncId();
    }

    get triggerAsyncId() {
      return this.#asyncResource.triggerAsyncId();
    }

    get asyncResource() {
      return this.#asyncResource;
    }
  };
}

module.exports = EventEmitter;
