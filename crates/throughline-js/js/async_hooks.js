// `node:async_hooks`.
'use strict';

const { binding } = internal;
const { codes, validate } = require('internal/errors');
const ah = require('internal/async_hooks');
const { executionAsyncId, triggerAsyncId, executionAsyncResource, kNoPromiseHook, newAsyncId } = ah;
const {
  async_id_symbol, trigger_async_id_symbol,
  init_symbol, before_symbol, after_symbol, destroy_symbol, promise_resolve_symbol,
} = ah.symbols;

// A hook is told of continuations that were attached before it was enabled, as soon as a program can make one.
binding.usePromises();

// ---- createHook -----------------------------------------------------------------------------------------------------

class AsyncHook {
  constructor({ init, before, after, destroy, promiseResolve, trackPromises }) {
    for (const [name, callback] of Object.entries({ init, before, after, destroy, promiseResolve })) {
      if (callback !== undefined && typeof callback !== 'function') throw new codes.ERR_ASYNC_CALLBACK(`hook.${name}`);
    }
    if (trackPromises !== undefined) validate.boolean(trackPromises, 'trackPromises');
    this[init_symbol] = init;
    this[before_symbol] = before;
    this[after_symbol] = after;
    this[destroy_symbol] = destroy;
    this[promise_resolve_symbol] = promiseResolve;
    if (trackPromises === false && promiseResolve) {
      throw new codes.ERR_INVALID_ARG_VALUE(
        'trackPromises', trackPromises, 'must not be false when promiseResolve is enabled');
    }
    this[kNoPromiseHook] = trackPromises === false;
  }

  enable() {
    ah.enableHook(this);
    return this;
  }

  disable() {
    ah.disableHook(this);
    return this;
  }
}

function createHook(callbacks) {
  return new AsyncHook(callbacks);
}

// ---- AsyncResource --------------------------------------------------------------------------------------------------

const destroyedSymbol = Symbol('destroyed');
const contextFrameSymbol = Symbol('context_frame');
const kEmptyObject = Object.freeze({ __proto__: null });

class AsyncResource {
  #type;

