// Where the engine itself is another: nothing of this is about contexts, but programs may come across it.
'use strict';
const { AsyncLocalStorage } = require('node:async_hooks');
new AsyncLocalStorage().run(1, () => {});
const say = (...what) => console.log(...what);
(async () => {
  // A `constructor` that throws while it is awaited.
  const promise = Promise.resolve();
  Object.defineProperty(promise, 'constructor', { get() { throw new Error('from the constructor'); } });
  const outcome = await (async () => { try { await promise; } catch (error) { return `caught ${error.message}`; } return 'fulfilled'; })().catch((error) => `rejected ${error.message}`);
  say(outcome);
  // `Promise.prototype.constructor` as a property.
  const { writable, enumerable, configurable, value } = Object.getOwnPropertyDescriptor(Promise.prototype, 'constructor');
  say(writable, enumerable, configurable, value === Promise, Promise.prototype.constructor === Promise);
})();
