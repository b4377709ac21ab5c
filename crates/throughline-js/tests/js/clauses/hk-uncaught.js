// HK-15, RES-7: what hooks are told when an exception is caught by nobody but the process.
'use strict';
const { AsyncLocalStorage, AsyncResource, executionAsyncId, triggerAsyncId, executionAsyncResource } = require('node:async_hooks');
const { say } = require('../lib/say.js');
const { watch } = require('../lib/watch.js');

const als = new AsyncLocalStorage();
const w = watch({ types: ['OUTER', 'INNER', 'Immediate', 'Timeout', 'TickObject', 'Microtask'], trackPromises: false }).enable();
let label;
process.on('uncaughtException', (error) => {
  w.log(`handler of ${error.message} store=${als.getStore()} resource=${executionAsyncResource()?.constructor?.name}`);
});
const steps = [
  ['HK-15 nested scopes', () => setImmediate(() => {
    const outer = new AsyncResource('OUTER');
    outer.runInAsyncScope(() => als.run('store', () => new AsyncResource('INNER').runInAsyncScope(() => { throw new Error('nested'); })));
  })],
  ['HK-15 timer', () => setTimeout(() => { als.enterWith('entered'); throw new Error('timer'); }, 1)],
  ['HK-15 tick', () => process.nextTick(() => { throw new Error('tick'); })],
  ['HK-15 microtask', () => queueMicrotask(() => { throw new Error('microtask'); })],
  ['HK-15 the loop goes on', () => {
    setImmediate(() => { process.nextTick(() => w.log('tick of the one that throws')); throw new Error('first'); });
    setImmediate(() => w.log('second'));
  }],
  ['RES-7 handler in a scope', () => setImmediate(() => {
    const resource = new AsyncResource('OUTER');
    resource.runInAsyncScope(() => { try { new AsyncResource('INNER').runInAsyncScope(() => { throw new Error('caught by the script'); }); } catch { w.log('caught'); } });
  })],
];
(function next() {
  const step = steps.shift();
  w.disable();
  if (step === undefined) {
    say('HK-15', 'at the end', executionAsyncId() > 0, triggerAsyncId() >= 0);
    return;
  }
  label = step[0];
  // Made while nobody looks, and run after what the step does.
  const after = (turns) => { w.disable(); if (turns > 0) { setImmediate(after, turns - 1); w.enable(); return; } w.print(label, { destroyLast: true }); next(); };
  setTimeout(after, 12, 3);
  w.enable();
  step[1]();
})();
