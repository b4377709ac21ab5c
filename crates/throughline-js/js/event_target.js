// `Event`, `EventTarget`, `CustomEvent`, `AbortController` and `AbortSignal`, with Node's rules.
//
// Required as `internal/event_target`; the embedder makes the classes global. Needs of `internal`: `nextTick(fn, ...args)`,
// `emitWarning(error)`. `AbortSignal.timeout` uses the global `setTimeout` of the time of the call.
'use strict';

const { codes, DOMException, validate } = require('internal/errors');

const inspect = (value, options) => require('internal/inspect').inspect(value, options);
const customInspect = Symbol.for('nodejs.util.inspect.custom');

const kIsEventTarget = Symbol.for('nodejs.event_target');
const kMaxEventTargetListeners = Symbol('events.maxEventTargetListeners');
const kMaxEventTargetListenersWarned = Symbol('events.maxEventTargetListenersWarned');
// An option of `addEventListener`: called even after `stopImmediatePropagation`.
const kResistStopPropagation = Symbol('kResistStopPropagation');
const kTrusted = Symbol('kTrusted');
const kListeners = Symbol('kListeners');
const kListenerAdded = Symbol('kListenerAdded');
const kListenerRemoved = Symbol('kListenerRemoved');

// The limit of listeners before a warning; `node:events` sets it.
const limits = { listeners: 10 };

const isEventTarget = (value) => Boolean(value?.constructor?.[kIsEventTarget]);

function dictionary(value, name) {
  if (value === null || value === undefined) return {};
  if (typeof value !== 'object' && typeof value !== 'function')
    throw new codes.ERR_INVALID_ARG_TYPE(name, 'Object', value);
  return value;
}

// The errors of Web IDL's conversions have the code and the class of Node's, with texts of their own.
function notConverted(message) {
  return Object.assign(new TypeError(message), { code: 'ERR_INVALID_ARG_TYPE' });
}

function text(value) {
  if (typeof value === 'symbol') throw notConverted('Value is a Symbol and cannot be converted to a string.');
  return `${value}`;
}

// How these classes show themselves: the class and some of its properties.
function shown(self, depth, options, properties) {
  const name = self.constructor.name;
  if (depth !== null && depth < 0) return name;
  const inner = { ...options, depth: Number.isInteger(options.depth) ? options.depth - 1 : options.depth };
  return `${name} ${inspect(properties, inner)}`;
}

const enumerable = (prototype, names) => {
  for (const name of names) Object.defineProperty(prototype, name, { enumerable: true });
};

const labelled = (Class, tag) =>
  Object.defineProperty(Class.prototype, Symbol.toStringTag, { value: tag, configurable: true });

const now = () => (typeof performance === 'object' ? performance.now() : Date.now());

// ---- Event -----------------------------------------------------------------------------------------------------------

class Event {
  static NONE = 0;
  static CAPTURING_PHASE = 1;
  static AT_TARGET = 2;
  static BUBBLING_PHASE = 3;

  #type;
  #bubbles;
  #cancelable;
  #composed;
  #timestamp = now();
  #trusted;
  #target = null;
  #dispatching = false;
  #passive = false;
  #defaultPrevented = false;
  #propagationStopped = false;
  #stopped = false;

  constructor(type, options = undefined) {
    if (arguments.length === 0) throw new codes.ERR_MISSING_ARGS('type');
    if (options !== undefined && options !== null) {
      validate.object(options, 'options');
    }
    this.#bubbles = Boolean(options?.bubbles);
    this.#cancelable = Boolean(options?.cancelable);
    this.#composed = Boolean(options?.composed);
    this.#type = `${type}`;
    this.#trusted = options?.[kTrusted] === true;
  }

  // What only an `EventTarget` does with an event; kept out of the reach of programs.
  static control = {
    isDispatching: (event) => event.#dispatching,
    isStopped: (event) => event.#stopped,
    begin(event, target) {
      event.#target = target;
      event.#dispatching = true;
    },
    end(event) {
      event.#dispatching = false;
    },
    setPassive(event, passive) {
      event.#passive = passive;
    },
  };

  static is(value) {
    return typeof value === 'object' && value !== null && #type in value;
  }

