// Programs that get in the way: patched promises, readers of `constructor`, thenables that misbehave, frozen and exotic stores.
'use strict';
const { AsyncLocalStorage } = require('node:async_hooks');

const als = new AsyncLocalStorage();
const say = (...what) => console.log(...what);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
(async () => {
  await als.run('reads constructor', async () => {
    const p = sleep(1);
    say(p.constructor === Promise, Promise.prototype.constructor === Promise, (async () => {})().constructor === Promise);
    for (let i = 0; i < 5; i += 1) void p.constructor;
    await p;
    say(als.getStore());
    void Promise.resolve(1).constructor;
    await null;
    say(als.getStore());
    const rejected = Promise.reject(new Error('x'));
    rejected.catch(() => {});
    void rejected.constructor;
    say(await rejected.catch(() => als.getStore()));
  });
  // Read in one context, awaited in another.
  {
    const p = sleep(2);
    als.run('reader', () => void p.constructor);
    await als.run('awaiter', async () => { await p; say(als.getStore()); });
    als.run('reader', () => { void p.constructor; });
    await als.run('thens', () => p.then(() => say(als.getStore())));
    als.run('reader', () => { void Promise.resolve().constructor; queueMicrotask(() => say(als.getStore())); });
    queueMicrotask(() => say(als.getStore()));
    await null;
  }
  // An own `constructor`, also a lying one.
  await als.run('own constructor', async () => {
    const p = sleep(1);
    p.constructor = Promise;
    say(Object.keys(p).join());
    await p;
    say(als.getStore());
    const q = Promise.resolve();
    Object.defineProperty(q, 'constructor', { get() { return class extends Promise {}; }, configurable: true });
    await q;
    say(als.getStore());
    const r = Promise.resolve();
    r.constructor = undefined;
    await r;
    say(als.getStore());
  });
  // Patched `then`.
  {
    const { then } = Promise.prototype;
    let calls = 0;
    Promise.prototype.then = function (...args) { calls += 1; return Reflect.apply(then, this, args); };
    await als.run('patched then', async () => { await sleep(1); say(als.getStore()); await Promise.resolve().then(() => say(als.getStore())); await { then: (resolve) => resolve() }; say(als.getStore()); });
    Promise.prototype.then = then;
    say(calls > 0);
    await als.run('restored', async () => { await sleep(1); say(als.getStore()); });
    const own = sleep(1);
    own.then = function (f, g) { return als.run('in the own then', () => Promise.prototype.then.call(this, f, g)); };
    await als.run('own then', async () => { await own; say(als.getStore()); say(await Promise.resolve(own).then(() => als.getStore())); say(await Promise.all([own]).then(() => als.getStore())); });
  }
  // A patched constructor.
  {
    const { constructor } = Object.getOwnPropertyDescriptor(Promise.prototype, 'constructor') ? Promise.prototype : {};
    class Other extends Promise {}
    Promise.prototype.constructor = Other;
    await als.run('patched constructor', async () => { await sleep(1); say(als.getStore()); say(Promise.resolve().then(() => {}) instanceof Other); });
    Promise.prototype.constructor = constructor;
    await als.run('constructor restored', async () => { await sleep(1); say(als.getStore(), Promise.resolve().then(() => {}) instanceof Other); });
  }
  // A species.
  {
    class Species extends Promise { static get [Symbol.species]() { return Promise; } }
    await als.run('species', async () => { await new Species((resolve) => setTimeout(resolve, 1)); say(als.getStore()); say(new Species(() => {}).then(() => {}) instanceof Species); await Species.resolve().then(() => say(als.getStore())); });
  }
  // Thenables that call back twice, call both, throw after, or are getters.
  await als.run('thenables', async () => {
    say(await { then(resolve) { resolve(1); resolve(2); } }, als.getStore());
    say(await { then(resolve, reject) { resolve(1); reject(new Error('x')); throw new Error('y'); } }, als.getStore());
    try { await { then() { throw new Error('thrown by then'); } }; } catch (error) { say(error.message, als.getStore()); }
    try { await { get then() { throw new Error('thrown by the getter'); } }; } catch (error) { say(error.message, als.getStore()); }
    say(await { get then() { say('getter', als.getStore()); return (resolve) => { say('then', als.getStore()); resolve('v'); }; } }, als.getStore());
    say(await { then(resolve) { resolve({ then(inner) { say('nested', als.getStore()); inner('nested'); } }); } }, als.getStore());
    say(await { then: 'no function' }, als.getStore());
    say(await new Proxy({}, { get: (_, key) => (key === 'then' ? (resolve) => { say('proxy', als.getStore()); resolve('p'); } : undefined) }), als.getStore());
    function callable() {}
    callable.then = (resolve) => resolve('callable');
    say(await callable, als.getStore());
    let kept;
    const waiting = (async () => { const value = await { then(resolve) { kept = resolve; } }; return [value, als.getStore()]; })();
    await sleep(1);
    als.run('the caller', () => kept({ then(resolve) { say('given later', als.getStore()); resolve('late'); } }));
    say(await waiting);
  });
  // Frozen things.
  {
    const frozen = Object.freeze(Promise.resolve('frozen'));
    await als.run('frozen', async () => { say(await frozen, als.getStore()); say(await frozen.then(() => als.getStore())); const pending = Object.freeze(sleep(1)); await pending; say(als.getStore()); });
    await als.run(Object.freeze([]), async () => { await null; say(als.getStore().length); });
  }
  // Stores of every kind.
  for (const store of [null, 0, '', NaN, false, Symbol.for('s'), 1n, () => {}, Promise.resolve(1), new Proxy(() => {}, {}), new WeakMap(), als]) await als.run(store, async () => { await null; say(Object.is(als.getStore(), store)); });
  {
    const cyclic = { a: [] };
    cyclic.a.push(cyclic);
    cyclic.toString = () => { throw new Error('never'); };
    await als.run(cyclic, async () => { await null; say(als.getStore() === cyclic, als.getStore().a[0] === cyclic); });
  }
  // Deep and wide.
  {
    let depth = 0;
    const deep = async (n) => { if (n > 0) await als.run(n, () => deep(n - 1)); else depth = als.getStore(); };
    await als.run('deep', () => deep(300));
    say(depth, als.getStore());
    const many = Array.from({ length: 200 }, (_, i) => als.run(i, async () => { for (let k = 0; k < 5; k += 1) { await null; if (als.getStore() !== i) say('mixed'); } return als.getStore(); }));
    say((await Promise.all(many)).every((each, i) => each === i));
    let chain = Promise.resolve();
    for (let i = 0; i < 500; i += 1) chain = als.run(i, () => chain.then(() => { if (als.getStore() !== i) say('mixed'); }));
    await chain;
    say('chain', als.getStore());
  }
  // Globals in the way.
  {
    const { Promise: kept, queueMicrotask: micro, setTimeout: timer } = globalThis;
    globalThis.Promise = class Fake {};
    await als.run('no Promise', async () => { await null; say(als.getStore()); await (async () => {})(); say(als.getStore()); });
    globalThis.Promise = kept;
    globalThis.queueMicrotask = () => say('never');
    globalThis.setTimeout = undefined;
    await als.run('no globals', async () => { await null; say(als.getStore()); });
    globalThis.queueMicrotask = micro;
    globalThis.setTimeout = timer;
    const { apply } = Reflect;
    Reflect.apply = () => say('never');
    const { call } = Function.prototype;
    await als.run('no Reflect', async () => { await null; say(als.getStore()); await new Promise((resolve) => setTimeout(resolve, 1)); say(als.getStore()); });
    Reflect.apply = apply;
    void call;
  }
})().catch((error) => say('failed', error)).finally(() => say('the end', als.getStore()));
