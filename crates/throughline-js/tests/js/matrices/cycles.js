// Flags: --expose-gc
// Stores that lead to what keeps the frame that holds them are collected, all of them.
'use strict';
const { AsyncLocalStorage, AsyncResource } = require('node:async_hooks');

const als = new AsyncLocalStorage();
const other = new AsyncLocalStorage();
const N = 300;
const freed = {};
// Kept, since a registry that is collected tells nothing.
const registry = globalThis.registry = new FinalizationRegistry((kind) => { freed[kind] = (freed[kind] ?? 0) + 1; });
const ties = {
  'itself': (store) => { store.self = store; },
  'pending then': (store) => { store.promise = new Promise(() => {}).then(() => als.getStore()); },
  'suspended function': (store) => { store.promise = (async () => { await new Promise(() => {}); als.getStore(); })(); },
  'suspended at a thenable': (store) => { store.promise = (async () => { await { then(resolve) { store.resolve = resolve; } }; als.getStore(); })(); },
  'bound function': (store) => { store.bound = AsyncLocalStorage.bind(() => als.getStore()); },
  'snapshot': (store) => { store.snapshot = AsyncLocalStorage.snapshot(); },
  'resource': (store) => { store.resource = new AsyncResource('R'); },
  'two storages': (store) => { other.run(store, () => { store.snapshot = AsyncLocalStorage.snapshot(); }); },
  'each other': (store) => { const second = { store }; store.second = second; als.run(second, () => { store.snapshot = AsyncLocalStorage.snapshot(); }); },
  'storage of its own': (store) => { store.als = new AsyncLocalStorage({ defaultValue: store }); store.als.run(store, () => { store.snapshot = AsyncLocalStorage.snapshot(); }); },
  'async generator': (store) => { store.generator = (async function* () { await new Promise(() => {}); yield als.getStore(); })(); store.next = store.generator.next(); },
  'all with a pending one': (store) => { store.all = Promise.all([new Promise(() => {}), store]); },
  'cleared timer': (store) => { store.timer = setTimeout(() => store, 100_000); clearTimeout(store.timer); },
};
for (const [kind, tie] of Object.entries(ties)) {
  for (let i = 0; i < N; i += 1) {
    (() => {
      const store = { i };
      registry.register(store, kind);
      als.run(store, () => tie(store));
    })();
  }
}
let turns = 0;
const timer = setInterval(() => {
  gc();
  turns += 1;
  // A collector may see one that is left on the stack.
  const isDone = Object.keys(ties).every((kind) => freed[kind] >= N - 1);
  if (!isDone && turns < 40) return;
  clearInterval(timer);
  for (const kind of Object.keys(ties)) console.log(`${kind}: ${freed[kind] >= N - 1 ? 'all' : `${freed[kind] ?? 0} of ${N}`} collected`);
}, 5);
