// HK-14: what is told of async functions and `await`.
'use strict';
const { sequence } = require('../lib/watch.js');

const told = (label, body) => sequence(`HK-14 ${label}`, { types: ['PROMISE'] }, body);
(async () => {
  await told('async function without await', (w) => { (async () => { w.log('body'); })(); });
  await told('await of a number', (w) => { (async () => { await 1; w.log('continuation'); })(); });
  await told('await of a settled promise', (w) => { const p = Promise.resolve(); (async () => { await p; w.log('continuation'); })(); });
  await told('await of a pending promise', (w, done) => { const { promise, resolve } = Promise.withResolvers(); (async () => { await promise; w.log('continuation'); })(); setImmediate(() => { resolve(); setImmediate(done); }); });
  await told('await of an async function', (w) => { (async () => { await (async () => { await null; })(); w.log('continuation'); })(); });
  await told('two awaits', (w) => { (async () => { await 1; w.log('one'); await 2; w.log('two'); })(); });
  await told('rejection', (w) => { (async () => { try { await Promise.reject(new Error('x')); } catch { w.log('caught'); } })(); });
  await told('throwing async function', (w) => { (async () => { throw new Error('x'); })().catch(() => w.log('caught')); });
  await told('thenable', (w) => { (async () => { await { then(resolve) { w.log('then of the thenable'); resolve(); } }; w.log('continuation'); })(); });
  await told('async generator', (w) => { (async () => { for await (const each of (async function* () { yield 1; })()) w.log(`item ${each}`); })(); });
})();
