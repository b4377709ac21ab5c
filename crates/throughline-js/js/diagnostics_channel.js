// `node:diagnostics_channel`.
//
// Needs of `internal`: `nextTick(fn, ...args)`, `triggerUncaughtException(error)`, `emitWarning(text)`. Stores are
// `AsyncLocalStorage`s; all that is asked of them is `withScope`.
'use strict';

const { codes, validate } = require('internal/errors');
const { types } = require('internal/types');

const dispose = Symbol.dispose ?? Symbol.for('Symbol.dispose');

class SafeMap extends Map {}

// The channels by name: held weakly, but strongly while somebody subscribes or a store is bound.
class Registry {
  #refs = new Map();
  #strong = new Map();
  #gone = new FinalizationRegistry((name) => {
    if (this.#refs.get(name)?.deref() === undefined) this.#refs.delete(name);
  });

  get(name) {
    return this.#refs.get(name)?.deref();
  }

  set(name, channel) {
    this.#refs.set(name, new WeakRef(channel));
    this.#gone.register(channel, name);
  }

  hold(channel) {
    this.#strong.set(channel, (this.#strong.get(channel) ?? 0) + 1);
  }

  release(channel) {
    const left = (this.#strong.get(channel) ?? 0) - 1;
    if (left > 0) this.#strong.set(channel, left);
    else this.#strong.delete(channel);
  }
}

const channels = new Registry();

// What a subscriber or a transform throws stops nobody; it surfaces as an uncaught exception afterwards.
const surface = (error) => internal.nextTick(() => internal.triggerUncaughtException(error));

// The stores of a channel entered for some data, and the data published, until it is disposed of.
class RunStoresScope {
  #entered = [];

  constructor(channel, data) {
    for (const [store, transform] of channel._stores) {
      let value = data;
      if (transform) {
        try {
          value = transform(data);
        } catch (error) {
          surface(error);
          continue;
        }
      }
      this.#entered.push(store.withScope(value));
    }
    channel.publish(data);
  }

  [dispose]() {
    while (this.#entered.length > 0) this.#entered.pop()[dispose]();
  }
}

// A channel in use. Channels change between the two classes, so that an unused one costs nothing.
class ActiveChannel {
  subscribe(subscription) {
    validate.function(subscription, 'subscription');
    // Replaced rather than changed: a publication goes on over the list it began with.
    this._subscribers = [...this._subscribers, subscription];
    channels.hold(this);
  }

  unsubscribe(subscription) {
    const at = this._subscribers.indexOf(subscription);
    if (at === -1) return false;
    this._subscribers = this._subscribers.toSpliced(at, 1);
    channels.release(this);
    deactivateIfUnused(this);
    return true;
  }

  bindStore(store, transform) {
    if (!this._stores.has(store)) channels.hold(this);
    this._stores.set(store, transform);
  }

  unbindStore(store) {
    if (!this._stores.delete(store)) return false;
    channels.release(this);
    deactivateIfUnused(this);
    return true;
  }

  get hasSubscribers() {
    return true;
  }

  publish(data) {
    for (const subscriber of this._subscribers) {
      try {
        subscriber(data, this.name);
      } catch (error) {
        surface(error);
      }
    }
  }

  withStoreScope(data) {
    return new RunStoresScope(this, data);
  }

  runStores(data, fn, thisArg, ...args) {
    const scope = this.withStoreScope(data);
    try {
      return Reflect.apply(fn, thisArg, args);
    } finally {
      scope[dispose]();
    }
  }
}

class Channel {
  constructor(name) {
    this._subscribers = undefined;
    this._stores = undefined;
    this.name = name;
    this._index = undefined;
    channels.set(name, this);
  }

  static [Symbol.hasInstance](instance) {
    const prototype = Object.getPrototypeOf(instance);
    return prototype === Channel.prototype || prototype === ActiveChannel.prototype;
  }

  subscribe(subscription) {
    validate.function(subscription, 'subscription');
    activate(this);
    this.subscribe(subscription);
  }

  unsubscribe() {
    return false;
  }

  bindStore(store, transform) {
    activate(this);
    this.bindStore(store, transform);
  }