  constructor(type, options = kEmptyObject) {
    validate.string(type, 'type');

    let trigger = options;
    let requireManualDestroy = false;
    if (typeof options !== 'number') {
      trigger = options.triggerAsyncId === undefined ? ah.getDefaultTriggerAsyncId() : options.triggerAsyncId;
      requireManualDestroy = !!options.requireManualDestroy;
    }
    if (!Number.isSafeInteger(trigger) || trigger < -1) throw new codes.ERR_INVALID_ASYNC_ID('triggerAsyncId', trigger);

    this[contextFrameSymbol] = binding.currentFrame();
    const asyncId = newAsyncId();
    this[async_id_symbol] = asyncId;
    this[trigger_async_id_symbol] = trigger;
    this.#type = ah.typeNumber(type);

    if (ah.initHooksExist()) {
      if (type.length === 0) throw new codes.ERR_ASYNC_TYPE(type);
      ah.emitInit(asyncId, type, trigger, this);
    }
    if (!requireManualDestroy && ah.destroyHooksExist()) {
      const destroyed = { destroyed: false };
      this[destroyedSymbol] = destroyed;
      ah.registerDestroyHook(this, asyncId, destroyed, this.#type);
    }
  }

  runInAsyncScope(fn, thisArg, ...args) {
    const asyncId = this[async_id_symbol];
    binding.emitBefore(asyncId, this[trigger_async_id_symbol], this, #type in this ? this.#type : 0, false);
    const prior = binding.exchangeFrame(this[contextFrameSymbol]);
    try {
      return Reflect.apply(fn, thisArg, args);
    } finally {
      binding.setFrame(prior);
      if (ah.hasAsyncIdStack()) {
        internal.closePromise?.();
        ah.emitAfter(asyncId);
      }
    }
  }

  emitDestroy() {
    if (this[destroyedSymbol] !== undefined) this[destroyedSymbol].destroyed = true;
    ah.emitDestroy(this[async_id_symbol], this[trigger_async_id_symbol], #type in this ? this.#type : 0);
    return this;
  }

  asyncId() {
    return this[async_id_symbol];
  }

  triggerAsyncId() {
    return this[trigger_async_id_symbol];
  }

  bind(fn, thisArg) {
    validate.function(fn, 'fn');
    let bound;
    if (thisArg === undefined) {
      const resource = this;
      bound = function (...args) {
        return Reflect.apply(resource.runInAsyncScope, resource, [fn, this, ...args]);
      };
    } else {
      bound = this.runInAsyncScope.bind(this, fn, thisArg);
    }
    Object.defineProperty(bound, 'length', { configurable: true, enumerable: false, value: fn.length, writable: false });
    return bound;
  }

  static bind(fn, type, thisArg) {
    type ||= fn.name;
    return new AsyncResource(type || 'bound-anonymous-fn').bind(fn, thisArg);
  }
}

// ---- AsyncLocalStorage ------------------------------------------------------------------------------------------------

class RunScope {
  #storage;
  #previousStore;
  #disposed = false;

  constructor(storage, store) {
    this.#storage = storage;
    this.#previousStore = storage.getStore();
    storage.enterWith(store);
  }

  dispose() {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#storage.enterWith(this.#previousStore);
  }

  [Symbol.dispose ?? Symbol.for('Symbol.dispose')]() {
    this.dispose();
  }
}

const names = new WeakMap();

class AsyncLocalStorage {
  constructor(options = kEmptyObject) {
    validate.object(options, 'options');
    const storage = binding.makeStorage(new.target.prototype, options.defaultValue);
    if (options.name !== undefined) names.set(storage, `${options.name}`);
    return storage;
  }

  get name() {
    return names.get(this) || '';
  }

  static bind(fn) {
    return AsyncResource.bind(fn);
  }

  static snapshot() {
    return AsyncLocalStorage.bind((cb, ...args) => cb(...args));
  }

  exit(fn, ...args) {
    return this.run(undefined, fn, ...args);
  }

  withScope(store) {
    return new RunScope(this, store);
  }
}

// What a program calls most is the engine's.
for (const name of ['disable', 'enterWith', 'run', 'getStore']) {
  Object.defineProperty(AsyncLocalStorage.prototype, name, {
    value: binding[name], writable: true, configurable: true, enumerable: false,
  });
}

// ---- asyncWrapProviders ------------------------------------------------------------------------------------------------

const PROVIDERS = `NONE DIRHANDLE DNSCHANNEL ELDHISTOGRAM FILEHANDLE FILEHANDLECLOSEREQ BLOBREADER FSEVENTWRAP FSREQCALLBACK
  FSREQPROMISE GETADDRINFOREQWRAP GETNAMEINFOREQWRAP HEAPSNAPSHOT HTTP2SESSION HTTP2STREAM HTTP2PING HTTP2SETTINGS
  HTTPINCOMINGMESSAGE HTTPCLIENTREQUEST LOCKS DTLS_ENDPOINT DTLS_SESSION JSSTREAM JSUDPWRAP MESSAGEPORT PIPECONNECTWRAP
  PIPESERVERWRAP PIPEWRAP PROCESSWRAP PROMISE QUERYWRAP QUIC_ENDPOINT QUIC_LOGSTREAM QUIC_SESSION QUIC_STREAM QUIC_UDP
  SHUTDOWNWRAP SIGNALWRAP STATWATCHER STREAMPIPE TCPCONNECTWRAP TCPSERVERWRAP TCPWRAP TTYWRAP UDPSENDWRAP UDPWRAP
  SIGINTWATCHDOG WORKER WORKERCPUPROFILE WORKERCPUUSAGE WORKERHEAPPROFILE WORKERHEAPSNAPSHOT WORKERHEAPSTATISTICS
  WRITEWRAP ZLIB CHECKPRIMEREQUEST PBKDF2REQUEST KEYPAIRGENREQUEST KEYGENREQUEST KEYEXPORTREQUEST ARGON2REQUEST
  CIPHERREQUEST DERIVEBITSREQUEST HASHREQUEST RANDOMBYTESREQUEST RANDOMPRIMEREQUEST SCRYPTREQUEST SIGNREQUEST TLSWRAP
  VERIFYREQUEST`.split(/\s+/);

const asyncWrapProviders = { __proto__: null };
PROVIDERS.forEach((name, number) => {
  asyncWrapProviders[name] = number;
});

module.exports = {
  AsyncLocalStorage,
  createHook,
  executionAsyncId,
  triggerAsyncId,
  executionAsyncResource,
  asyncWrapProviders: Object.freeze(asyncWrapProviders),
  AsyncResource,
};
