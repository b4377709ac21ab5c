// HK-13, HK-14, ID-3, HK-2: what is told of promises.
'use strict';
const { AsyncResource, createHook, executionAsyncId, triggerAsyncId, executionAsyncResource } = require('node:async_hooks');
const { say, tick } = require('../lib/say.js');
const { sequence } = require('../lib/watch.js');

const told = (clause, body) => sequence(clause, { types: ['PROMISE', 'R'] }, body);
(async () => {
  await told('HK-14 new, then', (w) => { const p = new Promise((resolve) => { w.log('executor'); resolve(1); }); p.then(() => w.log('reaction')); });
  await told('HK-13 reject, catch', (w) => { Promise.reject(new Error('x')).catch(() => w.log('catch')); });
  await told('HK-13 withResolvers', (w) => { const { promise, resolve } = Promise.withResolvers(); promise.then(() => w.log('reaction')); resolve(); resolve(); });
  await told('HK-13 resolved with a pending one', () => { new Promise((resolve) => resolve(new Promise(() => {}))); });
  await told('HK-13 resolved with a settled one', (w) => { const p = Promise.resolve(); new Promise((resolve) => resolve(p)).then(() => w.log('reaction')); });
  await told('HK-14 chain', (w) => { Promise.resolve().then(() => 1).then(() => 2).then(() => w.log('third')); });
  await told('HK-14 chain with a throw', (w) => { Promise.resolve().then(() => { throw new Error('x'); }).then(() => {}).catch(() => w.log('caught')); });
  await told('HK-14 finally', (w) => { Promise.resolve().finally(() => w.log('finally')); });
  await told('HK-14 two thens', (w) => { const p = Promise.resolve(); p.then(() => w.log('one')); p.then(() => w.log('two')); });
  await told('HK-14 then in then', (w) => { Promise.resolve().then(() => { w.log('outer'); Promise.resolve().then(() => w.log('inner')); }); });
  await told('HK-14 scope in a reaction', (w) => { const r = new AsyncResource('R'); Promise.resolve().then(() => { w.log('reaction'); r.runInAsyncScope(() => w.log('scope')); w.log('reaction'); }); });
  await told('HK-14 reaction that answers a promise', (w) => { const inner = new Promise(() => {}); Promise.resolve().then(() => { w.log('reaction'); return inner; }); });
  await told('HK-14 pending, resolved in a later turn', (w, done) => { const { promise, resolve } = Promise.withResolvers(); promise.then(() => { w.log('reaction'); setImmediate(done); }); setImmediate(resolve); });
  await told('HK-14 all', (w) => { Promise.all([1]).then(() => w.log('all')); });
  await told('HK-14 race of nothing', () => { Promise.race([]); });
  await told('HK-14 no handler', () => { Promise.resolve().then(); });
  await told('HK-14 subclass', (w) => { class P extends Promise {} P.resolve().then(() => w.log('reaction')); });

  const inReaction = (what) => new Promise((resolve) => setImmediate(() => Promise.resolve().then(() => resolve(what()))));
  say('ID-3 no hook', await inReaction(() => [executionAsyncId(), triggerAsyncId()]));
  const hook = createHook({ init() {} }).enable();
  say('ID-3 a hook', await inReaction(() => [executionAsyncId() > 0, triggerAsyncId() > 0, executionAsyncResource() instanceof Promise]));
  hook.disable();
  await tick();
  say('ID-3 no hook again', await inReaction(() => [executionAsyncId(), triggerAsyncId()]));
  const untracked = createHook({ init() {}, trackPromises: false }).enable();
  say('HK-2 trackPromises: false', await inReaction(() => [executionAsyncId(), triggerAsyncId()]));
  untracked.disable();
  await sequence('HK-2 hidden', { types: ['PROMISE', 'R'], trackPromises: false }, (w) => { Promise.resolve().then(() => { w.log('reaction'); new AsyncResource('R'); }); });
})();