  initEvent(type, bubbles = false, cancelable = false) {
    Event.#mine(this);
    if (arguments.length === 0) throw new codes.ERR_MISSING_ARGS('type');
    if (this.#dispatching) return;
    this.#type = `${type}`;
    this.#bubbles = Boolean(bubbles);
    this.#cancelable = Boolean(cancelable);
  }

  static #mine(event) {
    if (!isEvent(event)) throw new codes.ERR_INVALID_THIS('Event');
    return event;
  }

  stopImmediatePropagation() {
    Event.#mine(this);
    this.#propagationStopped = true;
    this.#stopped = true;
  }

  preventDefault() {
    Event.#mine(this);
    if (!this.#cancelable || this.#passive) return;
    this.#defaultPrevented = true;
  }

  get target() {
    return Event.#mine(this).#target;
  }

  get currentTarget() {
    Event.#mine(this);
    return this.#dispatching ? this.#target : null;
  }

  get srcElement() {
    return Event.#mine(this).#target;
  }

  get type() {
    return Event.#mine(this).#type;
  }

  get cancelable() {
    return Event.#mine(this).#cancelable;
  }

  get defaultPrevented() {
    Event.#mine(this);
    return this.#cancelable && this.#defaultPrevented;
  }

  get timeStamp() {
    return Event.#mine(this).#timestamp;
  }

  composedPath() {
    Event.#mine(this);
    return this.#dispatching ? [this.#target] : [];
  }

  get returnValue() {
    Event.#mine(this);
    return !this.#cancelable || !this.#defaultPrevented;
  }

  get bubbles() {
    return Event.#mine(this).#bubbles;
  }

  get composed() {
    return Event.#mine(this).#composed;
  }

  get eventPhase() {
    Event.#mine(this);
    return this.#dispatching ? Event.AT_TARGET : Event.NONE;
  }

  get cancelBubble() {
    return Event.#mine(this).#propagationStopped;
  }

  set cancelBubble(value) {
    Event.#mine(this);
    if (value) this.#propagationStopped = true;
  }

  stopPropagation() {
    Event.#mine(this).#propagationStopped = true;
  }

  get isTrusted() {
    return isEvent(this) && this.#trusted;
  }

  [customInspect](depth, options) {
    const { type, defaultPrevented, cancelable, timeStamp } = Event.#mine(this);
    return shown(this, depth, options, { type, defaultPrevented, cancelable, timeStamp });
  }
}
const { control } = Event;
const isEvent = Event.is;
delete Event.control;
delete Event.is;
labelled(Event, 'Event');
enumerable(Event.prototype, [
  'initEvent',
  'stopImmediatePropagation',
  'preventDefault',
  'target',
  'currentTarget',
  'srcElement',
  'type',
  'cancelable',
  'defaultPrevented',
  'timeStamp',
  'composedPath',
  'returnValue',
  'bubbles',
  'composed',
  'eventPhase',
  'cancelBubble',
  'stopPropagation',
  'isTrusted',
]);

class CustomEvent extends Event {
  #detail;

  constructor(type, options = undefined) {
    if (arguments.length === 0) throw new codes.ERR_MISSING_ARGS('type');
    super(type, options);
    this.#detail = options?.detail ?? null;
  }