  unbindStore() {
    return false;
  }

  get hasSubscribers() {
    return false;
  }

  publish() {}

  runStores(data, fn, thisArg, ...args) {
    return Reflect.apply(fn, thisArg, args);
  }

  withStoreScope() {
    return { [dispose]() {} };
  }
}

function activate(channel) {
  Object.setPrototypeOf(channel, ActiveChannel.prototype);
  channel._subscribers = [];
  channel._stores = new SafeMap();
}

function deactivateIfUnused(channel) {
  if (channel._subscribers.length > 0 || channel._stores.size > 0) return;
  Object.setPrototypeOf(channel, Channel.prototype);
  channel._subscribers = undefined;
  channel._stores = undefined;
}

function channel(name) {
  const known = channels.get(name);
  if (known !== undefined) return known;
  if (typeof name !== 'string' && typeof name !== 'symbol') {
    throw new codes.ERR_INVALID_ARG_TYPE('channel', ['string', 'symbol'], name);
  }
  return new Channel(name);
}

const subscribe = (name, subscription) => channel(name).subscribe(subscription);

const unsubscribe = (name, subscription) => channel(name).unsubscribe(subscription);

const hasSubscribers = (name) => channels.get(name)?.hasSubscribers ?? false;

// ---- Several channels as one -----------------------------------------------------------------------------------------

// The channel of one event, by the common name or out of an object that has it.
function channelOf(nameOrChannels, event, className) {
  if (typeof nameOrChannels === 'string') return channel(`tracing:${nameOrChannels}:${event}`);
  if (typeof nameOrChannels !== 'object') {
    throw new codes.ERR_INVALID_ARG_TYPE('nameOrChannels', ['string', 'object', className], nameOrChannels);
  }
  const given = nameOrChannels[event];
  if (!(given instanceof Channel))
    throw new codes.ERR_INVALID_ARG_TYPE(`nameOrChannels.${event}`, 'Channel', given);
  return given;
}

function subscribeAll(self, events, handlers) {
  for (const event of events) if (handlers[event]) self[event]?.subscribe(handlers[event]);
}

// Whether all of the handlers were there.
function unsubscribeAll(self, events, handlers) {
  let all = true;
  for (const event of events) if (handlers[event] && !self[event]?.unsubscribe(handlers[event])) all = false;
  return all;
}

class BoundedChannelScope {
  #context;
  #end;
  #stores;

  constructor(bounded, context) {
    if (!bounded.hasSubscribers) return;
    this.#context = context;
    this.#end = bounded.end;
    this.#stores = bounded.start.withStoreScope(context);
  }

  [dispose]() {
    const end = this.#end;
    if (end === undefined) return;
    this.#end = undefined;
    // The end is published where the stores of the start are still entered.
    end.publish(this.#context);
    this.#stores[dispose]();
  }
}

const BOUNDS = ['start', 'end'];

class BoundedChannel {
  constructor(nameOrChannels) {
    if (nameOrChannels === null)
      throw new codes.ERR_INVALID_ARG_TYPE(
        'nameOrChannels',
        ['string', 'object', 'BoundedChannel'],
        nameOrChannels,
      );
    for (const event of BOUNDS) {
      Object.defineProperty(this, event, { value: channelOf(nameOrChannels, event, 'BoundedChannel') });
    }
  }

  get hasSubscribers() {
    return this.start.hasSubscribers || this.end.hasSubscribers;
  }

  subscribe(handlers) {
    subscribeAll(this, BOUNDS, handlers);
  }

  unsubscribe(handlers) {
    return unsubscribeAll(this, BOUNDS, handlers);
  }

  withScope(context = {}) {
    return new BoundedChannelScope(this, context);
  }

  run(context, fn, thisArg, ...args) {
    context ??= {};
    const scope = this.withScope(context);
    try {
      return Reflect.apply(fn, thisArg, args);
    } finally {
      scope[dispose]();
    }
  }
}

const TRACED = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'];

class TracingChannel {
  #call;
  #continuation;

