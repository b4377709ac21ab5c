// Flags: --expose-gc
// Whether the store of a row is there again where the row continues: `own` if it is, else what is.
'use strict';
const { AsyncLocalStorage, AsyncResource } = require('node:async_hooks');
const { EventEmitter } = require('node:events');

const als = new AsyncLocalStorage();
const later = [];
const emitter = new EventEmitter();
const registries = [];
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const shared = Promise.withResolvers();
const sharedRejection = Promise.withResolvers();
sharedRejection.promise.catch(() => {});
const byReason = new Map();
process.on('unhandledRejection', (reason) => byReason.get(reason)?.());
async function* counting(n) { for (let i = 1; i <= n; i += 1) { yield i; await sleep(1); } }
class Sub extends Promise {}

// Each row is run in a run of its own, with its name as the store; it calls `here` where it continues.
const rows = {
  'sync': (here) => here(),
  'await a settled promise': async (here) => { await Promise.resolve(1); here(); },
  'await a pending promise': async (here) => { await sleep(2); here(); },
  'await a number': async (here) => { await 42; here(); },
  'await undefined': async (here) => { await undefined; here(); },
  'await five times': async (here) => { for (let i = 0; i < 5; i += 1) await null; here(); },
  'await a rejection': async (here) => { try { await Promise.reject(new Error('x')); } catch { here(); } },
  'await a late rejection': async (here) => { try { await sleep(1).then(() => { throw new Error('x'); }); } catch { here(); } },
  'await an async function': async (here) => { await (async () => { await 1; return 2; })(); here(); },
  'await a thenable': async (here) => { await { then: (resolve) => resolve(1) }; here(); },
  'await a thenable, late': async (here) => { await { then: (resolve) => setTimeout(resolve, 1) }; here(); },
  'await a thenable that rejects': async (here) => { try { await { then: (_, reject) => reject(new Error('x')) }; } catch { here(); } },
  'await a thenable that rejects, late, from outside': async (here) => { try { await { then: (_, reject) => later.push(() => reject(new Error('x'))) }; } catch { here(); } },
  'inside a thenable': async (here) => { await { then: (resolve) => { here(); resolve(); } }; },
  'inside a thenable of Promise.resolve': (here) => { Promise.resolve({ then: (resolve) => { here(); resolve(); } }); },
  'await a subclass': async (here) => { await new Sub((resolve) => setTimeout(resolve, 1)); here(); },
  'await a rejected subclass': async (here) => { try { await new Sub((_, reject) => setTimeout(reject, 1)); } catch { here(); } },
  'then': (here) => { Promise.resolve().then(here); },
  'a chain of thens': (here) => { Promise.resolve().then(() => 1).then(() => sleep(1)).then(here); },
  'catch': (here) => { Promise.reject(new Error('x')).catch(here); },
  'finally': (here) => { Promise.resolve(1).finally(here); },
  'then of a shared promise': (here) => { shared.promise.then(here); },
  'await a shared promise': async (here) => { await shared.promise; here(); },
  'await a shared rejection': async (here) => { try { await sharedRejection.promise; } catch { here(); } },
  'Promise.all': async (here) => { await Promise.all([sleep(1), 2, Promise.resolve(3)]); here(); },
  'Promise.race': async (here) => { await Promise.race([sleep(1), sleep(2)]); here(); },
  'Promise.any': async (here) => { await Promise.any([Promise.reject(new Error('x')), sleep(2)]); here(); },
  'Promise.allSettled': async (here) => { await Promise.allSettled([Promise.reject(new Error('x')), sleep(2)]); here(); },
  'withResolvers, resolved from outside': async (here) => { const { promise, resolve } = Promise.withResolvers(); later.push(resolve); await promise; here(); },
  'queueMicrotask': (here) => { queueMicrotask(here); },
  'setTimeout': (here) => { setTimeout(here, 1); },
  'setImmediate': (here) => { setImmediate(here); },
  'setInterval': (here) => { let n = 0; const timer = setInterval(() => { n += 1; if (n === 2) { clearInterval(timer); here(); } }, 1); },
  'nextTick': (here) => { process.nextTick(here); },
  'tick, microtask, timer, immediate': (here) => { process.nextTick(() => queueMicrotask(() => setTimeout(() => setImmediate(here), 1))); },
  'async generator': async (here) => { for await (const each of (async function* () { yield 1; await 2; here(); yield 2; })()) void each; },
  'body of for await': async (here) => { for await (const each of counting(2)) if (each === 2) here(); },
  'for await over promises': async (here) => { for await (const each of [sleep(1), 2]) if (each === 2) here(); },
  'yield* of an async generator': async (here) => { const inner = async function* () { await 1; here(); yield 1; }; for await (const each of (async function* () { yield* inner(); })()) void each; },
  'next() of a generator, twice': async (here) => { const it = counting(2); await it.next(); await it.next(); here(); },
  'return() of a generator': async (here) => { const it = (async function* () { try { yield 1; } finally { await null; here(); } })(); await it.next(); await it.return(); },
  'listener, emitted inside': (here) => { const own = new EventEmitter(); own.on('x', here); own.emit('x'); },
  'bound listener, emitted from outside': (here) => { emitter.once('go', AsyncResource.bind(() => here())); },
  'plain listener, emitted from outside': (here) => { emitter.once('go', () => here()); },
  'AsyncLocalStorage.bind': (here) => { later.push(AsyncLocalStorage.bind(() => here())); },
  'AsyncLocalStorage.snapshot': (here) => { const snapshot = AsyncLocalStorage.snapshot(); later.push(() => snapshot(here)); },
  'runInAsyncScope': (here) => { const resource = new AsyncResource('R'); later.push(() => resource.runInAsyncScope(here)); },
  'exit': (here) => { als.exit(here); },
  'await in exit': async (here) => { await als.exit(async () => { await sleep(1); here(); }); },
  'await after exit': async (here) => { await als.exit(async () => { await sleep(1); }); here(); },
  'enterWith, then await': async (here) => { als.enterWith('entered'); await 1; here(); },
  'await of another run': async (here) => { await als.run('other', () => sleep(1)); here(); },
  'in another run': async (here) => { await als.run('other', async () => { await sleep(1); here(); }); },
  'resolved in another run': async (here) => { let resolve; const promise = new Promise((done) => { resolve = done; }); als.run('other', () => resolve()); await promise; here(); },
  'method': async (here) => { await { async method() { await 0; here(); } }.method(); },
  'finally around an await': async (here) => { try { await sleep(1); } finally { here(); } },
  'await in catch': async (here) => { try { throw new Error('x'); } catch { await 1; here(); } },
  'handler of an unhandled rejection': (here) => { byReason.set(here, here); Promise.reject(here); },
  'callback of a FinalizationRegistry': (here) => { const registry = new FinalizationRegistry(here); registries.push(registry); (() => { for (let i = 0; i < 10; i += 1) registry.register({ i }, i); })(); },
  'event target': (here) => { const target = new EventTarget(); target.addEventListener('x', here); later.push(() => target.dispatchEvent(new Event('x'))); },
  'await using': async (here) => { await (async () => { const disposed = { async [Symbol.asyncDispose]() { await null; here(); } }; try { await null; } finally { await disposed[Symbol.asyncDispose](); } })(); },
  'Array.fromAsync': async (here) => { await Array.fromAsync(counting(2)); here(); },
  'Promise.try': async (here) => { await Promise.try(() => sleep(1)); here(); },
  'Reflect.apply of then': (here) => { Reflect.apply(Promise.prototype.then, Promise.resolve(), [here]); },
  'then of a promise of another realm of code': (here) => { new Function('p', 'f', 'p.then(f)')(sleep(1), here); },
  'async function made by its constructor': async (here) => { const AsyncFunction = (async () => {}).constructor; await new AsyncFunction('sleep', 'here', 'await sleep(1); here();')(sleep, here); },
  'eval': async (here) => { await eval('(async () => { await sleep(1); here(); })()'); },
};
const seen = new Map();
for (const [name, body] of Object.entries(rows)) {
  // What is seen first counts.
  const here = () => { if (!seen.has(name)) seen.set(name, als.getStore()); };
  try {
    als.run(name, () => Promise.resolve(body(here)).catch((error) => seen.set(name, `rejected ${error.message}`)));
  } catch (error) {
    seen.set(name, `threw ${error.message}`);
  }
}
setTimeout(() => {
  console.log('outside', als.getStore());
  shared.resolve();
  sharedRejection.reject(new Error('x'));
  emitter.emit('go');
  for (const f of later) f();
}, 30);
for (const ms of [10, 40, 60, 80]) setTimeout(() => gc(), ms);
setTimeout(() => {
  for (const name of Object.keys(rows)) console.log(`${name}: ${seen.has(name) ? (seen.get(name) === name ? 'own' : seen.get(name)) : 'never called'}`);
}, 150);
