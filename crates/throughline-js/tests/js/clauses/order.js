// HK-16 and the order of microtasks, ticks, immediates and timers, with contexts in use and without.
'use strict';
const { AsyncLocalStorage } = require('node:async_hooks');
const { say } = require('../lib/say.js');

const als = new AsyncLocalStorage();
function program(log) {
  const p = Promise.resolve();
  (async () => { log('a0'); await p; log('a1'); await null; log('a2'); await { then(resolve) { log('at'); resolve(); } }; log('a3'); })();
  p.then(() => log('t1')).then(() => log('t2')).then(() => log('t3')).then(() => log('t4')).then(() => log('t5')).then(() => log('t6'));
  (async () => { log('b0'); await (async () => { await p; })(); log('b1'); return Promise.resolve(); })().then(() => log('b2'));
  (async () => { try { await Promise.reject(new Error('x')); } catch { log('c1'); } finally { log('c2'); } await undefined; log('c3'); })();
  (async () => { for await (const each of [1, p, 3]) log(`f${String(each)}`); })();
  (async () => { for await (const each of (async function* () { yield 1; yield p; yield* [3, 4]; })()) log(`g${String(each)}`); log('g end'); })();
  (async () => { class P extends Promise {} await P.resolve(); log('sub'); })();
  new Promise((resolve) => resolve(p)).then(() => log('adopted'));
  new Promise((resolve) => resolve({ then(done) { log('thenable'); done(); } })).then(() => log('after thenable'));
  p.then(() => p).then(() => log('returned a promise'));
  p.then(() => { throw new Error('x'); }).catch(() => log('caught')).finally(() => log('finally')).then(() => log('after finally'));
  queueMicrotask(() => { log('q1'); queueMicrotask(() => log('q3')); process.nextTick(() => log('n in q')); });
  queueMicrotask(() => log('q2'));
  process.nextTick(() => { log('n1'); process.nextTick(() => log('n3')); p.then(() => log('t in n')); });
  process.nextTick(() => log('n2'));
  Promise.all([p, 1, Promise.resolve(2)]).then(() => log('all'));
  Promise.race([p, 1]).then(() => log('race'));
  Promise.any([Promise.reject(new Error('x')), 1]).then(() => log('any'));
  Promise.allSettled([p, Promise.reject(new Error('x'))]).then(() => log('allSettled'));
}
const run = (label, around) => new Promise((done) => setImmediate(() => {
  const lines = [];
  around(() => program((line) => lines.push(line)));
  setTimeout(() => { say('HK-16', label, lines.join(' ')); done(lines.join(' ')); }, 5);
}));
(async () => {
  const plain = await run('plain', (f) => f());
  const inRun = await run('in a run', (f) => als.run('v', f));
  als.enterWith('entered');
  const entered = await run('entered', (f) => f());
  say('HK-16', plain === inRun, inRun === entered);
  const { createHook } = require('node:async_hooks');
  const hook = createHook({ init() {}, before() {}, after() {}, promiseResolve() {} }).enable();
  say('HK-16', plain === await run('with hooks', (f) => als.run('hooked', f)));
  hook.disable();
  say('HK-16', plain === await run('after hooks', (f) => f()));
})();