  constructor(nameOrChannels) {
    const of = (event) => channelOf(nameOrChannels, event, 'TracingChannel');
    this.#call = new BoundedChannel({ start: of('start'), end: of('end') });
    // A pair of its own, which is why messages call its channels `start` and `end`.
    const { asyncStart: start, asyncEnd: end } =
      typeof nameOrChannels === 'string'
        ? { asyncStart: of('asyncStart'), asyncEnd: of('asyncEnd') }
        : nameOrChannels;
    this.#continuation = new BoundedChannel({ start, end });
    Object.defineProperty(this, 'error', { value: of('error') });
  }

  get start() {
    return this.#call.start;
  }

  get end() {
    return this.#call.end;
  }

  get asyncStart() {
    return this.#continuation.start;
  }

  get asyncEnd() {
    return this.#continuation.end;
  }

  get hasSubscribers() {
    return this.#call.hasSubscribers || this.#continuation.hasSubscribers || this.error?.hasSubscribers;
  }

  subscribe(handlers) {
    subscribeAll(this, TRACED, handlers);
  }

  unsubscribe(handlers) {
    return unsubscribeAll(this, TRACED, handlers);
  }

  #failed(context, error) {
    context.error = error;
    this.error.publish(context);
  }

  traceSync(fn, context = {}, thisArg = undefined, ...args) {
    if (!this.hasSubscribers) return Reflect.apply(fn, thisArg, args);
    const scope = this.#call.withScope(context);
    try {
      const result = Reflect.apply(fn, thisArg, args);
      context.result = result;
      return result;
    } catch (error) {
      this.#failed(context, error);
      throw error;
    } finally {
      scope[dispose]();
    }
  }

  tracePromise(fn, context = {}, thisArg = undefined, ...args) {
    if (!this.hasSubscribers) {
      const result = Reflect.apply(fn, thisArg, args);
      if (typeof result?.then !== 'function') warnOfNoThenable(fn);
      return result;
    }
    const fulfilled = (result) => {
      context.result = result;
      this.#continuation.withScope(context)[dispose]();
      return result;
    };
    const rejected = (error) => {
      this.#failed(context, error);
      this.#continuation.withScope(context)[dispose]();
    };
    const scope = this.#call.withScope(context);
    try {
      const result = Reflect.apply(fn, thisArg, args);
      if (typeof result?.then !== 'function') {
        warnOfNoThenable(fn);
        context.result = result;
        return result;
      }
      if (types.isPromise(result) && result.constructor === Promise) {
        return Promise.prototype.then.call(result, fulfilled, (error) => {
          rejected(error);
          throw error;
        });
      }
      // Any other thenable may be more than a promise, so it is given back as it is.
      result.then(fulfilled, rejected);
      return result;
    } catch (error) {
      this.#failed(context, error);
      throw error;
    } finally {
      scope[dispose]();
    }
  }

  traceCallback(fn, position = -1, context = {}, thisArg = undefined, ...args) {
    if (!this.hasSubscribers) return Reflect.apply(fn, thisArg, args);
    const at = position < 0 ? args.length + position : position;
    const callback = args[at];
    validate.function(callback, 'callback');
    const self = this;
    args[at] = function wrappedCallback(error, result) {
      if (error) self.#failed(context, error);
      else context.result = result;
      // The stores of `asyncStart` are entered around the callback.
      const continuation = self.#continuation.withScope(context);
      try {
        return Reflect.apply(callback, this, arguments);
      } finally {
        continuation[dispose]();
      }
    };
    const scope = this.#call.withScope(context);
    try {
      return Reflect.apply(fn, thisArg, args);
    } catch (error) {
      this.#failed(context, error);
      throw error;
    } finally {
      scope[dispose]();
    }
  }
}

function warnOfNoThenable(fn) {
  internal.emitWarning(
    `tracePromise was called with the function '${fn.name || '<anonymous>'}', which returned a non-thenable.`,
  );
}

const tracingChannel = (nameOrChannels) => new TracingChannel(nameOrChannels);

const boundedChannel = (nameOrChannels) => new BoundedChannel(nameOrChannels);

module.exports = {
  channel,
  hasSubscribers,
  subscribe,
  tracingChannel,
  unsubscribe,
  boundedChannel,
  Channel,
  BoundedChannel,
};
