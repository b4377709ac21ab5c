// ALS-1 to ALS-3: how a storage is made.
'use strict';
const { AsyncLocalStorage } = require('node:async_hooks');
const { say, outcome } = require('../lib/say.js');

for (const options of [null, 1, 'text', [], () => {}, true, Symbol('s'), 10n]) say('ALS-1', outcome(() => new AsyncLocalStorage(options).name));
for (const options of [undefined, {}, { __proto__: null }, new Date(0), Object.create({ name: 'inherited', defaultValue: 'of a prototype' })]) {
  const als = new AsyncLocalStorage(options);
  say('ALS-1', als.name, als.getStore());
}
say('ALS-1', new AsyncLocalStorage().name === '', AsyncLocalStorage.name, AsyncLocalStorage.length);

for (const name of [42, null, '', 'plain', true, ['a', 'b'], { toString: () => 'said' }, undefined]) {
  say('ALS-2', outcome(() => JSON.stringify(new AsyncLocalStorage({ name }).name)));
}
say('ALS-2', outcome(() => new AsyncLocalStorage({ name: Symbol('s') })));
say('ALS-2', outcome(() => new AsyncLocalStorage({ get name() { throw new Error('from the getter'); } })));
say('ALS-2', outcome(() => {
  const als = new AsyncLocalStorage({ name: 'fixed' });
  als.name = 'other';
  return als.name;
}));
say('ALS-2', Object.getOwnPropertyDescriptor(AsyncLocalStorage.prototype, 'name').set, Object.keys(new AsyncLocalStorage()));

say('ALS-3', outcome(() => AsyncLocalStorage()));
say('ALS-3', Object.getOwnPropertyNames(AsyncLocalStorage.prototype).sort().join());
say('ALS-3', Object.getOwnPropertyNames(AsyncLocalStorage).filter((name) => !['length', 'name', 'prototype'].includes(name)).sort().join());
say('ALS-3', Object.keys(require('node:async_hooks')).join());
{
  class Named extends AsyncLocalStorage {
    constructor() {
      super({ name: 'named', defaultValue: 'd' });
      this.extra = 1;
    }
    getStore() {
      return `over ${super.getStore()}`;
    }
  }
  const als = new Named();
  say('ALS-3', als instanceof AsyncLocalStorage, als.constructor.name, als.getStore(), als.name, als.extra, als.run('v', () => als.getStore()));
}
// Options are read once, when the storage is made.
{
  const options = { name: 'first', defaultValue: 1 };
  const als = new AsyncLocalStorage(options);
  options.name = 'second';
  options.defaultValue = 2;
  say('ALS-1', als.name, als.getStore());
}
// On a foreign receiver.
for (const name of ['getStore', 'enterWith', 'disable', 'run', 'exit', 'withScope']) {
  say('ALS-3', name, outcome(() => AsyncLocalStorage.prototype[name].call({}, 1, () => 2)));
}
// Whether something else is enabled must not matter (what an old engine got wrong): a store entered after an `await` stays with the callee.
(async () => {
  const als = new AsyncLocalStorage();
  async function callee() {
    await null;
    als.enterWith('of the callee');
  }
  await callee();
  say('ALS-3', als.getStore());
})();
