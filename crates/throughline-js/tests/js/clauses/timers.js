// Timers: their objects, arguments and errors.
'use strict';
const timers = require('node:timers');
const promises = require('node:timers/promises');
const { say, outcome, fault } = require('../lib/say.js');

say('timers', Object.keys(timers).sort().join(), Object.keys(promises).sort().join());
say('timers', timers.setTimeout === setTimeout, timers.setImmediate === setImmediate, timers.promises === promises);
for (const name of ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask']) {
  for (const bad of [undefined, null, 1, 'code', {}]) say('timers', name, outcome(() => globalThis[name](bad)));
}
for (const bad of [undefined, null, 1, {}]) say('timers', 'nextTick', outcome(() => process.nextTick(bad)));
for (const id of [undefined, null, 0, -1, 'text', {}, NaN, 12345678]) say('timers', outcome(() => [clearTimeout(id), clearInterval(id), clearImmediate(id)]));
const timer = setTimeout(() => {}, 1000);
say('timers', timer.constructor.name, typeof timer[Symbol.toPrimitive](), Number.isSafeInteger(+timer), timer.hasRef(), timer.unref() === timer, timer.hasRef(), timer.ref() === timer, timer.refresh() === timer, timer.close() === timer);
say('timers', Object.getOwnPropertyNames(Object.getPrototypeOf(timer)).sort().join(), Object.keys(timer).join());
{
  const byNumber = setTimeout(() => say('timers', 'never'), 1);
  clearTimeout(+byNumber);
  const byText = setTimeout(() => say('timers', 'never'), 1);
  clearTimeout(String(+byText));
  const byInterval = setInterval(() => say('timers', 'never'), 1);
  clearTimeout(byInterval);
  const other = setTimeout(() => say('timers', 'never'), 1);
  clearInterval(other);
}
const immediate = setImmediate(() => {});
say('timers', immediate.constructor.name, immediate.hasRef(), immediate.unref() === immediate, immediate.hasRef(), immediate.ref() === immediate, Object.getOwnPropertyNames(Object.getPrototypeOf(immediate)).sort().join(), Object.keys(immediate).join());
clearImmediate(immediate);
say('timers', typeof timer[Symbol.dispose], typeof immediate[Symbol.dispose]);
{
  const disposed = setTimeout(() => say('timers', 'never'), 1);
  disposed[Symbol.dispose]();
  const disposedImmediate = setImmediate(() => say('timers', 'never'));
  disposedImmediate[Symbol.dispose]();
}
process.on('warning', (warning) => say('timers', warning.name, warning.message));
setTimeout(function (...args) { say('timers', 'args', args, this.constructor.name); }, 1, 'a', undefined, 3);
process.nextTick(function (...args) { say('timers', 'args', args, this === undefined); }, 'a', undefined, 3);
queueMicrotask(function (...args) { say('timers', 'args', args, this === undefined); });
setTimeout(() => say('timers', 'too long'), 2 ** 31);
setTimeout(() => say('timers', 'not a number'), 'text');
setTimeout(() => say('timers', 'negative'), -1);
setTimeout(() => say('timers', 'text that is a number'), '2');
setTimeout(() => say('timers', 'Infinity'), Infinity);
(async () => {
  const first = setTimeout(() => {}, 1);
  await promises.setTimeout(3);
  setImmediate(function (...args) { say('timers', 'args', args, this.constructor.name); }, 'a', undefined, 3);
  say('timers', 'fired', first.hasRef(), first.refresh() === first);
  clearTimeout(first);
  say('timers/promises', await promises.setTimeout(1, 'value'), await promises.setImmediate('value'), await promises.setTimeout(), await promises.scheduler.wait(1));
  const refused = async (label, f) => { try { say('timers/promises', label, await f()); } catch (error) { say('timers/promises', label, fault(error), error.cause === undefined ? '' : 'cause', error.cause?.message ?? error.cause); } };
  for (const bad of ['text', null, {}]) await refused('delay', () => promises.setTimeout(bad));
  for (const bad of [null, 1, 'text']) await refused('options', () => promises.setTimeout(1, 1, bad));
  for (const bad of [1, 'text', {}]) { await refused('signal', () => promises.setTimeout(1, 1, { signal: bad })); await refused('ref', () => promises.setTimeout(1, 1, { ref: bad })); await refused('immediate', () => promises.setImmediate(1, { signal: bad })); }
  await refused('aborted', () => promises.setTimeout(1, 1, { signal: AbortSignal.abort() }));
  await refused('aborted', () => promises.setImmediate(1, { signal: AbortSignal.abort(new Error('reason')) }));
  const controller = new AbortController();
  const waiting = promises.setTimeout(100_000, 1, { signal: controller.signal });
  setImmediate(() => controller.abort('why'));
  await refused('aborted later', () => waiting);
  const iterating = new AbortController();
  await refused('interval', async () => { let n = 0; for await (const each of promises.setInterval(1, 'v', { signal: iterating.signal })) { n += 1; say('timers/promises', each); if (n === 2) iterating.abort(); } });
  for (const bad of ['text', {}]) await refused('interval delay', async () => { for await (const each of promises.setInterval(bad)) return each; });
  await refused('interval returned', async () => { const it = promises.setInterval(1, 'x'); await it.next(); return it.return(); });
  say('timers', promises.setTimeout.length, promises.setInterval.length, setTimeout.length, setInterval.length, setImmediate.length, process.nextTick.length);
  const { promisify } = require('node:util');
  say('timers', promisify(setTimeout) === promises.setTimeout, promisify(setImmediate) === promises.setImmediate, await promisify(setTimeout)(1, 'promisified'));
})();
