// `throughline`: what programs in Rust share with scripts.
'use strict';

const { codes, validate } = require('internal/errors');
const { AsyncLocalStorage } = require('node:async_hooks');

// A storage of Rust's. What it holds is there, converted.
class SharedAsyncLocalStorage extends AsyncLocalStorage {
  #native;
  #name;

  constructor(key, name, native) {
    if (key !== kShare) throw new codes.ERR_ILLEGAL_CONSTRUCTOR();
    super();
    this.#native = native;
    this.#name = name;
  }

  get name() {
    return this.#name;
  }

  getStore() {
    return this.#native.get();
  }

  enterWith(store) {
    this.#native.set(store);
  }

  run(store, fn, ...args) {
    return this.#native.run(store, fn, ...args);
  }

  disable() {
    this.#native.set(undefined);
  }
}

const kShare = Symbol('share');
const shared = new Map();

function share(name, native) {
  const storage = new SharedAsyncLocalStorage(kShare, name, native);
  shared.set(name, storage);
  return storage;
}

// The storage that the program shares under a name.
function storage(name) {
  validate.string(name, 'name');
  const found = shared.get(name);
  if (found === undefined) throw new Error(`The program shares no storage named '${name}'`);
  return found;
}

module.exports = { storage };
Object.defineProperty(module.exports, 'share', { value: share });
