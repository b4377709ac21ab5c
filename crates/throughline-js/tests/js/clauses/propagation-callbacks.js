// Section 4: which context callbacks of timers, ticks, emitters and the process run in.
'use strict';
const { AsyncLocalStorage, AsyncResource } = require('node:async_hooks');
const { EventEmitter, EventEmitterAsyncResource, once, on } = require('node:events');
const timers = require('node:timers/promises');
const { say, sleep } = require('../lib/say.js');

const als = new AsyncLocalStorage();
const lines = [];
const note = (label) => lines.push(`${label}: ${als.getStore()}`);

als.run('timer', () => {
  setTimeout(() => note('setTimeout'), 1);
  setTimeout((a, b) => note(`setTimeout ${a} ${b}`), 1, 'x', 'y');
  setImmediate(() => note('setImmediate'));
  const interval = setInterval(() => { note('setInterval'); clearInterval(interval); }, 1);
  process.nextTick(() => note('nextTick'));
  queueMicrotask(() => note('queueMicrotask'));
  process.nextTick(() => setTimeout(() => queueMicrotask(() => setImmediate(() => process.nextTick(() => note('nested'))))));
});
{
  const timer = als.run('creation', () => setTimeout(() => note('refreshed before it fired'), 3));
  als.run('refresh', () => timer.refresh());
}
{
  let count = 0;
  const timer = als.run('creation', () => setTimeout(() => {
    note(`refreshed after it fired, turn ${count}`);
    count += 1;
    if (count === 1) setImmediate(() => als.run('refresh', () => timer.refresh()));
  }, 1));
}
{
  let count = 0;
  const timer = als.run('creation', () => setTimeout(() => {
    note(`refreshed by itself, turn ${count}`);
    count += 1;
    if (count < 3) als.run('refresh inside', () => timer.refresh());
  }, 1));
}
als.run('timers/promises', async () => {
  await timers.setTimeout(1);
  note('timers/promises setTimeout');
  await timers.setImmediate();
  note('timers/promises setImmediate');
  for await (const n of timers.setInterval(1, 'v')) { note(`timers/promises setInterval ${n}`); break; }
  await timers.scheduler.wait(1);
  note('scheduler.wait');
  await timers.scheduler.yield();
  note('scheduler.yield');
});
// Emitters: the emission; of a resource: its making.
{
  const emitter = new EventEmitter();
  als.run('on', () => { emitter.on('x', () => note('listener')); emitter.once('x', () => note('once listener')); emitter.on('x', AsyncResource.bind(() => note('bound listener'))); });
  als.run('emit', () => emitter.emit('x'));
  const resource = als.run('made', () => new EventEmitterAsyncResource({ name: 'R' }));
  als.run('on', () => resource.on('x', () => note('listener of a resource')));
  als.run('emit', () => resource.emit('x'));
}
{
  const emitter = new EventEmitter({ captureRejections: true });
  emitter.on('x', async () => { await null; throw new Error('x'); });
  emitter.on('error', () => note('captured rejection'));
  als.run('emit of a rejection', () => emitter.emit('x'));
}
als.run('events.once', async () => { const emitter = new EventEmitter(); setTimeout(() => als.run('elsewhere', () => emitter.emit('x')), 1); await once(emitter, 'x'); note('events.once'); });
als.run('events.on', async () => { const emitter = new EventEmitter(); setTimeout(() => als.run('elsewhere', () => { emitter.emit('x'); emitter.emit('x'); emitter.emit('end'); }), 1); for await (const each of on(emitter, 'x', { close: ['end'] })) note(`events.on ${each.length}`); note('events.on ended'); });
// Event targets, abort signals: the dispatch.
{
  const target = new EventTarget();
  als.run('add', () => target.addEventListener('x', () => note('event target')));
  als.run('dispatch', () => target.dispatchEvent(new Event('x')));
  const controller = new AbortController();
  als.run('add', () => controller.signal.addEventListener('abort', () => note('abort')));
  als.run('abort', () => controller.abort());
}
als.run('warns', () => process.emitWarning('a warning', { type: 'Own', code: 'W1' }));
process.on('warning', (warning) => { if (warning.name === 'Own') note('warning'); });
// Rejections: where it was rejected.
{
  let reject;
  als.run('created', () => new Promise((_, no) => { reject = no; }));
  als.run('rejected', () => reject('unhandled 1'));
  als.run('in an async function', async () => { await null; als.enterWith('entered'); throw 'unhandled 2'; });
  als.run('in a then', () => Promise.resolve().then(() => { throw 'unhandled 3'; }));
  als.run('passed on', () => als.run('inner', () => Promise.reject('unhandled 4')).then(() => {}));
  als.run('all', () => Promise.all([sleep(1), als.run('member', () => Promise.reject('unhandled 5'))]));
}
process.on('unhandledRejection', (reason, promise) => { note(`unhandledRejection of ${reason}`); if (reason === 'unhandled 1') als.run('handler', () => promise.catch(() => note('handled late'))); });
process.on('rejectionHandled', () => note('rejectionHandled'));
als.run('scheduled', () => setTimeout(() => { als.enterWith('thrower'); throw new Error('uncaught'); }, 2));
als.run('micro', () => queueMicrotask(() => { throw new Error('uncaught microtask'); }));
als.run('tick', () => process.nextTick(() => { throw new Error('uncaught tick'); }));
process.on('uncaughtException', (error) => note(`uncaughtException of ${error.message}`));
process.on('uncaughtExceptionMonitor', (error) => note(`monitor of ${error.message}`));
als.enterWith(undefined);
als.run('exit registered', () => process.on('exit', () => note('exit')));
als.run('beforeExit registered', () => process.once('beforeExit', () => note('beforeExit')));
process.on('exit', () => { for (const line of lines.sort()) say('propagation', line); });