  get detail() {
    if (!(#detail in this)) throw new codes.ERR_INVALID_THIS('CustomEvent');
    return this.#detail;
  }
}
labelled(CustomEvent, 'CustomEvent');
enumerable(CustomEvent.prototype, ['detail']);

// ---- EventTarget -----------------------------------------------------------------------------------------------------

// The listeners of one type, as a chain: who is added while one of them runs is called too, unless that was the last.
class Chain {
  first;
  last;
  size = 0;
  resisting = 0;

  add(entry) {
    if (this.last === undefined) this.first = entry;
    else this.last.next = entry;
    entry.previous = this.last;
    this.last = entry;
    this.size += 1;
    if (entry.resists) this.resisting += 1;
  }

  remove(entry) {
    if (entry.previous === undefined) this.first = entry.next;
    else entry.previous.next = entry.next;
    if (entry.next === undefined) this.last = entry.previous;
    else entry.next.previous = entry.previous;
    entry.removed = true;
    this.size -= 1;
    if (entry.resists) this.resisting -= 1;
  }

  find(listener, capture) {
    let entry = this.first;
    while (entry !== undefined && !(entry.listener === listener && entry.capture === capture))
      entry = entry.next;
    return entry;
  }

  *[Symbol.iterator]() {
    for (let entry = this.first; entry !== undefined; entry = entry.next) yield entry;
  }
}

function isListener(listener) {
  if (typeof listener === 'function' || (typeof listener === 'object' && listener !== null)) return true;
  if (listener === null || listener === undefined) return false;
  throw new codes.ERR_INVALID_ARG_TYPE('listener', 'EventListener', listener);
}

function listenerOptions(options) {
  if (typeof options === 'boolean') return { capture: options };
  const {
    once,
    capture,
    passive,
    signal,
    [kResistStopPropagation]: resists,
  } = dictionary(options, 'options');
  return {
    once: Boolean(once),
    capture: Boolean(capture),
    passive: Boolean(passive),
    signal,
    resists: Boolean(resists),
  };
}

function warning(name, message, details) {
  const error = new Error(message);
  return Object.assign(error, { name, ...details });
}

const rethrow = (error) =>
  internal.nextTick(() => {
    throw error;
  });

class EventTarget {
  static [kIsEventTarget] = true;

  #chains = new Map();

  constructor() {
    for (const [key, value] of [
      [kMaxEventTargetListeners, limits.listeners],
      [kMaxEventTargetListenersWarned, false],
    ]) {
      Object.defineProperty(this, key, { value, writable: true, configurable: true, enumerable: false });
    }
  }

  // The listeners of a type, for `node:events`.
  static [kListeners](target, type) {
    return [...(target.#chains.get(String(type)) ?? [])].map((entry) => entry.listener);
  }

  static #mine(target) {
    if (typeof target !== 'object' || target === null || !(#chains in target))
      throw new codes.ERR_INVALID_THIS('EventTarget');
    return target;
  }

  addEventListener(type, listener, options = {}) {
    EventTarget.#mine(this);
    if (arguments.length < 2) throw new codes.ERR_MISSING_ARGS('type', 'listener');
    const {
      once = false,
      capture = false,
      passive = false,
      resists = false,
      signal,
    } = listenerOptions(options);
    validate.abortSignal(signal, 'options.signal');
    if (!isListener(listener)) {
      const message = `addEventListener called with ${listener} which has no effect.`;
      internal.emitWarning(warning('AddEventListenerArgumentTypeWarning', message, { target: this, type }));
      return;
    }
    type = text(type);
    if (signal !== undefined) {
      if (signal.aborted) return;
      signal.addEventListener('abort', () => this.removeEventListener(type, listener, { capture }), {
        once: true,
        [kResistStopPropagation]: true,
      });
    }
    let chain = this.#chains.get(type);
    if (chain === undefined) this.#chains.set(type, (chain = new Chain()));
    else if (chain.find(listener, capture) !== undefined) return;
    chain.add({
      listener,
      once,
      capture,
      passive,
      resists,
      removed: false,
      previous: undefined,
      next: undefined,
    });
    this[kListenerAdded](chain.size, type);
  }

  removeEventListener(type, listener, options = {}) {
    EventTarget.#mine(this);
    if (arguments.length < 2) throw new codes.ERR_MISSING_ARGS('type', 'listener');
    if (!isListener(listener)) return;
    type = text(type);
    const capture = typeof options === 'boolean' ? options : Boolean(options?.capture);
    const chain = this.#chains.get(type);
    const entry = chain?.find(listener, capture);
    if (entry !== undefined) this.#drop(type, chain, entry);
  }

  #drop(type, chain, entry) {
    chain.remove(entry);
    if (chain.size === 0) this.#chains.delete(type);
    this[kListenerRemoved](chain.size, type);
  }

  dispatchEvent(event) {
    EventTarget.#mine(this);
    if (arguments.length < 1) throw new codes.ERR_MISSING_ARGS('event');
    if (!isEvent(event)) throw new codes.ERR_INVALID_ARG_TYPE('event', 'Event', event);
    if (control.isDispatching(event)) throw new codes.ERR_EVENT_RECURSION(event.type);
    control.begin(event, this);
    const chain = this.#chains.get(event.type);
    if (chain !== undefined) this.#call(chain, event);
    control.end(event);
    return !event.defaultPrevented;
  }

  #call(chain, event) {
    let entry = chain.first;
    while (entry !== undefined && (!control.isStopped(event) || chain.resisting > 0)) {
      const { next } = entry;
      if (!entry.removed && (!control.isStopped(event) || entry.resists)) {
        if (entry.once) this.#drop(event.type, chain, entry);
        this.#callOne(entry, event);
      }
      entry = next;
    }
  }

  #callOne({ listener, passive }, event) {
    if (passive) control.setPassive(event, true);
    try {
      const callback = typeof listener === 'function' ? listener : listener.handleEvent;
      if (typeof callback === 'function') {
        const result =
          typeof listener === 'function' ? callback.call(this, event) : callback.call(listener, event);
        // Node's oddity: from the second listener on, the event no longer counts as being dispatched.
        control.end(event);
        // An async listener that rejects is as fatal as one that throws.
        if (result !== undefined && result !== null && typeof result.then === 'function')
          result.then(undefined, rethrow);
      }
    } catch (error) {
      rethrow(error);
    }
    if (passive) control.setPassive(event, false);
  }

  [kListenerAdded](count, type) {
    const max = this[kMaxEventTargetListeners];
    if (!(max > 0) || count <= max || this[kMaxEventTargetListenersWarned]) return;
    this[kMaxEventTargetListenersWarned] = true;
    const message =
      `Possible EventTarget memory leak detected. ${count} ${type} listeners added to ${inspect(this, { depth: -1 })}. ` +
      `MaxListeners is ${max}. Use events.setMaxListeners() to increase limit`;
    internal.emitWarning(warning('MaxListenersExceededWarning', message, { target: this, type, count }));
  }

  [kListenerRemoved]() {}

  [customInspect](depth, options) {
    EventTarget.#mine(this);
    return shown(this, depth, options, {});
  }
}
labelled(EventTarget, 'EventTarget');
enumerable(EventTarget.prototype, ['addEventListener', 'removeEventListener', 'dispatchEvent']);
Object.defineProperty(EventTarget, kIsEventTarget, { enumerable: false });

const listenersOf = EventTarget[kListeners];
delete EventTarget[kListeners];

// Gives a class an `onNAME` property: a listener whose function can be exchanged while its place in the order stays.
function defineEventHandler(prototype, type) {
  const handlers = new WeakMap();
  Object.defineProperty(prototype, `on${type}`, {
    get() {
      return handlers.get(this)?.handler ?? null;
    },
    set(value) {
      const handler =
        typeof value === 'function' || (typeof value === 'object' && value !== null) ? value : null;
      let wrapped = handlers.get(this);
      if (wrapped === undefined && handler !== null) {
        wrapped = function (event) {
          if (typeof wrapped.handler === 'function') return Reflect.apply(wrapped.handler, this, [event]);
        };
        handlers.set(this, wrapped);
        this.addEventListener(type, wrapped);
      } else if (wrapped !== undefined && handler === null) {
        this.removeEventListener(type, wrapped);
        handlers.delete(this);
      }
      if (wrapped !== undefined) wrapped.handler = handler;
    },
    configurable: true,
    enumerable: true,
  });
}

// ---- AbortSignal, AbortController --------------------------------------------------------------------------------------

const kMake = Symbol('kMake');

// A composite signal that somebody listens to lives as long as its sources, which hold it weakly.
const listenedTo = new Set();

const abortError = () => new DOMException('This operation was aborted', 'AbortError');

class AbortSignal extends EventTarget {
  #aborted = false;
  #reason;
  #sources;
  #dependents;

  constructor(key = undefined) {
    if (key !== kMake) throw new codes.ERR_ILLEGAL_CONSTRUCTOR();
    super();
    this[kMaxEventTargetListeners] = 0;
  }

  static #mine(signal) {
    if (!isSignal(signal)) throw new codes.ERR_INVALID_THIS('AbortSignal');
    return signal;
  }

  static is(value) {
    return typeof value === 'object' && value !== null && #aborted in value;
  }

  get aborted() {
    AbortSignal.#mine(this);
    return this.#aborted;
  }

  get reason() {
    return AbortSignal.#mine(this).#reason;
  }

  throwIfAborted() {
    if (AbortSignal.#mine(this).#aborted) throw this.#reason;
  }

  static abort(reason = abortError()) {
    const signal = new AbortSignal(kMake);
    signal.#aborted = true;
    signal.#reason = reason;
    return signal;
  }

  static timeout(delay) {
    validate.uint32(delay, 'delay');
    const signal = new AbortSignal(kMake);
    const reason = () => new DOMException('The operation was aborted due to timeout', 'TimeoutError');
    globalThis.setTimeout(() => triggerAbort(signal, reason()), delay)?.unref?.();
    return signal;
  }

  static any(signals) {
    const list = signalList(signals);
    const signal = new AbortSignal(kMake);
    const aborted = list.find((source) => source.#aborted);
    if (aborted !== undefined) {
      signal.#aborted = true;
      signal.#reason = aborted.#reason;
      return signal;
    }
    // Composites of composites lean on the first sources, so that no chain of signals grows.
    signal.#sources = new Set();
    for (const source of list) {
      for (const root of source.#sources ?? [source]) {
        if (signal.#sources.has(root)) continue;
        signal.#sources.add(root);
        (root.#dependents ??= new Dependents()).add(signal);
      }
    }
    return signal;
  }

  // Aborts a signal and those that depend on it; all are aborted before any of their listeners runs.
  static trigger(signal, reason = abortError()) {
    if (signal.#aborted) return;
    const all = [signal];
    for (const dependent of signal.#dependents?.drain() ?? []) if (!dependent.#aborted) all.push(dependent);
    for (const each of all) {
      each.#aborted = true;
      each.#reason = reason;
    }
    for (const each of all) {
      each.dispatchEvent(new Event('abort', { [kTrusted]: true }));
      listenedTo.delete(each);
    }
  }

  [kListenerAdded](count, type) {
    super[kListenerAdded](count, type);
    if (type === 'abort' && this.#sources !== undefined && this.#sources.size > 0 && !this.#aborted)
      listenedTo.add(this);
  }

  [kListenerRemoved](count, type) {
    if (type === 'abort' && count === 0) listenedTo.delete(this);
  }

  [customInspect](depth, options) {
    if (depth !== null && depth < 0) return `[${this.constructor.name}]`;
    return shown(this, depth, options, { aborted: this.aborted });
  }
}
const isSignal = AbortSignal.is;
const triggerAbort = AbortSignal.trigger;
delete AbortSignal.is;
delete AbortSignal.trigger;
labelled(AbortSignal, 'AbortSignal');
enumerable(AbortSignal.prototype, ['aborted']);
defineEventHandler(AbortSignal.prototype, 'abort');

// The composite signals of a source, held weakly.
class Dependents {
  #refs = new Set();
  #gone = new FinalizationRegistry((ref) => this.#refs.delete(ref));

  add(signal) {
    const ref = new WeakRef(signal);
    this.#refs.add(ref);
    this.#gone.register(signal, ref);
  }

  drain() {
    const signals = [...this.#refs].map((ref) => ref.deref()).filter((signal) => signal !== undefined);
    this.#refs.clear();
    return signals;
  }
}

function signalList(signals) {
  if (typeof signals !== 'object' || signals === null || typeof signals[Symbol.iterator] !== 'function') {
    throw new codes.ERR_INVALID_ARG_TYPE('signals', 'Array', signals);
  }
  const list = [...signals];
  list.forEach((signal, i) => {
    if (!isSignal(signal)) throw notConverted(`signals[${i}] is not of type AbortSignal.`);
  });
  return list;
}

class AbortController {
  #signal;

  get signal() {
    return (this.#signal ??= new AbortSignal(kMake));
  }

  abort(reason = abortError()) {
    triggerAbort((this.#signal ??= new AbortSignal(kMake)), reason);
  }

  [customInspect](depth, options) {
    if (depth !== null && depth < 0) return `${this.constructor.name} {}`;
    return shown(this, depth, options, { signal: this.signal });
  }
}
labelled(AbortController, 'AbortController');
enumerable(AbortController.prototype, ['signal', 'abort']);

module.exports = {
  Event,
  EventTarget,
  CustomEvent,
  AbortController,
  AbortSignal,
  defineEventHandler,
  isEventTarget,
  limits,
  listenersOf,
  kMaxEventTargetListeners,
  kMaxEventTargetListenersWarned,
  kResistStopPropagation,
  kListenerAdded,
  kListenerRemoved,
};
