// Flags: --expose-gc
// Section 12: what keeps the store of a run that has ended.
'use strict';
const { AsyncLocalStorage, AsyncResource } = require('node:async_hooks');
const { EventEmitter, EventEmitterAsyncResource } = require('node:events');
const { say, collect } = require('../lib/say.js');

const als = new AsyncLocalStorage();
const other = new AsyncLocalStorage();
const kept = [];
// Whether the store is collected though what `hold` made is kept. More than one is made, since a collector may see an address that is left on the stack.
async function isFreed(hold) {
  const stores = [];
  for (let i = 0; i < 5; i += 1) {
    (() => {
      const store = { i };
      stores.push(new WeakRef(store));
      als.run(store, () => kept.push(hold(store)));
    })();
  }
  const freed = () => stores.filter((ref) => ref.deref() === undefined).length;
  await collect(() => freed() >= 4);
  return freed() >= 4;
}
(async () => {
  const rows = {
    nothing: () => null,
    'a listener': () => { const e = new EventEmitter(); e.on('x', () => {}); return e; },
    'a fired immediate': () => setImmediate(() => {}),
    'a cleared timer': () => { const timer = setTimeout(() => {}, 1000); clearTimeout(timer); return timer; },
    'a cleared interval': () => { const timer = setInterval(() => {}, 1000); clearInterval(timer); return timer; },
    'a pending timer': () => setTimeout(() => {}, 100_000).unref(),
    'a resolved promise': () => Promise.resolve(1),
    'a pending promise': () => new Promise(() => {}),
    'a pending promise with a then': () => { const p = new Promise(() => {}); p.then(() => {}); return p; },
    'a suspended async function': () => { const { promise, resolve } = Promise.withResolvers(); (async () => { await promise; })(); return resolve; },
    'an async function that ended': () => (async () => { await null; })(),
    'a resource': () => new AsyncResource('R'),
    'a destroyed resource': () => new AsyncResource('R').emitDestroy(),
    'an emitter of a resource': () => new EventEmitterAsyncResource('E'),
    'a snapshot': () => AsyncLocalStorage.snapshot(),
    'a bound function': () => AsyncLocalStorage.bind(() => {}),
    'a snapshot of an inner run of the same storage': () => als.run('inner', () => AsyncLocalStorage.snapshot()),
    'a snapshot of an inner run of another storage': () => other.run('inner', () => AsyncLocalStorage.snapshot()),
    'a snapshot after exit': () => als.exit(() => AsyncLocalStorage.snapshot()),
    'a snapshot after disable': () => { als.disable(); return AsyncLocalStorage.snapshot(); },
    'a generator': () => { const g = (function* () { yield als.getStore() === undefined; yield; })(); g.next(); return g; },
  };
  for (const [label, hold] of Object.entries(rows)) say('MEM', label, (await isFreed(hold)) ? 'freed' : 'kept');

  // Cycles: a store that leads to what captured the frame which holds it.
  const cycles = {
    'store -> promise -> reaction -> frame': (store) => { store.promise = new Promise(() => {}).then(() => als.getStore()); },
    'store -> suspended function': (store) => { store.promise = (async () => { await new Promise(() => {}); als.getStore(); })(); },
    'store -> bound function': (store) => { store.bound = AsyncLocalStorage.bind(() => als.getStore()); },
    'store -> snapshot': (store) => { store.snapshot = AsyncLocalStorage.snapshot(); },
    'store -> resource': (store) => { store.resource = new AsyncResource('R'); },
    'store -> itself': (store) => { store.self = store; },
    'store -> storage': (store) => { store.als = new AsyncLocalStorage(); store.als.run(store, () => { store.kept = AsyncLocalStorage.snapshot(); }); },
    'store -> async generator': (store) => { store.generator = (async function* () { await new Promise(() => {}); yield als.getStore(); })(); store.next = store.generator.next(); },
    'store -> emitter of a resource': (store) => { store.emitter = new EventEmitterAsyncResource('E'); store.emitter.on('x', () => store); },
  };
  for (const [label, tie] of Object.entries(cycles)) say('MEM', 'cycle', label, (await isFreed((store) => { tie(store); return null; })) ? 'freed' : 'kept');
})();
